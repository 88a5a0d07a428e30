"""Who may do what in a folder: looked at and changed while one is connected.

Nothing of this is queued: rights are given to people, and one wants to see at once
whether they have them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.events import Event, Failed, Finished, Shared
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.errors import TuimailError
from tuimail.mail.rights import describe
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId, SafeText
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

Submit = Callable[[str, Priority, Job], None]


class Sharing:
    """Answers wishes with Shared, Finished or Failed."""

    def __init__(
        self, store: Store, submit: Submit, emit: Callable[[Event], None]
    ) -> None:
        self._store = store
        self._submit = submit
        self._emit = emit

    def look(self, mailbox: MailboxId, ticket: Ticket) -> None:
        """Ask who may do what; ends with Shared or Failed."""

        def run(session: ImapSession) -> None:
            found = session.permits.of_all(self._store.mailboxes.wire_name(mailbox))
            people = sorted(
                (str(safe_text(each.who, 100)), each.rights) for each in found
            )
            self._emit(Shared(ticket.number, mailbox, tuple(people)))

        self._do(mailbox, ticket, run)

    def give(self, mailbox: MailboxId, who: str, rights: str, ticket: Ticket) -> None:
        """Let somebody do this and nothing else; ends with Finished or Failed."""

        def run(session: ImapSession) -> None:
            wire = self._store.mailboxes.wire_name(mailbox)
            try:
                if rights:
                    session.permits.grant(wire, who, rights)
                else:
                    session.permits.revoke(wire, who)
            except ValueError as error:
                self._emit(Failed(ticket.number, safe_text(f"{error}.", 200)))
                return
            said = f"{who} may now: {describe(rights)}."
            self._emit(Finished(ticket.number, safe_text(said, 300)))

        self._do(mailbox, ticket, run)

    def _do(
        self,
        mailbox: MailboxId,
        ticket: Ticket,
        run: Callable[[ImapSession], None],
    ) -> None:
        box = self._store.mailboxes.get(mailbox)
        assert box is not None, "folders are never deleted from the store"

        def failed(error: TuimailError) -> None:
            self._emit(Failed(ticket.number, safe_text(str(error), 300)))

        def asked(session: ImapSession) -> None:
            if "ACL" in session.capabilities:
                run(session)
            else:
                said = "This server does not say who may do what."
                self._emit(Failed(ticket.number, SafeText(said)))

        job = Job(f"sharing {ticket.number}", asked, failed, ticket)
        self._submit(box.account, Priority.OPEN, job)
