"""The configuration in force, as TOML without any secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, cast

import tomli_w

from tuimail.config import (
    Account,
    Config,
    MaildirAccount,
    OpenSettings,
    Pop3Account,
    ServerAccount,
)
from tuimail.paths import Paths

HIDDEN = "password"


def effective(config: Config, paths: Paths) -> Iterator[str]:
    """Line by line: where everything is, then every setting that is in force."""
    yield f"# from {config.path}" if config.path else "# built-in defaults; no file"
    for name in ("state", "cache", "data", "log"):
        yield f"# {name}: {getattr(paths, name)}"
    yield ""
    made: dict[str, Any] = {
        "account": [_account(account) for account in config.accounts],
        "rule": [_plain(rule) for rule in config.rules],
        "view": _plain(config.view),
        "notify": _plain(config.notify),
        "open": _open(config.open),
        "keys": {command: list(keys) or "none" for command, keys in config.keys},
    }
    yield from tomli_w.dumps({k: v for k, v in made.items() if v}).splitlines()


def _open(settings: OpenSettings) -> dict[str, Any]:
    programs = {kind: list(argv) for kind, argv in settings.programs}
    return _plain(settings._replace(programs=())) | programs


def _account(account: Account) -> dict[str, Any]:
    kinds = {MaildirAccount: "maildir", Pop3Account: "pop3"}
    kind = next((k for t, k in kinds.items() if isinstance(account, t)), "imap")
    return {"type": kind, **_plain(account)}


def _plain(values: object) -> dict[str, Any]:
    """Named values as TOML takes them; what is not set is left out."""
    plain: dict[str, Any] = {}
    for name in _names(values):
        value = getattr(values, name)
        if value in (None, "", ()):
            continue
        plain[name] = "(set, not shown)" if name == HIDDEN else _toml(value)
    return plain


def _names(values: object) -> Iterable[str]:
    if isinstance(values, ServerAccount):
        return [field.name for field in fields(values)]
    return cast("NamedTuple", values)._fields


def _toml(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case Path():
            return str(value)
        case tuple():
            return list(value)
        case _:
            return value
