"""Days and sizes as people type them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_DAY = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?", re.A)
_AGO = re.compile(r"(\d{1,4})([dwmy])", re.A)
_SIZE = re.compile(r"(\d{1,18})(?:[.](\d{1,3}))?([kmg]?)(?:i?b)?", re.A)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
OCTETS_MAX = 2**63 - 1


def days(text: str, today: date) -> tuple[date, date] | None:
    """The first day that is meant and the one behind the last; None when unreadable.

    `2026` is a year, `2026-01` a month; `monday` the last one, today included; `3d`,
    `2w`, `6m` and `1y` the day so long ago; `a..b` from the one to the other.
    """
    first, dots, last = text.lower().partition("..")
    if dots:
        one, other = _period(first, today), _period(last, today)
        if one is None or other is None or one[0] >= other[1]:
            return None
        return one[0], other[1]
    return _period(first, today)


def _period(word: str, today: date) -> tuple[date, date] | None:
    try:
        if word in WEEKDAYS:
            first = today - timedelta(days=(today.weekday() - WEEKDAYS.index(word)) % 7)
        elif word in ("today", "yesterday"):
            first = today - timedelta(days=int(word == "yesterday"))
        elif found := _AGO.fullmatch(word):
            first = _ago(int(found[1]), found[2], today)
        elif found := _DAY.fullmatch(word):
            return _calendar(found)
        else:
            return None
        return first, first + timedelta(days=1)
    except (ValueError, OverflowError):
        return None


def _ago(count: int, unit: str, today: date) -> date:
    if unit in "dw":
        return today - timedelta(days=count * (7 if unit == "w" else 1))
    months = today.year * 12 + today.month - 1 - count * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    if year < 1:
        raise ValueError("before all calendars")
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _calendar(found: re.Match[str]) -> tuple[date, date]:
    year, month, day = int(found[1]), found[2], found[3]
    if day:
        first = date(year, int(month), int(day))
        return first, first + timedelta(days=1)
    if month:
        return date(year, int(month), 1), _first_of(year, int(month) + 1)
    return date(year, 1, 1), date(year + 1, 1, 1)


def _first_of(year: int, month: int) -> date:
    return date(year + 1, 1, 1) if month > 12 else date(year, month, 1)


def octets(text: str) -> int | None:
    """`1M`, `100k`, `1.5MB` in octets, by 1024; None when unreadable."""
    found = _SIZE.fullmatch(text.lower())
    if found is None:
        return None
    thousandths = int(found[1]) * 1000 + int((found[2] or "0").ljust(3, "0"))
    return min(thousandths * _UNITS[found[3]] // 1000, OCTETS_MAX)
