"""Take a part of a message: from here or its server, decoded, with what it claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tuimail.engine.fetch import BULK_SLICE, PartFetcher, Waiter, Wish
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.worker import Worker
from tuimail.errors import StoreError, TuimailError
from tuimail.mail.kind_table import Kind
from tuimail.mail.kinds import sniff
from tuimail.mail.structure import leaves, parse_structure
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import MessageId, Part, Section
from tuimail.store.store import Store


class Taken(NamedTuple):
    """A part, decoded."""

    section: Section
    name: str
    """As the sender gave it: not a path, not yet safe."""
    media_type: str
    """As the sender declares it."""
    data: bytes
    charset: str = ""
    """As the sender declares it."""

    @property
    def kind(self) -> Kind:
        """What it is by its content."""
        return sniff(self.data)


class Taker:
    """Gets parts for those who do something with their octets."""

    def __init__(
        self,
        store: Store,
        parts: PartFetcher,
        worker: Worker,
        submit: Callable[[str, Job], None],
    ) -> None:
        self._store = store
        self._parts = parts
        self._worker = worker
        self._submit = submit

    def take(
        self,
        message: MessageId,
        section: Section,
        ticket: Ticket,
        progress: Callable[[int, int], None],
        done: Callable[[Taken], None],
        failed: Callable[[TuimailError], None],
    ) -> None:
        """Begin, on the worker's thread, where `done` is called as well.

        `failed` is called on any thread.
        """
        place = self._store.messages.place(message)
        if place is None:
            failed(StoreError("This message is no longer here."))
            return
        part = self._part(message, section)
        wish = Wish(place, section, part.size or (0 if section else place.size))

        def decoded(data: bytes) -> None:
            octets = decode_transfer(data, part.encoding)
            charset = part.param("charset")
            done(Taken(section, part.filename, part.media_type, octets, charset))

        cached = self._parts.cached(wish)
        if cached is not None:
            decoded(cached)
            return
        waiter = Waiter(
            ticket,
            lambda data: self._worker.submit(Priority.OPEN, lambda: decoded(data)),
            failed,
            progress,
        )
        job = self._parts.job(wish, waiter, BULK_SLICE)
        if job is not None:
            self._submit(place.account, job)

    def _part(self, message: MessageId, section: Section) -> Part:
        """What is known of a part; the source is a message as it is."""
        content = self._store.messages.content(message)
        if section and content is not None and content.structure is not None:
            root = parse_structure(content.structure)
            for part in leaves(self._parts.expanded(content.id, root)):
                if part.section == section:
                    return part
        kind = "application/octet-stream" if section else "message/rfc822"
        return Part(section, kind, encoding="8bit")
