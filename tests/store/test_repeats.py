"""The journal keeps what was done for a month, and no act grows slower by it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.bench.repeats import send
from tests.store.build import ACCOUNT, fill, inbox, open_store
from tuimail.mail.types import Role
from tuimail.store.opening import open_state
from tuimail.store.schema import STATE
from tuimail.store.store import Store
from tuimail.store.values import Listed

MESSAGES, TIMES = 60, 12


def steps(store: Store, work: Callable[[], object]) -> int:
    """Tens of steps that SQLite takes for it: unlike time, the same in every run."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    connection = store._state.connection()
    connection.set_progress_handler(tick, 10)
    try:
        work()
    finally:
        connection.set_progress_handler(None, 0)
    return count


@pytest.mark.parametrize("sent", [False, True], ids=["unsent", "sent"])
def test_the_same_act_costs_no_more_the_twelfth_time(
    tmp_path: Path, sent: bool
) -> None:
    store = open_store(tmp_path)
    ids = list(fill(store, range(1, MESSAGES + 1), uidvalidity=1).values())
    names = [
        Listed(b"INBOX", "INBOX"),
        Listed(b"Archive", "Archive", "/", Role.ARCHIVE),
    ]
    store.mailboxes.put_listing(ACCOUNT, names)
    archive = store.mailboxes.by_role(ACCOUNT, Role.ARCHIVE)
    assert archive is not None
    uid = 1000

    def work() -> None:
        nonlocal uid
        store.operations.queue_move(ids, archive, "archive")
        uid = send(store, uid) if sent else uid
        store.operations.undo_last()
        uid = send(store, uid) if sent else uid
        store.messages.page(inbox(store), limit=MESSAGES)

    costs = [steps(store, work) for _ in range(TIMES)]
    assert len(store.messages.page(inbox(store), limit=100)) == MESSAGES
    assert max(costs[2:]) < 1.25 * costs[1], costs
    assert store.fsck() == []
    store.close()


def test_a_store_from_before_gets_the_index_and_keeps_its_journal(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state" / "state.db"
    older = STATE._replace(migrations=STATE.migrations[:5])
    database, _ = open_state(path, older)
    with closing(sqlite3.connect(path)) as tx:
        tx.executescript(
            "INSERT INTO account(id, name, kind) VALUES(1, 'home', 'imap');"
            "INSERT INTO mailbox(id, account_id, name, wire_name, gen, known, held)"
            " VALUES(1, 1, 'INBOX', x'494e424f58', 1, 0, 1),"
            " (2, 1, 'A', x'41', 1, 1, 0);"
            "INSERT INTO content(id, account_id, size, subject, sender_name,"
            " sender_addr, envelope) VALUES(1, 1, 1, 's', 'n', 'a', '{}');"
            "INSERT INTO msg(id, content_id, mailbox_id, gen, uid, view_id,"
            " internaldate) VALUES(1, 1, 1, 1, 7, 2, 0);"
            "INSERT INTO op(id, account_id, group_id, kind, src_id, dst_id, created,"
            " changed) VALUES(1, 1, 1, 'move', 1, 2, 0, 0);"
            "INSERT INTO op_msg(op_id, msg_id, did) VALUES(1, 1, '{\"from\": 1}');"
        )
    database.close()
    store = open_store(tmp_path)
    assert store.fsck() == []
    (entry,) = store.queue.live("home")
    assert entry.verb == "move"
    columns = store._state.rows("PRAGMA index_info(op_msg_msg)")
    assert [name for _, _, name in columns] == ["msg_id", "state"]
    assert (path.parent / "state.db.bak-5").exists()
    store.close()
