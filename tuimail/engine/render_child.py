"""The rendering process: texts in, lines out, nothing else.

It decodes and lays out mail that nobody vouches for, under limits on memory and time,
so that whatever goes wrong there does not take the program with it.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from typing import IO

from tuimail.mail.body import render
from tuimail.mail.types import (
    Line,
    Link,
    Part,
    RenderedText,
    SafeText,
    Section,
    Span,
    Style,
)

MEMORY_MAX = 1 << 30
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


def request(data: bytes, part: Part, width: int) -> bytes:
    """A request as the child reads it."""
    head = json.dumps(
        [width, part.section, part.media_type, part.params, part.encoding]
    ).encode()
    return HEAD.pack(len(head), len(data)) + head + data


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer requests until the parent goes away."""
    while True:
        prefix = source.read(HEAD.size)
        if len(prefix) < HEAD.size:
            return
        head_size, size = HEAD.unpack(prefix)
        width, section, media_type, params, encoding = json.loads(
            source.read(head_size)
        )
        part = Part(
            Section(section),
            media_type,
            tuple((name, value) for name, value in params),
            encoding=encoding,
        )
        answer = pack(render(source.read(size), part, width))
        sink.write(HEAD.pack(len(answer), 0) + answer)
        sink.flush()


def main() -> None:
    """Set the limits, then serve on standard input and output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
