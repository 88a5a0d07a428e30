"""Make, rename, delete and subscribe to folders on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.engine.verdict import judge
from tuimail.errors import AccountError, Gone, Unreachable
from tuimail.store.store import Store
from tuimail.store.values import FolderJob

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

BOTH = "Both names are there now; somebody else may have made one of them."


def change_folder(session: ImapSession, store: Store, job: FolderJob) -> None:
    """Carry one change out, or note why that could not be.

    Raises Unreachable when the link breaks: the next try looks first.
    """
    try:
        words = _change(session, job)
    except Unreachable as error:
        store.folders.unsure(job, str(error))
        raise
    except AccountError as error:
        verdict = judge(error, job.tries)
        if verdict.again_s is not None:
            store.folders.again(job, verdict.words, verdict.again_s)
        else:
            store.folders.refused(job, verdict.words, verdict.error_class)
    else:
        if words:
            store.folders.refused(job, words, "fixable")
        else:
            store.folders.done(job)


def _change(session: ImapSession, job: FolderJob) -> str:
    """Why it was not done, when that is not the server's refusal."""
    match job.kind:
        case "mkbox":
            session.change.create(job.wire_name)
            session.change.subscribe(job.wire_name, True)
        case "mvbox":
            return _rename(session, job)
        case "rmbox":
            return _delete(session, job)
        case "subscribe":
            session.change.subscribe(job.wire_name, job.subscribe)
    return ""


def _rename(session: ImapSession, job: FolderJob) -> str:
    if job.unsure and session.change.exists(job.new_name):
        return _renamed_already(session, job)
    _leave(session, job)
    session.change.rename(job.wire_name, job.new_name)
    session.change.subscribe(job.new_name, True)
    return ""


def _renamed_already(session: ImapSession, job: FolderJob) -> str:
    """The new name is there: it is our folder if it has our folder's UIDVALIDITY.

    The old name may be there too: some servers make such a folder again at once.
    """
    if not session.change.exists(job.wire_name):
        return ""
    new = session.change.status(job.new_name).uidvalidity
    old = session.change.status(job.wire_name).uidvalidity
    return "" if new == job.uidvalidity != old else BOTH


def _delete(session: ImapSession, job: FolderJob) -> str:
    try:
        holds = session.change.status(job.wire_name).messages or 0
    except Gone:
        return ""
    if job.messages is not None and holds > job.messages:
        more = holds - job.messages
        return f"It holds {more} more messages than when you deleted it."
    _leave(session, job)
    session.change.remove(job.wire_name)
    session.change.subscribe(job.wire_name, False)
    return ""


def _leave(session: ImapSession, job: FolderJob) -> None:
    """A selected mailbox must not be renamed or deleted under our feet."""
    if session.selected == job.wire_name:
        session.select(b"INBOX")
