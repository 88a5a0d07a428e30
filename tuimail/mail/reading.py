"""What of a message is read, and in which order: its blocks.

A message may have several texts, a report, an invitation, other messages. Each is a
block of its own; nothing of two parts is ever put into one document, so that no part
can show, hide or carry off what another holds. What must be shown of alternatives is
decided here; what is only offered as a file is no block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tuimail.mail.boxes import is_box
from tuimail.mail.structure import MESSAGES, leaves, walk
from tuimail.mail.types import Part, Section

HEADER_FIELDS = Section(
    "HEADER.FIELDS (RECEIVED AUTHENTICATION-RESULTS LIST-ID LIST-POST"
    " LIST-ARCHIVE ARCHIVED-AT LIST-HELP LIST-UNSUBSCRIBE LIST-UNSUBSCRIBE-POST)"
)
"""What is told of a message beside its text, when it is opened."""
BODY = Section("TEXT")
"""All of a message below its header."""
BLOCKS_MAX = 50
"""Blocks of one message that are shown; the list of parts has all."""
REPORTS = frozenset(
    (
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/global-disposition-notification",
        "message/feedback-report",
    )
)
CALENDARS = frozenset(("text/calendar", "application/ics", "text/x-vcalendar"))
CARDS = frozenset(("text/vcard", "text/x-vcard", "text/directory"))

BOX_MAX = 2 * 1024 * 1024
"""Octets of a box that is opened unasked."""
SEALED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
PAGES = frozenset(("text/html", "application/xhtml+xml"))
EMPTY_OCTETS = 4
"""A text this short says nothing: some senders put an empty one beside the page."""
SIGNATURES = frozenset(
    (
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    )
)
_WRAPPINGS = frozenset(("application/pgp-encrypted",))


class Block(NamedTuple):
    """One thing to read."""

    part: Part
    heading: bool = False
    """It is named above: it follows others, or has a name of its own."""
    seal: Part | None = None
    """The multipart/signed around it."""


def blocks(root: Part, prefer: str = "plain") -> tuple[Block, ...]:
    """The blocks of a message, `plain` or `html` text preferred; at most 50.

    Of RFC 2046 alternatives one is taken, of related parts the root, of a signed
    message what was signed; a delivery report comes before the words around it.
    """
    found: list[tuple[Part, Part | None]] = []
    invited = False
    for part, seal in _in_order(root, prefer):
        calendar = part.media_type in CALENDARS
        if calendar and invited and (part.filename or part.disposition):
            # The same invitation comes as an alternative and as a file.
            continue
        invited = invited or calendar
        found.append((part, seal))
        if len(found) == BLOCKS_MAX:
            break
    if not any(part.size > EMPTY_OCTETS or part.parts for part, _ in found):
        # Outlook sometimes puts the text into the box, and nowhere else.
        box = _box(root)
        found += [(box, None)] if box is not None else []
    return tuple(
        Block(part, bool(at) or bool(part.filename), seal)
        for at, (part, seal) in enumerate(found)
    )


def bare_body(root: Part) -> bool:
    """Whether a multipart has nothing in any part, as a server read it.

    Its lines are not where its boundary says, so what there is to read is its body as
    it stands, as in RFC 2045 §5.2.
    """
    if not root.media_type.startswith("multipart/"):
        return False
    return not any(part.size for part in leaves(root))


def text_part(root: Part, prefer: str = "plain") -> Part | None:
    """The part with which a message can be read; None when it has none.

    Of an encrypted message that is what is encrypted.
    """
    for part, _ in _in_order(root, prefer):
        if part.media_type == "multipart/encrypted":
            return part.parts[-1] if part.parts else None
        if part.media_type not in MESSAGES:
            return part
    return _box(root)


def _box(root: Part) -> Part | None:
    """The first `winmail.dat` of a message that is small enough to hold a text only."""
    own = (part for part, _ in own_parts(root) if part.size <= BOX_MAX)
    return next((p for p in own if is_box(p.media_type, p.filename)), None)


def opening_texts(root: Part) -> list[Part]:
    """What a message begins with as a plain text, and as a page; none is in a file.

    Both may be one part; an encrypted message has neither.
    """
    found: dict[Section, Part] = {}
    for prefer in ("plain", "html"):
        for block in blocks(root, prefer):
            if block.part.media_type in PAGES | {"text/plain"}:
                found.setdefault(block.part.section, block.part)
                break
    return list(found.values())


def both_texts(root: Part) -> tuple[bool, bool]:
    """Whether there is a plain text to read, and an HTML page."""
    plain = any(b.part.media_type == "text/plain" for b in blocks(root, "plain"))
    page = any(b.part.media_type in PAGES for b in blocks(root, "html"))
    return plain, page


def embedded(root: Part, section: Section) -> Part | None:
    """The body of a message within a message, by the section of that message."""
    for part in walk(root):
        if part.section == section and part.media_type in MESSAGES and part.parts:
            return part.parts[0]
    return None


def attachments(root: Part) -> list[Part]:
    """What a person would call an attachment: named, marked so, or nothing to read.

    Not the pictures that belong to a page, nor signatures: the list of parts has them.
    """
    other = {text_part(root, "plain"), text_part(root, "html"), *_of_seals(root)}
    return [
        part
        for part, related in own_parts(root)
        if is_box(part.media_type, part.filename)
        or (part not in other and _is_file(part, related))
    ]


def _of_seals(root: Part) -> Iterator[Part]:
    """Signatures of what stands beside them, and what only says how it is encrypted.

    Many programs mark them as attachments.
    """
    for part in walk(root):
        if part.media_type == "multipart/signed":
            yield from (p for p in part.parts[1:] if p.media_type in SIGNATURES)
        elif part.media_type == "multipart/encrypted":
            yield from (p for p in part.parts[:1] if p.media_type in _WRAPPINGS)
        elif part.media_type.startswith("multipart/"):
            for mended in _mended(list(part.parts)):
                yield from mended.parts if mended not in part.parts else ()


def _is_file(part: Part, related: bool) -> bool:
    kind = part.media_type
    if part.disposition == "attachment":
        return True
    if kind in REPORTS or kind.endswith("-signature") or kind in _WRAPPINGS:
        return False
    if kind in CALENDARS or kind.startswith("text/"):
        return bool(part.filename)
    return not (related and part.content_id)


def own_parts(root: Part) -> Iterator[tuple[Part, bool]]:
    """Leaves of this message itself, and whether they belong to a page."""
    stack = [(root, False)]
    while stack:
        part, related = stack.pop()
        inside = part.media_type.startswith("multipart/")
        if not inside:
            yield part, related
        if inside or (part.parts and part.media_type not in MESSAGES):
            related = related or part.media_type == "multipart/related"
            stack.extend((each, related) for each in reversed(part.parts))


def _in_order(root: Part, prefer: str) -> Iterator[tuple[Part, Part | None]]:
    """Parts to read, each with the multipart/signed that it stands in."""
    stack: list[tuple[Part, Part | None]] = [(root, None)]
    while stack:
        part, seal = stack.pop()
        if part.media_type == "multipart/encrypted":
            yield part, seal
        elif part.media_type.startswith("multipart/"):
            within = part if part.media_type == "multipart/signed" else seal
            chosen = _chosen(part, prefer)
            stack.extend((each, within) for each in reversed(chosen))
        elif _is_read(part):
            yield part, seal


def _chosen(part: Part, prefer: str) -> list[Part]:
    """The children of a multipart that are read."""
    children = list(part.parts[: BLOCKS_MAX * 4])
    match part.media_type.removeprefix("multipart/"):
        case "alternative":
            return _alternative(children, prefer)
        case "related":
            return _related(part, children, prefer)
        case "signed":
            return children[:1]
        case "report":
            reports = [each for each in children if each.media_type in REPORTS]
            return reports + [each for each in children if each not in reports]
    return _mended(children)


def _mended(children: list[Part]) -> list[Part]:
    """Parts with what is encrypted as one again.

    Exchange makes a multipart/mixed of a multipart/encrypted, and leaves its parts.
    """
    found: list[Part] = []
    for child in children:
        torn = found and found[-1].media_type in _WRAPPINGS
        if torn and child.media_type == "application/octet-stream":
            both = (found.pop(), child)
            child = Part(child.section, "multipart/encrypted", parts=both)
        found.append(child)
    return found


def _alternative(children: list[Part], prefer: str) -> list[Part]:
    """An invitation as such; of the rest the richest that is preferred."""
    cards = [each for each in children if each.media_type in CALENDARS][:1]
    rest = [each for each in children if each.media_type not in CALENDARS]
    ranked = sorted(rest, key=lambda each: -_rank(each, prefer))
    return cards + ranked[:1]


def _rank(part: Part, prefer: str) -> int:
    """How well an alternative can be read here."""
    texts = [p for p in walk(part) if has_text(p)]
    if not texts:
        return 0
    types = {p.media_type for p in texts if p.size > EMPTY_OCTETS}
    wanted = PAGES if prefer == "html" else {"text/plain"}
    if not types.isdisjoint(wanted):
        return 4
    if not types.isdisjoint(PAGES | {"text/plain"}):
        return 3
    return 2 if types else 1


def _related(part: Part, children: list[Part], prefer: str) -> list[Part]:
    """The root of related parts (RFC 2387 §3.2); the others belong to it."""
    start = part.param("start").strip("<> ")
    named = [p for p in children if start and p.content_id.strip("<> ") == start]
    root = (named or children)[:1]
    if root and any(has_text(each) for each in walk(root[0])):
        return root
    readable = [each for each in children if _rank(each, prefer)]
    return readable[:1] or root


def _is_read(part: Part) -> bool:
    kind = part.media_type
    if kind in REPORTS or kind in MESSAGES or kind in SEALED or kind in CALENDARS:
        return True
    # A page with a name is a file; a text with one is often a patch in a mail.
    return has_text(part) and not (part.filename and kind in PAGES | CARDS)


def has_text(part: Part) -> bool:
    """Whether it is a text that belongs to the message, not a file beside it."""
    text = part.media_type.startswith("text/") or part.media_type in PAGES
    return text and part.disposition != "attachment"
