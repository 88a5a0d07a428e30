"""What follows from a gesture: the lists are drawn anew, and it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tuimail.engine.events import (
    Event,
    MailboxesChanged,
    MessagesChanged,
    OperationsChanged,
)
from tuimail.mail.types import Mailbox, MailboxId, MessageId
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.engine.account import Account


class Changes:
    """Tells the screen and the accounts."""

    def __init__(
        self,
        store: Store,
        accounts: dict[str, Account],
        emit: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._emit = emit

    def of_rows(self, messages: Iterable[MessageId]) -> None:
        """Rows look different, and stay where they are."""
        by_mailbox: dict[MailboxId, set[MessageId]] = {}
        chosen = list(messages)
        lying = self._store.messages.shown_in(chosen)
        lying |= self._store.snoozing.homes(chosen)
        for message, mailbox in lying.items():
            by_mailbox.setdefault(mailbox, set()).add(message)
        for mailbox, ids in by_mailbox.items():
            self._emit(MessagesChanged(mailbox, frozenset(ids), order=False))
        self._send(by_mailbox)

    def of_lists(self, mailboxes: Iterable[MailboxId]) -> None:
        """Rows came or went, or the folders themselves changed."""
        chosen = list(mailboxes)
        for mailbox in chosen:
            self._emit(MessagesChanged(mailbox))
        self._send(chosen)

    def box(self, mailbox: MailboxId) -> Mailbox:
        """A folder that was given out before."""
        box = self._store.mailboxes.get(mailbox)
        assert box is not None, "folders are never deleted from the store"
        return box

    def account(self, mailbox: MailboxId) -> str:
        """Whose folder it is, one that was given out before."""
        name = self._store.mailboxes.account(mailbox)
        assert name is not None, "folders are never deleted from the store"
        return name

    def _send(self, mailboxes: Iterable[MailboxId]) -> None:
        for name in {self.account(mailbox) for mailbox in mailboxes}:
            self._emit(MailboxesChanged(name))
            self._emit(OperationsChanged(name))
            if name in self._accounts:
                self._accounts[name].replay()
