"""One message as one text for the screen: its blocks, each laid out by itself.

What a message shows is decided by `mail.reading`; here the octets each block needs are
named, and the blocks that were laid out are put one below the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tuimail.engine.crypto import available
from tuimail.mail.boxes import is_box
from tuimail.mail.lines import Joined
from tuimail.mail.pictures import Pictured, pictured
from tuimail.mail.reading import (
    BODY,
    HEADER_FIELDS,
    REPORTS,
    Block,
    bare_body,
    blocks,
    embedded,
)
from tuimail.mail.sanitize import cells, cut, safe_text
from tuimail.mail.sealed import sealed
from tuimail.mail.structure import MESSAGES, leaves
from tuimail.mail.types import (
    Line,
    Part,
    RenderedText,
    SafeText,
    Section,
    Span,
    Style,
)
from tuimail.mail.wrap import wrap

TEXT_LIMIT = 2 * 1024 * 1024
"""Octets of a text part that are fetched and shown; the rest on demand."""
WHOLE_LIMIT = 16 * 1024 * 1024
"""Octets of a text that are shown when all of it was asked for."""
SOURCE_LIMIT = 1024 * 1024
SIGNED_MAX, SIGNED_WHOLE_MAX = 1024 * 1024, 32 * 1024 * 1024
"""Octets fetched for a signature to be checked, by itself and when all is asked for."""
"""Octets of a signed message that are fetched to check its signature."""
SMALL = 64 * 1024
"""Octets of a part that is fetched beside another."""
SOURCE = Part(Section(""), "text/x-source", params=(("charset", "utf-8"),))
HEADER_BLOCK = Part(Section("HEADER"), "text/x-source", size=0)
RULE_CELLS = 32
HEADERS = "text/rfc822-headers"
TOLD_LINES = 3
_ABOUT = re.compile(r"(Not (?:yet )?delivered to [^\s@]+@[^\s,:]+?)\.?(?:[\s,:]|$)")


class Need(NamedTuple):
    """Octets that are wanted of a message."""

    section: Section
    size: int
    """Octets the network will carry; 0 when unknown."""
    limit: int = 0
    """No more than so many; 0 for all."""
    main: bool = False
    """Without it there is nothing to read."""
    spare: bool = False
    """Used where it is here, and never fetched for this."""

    @property
    def small(self) -> bool:
        """Whether it can be fetched beside something else."""
        return self.size <= SMALL and not self.limit


class Document(NamedTuple):
    """What is to be shown of a message, in order."""

    blocks: tuple[Block, ...]
    needs: tuple[Need, ...]
    pictures: tuple[Pictured, ...] = ()
    """Of the message itself; they are no need of its text."""

    def missing(self, have: Mapping[Section, bytes]) -> tuple[Need, ...]:
        """What is to be fetched of it."""
        return tuple(n for n in self.needs if n.section not in have and not n.spare)

    def limit(self, section: Section) -> int:
        """Octets of a section that are fetched; 0 for all."""
        return next((n.limit for n in self.needs if n.section == section), 0)

    def readable(self, have: Mapping[Section, bytes]) -> bool:
        """Whether something can be shown already."""
        return all(n.section in have for n in self.needs if n.main)


def source(size: int, whole: bool = False) -> Document:
    """The message as it came."""
    limit = WHOLE_LIMIT if whole else SOURCE_LIMIT
    return _of([Block(SOURCE._replace(size=size))], limit)


def full_headers() -> Document:
    """All fields of the header."""
    return _of([Block(HEADER_BLOCK)], 0)


def document(root: Part, prefer: str, whole: bool = False) -> Document:
    """A message as it is meant to be read."""
    limit = WHOLE_LIMIT if whole else TEXT_LIMIT
    if bare_body(root):
        # Nobody said how long it is.
        body = Part(BODY, "text/plain", encoding="8bit", size=limit + 1)
        made = _of([Block(body)], limit)
    else:
        made = _of(blocks(root, prefer), limit)
    if not any(need.main for need in made.needs):
        # No text: what is fetched is its header, so that one can tell it is here.
        fetched = _of([Block(HEADER_BLOCK), *made.blocks], limit)
        made = fetched._replace(blocks=made.blocks)
    beside = Need(HEADER_FIELDS, 0)
    return made._replace(needs=(*made.needs, beside), pictures=pictured(root))


def part_of(root: Part, section: Section, prefer: str, whole: bool) -> Document:
    """One part alone; a message within the message with its own header and blocks."""
    limit = WHOLE_LIMIT if whole else TEXT_LIMIT
    inner = embedded(root, section)
    if inner is None:
        named = (p for p in leaves(root) if p.section == section)
        # Named, so that no file passes for what the sender wrote.
        return _of([Block(next(named, SOURCE), heading=True)], limit)
    header = Part(Section(f"{section}.HEADER"), HEADERS, encoding="8bit")
    made = _of([Block(header), *blocks(inner, prefer)], limit)
    return made._replace(pictures=pictured(inner))


def _of(found: Iterable[Block], limit: int) -> Document:
    needs: list[Need] = []
    shown = tuple(found)
    whole = limit == WHOLE_LIMIT
    sealed_needs = [need for block in shown for need in _seal_needs(block, whole)]
    uncut = {need.section for need in sealed_needs if not need.spare}
    for block in shown:
        part = octets_part(block.part)
        if part is None or any(need.section == part.section for need in needs):
            continue
        # Half of what is sealed or boxed cannot be opened.
        uncut |= {part.section} if _opened(block.part, part) else set()
        cut = part.size > limit > 0 and part.section not in uncut
        limited = limit if cut else 0
        needs.append(Need(part.section, part.size, limited, main=not needs))
    known = {need.section for need in needs}
    needs += {n.section: n for n in sealed_needs if n.section not in known}.values()
    return Document(shown, tuple(needs))


def _opened(outer: Part, part: Part) -> bool:
    return sealed(outer) is not None or is_box(part.media_type, part.filename)


def _seal_needs(block: Block, whole: bool) -> list[Need]:
    """What it takes to check the signature around a block.

    Much of it is fetched only when the `whole` message is asked for.
    """
    how = sealed(block.seal) if block.seal is not None else None
    if how is None or how.signed is None or how.signature is None:
        return []
    size = sum(part.size for part in leaves(how.signed))
    if size > SIGNED_WHOLE_MAX or not available(how.protocol):
        return []
    spare = size > SIGNED_MAX and not whole
    return [
        Need(Section(f"{how.signed.section}.MIME"), 0, spare=spare),
        Need(how.signed.section, size, spare=spare),
        Need(how.signature.section, how.signature.size, spare=spare),
    ]


def octets_part(part: Part) -> Part | None:
    """The part whose octets a block is made of; None when it needs none."""
    if part.media_type in MESSAGES:
        return None
    if part.media_type == "multipart/encrypted":
        return part.parts[-1] if part.parts else None
    return part


# -- putting it together -------------------------------------------------------


class Pages:
    """Blocks one below the other."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._pieces: list[Sequence[Line]] = []
        self._texts: list[RenderedText] = []
        self._quotes: list[tuple[int, int]] = []
        self._pictures: list[tuple[int, int]] = []
        self._count = 0
        self._told: set[str] = set()
        """What was said of whom already."""

    def say(self, note: str) -> None:
        """A note of ours on the whole."""
        self._texts.append(RenderedText((), notes=(safe_text(note, 500),)))

    def seal(self, words: str, *, warning: bool = False) -> None:
        """How it stands with what follows: a line that no mail can draw."""
        style = Style.ALARM if warning else Style.SEAL
        gap: list[Line] = [()] if self._count else []
        self._put([*gap, *wrap([Span(safe_text(words, 600), style)], self._width)])

    @property
    def empty(self) -> bool:
        """Nothing was added yet."""
        return not self._count

    @property
    def next_link(self) -> int:
        """The number of the first link of the next block."""
        return 1 + sum(len(text.links) for text in self._texts)

    def add(self, block: Block, text: RenderedText) -> None:
        """A block that was laid out; one that says nothing leaves no trace."""
        text = self._news(block.part, text)
        if not any(text.lines) and not block.part.filename:
            self._texts.append(text._replace(lines=(), quotes=(), pictures=()))
            return
        head: list[Line] = [()] if self._count else []
        if block.heading and (self._count or block.part.filename):
            head.append(_rule(block, self._width))
        self._put(head)
        at = self._count
        self._quotes += ((at + start, at + end) for start, end in text.quotes)
        self._pictures += ((at + line, number) for line, number in text.pictures)
        self._put(text.lines)
        self._texts.append(text)

    def _news(self, part: Part, text: RenderedText) -> RenderedText:
        """What a block says, without the notes that are none on this message.

        A bounce tells the same in a report and in words; doubts about the sender of a
        mail that came back belong to that mail.
        """
        if part.media_type in REPORTS:
            beginning = "".join(f"{_words(line)} " for line in text.lines[:TOLD_LINES])
            self._told.add(_about(beginning))
        if part.media_type == HEADERS and self._count:
            return text._replace(notes=())
        notes = [note for note in text.notes if _about(note) not in self._told - {""}]
        return text._replace(notes=tuple(notes))

    def card(self, block: Block) -> None:
        """A message within the message: what it is about, and how it is opened."""
        words = safe_text(
            block.part.summary or block.part.filename or "no subject", 400
        )
        line = [Span(SafeText(f"Message: {words}"), Style.STRONG)]
        how = Span(SafeText("p lists it among the parts, Enter opens it."), Style.NOTE)
        gap: list[Line] = [()] if self._count else []
        self._put([*gap, *wrap(line, self._width), *wrap([how], self._width)])

    def done(self) -> RenderedText:
        """All of it."""
        links = tuple(link for text in self._texts for link in text.links)
        notes = dict.fromkeys(note for text in self._texts for note in text.notes)
        lines = Joined(self._pieces)
        return RenderedText(
            *(lines, links, tuple(notes), tuple(self._quotes)),
            pictures=tuple(self._pictures),
        )

    def _put(self, lines: Sequence[Line]) -> None:
        self._pieces.append(lines)
        self._count += len(lines)


def _words(line: Line) -> str:
    return "".join(span.text for span in line)


def _about(sentence: str) -> str:
    """What became of whom, of a sentence about a delivery; `''` of any other."""
    found = _ABOUT.match(sentence)
    return found[1] if found is not None else ""


def _rule(block: Block, width: int) -> Line:
    """What parts a block from the one above, with its name if it has one."""
    name = safe_text(block.part.filename, 200)
    words = f"\u2500\u2500 {name} " if name else ""
    words = cut(SafeText(words), max(0, width - 2))
    rest = "\u2500" * max(0, min(RULE_CELLS, width) - cells(words))
    return (Span(SafeText(words + rest), Style.NOTE),)
