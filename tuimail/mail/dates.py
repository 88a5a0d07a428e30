"""Dates of mail as they occur, as seconds since the epoch and a zone."""

from __future__ import annotations

import re
from calendar import timegm
from functools import lru_cache

EARLIEST = 0
LATEST = 7_258_118_400
"""1 January 2200: beyond it a date is a mistake, and some libraries break."""
ZONE_MAX = 14 * 60
_MONTHS = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ZONES = {
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
    "bst": 60,
    "cet": 60,
    "cest": 120,
    "met": 60,
    "mest": 120,
    "eet": 120,
    "eest": 180,
    "msk": 180,
    "ist": 330,
    "jst": 540,
    "kst": 540,
}
"""RFC 5322 §4.3, and what else people write."""
_CLOCK = r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d{1,9})?\s{0,3}([AaPp][Mm])?"
_MAIL = re.compile(
    r"(\d{1,2})[\s\-./]{1,3}([A-Za-z]{3})[A-Za-z]{0,7}\.?[\s\-.,/]{1,3}(\d{2,5})"
    rf"[\s,T]{{1,4}}{_CLOCK}"
)
_UNIX = re.compile(
    rf"([A-Za-z]{{3}})[a-z]{{0,7}}\s{{1,3}}(\d{{1,2}})\s{{1,3}}{_CLOCK}"
    r"(?:\s{1,3}([A-Z]{3,4}))?\s{1,3}(\d{4})"
)
_ISO = re.compile(rf"(\d{{4}})-(\d{{2}})-(\d{{2}})[T ]{_CLOCK}")
_ZONE = re.compile(r"\s{0,3}(?:([+-])(\d{2}):?(\d{2})|\(?([A-Za-z]{1,5})\)?)")


def parse_date(raw: bytes) -> tuple[int, int] | None:
    """Epoch seconds and minutes east of UTC; None for what is no date.

    Missing seconds, day names in any language, two-digit years, names of zones, ISO
    8601 and the format of `ctime` are understood.
    """
    return _parse(raw[:200])


@lru_cache(maxsize=256)
def _parse(raw: bytes) -> tuple[int, int] | None:
    text = raw.decode("ascii", "replace").replace("\r", " ").replace("\n", " ")
    for pattern, reader in ((_MAIL, _mail), (_ISO, _iso), (_UNIX, _unix)):
        found = pattern.search(text)
        if found is not None:
            fields = reader(found)
            tail = text[found.end() :]
            return _moment(fields, _offset(tail)) if fields else None
    return None


Fields = tuple[int, int, int, int, int, int]


def _mail(found: re.Match[str]) -> Fields | None:
    month = _month(found[2])
    if month is None:
        return None
    hour, minute, second = _clock(found, 4)
    return _year(int(found[3])), month, int(found[1]), hour, minute, second


def _iso(found: re.Match[str]) -> Fields | None:
    hour, minute, second = _clock(found, 4)
    return int(found[1]), int(found[2]), int(found[3]), hour, minute, second


def _unix(found: re.Match[str]) -> Fields | None:
    month = _month(found[1])
    if month is None:
        return None
    hour, minute, second = _clock(found, 3)
    return int(found[8]), month, int(found[2]), hour, minute, second


def _clock(found: re.Match[str], at: int) -> tuple[int, int, int]:
    hour = int(found[at])
    half = (found[at + 3] or "").lower()
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return hour, int(found[at + 1]), int(found[at + 2] or 0)


def _month(name: str) -> int | None:
    short = name.lower()[:3]
    return _MONTHS.index(short) + 1 if short in _MONTHS else None


def _year(year: int) -> int:
    """Two and three digits as RFC 5322 §4.3 has them."""
    if year < 50:
        return year + 2000
    return year + 1900 if year < 1000 else year


def _offset(tail: str) -> int:
    found = _ZONE.match(tail)
    if found is None:
        return 0
    if found[1]:
        minutes = int(found[2]) * 60 + int(found[3])
        if int(found[3]) > 59 or minutes > ZONE_MAX:
            return 0
        return -minutes if found[1] == "-" else minutes
    return _ZONES.get(found[4].lower(), 0)


def _moment(fields: Fields, offset: int) -> tuple[int, int] | None:
    year, month, day, hour, minute, second = fields
    if not (1900 <= year <= 9999 and 1 <= month <= 12):
        return None
    if not 1 <= day <= _DAYS[month - 1] or hour > 24 or minute > 59 or second > 61:
        return None
    local = timegm((year, month, day, hour, minute, min(second, 59)))
    return max(EARLIEST, min(LATEST, local - offset * 60)), offset
