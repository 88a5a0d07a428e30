"""Have messages of a maildrop here as files, and their structure in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from tuimail.engine.jobs import Job, Ticket
from tuimail.engine.sync_imap import header_rows, select_known
from tuimail.errors import Gone, TuimailError
from tuimail.mail.types import MailboxId, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.values import Batch

if TYPE_CHECKING:
    from tuimail.engine.pop3_session import Pop3Files
    from tuimail.net.imap import ImapSession


def retrieval(
    store: Store,
    message: MessageId,
    ticket: Ticket,
    changed: Callable[[MailboxId], None],
    progress: Callable[[int, int], None],
    then: Callable[[TuimailError | None], None],
) -> Job:
    """A job for the connection that may talk to the maildrop."""

    def run(session: ImapSession) -> None:
        place = store.messages.place(message)
        if place is None or place.uid is None:
            raise Gone("This message is no longer in this folder.")
        select_known(session, store, place.mailbox)
        files = cast("Pop3Files", session)
        files.bring(place.uid, progress, lambda: ticket.cancelled)
        take_in(session, store, place.mailbox, [place.uid])
        changed(place.mailbox)
        then(None)

    return Job(f"retrieve {message} {ticket.number}", run, then, ticket)


def take_in(
    session: ImapSession,
    store: Store,
    mailbox: MailboxId,
    uids: Iterable[int],
    *,
    news: bool = False,
) -> tuple[MessageId, ...]:
    """Take messages of the selected folder into the store; gives those that are new.

    What was known by its header alone has its structure then.
    """
    wanted = UIDSet.of(uids)
    if not wanted:
        return ()
    rows = header_rows(session.fetch_headers(wanted), wanted)
    state = store.sync.state(mailbox)
    batch = Batch(rows=rows, span=wanted, gen=state.gen, news=news)
    if session.opened is not None:
        validity, exists = session.opened.uidvalidity, session.opened.exists
        batch = batch._replace(uidvalidity=validity, exists=exists)
    return tuple(store.sync.apply(mailbox, batch).added)
