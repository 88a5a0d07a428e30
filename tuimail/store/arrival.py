"""A message has come where the user put it: its row gets the new address."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

from tuimail.mail.types import UID, MailboxId, MessageId
from tuimail.store.copies import unused
from tuimail.store.places import forget_views
from tuimail.store.values import TransferJob

_Pairs = Mapping[UID, tuple[int, MessageId]]


def arrive(
    tx: sqlite3.Connection,
    job: TransferJob,
    mine: _Pairs,
    arrived: Mapping[int, int | None],
    uidvalidity: int,
) -> list[int]:
    """Give moved rows and made copies their address; gives contents left over.

    A UID told under another UIDVALIDITY than ours is no address: such a row is found
    again when its mailbox is read.
    """
    assert job.target is not None
    gen, known = tx.execute(
        "SELECT gen, uidvalidity FROM mailbox WHERE id=?", (job.target,)
    ).fetchone()
    if known is None and uidvalidity:
        tx.execute(
            "UPDATE mailbox SET uidvalidity=? WHERE id=?", (uidvalidity, job.target)
        )
        known = uidvalidity
    left: list[int] = []
    for uid, new in arrived.items():
        op, message = mine[UID(uid)]
        row = _copy_of(tx, op, message) if job.kind == "copy" else message
        if row is None:
            continue
        address = new if uidvalidity == known else None
        left += _absorb(tx, row, job.target, gen, address)
        if job.kind == "move":
            _leave(tx, row)
        _settle_in(tx, row, job.target, gen, address)
    return left


def located(
    tx: sqlite3.Connection, row: int, target: int, uid: int | None, uidvalidity: int
) -> list[int]:
    """A message was stored anew: its row is where it is; gives contents left over."""
    gen, known = tx.execute(
        "SELECT gen, uidvalidity FROM mailbox WHERE id=?", (target,)
    ).fetchone()
    address = uid if uidvalidity and uidvalidity == known else None
    left = _absorb(tx, row, target, gen, address)
    _settle_in(tx, row, target, gen, address)
    return left


def same_messages(
    tx: sqlite3.Connection,
    mailbox: MailboxId,
    low: int,
    wanted: Iterable[tuple[UID, int]],
) -> dict[UID, int]:
    """For each message the lowest UID from `low` on that holds the same, one to one.

    The same: what we know to be a copy, or one with the same size, Message-ID, date,
    sender and subject; servers do not always keep the time of arrival.
    """
    used: set[int] = set()
    found: dict[UID, int] = {}
    for source, message in wanted:
        for (uid,) in tx.execute(_SAME, (mailbox, low, message)):
            if uid not in used:
                used.add(uid)
                found[source] = uid
                break
    return found


_SAME = """
SELECT x.uid FROM msg m JOIN content c ON c.id=m.content_id,
  msg x JOIN content cx ON cx.id=x.content_id
WHERE m.id=?3 AND x.mailbox_id=?1 AND x.uid>=?2 AND x.id<>m.id AND x.absent<>2
  AND x.gen=(SELECT gen FROM mailbox WHERE id=?1) AND x.uid IS NOT NULL
  AND (x.content_id=m.content_id OR (cx.size=c.size AND cx.msgid IS c.msgid
    AND cx.date IS c.date AND cx.subject=c.subject
    AND cx.sender_addr=c.sender_addr))
ORDER BY x.uid"""


def _copy_of(tx: sqlite3.Connection, op: int, message: int) -> int | None:
    row = tx.execute(
        "SELECT m.id FROM op_msg om JOIN msg m ON m.id=json_extract(om.did, '$.copy')"
        " WHERE om.op_id=? AND om.msg_id=?",
        (op, message),
    ).fetchone()
    return None if row is None else int(row[0])


def _absorb(
    tx: sqlite3.Connection, row: int, mailbox: int, gen: int, uid: int | None
) -> list[int]:
    """A refresh may have brought the message as a new row: it is this one."""
    if uid is None:
        return []
    twin = tx.execute(
        "SELECT id, content_id, s, s_kw, modseq FROM msg"
        " WHERE mailbox_id=? AND gen=? AND uid=? AND id<>?",
        (mailbox, gen, uid, row),
    ).fetchone()
    if twin is None:
        return []
    number, content, s, s_kw, modseq = twin
    tx.execute("UPDATE OR IGNORE op_msg SET msg_id=? WHERE msg_id=?", (row, number))
    forget_views(tx, json.dumps([number]))
    tx.execute("DELETE FROM msg WHERE id=?", (number,))
    tx.execute(
        "UPDATE mailbox SET held=held-1, srv_messages=srv_messages-1,"
        " srv_unseen=srv_unseen-? WHERE id=?",
        (1 - (s & 1), mailbox),
    )
    tx.execute(
        "UPDATE msg SET s=?, s_kw=?, modseq=? WHERE id=?", (s, s_kw, modseq, row)
    )
    return unused(tx, [content])


def _leave(tx: sqlite3.Connection, row: int) -> None:
    """Count a message out of the mailbox that it was moved from."""
    tx.execute(
        "UPDATE mailbox SET held=held-(m.gen=mailbox.gen AND m.uid IS NOT NULL),"
        " srv_messages=max(0, srv_messages-1),"
        " srv_unseen=max(0, srv_unseen-(1-(m.s & 1)))"
        " FROM (SELECT mailbox_id, gen, uid, s FROM msg WHERE id=? AND absent<>2) m"
        " WHERE mailbox.id=m.mailbox_id",
        (row,),
    )


def _settle_in(
    tx: sqlite3.Connection, row: int, mailbox: int, gen: int, uid: int | None
) -> None:
    tx.execute(
        "UPDATE msg SET mailbox_id=?, gen=?, uid=?, absent=0 WHERE id=?",
        (mailbox, gen, uid, row),
    )
    tx.execute(
        "UPDATE mailbox SET held=held+?, srv_messages=srv_messages+1,"
        " srv_unseen=srv_unseen+(SELECT 1-(s & 1) FROM msg WHERE id=?) WHERE id=?",
        (uid is not None, row, mailbox),
    )
