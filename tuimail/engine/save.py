"""Write a part to a file the user named; never over an existing one."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tuimail.engine.events import Event, Failed, Progress, Saved
from tuimail.engine.fetch import BULK_SLICE, PartFetcher, Waiter, Wish
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.worker import Worker
from tuimail.errors import StoreError, TuimailError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.structure import leaves, parse_structure
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import MessageId, Section
from tuimail.store.store import Store


def save_new(path: Path, data: bytes) -> Path:
    """Write `data` to `path`, or to `name (2).ext` … when that exists.

    The file is ours alone (0600), never executable, and no link is followed.
    Raises StoreError with a remedy.
    """
    for candidate in _candidates(path):
        try:
            handle = os.open(
                candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600
            )
        except FileExistsError:
            continue
        except OSError as error:
            raise StoreError(_words(candidate, error)) from error
        return _fill(candidate, handle, data)
    raise StoreError(f"{path} and its numbered names all exist; choose another name.")


def _candidates(path: Path) -> list[Path]:
    numbers = count(2)
    names = [f"{path.stem} ({next(numbers)}){path.suffix}" for _ in range(98)]
    return [path, *(path.with_name(name) for name in names)]


def _fill(path: Path, handle: int, data: bytes) -> Path:
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StoreError(_words(path, error)) from error
    return path


def _words(path: Path, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"Could not write {path}: {reason}. Choose another place."


class Saver:
    """Answers every wish to save a part with Saved or Failed."""

    def __init__(
        self,
        store: Store,
        parts: PartFetcher,
        worker: Worker,
        emit: Callable[[Event], None],
        submit: Callable[[str, Job], None],
    ) -> None:
        self._store = store
        self._parts = parts
        self._worker = worker
        self._emit = emit
        self._submit = submit

    def save(
        self, message: MessageId, section: Section, path: Path, ticket: Ticket
    ) -> None:
        """Begin; from any thread."""
        self._worker.submit(
            Priority.OPEN, lambda: self._begin(message, section, path, ticket)
        )

    def _begin(
        self, message: MessageId, section: Section, path: Path, ticket: Ticket
    ) -> None:
        def failed(error: TuimailError) -> None:
            self._emit(Failed(ticket.number, safe_text(str(error), 300)))

        place = self._store.messages.place(message)
        if place is None:
            failed(StoreError("This message is no longer here."))
            return
        size, encoding = self._size(message, section, place.size)
        wish = Wish(place, section, size)

        def write(data: bytes) -> None:
            try:
                kept = save_new(path, decode_transfer(data, encoding))
            except StoreError as error:
                failed(error)
            else:
                self._emit(Saved(message, section, ticket.number, str(kept)))

        cached = self._parts.cached(wish)
        if cached is not None:
            write(cached)
            return
        label = safe_text(path.name, 80)
        waiter = Waiter(
            ticket,
            lambda data: self._worker.submit(Priority.OPEN, lambda: write(data)),
            failed,
            lambda done, total: self._emit(Progress(ticket.number, done, total, label)),
        )
        job = self._parts.job(wish, waiter, BULK_SLICE)
        if job is not None:
            self._submit(place.account, job)

    def _size(
        self, message: MessageId, section: Section, whole: int
    ) -> tuple[int, str]:
        """Octets and transfer encoding of a part; of the source as it is."""
        content = self._store.messages.content(message)
        if section == "" or content is None or content.structure is None:
            return whole, "8bit"
        root = self._parts.expanded(content.id, parse_structure(content.structure))
        for part in leaves(root):
            if part.section == section:
                return part.size, part.encoding
        return 0, "8bit"
