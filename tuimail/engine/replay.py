"""Carry what the user did to the server: journal in, session out, proof back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.sync_imap import select_known
from tuimail.errors import AccountError, Unreachable
from tuimail.mail.types import FlagSet, MailboxId
from tuimail.store.store import Store
from tuimail.store.values import FlagJob

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession


def replay_flags(
    session: ImapSession,
    store: Store,
    account: str,
    changed: Callable[[MailboxId], None],
) -> None:
    """Send every pending flag change of `account`, one STORE per mailbox and delta.

    A lost connection puts the change back into the queue: ±FLAGS may be repeated.
    A refusal ends as a visible failed operation, and the view returns to the server's.
    """
    for job in store.operations.claim_flags(account):
        try:
            rows = _send(session, store, job)
        except Unreachable as error:
            store.operations.release_flags(job, str(error))
            raise
        except AccountError as error:
            store.operations.fail_flags(job, error.text or str(error))
        else:
            store.operations.confirm_flags(job, rows)
        changed(job.mailbox)


def _send(session: ImapSession, store: Store, job: FlagJob) -> dict[int, FlagSet]:
    """Flags by UID as the server now has them, for those it answered."""
    select_known(session, store, job.mailbox)
    rows = session.store_flags(job.uids, add=job.add, remove=job.remove)
    return {row.uid: row.flags for row in rows if row.uid and row.flags is not None}
