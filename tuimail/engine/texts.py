"""Texts of messages for the screen: choose the part, get it, render it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tuimail.engine.events import Event, Progress, TextFailed, TextReady
from tuimail.engine.fetch import TEXT_SLICE, PartFetcher, Waiter, Wish
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.render import Renderer
from tuimail.engine.worker import Worker
from tuimail.errors import Cancelled, Gone, TuimailError, Waits
from tuimail.mail.sanitize import safe_text
from tuimail.mail.structure import leaves, parse_structure, text_part
from tuimail.mail.types import MessageId, Part, SafeText, Section
from tuimail.store.store import Store
from tuimail.store.values import Place

TEXT_LIMIT = 2 * 1024 * 1024
"""Octets of a text part that are fetched and shown; the rest on demand."""
SOURCE_LIMIT = 1024 * 1024
SOURCE = Part(Section(""), "text/x-source", params=(("charset", "utf-8"),))
HEADER_BLOCK = Part(Section("HEADER"), "text/x-source", size=0)


class Wanted(NamedTuple):
    """Which text of a message is asked for, and how wide it may be."""

    message: MessageId
    width: int
    prefer: str = "plain"
    section: Section | None = None
    source: bool = False
    full_headers: bool = False
    fetch: bool = True
    """Also when it waits in a maildrop, and would have to be fetched whole."""
    brought: bool = False
    """It was fetched for this just now."""


Bring = Callable[
    [
        MessageId,
        Ticket,
        Callable[[int, int], None],
        Callable[[TuimailError | None], None],
    ],
    bool,
]
"""Fetch a whole message with progress, then tell; False when it is in no maildrop."""


class Texts:
    """Answers every wish for a text with TextReady or TextFailed."""

    def __init__(
        self,
        store: Store,
        parts: PartFetcher,
        worker: Worker,
        emit: Callable[[Event], None],
        submit: Callable[[str, Priority, Job], None],
        bring: Bring,
    ) -> None:
        """`bring` fetches a whole message from a maildrop."""
        self._store = store
        self._parts = parts
        self._worker = worker
        self._emit = emit
        self._submit = submit
        self._bring = bring
        self._renderer = Renderer()

    def warm_up(self) -> None:
        """Start the rendering process before it is needed."""
        self._worker.submit(Priority.PREFETCH, self._renderer.start)

    def close(self) -> None:
        """End the rendering process."""
        self._renderer.close()

    def want(self, wanted: Wanted, ticket: Ticket) -> None:
        """Begin; from any thread."""
        self._worker.submit(Priority.OPEN, lambda: self._begin(wanted, ticket))

    def prefetch(self, message: MessageId, prefer: str) -> None:
        """Have the text of a message here that will probably be read next."""

        def begin() -> None:
            found = self._find(Wanted(message, 80, prefer))
            if found is None or self._parts.here(found[1]):
                return
            waiter = Waiter(Ticket(), lambda data: None, lambda error: None, ahead=True)
            self._fetch(found[1], waiter, Priority.PREFETCH)

        self._worker.submit(Priority.PREFETCH, begin)

    def _begin(self, wanted: Wanted, ticket: Ticket) -> None:
        found = self._find(wanted)
        if found is None:
            reason = SafeText("This message is no longer here.")
            self._emit(TextFailed(wanted.message, ticket.number, reason))
            return
        part, wish = found
        data = self._parts.cached(wish)
        if data is not None:
            self._render(wanted, part, ticket, data)
            return

        def done(data: bytes) -> None:
            self._worker.submit(
                Priority.OPEN, lambda: self._render(wanted, part, ticket, data)
            )

        waiter = Waiter(
            ticket,
            done,
            lambda error: self._fail(wanted, ticket, error),
            lambda done, total: self._emit(
                Progress(ticket.number, done, total, SafeText("message text"))
            ),
        )
        self._fetch(wish, waiter, Priority.OPEN)

    def _fetch(self, wish: Wish, waiter: Waiter, priority: Priority) -> None:
        job = self._parts.job(wish, waiter, TEXT_SLICE)
        if job is not None:
            self._submit(wish.place.account, priority, job)

    def _find(self, wanted: Wanted) -> tuple[Part, Wish] | None:
        place = self._store.messages.place(wanted.message)
        if place is None:
            return None
        part = self._part(wanted)
        limit = SOURCE_LIMIT if part.media_type == "text/x-source" else TEXT_LIMIT
        size = place.size if part.section == "" else part.size
        limited = limit if size > limit else 0
        return part, Wish(place, part.section, size, limited)

    def _part(self, wanted: Wanted) -> Part:
        if wanted.full_headers:
            return HEADER_BLOCK
        raw = self._store.messages.structure(wanted.message)
        if wanted.source or raw is None:
            return SOURCE
        root = parse_structure(raw)
        if wanted.section is not None:
            named = (p for p in leaves(root) if p.section == wanted.section)
            return next(named, SOURCE)
        prefer = "html" if wanted.prefer == "html" else "plain"
        return text_part(root, prefer) or HEADER_BLOCK

    def _render(self, wanted: Wanted, part: Part, ticket: Ticket, data: bytes) -> None:
        if ticket.cancelled:
            return
        text = self._renderer.render(data, part, wanted.width)
        self._emit(TextReady(wanted.message, ticket.number, text))

    def _waits(self, wanted: Wanted, ticket: Ticket, error: Waits) -> None:
        """It is in a maildrop: all of it is fetched, when somebody wants to read it."""
        if not wanted.fetch:
            words = f"{error} Press Enter to fetch it."
            self._emit(TextFailed(wanted.message, ticket.number, safe_text(words)))
            return

        def then(error: TuimailError | None) -> None:
            if error is None:
                self.want(wanted._replace(brought=True), ticket)
            else:
                self._fail(wanted, ticket, error)

        def progress(done: int, total: int) -> None:
            words = SafeText("message from the server")
            self._emit(Progress(ticket.number, done, total, words))

        if not self._bring(wanted.message, ticket, progress, then):
            then(Gone("This message is no longer here."))

    def _fail(self, wanted: Wanted, ticket: Ticket, error: TuimailError) -> None:
        if isinstance(error, Waits) and not wanted.brought:
            self._waits(wanted, ticket, error)
            return
        if isinstance(error, Cancelled):
            reason = safe_text("Cancelled; press Enter to fetch it again.")
        else:
            reason = safe_text(f"This text is not here yet. {error}", 500)
        self._emit(TextFailed(wanted.message, ticket.number, reason))


def place_words(place: Place) -> str:
    """Where a message is, for the log."""
    return f"{place.account} mailbox {place.mailbox} uid {place.uid}"
