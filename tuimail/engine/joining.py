"""Puts new headers into conversations and the index, behind everything else.

A thread of its own, that works in short pieces and rests after each three times as
long as it took: headers that come in, and keys that are pressed, go before.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tuimail.engine.events import Event, FirstLinesKnown, Indexed, ThreadsChanged
from tuimail.engine.indexing import index_some
from tuimail.engine.worker import guarded
from tuimail.errors import StoreError
from tuimail.mail.types import AccountId, MessageId
from tuimail.store.store import Store

BATCH = 4000
"""Contents that are written together, in 25 ms; they are read 500 at a time.

In smaller batches the same pages of the tables are written again and again.
"""
REST = 3.0
"""Seconds of rest for one of work."""
MANY = 100
GATHER_S = 0.5
"""When many have come at once, more will: so long it is waited for them, since what is
taken in together costs half."""
TELL_S = 1.0
"""While much comes the lists are told once in so many seconds."""
log = logging.getLogger(__name__)


def give_back() -> None:
    """Give freed memory back to the system; a C library (glibc) keeps it else.

    After 100,000 headers that is 12 MB.
    """
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Joiner:
    """The thread; it looks when it is asked to."""

    def __init__(self, store: Store, emit: Callable[[Event], None]) -> None:
        self._store = store
        self._emit = emit
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._swept = False
        self._taken = MANY
        """Contents that were put into conversations since memory was given back; the
        first look reads them all."""
        self._since = 0.0
        """When the piece of work in hand began."""
        self._thread = threading.Thread(target=self._run, name="joining", daemon=True)

    def start(self) -> None:
        """Begin with what is not in conversations yet."""
        self._asked.set()
        self._thread.start()

    def look(self) -> None:
        """There may be new headers; any thread, returns at once."""
        self._asked.set()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop after the batch in hand."""
        self._stopping.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            self._asked.wait()
            if self._stopping.is_set():
                return
            self._asked.clear()
            guarded(self._catch_up, "putting mail into conversations")
            self._store.rest()
            if self._taken >= MANY:
                self._taken = 0
                give_back()

    def _catch_up(self) -> None:
        try:
            self._batches()
            self._index()
            if not self._swept:
                # What went while nobody looked: once in a run is enough.
                self._swept = True
                self._store.threads.sweep()
        except StoreError as error:
            log.warning("no conversations or no index: %s", error)

    def _batches(self) -> None:
        changed: set[AccountId] = set()
        told = time.monotonic()
        self._since = time.monotonic()
        while not self._stopping.is_set():
            step = self._store.threads.step(BATCH, self._rest)
            changed |= step.accounts
            self._taken += step.contents
            now = time.monotonic()
            if now - told >= TELL_S or not step.contents:
                self._tell(changed)
                changed, told = set(), now
            if not step.contents:
                return
            self._rest()
            if MANY <= step.contents < BATCH:
                self._stopping.wait(GATHER_S)
                self._since = time.monotonic()

    def _rest(self) -> None:
        """Let others work, for some time for each that was worked here."""
        self._stopping.wait((time.monotonic() - self._since) * REST)
        self._since = time.monotonic()

    def _index(self) -> None:
        self._since = time.monotonic()
        did = False
        while not self._stopping.is_set():
            if not index_some(self._store, self._tell_lines):
                break
            did = True
            self._rest()
        if did:
            self._emit(Indexed())

    def _tell_lines(self, rows: frozenset[MessageId]) -> None:
        if rows:
            self._emit(FirstLinesKnown(rows))

    def _tell(self, accounts: set[AccountId]) -> None:
        for number in accounts:
            name = self._store.accounts.name(number)
            if name is not None:
                self._emit(ThreadsChanged(name))
