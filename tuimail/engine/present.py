"""Turn what the store holds of a message into what the screen shows of it. Pure."""

from __future__ import annotations

from datetime import date

from tuimail.engine.views import MessageView, PartView
from tuimail.mail.authentication import candidate, results
from tuimail.mail.header_pane import MONTHS, pane_fields
from tuimail.mail.headers import raw_fields, sender_badges
from tuimail.mail.lists import mailing_list
from tuimail.mail.reading import attachments, both_texts, text_part
from tuimail.mail.sanitize import safe_text
from tuimail.mail.structure import leaves
from tuimail.mail.types import (
    Envelope,
    Flag,
    FlagSet,
    Header,
    Part,
    SafeText,
    Section,
)
from tuimail.store.values import Undone


def message_view(
    header: Header,
    envelope: Envelope,
    structure: Part | None,
    here: frozenset[Section],
    prefer: str,
    told: bytes = b"",
    trusted: str = "",
) -> MessageView:
    """Everything that can be shown of a message before any of its text.

    `told` are the header fields that came with its text, `trusted` the server whose
    word on the sender counts.
    """
    shown = text_part(structure, prefer) if structure else None
    parts = part_views(structure, shown, here) if structure else ()
    plain, page = both_texts(structure) if structure else (False, False)
    fields = raw_fields(told) if told else []
    author = envelope.from_[0].addr.rpartition("@")[2] if envelope.from_ else ""
    verdict = results(fields, trusted, author)
    shown_fields = header_fields(header, envelope)
    badges = sender_badges(envelope)
    if verdict.warning:
        badges = (*badges, verdict.sentence)
    elif verdict.sentence:
        shown_fields = (*shown_fields, (SafeText("Checked"), verdict.sentence))
    return MessageView(
        header=header,
        fields=shown_fields,
        badges=badges,
        parts=parts,
        has_plain=plain,
        has_html=page,
        structure_known=structure is not None,
        list=mailing_list(fields),
        checked_by=safe_text(candidate(fields) if fields and not trusted else "", 255),
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
            here=part.section in here or Section("") in here or "/" in part.section,
            shown=shown is not None and part.section == shown.section,
            summary=safe_text(part.summary, 200),
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
    return pane_fields(envelope, header.arrival)


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
    if undone.moved > undone.away:
        said.append(f"{messages_words(undone.moved - undone.away)} back")
    if undone.away:
        said.append(f"{messages_words(undone.away)} away again")
    elif flags and not undone.moved:
        said.append(f"{flags} on {messages_words(len(undone.messages))}")
    if undone.copies:
        said.append(f"copies of {messages_words(undone.copies)}")
    said += [f"folder {name}" for name in undone.folders]
    gone = [
        f"The folder {name} cannot come back: it is deleted" for name in undone.gone
    ]
    if undone.lost:
        gone.append(f"{messages_words(undone.lost)} cannot come back: removed for good")
    if gone:
        return safe_text("; ".join([f"Undone: {', '.join(said)}"] * bool(said) + gone))
    return safe_text(f"Undone: {', '.join(said) or 'nothing was left of it'}")


def messages_words(count: int) -> str:
    """`1 message`, `3,000 messages`."""
    return "1 message" if count == 1 else f"{count:,} messages"


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
