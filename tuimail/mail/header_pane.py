"""The header as the message pane shows it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tuimail.mail.headers import parse_envelope, sender_badges
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import (
    Address,
    Envelope,
    Line,
    RenderedText,
    SafeText,
    Span,
    Style,
)
from tuimail.mail.wrap import wrap

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
MANY = 20
"""Addresses shown of one field before the rest is only counted."""


def pane_fields(
    envelope: Envelope, arrival: int | None
) -> tuple[tuple[SafeText, SafeText], ...]:
    """Name and value of the fields worth showing, in reading order.

    `arrival` (seconds since the epoch) stands in for a date that cannot be read.
    """
    fields = [("From", addresses(envelope.from_) or "(nobody)")]
    if envelope.sender and _differs(envelope.sender, envelope.from_):
        fields.append(("Sender", addresses(envelope.sender)))
    if envelope.reply_to and _differs(envelope.reply_to, envelope.from_):
        fields.append(("Reply-To", addresses(envelope.reply_to)))
    if envelope.to:
        fields.append(("To", addresses(envelope.to)))
    if envelope.cc:
        fields.append(("Cc", addresses(envelope.cc)))
    fields.append(("Date", date_words(envelope, arrival)))
    fields.append(("Subject", envelope.subject or "(no subject)"))
    if envelope.list_id:
        fields.append(("List", envelope.list_id))
    return tuple((SafeText(name), safe_text(value, 4000)) for name, value in fields)


def addresses(field: tuple[Address, ...]) -> str:
    """Names with their addresses; after twenty only how many more."""
    words = ", ".join(address_words(address) for address in field[:MANY])
    return words + (f" and {len(field) - MANY} more" if len(field) > MANY else "")


def address_words(address: Address) -> str:
    """`Name <addr>`, or what there is of it."""
    if address.name and address.addr:
        return f"{address.name} <{address.addr}>"
    return address.addr or address.name


def date_words(envelope: Envelope, arrival: int | None) -> str:
    """Date with its own zone, e.g. `Mon 23 Nov 2026 08:21 +0100`."""
    if envelope.date is None and arrival is None:
        return "(none that can be read)"
    if envelope.date is None:
        assert arrival is not None
        return f"{moment(arrival, 0)} (arrival; the mail has no readable date)"
    return moment(envelope.date, envelope.offset_min)


def moment(epoch: int, offset_min: int) -> str:
    """A point in time in words, in a zone given in minutes east of UTC."""
    zone = timezone(timedelta(minutes=max(-1439, min(1439, offset_min))))
    at = datetime.fromtimestamp(0, zone) + timedelta(seconds=epoch)
    sign, minutes = ("-", -offset_min) if offset_min < 0 else ("+", offset_min)
    day = f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"
    return f"{day} {at:%H:%M} {sign}{minutes // 60:02}{minutes % 60:02}"


def _differs(a: tuple[Address, ...], b: tuple[Address, ...]) -> bool:
    return {x.addr.lower() for x in a} != {x.addr.lower() for x in b}


LABEL_CELLS = 10


def render_header(block: bytes, width: int) -> RenderedText:
    """The header of a message within a message, decoded, one field after the other."""
    envelope = parse_envelope(block)
    lines: list[Line] = []
    for name, value in pane_fields(envelope, None):
        label = Span(SafeText(f"{name:<{LABEL_CELLS}}"), Style.NOTE)
        gap = Span(SafeText(" " * LABEL_CELLS))
        style = Style.HEADING if name == "Subject" else Style.TEXT
        wrapped = wrap([Span(value, style)], width, (gap,))
        lines += [
            (label, *line[1:]) if not at else line for at, line in enumerate(wrapped)
        ]
    return RenderedText(tuple(lines), notes=sender_badges(envelope))
