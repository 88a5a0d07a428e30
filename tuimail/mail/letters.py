"""A short letter that another mail asked for, written out as octets.

Not by Python's `email`: that of 3.11.7 lets an encoded word end its field.
"""

from __future__ import annotations

import re
from email.header import Header
from quopri import encodestring

from tuimail.mail.lists import Mailto

_SUBJECT = 300
_BODY = 10_000
_ADDRESS = re.compile(r"[!#-'*+./-9=?A-Z^-~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_PLAIN = re.compile(r"[ -~]{1,70}")


def letter(author: str, to: Mailto, date: str, identity: str) -> bytes:
    """The message (RFC 5322, lines end with CRLF) that a mailto asks for (RFC 6068).

    `author` is the user's own address, `date` the field as it is to stand there, and
    `identity` what makes its Message-ID unlike any other. Nothing in `to` can add a
    field or a recipient. Raises ValueError when an address cannot be written.
    """
    for address in (author, to.address):
        if not _ADDRESS.fullmatch(address):
            raise ValueError(address)
    fields = {
        "From": author,
        "To": to.address,
        "Subject": _subject(to.subject) or "unsubscribe",
        "Date": date,
        "Message-ID": f"<{identity}@{author.rpartition('@')[2]}>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "quoted-printable",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode("ascii") + b"\r\n" + _body(to.body or "unsubscribe")


def _subject(text: str) -> str:
    # What the decoder of the address left in must never end the field.
    line = "".join(c if c.isprintable() else " " for c in text[:_SUBJECT]).strip()
    if _PLAIN.fullmatch(line) and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _body(text: str) -> bytes:
    lines = text[:_BODY].encode("utf-8", "replace").splitlines()
    return b"".join(encodestring(each, quotetabs=False) + b"\r\n" for each in lines)
