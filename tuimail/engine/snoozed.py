"""Brings snoozed messages back when their time has come, with a server or without.

A thread of its own. It reads the clock on the wall at least every half minute, so a
machine that slept over a time, or whose clock was set, is noticed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from tuimail.engine.changes import Changes
from tuimail.engine.events import Event, Level, Notice
from tuimail.engine.present import messages_words
from tuimail.engine.worker import guarded
from tuimail.errors import StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.store.snoozing import Returned
from tuimail.store.store import Store

LOOK_S = 30.0
"""The longest time between two looks at the clock while anything is snoozed."""
log = logging.getLogger(__name__)


class Snoozed:
    """The thread; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        emit: Callable[[Event], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._changes = changes
        self._emit = emit
        self._clock = clock
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._stuck = False
        """It could not be brought back just now."""
        self._thread = threading.Thread(target=self._run, name="snoozed", daemon=True)

    def start(self) -> None:
        """Begin with what came due while the program did not run."""
        self._thread.start()

    def look(self) -> None:
        """Something may be snoozed, or the hour another; any thread, at once."""
        self._asked.set()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop."""
        self._stopping.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._asked.clear()
            self._stuck = True
            guarded(self._bring_back, "bringing snoozed mail back")
            # What cannot be written down now is tried again, but not at once.
            self._asked.wait(LOOK_S if self._stuck else self._rest())

    def _rest(self) -> float | None:
        """Seconds until the next look; None while nothing is snoozed."""
        try:
            at = self._store.snoozing.next_due()
        except StoreError:
            return LOOK_S
        return None if at is None else max(0.0, min(LOOK_S, at - self._clock()))

    def _bring_back(self) -> None:
        back = Returned((), frozenset())
        try:
            at = self._store.snoozing.next_due()
            if at is not None and at <= self._clock():
                back = self._store.snoozing.due(int(self._clock()))
        except StoreError as error:
            log.warning("snoozed mail stays away: %s", error)
            return
        self._stuck = False
        if back.messages:
            self._changes.of_lists(back.mailboxes)
            self._emit(Notice(Level.INFO, safe_text(self._words(back), 300)))

    def _words(self, back: Returned) -> str:
        if len(back.messages) == 1:
            header = self._store.messages.header(back.messages[0])
            if header is not None and header.subject:
                return f'Back again: "{header.subject}".'
        return f"Back again: {messages_words(len(back.messages))}."
