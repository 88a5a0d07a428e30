"""Carry what the user did to the server: journal in, session out, proof back."""

from __future__ import annotations

from collections.abc import Callable

from tuimail.engine.sync_imap import require_selected
from tuimail.errors import AccountError, Unreachable
from tuimail.mail.types import MailboxId
from tuimail.net.imap import ImapSession
from tuimail.net.session import FetchRow
from tuimail.store.operations import FlagJob
from tuimail.store.store import Store


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
            rows = _send(session, job)
        except Unreachable as error:
            store.operations.release_flags(job, str(error))
            raise
        except AccountError as error:
            store.operations.fail_flags(job, error.text or str(error))
        else:
            store.operations.confirm_flags(job, rows)
        changed(job.mailbox)


def _send(session: ImapSession, job: FlagJob) -> dict[int, FetchRow]:
    raise NotImplementedError
