"""Engine events, from any thread, to the screen: merged, merged on the way."""

from __future__ import annotations

import threading

from textual.app import App
from textual.message import Message

from tuimail.engine.events import (
    AccountStateChanged,
    Event,
    MailboxesChanged,
    MessagesChanged,
    OperationsChanged,
)
from tuimail.mail.types import MailboxId, MessageId

REPEATED = (AccountStateChanged, MailboxesChanged, OperationsChanged)
"""Events that say nothing new when they come twice."""


class Bridge:
    """Collects events and posts them to the app together."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._waiting: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Take one event; any thread."""
        with self._lock:
            first = not self._waiting
            self._waiting.append(event)
        if first:
            self._app.post_message(Knock())

    def take(self) -> list[Event]:
        """Everything that came, with row changes of one mailbox merged."""
        with self._lock:
            events, self._waiting = self._waiting, []
        return merged(events)


class Knock(Message):
    """There is news to be taken."""


def merged(events: list[Event]) -> list[Event]:
    """Row changes of one mailbox as one event, the rest once each, in order."""
    rows: dict[MailboxId, tuple[frozenset[MessageId], bool, bool]] = {}
    others: list[Event] = []
    for event in events:
        if isinstance(event, MessagesChanged):
            ids, order, whole = rows.get(event.mailbox, (frozenset(), False, False))
            whole = whole or not event.changed
            rows[event.mailbox] = (
                ids | event.changed,
                order or event.order,
                whole,
            )
        elif not isinstance(event, REPEATED) or event not in others:
            others.append(event)
    changes = [
        MessagesChanged(mailbox, frozenset() if whole else ids, order)
        for mailbox, (ids, order, whole) in rows.items()
    ]
    return [*changes, *others]
