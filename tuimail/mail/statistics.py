"""Figures of mail, and how the times of messages become days, hours and weeks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

DAYS = 60
WEEKS = 12
SLOT_S = 3600
"""Seconds that are counted together: an hour by the clock where we are."""


class Share(NamedTuple):
    """What one sender, list or folder has of the mail."""

    name: str
    messages: int
    unread: int
    octets: int


class Week(NamedTuple):
    """What arrived in a week, and how much of it is still unread."""

    monday: date
    arrived: int
    unread: int


class Times(NamedTuple):
    """When mail arrived, where we are."""

    days: tuple[int, ...]
    """Messages of the last `DAYS` days; today stands last."""
    hours: tuple[int, ...]
    """Messages by hour of day, of all time."""
    weekdays: tuple[int, ...]
    """Messages by weekday, Monday first, of all time."""
    weeks: tuple[Week, ...]
    """The last `WEEKS` weeks; this one stands last."""


class Figures(NamedTuple):
    """All that is told of the mail that is listed here."""

    today: date
    messages: int
    unread: int
    octets: int
    times: Times
    senders: tuple[Share, ...]
    """Those who wrote most, the first of them first."""
    lists: tuple[Share, ...]
    folders: tuple[Share, ...]
    """The largest first, by octets."""


def shift(today: date) -> int:
    """Seconds to be added so that hours begin with ours, in zones of half hours."""
    offset = datetime(today.year, today.month, today.day).astimezone().utcoffset()
    return int(offset.total_seconds()) % SLOT_S if offset is not None else 0


def times(slots: Iterable[tuple[int, int, int]], today: date) -> Times:
    """Days, hours and weeks of slots: shifted hour of the epoch, messages, unread.

    A slot outside of the calendar is left out.
    """
    before = shift(today)
    days = [0] * DAYS
    hours, weekdays = [0] * 24, [0] * 7
    monday = today - timedelta(today.weekday())
    arrived, unread = [0] * WEEKS, [0] * WEEKS
    for slot, messages, new in slots:
        try:
            at = datetime.fromtimestamp(slot * SLOT_S - before)
        except (OverflowError, ValueError, OSError):
            continue
        day = at.toordinal()
        hours[at.hour] += messages
        weekdays[at.weekday()] += messages
        past = today.toordinal() - day
        if 0 <= past < DAYS:
            days[-1 - past] += messages
        week = (monday.toordinal() - (day - at.weekday())) // 7
        if 0 <= week < WEEKS:
            arrived[-1 - week] += messages
            unread[-1 - week] += new
    weeks = tuple(
        Week(monday - timedelta(7 * (WEEKS - 1 - at)), arrived[at], unread[at])
        for at in range(WEEKS)
    )
    return Times(tuple(days), tuple(hours), tuple(weekdays), weeks)
