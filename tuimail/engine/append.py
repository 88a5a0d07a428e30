"""Store messages on a server that come from another account or from a file: each once.

Before APPEND the state of the target is written down. When nobody knows whether it was
carried out, the target is looked at; what came since then and is the same is the
message. It leaves the place where it was only when it is there.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tuimail.engine.sync_imap import HIGHEST, header_rows, select_known
from tuimail.engine.transfer import evidence
from tuimail.engine.verdict import judge
from tuimail.errors import AccountError, Gone, StoreError, Unreachable
from tuimail.mail.types import UID, MailboxId, MessageId, Section
from tuimail.mail.uidset import UIDSet
from tuimail.store.appends import FOLDER
from tuimail.store.store import Store
from tuimail.store.values import AppendJob, Batch

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

log = logging.getLogger(__name__)
SLICE = 262_144
LARGEST = 200 * 1024 * 1024
"""Octets of a message that is taken from one account to another."""


class Append:
    """One message on one connection."""

    def __init__(self, session: ImapSession, store: Store, job: AppendJob) -> None:
        self.session = session
        self.store = store
        self.job = job
        self.waiting: set[str] = set()
        """Accounts that waited for it to be there."""

    def carry_out(self) -> frozenset[MailboxId]:
        """Do it; gives the mailboxes whose lists changed.

        Raises Unreachable when the link breaks: it is then looked for later.
        """
        try:
            octets = self.store.vault.read(self.job.account, FOLDER, self.job.blob)
            before = evidence(self.session, self.job.target_name)
        except Unreachable:
            raise
        except (AccountError, StoreError) as error:
            return self._refused(error)
        self.job = self.job._replace(before=before)
        if not self.store.appends.begin(self.job, before):
            return frozenset()
        try:
            copied = self.session.change.append(
                self.job.target_name, octets, self.job.flags, self.job.arrival
            )
        except Unreachable as error:
            self.store.appends.suspend(self.job, str(error))
            raise
        except AccountError as error:
            return self._judged(error)
        uid, validity = copied.uids.get(0), copied.uidvalidity
        if uid is None:
            # No UIDPLUS. It was stored, so it is not stored again, found or not.
            uid, validity = self._look()
        return self._stored(uid, validity)

    def resolve(self) -> frozenset[MailboxId]:
        """Find out what an earlier, broken-off try has done."""
        if self.job.before is None:
            # It ended before any command went out.
            self.store.appends.again(self.job)
            return frozenset({self.job.target})
        try:
            uid, validity = self._look()
        except Unreachable:
            raise
        except AccountError as error:
            log.info("what became of a message is still not known: %s", error)
            return frozenset()
        if uid is not None:
            return self._stored(uid, validity)
        self.store.appends.again(self.job)
        return frozenset({self.job.target})

    # -- inside -------------------------------------------------------------

    def _stored(self, uid: int | None, uidvalidity: int) -> frozenset[MailboxId]:
        self.waiting = self.store.appends.stored(self.job, uid, uidvalidity)
        return frozenset({self.job.target})

    def _refused(self, error: AccountError | StoreError) -> frozenset[MailboxId]:
        """Nothing was sent."""
        if self.store.appends.begin(self.job, None):
            return self._judged(error)
        return frozenset()

    def _judged(self, error: AccountError | StoreError) -> frozenset[MailboxId]:
        if isinstance(error, StoreError):
            self.store.appends.failed(self.job, str(error))
            return frozenset({self.job.target})
        verdict = judge(error, self.job.tries)
        if verdict.again_s is None:
            words, kind = verdict.words, verdict.error_class
            self.store.appends.failed(self.job, words, kind)
        else:
            self.store.appends.again(self.job, verdict.words, verdict.again_s)
        return frozenset({self.job.target})

    def _look(self) -> tuple[int | None, int]:
        """The UID of the message in the target, if it came there since."""
        before = self.job.before
        assert before is not None
        selected = self.session.select(self.job.target_name)
        state = self.store.sync.state(self.job.target)
        if state.uidvalidity not in (None, selected.uidvalidity):
            self.store.sync.new_generation(self.job.target, selected.uidvalidity)
        if selected.uidvalidity != before.uidvalidity:
            return None, selected.uidvalidity
        later = UIDSet([(max(1, before.uidnext), HIGHEST)])
        above = self.session.search_uids(b"ALL", within=later)
        rows = self.session.fetch_headers(above) if above else []
        batch = Batch(
            rows=header_rows(rows, above), span=above, uidvalidity=selected.uidvalidity
        )
        self.store.sync.apply(self.job.target, batch)
        return self.store.appends.found(self.job), selected.uidvalidity


def gather(session: ImapSession, store: Store, message: MessageId) -> set[str]:
    """Fetch the octets of a message that another account waits for.

    Gives the accounts that can go on. Raises Unreachable, and nothing is lost by it.
    """
    place = store.messages.place(message)
    if place is None or place.uid is None:
        return set()
    if place.size > LARGEST:
        store.appends.give_up(message, f"It is larger than {LARGEST >> 20} MB.")
        return set()
    try:
        select_known(session, store, place.mailbox)
        taken = whole(session, place.uid, place.size)
    except (Unreachable, Gone):
        # Gone: the next refresh of its folder says what became of it.
        raise
    except AccountError as error:
        store.appends.give_up(message, error.text or str(error))
        return set()
    return store.appends.keep(message, taken)


def whole(session: ImapSession, uid: UID, size: int) -> bytes:
    """All octets: a size that the server gives is not believed."""
    whole = Section("")
    if 0 < size < SLICE:
        # One more than there should be says at once whether there are more.
        taken = session.fetch_section(uid, whole, offset=0, length=size + 1)
        if len(taken) == size:
            return taken
    elif size:
        pieces = session.fetch_slices(uid, whole, size, slice_octets=SLICE)
        taken = b"".join(pieces)
        if len(taken) == size and not _more(session, uid, size):
            return taken
    return session.fetch_section(uid, whole)


def _more(session: ImapSession, uid: UID, size: int) -> bool:
    try:
        return bool(session.fetch_section(uid, Section(""), offset=size, length=1))
    except Gone:
        # NIL, or removed since: what was asked for before has come.
        return False
