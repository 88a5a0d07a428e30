"""How texts to render and rendered ones cross the pipe to the rendering process.

Lines travel in packs and are unpacked when somebody looks at them: of two megabytes of
text one screen is seen.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import overload

from tuimail.mail.text_frame import Frame
from tuimail.mail.types import (
    Line,
    Link,
    Part,
    RenderedText,
    SafeText,
    Span,
    Style,
)

HEAD = struct.Struct("!II")
PACK_LINES = 256
FINAL, PARTIAL = 0, 1
"""Second number of an answer's head: all of it, or only its beginning."""


def pack(text: RenderedText) -> bytes:
    """A rendered text: a head as JSON, then its lines in packs."""
    lines = [_packed(line) for line in text.lines]
    packs = [
        json.dumps(lines[at : at + PACK_LINES]).encode()
        for at in range(0, len(lines), PACK_LINES)
    ]
    links = [(k.number, k.target, k.text, k.warning) for k in text.links]
    sizes = [len(each) for each in packs]
    marks = [text.notes, text.quotes, text.pictures]
    head = json.dumps([len(lines), sizes, links, *marks]).encode()
    return b"".join([struct.pack("!I", len(head)), head, *packs])


def unpack(data: bytes) -> RenderedText:
    """The rendered text that `pack` made; ValueError when it is none."""
    try:
        (size,) = struct.unpack_from("!I", data)
    except struct.error as error:
        raise ValueError("no rendered text") from error
    count, sizes, links, notes, quotes, pictures = json.loads(data[4 : 4 + size])
    packs, at = [], 4 + size
    for each in sizes:
        packs.append(data[at : at + each])
        at += each
    return RenderedText(
        PackedLines(count, packs),
        tuple(Link(n, SafeText(t), SafeText(x), SafeText(w)) for n, t, x, w in links),
        tuple(SafeText(note) for note in notes),
        tuple((start, end) for start, end in quotes),
        pictures=tuple((int(at), int(number)) for at, number in pictures),
    )


class PackedLines(Sequence[Line]):
    """Lines as they came over the pipe, unpacked pack by pack."""

    def __init__(self, count: int, packs: list[bytes]) -> None:
        self._count = count
        self._packs = packs
        self._unpacked = lru_cache(maxsize=8)(self._unpack)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Line: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Line, ...]: ...

    def __getitem__(self, at: int | slice) -> Line | tuple[Line, ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(self._count)))
        if at < 0:
            at += self._count
        if not 0 <= at < self._count:
            raise IndexError(at)
        return self._unpacked(at // PACK_LINES)[at % PACK_LINES]

    def _unpack(self, pack: int) -> list[Line]:
        return [_line(line) for line in json.loads(self._packs[pack])]


_Packed = str | list[tuple[str, str, int]]


def _packed(line: Line) -> _Packed:
    """A line; most are one run of plain text, and travel as that alone."""
    if len(line) == 1 and line[0].style is Style.TEXT and not line[0].link:
        return line[0].text
    return [(s.text, s.style.value, s.link) for s in line]


def _line(line: _Packed) -> Line:
    if isinstance(line, str):
        return (Span(SafeText(line)),)
    return tuple(
        Span(SafeText(t), _STYLES.get(style, Style.TEXT), link)
        for t, style, link in line
    )


_STYLES = {
    style.value: style for style in Style if style not in (Style.SEAL, Style.ALARM)
}
"""What a mail may look like: what is said about signatures is never its to say."""


def request(data: bytes, part: Part, frame: Frame) -> bytes:
    """A request as the child reads it."""
    head = json.dumps([frame, part.media_type, part.params, part.encoding]).encode()
    return HEAD.pack(len(head), len(data)) + head + data
