"""Turn what the store holds of a message into what the screen shows of it. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from tuimail.engine.views import MessageView, PartView
from tuimail.mail.headers import sender_badges
from tuimail.mail.sanitize import safe_text
from tuimail.mail.structure import attachments, leaves, text_part
from tuimail.mail.types import (
    Address,
    Envelope,
    Flag,
    FlagSet,
    Header,
    Part,
    SafeText,
    Section,
)
from tuimail.store.values import Undone

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


def message_view(
    header: Header,
    envelope: Envelope,
    structure: Part | None,
    here: frozenset[Section],
    prefer: str,
) -> MessageView:
    """Everything that can be shown of a message before any of its text."""
    shown = text_part(structure, prefer) if structure else None
    parts = part_views(structure, shown, here) if structure else ()
    types = {part.media_type for part in parts if not part.attachment}
    return MessageView(
        header=header,
        fields=header_fields(header, envelope),
        badges=sender_badges(envelope),
        parts=parts,
        has_plain="text/plain" in types,
        has_html="text/html" in types,
        structure_known=structure is not None,
    )


def part_views(
    structure: Part, shown: Part | None, here: frozenset[Section]
) -> tuple[PartView, ...]:
    """The leaves of a message as the parts list shows them."""
    attached = {part.section for part in attachments(structure)}
    return tuple(
        PartView(
            section=part.section,
            media_type=safe_text(part.media_type, 80),
            name=safe_text(part.filename, 200),
            size=decoded_size(part),
            attachment=part.section in attached,
            here=part.section in here or Section("") in here,
            shown=shown is not None and part.section == shown.section,
        )
        for part in leaves(structure)
    )


def decoded_size(part: Part) -> int:
    """Octets after transfer decoding, estimated; base64 lines carry 54 of 74."""
    return part.size * 54 // 74 if part.encoding.lower() == "base64" else part.size


def header_fields(
    header: Header, envelope: Envelope
) -> tuple[tuple[SafeText, SafeText], ...]:
    """Name and value of the fields worth showing, in reading order."""
    fields = [("From", addresses(envelope.from_) or "(nobody)")]
    if envelope.sender and _differs(envelope.sender, envelope.from_):
        fields.append(("Sender", addresses(envelope.sender)))
    if envelope.reply_to and _differs(envelope.reply_to, envelope.from_):
        fields.append(("Reply-To", addresses(envelope.reply_to)))
    if envelope.to:
        fields.append(("To", addresses(envelope.to)))
    if envelope.cc:
        fields.append(("Cc", addresses(envelope.cc)))
    fields.append(("Date", date_words(envelope, header.arrival)))
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


def date_words(envelope: Envelope, arrival: int) -> str:
    """Date with its own zone, e.g. `Mon 23 Nov 2026 08:21 +0100`."""
    if envelope.date is None:
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


def imap_date(day: date) -> bytes:
    """A day as SEARCH takes it, e.g. `22-Nov-2026` (RFC 9051 date)."""
    return f"{day.day}-{MONTHS[day.month - 1]}-{day.year:04}".encode()


def undone_words(undone: Undone) -> SafeText:
    """What an undo did, e.g. `Undone: 3 messages are back`."""
    said = []
    flags = flag_words(
        FlagSet(
            undone.add.bits | undone.remove.bits,
            undone.add.keywords | undone.remove.keywords,
        )
    )
    if undone.moved:
        said.append(f"{messages_words(undone.moved)} back")
    elif flags:
        said.append(f"{flags} on {messages_words(len(undone.messages))}")
    if undone.copies:
        said.append(f"copies of {messages_words(undone.copies)}")
    said += [f"folder {name}" for name in undone.folders]
    if undone.lost:
        gone = f"{messages_words(undone.lost)} cannot come back: removed for good"
        return safe_text(
            "; ".join([f"Undone: {', '.join(said)}"] * bool(said) + [gone])
        )
    return safe_text(f"Undone: {', '.join(said) or 'nothing was left of it'}")


def messages_words(count: int) -> str:
    """`1 message`, `3 messages`."""
    return "1 message" if count == 1 else f"{count} messages"


def flag_words(flags: FlagSet) -> str:
    """Flags by the names people know, e.g. `flag and label work`."""
    words = [name for bits, name in FLAG_NAMES.items() if flags.bits & bits]
    words += sorted(f"label {word}" for word in flags.keywords)
    return " and ".join(words)


FLAG_NAMES = {
    Flag.SEEN: "read mark",
    Flag.FLAGGED: "flag",
    Flag.ANSWERED: "answered mark",
    Flag.DELETED: "deletion mark",
    Flag.JUNK: "junk mark",
}
