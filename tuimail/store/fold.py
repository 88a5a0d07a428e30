"""Flag layers as a fold of the journal: recomputed, never adjusted by hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from tuimail.store.flags import Delta, delta_columns, load


def folded(
    tx: sqlite3.Connection, ids: Iterable[int]
) -> dict[int, tuple[Delta, Delta]]:
    """What is in flight and what is pending for each message, in order of gestures."""
    layers = {number: (Delta(), Delta()) for number in ids}
    for message, state, delta in tx.execute(_PARTS, (json.dumps(list(layers)),)):
        flying, pending = layers[message]
        if state == "sent":
            layers[message] = flying.plus(load(delta)), pending
        else:
            layers[message] = flying, pending.plus(load(delta))
    return layers


_PARTS = """
SELECT om.msg_id, om.state, om.delta
FROM json_each(?) j CROSS JOIN op_msg om ON om.msg_id=j.value
  JOIN op o ON o.id=om.op_id
WHERE om.state IN('todo','sent') AND o.kind='flag' ORDER BY om.op_id"""


def refold(tx: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Write both delta layers of these messages anew from the journal."""
    alike: dict[tuple[Delta, Delta], list[int]] = {}
    for message, both in folded(tx, ids).items():
        alike.setdefault(both, []).append(message)
    tx.executemany(
        "UPDATE msg SET f_add=?, f_del=?, p_add=?, p_del=?, kw=?"
        " WHERE id IN (SELECT value FROM json_each(?))",
        [(*delta_columns(*both), json.dumps(some)) for both, some in alike.items()],
    )


def settle(tx: sqlite3.Connection, ops: Iterable[int]) -> None:
    """Bring the state of these operations in line with that of their messages."""
    tx.executemany(_SETTLE, [(op,) for op in set(ops)])


WITH_MESSAGES = "('flag','move','copy','expunge','append')"
"""Kinds of entries whose state follows from that of their messages."""
_SETTLE = f"""
UPDATE op SET state=CASE
    WHEN EXISTS(SELECT 1 FROM op_msg WHERE op_id=op.id AND state='sent')
      THEN iif(state='unsure', 'unsure', 'running')
    WHEN EXISTS(SELECT 1 FROM op_msg WHERE op_id=op.id AND state='todo')
      THEN iif(state='held', 'held', 'queued')
    WHEN EXISTS(SELECT 1 FROM op_msg WHERE op_id=op.id AND state='failed')
      THEN iif(err_class='fixable', 'asking', 'failed')
    WHEN tries>0 THEN 'done' ELSE 'void' END,
  changed=CAST(strftime('%s', 'now') AS INT)
WHERE id=? AND kind IN{WITH_MESSAGES} AND state NOT IN('done','void')"""
