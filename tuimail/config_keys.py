"""The table `[keys]`: commands and the keys a user wants for them."""

from __future__ import annotations

from typing import Any

from tuimail.config_check import Checker, Place, Unfit, shown

_KEYS = 'a key, a list of keys, or "none"'


def keys_of(
    raw: object, checker: Checker
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[tuple[str, int], ...]]:
    """Key settings and their lines; `a.b = …` may be written with or without quotes."""
    keys: list[tuple[str, tuple[str, ...]]] = []
    lines: list[tuple[str, int]] = []

    def take(table: dict[str, Any], place: Place) -> None:
        for part, value in table.items():
            here = (*place, part)
            if isinstance(value, dict):
                take(value, here)
                continue
            command = ".".join(str(each) for each in here[1:])
            try:
                keys.append((command, _key_names(value)))
                lines.append((command, checker.line(here)))
            except Unfit:
                words = f"keys: {command}: found {shown(value)}, expected {_KEYS}"
                checker.report(here, words)

    if isinstance(raw, dict):
        take(raw, ("keys",))
    else:
        checker.report(("keys",), f"keys: found {shown(raw)}, expected a table")
    return tuple(keys), tuple(lines)


def _key_names(value: object) -> tuple[str, ...]:
    if value == "none":
        return ()
    named = [value] if isinstance(value, str) else value
    if not isinstance(named, list) or not named:
        raise Unfit
    if not all(isinstance(key, str) and key for key in named):
        raise Unfit
    return tuple(named)
