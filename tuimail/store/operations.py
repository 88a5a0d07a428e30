"""The journal of what the user wants, and the way of flags to the server.

A gesture is one transaction that is on the disk before the screen shows it. An entry is
queued until the engine claims it; running while a command is under way; then done, or
queued again when the link broke, or failed. Failed entries stay until the user decides.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence

from tuimail.mail.types import UID, FlagSet, MailboxId, MessageId
from tuimail.store.carrying import record_carry
from tuimail.store.claim import claim_next
from tuimail.store.database import Database
from tuimail.store.encode import text
from tuimail.store.flags import NOTHING
from tuimail.store.gesture import record
from tuimail.store.journal import Gesture
from tuimail.store.moving import record_copy, record_move, record_removal
from tuimail.store.outcome import finish, quarantine, reopen
from tuimail.store.parts import Parts
from tuimail.store.snoozing import record_snooze
from tuimail.store.undoing import last_gesture, undo
from tuimail.store.values import FlagJob, Recorded, Undone

__all__ = ["FlagJob", "Operations", "Recorded", "Undone"]

_KEEP_SECONDS = 30 * 86400
"""How long finished entries are kept: history, and what a bug report needs."""


class Operations:
    """Tables `op` and `op_msg`, and what of `msg` follows from them."""

    def __init__(self, state: Database, parts: Parts) -> None:
        self._state = state
        self._parts = parts
        self.epoch = secrets.randbits(62)
        """This run: an outcome that another run reports is not taken."""
        self._recovered: set[str] = set()

    # -- gestures -----------------------------------------------------------

    def queue_flags(
        self,
        messages: Sequence[MessageId],
        add: FlagSet,
        remove: FlagSet,
        *,
        undoable: bool = True,
    ) -> int | None:
        """Set and clear flags as one gesture; None when nothing changes on screen.

        What is not `undoable` is what nobody did: an undo passes it over.

        Gives the id of the gesture. What was not sent yet and is taken back by this
        leaves the queue; what the server already has as wished is not sent.
        """
        changes = dict.fromkeys(messages, (add, remove))
        gesture = Gesture(undoing=not undoable)
        with self._state.write(durable=True) as tx:
            record(tx, changes, gesture)
        return gesture.group

    def queue_move(
        self,
        messages: Sequence[MessageId],
        target: MailboxId,
        verb: str = "move",
        *,
        add: FlagSet = NOTHING,
        remove: FlagSet = NOTHING,
        group: int | None = None,
    ) -> Recorded | None:
        """Move messages, setting and clearing flags, as one gesture.

        Or as more of the gesture `group`. Messages of other accounts are left alone.
        None when nothing changes.
        """
        gesture = Gesture(group=group)
        with self._state.write(durable=True) as tx:
            if add != NOTHING or remove != NOTHING:
                record(tx, dict.fromkeys(messages, (add, remove)), gesture)
            record_move(tx, dict.fromkeys(messages, target), gesture, verb)
        return gesture.recorded()

    def queue_filing(self, targets: Mapping[MessageId, MailboxId]) -> Recorded | None:
        """Move each message to its own folder, of any account, as one gesture."""
        gesture = Gesture()
        numbers = {int(message): int(target) for message, target in targets.items()}
        with self._state.write(durable=True) as tx:
            record_move(tx, numbers, gesture)
            record_carry(tx, numbers, gesture)
        return gesture.recorded()

    def queue_ruling(
        self,
        messages: Sequence[MessageId],
        rule: str,
        *,
        target: MailboxId | None = None,
        verb: str = "move",
        add: FlagSet = NOTHING,
        remove: FlagSet = NOTHING,
        until: int | None = None,
    ) -> Recorded | None:
        """What a rule does, as one gesture: flags, then a place, then out of sight.

        With the name of a `rule` only the history takes it back; without, an undo does.
        """
        gesture = Gesture(rule=rule)
        with self._state.write(durable=True) as tx:
            if add != NOTHING or remove != NOTHING:
                record(tx, dict.fromkeys(messages, (add, remove)), gesture)
            if target is not None:
                record_move(tx, dict.fromkeys(messages, target), gesture, verb)
            if until is not None:
                record_snooze(tx, messages, until, gesture, "snooze")
        return gesture.recorded()

    def queue_copy(
        self, messages: Sequence[MessageId], target: MailboxId
    ) -> Recorded | None:
        """Copy messages into a mailbox of their account; None for nothing."""
        gesture = Gesture()
        with self._state.write(durable=True) as tx:
            record_copy(tx, messages, target, gesture)
        return gesture.recorded()

    def queue_removal(
        self, messages: Sequence[MessageId], grace_s: int = 0
    ) -> Recorded | None:
        """Remove messages for good, sent after `grace_s` seconds; None for nothing."""
        gesture = Gesture()
        later = int(time.time()) + grace_s if grace_s else None
        with self._state.write(durable=True) as tx:
            record_removal(tx, messages, gesture, later)
        return gesture.recorded()

    def undo_last(self, *, since: int = 0) -> Undone | None:
        """Take back the last gesture, made after `since` (seconds since the epoch).

        What was not sent leaves the queue, for the rest the opposite is queued. None
        when there is nothing to take back.
        """
        with self._state.write(durable=True) as tx:
            group = last_gesture(tx, since)
            return None if group is None else undo(tx, group)

    def undo(self, group: int) -> Undone:
        """Take back one gesture of the history, as far as that is still possible."""
        with self._state.write(durable=True) as tx:
            return undo(tx, group)

    # -- on the way to the server -------------------------------------------

    def claim_flags(self, account: str, but: Collection[int] = ()) -> Iterator[FlagJob]:
        """What there is to send, one job at a time, each claimed as it is given.

        Every job must be ended by exactly one of `confirm_flags`, `release_flags` and
        `fail_flags`. No message is given twice by one iterator, and none of `but`.
        Messages whose address is not known wait. The first call puts back what an
        earlier run left.
        """
        self.recover_once(account)
        given = set(but)
        while True:
            with self._state.write(durable=True) as tx:
                job = claim_next(tx, account, self.epoch, given)
            if job is None:
                return
            given.update(job.rows.values())
            yield job

    def confirm_flags(self, job: FlagJob, rows: Mapping[UID, FlagSet]) -> None:
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

    def recover_once(self, account: str) -> None:
        """Put back what an earlier run left, when this run has not done so yet."""
        if account not in self._recovered:
            self.recover(account)

    def others_were_here(self, account: str) -> None:
        """Another process may have left something under way for this account."""
        self._recovered.discard(account)

    def recover(self, account: str) -> int:
        """Put back what an earlier run left under way; gives how many entries.

        To be called by whoever alone sends for this account. What may be repeated is
        queued again; the rest becomes unsure, to be looked for. What was under way in
        two runs that died is not tried a third time by itself. Old finished entries
        are dropped on the way.
        """
        with self._state.write(durable=True) as tx:
            left = tx.execute(
                "SELECT id, kind FROM op WHERE state='running' AND epoch IS NOT ?"
                " AND account_id=(SELECT id FROM account WHERE name=?)",
                (self.epoch, account),
            ).fetchall()
            again = [op for op, kind in left if kind in ("flag", "expunge")]
            reopen(tx, again, "sent")
            tx.executemany(
                "UPDATE op SET state='unsure' WHERE id=?",
                [(op,) for op, kind in left if op not in again],
            )
            quarantine(tx, [op for op, _ in left])
            tx.execute(
                "DELETE FROM op WHERE state IN('done','void') AND changed<?",
                (int(time.time()) - _KEEP_SECONDS,),
            )
        self._recovered.add(account)
        return len(left)

    def _finish(
        self,
        job: FlagJob,
        state: str,
        error: str,
        rows: Mapping[UID, FlagSet] | None = None,
    ) -> None:
        with self._state.write(durable=True) as tx:
            contents = finish(tx, job, state, text(error)[:1000], rows or {})
        self._parts.forget(contents)
