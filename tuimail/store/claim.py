"""Choose what is sent next: one change, for as many messages as it is the same for."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from tuimail.mail.types import UID, MailboxId, MessageId
from tuimail.store.flags import Delta, load
from tuimail.store.fold import refold
from tuimail.store.values import FlagJob

_MESSAGES = 500
"""Messages in one command at most."""
_AHEAD = 4 * _MESSAGES
"""Pending changes looked at for one command, so that a folder of them is no burden."""


@dataclass(slots=True)
class _Candidate:
    mailbox: int
    uid: int
    delta: Delta = field(default_factory=Delta)
    ops: list[int] = field(default_factory=list)


def claim_next(
    tx: sqlite3.Connection, account: str, epoch: int, but: Collection[int]
) -> FlagJob | None:
    """Claim the oldest change and all that is the same; None when there is nothing.

    `but` are messages to leave alone.
    """
    candidates = _candidates(tx, account, but)
    if not candidates:
        return None
    first = next(iter(candidates.values()))
    same = {
        message: each
        for message, each in candidates.items()
        if each.mailbox == first.mailbox
        and (each.delta.add, each.delta.remove) == (first.delta.add, first.delta.remove)
    }
    chosen = dict(list(same.items())[:_MESSAGES])
    _take(tx, chosen, epoch)
    wire_name, gen = tx.execute(
        "SELECT wire_name, gen FROM mailbox WHERE id=?", (first.mailbox,)
    ).fetchone()
    return FlagJob(
        mailbox=MailboxId(first.mailbox),
        wire_name=bytes(wire_name),
        gen=gen,
        rows={UID(each.uid): MessageId(number) for number, each in chosen.items()},
        add=first.delta.add,
        remove=first.delta.remove,
        ops=tuple(sorted({op for each in chosen.values() for op in each.ops})),
        epoch=epoch,
    )


def _candidates(
    tx: sqlite3.Connection, account: str, but: Collection[int]
) -> dict[int, _Candidate]:
    """What could be sent now, by message, the oldest wish first."""
    found: dict[int, _Candidate] = {}
    rows = tx.execute(_READY, (account, int(time.time()), json.dumps([*but])))
    for op, message, delta, mailbox, uid in rows:
        each = found.setdefault(message, _Candidate(mailbox, uid))
        each.delta = each.delta.plus(load(delta))
        each.ops.append(op)
    return found


# A message with a change in flight waits: one layer in flight is all there is. So does
# one that is to be copied first: the copy must not get what was changed after it.
_READY = f"""
SELECT om.op_id, om.msg_id, om.delta, m.mailbox_id, m.uid
FROM op o CROSS JOIN op_msg om ON om.op_id=o.id JOIN msg m ON m.id=om.msg_id
  JOIN mailbox b ON b.id=m.mailbox_id
WHERE o.account_id=(SELECT id FROM account WHERE name=?1) AND o.kind='flag'
  AND o.state NOT IN('done','void') AND o.state IN('queued','running','failed')
  AND om.state='todo' AND ifnull(o.not_before, 0)<=?2
  AND m.uid IS NOT NULL AND m.gen=b.gen AND m.absent=0
  AND b.state IN('ok','renaming','deleting')
  AND NOT EXISTS(SELECT 1 FROM op_msg x WHERE x.msg_id=m.id AND x.state='sent')
  AND NOT EXISTS(SELECT 1 FROM op_msg x JOIN op xo ON xo.id=x.op_id
    WHERE x.msg_id=m.id AND x.state='todo' AND xo.kind='copy' AND x.op_id<om.op_id)
  AND om.msg_id NOT IN (SELECT value FROM json_each(?3))
ORDER BY o.id, om.msg_id LIMIT {_AHEAD}"""


def _take(tx: sqlite3.Connection, chosen: dict[int, _Candidate], epoch: int) -> None:
    pairs = [(op, message) for message, each in chosen.items() for op in each.ops]
    tx.executemany("UPDATE op_msg SET state='sent' WHERE op_id=? AND msg_id=?", pairs)
    tx.executemany(
        "UPDATE op SET state='running', epoch=?, tries=tries+1 WHERE id=?",
        [(epoch, op) for op in {op for op, _ in pairs}],
    )
    refold(tx, chosen)
