"""The table `[open]`: with which programs files and links are opened."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from tuimail import config_check as check
from tuimail.config_check import Checker, Kind, Unfit, shown

PROGRAM = 'a list of words like ["zathura", "{}"]'
_TYPE = re.compile(r"[a-z0-9*?.+-]{1,100}/[a-z0-9*?.+-]{1,100}")


class OpenSettings(NamedTuple):
    """`[open]`: programs, run without a shell."""

    programs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Media type, or a pattern like `image/*`, and the words of a command.

    `{}` stands for the file; without it the file is the last word.
    """
    browser: tuple[str, ...] = ()
    """Opens http and https links; empty for `$BROWSER` or the desktop's own."""
    terminal: tuple[str, ...] = ()
    """Names of programs that need the terminal, besides the well-known ones."""


OPEN: dict[str, Kind] = {
    "browser": check.words('a list of words like ["firefox"]'),
    "terminal": check.words('a list of names like ["less", "vim"]'),
}
"""Every key of `[open]` but media types."""


def open_of(raw: object, checker: Checker) -> OpenSettings:
    """The table as it should be; what is wrong in it is noted."""
    if not isinstance(raw, dict):
        checker.report(("open",), f"open: found {shown(raw)}, expected a table")
        return OpenSettings()
    types = {key: value for key, value in raw.items() if "/" in key}
    rest = {key: value for key, value in raw.items() if "/" not in key}
    settings: dict[str, Any] = checker.table(rest, ("open",), OPEN, "open")
    programs = []
    for key, value in types.items():
        argv = _program(key, value, checker)
        if argv:
            programs.append((key.lower(), argv))
    return OpenSettings(programs=tuple(programs), **settings)


def _program(key: str, value: object, checker: Checker) -> tuple[str, ...]:
    if not _TYPE.fullmatch(key.lower()):
        words = f"open: {shown(key)} is no media type like image/png or image/*"
        checker.report(("open", key), words)
        return ()
    try:
        return tuple(check.words(PROGRAM, least=1).read(value))  # type: ignore[arg-type]
    except Unfit:
        words = f"open: {key}: found {shown(value)}, expected {PROGRAM}"
        checker.report(("open", key), words)
        return ()
