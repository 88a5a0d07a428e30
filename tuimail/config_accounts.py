"""`[[account]]`: what can be set for a mailbox, and how it is checked."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from tuimail import config_check as check
from tuimail.config_check import Checker, Kind, Place, shown

_PASSWORDS = ("password_command", "password_file", "password", "keyring")


class Security(Enum):
    """How a connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Mode(Enum):
    """How much of an account is kept here (docs/configuration.md)."""

    ONLINE = "online"
    DISCONNECTED = "disconnected"
    OFFLINE = "offline"


# Made at every start, so without what nobody asks of them: equality, and a text.
@dataclass(frozen=True, eq=False, repr=False)
class ServerAccount:
    """What every account has that lies on a server."""

    name: str
    address: str
    """The user's own address, shown and used to tell "to me"."""
    host: str
    user: str
    port: int = 0
    security: Security = Security.TLS
    password_command: tuple[str, ...] = ()
    password_file: Path | None = None
    """A file of mode 0600 that is ours; its first line is the password."""
    password: str = ""
    """Allowed only when the configuration file itself is 0600 and ours."""
    keyring: bool = False
    fingerprint: str = ""
    ca_file: str = ""
    insecure: bool = False
    poll_seconds: int = 300
    authserv: str = ""
    """The server whose Authentication-Results are believed (RFC 8601 §5)."""


@dataclass(frozen=True, eq=False, repr=False)
class ImapAccount(ServerAccount):
    """One `[[account]]` of `type = "imap"`."""

    port: int = 993
    send_id: bool = True
    mode: Mode = Mode.DISCONNECTED
    folders: tuple[str, ...] = ()
    """Folders to keep up to date besides the inbox."""


class Fetch(Enum):
    """What of a maildrop comes here by itself."""

    ASK = "ask"
    """The headers; a message when it is opened or asked for."""
    ALL = "all"


class OnServer(Enum):
    """What becomes of a message in the maildrop once it is safely here."""

    KEEP = "keep"
    DELETE = "download_and_delete"


@dataclass(frozen=True, eq=False, repr=False)
class Pop3Account(ServerAccount):
    """One `[[account]]` of `type = "pop3"`: a maildrop, and folders that lie here."""

    port: int = 995
    oauth: bool = False
    """The secret is an access token, given by XOAUTH2."""
    path: Path | None = None
    """The tree of Maildirs for what is fetched; None for a place of ours."""
    fetch: Fetch = Fetch.ASK
    whole_up_to_mb: int = 10
    """With `fetch = "all"`: larger messages wait until they are asked for."""
    on_server: OnServer = OnServer.KEEP
    delete_after_days: int = 0
    """Remove from the server what was fetched so many days ago; 0 for never."""
    delete_when_deleted: bool = False
    """Remove from the server what was fetched and then put into the Trash here."""
    keep_flagged: bool = True
    """Flagged messages are not removed because of their age."""
    folders: tuple[str, ...] = ()

    @property
    def mode(self) -> Mode:
        """Every header is wanted here."""
        return Mode.OFFLINE

    @property
    def policy(self) -> str:
        """What happens to messages on the server, in a sentence."""
        if self.on_server is OnServer.DELETE:
            return "A message is removed from the server once it is safely here."
        reasons = []
        if self.delete_after_days:
            days = "a day" if self.delete_after_days == 1 else "{} days"
            reasons.append(days.format(self.delete_after_days) + " after it came here")
        if self.delete_when_deleted:
            reasons.append("when you delete it here")
        if not reasons:
            return "Nothing is removed from the server unless you delete it there."
        return f"A message is removed from the server {' or '.join(reasons)}."


class MaildirAccount(NamedTuple):
    """One `[[account]]` of `type = "maildir"`: mail that lies here as files."""

    name: str
    path: Path
    """The tree of Maildirs; its inbox is the tree's root, or `INBOX` in it."""
    address: str = ""
    authserv: str = ""
    folders: tuple[str, ...] = ()
    poll_seconds: int = 30
    """How often folders that are not on the screen are looked at."""

    @property
    def mode(self) -> Mode:
        """All of it is here, and every header is wanted in the list."""
        return Mode.OFFLINE


Account = ImapAccount | Pop3Account | MaildirAccount


ACCOUNT: dict[str, Kind] = {
    "type": check.choice("imap", "pop3", "maildir"),
    "name": check.text(
        "a short name without / and without a dot in front",
        r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,39}",
    ),
    "address": check.text("an address like ana@example.org", r"[^\s@]+@[^\s@]+"),
    "host": check.text("a host name or an IP address", r"[^\s/@]{1,255}"),
    "user": check.text(),
    "port": check.whole(1, 65535),
    "security": check.member(Security),
    "password_command": check.words(
        'a list of words like ["pass", "show", "mail/work"]', least=1, secret=True
    ),
    "password_file": check.path(),
    "password": check.secret(),
    "keyring": check.yes_no(),
    "fingerprint": check.text(
        "the SHA-256 of a certificate: 64 hex digits, colons allowed",
        r"(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}",
    ),
    "ca_file": check.file("the path of a file with certificates"),
    "insecure": check.yes_no(),
    "send_id": check.yes_no(),
    "mode": check.member(Mode),
    "authserv": check.text("a server's name like mx.example.org", r"[^\s;]{1,255}"),
    "folders": check.words("a list of folder names"),
    "poll_seconds": check.whole(30, 86400),
}
"""Every key of `[[account]]`."""

POP3: dict[str, Kind] = {
    **{key: kind for key, kind in ACCOUNT.items() if key not in ("send_id", "mode")},
    "oauth": check.yes_no(),
    "path": check.path("the path of a folder with Maildirs"),
    "fetch": check.member(Fetch),
    "whole_up_to_mb": check.whole(0, 100_000),
    "on_server": check.member(OnServer),
    "delete_after_days": check.whole(0, 36500),
    "delete_when_deleted": check.yes_no(),
    "keep_flagged": check.yes_no(),
}
"""Every key of `[[account]]` with `type = "pop3"`."""

MAILDIR: dict[str, Kind] = {
    **{key: ACCOUNT[key] for key in ("type", "name", "address", "folders", "authserv")},
    "path": check.path("the path of a folder with Maildirs"),
    "poll_seconds": check.whole(5, 86400),
}
"""Every key of `[[account]]` with `type = "maildir"`."""


def account(raw: object, place: Place, checker: Checker, file: Path) -> Account | None:
    """One `[[account]]` table; None after a problem was reported."""
    what = f"account {int(place[1]) + 1}"
    if not isinstance(raw, dict):
        checker.report(place, f"{what}: found {shown(raw)}, expected a table")
        return None
    if isinstance(raw.get("name"), str):
        what = f"account {shown(raw['name'])}"
    if raw.get("type") == "maildir":
        return _maildir(raw, place, checker, what)
    pop3 = raw.get("type") == "pop3"
    values = checker.table(raw, place, POP3 if pop3 else ACCOUNT, what)
    values.pop("type", None)
    for key in ("name", "address", "host"):
        if key not in raw:
            checker.report(place, f"{what}: {key} is missing")
    values.setdefault("user", values.get("address", ""))
    if values.get("security", Security.TLS) is not Security.TLS:
        values.setdefault("port", 110 if pop3 else 143)
    _check_password(values, place, checker, what, file)
    _check_security(values, place, checker, what)
    if not all(key in values for key in ("name", "address", "host")):
        return None
    return Pop3Account(**values) if pop3 else ImapAccount(**values)


def _maildir(
    raw: dict[str, Any], place: Place, checker: Checker, what: str
) -> MaildirAccount | None:
    values = checker.table(raw, place, MAILDIR, what)
    values.pop("type", None)
    for key in ("name", "path"):
        if key not in raw:
            checker.report(place, f"{what}: {key} is missing")
    if not all(key in values for key in ("name", "path")):
        return None
    return MaildirAccount(**values)


def _check_password(
    values: dict[str, Any], place: Place, checker: Checker, what: str, file: Path
) -> None:
    ways = [key for key in _PASSWORDS if values.get(key)]
    if len(ways) > 1:
        words = f"{what}: {' and '.join(ways)} are both set; keep one"
        checker.report((*place, ways[1]), words)
    if values.get("password") and not is_private(file):
        words = (
            f"{what}: password: others may read this file; run chmod 600 {file},"
            " or use password_command"
        )
        checker.report((*place, "password"), words)


def _check_security(
    values: dict[str, Any], place: Place, checker: Checker, what: str
) -> None:
    if values.get("security") is not Security.NONE:
        return
    if not values.get("insecure") and not is_loopback(values.get("host", "")):
        words = (
            f'{what}: security: "none" would send the password and all mail in clear'
            ' text; use "tls" or "starttls", or add insecure = true to allow it'
        )
        checker.report((*place, "security"), words)
    if values.get("fingerprint"):
        words = f'{what}: fingerprint: cannot be checked with security = "none"'
        checker.report((*place, "fingerprint"), words)


def is_private(file: Path) -> bool:
    """Whether a file is ours and nobody else can read or write it."""
    try:
        found = file.stat()
    except OSError:
        return False
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name or number; no look-up."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
