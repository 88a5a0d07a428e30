"""Take rows out: at once, or as a tombstone while the journal still names them."""

from __future__ import annotations

import json
import sqlite3

from tuimail.mail.types import MailboxId, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.copies import forget_copies, unused
from tuimail.store.fold import refold, settle
from tuimail.store.ingest import Box, Tally
from tuimail.store.places import forget_views, replace_views

_LIVE = """EXISTS(SELECT 1 FROM op_msg om JOIN op o ON o.id=om.op_id
  WHERE om.msg_id=msg.id AND om.state IN('todo','sent','failed')
    AND o.state NOT IN('done','void'))"""


def vanish(tx: sqlite3.Connection, box: Box, uids: UIDSet, tally: Tally) -> None:
    """Remove the rows of these UIDs: the server has them no more."""
    ids: list[int] = []
    for lo, hi in uids.ranges:
        ids += _column(
            tx,
            "SELECT id FROM msg WHERE mailbox_id=? AND gen=? AND uid BETWEEN ? AND ?"
            " AND absent<>2",
            (box.id, box.gen, lo, hi),
        )
    tally.held -= len(ids)
    drop(tx, ids, tally)


def drop_older(tx: sqlite3.Connection, box: Box, tally: Tally, *, lost: bool) -> None:
    """Remove rows of earlier generations: everything is known, and they were not it.

    With `lost` also those that were moved here and not found. What was still to be
    done to them fails: nobody knows which message was meant.
    """
    ids = _column(
        tx,
        "SELECT id FROM msg WHERE mailbox_id=? AND (gen<? OR ? AND uid IS NULL)"
        " AND absent NOT IN(2, 3)",
        (box.id, box.gen, lost),
    )
    fail_lost(tx, ids)
    drop(tx, ids, tally)


def fail_lost(tx: sqlite3.Connection, ids: list[int]) -> None:
    """Moves, copies and removals of messages nobody can find any more: failed."""
    among = json.dumps(ids)
    ops = _column(
        tx,
        "UPDATE op_msg SET state='failed' WHERE msg_id IN (SELECT value FROM"
        " json_each(?)) AND state='todo' AND +op_id IN (SELECT id FROM op"
        " WHERE kind IN('move','copy','expunge') AND state NOT IN('done','void'))"
        " RETURNING op_id",
        (among,),
    )
    tx.executemany("UPDATE op SET err=? WHERE id=?", [(LOST, op) for op in set(ops)])
    settle(tx, ops)


def fail_removals(tx: sqlite3.Connection, mailbox: MailboxId) -> None:
    """Removals from a mailbox that was renumbered are never carried out."""
    pairs = tx.execute(
        "UPDATE op_msg SET state='failed' WHERE state='todo' AND op_id IN (SELECT id"
        " FROM op WHERE kind='expunge' AND state NOT IN('done','void'))"
        " AND msg_id IN (SELECT id FROM msg WHERE mailbox_id=?)"
        " RETURNING op_id, msg_id",
        (mailbox,),
    ).fetchall()
    ops = {op for op, _ in pairs}
    tx.executemany("UPDATE op SET err=? WHERE id=?", [(RENUMBERED, op) for op in ops])
    settle(tx, ops)
    replace_views(tx, [message for _, message in pairs])


RENUMBERED = "The server renumbered the folder; nothing was deleted from it."
LOST = "The server renumbered the folder, and the message could not be found again."


def drop(tx: sqlite3.Connection, ids: list[int], tally: Tally) -> None:
    """Remove rows, or hide them while a live operation refers to them."""
    if not ids:
        return
    chosen = json.dumps(ids)
    tally.contents += give_up(tx, chosen)
    tally.unseen -= tx.execute(
        f"SELECT count(*) FROM msg WHERE {_AMONG} AND (s & 1)=0", (chosen,)
    ).fetchone()[0]
    tx.execute(f"UPDATE msg SET absent=2 WHERE {_AMONG} AND {_LIVE}", (chosen,))
    refold(tx, ids)
    replace_views(tx, ids)
    tally.removed += [MessageId(number) for number in ids]
    tally.contents += _delete(tx, chosen)


_AMONG = "id IN (SELECT value FROM json_each(?))"


def give_up(tx: sqlite3.Connection, chosen: str) -> list[int]:
    """What was not yet sent for a message that is gone: nothing to be done.

    Gives contents that are not needed any more.
    """
    among = "msg_id IN (SELECT value FROM json_each(?))"
    ops = _column(
        tx,
        f"UPDATE op_msg SET state='gone' WHERE {among} AND state='todo' AND +op_id IN"
        " (SELECT id FROM op WHERE kind IN('flag','move','copy','expunge')"
        " AND state NOT IN('done','void')) RETURNING op_id",
        (chosen,),
    )
    settle(tx, ops)
    return drop_hopeless(tx, chosen)


def drop_hopeless(tx: sqlite3.Connection, chosen: str) -> list[int]:
    """Copies of messages that were gone before they could be copied: never made.

    Gives contents that are not needed any more.
    """
    copies = _column(
        tx,
        "SELECT json_extract(om.did, '$.copy') FROM op_msg om"
        " JOIN op o ON o.id=om.op_id JOIN msg m ON m.id=json_extract(om.did, '$.copy')"
        " WHERE o.kind='copy' AND om.state='gone' AND m.absent=3"
        " AND om.msg_id IN (SELECT value FROM json_each(?))",
        (chosen,),
    )
    copies += _column(
        tx,
        "SELECT om.msg_id FROM op o CROSS JOIN op_msg om ON om.op_id=o.id"
        " JOIN msg m ON m.id=om.msg_id WHERE o.kind='append' AND om.state='todo'"
        " AND o.state NOT IN('done','void') AND m.absent=3"
        " AND json_extract(om.did, '$.blob') IS NULL"
        " AND json_extract(om.did, '$.from') IN (SELECT value FROM json_each(?))",
        (chosen,),
    )
    return forget_copies(tx, copies)


def bury(tx: sqlite3.Connection, mailbox: MailboxId) -> list[int]:
    """Delete tombstones that no live operation needs; gives contents left over."""
    ids = _column(
        tx,
        f"SELECT id FROM msg WHERE mailbox_id=? AND absent<>0 AND absent=2"
        f" AND NOT {_LIVE}",
        (mailbox,),
    )
    return _delete(tx, json.dumps(ids)) if ids else []


def _delete(tx: sqlite3.Connection, chosen: str) -> list[int]:
    dead = json.dumps(
        _column(tx, f"SELECT id FROM msg WHERE {_AMONG} AND NOT {_LIVE}", (chosen,))
    )
    forget_views(tx, dead)
    contents = _column(
        tx, f"DELETE FROM msg WHERE {_AMONG} RETURNING content_id", (dead,)
    )
    return unused(tx, contents)


def _column(tx: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> list[int]:
    return [row[0] for row in tx.execute(sql, values).fetchall()]
