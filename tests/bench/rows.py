"""What rows of the list cost: `python -m tests.bench.rows`.

Processor time of drawing every line of the list (as after a scroll by a screen) and of
reading a window of 150 rows from the store, the median of many; and on the wire, what a
screen of first lines costs with a real Dovecot.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from textual.pilot import Pilot

from tests.bench.search import Mail
from tests.bench.triage import letters
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.ui.screen import play
from tuimail.config import DEFAULT_COLUMNS, Security, ViewSettings
from tuimail.mail.first_line import first_line
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint
from tuimail.ui.app import TuimailApp

COUNT = 300
RUNS = 300
SCREEN = 37
"""Rows on a screen of 120×40."""


def milliseconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median processor time."""
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        taken.append((time.process_time() - begun) * 1000)
    return median(taken)


def paint(size: tuple[int, int], columns: tuple[str, ...], lines: bool) -> str:
    """Drawing and reading at one size, with first lines or without."""
    said: list[str] = []
    mail = Mail()

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        service, shown = app.service, app.main.list
        inbox = service.inbox("work")
        if lines:
            rows = service.page(inbox, limit=COUNT)
            known = ((row.content, first_line(mail.text(30))) for row in rows)
            service.store.first_lines.put(known)
        app.main.list.invalidate(frozenset(), order=True)
        await pilot.pause()

        def draw() -> None:
            # Line by line: Textual would give what it drew before.
            shown._drawn = list(shown._entries(shown.size.height))
            for y in range(shown.size.height):
                shown.render_line(y)

        drawing = milliseconds(draw)
        reading = milliseconds(lambda: service.page(inbox, limit=150))
        said.append(f"drawn in {drawing:.2f} ms, 150 rows read in {reading:.2f} ms")
        await asyncio.sleep(0)

    view = ViewSettings(theme="tuimail-dark", panes=1, columns=columns)
    with tempfile.TemporaryDirectory() as home:
        play(Path(home), story, size=size, messages=letters(COUNT), view=view)
    return said[0]


def wire() -> None:
    """First lines of a screen, from a server that has never been asked for them."""
    dovecot = Dovecot()
    dovecot.start()
    try:
        user = dovecot.fresh_user()
        dovecot.seed(user, letters(COUNT))
        endpoint = Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user)
        session = ImapSession(endpoint, lambda: PASSWORD)
        session.connect()
        session.select(b"INBOX")
        screen = UIDSet([(COUNT - SCREEN + 1, COUNT)])
        for words, lazy in (
            ("at hand: none", True),
            ("worked out", False),
            ("at hand, later", True),
        ):
            before, begun = session.counters, time.perf_counter()
            found = session.fetch_previews(screen, lazy=lazy)
            took = (time.perf_counter() - begun) * 1000
            after = session.counters
            print(
                f"PREVIEW of {SCREEN} rows, {words}: {len(found)} lines,"
                f" {after.flights - before.flights} round trip,"
                f" {after.bytes_out - before.bytes_out} octets out,"
                f" {after.bytes_in - before.bytes_in:,} in, {took:.1f} ms"
            )
        session.close()
    finally:
        dovecot.remove()


def main() -> None:
    """All of it."""
    bare = tuple(name for name in DEFAULT_COLUMNS if name != "first-line")
    for size in ((80, 24), (120, 40)):
        print(f"{size[0]}×{size[1]}, no first lines: {paint(size, bare, lines=False)}")
        print(f"{size[0]}×{size[1]}, first lines: {paint(size, DEFAULT_COLUMNS, True)}")
    many = ("flags", "date", "to-me", "to", "subject", "labels")
    print(f"120×40, other columns: {paint((120, 40), many, lines=False)}")
    wire()


if __name__ == "__main__":
    main()
