"""Texts of messages for the screen: choose the part, get it, render it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tuimail.engine.document import (
    TEXT_LIMIT,
    WHOLE_LIMIT,
    Document,
    Need,
    full_headers,
    part_of,
    source,
)
from tuimail.engine.document import document as document_of
from tuimail.engine.events import Event, Progress, TextFailed, TextReady
from tuimail.engine.fetch import TEXT_SLICE, PartFetcher, Waiter, Wish
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.render import Renderer
from tuimail.engine.seals import Seals
from tuimail.engine.showing import Showing, Source
from tuimail.engine.worker import Worker
from tuimail.errors import Cancelled, Gone, TuimailError, Waits
from tuimail.mail.headers import parse_envelope
from tuimail.mail.sanitize import safe_text
from tuimail.mail.structure import parse_structure
from tuimail.mail.text_frame import Frame
from tuimail.mail.types import (
    Address,
    Envelope,
    MessageId,
    RenderedText,
    SafeText,
    Section,
)
from tuimail.store.store import Store
from tuimail.store.values import Place


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
    whole: bool = False
    """Also what is too long to be shown at once."""
    pictures: bool = False
    """Its pictures will be shown, so their places in a page are wanted."""


Octets = dict[Section, bytes]
ALSO_MAX = 30
"""Small parts that are fetched beside another."""
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
        seals: Seals,
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
        self.seals = seals
        """What was found out about signatures, and what was decrypted."""

    def warm_up(self) -> None:
        """Start the rendering process before it is needed."""
        self._worker.submit(Priority.PREFETCH, self._renderer.start)

    def close(self) -> None:
        """End the rendering process."""
        self._renderer.close()
        self.seals.close()

    def want(self, wanted: Wanted, ticket: Ticket) -> None:
        """Begin; from any thread."""
        self._worker.submit(Priority.OPEN, lambda: self._begin(wanted, ticket))

    def prefetch(self, message: MessageId, prefer: str) -> None:
        """Have the text of a message here that will probably be read next."""

        def begin() -> None:
            found = self._find(Wanted(message, 80, prefer))
            if found is None:
                return
            place, document = found
            have = self._here(place, document)
            if document.readable(have):
                return
            wish = _wish(place, document.missing(have))
            waiter = Waiter(Ticket(), lambda data: None, lambda error: None, ahead=True)
            self._fetch(wish, waiter, Priority.PREFETCH)

        self._worker.submit(Priority.PREFETCH, begin)

    def _begin(
        self, wanted: Wanted, ticket: Ticket, came: Octets | None = None
    ) -> None:
        """Show what is here; while something is missing, fetch it and begin again."""
        found = self._find(wanted)
        if found is None:
            reason = SafeText("This message is no longer here.")
            self._emit(TextFailed(wanted.message, ticket.number, reason))
            return
        place, document = found
        have = (came or {}) | self._here(place, document, came)
        missing = document.missing(have)
        if not missing:
            self._show(wanted, document, ticket, have)
            return
        if came is None and document.readable(have):
            self._show(wanted, document, ticket, have, more=True)
        self._fetch_rest(wanted, ticket, document, _wish(place, missing), have)

    def _fetch_rest(
        self,
        wanted: Wanted,
        ticket: Ticket,
        document: Document,
        wish: Wish,
        have: Octets,
    ) -> None:
        def done(data: bytes) -> None:
            # What the server left out is not asked for again.
            asked = dict.fromkeys(wish.also, b"")
            self._submit_again(wanted, ticket, asked | have | {wish.section: data})

        def failed(error: TuimailError) -> None:
            if document.readable(have) and not ticket.cancelled:
                self._worker.submit(
                    Priority.OPEN,
                    lambda: self._show(wanted, document, ticket, have),
                )
            else:
                self._fail(wanted, ticket, error)

        waiter = Waiter(
            ticket,
            done,
            failed,
            lambda done, total: self._emit(
                Progress(ticket.number, done, total, SafeText("message text"))
            ),
            beside=have.update,
        )
        self._fetch(wish, waiter, Priority.OPEN)

    def _fetch(self, wish: Wish, waiter: Waiter, priority: Priority) -> None:
        job = self._parts.job(wish, waiter, TEXT_SLICE)
        if job is not None:
            self._submit(wish.place.account, priority, job)

    def _find(self, wanted: Wanted) -> tuple[Place, Document] | None:
        place = self._store.messages.place(wanted.message)
        if place is None:
            return None
        if wanted.full_headers:
            return place, full_headers()
        raw = self._store.messages.structure(wanted.message)
        if wanted.source or raw is None:
            return place, source(place.size, wanted.whole)
        root = self.seals.expanded(place.content, parse_structure(raw))
        prefer = "html" if wanted.prefer == "html" else "plain"
        if wanted.section is not None:
            return place, part_of(root, wanted.section, prefer, wanted.whole)
        return place, document_of(root, prefer, wanted.whole)

    def _here(
        self, place: Place, document: Document, came: Octets | None = None
    ) -> Octets:
        """What of a document is in the cache."""
        have: Octets = {}
        for need in document.needs:
            if came and need.section in came:
                continue
            data = self._parts.cached(_wish(place, (need,)))
            if data is not None:
                have[need.section] = data
        return have

    def _show(
        self,
        wanted: Wanted,
        document: Document,
        ticket: Ticket,
        have: Octets,
        *,
        more: bool = False,
    ) -> None:
        if ticket.cancelled:
            return
        size = WHOLE_LIMIT if wanted.whole else TEXT_LIMIT
        content = self._store.messages.content(wanted.message)
        if content is None:
            return
        senders = _senders(wanted.section, have, content.envelope)
        showing = Showing(
            self._renderer,
            self.seals,
            Frame(wanted.width, 1, size),
            wanted.prefer,
            senders[0].addr if senders else "",
            lambda: ticket.cancelled,
            lambda: self._submit_again(wanted, ticket, have),
            self._beginning(wanted, ticket),
            document.pictures if wanted.pictures else (),
        )
        limits = {need.section: need.limit for need in document.needs}
        showing.put(document.blocks, Source(content.id, have.get), limits)
        text, waits = showing.pages.done(), more or showing.pending
        self._emit(TextReady(wanted.message, ticket.number, text, waits))

    def _submit_again(self, wanted: Wanted, ticket: Ticket, have: Octets) -> None:
        self._worker.submit(Priority.OPEN, lambda: self._begin(wanted, ticket, have))

    def _beginning(
        self, wanted: Wanted, ticket: Ticket
    ) -> Callable[[RenderedText], None]:
        """Show the beginning of a long text before it is whole."""

        def begun(text: RenderedText) -> None:
            if not ticket.cancelled:
                self._emit(TextReady(wanted.message, ticket.number, text, True))

        return begun

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


def _senders(
    section: Section | None, have: Octets, envelope: Envelope
) -> tuple[Address, ...]:
    """Who a text says it is from: of a message within a message, its own header."""
    header = have.get(Section(f"{section}.HEADER"))
    return (parse_envelope(header) if header else envelope).from_


def _wish(place: Place, missing: tuple[Need, ...]) -> Wish:
    """What is fetched next: the most important, and beside it what is small."""
    main = max(missing, key=lambda need: (need.main, need.size))
    also = tuple(n.section for n in missing if n is not main and n.small)
    size = main.size or (place.size if main.section == "" else 0)
    return Wish(place, main.section, size, main.limit, also[:ALSO_MAX])
