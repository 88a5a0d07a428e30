"""The configuration: TOML to frozen values, with every problem reported at once."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from tuimail import config_check as check
from tuimail import paths
from tuimail.config_check import Checker, Kind, Place, shown
from tuimail.config_keys import keys_of
from tuimail.errors import ConfigError


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


@dataclass(frozen=True)
class ImapAccount:
    """One `[[account]]` of `type = "imap"`."""

    name: str
    address: str
    """The user's own address, shown and used to tell "to me"."""
    host: str
    user: str
    port: int = 993
    security: Security = Security.TLS
    password_command: tuple[str, ...] = ()
    password_file: Path | None = None
    """A file of mode 0600 that is ours; its first line is the password."""
    password: str = field(default="", repr=False)
    """Allowed only when the configuration file itself is 0600 and ours."""
    keyring: bool = False
    fingerprint: str = ""
    ca_file: str = ""
    insecure: bool = False
    send_id: bool = True
    mode: Mode = Mode.DISCONNECTED
    folders: tuple[str, ...] = ()
    """Folders to keep up to date besides the inbox."""
    poll_seconds: int = 300


@dataclass(frozen=True)
class MaildirAccount:
    """One `[[account]]` of `type = "maildir"`: mail that lies here as files."""

    name: str
    path: Path
    """The tree of Maildirs; its inbox is the tree's root, or `INBOX` in it."""
    address: str = ""
    folders: tuple[str, ...] = ()
    poll_seconds: int = 30
    """How often folders that are not on the screen are looked at."""

    @property
    def mode(self) -> Mode:
        """All of it is here; nothing is to be kept or left besides."""
        return Mode.DISCONNECTED


Account = ImapAccount | MaildirAccount


@dataclass(frozen=True)
class ViewSettings:
    """`[view]`: how things look and behave on the screen."""

    theme: str = "auto"
    """A theme's name, or `auto`: by the terminal's background and colours."""
    mark_read_seconds: float = 1.0
    """Time a message must be shown before it counts as read; negative: never."""
    prefer: str = "plain"
    """`plain` or `html`, when a message has both."""
    text_width: int = 80
    """Cells a text is wrapped to, or the pane's width where that is less."""
    glyphs: str = "unicode"
    """`unicode` or `ascii`."""
    mouse: bool = True
    cache_limit_mb: int = 2048
    """Fetched parts that are kept, in megabytes; 0 for no limit."""
    download_dir: Path = Path("~/Downloads")
    first_window: int = 50
    """Headers fetched when a folder is opened for the first time, 50 … 500."""
    panes: int = 3
    """At most so many panes side by side; fewer where the width asks for it."""
    title: bool = True
    """Say folder and unread messages in the terminal's title."""

    @staticmethod
    def download_dir_default() -> Path:
        """Where saved parts go when nothing else is said."""
        return Path(os.path.expanduser("~/Downloads"))


@dataclass(frozen=True)
class NotifySettings:
    """`[notify]`: how new mail is told of."""

    bell: bool = False
    desktop: str = "off"
    """`off`, `osc9` or `osc777`: the sequence that the terminal understands."""
    command: tuple[str, ...] = ()
    """Run without a shell for new mail; empty for none."""
    over_ssh: bool = False
    """All of it in a session over SSH as well."""

    def active(self, environ: Mapping[str, str]) -> bool:
        """Whether anything is to be told in this session."""
        something = self.bell or self.command or self.desktop != "off"
        return bool(something and (self.over_ssh or not environ.get("SSH_CONNECTION")))


@dataclass(frozen=True)
class Config:
    """Everything the user may set."""

    accounts: tuple[Account, ...] = ()
    view: ViewSettings = ViewSettings()
    notify: NotifySettings = NotifySettings()
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Command id to keys; an empty tuple unbinds. Checked by `ui.keymap`."""
    path: Path | None = None
    """The file it was read from; None for built-in defaults."""
    key_lines: tuple[tuple[str, int], ...] = ()
    """Command id to line in the file, for messages about keys."""


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
    "folders": check.words("a list of folder names"),
    "poll_seconds": check.whole(30, 86400),
}
"""Every key of `[[account]]`."""

MAILDIR: dict[str, Kind] = {
    **{key: ACCOUNT[key] for key in ("type", "name", "address", "folders")},
    "path": check.path("the path of a folder with Maildirs"),
    "poll_seconds": check.whole(5, 86400),
}
"""Every key of `[[account]]` with `type = "maildir"`."""

VIEW: dict[str, Kind] = {
    "theme": check.text('"auto" or the name of a theme'),
    "mark_read_seconds": check.number(-1, 3600, "seconds up to 3600, or -1 for never"),
    "prefer": check.choice("plain", "html"),
    "text_width": check.whole(20, 500),
    "glyphs": check.choice("unicode", "ascii"),
    "mouse": check.yes_no(),
    "cache_limit_mb": check.whole(0, 1_000_000),
    "download_dir": check.path("the path of a folder"),
    "first_window": check.whole(50, 500),
    "panes": check.whole(1, 3),
    "title": check.yes_no(),
}
"""Every key of `[view]`."""

NOTIFY: dict[str, Kind] = {
    "bell": check.yes_no(),
    "desktop": check.choice("off", "osc9", "osc777"),
    "command": check.words('a list of words like ["notify-send", "New mail"]'),
    "over_ssh": check.yes_no(),
}
"""Every key of `[notify]`."""

_TABLES = ["account", "view", "notify", "keys"]
_LATER = ("pop3",)
_PASSWORDS = ("password_command", "password_file", "password", "keyring")
_FILE_LIMIT = 1_000_000


def find(path: Path | None, environ: Mapping[str, str]) -> Path:
    """The file that `load` reads: `path`, TUIMAIL_CONFIG, or the platform's place."""
    if path is not None:
        return path
    named = environ.get("TUIMAIL_CONFIG", "")
    if named:
        return Path(named).expanduser()
    return paths.default(environ).config_file


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read and check the configuration.

    Gives `Config()` when no file was named and there is none. Raises ConfigError with
    every problem, each with file and line.
    """
    file = find(path, environ)
    source = _read(file)
    if source is None:
        if path is not None or environ.get("TUIMAIL_CONFIG"):
            raise ConfigError([f"{file}: there is no such file"])
        return Config()
    try:
        raw = tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        number = line[1] if line else "1"
        raise ConfigError([f"{file}:{number}: this is not TOML: {error}"]) from error
    checker = Checker(file, source)
    made = _config(raw, checker, file)
    if checker.problems:
        raise ConfigError(checker.problems)
    return made


def _read(file: Path) -> str | None:
    """The text of the file; None when there is none."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_FILE_LIMIT + 1)
        if len(data) > _FILE_LIMIT:
            raise ConfigError([f"{file}: larger than a configuration can be (1 MB)"])
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        words = f"{file}: cannot be read: {error.strerror or error}"
        raise ConfigError([words]) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{file}:{line}: this is not UTF-8"]) from error


def _config(raw: dict[str, Any], checker: Checker, file: Path) -> Config:
    for key in raw:
        if key not in _TABLES:
            checker.unknown((key,), "configuration", _TABLES)
    view = checker.table(raw.get("view", {}), ("view",), VIEW, "view")
    view.setdefault("download_dir", ViewSettings.download_dir_default())
    notify = checker.table(raw.get("notify", {}), ("notify",), NOTIFY, "notify")
    keys, lines = keys_of(raw.get("keys", {}), checker)
    return Config(
        accounts=_accounts(raw.get("account", []), checker, file),
        view=ViewSettings(**view),
        notify=NotifySettings(**notify),
        keys=keys,
        path=file,
        key_lines=lines,
    )


def _accounts(raw: object, checker: Checker, file: Path) -> tuple[Account, ...]:
    if not isinstance(raw, list):
        checker.report(("account",), "account: write [[account]], in double brackets")
        return ()
    made = []
    names: set[str] = set()
    for index, table in enumerate(raw):
        account = _account(table, ("account", index), checker, file)
        if account is None:
            continue
        if account.name.casefold() in names:
            words = f"account {shown(account.name)}: name: another account has it"
            checker.report(("account", index, "name"), words)
        names.add(account.name.casefold())
        made.append(account)
    return tuple(made)


def _account(raw: object, place: Place, checker: Checker, file: Path) -> Account | None:
    what = f"account {int(place[1]) + 1}"
    if not isinstance(raw, dict):
        checker.report(place, f"{what}: found {shown(raw)}, expected a table")
        return None
    if isinstance(raw.get("name"), str):
        what = f"account {shown(raw['name'])}"
    type_ = raw.get("type", "imap")
    if type_ in _LATER:
        words = (
            f"{what}: type: {shown(type_)} is not supported yet; imap and maildir are"
        )
        checker.report((*place, "type"), words)
        return None
    if type_ == "maildir":
        return _maildir(raw, place, checker, what)
    values = checker.table(raw, place, ACCOUNT, what)
    values.pop("type", None)
    for key in ("name", "address", "host"):
        if key not in raw:
            checker.report(place, f"{what}: {key} is missing")
    values.setdefault("user", values.get("address", ""))
    if values.get("security", Security.TLS) is not Security.TLS:
        values.setdefault("port", 143)
    _check_password(values, place, checker, what, file)
    _check_security(values, place, checker, what)
    if not all(key in values for key in ("name", "address", "host")):
        return None
    return ImapAccount(**values)


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
