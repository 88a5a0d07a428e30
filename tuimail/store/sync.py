"""Apply what a server said about a mailbox: all of a batch, or nothing of it.

Rows, spans, UIDNEXT and "applied through" change in one transaction, so every state on
the disk is a correct start for the next synchronisation. What the user wants (pending
and in-flight flags) is never written here.
"""

from __future__ import annotations

import json
import sqlite3
import time

from tuimail.errors import StoreError
from tuimail.mail.types import FlagSet, MailboxId, MessageId, ModSeq, UIDValidity
from tuimail.mail.uidset import UIDSet
from tuimail.store.database import Database
from tuimail.store.encode import MAX_UID, clamp, count
from tuimail.store.flags import flag_set
from tuimail.store.gaps import spans_of
from tuimail.store.ingest import (
    Box,
    Tally,
    describe,
    known_rows,
    mark_here,
    modseq_column,
    put_flags,
    put_rows,
)
from tuimail.store.parts import Parts
from tuimail.store.removal import drop_older, fail_removals, vanish
from tuimail.store.ruling import note_new
from tuimail.store.values import Applied, Batch, Row, SyncState

__all__ = ["Applied", "Batch", "Row", "Sync", "SyncState"]


class Sync:
    """The one door through which server data gets into the header tables."""

    def __init__(self, state: Database, parts: Parts) -> None:
        self._state = state
        self._parts = parts
        self.note_news = False
        """News are written down for the rules, with their rows."""

    def state(self, mailbox: MailboxId) -> SyncState:
        """How far a mailbox has been applied; KeyError when there is none such."""
        with self._state.snapshot():
            row = self._state.row(
                "SELECT gen, uidvalidity, uidnext, modseq, srv_messages, srv_unseen,"
                " synced_at FROM mailbox WHERE id=?",
                (mailbox,),
            )
            spans = spans_of(self._state, mailbox)
        if row is None:
            raise KeyError(mailbox)
        gen, validity, uidnext, modseq, messages, unseen, synced_at = row
        return SyncState(
            gen=gen,
            uidvalidity=None if validity is None else UIDValidity(validity),
            uidnext=uidnext,
            modseq=None if modseq is None else ModSeq(modseq),
            spans=spans,
            messages=messages,
            unseen=unseen,
            synced_at=synced_at,
        )

    def known_uids(self, mailbox: MailboxId) -> UIDSet:
        """The UIDs that have a row, in this generation."""
        rows = self._state.rows(
            "SELECT uid, uid FROM msg WHERE mailbox_id=?1"
            " AND gen=(SELECT gen FROM mailbox WHERE id=?1)"
            " AND uid IS NOT NULL AND absent=0",
            (mailbox,),
        )
        return UIDSet(rows)

    def messages(self, mailbox: MailboxId, uids: UIDSet) -> list[MessageId]:
        """The messages that the server has under these UIDs, those that are here."""
        rows = self._state.rows(
            "SELECT m.id FROM json_each(?2) r CROSS JOIN msg m INDEXED BY msg_uid"
            " ON m.mailbox_id=?1 AND m.gen=(SELECT gen FROM mailbox WHERE id=?1)"
            " AND m.uid BETWEEN r.value->>0 AND r.value->>1 AND m.uid IS NOT NULL",
            (mailbox, json.dumps(uids.ranges)),
        )
        return [MessageId(id) for (id,) in rows]

    def server_flags(self, mailbox: MailboxId) -> dict[int, FlagSet]:
        """The flags that the server last reported, by UID of this generation."""
        rows = self._state.rows(
            "SELECT uid, s, s_kw FROM msg WHERE mailbox_id=?1 AND uid IS NOT NULL"
            " AND gen=(SELECT gen FROM mailbox WHERE id=?1) AND absent<>2",
            (mailbox,),
        )
        return {uid: flag_set(bits, words) for uid, bits, words in rows}

    def unchecked_for(self, mailbox: MailboxId) -> int:
        """Seconds since all that is known was last compared with the server.

        The first look starts the clock; a clock that was set back counts as long ago.
        """
        found = self._state.value("SELECT deep_at FROM mailbox WHERE id=?", (mailbox,))
        if found is None:
            self.checked(mailbox)
            return 0
        since = int(time.time()) - int(found)
        return since if since >= 0 else 2**31

    def checked(self, mailbox: MailboxId) -> None:
        """All that is known was compared with the server just now."""
        with self._state.write(durable=False) as tx:
            tx.execute(
                "UPDATE mailbox SET deep_at=? WHERE id=?", (int(time.time()), mailbox)
            )

    def apply(self, mailbox: MailboxId, batch: Batch) -> Applied:
        """Take over a batch: removals first, then rows, then flags.

        Raises StoreError when it was read in another generation of the mailbox, or
        under another UIDVALIDITY: its UIDs would name other messages.
        """
        described = describe(batch.rows)
        tally = Tally(refused=len(batch.rows) - len(described))
        with self._state.write(durable=False) as tx:
            box = _box(tx, mailbox)
            _check(box, batch)
            box.uidnext = batch.uidnext or box.uidnext
            vanish(tx, box, batch.vanished, tally)
            put_rows(tx, box, described, batch.span, tally)
            if box.local:
                mark_here(tx, box, described)
            known = known_rows(tx, box, _uids(batch)) if batch.flags else {}
            put_flags(tx, batch.flags, known, tally)
            if batch.news and self.note_news:
                note_new(tx, mailbox, tally.added)
            spans = _cover(tx, box, batch.span)
            if box.older and _complete(spans, box.uidnext):
                drop_older(tx, box, tally, lost=batch.synced)
            _note(tx, box, batch, tally)
        self._parts.forget(tally.contents)
        gone = set(tally.removed)
        return Applied(
            added=tuple(tally.added),
            changed=tuple(dict.fromkeys(id for id in tally.changed if id not in gone)),
            removed=tuple(tally.removed),
            refused=tally.refused,
        )

    def new_generation(
        self, mailbox: MailboxId, uidvalidity: UIDValidity | None
    ) -> None:
        """The server has numbered the mailbox anew: every known UID is void.

        Rows stay on screen without an address. Each gets its new UID when a batch
        brings the message it stands for; the rest goes when everything is known.
        Removals that were not sent fail: they must never hit another message.
        """
        with self._state.write(durable=False) as tx:
            tx.execute(
                "UPDATE mailbox SET gen=gen+1, uidvalidity=?, uidnext=NULL,"
                " modseq=NULL, held=0 WHERE id=?",
                (uidvalidity, mailbox),
            )
            tx.execute("DELETE FROM span WHERE mailbox_id=?", (mailbox,))
            tx.execute("DELETE FROM kept_ids WHERE mailbox_id=?", (mailbox,))
            fail_removals(tx, mailbox)


def _uids(batch: Batch) -> list[int]:
    return [uid for uid, _, _ in batch.flags if 0 < uid <= MAX_UID]


def _box(tx: sqlite3.Connection, mailbox: MailboxId) -> Box:
    row = tx.execute(
        "SELECT account_id, gen, uidvalidity, uidnext, kind<>'imap'"
        " FROM mailbox b JOIN account a ON a.id=account_id WHERE b.id=?",
        (mailbox,),
    ).fetchone()
    if row is None:
        raise KeyError(mailbox)
    account, gen, uidvalidity, uidnext, local = row
    older = tx.execute(_WITHOUT_ADDRESS, (mailbox, gen)).fetchone()[0]
    return Box(mailbox, account, gen, uidvalidity, uidnext, bool(older), bool(local))


_WITHOUT_ADDRESS = """
SELECT EXISTS(SELECT 1 FROM msg WHERE mailbox_id=?1 AND uid IS NULL AND absent<>3)
  OR EXISTS(SELECT 1 FROM msg WHERE mailbox_id=?1 AND gen<?2 AND uid IS NOT NULL
    AND absent<>2)"""


def _check(box: Box, batch: Batch) -> None:
    stale = batch.gen is not None and batch.gen != box.gen
    known, told = box.uidvalidity, batch.uidvalidity
    if stale or (known is not None and told is not None and known != told):
        raise StoreError("The server has renumbered this folder; it is read again.")


def _cover(tx: sqlite3.Connection, box: Box, span: UIDSet) -> UIDSet:
    """Add to the spans; gives all of them."""
    rows = tx.execute("SELECT lo, hi FROM span WHERE mailbox_id=?", (box.id,))
    old = UIDSet(rows.fetchall())
    new = old | span
    if new != old:
        tx.execute("DELETE FROM span WHERE mailbox_id=?", (box.id,))
        tx.executemany(
            "INSERT INTO span VALUES(?, ?, ?)",
            [(box.id, lo, hi) for lo, hi in new.ranges],
        )
    return new


def _complete(spans: UIDSet, uidnext: int | None) -> bool:
    return uidnext is not None and not UIDSet([(1, uidnext - 1)]) - spans


def _note(tx: sqlite3.Connection, box: Box, batch: Batch, tally: Tally) -> None:
    """Write what the batch says of the mailbox as a whole."""
    plain = batch.exists is None and batch.unseen is None and not batch.span
    modseq = modseq_column(batch.modseq)
    tx.execute(
        _NOTE,
        {
            "id": box.id,
            "uidvalidity": batch.uidvalidity,
            "uidnext": _uidnext(batch.uidnext),
            "keep": modseq is None,
            "modseq": modseq or None,
            "exists": count(batch.exists),
            "unseen": count(batch.unseen),
            "fewer": len(tally.removed) if plain else 0,
            "unread": tally.unseen if plain else 0,
            "known": tally.known,
            "held": tally.held,
            "synced": int(time.time()) if batch.synced else None,
        },
    )


def _uidnext(uidnext: int | None) -> int | None:
    return None if uidnext is None else clamp(uidnext, 1, MAX_UID + 1)


_NOTE = """
UPDATE mailbox SET
  uidvalidity=ifnull(:uidvalidity, uidvalidity),
  uidnext=ifnull(:uidnext, uidnext),
  modseq=iif(:keep, modseq, :modseq),
  srv_messages=ifnull(:exists, max(0, srv_messages - :fewer)),
  srv_unseen=ifnull(:unseen, max(0, srv_unseen + :unread)),
  known=known + :known, held=held + :held,
  synced_at=ifnull(:synced, synced_at)
WHERE id=:id"""
