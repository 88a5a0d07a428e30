"""Pictures of the message that is looked at: fetched, scaled, told one by one.

Only parts of the message itself; the text is on the screen before the first of them is
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from tuimail.engine.events import Event, PictureReady
from tuimail.engine.fetch import BULK_SLICE, PartFetcher, Waiter, Wish
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.picture import MISSING, Decoder, available
from tuimail.engine.worker import Worker
from tuimail.errors import TuimailError
from tuimail.mail.pictures import PICTURES_MAX, Pictured, pictured
from tuimail.mail.reading import embedded
from tuimail.mail.sanitize import safe_text
from tuimail.mail.structure import parse_structure
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import Canvas, MessageId, Part, Picture, SafeText, Section
from tuimail.store.store import Store
from tuimail.store.values import Place

OCTETS_MAX = 4 * 1024 * 1024
"""Octets of a picture in transfer encoding that are fetched to show it."""
TOGETHER_MAX = 24 * 1024 * 1024
"""Octets of all pictures of a message."""
NAME_MAX = 100
TOO_BIG = "it is too big to be shown here; p opens or saves it"
MORE = SafeText(f"Only the first {PICTURES_MAX} pictures are shown; p lists all.")


class Album(NamedTuple):
    """Which pictures of a message are wanted, and what for."""

    message: MessageId
    section: Section | None
    numbers: frozenset[int]
    """Those a page has a place for; attached ones come without being named."""
    canvas: Canvas


class Pictures:
    """Answers every wish for pictures with PictureReady, one for each."""

    def __init__(
        self,
        store: Store,
        parts: PartFetcher,
        emit: Callable[[Event], None],
        submit: Callable[[str, Priority, Job], None],
    ) -> None:
        self._store = store
        self._parts = parts
        self._emit = emit
        self._submit = submit
        self._worker = Worker("pictures")
        self._decoder = Decoder()

    def close(self) -> None:
        """End the decoding process."""
        self._worker.close()
        self._decoder.close()

    def want(self, album: Album, ticket: Ticket) -> None:
        """Begin; from any thread."""
        self._worker.start()
        self._worker.submit(Priority.OPEN, lambda: self._begin(album, ticket))

    def _begin(self, album: Album, ticket: Ticket) -> None:
        place = self._store.messages.place(album.message)
        raw = self._store.messages.structure(album.message)
        if place is None or raw is None or ticket.cancelled:
            return
        root: Part | None = self._parts.expanded(place.content, parse_structure(raw))
        if album.section is not None and root is not None:
            root = embedded(root, album.section)
        found = pictured(root) if root is not None else ()
        wanted = [p for p in found if p.attached or p.number in album.numbers]
        if wanted and not available():
            self._tell(album, ticket, MISSING)
            return
        if len(wanted) > PICTURES_MAX:
            self._tell(album, ticket, MORE)
        together = 0
        for each in wanted[:PICTURES_MAX]:
            together += each.part.size
            if each.part.size > OCTETS_MAX or together > TOGETHER_MAX:
                together -= each.part.size
                self._say(album, ticket, each, None, SafeText(TOO_BIG))
            else:
                self._get(album, ticket, each, place)

    def _get(
        self, album: Album, ticket: Ticket, picture: Pictured, place: Place
    ) -> None:
        """Show what is here; fetch what is not."""
        part = picture.part
        # A server may say what it likes about the size: no more than that comes.
        wish = Wish(place, part.section, part.size, OCTETS_MAX)
        here = self._parts.cached(wish)
        if here is not None:
            self._show(album, ticket, picture, here)
            return

        def done(data: bytes) -> None:
            show = partial(self._show, album, ticket, picture, data)
            self._worker.submit(Priority.OPEN, show)

        def failed(error: TuimailError) -> None:
            words = safe_text(f"it is not here: {error}", 300)
            self._say(album, ticket, picture, None, words)

        job = self._parts.job(wish, Waiter(ticket, done, failed), BULK_SLICE)
        if job is not None:
            self._submit(place.account, Priority.VISIBLE, job)

    def _show(
        self, album: Album, ticket: Ticket, picture: Pictured, data: bytes
    ) -> None:
        if ticket.cancelled:
            return
        if len(data) >= OCTETS_MAX:
            self._say(album, ticket, picture, None, SafeText(TOO_BIG))
            return
        decoded = decode_transfer(data, picture.part.encoding)
        made, words = self._decoder.decode(decoded, album.canvas)
        self._say(album, ticket, picture, made, words)

    def _say(
        self,
        album: Album,
        ticket: Ticket,
        picture: Pictured,
        made: Picture | None,
        words: SafeText,
    ) -> None:
        if ticket.cancelled:
            return
        name = safe_text(picture.part.filename, NAME_MAX) or SafeText("picture")
        which = (picture.number, name, picture.attached)
        self._emit(PictureReady(album.message, ticket.number, *which, made, words))

    def _tell(self, album: Album, ticket: Ticket, words: SafeText) -> None:
        """Something about all of them."""
        about = (album.message, ticket.number, 0, SafeText(""), False)
        self._emit(PictureReady(*about, None, words))
