"""Get the octets of message parts: from the cache, or from the server in slices.

Whoever asks for what is already on its way joins that fetch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuimail.engine.jobs import Job, Ticket
from tuimail.engine.seals import Seals
from tuimail.engine.sync_imap import select_known
from tuimail.errors import Cancelled, Gone, TuimailError, Unreachable
from tuimail.mail.reading import HEADER_FIELDS
from tuimail.mail.sections import section_of
from tuimail.mail.types import ContentId, Part, Section
from tuimail.store.store import Store
from tuimail.store.values import Place

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

TEXT_SLICE = 65_536
"""Octets of a text fetched at a time: small, so that cancelling is quick."""
BULK_SLICE = 262_144
"""Octets of an attachment fetched at a time: as fast as one FETCH of it all."""
BEGUN_MAX = 64 * 1024 * 1024
"""Octets of parts that came in part, kept in memory for this run."""
Key = tuple[ContentId, Section, int, tuple[Section, ...]]


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who wants a part; called from a lane's thread."""

    ticket: Ticket
    done: Callable[[bytes], None]
    failed: Callable[[TuimailError], None]
    progress: Callable[[int, int], None] = field(default=lambda done, total: None)
    ahead: bool = False
    """Nobody looks at it yet: of what is kept it leaves sooner."""
    beside: Callable[[dict[Section, bytes]], None] = field(default=lambda found: None)
    """Is given the small parts that were asked for beside this one, before `done`."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: a part of a message at its place on a server."""

    place: Place
    section: Section
    size: int
    """Octets the network will carry; 0 when unknown."""
    limit: int = 0
    """Fetch no more than so many octets; 0 for all. What is cut is not cached."""
    also: tuple[Section, ...] = ()
    """Small parts of the same message, fetched by the same command if that can be."""

    @property
    def key(self) -> Key:
        """Two wishes of one key are one fetch."""
        return (self.place.content, self.section, self.limit, self.also)

    @property
    def octets(self) -> int:
        """How much will be fetched; 0 when unknown."""
        return min(self.size, self.limit) if self.limit and self.size else self.size


class Pieces:
    """The beginning of a part, in slices."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.octets = 0

    def add(self, piece: bytes) -> None:
        """The next slice has come."""
        self.pieces.append(piece)
        self.octets += len(piece)

    def cut(self, octets: int, slice_octets: int) -> None:
        """Keep whole slices, and at most so many octets of them."""
        while self.pieces and (
            self.octets > octets or len(self.pieces[-1]) % slice_octets
        ):
            self.octets -= len(self.pieces.pop())


class Begun:
    """Beginnings of parts whose fetch was cancelled or broke off; the newest stay.

    A part never changes, so whoever asks again goes on where it ended.
    """

    def __init__(self, limit: int = BEGUN_MAX) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._parts: dict[Key, Pieces] = {}

    def take(self, key: Key) -> Pieces:
        """What is here of a part; it is the caller's from now on."""
        with self._lock:
            return self._parts.pop(key, None) or Pieces()

    def keep(self, key: Key, begun: Pieces, slice_octets: int) -> None:
        """Keep a beginning; older ones leave when it is too much."""
        begun.cut(self._limit, slice_octets)
        with self._lock:
            self._parts[key] = begun
            while sum(each.octets for each in self._parts.values()) > self._limit:
                del self._parts[next(iter(self._parts))]


class PartFetcher:
    """Fetches under way, so that one part crosses the wire once."""

    def __init__(
        self,
        store: Store,
        kept: Callable[[Place, int], None] = lambda place, octets: None,
        seals: Seals | None = None,
    ) -> None:
        """`seals` has the parts within opened ones."""
        self._seals = seals or Seals()
        self._store = store
        self._kept = kept
        self._lock = threading.Lock()
        self._waiting: dict[Key, list[Waiter]] = {}
        self._begun = Begun()

    def cached(self, wish: Wish) -> bytes | None:
        """The octets, when they are here."""
        if "/" in wish.section:
            return self._seals.octets(wish.place.content, wish.section)
        kept = self._store.parts.get(wish.place.content, wish.section)
        if kept is None and wish.place.uid is None:
            # On no server yet: what waits to be stored is in the vault.
            whole = self._store.appends.octets(wish.place.content)
            return None if whole is None else section_of(whole, wish.section)
        return kept

    def expanded(self, content: ContentId, root: Part) -> Part:
        """A tree of parts with what was opened of it."""
        return self._seals.expanded(content, root)

    def here(self, wish: Wish) -> bool:
        """Whether the octets are here; does not count as a use of them."""
        return self._store.parts.has(wish.place.content, wish.section)

    def job(self, wish: Wish, waiter: Waiter, slice_octets: int) -> Job | None:
        """A job that fetches it; None when it is already under way and was joined."""
        with self._lock:
            waiters = self._waiting.setdefault(wish.key, [])
            waiters.append(waiter)
            if len(waiters) > 1:
                return None
        name = f"part {wish.place.content} {wish.section}"
        return Job(
            name,
            lambda session: self._fetch(session, wish, slice_octets),
            lambda error: self._finish(wish, error=error),
        )

    def _fetch(self, session: ImapSession, wish: Wish, slice_octets: int) -> None:
        data = self._cached_or_fetched(session, wish, slice_octets)
        self._finish(wish, data=data)

    def _cached_or_fetched(
        self, session: ImapSession, wish: Wish, slice_octets: int
    ) -> bytes:
        data = None if wish.also else self.cached(wish)
        if data is not None:
            return data
        if "/" in wish.section:
            raise Gone("What was opened is closed again; open the message once more.")
        place = self._place_now(wish)
        select_known(session, self._store, place.mailbox)
        try:
            found = self._octets(session, wish, place, slice_octets)
        except Gone:
            # A mailbox that stayed selected learns of new mail when it is asked.
            session.noop()
            found = self._octets(session, wish, place, slice_octets)
        self._keep(session, wish, place, found)
        return found[wish.section]

    def _octets(
        self, session: ImapSession, wish: Wish, place: Place, slice_octets: int
    ) -> dict[Section, bytes]:
        """What is wanted, and what is wanted beside it."""
        assert place.uid is not None
        small = wish.also
        if wish.also and not wish.limit and wish.size <= slice_octets:
            small = (wish.section, *wish.also)
        found = session.fetch_sections(place.uid, small) if small else {}
        if wish.section not in found:
            found[wish.section] = self._slices(session, wish, place, slice_octets)
        return found

    def _keep(
        self,
        session: ImapSession,
        wish: Wish,
        place: Place,
        found: dict[Section, bytes],
    ) -> None:
        ahead = self._ahead(wish)
        for section, data in found.items():
            main = section == wish.section
            if main and wish.limit and len(data) >= wish.limit:
                continue
            # What the header says is asked for again by the screen, so also of files.
            if not session.local or section == HEADER_FIELDS:
                self._store.parts.put(wish.place.content, section, data, ahead=ahead)
                self._kept(place, len(data))
        if wish.also:
            with self._lock:
                waiters = list(self._waiting.get(wish.key, ()))
            for waiter in waiters:
                waiter.beside(found)

    def _place_now(self, wish: Wish) -> Place:
        place = self._store.messages.place(wish.place.message)
        if place is None or place.uid is None:
            raise Gone("This message is no longer in this folder.")
        return place

    def _slices(
        self, session: ImapSession, wish: Wish, place: Place, slice_octets: int
    ) -> bytes:
        assert place.uid is not None
        if not wish.octets or wish.octets <= slice_octets:
            length = wish.limit or None
            return session.fetch_section(place.uid, wish.section, length=length)
        begun = self._begun.take(wish.key)
        pieces = session.fetch_slices(
            place.uid,
            wish.section,
            wish.octets,
            start=begun.octets,
            slice_octets=slice_octets,
            cancelled=lambda: self._abandoned(wish),
        )
        try:
            for piece in pieces:
                begun.add(piece)
                self._report(wish, begun.octets)
            if self._abandoned(wish):
                raise Cancelled("Cancelled.")
        except (Cancelled, Unreachable):
            self._begun.keep(wish.key, begun, slice_octets)
            raise
        return b"".join(begun.pieces)

    def _abandoned(self, wish: Wish) -> bool:
        """Nobody waits for it any more."""
        with self._lock:
            return all(w.ticket.cancelled for w in self._waiting.get(wish.key, ()))

    def _ahead(self, wish: Wish) -> bool:
        """Nobody who waits for it looks at it."""
        with self._lock:
            return all(w.ahead for w in self._waiting.get(wish.key, ()))

    def _report(self, wish: Wish, done: int) -> None:
        with self._lock:
            waiters = list(self._waiting.get(wish.key, ()))
        for waiter in waiters:
            waiter.progress(done, wish.octets)

    def _finish(
        self, wish: Wish, *, data: bytes = b"", error: TuimailError | None = None
    ) -> None:
        with self._lock:
            waiters = self._waiting.pop(wish.key, [])
        for waiter in waiters:
            if waiter.ticket.cancelled:
                waiter.failed(Cancelled("Cancelled."))
            elif error is not None:
                waiter.failed(error)
            else:
                waiter.done(data)
