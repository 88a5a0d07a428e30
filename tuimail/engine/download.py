"""Fetch ahead what will be read without a network: in small batches, on the bulk lane.

A download that loses its connection goes on with the next one. What is here is not
fetched again, so one that was cancelled or cut goes on where it stopped.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from tuimail.engine.events import (
    AccountState,
    Event,
    Failed,
    Finished,
    Planned,
    Progress,
)
from tuimail.engine.fetch import BULK_SLICE, PartFetcher, Waiter, Wish
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.planning import plan
from tuimail.engine.room import Room
from tuimail.engine.views import Item, Plan, Scope
from tuimail.engine.worker import Worker
from tuimail.errors import (
    Away,
    Gone,
    ServerFault,
    StoreError,
    TuimailError,
    Unreachable,
)
from tuimail.mail.sanitize import safe_text
from tuimail.store.store import Store

BATCH = 8
"""Parts that wait for one connection at a time."""
TRIES = 5
"""Connections lost in a row without a single part, until it is given up."""
FULL = "The cache is full; raise cache_limit_mb to keep more."


class Download:
    """One download under way; any thread."""

    def __init__(
        self,
        downloads: Downloads,
        plan: Plan,
        ticket: Ticket,
        ended: Callable[[Download, str], None],
    ) -> None:
        self.ticket = ticket
        self.plan = plan
        self.readable = plan.readable
        self.octets = 0
        self.lost = 0
        """Parts the server did not give."""
        self._all = downloads
        self._ended = ended
        self._lock = threading.Lock()
        self._waiting = deque(plan.items)
        self._flying = 0
        self._failures = 0
        self._stalled = False
        self._over = False

    def go_on(self) -> None:
        """Ask for as many parts as may be on their way."""
        with self._lock:
            self._stalled = False
        while (item := self._take()) is not None:
            if self._all.room.full:
                self._landed()
                self._end(FULL)
                return
            if not self._all.fetch(self, item):
                self._landed()
        self._look_for_the_end()

    def came(self, item: Item, octets: int) -> None:
        """A part is here."""
        with self._lock:
            self._failures = 0
            self.octets += octets
            self.readable += item.text
        self._landed()
        self._all.report(self)
        self.go_on()

    def failed(self, item: Item, error: TuimailError) -> None:
        """A part did not come."""
        self._landed()
        if self.ticket.cancelled:
            self._end("Cancelled.")
        elif isinstance(error, (Gone, ServerFault)):
            with self._lock:
                self.lost += 1
            self.go_on()
        elif isinstance(error, (Unreachable, Away)):
            self._stall(item, error)
        else:
            self._end(str(error))

    def _stall(self, item: Item, error: TuimailError) -> None:
        """No connection: wait for the next one, but not for ever."""
        with self._lock:
            self._waiting.appendleft(item)
            self._stalled = True
            last = not self._flying
            self._failures += last
        if not last:
            return
        if self._failures > TRIES:
            self._end(str(error))
        elif self._all.online(item):
            # Only this one connection was lost; its lane waits before the next.
            self.go_on()

    def _take(self) -> Item | None:
        with self._lock:
            idle = self._stalled or self._over or self.ticket.cancelled
            if idle or not self._waiting or self._flying >= BATCH:
                return None
            self._flying += 1
            return self._waiting.popleft()

    def _landed(self) -> None:
        with self._lock:
            self._flying -= 1

    def _look_for_the_end(self) -> None:
        with self._lock:
            done = not self._flying and not self._waiting
        if done or self.ticket.cancelled:
            self._end("Cancelled." if self.ticket.cancelled else "")

    def _end(self, reason: str) -> None:
        with self._lock:
            over, self._over = self._over, True
        if not over:
            self._ended(self, reason)


class Downloads:
    """All downloads of a program run."""

    def __init__(
        self,
        store: Store,
        parts: PartFetcher,
        room: Room,
        worker: Worker,
        emit: Callable[[Event], None],
        submit: Callable[[str, Job], None],
        bring: Callable[..., bool],
        state: Callable[[str], AccountState],
        prefer: str,
    ) -> None:
        self._store = store
        self._parts = parts
        self.room = room
        self._worker = worker
        self._emit = emit
        self._submit = submit
        self._bring = bring
        self._state = state
        self._prefer = prefer
        self._lock = threading.Lock()
        self._running: list[Download] = []

    def plan(self, scope: Scope) -> Plan:
        """What a scope needs; reads the store, so not for the screen's thread."""
        return plan(self._store, scope, self._prefer)

    def want_plan(self, scope: Scope) -> int:
        """Have it planned; gives a ticket and ends with Planned or Failed."""
        ticket = Ticket()

        def work() -> None:
            try:
                made = self.plan(scope)
            except StoreError as error:
                self._emit(Failed(ticket.number, safe_text(str(error), 300)))
            else:
                self._emit(Planned(ticket.number, made))

        self._worker.submit(Priority.OPEN, work)
        return ticket.number

    def start(
        self,
        plan: Plan,
        ticket: Ticket | None = None,
        then: Callable[[Download, str], None] | None = None,
    ) -> Ticket:
        """Begin; ends with Finished or Failed, or with `then` where that is given."""
        ticket = ticket or Ticket()
        tell = then or self._tell

        def ended(download: Download, reason: str) -> None:
            with self._lock:
                if download in self._running:
                    self._running.remove(download)
            tell(download, reason)

        download = Download(self, plan, ticket, ended)
        with self._lock:
            self._running.append(download)

        def begin() -> None:
            if then is None:
                # Somebody asked for it: it may take the place of what is older.
                self.room.make(plan.octets)
            download.go_on()

        self._worker.submit(Priority.PREFETCH, begin)
        return ticket

    def online(self, item: Item) -> bool:
        """Whether the server of a part can be reached."""
        place = self._store.messages.place(item.message)
        return place is None or self._state(place.account) is AccountState.ONLINE

    def resume(self, account: str) -> None:
        """The state of an account changed: go on when it is online."""
        if self._state(account) is AccountState.ONLINE:
            self._wake(lambda download: True)

    def look(self) -> None:
        """A ticket was cancelled: end what it stands for."""
        self._wake(lambda download: download.ticket.cancelled)

    def _wake(self, which: Callable[[Download], bool]) -> None:
        with self._lock:
            chosen = [each for each in self._running if which(each)]
        for download in chosen:
            self._worker.submit(Priority.PREFETCH, download.go_on)

    def fetch(self, download: Download, item: Item) -> bool:
        """Ask for a part; False when it is here or cannot come."""
        place = self._store.messages.place(item.message)
        if place is None or place.uid is None:
            return False
        if self._brought(download, item):
            return True
        wish = Wish(place, item.section, item.octets)
        if self._parts.here(wish):
            return False
        waiter = Waiter(
            download.ticket,
            lambda data: download.came(item, len(data)),
            lambda error: download.failed(item, error),
            ahead=True,
        )
        job = self._parts.job(wish, waiter, BULK_SLICE)
        if job is not None:
            self._submit(place.account, job)
        return True

    def _brought(self, download: Download, item: Item) -> bool:
        """A message in a maildrop comes whole; False when it lies in none."""

        def then(error: TuimailError | None) -> None:
            if error is None:
                download.came(item, item.octets)
            else:
                download.failed(item, error)

        return self._bring(
            item.message,
            download.ticket,
            lambda done, total: None,
            then,
            Priority.PREFETCH,
        )

    def report(self, download: Download) -> None:
        """Say how far it is."""
        known = download.plan.known
        words = f"if you unplug now: {download.readable:,} of {known:,} readable"
        total = download.plan.octets
        done = min(download.octets, total)
        number = download.ticket.number
        self._emit(Progress(number, done, total, safe_text(words), told=True))

    def _tell(self, download: Download, reason: str) -> None:
        number, known = download.ticket.number, download.plan.known
        words = f"{download.readable:,} of {known:,} messages can be read here"
        if reason:
            why = f"{reason} {words}; the rest is fetched when it is asked for again."
            self._emit(Failed(number, safe_text(why, 400)))
            return
        lost = f"; the server did not give {download.lost}" if download.lost else ""
        self._emit(Finished(number, safe_text(f"{words}{lost}.")))
