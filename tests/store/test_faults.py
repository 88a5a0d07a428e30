"""Killed in mid-write, out of room, locked out: nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.store.build import (
    ACCOUNT,
    FLAGGED,
    NONE,
    SEEN,
    fill,
    inbox,
    open_store,
    row,
    uids_shown,
)
from tuimail.errors import StoreError
from tuimail.mail.types import Section
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch

WRITER = """
import sys
from pathlib import Path
from tests.store.build import *
store = open_store(Path(sys.argv[1]))
box = inbox(store)
uid = 0
while True:
    rows = [row(uid + n) for n in range(1, 51)]
    batch = Batch(rows=rows, span=UIDSet([(uid + 1, uid + 50)]), uidnext=uid + 51)
    added = store.sync.apply(box, batch).added
    uid += 50
    group = store.operations.queue_flags(added[:1], SEEN, NONE)
    print(uid, group, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 20])
def test_what_was_acknowledged_survives_a_kill(
    tmp_path: Path, acknowledged: int
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert writer.stdout is not None
    last = "0 0"
    for _ in range(acknowledged):
        last = writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.stdout.close()
    writer.wait()
    top, group = (int(word) for word in last.split())
    store = open_store(tmp_path)
    assert store.fsck() == []
    shown = uids_shown(store)
    assert len(shown) >= top
    assert len(shown) % 50 == 0
    assert store.sync.state(inbox(store)).spans == UIDSet([(1, len(shown))])
    assert group in {entry.group for entry in store.queue.live(ACCOUNT)}
    store.close()


def no_room(store: Store) -> None:
    """Let the state file grow no further."""
    connection = store._state.connection()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")


def room_again(store: Store) -> None:
    store._state.connection().execute("PRAGMA max_page_count=1000000")


def test_a_batch_on_a_full_disk_changes_nothing(store: Store) -> None:
    fill(store, range(1, 51))
    before = store.sync.state(inbox(store))
    no_room(store)
    rows = [row(uid) for uid in range(51, 2000)]
    batch = Batch(
        rows=rows, span=UIDSet([(51, 1999)]), vanished=UIDSet.of([1]), modseq=9
    )
    with pytest.raises(StoreError, match="disk is full"):
        store.sync.apply(inbox(store), batch)
    assert store.sync.state(inbox(store)) == before
    assert uids_shown(store) == list(range(50, 0, -1))
    room_again(store)
    store.sync.apply(inbox(store), batch)
    assert len(uids_shown(store)) == 1998


def test_a_gesture_on_a_full_disk_is_not_acknowledged(store: Store) -> None:
    ids = fill(store, range(1, 2001))
    store.operations.queue_flags([ids[1]], FLAGGED, NONE)
    no_room(store)
    with pytest.raises(StoreError, match="disk is full"):
        store.operations.queue_flags(list(ids.values()), SEEN, NONE)
    room_again(store)
    assert store.accounts.waiting(ACCOUNT) == (1, 0)
    header = store.messages.header(ids[2])
    assert header is not None
    assert not header.seen


def test_a_part_on_a_full_disk_is_simply_not_here(store: Store) -> None:
    fill(store, [1])
    header = store.messages.page(inbox(store))[0]
    connection = store._cache.connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="disk is full"):
        store.parts.put(header.content, Section("1"), os.urandom(200_000))
    connection.execute("PRAGMA max_page_count=1000000")
    assert store.parts.get(header.content, Section("1")) is None
    header = store.messages.page(inbox(store))[0]
    assert not header.readable


def test_a_store_locked_by_another_program_says_so(store: Store) -> None:
    fill(store, [1])
    store._state.connection().execute("PRAGMA busy_timeout=20")
    other = sqlite3.connect(store._state.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        fill(store, [2])
    assert uids_shown(store) == [1]
    other.execute("ROLLBACK")
    other.close()
    fill(store, [2])
    assert uids_shown(store) == [2, 1]


def interrupted(store: Store) -> None:
    with store._state.write(durable=True) as tx:
        tx.execute("INSERT INTO meta VALUES('k', 'v')")
        raise ZeroDivisionError


def test_an_exception_inside_a_write_undoes_it(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        interrupted(store)
    assert store.get_meta("k") is None
    store.set_meta("k", "later")
    assert store.get_meta("k") == "later"


def test_readers_see_whole_batches_while_a_writer_works(store: Store) -> None:
    box = inbox(store)
    torn: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            known = store.messages.known(box).rows
            if known % 10:
                torn.append(known)

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(1, 1001, 10):
        fill(store, range(start, start + 10))
    done.set()
    reader.join()
    assert torn == []
    assert len(uids_shown(store)) == 1000


def test_connections_end_with_their_threads(store: Store) -> None:
    for _ in range(20):
        thread = threading.Thread(target=lambda: store.get_meta("k"))
        thread.start()
        thread.join()
    assert len(store._state._open) <= 2
