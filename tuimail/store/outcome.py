"""What becomes of journal entries: done, queued again, failed, forgotten."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from tuimail.mail.types import UID, FlagSet
from tuimail.store.flags import (
    COLUMNS,
    NOTHING,
    common,
    dump,
    layers,
    load,
    union,
)
from tuimail.store.fold import refold, settle
from tuimail.store.ingest import server_columns
from tuimail.store.removal import bury
from tuimail.store.values import FlagJob


def finish(
    tx: sqlite3.Connection,
    job: FlagJob,
    state: str,
    error: str,
    rows: Mapping[UID, FlagSet],
) -> list[int]:
    """End a claimed job; gives contents that are not needed any more.

    Nothing happens to entries that another run has claimed since.
    """
    pairs = _claimed(tx, job)
    if state == "done":
        _confirm(tx, job, {message for _, message in pairs}, rows)
    for op, message in pairs:
        _mark(tx, op, message, state)
    ops = {op for op, _ in pairs}
    if error:
        tx.executemany("UPDATE op SET err=? WHERE id=?", [(error, op) for op in ops])
    else:
        went_well(tx, ops)
    _give_up_on_gone(tx, ops)
    settle(tx, ops)
    refold(tx, {message for _, message in pairs})
    return bury(tx, job.mailbox)


def went_well(tx: sqlite3.Connection, ops: Iterable[int]) -> None:
    """A part of these entries is done: what was refused before it counts no more.

    Large entries go out in many commands: why another part failed is still told, and
    the next refusal is the first one again.
    """
    failed = "EXISTS(SELECT 1 FROM op_msg WHERE op_id=op.id AND state='failed')"
    tx.executemany(
        f"UPDATE op SET tries=min(tries, 1), err=iif({failed}, err, ''),"
        f" err_class=iif({failed}, err_class, '') WHERE id=?",
        [(op,) for op in ops],
    )


def _claimed(tx: sqlite3.Connection, job: FlagJob) -> list[tuple[int, int]]:
    """Entries and messages of the job that are still in its hands."""
    return tx.execute(
        "SELECT om.op_id, om.msg_id FROM op_msg om JOIN op o ON o.id=om.op_id"
        " WHERE om.op_id IN (SELECT value FROM json_each(?))"
        " AND om.msg_id IN (SELECT value FROM json_each(?))"
        " AND om.state='sent' AND o.epoch=?",
        (json.dumps(job.ops), json.dumps(list(job.rows.values())), job.epoch),
    ).fetchall()


def _confirm(
    tx: sqlite3.Connection,
    job: FlagJob,
    messages: set[int],
    reported: Mapping[UID, FlagSet],
) -> None:
    """The server layer takes what is in flight, or what the server reported."""
    updates, unseen = [], 0
    for uid, message in job.rows.items():
        if message not in messages:
            continue
        columns = tx.execute(
            f"SELECT {COLUMNS} FROM msg WHERE id=?", (message,)
        ).fetchone()
        s, s_kw = server_columns(reported.get(uid) or layers(columns).confirmed)
        unseen += (columns[0] & 1) - (s & 1)
        updates.append((s, s_kw, message))
    tx.executemany("UPDATE msg SET s=?, s_kw=? WHERE id=?", updates)
    tx.execute(
        "UPDATE mailbox SET srv_unseen=max(0, srv_unseen+?) WHERE id=?",
        (unseen, job.mailbox),
    )


def _mark(tx: sqlite3.Connection, op: int, message: int, state: str) -> None:
    tx.execute(
        "UPDATE op_msg SET state=? WHERE op_id=? AND msg_id=?", (state, op, message)
    )
    if state == "todo":
        _may_have_arrived(tx, op, message)


def _may_have_arrived(tx: sqlite3.Connection, op: int, message: int) -> None:
    """Remember that the server may have any of these flags either way."""
    where = "WHERE op_id=? AND msg_id=?"
    text = tx.execute(f"SELECT delta FROM op_msg {where}", (op, message)).fetchone()[0]
    if not text:
        return
    delta = load(text)
    tx.execute(
        f"UPDATE op_msg SET delta=? {where}",
        (dump(delta._replace(maybe=delta.touched)), op, message),
    )


def reopen(tx: sqlite3.Connection, ops: Sequence[int], state: str) -> None:
    """Queue the messages of these entries again that are in `state`."""
    messages = set()
    for op in ops:
        rows = tx.execute(
            "SELECT msg_id FROM op_msg WHERE op_id=? AND state=?", (op, state)
        )
        for (message,) in rows.fetchall():
            _mark(tx, op, message, "todo")
            messages.add(message)
    _give_up_on_gone(tx, ops)
    settle(tx, ops)
    refold(tx, messages)


DEATHS = 2
"""How often an entry may be under way when the program dies, before it is held."""


def quarantine(tx: sqlite3.Connection, ops: Sequence[int]) -> None:
    """Hold entries that were under way whenever the program died, lately twice."""
    tx.executemany(
        "UPDATE op SET arg=json_set(arg, '$.deaths',"
        " ifnull(json_extract(arg, '$.deaths'), 0) + 1) WHERE id=?",
        [(op,) for op in ops],
    )
    for op in ops:
        held = tx.execute(
            "UPDATE op SET state='held', not_before=NULL, err=? WHERE id=?"
            f" AND state='queued' AND json_extract(arg, '$.deaths')>={DEATHS}",
            (HELD, op),
        )
        if held.rowcount:
            _give_way(tx, op)


def _give_way(tx: sqlite3.Connection, op: int) -> None:
    """What waits for the user must not come after newer wishes for the same flags.

    These go on without it, and later it would undo them. What it wanted of those flags
    is out of it; of them nobody knows what the server has.
    """
    messages = []
    for message, old, newer, delta in tx.execute(_NEWER, (op,)).fetchall():
        was, wish = load(old), load(delta)
        both = common(was.touched, wish.touched)
        if both == NOTHING:
            continue
        (now,) = tx.execute(
            "SELECT delta FROM op_msg WHERE op_id=? AND msg_id=?", (op, message)
        ).fetchone()
        rest = load(now).without(both)
        unsure = wish._replace(maybe=union(wish.maybe, both))
        tx.executemany(
            "UPDATE op_msg SET delta=?, state=? WHERE op_id=? AND msg_id=?",
            [
                (dump(rest), "todo" if rest else "done", op, message),
                (dump(unsure), "todo", newer, message),
            ],
        )
        messages.append(message)
    settle(tx, [op])
    refold(tx, messages)


_NEWER = """
SELECT om.msg_id, om.delta, x.op_id, x.delta FROM op o JOIN op_msg om ON om.op_id=o.id
  JOIN op_msg x ON x.msg_id=om.msg_id AND x.op_id>o.id AND x.state='todo'
  JOIN op xo ON xo.id=x.op_id AND xo.kind='flag'
WHERE o.id=? AND o.kind='flag' AND om.state='todo' ORDER BY x.op_id"""


HELD = "The program ended twice while this was sent; it is held until you decide."


def close_entries(tx: sqlite3.Connection, ops: Iterable[int]) -> None:
    """Forget what is left of these entries; what is under way is not touched."""
    chosen = list(set(ops))
    messages = []
    for op in chosen:
        rows = tx.execute(
            "UPDATE op_msg SET state='done', result='discarded'"
            " WHERE op_id=? AND state IN('todo','failed') RETURNING msg_id",
            (op,),
        )
        messages += [message for (message,) in rows.fetchall()]
    settle(tx, chosen)
    tx.executemany(
        "UPDATE op SET undone=1, state=iif(state='done', 'void', state) WHERE id=?",
        [(op,) for op in chosen],
    )
    refold(tx, messages)


def _give_up_on_gone(tx: sqlite3.Connection, ops: Iterable[int]) -> None:
    """The message left the server meanwhile: there is nothing to be done to it."""
    tx.executemany(
        "UPDATE op_msg SET state='gone' WHERE op_id=? AND state IN('todo','failed')"
        " AND msg_id IN (SELECT id FROM msg WHERE absent=2)",
        [(op,) for op in set(ops)],
    )
