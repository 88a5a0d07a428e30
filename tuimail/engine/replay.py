"""Carry what the user did to the server: journal in, session out, proof back.

One command at a time, so that what somebody waits for can come between. Folders come
first, then flags, which travel with a message, then moves, copies and removals, then
what comes from elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tuimail.engine.append import Append
from tuimail.engine.folder_change import change_folder
from tuimail.engine.sync_imap import select_known
from tuimail.engine.transfer import READ_ONLY, REFUSALS_MAX, Transfer
from tuimail.errors import AccountError, Gone, Unreachable
from tuimail.mail.types import UID, FlagSet, MailboxId, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.values import FlagJob

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

TURNS_MAX = 5
"""How often one message is taken up on one connection before it waits for the next."""
NO_KEYWORDS = "The server does not keep labels in this folder."
NOT_KEPT = (
    "The server accepted the change but did not make it; you may not have the right."
)


class Replay:
    """Everything pending of one account, on one connection."""

    def __init__(self, session: ImapSession, store: Store, account: str) -> None:
        self.session = session
        self._store = store
        self._account = account
        self.notes: list[str] = []
        """Sentences for the user; whoever tells them clears the list."""
        self.stirred: set[str] = set()
        """Accounts that waited for what was done; whoever tells them clears it."""
        self._turns: Counter[int] = Counter()
        self._folders: set[int] = set()
        self._resolved = False

    def step(self) -> frozenset[MailboxId] | None:
        """Do one thing; gives the mailboxes whose lists changed, None: all is done.

        Raises Unreachable when the link breaks; everything stays in the journal.
        """
        self._store.operations.recover_once(self._account)
        if not self._resolved:
            self._resolved = True
            return self._resolve()
        kinds = (self._change_folder, self._send_flags, self._transfer, self._append)
        for kind in kinds:
            changed = kind()
            if changed is not None:
                return changed
        return None

    def _resolve(self) -> frozenset[MailboxId]:
        """First of all: what earlier tries have left open."""
        changed: set[MailboxId] = set()
        epoch = self._store.operations.epoch
        for job in self._store.transfers.unsure(self._account, epoch):
            changed |= Transfer(self.session, self._store, job).resolve()
        for message in self._store.appends.unsure(self._account, epoch):
            append = Append(self.session, self._store, message)
            changed |= append.resolve()
            self.stirred |= append.waiting
        self._store.appends.sweep(self._account)
        return frozenset(changed)

    def _change_folder(self) -> frozenset[MailboxId] | None:
        epoch = self._store.operations.epoch
        job = self._store.folders.claim(self._account, epoch, self._folders)
        if job is None:
            return None
        self._folders.add(job.op)
        change_folder(self.session, self._store, job)
        return frozenset({job.mailbox})

    def _transfer(self) -> frozenset[MailboxId] | None:
        epoch = self._store.operations.epoch
        job = self._store.transfers.claim(self._account, epoch, self._tired())
        if job is None:
            return None
        self._count(message for _, message in job.rows.values())
        transfer = Transfer(self.session, self._store, job)
        changed = transfer.carry_out()
        self._note_gone(transfer)
        return changed

    def _append(self) -> frozenset[MailboxId] | None:
        job = self._store.appends.claim(self._account, self._store.operations.epoch)
        if job is None:
            return None
        append = Append(self.session, self._store, job)
        changed = append.carry_out()
        self.stirred |= append.waiting
        return changed

    def _note_gone(self, transfer: Transfer) -> None:
        """Somebody else was first: the user should know that nothing was done."""
        count = len(transfer.gone)
        if count and transfer.job.kind != "expunge":
            them = "1 message was" if count == 1 else f"{count} messages were"
            verb = "copied" if transfer.job.kind == "copy" else "moved"
            self.notes.append(f"{them} not {verb}: another program took them away.")

    def _send_flags(self) -> frozenset[MailboxId] | None:
        store = self._store
        for job in store.operations.claim_flags(self._account, self._tired()):
            self._count(job.rows.values())
            try:
                select_known(self.session, store, job.mailbox)
                self._store_flags(job, [0])
            except (Unreachable, Gone) as error:
                # Gone: the folder is not what it was; nothing of this was sent.
                store.operations.release_flags(job, str(error))
                raise
            except AccountError as error:
                store.operations.fail_flags(job, error.text or str(error))
            return frozenset({job.mailbox})
        return None

    def _store_flags(self, job: FlagJob, refusals: list[int]) -> None:
        """One STORE for all; when that is refused, for each half."""
        cannot = self._cannot(job)
        if cannot:
            self._store.operations.fail_flags(job, cannot)
            return
        try:
            rows = self.session.store_flags(job.uids, add=job.add, remove=job.remove)
        except Unreachable:
            raise
        except AccountError as error:
            refusals[0] += 1
            if len(job.rows) == 1 or refusals[0] > REFUSALS_MAX:
                words = error.text or str(error)
                self._store.operations.fail_flags(job, words)
                return
        else:
            told = {r.uid: r.flags for r in rows if r.uid and r.flags is not None}
            self._confirm(job, told | self._silent(job, told))
            return
        uids = sorted(job.rows)
        for half in (uids[: len(uids) // 2], uids[len(uids) // 2 :]):
            self._store_flags(_part(job, half), refusals)

    def _silent(self, job: FlagJob, told: dict[UID, FlagSet]) -> dict[UID, FlagSet]:
        """Flags of messages of which the server said nothing.

        That is how a change is passed over that the user has no right to make.
        """
        silent = UIDSet.of(uid for uid in job.rows if uid not in told)
        if not silent or "ACL" not in self.session.capabilities:
            return {}
        rows = self.session.fetch_flags(silent)
        return {r.uid: r.flags for r in rows if r.uid and r.flags is not None}

    def _confirm(self, job: FlagJob, told: dict[UID, FlagSet]) -> None:
        """What the server reports otherwise than it was told, it did not do."""
        refused = [uid for uid, flags in told.items() if _contradicts(flags, job)]
        kept = [uid for uid in job.rows if uid not in refused]
        self._store.operations.confirm_flags(_part(job, kept), told)
        if refused:
            self._store.operations.fail_flags(_part(job, refused), NOT_KEPT)

    def _cannot(self, job: FlagJob) -> str:
        """Why the folder cannot keep this change; `''` when it can."""
        opened = self.session.opened
        if opened is None:
            return ""
        if opened.readonly:
            return READ_ONLY
        new = bool(job.add.keywords)
        return NO_KEYWORDS if new and not opened.keywords_allowed else ""

    def _count(self, messages: Iterable[MessageId]) -> None:
        self._turns.update(messages)

    def _tired(self) -> set[int]:
        return {m for m, turns in self._turns.items() if turns >= TURNS_MAX}


def _part(job: FlagJob, uids: Iterable[int]) -> FlagJob:
    wanted = set(uids)
    return job._replace(rows={u: m for u, m in job.rows.items() if u in wanted})


def _contradicts(flags: FlagSet, job: FlagJob) -> bool:
    missing = job.add.bits & ~flags.bits or job.add.keywords - flags.keywords
    return bool(missing or job.remove.bits & flags.bits)
