"""Copies that are shown and not made yet, and contents that nothing shows any more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from tuimail.store.fold import settle
from tuimail.store.places import replace_views


def forget_copies(tx: sqlite3.Connection, copies: Sequence[int]) -> list[int]:
    """Take back copies that were not made; gives contents left over."""
    if not copies:
        return []
    chosen = json.dumps(_with_copies_of(tx, copies))
    among = "(SELECT value FROM json_each(?))"
    ops = tx.execute(
        "UPDATE op_msg SET state='done', result='discarded' WHERE state IN('todo',"
        f"'failed') AND json_extract(nullif(did, ''), '$.copy') IN {among}"
        " AND op_id IN (SELECT id FROM op WHERE kind='copy') RETURNING op_id",
        (chosen,),
    ).fetchall()
    ops += tx.execute(
        f"DELETE FROM op_msg WHERE msg_id IN {among} RETURNING op_id", (chosen,)
    ).fetchall()
    ops += _stay(tx, chosen)
    tx.execute(
        "UPDATE mailbox SET known=known-n FROM (SELECT view_id, count(*) AS n FROM msg"
        f" WHERE id IN {among} AND view_id IS NOT NULL GROUP BY view_id)"
        " WHERE mailbox.id=view_id",
        (chosen,),
    )
    contents = tx.execute(
        f"DELETE FROM msg WHERE id IN {among} RETURNING content_id", (chosen,)
    ).fetchall()
    settle(tx, [op for (op,) in ops])
    return unused(tx, [content for (content,) in contents])


def origins(tx: sqlite3.Connection, copies: Sequence[int]) -> list[int]:
    """The messages that were to leave once these were there."""
    rows = tx.execute(
        "SELECT om.msg_id FROM op o CROSS JOIN op_msg om ON om.op_id=o.id"
        " WHERE o.kind='expunge' AND o.state NOT IN('done','void')"
        " AND om.state='todo' AND json_extract(nullif(om.did, ''), '$.after') IN"
        " (SELECT value FROM json_each(?))",
        (json.dumps(list(copies)),),
    )
    return [message for (message,) in rows.fetchall()]


def _stay(tx: sqlite3.Connection, chosen: str) -> list[tuple[int]]:
    """What was to leave once these were there does not leave; gives the entries."""
    pairs = tx.execute(
        "UPDATE op_msg SET state='done', result='discarded' WHERE state='todo'"
        " AND json_extract(nullif(did, ''), '$.after') IN (SELECT value FROM"
        " json_each(?)) AND op_id IN (SELECT id FROM op WHERE kind='expunge'"
        " AND state NOT IN('done','void')) RETURNING op_id, msg_id",
        (chosen,),
    ).fetchall()
    replace_views(tx, [message for _, message in pairs])
    return [(op,) for op, _ in pairs]


def _with_copies_of(tx: sqlite3.Connection, copies: Sequence[int]) -> list[int]:
    """These and all that were to be copied from them, one from another."""
    rows = tx.execute(_DESCENDANTS, (json.dumps(list(copies)),))
    return [copy for (copy,) in rows.fetchall()]


_DESCENDANTS = """
WITH RECURSIVE hopeless(id) AS (
  SELECT value FROM json_each(?)
  UNION SELECT json_extract(om.did, '$.copy') FROM hopeless h
    JOIN op_msg om ON om.msg_id=h.id JOIN op o ON o.id=om.op_id
  WHERE o.kind='copy')
SELECT id FROM hopeless WHERE id IN (SELECT id FROM msg WHERE absent<>0 AND absent=3)"""


def not_sent(tx: sqlite3.Connection, copies: Sequence[int]) -> list[int]:
    """Of these copies, those whose command has not gone out."""
    rows = tx.execute(
        "SELECT j.value FROM json_each(?) j JOIN msg m ON m.id=j.value"
        " WHERE m.absent<>0 AND m.absent=3 AND NOT EXISTS(SELECT 1 FROM op o CROSS"
        " JOIN op_msg om ON om.op_id=o.id WHERE o.kind='copy' AND om.state='sent'"
        " AND o.state NOT IN('done','void')"
        " AND json_extract(nullif(om.did, ''), '$.copy')=m.id)"
        " AND NOT EXISTS(SELECT 1 FROM op_msg om JOIN op o ON o.id=om.op_id"
        " WHERE om.msg_id=m.id AND o.kind='append' AND om.state='sent')",
        (json.dumps(list(copies)),),
    )
    return [copy for (copy,) in rows.fetchall()]


def unused(tx: sqlite3.Connection, contents: list[int]) -> list[int]:
    """Delete those of the contents that no row refers to; gives their ids."""
    rows = tx.execute(
        "DELETE FROM content WHERE id IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM msg WHERE msg.content_id=content.id)"
        " RETURNING id",
        (json.dumps(contents),),
    )
    return [content for (content,) in rows.fetchall()]
