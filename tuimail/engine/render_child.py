"""The rendering process: texts in, lines out, nothing else.

It decodes and lays out mail that nobody vouches for, under limits on memory and time,
so that whatever goes wrong there does not take the program with it.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import IO

from tuimail.engine.render_wire import FINAL, HEAD, PARTIAL, pack
from tuimail.mail.body import stages
from tuimail.mail.text_frame import Frame
from tuimail.mail.types import Part, Section

MEMORY_MAX = 1 << 30


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer requests until the parent goes away."""
    while True:
        prefix = source.read(HEAD.size)
        if len(prefix) < HEAD.size:
            return
        head_size, size = HEAD.unpack(prefix)
        frame, media_type, params, encoding = json.loads(source.read(head_size))
        part = Part(
            Section(""),
            media_type,
            tuple((name, value) for name, value in params),
            encoding=encoding,
        )
        for text in stages(source.read(size), part, Frame(*frame)):
            answer = pack(text)
            which = PARTIAL if text.more else FINAL
            sink.write(HEAD.pack(len(answer), which) + answer)
            sink.flush()


def main() -> None:
    """Set the limits, then serve on standard input and output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
