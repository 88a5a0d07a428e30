"""Figures of laying out mail: `TUIMAIL_CORPORA=… python -m tests.bench.layout`.

Processor time, the median of runs that take turns, so that a busy machine slows all of
them alike. Beside it what any program must pay: parsing, and stripping of tags.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from selectolax.lexbor import LexborHTMLParser

from tuimail.mail.body import stages
from tuimail.mail.html import render_html
from tuimail.mail.text_frame import Frame
from tuimail.mail.types import Part, Section

RUNS = 9
WIDTH = 78
SMALL, LARGE, TEXT = 30_000, 300_000, 2_000_000
PAGES = ("html-colorlib/*/*.html", "html-sendgrid/*/*/*.html", "html-konsav/*.html")
PLAIN = Part(Section("1"), "text/plain", (("charset", "utf-8"),), encoding="8bit")
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.S | re.I)
_TAG = re.compile(r"<[^>]*>")
WORDS = "It is said that nobody reads long mail, and here is a line of one, no. {}.\n"


def milliseconds(works: list[Callable[[], object]]) -> list[float]:
    """Median processor time of each; they take turns."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(RUNS):
        for work, times in zip(works, taken, strict=True):
            begun = time.process_time()
            work()
            times.append((time.process_time() - begun) * 1000)
    return [median(times) for times in taken]


def newsletters(corpora: Path, size: int) -> list[str]:
    """Foreign pages brought to about this size by repeating their bodies."""
    made = []
    for path in sorted(path for each in PAGES for path in corpora.glob(each)):
        page = path.read_text("utf-8", "replace")
        found = _BODY.search(page)
        if found is None or len(found[1]) < 5000:
            continue
        head = page[: found.start(1)]
        times = max(1, round((size - len(head)) / len(found[1])))
        made.append(head + found[1] * times + "</body></html>")
    return sorted(made, key=lambda page: abs(len(page) - size))[:8]


def pages(corpora: Path, size: int) -> str:
    """A line on newsletters of one size."""
    made = newsletters(corpora, size)
    ours, parsed, stripped = milliseconds(
        [
            lambda: [render_html(page, WIDTH) for page in made],
            lambda: [LexborHTMLParser(page) for page in made],
            lambda: [_TAG.sub("", page) for page in made],
        ]
    )
    kilobytes = sum(map(len, made)) / len(made) / 1000
    return (
        f"newsletter of {kilobytes:.0f} kB ({len(made)} of them): laid out in"
        f" {ours / len(made):.1f} ms; parsing alone {parsed / len(made):.1f} ms,"
        f" stripping tags {stripped / len(made):.1f} ms"
    )


def plain() -> str:
    """A line on a long plain text."""
    data = "".join(map(WORDS.format, range(TEXT // len(WORDS)))).encode()
    frame = Frame(WIDTH)
    first, whole = milliseconds(
        [
            lambda: next(stages(data, PLAIN, frame)),
            lambda: list(stages(data, PLAIN, frame)),
        ]
    )
    return (
        f"plain text of {len(data) / 1e6:.1f} MB: first screens in {first:.1f} ms,"
        f" whole in {whole:.0f} ms"
    )


def main() -> int:
    """Print the figures."""
    folder = os.environ.get("TUIMAIL_CORPORA")
    if folder:
        print(pages(Path(folder), SMALL))
        print(pages(Path(folder), LARGE))
    else:
        print("needs foreign mail for pages: set TUIMAIL_CORPORA to its folder")
    print(plain())
    return 0


if __name__ == "__main__":
    sys.exit(main())
