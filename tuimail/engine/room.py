"""Keeps the cache within its limit, beside everything else that goes on."""

from __future__ import annotations

import logging
import threading

from tuimail.engine.jobs import Priority
from tuimail.engine.worker import Worker
from tuimail.errors import StoreError
from tuimail.mail.types import ContentId, MessageId
from tuimail.store.store import Store

MB = 1024 * 1024
LOW = 0.9
"""What is left of the limit after parts were dropped, so that it is not soon again."""
FULL = 0.95
"""Of the limit: above it nothing is fetched that nobody looks at."""
log = logging.getLogger(__name__)


class Room:
    """How much is cached, and dropping of parts when it is too much.

    Octets are counted here as they are fetched; what they take on the disk is asked
    only when it may be too much.
    """

    def __init__(self, store: Store, worker: Worker, limit_mb: int) -> None:
        """`limit_mb` 0: without a limit."""
        self._store = store
        self._worker = worker
        self.limit = limit_mb * MB
        self.on_screen: MessageId | None = None
        """The message that is shown: its parts stay."""
        self._lock = threading.Lock()
        self._octets = 0
        self._stuck = 0
        self._asked = False

    def check(self) -> None:
        """Look soon, on the worker's thread, whether parts must leave."""
        with self._lock:
            if self._asked or not self.limit:
                return
            self._asked = True
        self._worker.submit(Priority.PREFETCH, self._check)

    def added(self, octets: int) -> None:
        """Some octets more are kept here."""
        with self._lock:
            self._octets += octets
            over = self._octets > max(self.limit, self._stuck)
        if over:
            self.check()

    def make(self, octets: int) -> None:
        """Drop what is older, so that so many more octets fit; not on the screen's."""
        wanted = int(self.limit * LOW) - octets
        if self.limit and self._store.parts.octets() > wanted:
            self._fit(max(0, wanted))

    @property
    def full(self) -> bool:
        """Whether there is no room for what nobody looks at."""
        if not self.limit or self._octets < FULL * self.limit:
            return False
        # Fetched octets were counted; on the disk they may be fewer.
        with self._lock:
            self._octets = self._store.parts.octets()
        return self._octets >= FULL * self.limit

    def _check(self) -> None:
        octets = self._store.parts.octets()
        with self._lock:
            self._asked, self._octets = False, octets
        if octets > self.limit:
            self._fit(int(self.limit * LOW))

    def _fit(self, wanted: int) -> None:
        try:
            freed = self._store.parts.evict(wanted, self._shown())
            octets = self._store.parts.octets()
        except StoreError as error:
            log.warning("the cache could not be tidied: %s", error)
            return
        log.info("cache: %d octets dropped to stay within %d", freed, self.limit)
        with self._lock:
            self._octets = octets
            # What may not leave takes more than the limit: do not look all the time.
            self._stuck = octets + self.limit // 50 if octets > self.limit else 0

    def _shown(self) -> tuple[ContentId, ...]:
        message = self.on_screen
        place = None if message is None else self._store.messages.place(message)
        return () if place is None else (place.content,)
