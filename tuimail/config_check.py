"""Check values of a TOML file and say what is wrong with them, with line numbers.

Knows nothing of what the keys mean; `config` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

Place = tuple[str | int, ...]
"""Way to a value: table names, indices of `[[…]]`, then the key."""

# Texts, as they are needed for the place of a problem only: re keeps them compiled.
_HEADER = r"\s*(\[{1,2})([^\[\]]+)\]{1,2}\s*(?:#.*)?"
_KEY = r"""\s*((?:[\w.-]|"[^"\\]*"|'[^']*')+)\s*="""
_KEY_PART = r"""[\w-]+|"[^"\\]*"|'[^']*'"""
_LONG_STRING = r'"""|' + "'''"
_FOUND_LIMIT = 60


class Unfit(ValueError):
    """A value is not of the kind that is expected."""


class Kind(NamedTuple):
    """What a key takes."""

    expected: str
    """Completes "expected …"."""
    read: Callable[[object], object]
    """Gives the value as the program wants it; raises Unfit."""
    secret: bool = False
    """The value must not be repeated in a message."""


def text(expected: str = "a text", pattern: str = r"[^\x00-\x1f\x7f]+") -> Kind:
    """A string that matches `pattern` whole."""

    def read(value: object) -> object:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Unfit
        return value

    return Kind(expected, read)


def secret() -> Kind:
    """A string that is never shown."""
    return Kind("a text", text().read, secret=True)


def whole(lo: int, hi: int) -> Kind:
    """A whole number in a range."""

    def read(value: object) -> object:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unfit
        if not lo <= value <= hi:
            raise Unfit
        return value

    return Kind(f"a number from {lo} to {hi}", read)


def number(lo: float, hi: float, expected: str) -> Kind:
    """A number in a range; `expected` says what its ends mean."""

    def read(value: object) -> object:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Unfit
        if not lo <= value <= hi:
            raise Unfit
        return float(value)

    return Kind(expected, read)


def yes_no() -> Kind:
    """`true` or `false`."""

    def read(value: object) -> object:
        if not isinstance(value, bool):
            raise Unfit
        return value

    return Kind("true or false", read)


def choice(*words: str) -> Kind:
    """One of a few words."""

    def read(value: object) -> object:
        if value not in words:
            raise Unfit
        return value

    return Kind(_one_of(words), read)


def member(of: type[Enum]) -> Kind:
    """The value of an enumeration's member."""
    words = [str(each.value) for each in of]

    def read(value: object) -> object:
        if value not in words:
            raise Unfit
        return of(value)

    return Kind(_one_of(words), read)


def words(expected: str, *, least: int = 0, secret: bool = False) -> Kind:
    """A list of non-empty strings."""

    def read(value: object) -> object:
        if not isinstance(value, list) or len(value) < least:
            raise Unfit
        if not all(isinstance(each, str) and each for each in value):
            raise Unfit
        return tuple(value)

    return Kind(expected, read, secret)


def path(expected: str = "a path") -> Kind:
    """A path; `~` is the home folder."""

    def read(value: object) -> object:
        if not isinstance(value, str) or not value or "\0" in value:
            raise Unfit
        try:
            return Path(value).expanduser()
        except RuntimeError as error:
            raise Unfit from error

    return Kind(expected, read)


def file(expected: str) -> Kind:
    """A path that is handed on as text."""
    return Kind(expected, lambda value: str(path().read(value)))


class Checker:
    """Reads tables of one file and collects every problem on the way."""

    def __init__(self, file: Path, source: str) -> None:
        self._file = file
        self._lines = find_lines(source)
        self._problems: list[tuple[int, str]] = []

    @property
    def problems(self) -> list[str]:
        """One sentence each, in the order of the file."""
        found = sorted(self._problems, key=lambda problem: problem[0])
        return [words for _, words in found]

    def line(self, place: Place) -> int:
        """Where a value stands, from 1; that of what holds it when it is not found."""
        while place:
            if place in self._lines:
                return self._lines[place]
            place = place[:-1]
        return 1

    def report(self, place: Place, words: str) -> None:
        """Note a problem."""
        line = self.line(place)
        self._problems.append((line, f"{self._file}:{line}: {words}"))

    def unknown(self, place: Place, what: str, known: list[str]) -> None:
        """Note a key that means nothing, and the one that may have been meant."""
        key = str(place[-1])
        import difflib

        near = difflib.get_close_matches(key, known, n=1)
        if near:
            hint = f"did you mean {near[0]}?"
        else:
            hint = f"known here: {', '.join(sorted(known))}"
        self.report(place, f"{what}: unknown key {shown(key)}; {hint}")

    def table(
        self, raw: object, place: Place, kinds: Mapping[str, Kind], what: str
    ) -> dict[str, Any]:
        """The values of a table that are as they should be."""
        if not isinstance(raw, dict):
            self.report(place, f"{what}: found {shown(raw)}, expected a table")
            return {}
        good = {}
        for key, value in raw.items():
            kind = kinds.get(key)
            if kind is None:
                self.unknown((*place, key), what, list(kinds))
                continue
            try:
                good[key] = kind.read(value)
            except Unfit:
                found = sort_of(value) if kind.secret else shown(value)
                self.report(
                    (*place, key),
                    f"{what}: {key}: found {found}, expected {kind.expected}",
                )
        return good


def shown(value: object) -> str:
    """A value as it stands in the file, cut short."""
    try:
        made = json.dumps(value)
    except (TypeError, ValueError):
        return sort_of(value)
    return made if len(made) <= _FOUND_LIMIT else made[: _FOUND_LIMIT - 1] + "…"


def sort_of(value: object) -> str:
    """What sort of value it is, without the value."""
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number"}
    names |= {list: "a list", dict: "a table"}
    return names.get(type(value), "a date")


def find_lines(source: str) -> dict[Place, int]:
    """Line of every table and key, by looking at how lines begin.

    The TOML reader of Python tells no lines. Inline tables are not looked into: what is
    in them is reported on the line of the whole.
    """
    found: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table: Place = ()
    inside = ""
    for number, line in enumerate(source.splitlines(), 1):
        was_inside, inside = inside, _string_after(line, inside)
        if was_inside:
            continue
        if header := re.fullmatch(_HEADER, line):
            table = _parts(header[2])
            if header[1] == "[[":
                index = counts.get(header[2], 0)
                counts[header[2]] = index + 1
                table = (*table, index)
            found.setdefault(table, number)
        elif key := re.match(_KEY, line):
            place = (*table, *_parts(key[1]))
            for depth in range(len(table) + 1, len(place) + 1):
                found.setdefault(place[:depth], number)
    return found


def _parts(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in re.findall(_KEY_PART, dotted))


def _string_after(line: str, inside: str) -> str:
    """The quotes of the multi-line string that is open after a line, or `''`."""
    for quotes in re.findall(_LONG_STRING, line):
        if not inside:
            inside = quotes
        elif quotes == inside:
            inside = ""
    return inside


def _one_of(words: tuple[str, ...] | list[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
