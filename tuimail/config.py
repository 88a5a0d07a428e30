"""The configuration: TOML text to frozen values, with every problem reported at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
    download_dir: Path = Path("~/Downloads")
    first_window: int = 100
    """Headers fetched when a folder is opened for the first time, 50 … 500."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the user may set."""

    accounts: tuple[ImapAccount, ...] = ()
    view: ViewSettings = ViewSettings()
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Command id to keys; an empty tuple unbinds. Checked by `ui.keymap`."""
    path: Path | None = None
    """The file it was read from; None for built-in defaults."""
    key_lines: tuple[tuple[str, int], ...] = ()
    """Command id to line in the file, for messages about keys."""
