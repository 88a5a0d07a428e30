"""Which parts of a message are pictures, and how a page names them.

Only what lies in the message itself: nothing here leads to the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from tuimail.mail.reading import attachments, own_parts
from tuimail.mail.types import Line, Part, Section

KINDS = frozenset(
    "image/png image/jpeg image/jpg image/pjpeg image/gif image/webp image/bmp"
    " image/x-bmp image/x-ms-bmp".split()
)
PICTURES_MAX = 20
"""Pictures of one message that are shown."""
NAME_MAX = 1000


class Pictured(NamedTuple):
    """A part that is a picture."""

    number: int
    """From 1, in the order of the message."""
    part: Part
    attached: bool
    """Shown below the text; otherwise only where a page names it."""


def pictured(root: Part) -> tuple[Pictured, ...]:
    """The pictures of a message itself, not of messages within it."""
    found = [part for part, _ in own_parts(root) if part.media_type in KINDS]
    files = {part.section for part in attachments(root)} if found else set()
    return tuple(
        Pictured(number, part, part.section in files)
        for number, part in enumerate(found, 1)
    )


def names(
    pictures: Iterable[Pictured], prefix: str = ""
) -> tuple[tuple[str, int], ...]:
    """What a page may call each picture, and its number.

    `prefix` is that of the sections a page stands among (`2/` within what was opened
    as part 2): nothing sealed is named from outside, nor the other way round.
    """
    known = []
    for number, part, _ in pictures:
        if not _beside(part.section, prefix):
            continue
        if content_id := part.content_id.strip().strip("<>"):
            known.append((reference(f"cid:{content_id}"), number))
        if part.location:
            known.append((reference(part.location), number))
    return tuple(known)


def places(lines: Iterable[Line]) -> tuple[tuple[int, int], ...]:
    """The lines with pictures, each picture where it stands first."""
    found: dict[int, int] = {}
    for at, line in enumerate(lines):
        for span in line:
            if span.picture:
                found.setdefault(span.picture, at)
    return tuple((at, number) for number, at in found.items())


def reference(source: str) -> str:
    """One spelling for what an image of a page names (RFC 2392, RFC 2557)."""
    source = source[:NAME_MAX].strip()
    if source[:4].lower() != "cid:":
        return source
    return "cid:" + unquote(source[4:]).lower()


def _beside(section: Section, prefix: str) -> bool:
    return section.startswith(prefix) and "/" not in section[len(prefix) :]
