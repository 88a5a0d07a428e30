"""What elements say of the room they take, and leave around them, in pixels."""

from __future__ import annotations

import re
from collections.abc import Mapping

ROOM_MAX = 100.0
LINE_PX = 620.0
"""How wide newsletters are, more or less."""
SHARE_MIN, SHARE_MAX = 0.12, 0.96
"""What is narrower is an icon; what is wider has nothing beside it."""
_PX = {"px": 1.0, "": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "%": 0.16} | {
    "vw": 6.0,
    "vh": 6.0,
    "ex": 8.0,
    "in": 96.0,
    "cm": 38.0,
    "mm": 3.8,
    "pc": 16.0,
}
_LENGTH = re.compile(
    r"([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(px|pt|r?em|%|\w{0,2})"
)
_SIDES = {"top": 0, "right": 1, "bottom": 2}
FLOATING = ("left", "right")
_PADDED = ("padding", "padding-top", "padding-bottom")


def pixels(value: str) -> float | None:
    """A length in pixels, roughly; None when it is none."""
    found = _LENGTH.match(value)
    if found is None:
        return None
    unit = _PX.get(found[2])
    return None if unit is None else float(found[1]) * unit


def room_of(said: Mapping[str, str], side: str) -> float:
    """Pixels that an element leaves free at its `top`, `right` or `bottom`."""
    room = 0.0
    for name in ("margin", "padding"):
        value = said.get(f"{name}-{side}", "")
        if not value and name in said:
            each = said[name].split() or [""]
            at = _SIDES[side]
            value = each[at] if at < len(each) else each[0]
        room += max(0.0, min(pixels(value) or 0.0, ROOM_MAX)) if value else 0.0
    return room


def share_of(said: Mapping[str, str]) -> float:
    """How much of a line an element takes that stands beside others."""
    beside = said.get("display", "") in ("inline-block", "inline-table", "table-cell")
    if not beside and said.get("float", "") not in FLOATING:
        return 0.0
    for name in ("width", "max-width"):
        share = part_of_line(said.get(name, ""))
        if share:
            return share
    return 0.0


def part_of_line(width: str) -> float:
    """A width as a part of a line; 0 for all of it, and for what is no column."""
    size = pixels(width)
    if size is None:
        return 0.0
    share = size / (16.0 if width.strip().endswith("%") else LINE_PX)
    return share if SHARE_MIN < share < SHARE_MAX else 0.0


def height_of(attribute: str | None, height: float) -> float:
    """Pixels that a cell takes at least."""
    said = height or pixels(attribute or "") or 0.0
    return max(0.0, min(said, ROOM_MAX))


def small_number(text: str | None, limit: int) -> int:
    """A number that an attribute gives; 1 when it is none, or more than `limit`."""
    text = text or ""
    small = text.isdecimal() and len(text) < 6 and int(text) <= limit
    return int(text) if small else 1


def is_tight(said: Mapping[str, str]) -> bool | None:
    """Whether paragraphs stand close; None when nothing is said of it."""
    room = said.get("margin", "").split()
    above = said.get("margin-top", room[0] if room else "")
    below = said.get("margin-bottom", room[2 if len(room) > 2 else 0] if room else "")
    if not above and not below:
        return None
    padded = any(not _is_nothing(said.get(name, "0")) for name in _PADDED)
    return _is_nothing(above) and _is_nothing(below) and not padded


def _is_nothing(value: str) -> bool:
    size = pixels(value)
    return size is not None and size < 1
