"""What a person decides about the queue of what is still to be done."""

from __future__ import annotations

from collections.abc import Sequence

from tuimail.engine.changes import Changes
from tuimail.mail.types import Header, MessageId
from tuimail.store.store import Store
from tuimail.store.values import PastGesture, QueueEntry


class Decisions:
    """Retry, hold and discard entries of the journal."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes

    def live(self, account: str) -> list[QueueEntry]:
        """What is not finished, oldest first."""
        return self._store.queue.live(account)

    def history(self, account: str) -> list[PastGesture]:
        """The last gestures, newest first."""
        return self._store.queue.history(account)

    def headers(self, op: int) -> list[Header]:
        """The messages an entry is about, those that are shown anywhere."""
        return self._store.messages.headers(self._store.queue.messages(op))

    def retry(self, op: int) -> bool:
        """Try an entry of the queue now; False when it is under way or done."""
        return self._decided(op, self._store.queue.retry(op))

    def hold(self, op: int) -> bool:
        """Keep an entry from being sent; False when it is too late."""
        return self._decided(op, self._store.queue.hold(op))

    def discard(self, op: int) -> bool:
        """Forget an entry; the screen shows the server's state. False: too late."""
        messages = self._store.queue.messages(op)
        return self._decided(op, self._store.queue.discard(op), messages)

    def _decided(self, op: int, done: bool, messages: Sequence[MessageId] = ()) -> bool:
        shown = self._store.messages.shown_in(
            messages or self._store.queue.messages(op)
        )
        if done:
            self._changes.of_lists({*shown.values(), *self._store.queue.mailboxes(op)})
        return done
