"""Write header rows: new messages, better news of known ones, flags as reported.

Works on the tables inside a transaction that `Sync` holds. New rows get their ids from
here rather than from SQLite, so that one `executemany` writes them all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuimail.mail.headers import sender_display
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import (
    UID,
    AccountId,
    FlagSet,
    MailboxId,
    MessageId,
    ModSeq,
)
from tuimail.mail.uidset import UIDSet
from tuimail.store.bulk import insert_rows
from tuimail.store.encode import (
    MAX_INT,
    MAX_UID,
    clamp,
    count,
    dump_envelope,
    identity,
    moment,
    text,
)
from tuimail.store.flags import words
from tuimail.store.numbering import last_id, message_ids
from tuimail.store.places import replace_views
from tuimail.store.values import FlagChange, Row

_SUBJECT_LIMIT = 500
_NAME_LIMIT = 200
_TOMBSTONE = 2
_VARIABLES = 500
"""Values bound to one statement at most."""


@dataclass(slots=True)
class Box:
    """The mailbox that a batch is applied to, as it stood before."""

    id: MailboxId
    account: AccountId
    gen: int
    uidvalidity: int | None
    uidnext: int | None
    """As the batch says, or else as before."""
    older: bool
    """Rows without a UID in this generation wait to be recognised."""
    local: bool = False
    """Its messages lie here as files, or in a maildrop."""


@dataclass(slots=True)
class Known:
    """A row that is already there."""

    id: MessageId
    content: int
    s: int
    s_kw: str
    modseq: int | None
    absent: int


@dataclass(slots=True)
class Tally:
    """What a batch did, counted while it is applied."""

    added: list[MessageId] = field(default_factory=list)
    changed: list[MessageId] = field(default_factory=list)
    removed: list[MessageId] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    """Contents that nothing refers to any more."""
    refused: int = 0
    held: int = 0
    """By how much the number of rows with a UID changed."""
    known: int = 0
    """By how much the number of rows on screen changed."""
    unseen: int = 0
    """By how much the number of known rows without \\Seen changed."""


def known_rows(
    tx: sqlite3.Connection, box: Box, uids: Iterable[int]
) -> dict[UID, Known]:
    """Those of the UIDs that have a row."""
    found = tx.execute(_KNOWN, (json.dumps(list(uids)), box.id, box.gen))
    return {uid: Known(*rest) for uid, *rest in found}


# CROSS JOIN fixes the order: with IN, SQLite reads all UIDs of the mailbox.
_KNOWN = """
SELECT uid, msg.id, content_id, s, s_kw, modseq, absent FROM json_each(?) j
  CROSS JOIN msg ON mailbox_id=? AND gen=? AND uid=j.value AND uid IS NOT NULL"""


Described = dict[UID, tuple[bytes | None, tuple[Any, ...], Row]]
"""By UID: what tells copies, the columns of `content`, and the row itself."""


def describe(rows: Iterable[Row]) -> Described:
    """What has to be worked out for rows; not while others wait for the lock."""
    return {
        row.uid: (
            identity(row.envelope, row.size, row.arrival, row.hdr_hash),
            content_columns(row),
            row,
        )
        for row in rows
        if 0 < row.uid <= MAX_UID
    }


def put_rows(
    tx: sqlite3.Connection, box: Box, described: Described, span: UIDSet, tally: Tally
) -> None:
    """Insert what is new and renew what is known; `span` is known with it."""
    valid = {uid: row for uid, (_, _, row) in described.items()}
    known = known_rows(tx, box, valid)
    fresh = [valid[uid] for uid in sorted(valid) if uid not in known]
    contents = _put_contents(tx, box.account, [described[row.uid] for row in fresh])
    if box.older:
        fresh, contents = _recognised(tx, box, fresh, contents, tally)
    uids = [row.uid for row in fresh]
    ids = message_ids(tx, box.id, uids, span, box.uidnext)
    _insert(tx, box, ids, fresh, contents, tally)
    seen_again = [(valid[uid], old) for uid, old in known.items()]
    _renew_contents(tx, seen_again, tally)
    changes = [(row.uid, row.flags, row.modseq) for row, _ in seen_again]
    put_flags(tx, changes, known, tally)


def mark_here(tx: sqlite3.Connection, box: Box, uids: Iterable[UID]) -> None:
    """Messages that lie here as files can be read; one without a structure waits."""
    tx.execute(
        "UPDATE content SET text_here=1 WHERE text_here=0 AND structure IS NOT NULL"
        " AND id IN (SELECT content_id FROM json_each(?) j"
        " CROSS JOIN msg ON mailbox_id=? AND gen=? AND uid=j.value)",
        (json.dumps(list(uids)), box.id, box.gen),
    )


def put_flags(
    tx: sqlite3.Connection,
    changes: Iterable[FlagChange],
    known: dict[UID, Known],
    tally: Tally,
) -> None:
    """Write the server layer of known rows; the other layers are the user's."""
    updates, revived = [], []
    for uid, flags, modseq in changes:
        old = known.get(uid)
        if old is None:
            continue
        s, s_kw = server_columns(flags)
        seq = modseq_column(modseq) or old.modseq
        if (s, s_kw, seq, 0) == (old.s, old.s_kw, old.modseq, old.absent):
            continue
        updates.append((s, s_kw, seq, old.id))
        if old.absent == _TOMBSTONE:
            tally.added.append(old.id)
            tally.held += 1
            revived.append(old.id)
        elif (s, s_kw) != (old.s, old.s_kw):
            tally.changed.append(old.id)
            tally.unseen += (old.s & 1) - (s & 1)
        old.s, old.s_kw, old.modseq, old.absent = s, s_kw, seq, 0
    tx.executemany("UPDATE msg SET s=?, s_kw=?, modseq=?, absent=0 WHERE id=?", updates)
    replace_views(tx, revived)


def server_columns(flags: FlagSet) -> tuple[int, str]:
    """s and s_kw for flags that a server reported."""
    bits = int(flags.bits) & 0x7FFF_FFFF
    if not flags.keywords:
        return bits, ""
    return bits, words("".join(text(word).split()) for word in flags.keywords)


def modseq_column(modseq: ModSeq | int | None) -> int | None:
    """A modification sequence in range, or None."""
    return None if modseq is None else clamp(modseq, 0, MAX_INT)


def _put_contents(
    tx: sqlite3.Connection,
    account: AccountId,
    described: Sequence[tuple[bytes | None, tuple[Any, ...], Row]],
) -> list[int]:
    """The content id for each row: that of a copy that is here, or a new one."""
    ids = _same(tx, account, [ident for ident, _, _ in described if ident])
    next_id = last_id(tx, "content") + 1
    contents, inserts = [], []
    for ident, columns, _ in described:
        content = ids.get(ident) if ident else None
        if content is None:
            content, next_id = next_id, next_id + 1
            inserts.append((content, account, ident, *columns))
            if ident:
                ids[ident] = content
        contents.append(content)
    insert_rows(tx, _INTO_CONTENT, inserts)
    return contents


def _same(
    tx: sqlite3.Connection, account: AccountId, idents: Sequence[bytes]
) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for start in range(0, len(idents), _VARIABLES):
        some = idents[start : start + _VARIABLES]
        marks = ",".join("?" * len(some))
        found.update(
            tx.execute(
                "SELECT ident, id FROM content WHERE account_id=?"
                f" AND ident IN ({marks})",
                (account, *some),
            ).fetchall()
        )
    return found


def content_columns(row: Row) -> tuple[Any, ...]:
    """The columns of `content` after id, account and ident."""
    envelope = row.envelope
    name, addr, suspect = sender_display(envelope)
    return (
        count(row.size),
        None if envelope.date is None else moment(envelope.date),
        int(row.attach),
        int(suspect),
        text(safe_text(envelope.subject, _SUBJECT_LIMIT)),
        text(name or addr),
        text(addr),
        text(row.problem),
        text(envelope.message_id) or None,
        dump_envelope(envelope),
        row.structure,
    )


_INTO_CONTENT = """
INSERT INTO content(id, account_id, ident, size, date, attach, suspect, subject,
  sender_name, sender_addr, problem, msgid, envelope, structure)"""
_INTO_MSG = """
INSERT INTO msg(id, content_id, mailbox_id, gen, uid, view_id, internaldate, modseq, s,
  s_kw)"""


def _insert(
    tx: sqlite3.Connection,
    box: Box,
    ids: Sequence[int],
    rows: Sequence[Row],
    contents: Sequence[int],
    tally: Tally,
) -> None:
    inserts = []
    for number, row, content in zip(ids, rows, contents, strict=True):
        s, s_kw = server_columns(row.flags)
        seq = modseq_column(row.modseq)
        place = (box.id, box.gen, row.uid, box.id, moment(row.arrival))
        inserts.append((number, content, *place, seq, s, s_kw))
        tally.unseen += 1 - (s & 1)
    insert_rows(tx, _INTO_MSG, inserts)
    tally.added += map(MessageId, ids)
    tally.held += len(rows)
    tally.known += len(rows)


def _recognised(
    tx: sqlite3.Connection,
    box: Box,
    rows: Sequence[Row],
    contents: Sequence[int],
    tally: Tally,
) -> tuple[list[Row], list[int]]:
    """Give rows of an earlier generation their new UID; returns the others.

    Only one to one: where two rows share a content, no one knows which is which.
    """
    others: list[Row] = []
    left: list[int] = []
    for row, content in zip(rows, contents, strict=True):
        old = tx.execute(
            "SELECT uid, id, content_id, s, s_kw, modseq, absent FROM msg"
            " WHERE content_id=? AND mailbox_id=? AND (gen<>? OR uid IS NULL)"
            " AND absent<>3",
            (content, box.id, box.gen),
        ).fetchall()
        if len(old) != 1 or contents.count(content) != 1:
            others.append(row)
            left.append(content)
            continue
        known = Known(*old[0][1:])
        tx.execute(
            "UPDATE msg SET gen=?, uid=? WHERE id=?", (box.gen, row.uid, known.id)
        )
        tally.held += 1
        put_flags(tx, [(row.uid, row.flags, row.modseq)], {row.uid: known}, tally)
    return others, left


def _renew_contents(
    tx: sqlite3.Connection, again: Sequence[tuple[Row, Known]], tally: Tally
) -> None:
    """Complete contents that could not be read before; good ones are immutable."""
    for row, old in again:
        if row.problem:
            continue
        poor = tx.execute(
            "SELECT problem<>'' FROM content"
            " WHERE id=? AND (problem<>'' OR structure IS NULL)",
            (old.content,),
        ).fetchone()
        if poor is None:
            continue
        if poor[0]:
            tx.execute(_UPDATE_CONTENT, (*content_columns(row), old.content))
            tx.execute(
                "UPDATE msg SET internaldate=? WHERE id=?",
                (moment(row.arrival), old.id),
            )
            tally.changed.append(old.id)
        elif row.structure is not None:
            tx.execute(
                "UPDATE content SET structure=?, attach=? WHERE id=?",
                (row.structure, int(row.attach), old.content),
            )
            tally.changed.append(old.id)


_UPDATE_CONTENT = """
UPDATE content SET size=?, date=?, attach=?, suspect=?, subject=?, sender_name=?,
  sender_addr=?, problem=?, msgid=?, envelope=?, structure=? WHERE id=?"""
