"""A message on its way into a Maildir: written to `tmp`, and there as a whole or not.

After `commit` it survives a power cut: the file is synced, renamed into `cur`, and the
folder synced. Source: https://cr.yp.to/proto/maildir.html.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from tuimail.errors import StoreError
from tuimail.store.maildir_names import Entry, unique


class Delivery:
    """One message; leaving the `with` without `commit` leaves nothing behind."""

    def __init__(self, folder: Path, key: str, arrival: int | None) -> None:
        self._folder = folder
        self._key = key
        self._arrival = arrival
        self._spooled = folder / "tmp" / unique()
        self._file: BinaryIO | None = None
        self.octets = 0

    def __enter__(self) -> Delivery:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        try:
            self._file = os.fdopen(os.open(self._spooled, flags, 0o600), "wb")
        except OSError as error:
            raise self._trouble(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._spooled.unlink(missing_ok=True)
        if isinstance(error, OSError):
            # Where the octets come from has failed.
            raise self._trouble(error) from error

    def write(self, piece: bytes) -> None:
        """The next octets. Raises StoreError, and then nothing will be stored."""
        assert self._file is not None, "inside of `with` only"
        try:
            self.octets += self._file.write(piece)
        except OSError as error:
            raise self._trouble(error) from error

    def commit(self, letters: str, key: str = "") -> Entry:
        """It is complete, and has these flags."""
        assert self._file is not None, "inside of `with` only"
        # By the size other programs count without a look into the file (Maildir++).
        key = key or self._key or f"{self._spooled.name},S={self.octets}"
        entry = Entry(key, f"{key}:2,{letters}", False, letters)
        try:
            with self._file as file:
                file.flush()
                if self._arrival is not None:
                    arrival = max(0, min(self._arrival, 2**40))
                    os.utime(file.fileno(), (time.time(), arrival))
                os.fsync(file.fileno())
            self._spooled.rename(self._folder / "cur" / entry.name)
            self._file = None
            sync_folder(self._folder / "cur")
        except OSError as error:
            raise self._trouble(error) from error
        return entry

    def _trouble(self, error: OSError) -> StoreError:
        return trouble("The message", self._spooled, "stored", error)


def sync_folder(path: Path) -> None:
    """What was renamed into or out of a folder is so after a power cut, too."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def trouble(what: str, path: Path, done: str, error: OSError) -> StoreError:
    """The sentence for what the disk refused."""
    return StoreError(
        f"{what} {path} could not be {done} ({error.strerror}); check the free space"
        " and the permissions."
    )
