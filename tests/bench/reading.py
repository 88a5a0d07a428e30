"""From the key to the text on the screen, out of the cache, the helper warm.

`python -m tests.bench.reading` opens messages in the real app without a terminal: a
newsletter of 30 kB, one of 300 kB, and a plain text of 2 MB. A run is the time from
the key until the first screen of lines is drawn; medians and the worst of all runs are
told, beside those of a short text. With TUIMAIL_CORPORA the pages are foreign ones: one
of 30 kB, and ten times that.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from textual.pilot import Pilot

from tests.mails import mails
from tests.ui.screen import play
from tuimail.config import ViewSettings
from tuimail.mail.types import Section
from tuimail.ui.app import TuimailApp

RUNS = 15
SCROLLS = 50
PLAIN = b'("text" "plain" ("charset" "utf-8") NIL NIL "8bit" %d 1)'
HTML = b'("text" "html" ("charset" "utf-8") NIL NIL "8bit" %d 1)'
PARAGRAPH = (
    "<table width=600><tr><td style='font-family:Arial'><h2>A heading</h2>"
    "<p>Some words of a newsletter with <a href='https://example.org/{n}'>a link</a>"
    " and more words after it, and <b>some</b> that matter.</p></td></tr></table>\n"
)


def page(octets: int) -> bytes:
    """A page of about so many octets; a foreign one where there are any."""
    corpora = os.environ.get("TUIMAIL_CORPORA", "")
    found = sorted(Path(corpora).glob("html-*/**/*.html")) if corpora else []
    if found:
        near = min(found, key=lambda file: abs(file.stat().st_size - 30_000))
        data = near.read_bytes()
        return data * max(1, octets // len(data))
    made = "".join(PARAGRAPH.format(n=n) for n in range(octets // len(PARAGRAPH)))
    return f"<html><body>{made}</body></html>".encode()


def text(octets: int) -> bytes:
    """Paragraphs, quotes and links of so many octets."""
    lines = "A line of words as people write them, some seventy characters long.\n" * 8
    piece = lines + "> a quoted line\n" * 4 + "https://example.org/x\n\n"
    return (piece * (octets // len(piece))).encode()


CASES = {
    "short text": (PLAIN, text(1500)),
    "newsletter of 30 kB": (HTML, page(30_000)),
    "newsletter of 300 kB": (HTML, page(300_000)),
    "plain text of 2 MB": (PLAIN, text(2_000_000)),
}


def measure(structure: bytes, data: bytes) -> tuple[list[float], float]:
    """Milliseconds of each run, the first left out; and of one line scrolled on."""
    taken: list[float] = []
    scrolled: list[float] = []

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        for row in app.service.page(app.service.inbox("work"), limit=RUNS + 1):
            app.service.store.parts.put(row.content, Section("1"), data, text=True)
        await pilot.pause(1.0)
        for _ in range(RUNS + 1):
            begun = time.perf_counter()
            app.main.type_key("enter")
            while app.main.view.text is None:
                await asyncio.sleep(0.001)
            for y in range(app.main.view.size.height):
                app.main.view.render_line(y)
            taken.append(1000 * (time.perf_counter() - begun))
            while app.main.desk.reader.waiting:
                await pilot.pause(0.02)
            scrolled.append(scroll(app))
            await pilot.press("q", "j")
            await pilot.pause(0.05)

    with tempfile.TemporaryDirectory() as folder:
        play(
            Path(folder),
            story,
            messages=mails(RUNS + 2),
            structure=structure % len(data),
            view=ViewSettings(theme="mono", mark_read_seconds=-1),
        )
    return taken[1:], statistics.median(scrolled)


def scroll(app: TuimailApp) -> float:
    """Milliseconds of processor time for a line scrolled on, and the screen of it."""
    view = app.main.view
    begun = time.process_time()
    for _ in range(SCROLLS):
        view.move(1 if view.place[1] < view.place[2] else -1)
        for y in range(view.size.height):
            view.render_line(y)
    return 1000 * (time.process_time() - begun) / SCROLLS


def main() -> None:
    """Print a line for each case."""
    print("| from the key to the text | median ms | worst ms | a line on, ms of CPU |")
    print("|---|---|---|---|")
    for name, (structure, data) in CASES.items():
        taken, on = measure(structure, data)
        median, worst = statistics.median(taken), max(taken)
        print(f"| {name} | {median:.0f} | {worst:.0f} | {on:.2f} |")


if __name__ == "__main__":
    main()
