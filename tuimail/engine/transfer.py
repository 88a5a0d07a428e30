"""Move, copy and remove messages on the server: each once, whatever happens.

Before a command that must not be repeated the state of the target is written down.
When nobody knows whether it was carried out, source and target are looked at; what is
in the target since then is the message, what is still in the source was not moved.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from tuimail.engine.sync_imap import HIGHEST, header_rows, select_known
from tuimail.engine.verdict import judge
from tuimail.errors import AccountError, Gone, ServerFault, Unreachable
from tuimail.mail.types import UID, Flag, MailboxId
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.values import Batch, Evidence, TransferJob, TransferOutcome

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

log = logging.getLogger(__name__)
REFUSALS_MAX = 40
"""Refused commands in one job; a server that refuses everything is not asked on."""
PRECIOUS = Flag.FLAGGED | Flag.ANSWERED
"""A message that somebody gave one of these meanwhile is not removed unasked."""
READ_ONLY = "The folder can only be read; nothing in it can be changed."
NOT_MOVED = "The server said that it moved the message, and did not."
NOT_FOUND = (
    "The server said that it copied the message, but the copy cannot be found in the"
    " target folder. Look there before you try again."
)
DOUBT_S = 600
"""Seconds before something is tried again that was said to be done."""
NO_UIDPLUS = (
    "The messages are marked as deleted. This server cannot remove single messages; "
    "another program can purge the folder."
)


NOT_REMOVED = "The server did not remove it; you may not have the right to."


class Transfer:
    """One job on one connection."""

    def __init__(self, session: ImapSession, store: Store, job: TransferJob) -> None:
        self.session = session
        self.store = store
        self.job = job
        self.gone: set[int] = set()
        """UIDs of messages that were not there any more."""
        self._refusals = 0

    def carry_out(self) -> frozenset[MailboxId]:
        """Do it; gives the mailboxes whose lists changed.

        Raises Unreachable when the link breaks: what is then unknown is noted as such.
        """
        try:
            select_known(self.session, self.store, self.job.mailbox)
        except (Unreachable, Gone):
            raise
        except AccountError as error:
            return self._refuse(error)
        try:
            before = self._evidence()
        except Unreachable:
            raise
        except AccountError as error:
            return self._refuse(error)
        self.job = self.store.transfers.begin(self.job, before)
        if not self.job.rows:
            return frozenset()
        try:
            outcome = self._attempt(self.job)
        except Unreachable as error:
            self._broken(str(error))
            raise
        return self._end(outcome)

    def resolve(self) -> frozenset[MailboxId]:
        """Find out what an earlier, broken-off try has done."""
        if self.job.before is None:
            # It ended before any command went out.
            return self._end(TransferOutcome(again=set(self.job.rows)))
        try:
            return self._end(self._look(self.job))
        except Unreachable:
            raise
        except AccountError as error:
            # A folder was renumbered or cannot be opened: looked at another time.
            log.info("what became of a change is still not known: %s", error)
            return frozenset()

    # -- inside -------------------------------------------------------------

    def _end(self, outcome: TransferOutcome) -> frozenset[MailboxId]:
        self.gone = set(outcome.gone)
        return self.store.transfers.conclude(self.job, outcome)

    def _refuse(self, error: AccountError) -> frozenset[MailboxId]:
        """Nothing could be sent at all; noted for each message."""
        self.job = self.store.transfers.begin(self.job, None)
        return self._end(self._refused(self.job, error))

    def _broken(self, reason: str) -> None:
        if self.job.kind == "expunge":
            again = TransferOutcome(again=set(self.job.rows), error=reason)
            self._end(again)
        else:
            self.store.transfers.suspend(self.job, reason)

    def _evidence(self) -> Evidence | None:
        if self.job.kind == "expunge":
            return None
        return evidence(self.session, self.job.target_name)

    def _attempt(self, job: TransferJob) -> TransferOutcome:
        """Do it for all at once; when that is refused, for each half."""
        opened = self.session.opened
        if job.kind != "copy" and opened is not None and opened.readonly:
            return _all_failed(job, READ_ONLY)
        try:
            return self._command(job)
        except Unreachable:
            raise
        except AccountError as error:
            self._refusals += 1
            verdict = judge(error, job.tries)
            alone = len(job.rows) == 1 or verdict.fixable
            if alone or self._refusals > REFUSALS_MAX:
                return self._refused(job, error)
        uids = sorted(job.rows)
        middle = len(uids) // 2
        first = self._attempt(job.part(set(uids[:middle])))
        return _together(first, self._attempt(job.part(set(uids[middle:]))))

    def _refused(self, job: TransferJob, error: AccountError) -> TransferOutcome:
        verdict = judge(error, job.tries)
        found = TransferOutcome(error=verdict.words, error_class=verdict.error_class)
        if verdict.again_s is None:
            found.failed = set(job.rows)
        else:
            found.again, found.wait_s = set(job.rows), verdict.again_s
        return found

    def _command(self, job: TransferJob) -> TransferOutcome:
        if job.kind == "expunge":
            return self._remove(job)
        if job.kind == "copy":
            return self._copy(job)
        by_hand = set(job.copied) & set(job.rows)
        if not self.session.change.moves:
            by_hand = set(job.rows)
        outcome = TransferOutcome()
        if by_hand:
            outcome = self._move_by_hand(job.part(by_hand))
        rest = job.part(set(job.rows) - by_hand)
        return _together(outcome, self._move(rest)) if rest.rows else outcome

    def _move(self, job: TransferJob) -> TransferOutcome:
        copied = self.session.change.move(job.uids, job.target_name)
        outcome = TransferOutcome(
            arrived={u: v for u, v in copied.uids.items() if u in job.rows},
            uidvalidity=copied.uidvalidity,
        )
        rest = set(job.rows) - set(outcome.arrived)
        if not rest:
            return outcome
        if outcome.arrived and self.session.change.expunges:
            # The server told where each went: those that it left out were not there.
            outcome.gone = set(rest)
            return outcome
        looked = self._look(job.part(rest))
        if looked.again:
            looked.error, looked.wait_s = NOT_MOVED, DOUBT_S
        return _together(outcome, looked)

    def _copy(self, job: TransferJob) -> TransferOutcome:
        """What was copied has arrived; what cannot be found is never copied again."""
        if job.tries and job.kind == "copy":
            return self._copy_again(job)
        copied = self.session.change.copy(job.uids, job.target_name)
        outcome = TransferOutcome(
            arrived={u: v for u, v in copied.uids.items() if u in job.rows},
            uidvalidity=copied.uidvalidity,
        )
        rest = job.part(set(job.rows) - set(outcome.arrived))
        if not rest.rows:
            return outcome
        if outcome.arrived and self.session.change.expunges:
            outcome.gone = set(rest.rows)
            return outcome
        found, validity = self._found_in_target(rest)
        left: set[int] = {int(uid) for uid in rest.rows} - set(found)
        outcome.arrived |= {int(uid): new for uid, new in found.items()}
        outcome.uidvalidity = outcome.uidvalidity or validity
        outcome.failed = (
            left & {int(uid) for uid in self._present(rest)} if left else set()
        )
        outcome.gone = left - outcome.failed
        if outcome.failed:
            outcome.error, outcome.error_class = NOT_FOUND, "fixable"
        return outcome

    def _copy_again(self, job: TransferJob) -> TransferOutcome:
        """An earlier try may have come through after all: only the rest is copied."""
        found, validity = self._found_in_target(job)
        arrived: dict[int, int | None] = {int(uid): new for uid, new in found.items()}
        outcome = TransferOutcome(arrived=arrived, uidvalidity=validity)
        rest = job.part({uid for uid in job.rows if uid not in found})
        if not rest.rows:
            return outcome
        select_known(self.session, self.store, job.mailbox)
        return _together(outcome, self._copy(rest._replace(tries=0)))

    def _move_by_hand(self, job: TransferJob) -> TransferOutcome:
        """COPY, mark, remove (RFC 6851 §3): for servers without MOVE."""
        there = {UID(uid): new for uid, new in job.copied.items() if uid in job.rows}
        rest = job.part(set(job.rows) - set(there))
        outcome = TransferOutcome()
        if rest.rows:
            outcome = self._copy(rest)
            there |= {UID(u): v for u, v in outcome.arrived.items() if v is not None}
            self.store.transfers.copied(rest, there)
            select_known(self.session, self.store, job.mailbox)
        if there:
            which = UIDSet.of(there)
            self.session.change.delete(which)
            if self.session.change.expunges:
                self.session.change.expunge(which)
        outcome.arrived = {int(uid): new for uid, new in there.items()}
        outcome.uidvalidity = self._target_validity(job)
        return outcome

    def _target_validity(self, job: TransferJob) -> int:
        assert job.target is not None
        known = self.store.sync.state(job.target).uidvalidity
        return known or (job.before.uidvalidity if job.before else 0)

    def _remove(self, job: TransferJob) -> TransferOutcome:
        rows = self.session.fetch_flags(job.uids)
        there = {row.uid: row for row in rows if row.uid in job.rows and row.flags}
        outcome = TransferOutcome(gone={u for u in job.rows if u not in there})
        for uid, row in there.items():
            assert uid is not None
            assert row.flags is not None
            if row.flags.bits & PRECIOUS & ~job.guard.get(uid, Flag.NONE):
                outcome.failed.add(uid)
        since = max((row.modseq or 0 for row in there.values()), default=0)
        which = UIDSet.of(u for u in there if u and u not in outcome.failed)
        if which:
            changed = self.session.change.delete(which, unchanged_since=since or None)
            outcome.failed |= set(changed & which)
            which = which - changed
        if outcome.failed:
            outcome.error = "It was flagged or answered since; delete it again if so."
            outcome.error_class = "fixable"
        if which and not self.session.change.expunges:
            outcome.failed |= set(which)
            outcome.error = NO_UIDPLUS
        elif which:
            self.session.change.expunge(which)
            self._see_removed(job.part(set(which)), outcome)
        return outcome

    def _see_removed(self, job: TransferJob, outcome: TransferOutcome) -> None:
        """A server with rights says OK to a removal that one has no right to make."""
        stayed: set[int] = set()
        if "ACL" in self.session.capabilities:
            stayed = {int(uid) for uid in self._present(job)}
        outcome.arrived = dict.fromkeys(set(job.rows) - stayed)
        if stayed:
            outcome.failed |= stayed
            outcome.error, outcome.error_class = NOT_REMOVED, "fixable"

    def _look(self, job: TransferJob) -> TransferOutcome:
        """What is in the source, what is in the target since the evidence.

        A server may still be at the command whose answer was lost: what has left the
        source since the first look is in the target by now.
        """
        found, validity = self._found_in_target(job)
        present = self._present(job)
        if any(uid not in present and uid not in found for uid in job.rows):
            found, validity = self._found_in_target(job)
        outcome = TransferOutcome(uidvalidity=validity)
        for uid in job.rows:
            if job.kind == "copy" and uid in found:
                outcome.arrived[uid] = found[uid]
            elif uid in present:
                outcome.again.add(uid)
            elif uid in found:
                outcome.arrived[uid] = found[uid]
            else:
                outcome.gone.add(uid)
        halfway = {u: v for u, v in found.items() if u in outcome.again}
        if halfway:
            self.store.transfers.copied(job, halfway)
        return outcome

    def _present(self, job: TransferJob) -> UIDSet:
        """Which of the messages are still where they were."""
        if self.store.sync.state(job.mailbox).gen != job.gen:
            # Renumbered, and read to the end since: the old numbers name others now.
            return UIDSet()
        select_known(self.session, self.store, job.mailbox)
        return self.session.search_uids(b"ALL", within=job.uids)

    def _found_in_target(self, job: TransferJob) -> tuple[dict[UID, int], int]:
        assert job.target is not None
        assert job.before is not None
        try:
            selected = self.session.select(job.target_name)
        except Unreachable:
            raise
        except AccountError:
            if self.session.change.exists(job.target_name):
                raise
            return {}, 0
        state = self.store.sync.state(job.target)
        if state.uidvalidity not in (None, selected.uidvalidity):
            self.store.sync.new_generation(job.target, selected.uidvalidity)
        if selected.uidvalidity != job.before.uidvalidity:
            return {}, selected.uidvalidity
        low = job.before.uidnext
        if selected.uidnext is not None:
            above = UIDSet([(low, selected.uidnext - 1)] * (selected.uidnext > low))
        else:
            later = UIDSet([(low, HIGHEST)])
            above = self.session.search_uids(b"ALL", within=later)
        rows = self.session.fetch_headers(above) if above else []
        batch = Batch(
            rows=header_rows(rows, above),
            span=above,
            uidvalidity=selected.uidvalidity,
        )
        self.store.sync.apply(job.target, batch)
        return self.store.transfers.found_in_target(job), selected.uidvalidity


def evidence(session: ImapSession, target: bytes) -> Evidence:
    """How a mailbox stands, so that what comes later can be told from what was there.

    Raises Gone when there is no such mailbox, ServerFault when it cannot be told.
    """
    change = session.change
    try:
        status = change.standing(target)
    except ServerFault as error:
        # Not every server says by a code that a folder does not exist.
        if change.exists(target):
            raise
        raise Gone(str(error), text=error.text) from error
    if status.uidvalidity is None:
        raise ServerFault("The server gives no counts for the target folder.")
    if status.uidnext is None:
        raise ServerFault("The server gives no UIDNEXT for the target folder.")
    return Evidence(status.uidvalidity, status.uidnext)


def _all_failed(job: TransferJob, words: str) -> TransferOutcome:
    return TransferOutcome(failed=set(job.rows), error=words)


def _together(a: TransferOutcome, b: TransferOutcome) -> TransferOutcome:
    return replace(
        a,
        arrived={**a.arrived, **b.arrived},
        gone=a.gone | b.gone,
        again=a.again | b.again,
        failed=a.failed | b.failed,
        error=a.error or b.error,
        error_class=a.error_class or b.error_class,
        wait_s=max(a.wait_s, b.wait_s),
        uidvalidity=a.uidvalidity or b.uidvalidity,
    )
