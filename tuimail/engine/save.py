"""Write parts to files the user named; never over an existing one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from tuimail.engine.events import Event, Failed, Finished, Progress, Saved
from tuimail.engine.jobs import Priority, Ticket
from tuimail.engine.taken import Taken, Taker
from tuimail.engine.worker import Worker
from tuimail.errors import Cancelled, StoreError, TuimailError
from tuimail.mail.kinds import doubt
from tuimail.mail.sanitize import safe_filename, safe_text
from tuimail.mail.types import MessageId, SafeText, Section

NAMED_MAX = 5
"""Files that could not be saved and are named, each with its reason."""


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
    """Answers every wish to save with Saved, Finished or Failed."""

    def __init__(
        self, taker: Taker, worker: Worker, emit: Callable[[Event], None]
    ) -> None:
        self._taker = taker
        self._worker = worker
        self._emit = emit

    def save(
        self, message: MessageId, section: Section, path: Path, ticket: Ticket
    ) -> None:
        """Begin to save one part as `path`; from any thread."""

        def write(taken: Taken) -> None:
            try:
                kept = save_new(path, taken.data)
            except StoreError as error:
                failed(error)
                return
            said = doubt(taken.name, taken.media_type, taken.kind)
            self._emit(Saved(message, section, ticket.number, str(kept), said))

        def failed(error: TuimailError) -> None:
            self._emit(Failed(ticket.number, safe_text(str(error), 300)))

        label = safe_text(path.name, 80)
        self._worker.submit(
            Priority.OPEN,
            lambda: self._taker.take(
                message, section, ticket, self._progress(ticket, label), write, failed
            ),
        )

    def save_all(
        self,
        message: MessageId,
        sections: Sequence[Section],
        folder: Path,
        ticket: Ticket,
    ) -> None:
        """Begin to save parts into a folder, one after the other; from any thread."""
        batch = _Batch(self, message, list(sections), folder, ticket)
        self._worker.submit(Priority.OPEN, batch.next)

    def _progress(self, ticket: Ticket, label: SafeText) -> Callable[[int, int], None]:
        return lambda done, total: self._emit(
            Progress(ticket.number, done, total, label)
        )


class _Batch:
    """Some parts of a message on their way into a folder."""

    def __init__(
        self,
        saver: Saver,
        message: MessageId,
        sections: list[Section],
        folder: Path,
        ticket: Ticket,
    ) -> None:
        self._saver = saver
        self._message = message
        self._left = sections
        self._count = len(sections)
        self._folder = folder
        self._ticket = ticket
        self._saved = 0
        self._failed: list[str] = []
        self._doubted: list[str] = []

    def next(self) -> None:
        """Begin with the next one, or tell how it went; on the worker's thread."""
        if not self._left or self._ticket.cancelled:
            self._end()
            return
        section = self._left.pop(0)
        number = self._count - len(self._left)
        label = safe_text(f"file {number} of {self._count}")
        saver = self._saver
        saver._taker.take(
            self._message,
            section,
            self._ticket,
            saver._progress(self._ticket, label),
            self._write,
            lambda error: self._not(f"part {section}", error),
        )

    def _write(self, taken: Taken) -> None:
        name = safe_filename(taken.name, fallback=f"part-{taken.section}")
        try:
            kept = save_new(self._folder / name, taken.data)
        except StoreError as error:
            self._not(name, error)
            return
        self._saved += 1
        if doubt(taken.name, taken.media_type, taken.kind):
            self._doubted.append(kept.name)
        self._saver._worker.submit(Priority.OPEN, self.next)

    def _not(self, name: str, error: TuimailError) -> None:
        if not isinstance(error, Cancelled):
            self._failed.append(f"{name}: {error}")
        self._saver._worker.submit(Priority.OPEN, self.next)

    def _end(self) -> None:
        files = "1 file" if self._saved == 1 else f"{self._saved} files"
        whole = self._saved == self._count
        of = "" if whole else f" of {self._count}"
        words = f"Saved {files}{of} to {tilde(self._folder)}."
        if self._failed:
            more = len(self._failed) - NAMED_MAX
            words += f" Not saved: {' '.join(self._failed[:NAMED_MAX])}"
            words += f" And {more} more." if more > 0 else ""
        elif not whole:
            words += " The rest was cancelled."
        if self._doubted:
            words += f" Beware of {', '.join(self._doubted[:NAMED_MAX])}."
        told = safe_text(words, 500)
        number = self._ticket.number
        self._saver._emit(Finished(number, told) if whole else Failed(number, told))


def tilde(path: Path) -> str:
    """A path as people write it, `~` for the home folder."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)
