"""Dates of mail as they occur, as seconds since the epoch and a zone."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

EARLIEST = 0
LATEST = 7_258_118_400
"""1 January 2200: beyond it a date is a mistake, and some libraries break."""
ZONE_MAX = 14 * 60
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
}
# What mail says in German, French, Spanish, Dutch and the Nordic languages.
_MONTHS |= {"mrz": 3, "maj": 5, "mai": 5, "mei": 5, "ago": 8, "okt": 10}
_MONTHS |= {"ene": 1, "fev": 2, "avr": 4, "abr": 4, "dez": 12, "dic": 12}
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
    "wet": 0,
    "west": 60,
    "cet": 60,
    "cest": 120,
    "met": 60,
    "mest": 120,
    "mez": 60,
    "mesz": 120,
    "eet": 120,
    "eest": 180,
    "msk": 180,
    "ist": 330,
    "hkt": 480,
    "jst": 540,
    "kst": 540,
    "aest": 600,
    "nzst": 720,
}
"""RFC 5322 §4.3, and what else people write; other letters say nothing (§4.3)."""
_USUAL = re.compile(
    rb"\s*+(?:[A-Z][a-z]{2},\s{0,3})?(\d\d? [A-Z][a-z]{2} \d{4})"
    rb" (\d\d):([0-5]\d):([0-5]\d) ([+-](?:0\d|1[0-3])[0-5]\d)(?!\d)"
)
_CLOCK = (
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d{1,9})?(?:\s{0,3}([AaPp])[.]?[Mm])?"
)
_MAIL = re.compile(
    r"(?<!\d)0{0,2}(\d{1,2})[\s\-./]{1,3}([A-Za-z]{3})[A-Za-z]{0,7}\.?[\s\-.,/]{1,3}"
    rf"(\d{{2,5}})(?!\d)(?:[\s,T]{{1,4}}{_CLOCK})?"
)
_UNIX = re.compile(
    rf"([A-Za-z]{{3}})[a-z]{{0,7}}\s{{1,3}}(\d{{1,2}}),?\s{{1,3}}{_CLOCK}"
    r"(?:\s{1,3}([A-Za-z]{1,5}|[+-]\d{4}))?,?\s{1,3}(\d{4})(?!\d)"
)
_AMERICAN = re.compile(
    r"([A-Za-z]{3})[a-z]{0,7}\.?\s{1,3}(\d{1,2}),?\s{1,3}(\d{4})(?!\d)"
    rf"(?:[\s,]{{1,4}}{_CLOCK})?"
)
_ISO = re.compile(rf"(?<!\d)(\d{{4}})-(\d{{2}})-(\d{{2}})(?:[T ]\s{{0,3}}{_CLOCK})?")
_ZONE = re.compile(
    r"(?:\s{0,3}\([A-Za-z]{1,5}\)(?=\s{0,3}[+-]))?[\s(]{0,4}(?:(?:GMT|UTC?)?([+-])(\d{1,2})(?::?(\d{2}))?(?!\d)|([A-Za-z]{1,5}))"
)


def parse_date(raw: bytes) -> tuple[int, int] | None:
    """Epoch seconds, 1970 … 2200, and minutes east of UTC; None for what is no date.

    Missing seconds, day names in any language, two-digit years, names of zones, ISO
    8601 and the format of `ctime` are understood. A day without a time is its midnight.
    """
    usual = _USUAL.match(raw)
    if usual is None:
        return _parse(raw[:200].decode("ascii", "replace"))
    day, hours, minutes, seconds, zone = usual.groups()
    midnight, hour = _midnight(day), int(hours)
    if midnight is None or hour > 24:
        return None
    offset = _minutes_east(zone)
    moment = midnight + hour * 3600 + (int(minutes) - offset) * 60 + int(seconds)
    return max(EARLIEST, min(LATEST, moment)), offset


@lru_cache(maxsize=4096)
def _midnight(day: bytes) -> int | None:
    """The epoch of a day like `23 Nov 2026`; None when there is no such day."""
    number, month, year = day.decode("ascii").split(" ")
    known = _MONTHS.get(month.lower())
    if known is None:
        return None
    days = _days(int(year), known, int(number))
    return None if days is None else days * 86_400


@lru_cache(maxsize=256)
def _minutes_east(zone: bytes) -> int:
    """A zone like `+0100` in minutes."""
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    return -minutes if zone[:1] == b"-" else minutes


Fields = tuple[int, int, int, int, int, int]


def _parse(text: str) -> tuple[int, int] | None:
    for pattern, reader in (
        (_MAIL, _mail),
        (_ISO, _iso),
        (_UNIX, _unix),
        (_AMERICAN, _american),
    ):
        found = pattern.search(text)
        fields = reader(found) if found is not None else None
        if found is not None and fields is not None:
            zone = found[7] if pattern is _UNIX else ""
            return _moment(fields, _offset(zone or text[found.end() :]))
    return None


def _mail(found: re.Match[str]) -> Fields | None:
    month = _MONTHS.get(found[2].lower())
    if month is None:
        return None
    return _year(int(found[3])), month, int(found[1]), *_clock(found, 4)


def _iso(found: re.Match[str]) -> Fields:
    return int(found[1]), int(found[2]), int(found[3]), *_clock(found, 4)


def _unix(found: re.Match[str]) -> Fields | None:
    month = _MONTHS.get(found[1].lower())
    if month is None:
        return None
    return int(found[8]), month, int(found[2]), *_clock(found, 3)


def _american(found: re.Match[str]) -> Fields | None:
    month = _MONTHS.get(found[1].lower())
    if month is None:
        return None
    return int(found[3]), month, int(found[2]), *_clock(found, 4)


def _clock(found: re.Match[str], at: int) -> tuple[int, int, int]:
    hour = int(found[at] or 0)
    half = (found[at + 3] or "").lower()
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    return hour, int(found[at + 1] or 0), int(found[at + 2] or 0)


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
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if int(found[3] or 0) > 59 or minutes > ZONE_MAX:
            return 0
        return -minutes if found[1] == "-" else minutes
    return _ZONES.get(found[4].lower(), 0)


def _moment(fields: Fields, offset: int) -> tuple[int, int] | None:
    year, month, day, hour, minute, second = fields
    days = _days(year, month, day)
    if days is None or hour > 24 or minute > 59 or second > 61:
        return None
    local = ((days * 24 + hour) * 60 + minute) * 60 + min(second, 59)
    return max(EARLIEST, min(LATEST, local - offset * 60)), offset


def _days(year: int, month: int, day: int) -> int | None:
    """Days from the epoch to a day; None when there is no such day."""
    first = _first_of(year, month)
    if first is None or not 1 <= day <= 31:
        return None
    if day > 28 and day > _length(year, month):
        return None
    return first + day - 1


@lru_cache(maxsize=1024)
def _first_of(year: int, month: int) -> int | None:
    """Days from the epoch to the first of a month."""
    if not (1900 <= year <= 9999 and 1 <= month <= 12):
        return None
    return date(year, month, 1).toordinal() - _EPOCH


def _length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
