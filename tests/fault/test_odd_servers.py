"""Servers and machines that misbehave: nothing is lost or believed too soon."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fault.bench import Bench
from tests.fault.scenarios import seed
from tests.servers.dovecot import Dovecot
from tests.servers.faults import NO_MOVE, Plan
from tuimail.engine.sync_imap import MailboxSync
from tuimail.errors import Unreachable
from tuimail.mail.types import Flag
from tuimail.store.schema import STATE


@pytest.fixture
def bench(dovecot: Dovecot, tmp_path: Path) -> Iterator[Bench]:
    with Bench(dovecot, tmp_path / "home") as made:
        seed(made)
        yield made


def once(change: Callable[[bytes], bytes], where: bytes) -> Callable[[bytes], bytes]:
    """Change the first line that holds `where`."""
    done: list[bytes] = []

    def rewrite(line: bytes) -> bytes:
        if where in line and not done:
            done.append(line)
            return change(line)
        return line

    return rewrite


@pytest.mark.parametrize("value", [b"0", b"1"])
def test_a_modseq_that_fell_back_wipes_nothing(bench: Bench, value: bytes) -> None:
    ids = bench.ids("INBOX")
    with bench.other() as client:
        client.uid("STORE", "1", "+FLAGS", "(\\Flagged)")
    bench.proxy.plan = Plan(
        rewrite=lambda line: re.sub(
            rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ " + value, line
        )
    )
    bench.sync()
    assert bench.ids("INBOX") == ids
    bench.proxy.plan = Plan()
    bench.sync()
    assert bench.trouble() == []


def test_a_listing_that_is_short_once_removes_nothing(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    with Bench(dovecot, tmp_path / "plain", NO_MOVE) as bench:
        seed(bench)
        with bench.other() as client:
            client.uid("STORE", "5", "+FLAGS", "(\\Deleted)")
            client.uid("EXPUNGE", "5")
        short = once(lambda line: line.replace(b" 3", b""), b"* SEARCH 1 2 3 4")
        bench.proxy.plan = Plan(rewrite=short)
        (kept,) = bench.ids("INBOX", 3)
        bench.sync()
        assert bench.ids("INBOX", 3) == [kept]
        assert bench.trouble() == []


def test_a_goodbye_in_the_middle_keeps_the_queue(bench: Bench) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    bye = b"* BYE [UNAVAILABLE] come back later\r\n"
    bench.proxy.plan = Plan(rewrite=once(lambda line: bye, b"COPYUID"))
    bench.sync()
    assert bench.on_server["Archive"] == Counter("19")
    assert bench.trouble() == []


def test_headers_of_a_big_mailbox_come_once_however_often_it_dies(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    with Bench(dovecot, tmp_path / "big") as bench:
        _read_with_cuts(bench)


def _read_with_cuts(bench: Bench) -> None:
    bench.seed("INBOX", *range(100, 1000))
    bench.sync()
    inbox = bench.box("INBOX")
    broken = 0
    while gaps := bench.store.messages.gaps(inbox):
        if broken < 6:
            broken += 1
            bench.proxy.plan = Plan(bench.proxy.seen.events + 40 * broken)
        session = bench.session()
        try:
            MailboxSync(session, bench.store, inbox).extend(gaps[0].lo, gaps[0].hi)
        except Unreachable:
            continue
        finally:
            session.close()
    assert broken == 6
    bench.proxy.plan = Plan()
    bench.sync()
    assert bench.trouble() == []


def test_without_its_cache_the_program_works_and_sends_what_waits(
    bench: Bench,
) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    bench.store.close()
    shutil.rmtree(bench.root / "cache")
    bench.restart()
    assert bench.ids("INBOX") == bench.ids("INBOX", 5, 4, 3, 2)
    bench.sync()
    assert bench.on_server["Archive"] == Counter("19")
    assert bench.trouble() == []


def test_an_update_of_the_store_keeps_what_waits(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.FLAGGED)
    bench.store.close()
    with sqlite3.connect(bench.root / "state" / "state.db") as old:
        for index in ("msg_away", "msg_come", "msg_lost", "op_group", "msg_time"):
            old.execute(f"DROP INDEX {index}")
        for table in "ruled quota saved_search snooze muted filed kept_ids".split():
            old.execute(f"DROP TABLE {table}")
        for column in ("hidden", "settings", "rights", "owner"):
            old.execute(f"ALTER TABLE mailbox DROP COLUMN {column}")
        old.execute("ALTER TABLE content DROP COLUMN list_id")
        old.execute("PRAGMA user_version=1")
    old.close()
    bench.restart()
    assert (bench.root / "state" / "state.db.bak-1").exists()
    assert bench.store._state.value("PRAGMA user_version") == STATE.version
    bench.sync()
    assert bench.on_server["INBOX"]["1:flagged"] == 1
    assert bench.trouble() == []


def test_a_clock_that_jumps_loses_nothing_and_repeats_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 400 * 86400)
    bench.acts.set_flags(bench.ids("INBOX", 2), add=Flag.SEEN)
    bench.sync()
    monkeypatch.setattr(time, "time", lambda: now() - 400 * 86400)
    bench.restart()
    bench.sync()
    assert bench.on_server == {
        "INBOX": Counter(["2:seen", "3", "4", "5"]),
        "Archive": Counter("19"),
        "Trash": Counter("7"),
    }
    assert bench.trouble() == []


def test_what_was_under_way_in_two_deaths_is_held(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.SEEN)
    for _ in range(2):
        next(bench.store.operations.claim_flags("work"))
        bench.restart()
    bench.sync()
    (entry,) = bench.store.queue.live("work")
    assert entry.state == "held"
    assert "held until you decide" in entry.error
    bench.store.queue.retry(entry.op)
    bench.sync()
    assert bench.trouble() == []
