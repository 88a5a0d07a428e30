"""Conversations as the screen asks for them; all answers come from the store.

Archiving, deleting or moving a conversation is the gesture for messages, with the ids
that `messages` gives.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuimail.engine.changes import Changes
from tuimail.engine.events import NewMail
from tuimail.mail.types import Flag, FlagSet, MailboxId, MessageId, ThreadId
from tuimail.store.store import Store
from tuimail.store.threads import Line, Order

__all__ = ["Conversations", "Line", "Order", "quietened"]


class Conversations:
    """Questions about conversations, and muting them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def order(self, source: MailboxId | Collection[MessageId]) -> Order:
        """A whole list: a mailbox, or some messages; the newest conversation first."""
        return self._store.threads.order(source)

    def top(self, mailbox: MailboxId, want: int = 100) -> Order:
        """The beginning of a mailbox's order: as fast for a large one as for a small.

        At least `want` lines, if there are so many.
        """
        return self._store.threads.top(mailbox, want)

    def of(self, messages: Collection[MessageId]) -> dict[MessageId, ThreadId]:
        """The conversation of each of these messages."""
        return self._store.threads.of(messages)

    def tree(self, thread: ThreadId, mailbox: MailboxId | None = None) -> Order:
        """The messages of a conversation shown in a mailbox, or anywhere."""
        return self._store.threads.tree(thread, mailbox)

    def messages(
        self, message: MessageId, mailbox: MailboxId | None = None
    ) -> list[MessageId]:
        """All messages of a message's conversation in its order; itself among them.

        In a mailbox only, or in every folder of the account.
        """
        thread = self.of([message]).get(message)
        if thread is None:
            return []
        return [line.message for line in self.tree(thread, mailbox)]

    def parent(
        self, message: MessageId, mailbox: MailboxId | None = None
    ) -> MessageId | None:
        """What a message answers, or the nearest above it that is shown there."""
        thread = self.of([message]).get(message)
        if thread is None:
            return None
        lines = self.tree(thread, mailbox)
        return next((line.parent for line in lines if line.message == message), None)

    def neighbour(
        self, mailbox: MailboxId, message: MessageId, forward: bool = True
    ) -> MessageId | None:
        """The first message of the conversation below (`forward`) or above."""
        return self._store.threads.neighbour(mailbox, message, forward)

    def mute(self, messages: Collection[MessageId]) -> bool:
        """From now on mark new mail of these conversations as read, and tell of none.

        False when they have no Message-ID to be known by.
        """
        return self._store.muting.mute(messages) > 0

    def unmute(self, messages: Collection[MessageId]) -> None:
        """Let these conversations be heard again."""
        self._store.muting.unmute(messages)

    def muted(self, messages: Sequence[MessageId]) -> frozenset[MessageId]:
        """Those of these messages whose conversation is muted."""
        return self._store.muting.muted(messages)


def quietened(store: Store, changes: Changes, news: NewMail) -> NewMail | None:
    """New mail without that of muted conversations, which is marked as read.

    Written into the journal as a gesture is, but nobody did it: an undo passes it over.
    """
    quiet = store.muting.muted(news.messages)
    if not quiet:
        return news
    seen = FlagSet(Flag.SEEN)
    store.operations.queue_flags(sorted(quiet), seen, FlagSet(), undoable=False)
    changes.of_rows(quiet)
    loud = tuple(each for each in news.messages if each not in quiet)
    return news._replace(messages=loud) if loud else None
