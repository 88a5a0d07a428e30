"""Figures of mail as lines of text: plots of cells, readable without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tuimail.mail.bars import bar, columns
from tuimail.mail.sanitize import safe_text
from tuimail.mail.statistics import DAYS, Figures, Share
from tuimail.mail.types import SafeText
from tuimail.mail.widths import end, fit

HEIGHT = 6
"""Rows of a plot whose bars stand."""
NARROWEST, WIDEST = 60, 120
LEFT = 7
"""Cells before a plot: the greatest number."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def lines(figures: Figures, of: str, width: int, *, ascii: bool) -> list[SafeText]:
    """Everything, for so many cells; `of` says of which account or accounts."""
    width = max(NARROWEST, min(width, WIDEST))
    made = [
        *_head(figures, of),
        *_days(figures, ascii),
        *_hours(figures, width, ascii),
        *_weeks(figures, width, ascii),
        *_shares("Senders, by messages", figures.senders, width, ascii),
        *_shares("Mailing lists, by messages", figures.lists, width, ascii),
        *_shares("Folders, by size", figures.folders, width, ascii, sizes=True),
    ]
    return [safe_text(line, 2 * WIDEST) if line else SafeText("") for line in made]


def octets(size: int) -> str:
    """A size with its unit: `812 B`, `14 kB`, `2.1 MB`."""
    if size < 1000:
        return f"{size} B"
    scaled, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if scaled >= 999.5:
            scaled, unit = scaled / 1000, larger
    return f"{scaled:.1f} {unit}" if scaled < 9.95 else f"{scaled:.0f} {unit}"


def _head(figures: Figures, of: str) -> Iterator[str]:
    yield f"Of what is listed here of {of}: {figures.messages:,} messages received,"
    yield f"{figures.unread:,} of them unread; all folders {octets(figures.octets)}."
    yield "Sent mail, drafts, junk and trash count for the folders only."
    yield ""


def _plot(values: Sequence[int], wide: int, ascii: bool) -> Iterator[str]:
    """Bars that stand, each `wide` cells, the greatest number before them."""
    edge = "|" if ascii else "│"
    rows = columns(values, HEIGHT, ascii=ascii)
    for at, row in enumerate(rows):
        label = f"{max(values, default=0):,}" if at == 0 else ""
        label = "0" if at == HEIGHT - 1 else label
        cells = "".join(cell * (wide - 1 or 1) + " " * (wide > 1) for cell in row)
        yield f"{label:>{LEFT - 1}}{edge}{cells}".rstrip()


def _days(figures: Figures, ascii: bool) -> Iterator[str]:
    yield f"Mail per day, the last {DAYS} days"
    yield from _plot(figures.times.days, 1, ascii)
    marks = [" "] * DAYS
    for back in range(DAYS - 1, -1, -14):
        marks[DAYS - 1 - back] = "^"
    first = figures.today - timedelta(DAYS - 1)
    dates = [f"{first + timedelta(at):%d.%m.}" for at in range(0, DAYS, 14)]
    yield " " * LEFT + "".join(marks).rstrip()
    yield " " * LEFT + "".join(f"{day:<14}" for day in dates).rstrip()
    yield ""


def _hours(figures: Figures, width: int, ascii: bool) -> Iterator[str]:
    times = figures.times
    yield "Mail by hour of the day"
    yield from _plot(times.hours, 2, ascii)
    yield " " * LEFT + "".join(f"{hour:<6}" for hour in range(0, 24, 3)).rstrip()
    yield ""
    yield "Mail by weekday"
    most = max(times.weekdays)
    for name, count in zip(WEEKDAYS, times.weekdays, strict=True):
        drawn = bar(count, most, width - LEFT - 10, ascii=ascii).rstrip()
        yield f"  {name} {count:>7,} {drawn}"
    yield ""


def _weeks(figures: Figures, width: int, ascii: bool) -> Iterator[str]:
    """What arrived, and of that what is still unread."""
    yield "Response: what arrived in a week, and how much of it is unread now"
    weeks = figures.times.weeks
    most = max(week.arrived for week in weeks)
    yield "  week of    arrived  unread"
    for week in weeks:
        share = f"{100 * week.unread // week.arrived:>3} %" if week.arrived else "    -"
        drawn = bar(week.arrived, most, width - 38, ascii=ascii).rstrip()
        yield (
            f"  {week.monday:%Y-%m-%d} {week.arrived:>7,} {week.unread:>7,}"
            f" {share:>5} {drawn}"
        )
    yield ""


def _shares(
    title: str, shares: Sequence[Share], width: int, ascii: bool, sizes: bool = False
) -> Iterator[str]:
    yield title
    if not shares:
        yield "  none"
    numbers = [share.octets if sizes else share.messages for share in shares]
    most = max(numbers, default=0)
    name = max(30, width // 2)
    for share, number in zip(shares, numbers, strict=True):
        label = fit(end(safe_text(share.name or "(none)"), name), name)
        said = octets(number) if sizes else f"{number:,}"
        drawn = bar(number, most, width - name - 17, ascii=ascii).rstrip()
        yield f"  {label} {said:>11} {drawn}"
    yield ""
