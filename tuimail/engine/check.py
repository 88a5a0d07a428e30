"""Try an account step by step and say in words how each step went."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from tuimail.config import (
    Account,
    MaildirAccount,
    Pop3Account,
    Security,
    ServerAccount,
)
from tuimail.engine.endpoint import endpoint_of
from tuimail.engine.maildir_session import MaildirSession
from tuimail.errors import AccountError, Refused
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.net.auth import NEEDED, Password
from tuimail.net.imap import ImapSession
from tuimail.net.pop3 import Pop3Session
from tuimail.store.maildir import Maildir

WANTED = {
    "QRESYNC": "resynchronises a folder in one round trip",
    "CONDSTORE": "tells only what changed",
    "IDLE": "pushes new mail",
    "LIST-STATUS": "gives all counts in one round trip",
    "SPECIAL-USE": "says what folders are for",
    "ESEARCH": "answers searches briefly",
}
"""Capabilities that make a difference, and which."""
POP3_WANTED = {
    "UIDL": "tells messages from one another",
    "TOP": "gives headers without the messages",
    "PIPELINING": "takes many commands at a time",
}
"""The same for POP3 (RFC 2449)."""
STEPS = ("password", "dns", "tcp", "tls", "login", "capabilities", "folders")
POP3_STEPS = (*STEPS[:-1], "maildrop")
_NUMBER = re.compile(r"[0-9.]+|.*:.*")


def check_account(
    account: Account,
    say: Callable[[SafeText], None],
    ask: Callable[[str], str | None] = lambda name: None,
) -> AccountError | None:
    """Connect and report every step; gives what went wrong, or None.

    `ask` gets the password of an account from the user where nothing else gives it.
    """
    if isinstance(account, MaildirAccount):
        return _check_tree(account, say)
    if isinstance(account, Pop3Account):
        return _check_maildrop(account, say, ask)
    report = _Report(account, say, STEPS)
    secret = Password(account)
    session = ImapSession(endpoint_of(account), secret, on_step=report.done)
    try:
        _find_password(account, secret, ask)
        report.done("password", "There is one.")
        session.connect()
        _capabilities(session, report)
        _folders(session, report)
        session.logout()
    except AccountError as error:
        report.failed(error)
        return error
    finally:
        session.close()
    return None


def _check_tree(
    account: MaildirAccount, say: Callable[[SafeText], None]
) -> AccountError | None:
    """Mail that lies here: is it there, and which folders has it?"""
    with tempfile.TemporaryDirectory() as lists:
        session = MaildirSession(Maildir(account.path), Path(lists))
        try:
            session.connect()
            boxes = session.list_mailboxes()
        except AccountError as error:
            say(safe_text(f"  FAIL  {'path:':14}{error}", 2000))
            return error
    names = ", ".join(box.name for box in boxes[:6])
    more = ", …" if len(boxes) > 6 else ""
    say(safe_text(f"  ok    {'path:':14}{account.path}"))
    say(safe_text(f"  ok    {'folders:':14}{len(boxes)}: {names}{more}."))
    return None


def _check_maildrop(
    account: Pop3Account,
    say: Callable[[SafeText], None],
    ask: Callable[[str], str | None],
) -> AccountError | None:
    """A maildrop is opened, counted, and left as it was."""
    report = _Report(account, say, POP3_STEPS)
    secret = Password(account)
    session = Pop3Session(
        endpoint_of(account), secret, oauth=account.oauth, on_step=report.done
    )
    try:
        _find_password(account, secret, ask)
        report.done("password", "There is one.")
        session.connect()
        has = session.capabilities
        report.done("capabilities", f"{', '.join(sorted(has)) or 'none are told'}.")
        for name, what in POP3_WANTED.items():
            if name not in has:
                report.note(f"Without {name}, which {what}.")
        stat = session.stat()
        report.done("maildrop", f"{stat.messages:,} messages, {stat.octets:,} octets.")
        report.note(account.policy)
        session.quit()
    except AccountError as error:
        report.failed(error)
        return error
    finally:
        session.close()
    return None


class _Report:
    """Says every step once, and at which one it ended."""

    def __init__(
        self,
        account: ServerAccount,
        say: Callable[[SafeText], None],
        steps: tuple[str, ...],
    ) -> None:
        self._say = say
        self._host = account.host
        self._left = list(steps)
        if account.security is Security.NONE:
            self._left.remove("tls")
        if _NUMBER.fullmatch(account.host):
            self._left.remove("dns")

    def done(self, step: str, words: str) -> None:
        """A step went well; the session does not tell of the look-up on its own."""
        if step == "tcp" and "dns" in self._left:
            self.done("dns", f"{self._host} has an address.")
        if step in self._left:
            self._left.remove(step)
        self._say(safe_text(f"  ok    {step + ':':14}{words}"))

    def note(self, words: str) -> None:
        """Something worth knowing about the step before."""
        self._say(safe_text(f"        {'':14}{words}"))

    def failed(self, error: AccountError) -> None:
        """The step that came next went wrong."""
        at_dns = error.code == "DNS"
        if "dns" in self._left and "password" not in self._left and not at_dns:
            self.done("dns", f"{self._host} has an address.")
        step = self._left[0] if self._left else "end"
        self._say(safe_text(f"  FAIL  {step + ':':14}{error}", 2000))


def _find_password(
    account: ServerAccount, secret: Password, ask: Callable[[str], str | None]
) -> None:
    try:
        secret()
    except Refused as error:
        typed = ask(account.name) if error.code == NEEDED else None
        if not typed:
            raise
        secret.answer(typed)


def _capabilities(session: ImapSession, report: _Report) -> None:
    has = sorted(session.capabilities & WANTED.keys())
    report.done("capabilities", f"{', '.join(has) or 'the bare minimum'}.")
    for name in sorted(WANTED.keys() - session.capabilities):
        report.note(f"Without {name}, which {WANTED[name]}.")


def _folders(session: ImapSession, report: _Report) -> None:
    boxes = session.list_mailboxes(with_status=False)
    roles = sorted(box.role.value for box in boxes if box.role)
    report.done("folders", f"{len(boxes)}, with {', '.join(roles) or 'no roles'}.")
