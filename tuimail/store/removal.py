"""Take rows out: at once, or as a tombstone while the journal still names them."""

from __future__ import annotations

import json
import sqlite3

from tuimail.mail.types import MailboxId, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.fold import refold, settle
from tuimail.store.ingest import Box, Tally

_LIVE = """EXISTS(SELECT 1 FROM op_msg om JOIN op o ON o.id=om.op_id
  WHERE om.msg_id=msg.id AND om.state NOT IN('done','gone')
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
    drop(tx, box.id, ids, tally)


def drop_older(tx: sqlite3.Connection, box: Box, tally: Tally) -> None:
    """Remove rows of earlier generations: everything is known, and they were not it."""
    ids = _column(
        tx,
        "SELECT id FROM msg WHERE mailbox_id=? AND gen<? AND absent<>2",
        (box.id, box.gen),
    )
    drop(tx, box.id, ids, tally)


def drop(
    tx: sqlite3.Connection, mailbox: MailboxId, ids: list[int], tally: Tally
) -> None:
    """Remove rows, or hide them while a live operation refers to them."""
    if not ids:
        return
    chosen = json.dumps(ids)
    _give_up(tx, chosen)
    tally.unseen -= tx.execute(
        f"SELECT count(*) FROM msg WHERE {_AMONG} AND (s & 1)=0", (chosen,)
    ).fetchone()[0]
    tally.known -= tx.execute(
        f"SELECT count(*) FROM msg WHERE {_AMONG} AND view_id=?", (chosen, mailbox)
    ).fetchone()[0]
    tx.execute(
        f"UPDATE msg SET absent=2, view_id=NULL WHERE {_AMONG} AND {_LIVE}", (chosen,)
    )
    refold(tx, ids)
    tally.removed += [MessageId(number) for number in ids]
    tally.contents += _delete(tx, chosen)


_AMONG = "id IN (SELECT value FROM json_each(?))"


def _give_up(tx: sqlite3.Connection, chosen: str) -> None:
    """Flags that were not yet sent for a message that is gone: nothing to be done."""
    among = "msg_id IN (SELECT value FROM json_each(?))"
    ops = _column(
        tx,
        f"UPDATE op_msg SET state='gone' WHERE {among} AND state='todo' AND op_id IN"
        " (SELECT id FROM op WHERE kind='flag') RETURNING op_id",
        (chosen,),
    )
    settle(tx, ops)


def bury(tx: sqlite3.Connection, mailbox: MailboxId) -> list[int]:
    """Delete tombstones that no live operation needs; gives contents left over."""
    ids = _column(
        tx,
        f"SELECT id FROM msg WHERE mailbox_id=? AND absent=2 AND NOT {_LIVE}",
        (mailbox,),
    )
    return _delete(tx, json.dumps(ids)) if ids else []


def _delete(tx: sqlite3.Connection, chosen: str) -> list[int]:
    contents = _column(
        tx,
        f"DELETE FROM msg WHERE {_AMONG} AND NOT {_LIVE} RETURNING content_id",
        (chosen,),
    )
    return _column(
        tx,
        f"DELETE FROM content WHERE {_AMONG} AND NOT EXISTS"
        " (SELECT 1 FROM msg WHERE msg.content_id=content.id) RETURNING id",
        (json.dumps(contents),),
    )


def _column(tx: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> list[int]:
    return [row[0] for row in tx.execute(sql, values).fetchall()]
