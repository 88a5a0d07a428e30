"""Points in time as calendars write them: with a zone by name, by rule, or without."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tuimail.mail.contentlines import Component, Property

_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?\s*")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(?:\d\d)?\s*")
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?\s*"
)
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{1,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}")
_DAY_RULE = re.compile(r"(-?\d{0,2})(MO|TU|WE|TH|FR|SA|SU)")
WINDOWS = {
    "W. Europe Standard Time": "Europe/Berlin",
    "Romance Standard Time": "Europe/Paris",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Kyiv",
    "GTB Standard Time": "Europe/Bucharest",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "Russian Standard Time": "Europe/Moscow",
    "Turkey Standard Time": "Europe/Istanbul",
    "Israel Standard Time": "Asia/Jerusalem",
    "South Africa Standard Time": "Africa/Johannesburg",
    "Arabian Standard Time": "Asia/Dubai",
    "Arab Standard Time": "Asia/Riyadh",
    "India Standard Time": "Asia/Kolkata",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "Taipei Standard Time": "Asia/Taipei",
    "SE Asia Standard Time": "Asia/Bangkok",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "E. Australia Standard Time": "Australia/Brisbane",
    "W. Australia Standard Time": "Australia/Perth",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Eastern Standard Time": "America/New_York",
    "US Eastern Standard Time": "America/Indiana/Indianapolis",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Atlantic Standard Time": "America/Halifax",
    "Newfoundland Standard Time": "America/St_Johns",
    "E. South America Standard Time": "America/Sao_Paulo",
    "Argentina Standard Time": "America/Buenos_Aires",
    "SA Pacific Standard Time": "America/Bogota",
    "Central Standard Time (Mexico)": "America/Mexico_City",
    "UTC": "UTC",
}
"""What Outlook calls zones, for those that mail comes from most."""
_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}


class Moment(NamedTuple):
    """A day, or a time on it."""

    at: datetime
    """Aware where the zone is known."""
    all_day: bool
    zone: str = ""
    """The zone as the calendar names it; `''` for UTC and floating times."""

    @property
    def known(self) -> bool:
        """Whether it is a point in time for everybody."""
        return self.at.tzinfo is not None


class Length(NamedTuple):
    """A length of time: days by the calendar, then hours by the clock."""

    days: timedelta
    exact: timedelta


class Zones:
    """The zones that one calendar uses."""

    def __init__(self, calendar: Component) -> None:
        self._rules = {
            zone.text("TZID"): zone
            for zone in calendar.parts
            if zone.name == "VTIMEZONE"
        }

    def moment(self, line: Property | None) -> Moment | None:
        """What a DTSTART and its like say; None when that cannot be read."""
        found = _STAMP.match(line.value.strip()) if line is not None else None
        if line is None or found is None:
            return None
        year, month, day, hour, minute, second, utc = found.groups()
        try:
            plain = datetime(int(year), int(month), int(day))
            if hour is None:
                return Moment(plain, True)
            plain = plain.replace(
                hour=int(hour), minute=int(minute), second=min(59, int(second or 0))
            )
        except ValueError:
            return None
        if utc:
            return Moment(plain.replace(tzinfo=UTC), False)
        name = line.param("TZID").lstrip("/")
        zone = self._zone(name, plain) if name else None
        return Moment(plain.replace(tzinfo=zone), False, name)

    def later(self, start: Moment, length: Length) -> Moment | None:
        """A moment that much later (RFC 5545 §3.3.6); None beyond the calendar."""
        try:
            plain = start.at.replace(tzinfo=None) + length.days
            if not start.known:
                return start._replace(at=plain + length.exact)
            begun = plain.replace(tzinfo=self._zone_at(start, plain))
            point = begun.astimezone(UTC) + length.exact
            near = point.astimezone(begun.tzinfo)
            zone = self._zone_at(start, near.replace(tzinfo=None))
            return start._replace(at=point.astimezone(zone))
        except (OverflowError, ValueError):
            return None

    def _zone_at(self, known: Moment, plain: datetime) -> tzinfo | None:
        """The zone of a moment, as it is at another time."""
        zone = self._zone(known.zone, plain) if known.zone else None
        return zone or known.at.tzinfo

    def _zone(self, name: str, plain: datetime) -> tzinfo | None:
        known = zone_named(name)
        if known is not None:
            return known
        rules = self._rules.get(name)
        return None if rules is None else _by_rules(rules, plain)


def zone_named(name: str) -> tzinfo | None:
    """The zone of this name; None when nobody knows it."""
    wanted = WINDOWS.get(name.strip(), name.strip())
    # Some write the place of their own tables before it.
    tail = wanted.split("/")
    for each in (wanted, "/".join(tail[-2:]), "/".join(tail[-3:])):
        if _ZONE_NAME.fullmatch(each) is None:
            continue
        try:
            return ZoneInfo(each)
        except (OSError, ValueError, KeyError):
            # ZoneInfoNotFoundError is a KeyError; a folder of zones is none.
            continue
    return None


def _by_rules(zone: Component, plain: datetime) -> tzinfo | None:
    """The offset that a VTIMEZONE gives a time, by its last change before it."""
    best: tuple[datetime, timedelta] | None = None
    for part in zone.parts[:50]:
        found = _OFFSET.match(part.text("TZOFFSETTO"))
        start = _STAMP.match(part.text("DTSTART"))
        if found is None or start is None:
            continue
        sign = -1 if found[1] == "-" else 1
        offset = sign * timedelta(hours=int(found[2]), minutes=int(found[3]))
        changed = _change(part, start, plain)
        if changed is not None and (best is None or changed > best[0]):
            best = changed, offset
        elif best is None:
            best = datetime.min, offset
    if best is None or abs(best[1]) >= timedelta(hours=24):
        return None
    return timezone(best[1])


def _change(part: Component, start: re.Match[str], plain: datetime) -> datetime | None:
    """When this half of a zone began last, seen from a time."""
    try:
        day_one = date(int(start[1]), int(start[2]), int(start[3]))
        first = datetime.combine(day_one, time(int(start[4] or 0), int(start[5] or 0)))
    except ValueError:
        return None
    rule = dict(_rule_fields(part.text("RRULE")))
    day = _DAY_RULE.fullmatch(rule.get("BYDAY", ""))
    month = rule.get("BYMONTH", "")
    if (
        day is None
        or not re.fullmatch("[0-9]{1,2}", month)
        or not 1 <= int(month) <= 12
    ):
        return first if first <= plain else None
    years = (plain.year, plain.year - 1)
    dates = [_nth(year, int(month), int(day[1] or 1), _DAYS[day[2]]) for year in years]
    times = [datetime.combine(each, first.time()) for each in dates if each]
    return max((each for each in times if first <= each <= plain), default=None)


def _nth(year: int, month: int, which: int, weekday: int) -> date | None:
    """The n-th, or with a negative number n-th last, weekday of a month."""
    try:
        first = date(year, month, 1)
        if which < 0:
            following = date(year + month // 12, month % 12 + 1, 1)
            last = following - timedelta(days=1)
            back = (last.weekday() - weekday) % 7 + 7 * (-which - 1)
            return last - timedelta(days=back)
        ahead = (weekday - first.weekday()) % 7 + 7 * (max(1, which) - 1)
        return first + timedelta(days=ahead)
    except (ValueError, OverflowError):
        return None


def _rule_fields(value: str) -> list[tuple[str, str]]:
    pairs = [field.partition("=") for field in value.upper()[:2000].split(";")[:20]]
    return [(name.strip(), rest.strip()) for name, _, rest in pairs]


def rule_of(value: str) -> dict[str, str]:
    """The fields of a recurrence rule (RFC 5545 §3.3.10), names in upper case."""
    return dict(_rule_fields(value))


def duration(value: str) -> Length | None:
    """A length of time (RFC 5545 §3.3.6); None when it cannot be read."""
    found = _DURATION.fullmatch(value.strip())
    if found is None or not any(found.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(n or 0) for n in found.groups()[1:])
    whole = timedelta(weeks=weeks, days=days)
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Length(-whole, -exact) if found[1] == "-" else Length(whole, exact)
