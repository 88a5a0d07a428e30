"""Messages that come from elsewhere than a server, on their way into a folder."""

from __future__ import annotations

from email.utils import formatdate
from hashlib import sha256
from uuid import uuid4

from tuimail.engine.mail_files import Letter
from tuimail.engine.maildir_session import WANTED
from tuimail.engine.sync_imap import header_rows
from tuimail.errors import AccountError
from tuimail.mail.bodystructure import body_structure
from tuimail.mail.letters import letter
from tuimail.mail.lists import Mailto
from tuimail.mail.mime import parse
from tuimail.mail.sanitize import safe_text
from tuimail.mail.sections import octets
from tuimail.mail.types import UID, Flag, FlagSet
from tuimail.mail.uidset import UIDSet
from tuimail.net.session import FetchRow
from tuimail.store.values import NewMessage

_ONE = UID(1)


def described(letter: Letter, *, crlf: bool) -> NewMessage:
    """A message of a file as the store wants it, with the line ends of its target."""
    text = letter.octets.replace(b"\r\n", b"\n")
    digest = sha256(text).digest()[:16]
    whole = text.replace(b"\n", b"\r\n") if crlf else text
    node = parse(whole)
    row = FetchRow(
        seq=1,
        uid=_ONE,
        flags=letter.flags,
        arrival=letter.arrival,
        size=len(whole),
        structure=body_structure(node),
        header=octets(node, WANTED) or b"",
    )
    (described,) = header_rows([row], UIDSet([(_ONE, _ONE)]))
    if letter.arrival is None:
        dated = described.envelope.date
        arrival = letter.modified if dated is None else dated
        described = described._replace(arrival=max(0, arrival))
    return NewMessage(described, whole, digest)


def draft(author: str, to: Mailto, now: int, *, crlf: bool) -> NewMessage:
    """A draft of the letter a mailto asks for; `now` is seconds since the epoch.

    Raises AccountError when an address cannot be written.
    """
    date = formatdate(now, localtime=True)
    try:
        written = letter(author, to, date, uuid4().hex)
    except ValueError as error:
        words = f"A letter to {to.address} cannot be written in the name of"
        words += f" {author or 'nobody'}; set address of this account."
        raise AccountError(safe_text(words, 300)) from error
    flags = FlagSet(Flag.DRAFT | Flag.SEEN)
    return described(Letter("", (), written, len(written), flags, now, now), crlf=crlf)
