"""The configuration: TOML to frozen values, with every problem reported at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tuimail import config_check as check
from tuimail import paths
from tuimail.config_accounts import (
    Account,
    Fetch,
    ImapAccount,
    MaildirAccount,
    Mode,
    OnServer,
    Pop3Account,
    Security,
    ServerAccount,
    is_loopback,
)
from tuimail.config_accounts import account as read_account
from tuimail.config_check import Checker, Kind, shown
from tuimail.config_columns import COLUMNS
from tuimail.config_columns import DEFAULT as DEFAULT_COLUMNS
from tuimail.config_columns import problem as columns_problem
from tuimail.config_keys import keys_of
from tuimail.config_open import OpenSettings, open_of
from tuimail.config_rules import Rule, rules
from tuimail.errors import ConfigError

__all__ = [
    "COLUMNS",
    "DEFAULT_COLUMNS",
    "Account",
    "Fetch",
    "ImapAccount",
    "MaildirAccount",
    "Mode",
    "OnServer",
    "OpenSettings",
    "Pop3Account",
    "Rule",
    "Security",
    "ServerAccount",
    "columns_problem",
    "is_loopback",
]


class ViewSettings(NamedTuple):
    """`[view]`: how things look and behave on the screen."""

    theme: str = "auto"
    """A theme's name, or `auto`: by the terminal's background and colours."""
    mark_read_seconds: float = 1.0
    """Time a message must be shown before it counts as read; negative: never."""
    prefer: str = "plain"
    """`plain` or `html`, when a message has both."""
    text_width: int = 80
    """Cells a text is wrapped to, or the pane's width where that is less."""
    fold_quotes: int = 12
    """Lines of a quote from which on only its beginning is shown; 0 for never."""
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
    pictures: str = "off"
    """`off`, `auto`, `blocks`, `sixel` or `kitty`: how pictures of mail are shown."""
    title: bool = True
    """Say folder and unread messages in the terminal's title."""
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    """Of the list, in this order; a folder may have its own."""

    @staticmethod
    def download_dir_default() -> Path:
        """Where saved parts go when nothing else is said."""
        return Path(os.path.expanduser("~/Downloads"))


class NotifySettings(NamedTuple):
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


class Config(NamedTuple):
    """Everything the user may set."""

    accounts: tuple[Account, ...] = ()
    view: ViewSettings = ViewSettings()
    notify: NotifySettings = NotifySettings()
    open: OpenSettings = OpenSettings()
    rules: tuple[Rule, ...] = ()
    """What is done by itself with new mail, in this order."""
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Command id to keys; an empty tuple unbinds. Checked by `ui.keymap`."""
    path: Path | None = None
    """The file it was read from; None for built-in defaults."""
    key_lines: tuple[tuple[str, int], ...] = ()
    """Command id to line in the file, for messages about keys."""


def _columns(value: object) -> object:
    if not isinstance(value, list) or columns_problem([str(each) for each in value]):
        raise check.Unfit
    return tuple(value)


VIEW: dict[str, Kind] = {
    "theme": check.text('"auto" or the name of a theme'),
    "mark_read_seconds": check.number(-1, 3600, "seconds up to 3600, or -1 for never"),
    "prefer": check.choice("plain", "html"),
    "text_width": check.whole(20, 500),
    "fold_quotes": check.whole(0, 10_000),
    "glyphs": check.choice("unicode", "ascii"),
    "mouse": check.yes_no(),
    "cache_limit_mb": check.whole(0, 1_000_000),
    "download_dir": check.path("the path of a folder"),
    "first_window": check.whole(50, 500),
    "panes": check.whole(1, 3),
    "pictures": check.choice("off", "auto", "blocks", "sixel", "kitty"),
    "title": check.yes_no(),
    "columns": Kind(
        f"a list with subject and any of {', '.join(COLUMNS)}, each once", _columns
    ),
}
"""Every key of `[view]`."""

NOTIFY: dict[str, Kind] = {
    "bell": check.yes_no(),
    "desktop": check.choice("off", "osc9", "osc777"),
    "command": check.words('a list of words like ["notify-send", "New mail"]'),
    "over_ssh": check.yes_no(),
}
"""Every key of `[notify]`."""

_TABLES = ["account", "rule", "view", "notify", "open", "keys"]
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
    accounts = _accounts(raw.get("account", []), checker, file)
    names = [account.name for account in accounts]
    return Config(
        accounts=accounts,
        rules=rules(raw.get("rule", []), checker, names),
        view=ViewSettings(**view),
        notify=NotifySettings(**notify),
        open=open_of(raw.get("open", {}), checker),
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
        account = read_account(table, ("account", index), checker, file)
        if account is None:
            continue
        if account.name.casefold() in names:
            words = f"account {shown(account.name)}: name: another account has it"
            checker.report(("account", index, "name"), words)
        names.add(account.name.casefold())
        made.append(account)
    return tuple(made)
