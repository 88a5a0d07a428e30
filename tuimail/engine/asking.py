"""What servers are asked for a list: which folders, in which order, and how it went.

A server knows texts and headers that are not here. It is asked when a question has
stood for a moment, a folder after the other; what it finds gets its headers, and is
merged by whoever asked. A newer question ends the older one, by breaking its connection
if need be: nothing else stops a server that looks through texts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tuimail.engine.jobs import Ticket
from tuimail.engine.places import Route, Stop
from tuimail.engine.sync_imap import MailboxSync, Outcome
from tuimail.errors import AccountError, Cancelled, TuimailError, Unreachable
from tuimail.mail.query_imap import Asking
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId, MessageId, SafeText
from tuimail.mail.uidset import UIDSet

if TYPE_CHECKING:
    from tuimail.engine.service import MailService

STOOD_S = 0.4
"""Seconds a question must stand: while somebody types, no server is asked."""
FRESH_S = 120.0
"""Seconds in which the same question is not put to a server again."""
TELL_S = 0.5
"""Seconds in which a list is told only of what was found."""
AGAIN_S = 15.0
"""The same where it was not answered in full."""
HEADERS_MAX = 500
"""Headers fetched of one folder, the newest."""
SORTED = 200
"""Messages of a server's order that are fetched."""
MATCHES_MAX = 200_000
"""Messages of one folder that are taken as found."""
_ONLY = "only what is here"
_NEWEST = f"server searched too: of each folder the newest {HEADERS_MAX} it found"


class Seek(Protocol):
    """Has an account look for messages: `engine.account.Account.seek`."""

    def __call__(
        self,
        account: str,
        mailbox: MailboxId,
        what: Callable[[MailboxSync], Outcome],
        ticket: Ticket,
        then: Callable[[TuimailError | None], None],
    ) -> None: ...


@dataclass
class Inquiry:
    """One question, on its way from folder to folder."""

    key: object
    """Two questions of one key have the same answer."""
    route: Route
    """What is still to be asked, and why something is not."""
    total: int
    """Folders that are asked."""
    done: int = 0
    found: dict[Asking, frozenset[MessageId]] = field(default_factory=dict)
    """Messages, by what was asked: it says what is still to be looked at."""
    answered: frozenset[MailboxId] = frozenset()
    """Folders whose servers have said all they know."""
    told_at: float = 0.0
    """Monotonic: when the list was told last."""
    ended_at: float = 0.0
    """Monotonic; 0 while it goes on."""
    ticket: Ticket = field(default_factory=Ticket)
    lock: threading.Lock = field(default_factory=threading.Lock)
    running: dict[str, MailboxSync] = field(default_factory=dict)
    """What looks through texts now, by account."""
    timer: threading.Timer | None = None

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self.ticket.cancel()
        if self.timer is not None:
            self.timer.cancel()
        with self.lock:
            for sync in self.running.values():
                if not sync.session.local:
                    sync.session.abort()

    @property
    def ended(self) -> bool:
        """Whether every folder was asked that could be."""
        return self.done >= self.total

    def covered(self) -> SafeText:
        """How it stands, for a title; empty when there is nothing to ask."""
        pieces: list[str] = []
        if not self.ended:
            doing = "sorting on" if self.route.sorting else "searching"
            where = f", {self.done} of {self.total} folders" if self.total > 1 else ""
            pieces.append(f"{doing} the {self.route.place}{where} …")
        elif self.total and not self.route.reasons:
            pieces.append(self._well())
        with self.lock:
            pieces += dict.fromkeys(self.route.reasons.values())
        return safe_text("; ".join(pieces), 400)

    def _well(self) -> str:
        if self.route.sorting:
            return f"the first {SORTED} as the server sorts them"
        return f"{self.route.place} searched too"

    def add(self, stop: Stop, messages: list[MessageId]) -> None:
        """These were found in a folder."""
        with self.lock:
            self.answered |= {stop.box.id}
            known = self.found.get(stop.asking, frozenset())
            if messages:
                self.found = {**self.found, stop.asking: known | frozenset(messages)}
                self.told_at = 0.0

    def worth_telling(self) -> bool:
        """Whether the list is told now: of what was found, else now and then."""
        with self.lock:
            now = time.monotonic()
            if not self.ended and now - self.told_at < TELL_S:
                return False
            self.told_at = now
            return True

    def step(self, folders: int, account: str, reason: str = "") -> None:
        """So many folders are done; a reason says why that was not all."""
        with self.lock:
            self.done += folders
            if reason:
                self.route.reasons[account] = reason
            if self.ended:
                self.ended_at = time.monotonic()


class Inquirer:
    """Asks servers, one question at a time."""

    def __init__(
        self, service: MailService, seek: Seek, arrived: Callable[[], None]
    ) -> None:
        """`arrived` is told whenever more is known, on any thread."""
        self._service = service
        self._seek = seek
        self._arrived = arrived
        self.now: Inquiry | None = None
        """The question that stands."""

    def keeps(self, key: object) -> bool:
        """Go on with this question if it is the one that stands; else end that."""
        now = self.now
        if now is not None and now.key == key and not self._stale(now):
            return True
        self.drop()
        return False

    def drop(self) -> None:
        """End what is under way."""
        if self.now is not None:
            self.now.cancel()
        self.now = None

    def rest(self) -> None:
        """Nobody waits: end what is under way, and keep an answer that is there."""
        if self.now is not None and not self.now.ended:
            self.drop()

    def begin(self, key: object, route: Route) -> None:
        """Let this question stand; it is put after a moment."""
        total = sum(len(stops) for stops in route.stops.values())
        self.now = inquiry = Inquiry(key, route, total)
        if total:
            inquiry.timer = threading.Timer(STOOD_S, self._put, (inquiry,))
            inquiry.timer.daemon = True
            inquiry.timer.start()

    def _stale(self, inquiry: Inquiry) -> bool:
        if not inquiry.ended:
            return False
        age = time.monotonic() - inquiry.ended_at
        return age > (AGAIN_S if inquiry.route.reasons else FRESH_S)

    def _put(self, inquiry: Inquiry) -> None:
        for account in list(inquiry.route.stops):
            self._next(inquiry, account)

    def _next(self, inquiry: Inquiry, account: str) -> None:
        """Ask the next folder of an account."""
        stops = inquiry.route.stops[account]
        if inquiry.ticket.cancelled or not stops:
            return
        stop = stops.popleft()

        def then(error: TuimailError | None) -> None:
            if inquiry.ticket.cancelled:
                return
            if error is None:
                inquiry.step(1, account)
            else:
                inquiry.step(1 + len(stops), account, _failure(account, error))
                stops.clear()
            if inquiry.worth_telling():
                self._arrived()
            self._next(inquiry, account)

        def what(sync: MailboxSync) -> Outcome:
            return self._look(inquiry, stop, sync)

        self._seek(account, stop.box.id, what, inquiry.ticket, then)

    def _look(self, inquiry: Inquiry, stop: Stop, sync: MailboxSync) -> Outcome:
        """One folder, on its account's connection."""
        with inquiry.lock:
            if inquiry.ticket.cancelled:
                raise Cancelled("Cancelled.")
            inquiry.running[stop.box.account] = sync
        try:
            sync.ready()
            uids = _ask(sync, stop, inquiry.ticket)
        except AccountError as error:
            if inquiry.ticket.cancelled:
                raise Cancelled("Cancelled.") from error
            if isinstance(error, Unreachable):
                raise
            inquiry.step(0, stop.box.account, _why(stop, error))
            return sync.outcome
        finally:
            with inquiry.lock:
                del inquiry.running[stop.box.account]
        if inquiry.ticket.cancelled:
            # Its connection may have been broken just now: that is no failure.
            raise Cancelled("Cancelled.")
        here = sync.bring(uids, HEADERS_MAX)
        if not stop.order and (uids & sync.below) - here:
            inquiry.step(0, stop.box.account, _NEWEST)
        here = here.newest(MATCHES_MAX)
        found = self._service.store.sync.messages(stop.box.id, here)
        self._service.store.words.catch_up(HEADERS_MAX)
        inquiry.add(stop, found)
        return sync.outcome


def _failure(account: str, error: TuimailError) -> str:
    if isinstance(error, Unreachable):
        return f"{account} is away: {_ONLY}"
    words = str(error).rstrip(".")
    return f"{_ONLY}: {words}"


def _ask(sync: MailboxSync, stop: Stop, ticket: Ticket) -> UIDSet:
    if not stop.order:
        return sync.session.search(stop.asking, cancelled=lambda: ticket.cancelled)
    order = stop.order
    if order.endswith(b"FROM") and "SORT=DISPLAY" in sync.session.capabilities:
        order = order.replace(b"FROM", b"DISPLAYFROM")
    return UIDSet.of(sync.session.sort(order, stop.asking, SORTED))


def _why(stop: Stop, error: AccountError) -> str:
    words = str(error).rstrip(".")
    if stop.order:
        box = stop.box
        total = f" of {box.total:,}" if box.total is not None else ""
        return f"sorted: what is here ({stop.known:,}{total}); {words}"
    return f"{_ONLY}: {words}"
