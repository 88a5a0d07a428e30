"""How the columns of the list share a width. Pure; nothing of Textual in here."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tuimail.config import COLUMNS

USUAL = "default"
"""In the place of columns: those of other folders."""
LEAD = 2
"""Cells for the cursor and the mark, which are always there."""
FIRST_LINE_CELLS = 16
"""Room behind a subject from which on the beginning of the text is shown."""
SUBJECT_CELLS = 44
"""Width of the subject from which on it is: bits of texts are no help in between."""
_FIXED = {
    "flags": 3,
    "attachment": 1,
    "size": 5,
    "date": 7,
    "account": 8,
    "folder": 10,
    "labels": 12,
    "to-me": 1,
}
_PEOPLE = ("from", "to")
_TEXTS = (*_PEOPLE, "subject", "account", "folder", "labels")
_LEAVING = {
    **dict.fromkeys(("account", "folder", "labels", "to-me", "size"), 33),
    **dict.fromkeys(("attachment", "to", "date", "from", "flags"), 14),
}
"""Columns in the order in which they make room, each for a subject so narrow."""
_PERSON_MAX, _PERSON_MIN = 28, 8


class Cell(NamedTuple):
    """One column as it is drawn."""

    name: str
    width: int
    gap: int
    """Blanks before it."""


class Layout(NamedTuple):
    """The columns of a row, after the cursor and the mark; a blank ends it."""

    cells: tuple[Cell, ...]
    subject: int
    """Width of the subject, and of what stands behind it."""
    first_line: bool
    """What the text says first stands behind the subject, where there is room."""


@lru_cache(maxsize=64)
def layout(columns: tuple[str, ...], width: int) -> Layout:
    """As many of the columns as fit a list of this width, the subject among them."""
    names = [name for name in columns if name != "first-line"]
    for name, least in _LEAVING.items():
        if name in names and _subject(names, width) < least:
            names.remove(name)
    person, subject = _person(names, width), max(4, _subject(names, width))
    cells, before = [], ""
    for name in names:
        room = _FIXED.get(name, subject if name == "subject" else person)
        cells.append(Cell(name, room, _gap(before, name)))
        before = name
    first_line = "first-line" in columns and subject >= SUBJECT_CELLS
    return Layout(tuple(cells), subject, first_line)


def _subject(names: list[str], width: int) -> int:
    """What is left for the subject."""
    people = sum(name in _PEOPLE for name in names)
    return width - _taken(names) - people * _person(names, width)


def _person(names: list[str], width: int) -> int:
    """Three tenths for a name; of two names a fifth for each."""
    share = 2 if set(_PEOPLE) <= set(names) else 3
    wanted = (width - _taken(names)) * share // 10
    return max(_PERSON_MIN, min(_PERSON_MAX, wanted))


def _taken(names: list[str]) -> int:
    """Cells that do not depend on the width."""
    gaps = sum(_gap(a, b) for a, b in zip(["", *names], names, strict=False))
    return LEAD + gaps + sum(_FIXED.get(name, 0) for name in names) + 1


def _gap(before: str, name: str) -> int:
    if before == "flags":
        # Its last sign is mostly blank.
        return 0 if name in _TEXTS else 1
    if before in _PEOPLE or (before in ("date", "size") and name in _TEXTS):
        return 2
    return 0 if not before and name == "flags" else 1


def complete(typed: str) -> list[str]:
    """What names of columns on the `:` line may become."""
    *before, last = typed.split(" ")
    names = [*COLUMNS, *([] if before else [USUAL])]
    fits = [name for name in names if name.startswith(last) and name not in before]
    return [" ".join([*before, name]) for name in fits]
