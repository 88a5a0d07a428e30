"""The journal of what the user wants, and its way to the server.

A gesture is one transaction that is on the disk before the screen shows it. An entry is
queued until the engine claims it; running while a command is under way; then done, or
queued again when the link broke, or failed. Failed entries stay until the user decides.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import FlagSet, MessageId, SafeText
from tuimail.store.claim import claim_next
from tuimail.store.database import Database
from tuimail.store.encode import text
from tuimail.store.flags import load
from tuimail.store.gesture import record, to_undo
from tuimail.store.outcome import close_entries, finish, reopen
from tuimail.store.parts import Parts
from tuimail.store.values import FlagJob, QueueEntry, Undone

__all__ = ["FlagJob", "Operations", "QueueEntry", "Undone"]

_KEEP_SECONDS = 30 * 86400
"""How long finished entries are kept: history, and what a bug report needs."""


class Operations:
    """Tables `op` and `op_msg`, and the delta layers of `msg` that follow from them."""

    def __init__(self, state: Database, parts: Parts) -> None:
        self._state = state
        self._parts = parts
        self.epoch = secrets.randbits(62)
        """This run: an outcome that another run reports is not taken."""
        self._recovered = False

    # -- gestures -----------------------------------------------------------

    def queue_flags(
        self, messages: Sequence[MessageId], add: FlagSet, remove: FlagSet
    ) -> int | None:
        """Set and clear flags as one gesture; None when nothing changes on screen.

        Gives the id of the gesture. What was not sent yet and is taken back by this
        leaves the queue; what the server already has as wished is not sent.
        """
        changes = dict.fromkeys(messages, (add, remove))
        with self._state.write(durable=True) as tx:
            return record(tx, changes)

    def undo_last(self, *, since: int = 0) -> Undone | None:
        """Take back the last gesture, made after `since` (seconds since the epoch).

        What was not sent leaves the queue, for the rest the opposite is queued. None
        when there is nothing to take back.
        """
        with self._state.write(durable=True) as tx:
            found = to_undo(tx, since)
            if found is None:
                return None
            tx.execute("UPDATE op SET undone=1 WHERE group_id=?", (found.group,))
            close_entries(tx, found.failed)
            record(tx, found.changes, undoing=True)
            return found.undone()

    # -- on the way to the server -------------------------------------------

    def claim_flags(self, account: str) -> Iterator[FlagJob]:
        """What there is to send, one job at a time, each claimed as it is given.

        Every job must be ended by exactly one of `confirm_flags`, `release_flags` and
        `fail_flags`. No message is given twice by one iterator. Messages whose address
        is not known wait. The first call puts back what an earlier run left.
        """
        if not self._recovered:
            self.recover()
        given: set[int] = set()
        while True:
            with self._state.write(durable=True) as tx:
                job = claim_next(tx, account, self.epoch, given)
            if job is None:
                return
            given.update(job.rows.values())
            yield job

    def confirm_flags(self, job: FlagJob, rows: Mapping[int, FlagSet]) -> None:
        """The server said OK; `rows` are the flags it reported, by UID.

        Messages it reported nothing for have what was sent.
        """
        self._finish(job, "done", "", rows)

    def release_flags(self, job: FlagJob, reason: str = "") -> None:
        """The link broke: send it again later, for it may or may not have arrived."""
        self._finish(job, "todo", reason)

    def fail_flags(self, job: FlagJob, error: str) -> None:
        """The server refused: the view returns to its truth, the entry stays."""
        self._finish(job, "failed", error)

    def recover(self) -> int:
        """Put back what an earlier run left under way; gives how many entries.

        Flags are queued again. Commands that must not be repeated become unsure. Old
        finished entries are dropped on the way.
        """
        with self._state.write(durable=True) as tx:
            left = tx.execute(
                "SELECT id, kind FROM op WHERE state='running' AND epoch IS NOT ?",
                (self.epoch,),
            ).fetchall()
            reopen(tx, [op for op, kind in left if kind == "flag"], "sent")
            tx.executemany(
                "UPDATE op SET state='unsure' WHERE id=?",
                [(op,) for op, kind in left if kind != "flag"],
            )
            tx.execute(
                "DELETE FROM op WHERE state IN('done','void') AND changed<?",
                (int(time.time()) - _KEEP_SECONDS,),
            )
        self._recovered = True
        return len(left)

    # -- what is queued -----------------------------------------------------

    def counts(self, account: str) -> tuple[int, int]:
        """Gestures of an account that are pending, and that failed."""
        row = self._state.row(
            "SELECT count(DISTINCT iif(state IN('failed','asking'), NULL, group_id)),"
            " count(DISTINCT iif(state IN('failed','asking'), group_id, NULL))"
            " FROM op WHERE account_id=(SELECT id FROM account WHERE name=?)"
            " AND state NOT IN('done','void')",
            (account,),
        )
        return row[0], row[1]

    def live(self, account: str) -> list[QueueEntry]:
        """Entries that are not finished, oldest first."""
        return [_entry(row) for row in self._state.rows(_LIVE, (account,))]

    def retry(self, op: int) -> bool:
        """Queue a failed entry again; False when it is not failed."""
        with self._state.write(durable=True) as tx:
            if not _in_state(tx, op, ("failed",)):
                return False
            reopen(tx, [op], "failed")
        return True

    def discard(self, op: int) -> bool:
        """Forget an entry that is not under way; False when that is too late."""
        with self._state.write(durable=True) as tx:
            if not _in_state(tx, op, ("failed", "queued", "held")):
                return False
            close_entries(tx, [op])
        return True

    def _finish(
        self,
        job: FlagJob,
        state: str,
        error: str,
        rows: Mapping[int, FlagSet] | None = None,
    ) -> None:
        with self._state.write(durable=True) as tx:
            contents = finish(tx, job, state, text(error)[:1000], rows or {})
        self._parts.forget(contents)


def _in_state(tx: sqlite3.Connection, op: int, states: tuple[str, ...]) -> bool:
    row = tx.execute(
        "SELECT state FROM op WHERE id=? AND kind='flag'", (op,)
    ).fetchone()
    return row is not None and row[0] in states


_LIVE = """
SELECT o.id, o.group_id, o.kind, b.id, b.name, o.state,
  (SELECT count(*) FROM op_msg WHERE op_id=o.id AND state NOT IN('done','gone')),
  om.msg_id, c.subject, om.did, o.err, o.created, o.tries
FROM op o JOIN mailbox b ON b.id=o.src_id
  LEFT JOIN op_msg om ON om.op_id=o.id AND om.msg_id=(SELECT min(msg_id)
    FROM op_msg WHERE op_id=o.id AND state NOT IN('done','gone'))
  LEFT JOIN msg m ON m.id=om.msg_id LEFT JOIN content c ON c.id=m.content_id
WHERE o.account_id=(SELECT id FROM account WHERE name=?)
  AND o.state NOT IN('done','void') ORDER BY o.id"""


def _entry(row: Any) -> QueueEntry:
    op, group, kind, mailbox, name, state, messages = row[:7]
    first, subject, did, error, created, tries = row[7:]
    change = load(did or "")
    return QueueEntry(
        op=op,
        group=group,
        kind=kind,
        mailbox=mailbox,
        mailbox_name=SafeText(name),
        state=state,
        messages=messages,
        first=first,
        subject=SafeText(subject or ""),
        add=change.add,
        remove=change.remove,
        error=safe_text(error or ""),
        created=created,
        tries=tries,
    )
