"""Ids of new rows: messages that arrived in the same second stand by their UIDs.

Listings are ordered by arrival and id. Headers come in windows, the newest first: an
older message would get a higher id than a newer one of the same second. So ids are kept
free for the messages that are still to come, one for each UID. (What became known last
is told by the ids of contents.)
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from tuimail.mail.types import UID, MailboxId
from tuimail.mail.uidset import UIDSet

_MOST = 2**31
"""A server that counts in larger steps gets no ids kept: they are to last for ever."""


def message_ids(
    tx: sqlite3.Connection,
    mailbox: MailboxId,
    uids: Sequence[UID],
    span: UIDSet,
    uidnext: int | None,
) -> list[int]:
    """The ids of new rows with these UIDs, which ascend.

    `span` is what is known with them. Ids are kept where a UID below is not known.
    """
    if not uids:
        return []
    kept = _kept(tx, mailbox)
    last = kept[-1][1] if kept else 0
    if uids[-1] > last:
        missing = UIDSet([(last + 1, uids[-1])]) - span - _spans(tx, mailbox)
        if missing:
            lo, hi = missing.ranges[0][0], max((uidnext or 1) - 1, uids[-1])
            if hi - lo < _MOST:
                kept.append((lo, hi, _keep(tx, mailbox, lo, hi)))
    meant = [_meant(kept, uid) for uid in uids]
    taken = _taken(tx, meant) if kept else set()
    following = last_id(tx, "msg") + 1
    ids = []
    for id in meant:
        if id is None or id in taken:
            id, following = following, following + 1
        ids.append(id)
    return ids


def last_id(tx: sqlite3.Connection, table: str) -> int:
    """The highest id that was ever given to a row of a table, or kept."""
    row = tx.execute(
        "SELECT seq FROM sqlite_sequence WHERE name=?", (table,)
    ).fetchone()
    return int(row[0]) if row else 0


def _kept(tx: sqlite3.Connection, mailbox: MailboxId) -> list[tuple[int, int, int]]:
    return tx.execute(
        "SELECT lo, hi, first FROM kept_ids WHERE mailbox_id=? ORDER BY lo", (mailbox,)
    ).fetchall()


def _spans(tx: sqlite3.Connection, mailbox: MailboxId) -> UIDSet:
    rows = tx.execute("SELECT lo, hi FROM span WHERE mailbox_id=?", (mailbox,))
    return UIDSet(rows.fetchall())


def _keep(tx: sqlite3.Connection, mailbox: MailboxId, lo: int, hi: int) -> int:
    """Keep the ids for UIDs from `lo` to `hi`; gives the first."""
    before = last_id(tx, "msg")
    until = before + hi - lo + 1
    changed = tx.execute("UPDATE sqlite_sequence SET seq=? WHERE name='msg'", (until,))
    if not changed.rowcount:
        tx.execute("INSERT INTO sqlite_sequence(name, seq) VALUES('msg', ?)", (until,))
    tx.execute("INSERT INTO kept_ids VALUES(?, ?, ?, ?)", (mailbox, lo, hi, before + 1))
    return before + 1


def _meant(kept: Sequence[tuple[int, int, int]], uid: int) -> int | None:
    for lo, hi, first in kept:
        if lo <= uid <= hi:
            return first + uid - lo
    return None


def _taken(tx: sqlite3.Connection, ids: Sequence[int | None]) -> set[int]:
    """Of a message that was moved away, and is here again under its old UID."""
    rows = tx.execute(
        "SELECT msg.id FROM json_each(?) j CROSS JOIN msg ON msg.id=j.value",
        (json.dumps([id for id in ids if id is not None]),),
    )
    return {id for (id,) in rows}
