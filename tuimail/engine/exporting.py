"""Write the messages of a folder to files that other programs read.

Nothing that exists is overwritten. All is written beside its place under a name of its
own and synced, and gets its name when it is complete.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from tuimail.engine.append import SLICE, whole
from tuimail.engine.jobs import Job
from tuimail.engine.sync_imap import select_known
from tuimail.errors import Gone, StoreError, TuimailError
from tuimail.mail import mbox
from tuimail.mail.sanitize import safe_filename
from tuimail.mail.types import FlagSet, Header, MessageId, Section
from tuimail.store.delivery import sync_folder
from tuimail.store.maildir import Maildir
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

_WHOLE = Section("")
_SUBJECT = 60


def here(store: Store, message: MessageId) -> bytes | None:
    """All octets of a message, when they are in the cache or wait to be stored."""
    place = store.messages.place(message)
    if place is None:
        raise Gone("This message is no longer here.")
    kept = store.parts.get(place.content, _WHOLE)
    if kept is None and place.uid is None:
        kept = store.appends.octets(place.content)
    return kept


def fetching(
    store: Store,
    message: MessageId,
    done: Callable[[bytes], None],
    failed: Callable[[TuimailError], None],
) -> Job:
    """A job that fetches a message where it lies; the cache is left as it is."""

    def run(session: ImapSession) -> None:
        place = store.messages.place(message)
        if place is None or place.uid is None:
            raise Gone("This message is no longer in this folder.")
        select_known(session, store, place.mailbox)
        if place.size > SLICE:
            done(whole(session, place.uid, place.size))
        else:
            done(session.fetch_section(place.uid, _WHOLE))

    return Job(f"export {message}", run, failed)


class Target(Protocol):
    """Where messages are written; used in a `with`."""

    def put(self, octets: bytes, row: Header) -> None:
        """The next message. Raises OSError."""

    def finish(self) -> None:
        """All are there: sync it. Raises OSError."""


class MboxTarget:
    """One mbox file."""

    def __init__(self, path: Path) -> None:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        self._file: BinaryIO = os.fdopen(os.open(path, flags, 0o600), "wb")

    def put(self, octets: bytes, row: Header) -> None:
        """The next message, with Status and From_ line."""
        flags = FlagSet(row.flags, row.keywords)
        self._file.write(mbox.entry(octets, flags, row.arrival))

    def finish(self) -> None:
        """Sync the file."""
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())


class MaildirTarget:
    """A Maildir of one folder. Line ends become LF, as they are in such files."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        self._tree = Maildir(path)
        self._tree.make(b"INBOX")

    def put(self, octets: bytes, row: Header) -> None:
        """The next message, with the letters of its flags."""
        text = octets.replace(b"\r\n", b"\n")
        flags = FlagSet(row.flags, row.keywords)
        self._tree.deliver(b"INBOX", text, flags, row.arrival)

    def finish(self) -> None:
        """Each message was synced already."""


class EmlTarget:
    """A folder with one file for each message, named by number and subject."""

    def __init__(self, path: Path, total: int) -> None:
        path.mkdir(mode=0o700)
        self._path = path
        self._digits = max(4, len(str(total)))
        self._count = 0

    def put(self, octets: bytes, row: Header) -> None:
        """The next message, octet by octet; flags have no place there."""
        self._count += 1
        subject = safe_filename(row.subject[:_SUBJECT], fallback="no subject")
        name = f"{self._count:0{self._digits}} {subject}.eml"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        with os.fdopen(os.open(self._path / name, flags, 0o600), "wb") as file:
            file.write(octets)
            file.flush()
            os.utime(file.fileno(), times=(row.arrival, max(0, row.arrival)))
            os.fsync(file.fileno())

    def finish(self) -> None:
        """Sync the names."""
        sync_folder(self._path)


def check_free(path: Path) -> None:
    """See that something can be made at `path`. Raises StoreError with what to do."""
    if os.path.lexists(path):
        raise StoreError(
            f"{path} exists already, and nothing is overwritten; choose another name."
        )
    if not path.parent.is_dir():
        raise StoreError(f"There is no folder {path.parent}; make it first.")


class Export:
    """Files on their way to a place that is still free.

    Leaving the `with` without `finish` leaves nothing behind.
    """

    def __init__(self, path: Path, kind: str, total: int) -> None:
        """`kind` is mbox, maildir or eml. Raises StoreError with what to do."""
        self.path = path
        check_free(path)
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
        self._finished = False
        try:
            self._target = self._made(kind, total)
        except StoreError:
            self._leave()
            raise
        except OSError as error:
            self._leave()
            raise self._trouble(error) from error

    def _made(self, kind: str, total: int) -> Target:
        match kind:
            case "mbox":
                return MboxTarget(self._part)
            case "maildir":
                return MaildirTarget(self._part)
            case _:
                return EmlTarget(self._part, total)

    def __enter__(self) -> Export:
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._finished:
            self._leave()

    def put(self, octets: bytes, row: Header) -> None:
        """The next message. Raises StoreError."""
        try:
            self._target.put(octets, row)
        except OSError as error:
            raise self._trouble(error) from error

    def finish(self) -> None:
        """It is complete, and gets its name. Raises StoreError."""
        try:
            self._target.finish()
            _named(self._part, self.path)
            self._finished = True
            sync_folder(self.path.parent)
        except OSError as error:
            raise self._trouble(error) from error

    def _leave(self) -> None:
        """Nothing of what was written stays."""
        if self._part.is_dir():
            shutil.rmtree(self._part, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                self._part.unlink()

    def _trouble(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self.path} could not be written ({error.strerror}); check the free space"
            " and the permissions. Nothing was left there."
        )


def _named(part: Path, path: Path) -> None:
    """Give a file its name unless something has it; a folder replaces no full one."""
    if part.is_dir():
        part.rename(path)
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # No second names on this file system.
        if os.path.lexists(path):
            raise
        part.rename(path)
    else:
        part.unlink()
