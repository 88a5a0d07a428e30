"""Engine events, from any thread, to the screen: merged, at most twenty times a second.

Repaints are what many events cost; a text that somebody waits for is never held up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from textual.app import App
from textual.message import Message

from tuimail.engine.events import (
    AccountStateChanged,
    Event,
    MailboxesChanged,
    MessagesChanged,
    OperationsChanged,
    Progress,
    TextFailed,
    TextReady,
)
from tuimail.mail.types import MailboxId, MessageId

GAP_S = 0.05
"""Seconds between two deliveries of events that can wait."""
REPEATED = (AccountStateChanged, MailboxesChanged, OperationsChanged)
"""Events that say nothing new when they come twice."""
URGENT = (TextReady, TextFailed)


class Bridge:
    """Collects events and posts them to the app together."""

    def __init__(
        self, app: App[int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._urgent = False
        self._knocked = False
        self._delivered = -GAP_S

    def __call__(self, event: Event) -> None:
        """Take one event; any thread."""
        with self._lock:
            self._waiting.append(event)
            urgent = isinstance(event, URGENT) and not self._urgent
            self._urgent |= urgent
            knock, self._knocked = urgent or not self._knocked, True
        if knock:
            self._app.post_message(Knock())

    def wait_s(self) -> float:
        """Seconds until what is waiting may be taken; 0 for now."""
        with self._lock:
            if self._urgent:
                return 0.0
            return max(0.0, self._delivered + GAP_S - self._clock())

    def take(self) -> list[Event]:
        """Everything that came, merged."""
        with self._lock:
            events, self._waiting = self._waiting, []
            self._urgent = self._knocked = False
            self._delivered = self._clock()
        return merged(events)


class Knock(Message):
    """There is news to be taken."""


def merged(events: list[Event]) -> list[Event]:
    """Row changes of one mailbox as one event, the rest once each, in order.

    Of the progress of one ticket only the last report is kept.
    """
    rows: dict[MailboxId, MessagesChanged] = {}
    last = {e.ticket: e for e in events if isinstance(e, Progress)}
    others: list[Event] = []
    for event in events:
        if isinstance(event, MessagesChanged):
            before = rows.get(event.mailbox)
            rows[event.mailbox] = _both(before, event) if before else event
        elif isinstance(event, Progress):
            if event is last[event.ticket]:
                others.append(event)
        elif not isinstance(event, REPEATED) or event not in others:
            others.append(event)
    return [*rows.values(), *others]


def _both(a: MessagesChanged, b: MessagesChanged) -> MessagesChanged:
    # No ids means "any of them", so it swallows the ids of the other one.
    ids = a.changed | b.changed if a.changed and b.changed else frozenset[MessageId]()
    return MessagesChanged(a.mailbox, ids, a.order or b.order)
