"""Moments to come, as people write them: `3d`, `2w`, `17:30`, `2026-12-24`. Pure.

Times are those of the place where we are, without a zone: eight in the morning stays
eight in the morning when summer time begins.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

MORNING, EVENING = time(8), time(18)
MOST_DAYS = 3660
"""Ten years: what is later is a slip of the finger."""
_SPAN = re.compile(r"(\d{1,4})\s*(min|h|d|w|m|y)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}:\d{2}))?")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def later(words: str, now: datetime) -> datetime | None:
    """The moment that is meant, after `now`; None when none is, or none to come.

    A span of days ends in the morning, and so does a day without a time. A time of day
    is the next one.
    """
    found = _read(words.strip().lower(), now)
    if found is None or found > now + timedelta(days=MOST_DAYS):
        return None
    # By the moment and not by the clock: that shows one hour of the year twice.
    return found if found.timestamp() > now.timestamp() else None


def choices(now: datetime) -> list[tuple[str, datetime]]:
    """Moments to come that people choose, with their names."""
    today = now.date()
    evening = datetime.combine(today, EVENING)
    monday = today + timedelta(days=7 - today.weekday())
    soon = _passed(now, 3 * 3600)
    found = [
        ("Later today" if soon.date() == today else "In three hours", soon),
        ("This evening", evening),
        ("Tomorrow", _morning(today, 1)),
        ("Monday", datetime.combine(monday, MORNING)),
        ("In a week", _morning(today, 7)),
    ]
    return [(name, at) for name, at in found if at.timestamp() > now.timestamp()]


def _read(words: str, now: datetime) -> datetime | None:
    if span := _SPAN.fullmatch(words):
        return _after(int(span[1]), span[2], now)
    if clock := _CLOCK.fullmatch(words):
        at = _time(clock[0])
        if at is None:
            return None
        today = datetime.combine(now.date(), at)
        return today if today > now else today + timedelta(days=1)
    if day := _DAY.fullmatch(words):
        at = _time(day[4]) if day[4] else MORNING
        try:
            chosen = date(int(day[1]), int(day[2]), int(day[3]))
        except ValueError:
            return None
        return None if at is None else datetime.combine(chosen, at)
    return None


def _after(count: int, unit: str, now: datetime) -> datetime | None:
    if unit == "min":
        return _passed(now, count * 60)
    if unit == "h":
        return _passed(now, count * 3600)
    days = count * _DAYS[unit]
    # Not even counted further: a date has an end.
    return _morning(now.date(), days) if days <= MOST_DAYS else None


def _passed(now: datetime, seconds: int) -> datetime:
    """When so many seconds will have passed, whatever the clocks do meanwhile."""
    at = datetime.fromtimestamp(int(now.timestamp()) + seconds)
    return at.replace(microsecond=now.microsecond)


def _time(words: str) -> time | None:
    hours, _, minutes = words.partition(":")
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        return None


def _morning(day: date, days: int) -> datetime:
    return datetime.combine(day + timedelta(days=days), MORNING)
