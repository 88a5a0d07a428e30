"""How full an account is, and what takes its room: bars and words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tuimail.mail.sanitize import fit, safe_text
from tuimail.mail.types import SafeText

if TYPE_CHECKING:
    from tuimail.engine.events import Weighed
    from tuimail.engine.views import AccountView, Room, Weight

FULL = 90
"""Percent from which on the status line warns."""
BAR = 20
NAME = 32
UNITS = ("kB", "MB", "GB", "TB")


def size(kib: float) -> str:
    """Kibibytes as people say them: `812 kB`, `3.9 GB`."""
    if 0 < kib < 1:
        return "<1 kB"
    for unit in UNITS[:-1]:
        if kib < 999.5:
            return (
                f"{kib:.1f} {unit}"
                if kib < 9.95 and unit != "kB"
                else (f"{kib:.0f} {unit}")
            )
        kib /= 1024
    return f"{kib:,.1f} {UNITS[-1]}"


def bar(part: float, glyphs: str, width: int = BAR) -> str:
    """A bar of so many cells, `part` of it (0 … 1) full; never empty for something."""
    full = min(width, max(int(part > 0), round(part * width)))
    signs = "#." if glyphs == "ascii" else "█░"
    return signs[0] * full + signs[1] * (width - full)


def fullest(view: AccountView) -> int:
    """Percent of the fullest room, those of others aside; 0 when none is known."""
    return max((room.percent for room in view.rooms), default=0)


def warning(view: AccountView) -> str:
    """For the status line; `''` while there is room enough."""
    percent = fullest(view)
    return f"mailbox {percent} % full (g c)" if percent >= FULL else ""


def words(room: Room) -> str:
    """`3.9 of 4.0 GB used, 98 %`, `120 of 200,000 messages, 0 %`."""
    if room.resource == "STORAGE":
        used, most = size(room.used), size(room.most)
        number, _, unit = used.partition(" ")
        short = number if most.endswith(f" {unit}") else used
        said = f"{short} of {most} used" if room.most else f"{used} used"
    else:
        kinds = {"MESSAGE": "messages", "MAILBOX": "folders"}
        kind = kinds.get(room.resource, room.resource.lower())
        most = f" of {room.most:,}" if room.most else ""
        said = f"{room.used:,}{most} {kind}"
    return f"{said}, {room.percent} %" if room.most else said


def lines(
    view: AccountView, weighed: Weighed | None, glyphs: str
) -> Iterable[SafeText]:
    """What there is to say of an account's room, line by line."""
    rooms = (*view.rooms, *view.shared_rooms)
    roots = {room.root for room in rooms}
    for room in rooms:
        name = f"{room.root}: " if len(roots) > 1 else ""
        full = bar(room.used / room.most if room.most else 0, glyphs)
        nearly = "  nearly full" * (room.percent >= FULL)
        yield safe_text(f"{full}  {name}{words(room)}{nearly}", 300)
    if view.unknown:
        yield view.unknown
    if weighed is not None and weighed.folders:
        yield SafeText("Largest folders, of what is listed here:")
        yield from _chart(weighed.folders, glyphs)
        yield SafeText("Largest senders, of what is listed here:")
        yield from _chart(weighed.senders, glyphs)


def _chart(weights: Sequence[Weight], glyphs: str) -> Iterable[SafeText]:
    most = max((each.octets for each in weights), default=0) or 1
    for each in weights:
        name = fit(each.name, NAME)
        full = bar(each.octets / most, glyphs, BAR // 2)
        count = "1 message" if each.messages == 1 else f"{each.messages:,} messages"
        yield safe_text(f"  {name} {full} {size(each.octets / 1024):>8}  {count}", 300)
