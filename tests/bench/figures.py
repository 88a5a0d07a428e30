"""The figures of docs/performance.md: `python -m tests.bench.figures [--small]`.

Each is a ratio, a count, or a median of interleaved runs in one go; nothing here is a
test that time can break.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from tests.bench.terminal import Program
from tests.mails import mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Proxy
from tuimail.config import Security
from tuimail.engine.sync_imap import MailboxSync, header_rows
from tuimail.mail.types import FlagSet, MailboxId
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint, FetchRow
from tuimail.paths import Paths, under
from tuimail.store.store import Store
from tuimail.store.values import Batch

ROOT = Path(__file__).parent.parent.parent
MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("minimal is here")
Minimal().run()
"""
SPENT = """
import os, time
import textual.drivers._writer_thread as thread
write = thread.WriterThread.write
def measured(self, text):
    if os.environ["WANTED"] in text:
        with open(os.environ["SPENT"], "w") as file:
            file.write(str(time.process_time()))
        os._exit(0)
    write(self, text)
thread.WriterThread.write = measured
"""
"""Ends the program at the write of what is wanted and notes its processor time."""
OURS = "from tuimail.__main__ import main\nmain()"
CONFIG = """
[[account]]
type = "imap"
name = "b"
address = "b@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
user = "{user}"
password = "{password}"
mode = "{mode}"
[view]
mark_read_seconds = -1
theme = "tuimail-dark"
panes = {panes}
"""


def env_of(home: Path) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL")},
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "TUIMAIL_HOME": str(home),
    }


@contextmanager
def home_of(
    port: int, user: str = "b", mode: str = "disconnected", panes: int = 1
) -> Iterator[tuple[Path, Paths]]:
    """A configured home."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        paths = under(home)
        paths.ensure()
        text = CONFIG.format(
            port=port, user=user, password=PASSWORD, mode=mode, panes=panes
        )
        paths.config_file.write_text(text)
        paths.config_file.chmod(0o600)
        yield home, paths


def stock(paths: Paths, count: int) -> None:
    """Put so many messages into the store."""
    store = Store(paths.state, paths.cache, paths.data)
    inbox = store.mailboxes.inbox("b")
    fill_account(store, inbox, count)
    store.close()


def fill_account(store: Store, inbox: MailboxId, count: int) -> None:
    for start in range(1, count + 1, 2000):
        end = min(count, start + 1999)
        fetched = [
            FetchRow(
                number,
                uid=number,  # type: ignore[arg-type]
                flags=FlagSet(),
                arrival=1_600_000_000 + 60 * number,
                size=4000,
                structure=b'("text" "plain" NIL NIL NIL "8bit" 30 1 NIL NIL NIL NIL)',
                header=b"From: Ann Lee <ann%d@example.org>\r\nSubject: message %d of"
                b" many\r\nMessage-ID: <%d@x>\r\n\r\n" % (number % 500, number, number),
            )
            for number in range(start, end + 1)
        ]
        span = UIDSet([(start, end)])
        store.sync.apply(
            inbox,
            Batch(
                rows=header_rows(fetched, span),
                span=span,
                uidvalidity=1,  # type: ignore[arg-type]
                uidnext=end + 1,
                exists=end,
                unseen=end,
                synced=True,
            ),
        )


TUIMAIL = [sys.executable, "-m", "tuimail"]


def first_frame(runs: int, count: int) -> None:
    """First frame with a cached list against a minimal Textual app, server away."""
    ours, theirs = [], []
    with home_of(1) as (home, paths):
        stock(paths, count)
        newest = b"message %d of many" % count
        for _ in range(runs):
            for argv, wanted, times in (
                (TUIMAIL, newest, ours),
                ([sys.executable, "-c", MINIMAL], b"minimal is here", theirs),
            ):
                program = Program(argv, env_of(home))
                times.append(program.until(wanted))
                program.end()
    print(
        f"first frame, {count} cached: {median(ours) * 1e3:.0f} ms, minimal Textual app"
        f" {median(theirs) * 1e3:.0f} ms, ratio {median(ours) / median(theirs):.2f}"
    )


def first_frame_spent(runs: int, count: int) -> None:
    """The same as processor time, which other programs disturb less."""
    ours: list[float] = []
    theirs: list[float] = []
    with home_of(1) as (home, paths):
        stock(paths, count)
        spent = home / "spent"
        # The program itself does without the collector from its first line on.
        begin = f"import gc\ngc.disable()\n{SPENT}{OURS}"
        for _ in range(runs):
            for code, wanted, times in (
                (begin, f"message {count} of many", ours),
                (SPENT + MINIMAL, "minimal is here", theirs),
            ):
                env = {**env_of(home), "WANTED": wanted, "SPENT": str(spent)}
                program = Program([sys.executable, "-c", code], env)
                program.finish()
                times.append(float(spent.read_text()))
                spent.unlink()
    print(
        f"the same in processor time: {median(ours) * 1e3:.0f} ms,"
        f" {median(theirs) * 1e3:.0f} ms, ratio {median(ours) / median(theirs):.2f}"
    )


def keys_and_memory(count: int) -> None:
    """Octets to the terminal per key, and memory, with so many headers."""
    with home_of(1) as (home, paths):
        stock(paths, count)
        program = Program(TUIMAIL, env_of(home))
        program.until(b"message %d of many" % count)
        program.quiet(0.5)
        costs = [program.cost_of(b"j") for _ in range(5)]
        program.press(b"j" * 40)
        scrolls = [program.cost_of(b"j") for _ in range(5)]
        page = program.cost_of(b"\x1b[6~")
        own, child = program.memory()
        program.end()
    print(
        f"{count} headers: j {median(costs):.0f} octets, scrolled line"
        f" {median(scrolls):.0f}, page {page}; memory {own / 1024:.0f} MB, the"
        f" rendering process {child / 1024:.0f} MB"
    )


def latency(server: Dovecot, user: str, seconds: float) -> None:
    """Key to paint while headers load in the background, 12 keys a second.

    Beside it what the screen's thread waited for a free core meanwhile: on a busy
    machine that is the most of it, and not of our making.
    """
    with home_of(server.imap, user, mode="offline") as (home, _):
        program = Program(TUIMAIL, env_of(home))
        # Keys on an empty list show nothing: the first headers are waited for.
        program.until(b"Ann Lee")
        program.press(b"j" * 10)
        program.quiet(0.3)
        waits, queued = [], []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            while program.pump(0.003):
                pass
            before, seen = program.queued(), len(program.output)
            pressed = program.press(b"j" if len(waits) % 16 < 8 else b"k")
            while b">" not in program.output[seen:]:
                if time.perf_counter() > pressed + 2:
                    raise TimeoutError("a key was not painted")
                program.pump(0.2)
            waits.append(program.last_at - pressed)
            queued.append(program.queued() - before)
            while time.perf_counter() < pressed + 0.08:
                program.pump(0.005)
        program.end()
    cuts = quantiles(waits, n=100)
    print(
        f"key to paint while loading ({len(waits)} keys): p50 {cuts[49] * 1e3:.1f},"
        f" p95 {cuts[94] * 1e3:.1f}, p99 {cuts[98] * 1e3:.1f} ms; of that waiting for"
        f" a core: p50 {median(queued) * 1e3:.1f},"
        f" p95 {quantiles(queued, n=100)[94] * 1e3:.1f} ms"
    )


def cold_open(server: Dovecot, user: str, count: int, rtt_ms: float) -> None:
    """Round trips and octets until the newest 50 headers are in the store."""
    with Proxy(server.imap, rtt_ms=rtt_ms) as proxy, tempfile.TemporaryDirectory() as d:
        session = session_of(proxy.port, user)
        store = Store(Path(d) / "s", Path(d) / "c", Path(d) / "d")
        store.accounts.id("b", "imap")
        sync = MailboxSync(session, store, store.mailboxes.inbox("b"))
        start = time.perf_counter()
        session.connect()
        sync.refresh(50)
        took = time.perf_counter() - start
        cost = session.counters
        session.close()
        store.close()
    print(
        f"cold open of {count}, RTT {rtt_ms:.0f} ms: {cost.flights} round trips after"
        f" the greeting, {cost.bytes_in} octets, {took * 1e3:.0f} ms"
    )


def session_of(port: int, user: str) -> ImapSession:
    endpoint = Endpoint("127.0.0.1", port, Security.NONE, user)
    return ImapSession(endpoint, lambda: PASSWORD)


def ingest(server: Dovecot, user: str, count: int) -> None:
    """Headers from the wire into the store: processor time of this side."""
    with tempfile.TemporaryDirectory() as d:
        session = session_of(server.imap, user)
        session.connect()
        session.select(b"INBOX")
        store = Store(Path(d) / "s", Path(d) / "c", Path(d) / "d")
        store.accounts.id("b", "imap")
        inbox = store.mailboxes.inbox("b")
        session.fetch_headers(UIDSet([(1, count)]))  # the server's cache is warm now
        start = time.process_time()
        for low in range(1, count + 1, 500):
            span = UIDSet([(low, min(count, low + 499))])
            rows = header_rows(session.fetch_headers(span), span)
            store.sync.apply(inbox, Batch(rows=rows, span=span))
        spent = time.process_time() - start
        session.close()
        store.close()
    print(f"ingest: {count / spent:.0f} messages/s of processor time")


def main() -> None:
    """Measure all, or all at a small size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    count, runs = (2000, 3) if small else (100_000, 10)
    first_frame(runs, count)
    first_frame_spent(runs, count)
    keys_and_memory(count)
    if not small:
        keys_and_memory(1_000_000)
    server = Dovecot()
    server.start()
    try:
        user = server.fresh_user()
        server.seed(user, mails(count))
        cold_open(server, user, count, 0)
        cold_open(server, user, count, 50)
        ingest(server, user, min(count, 20_000))
        latency(server, user, 3 if small else 15)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
