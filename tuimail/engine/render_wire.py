"""How texts to render and rendered ones cross the pipe to the rendering process."""

from __future__ import annotations

import json
import struct

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


def pack(text: RenderedText) -> bytes:
    """A rendered text as JSON."""
    lines = [[(s.text, s.style.value, s.link) for s in line] for line in text.lines]
    links = [(k.number, k.target, k.text, k.warning) for k in text.links]
    return json.dumps([lines, links, text.notes]).encode()


def unpack(data: bytes) -> RenderedText:
    """The rendered text that `pack` made; ValueError when it is none."""
    lines, links, notes = json.loads(data)
    return RenderedText(
        tuple(_line(line) for line in lines),
        tuple(Link(n, SafeText(t), SafeText(x), SafeText(w)) for n, t, x, w in links),
        tuple(SafeText(note) for note in notes),
    )


def _line(line: list[tuple[str, str, int]]) -> Line:
    return tuple(Span(SafeText(t), _STYLES[style], link) for t, style, link in line)


_STYLES = {style.value: style for style in Style}


def request(data: bytes, part: Part, width: int, first_link: int = 1) -> bytes:
    """A request as the child reads it."""
    head = json.dumps(
        [width, first_link, part.media_type, part.params, part.encoding]
    ).encode()
    return HEAD.pack(len(head), len(data)) + head + data
