"""A part on its way in: pieces go to a file, and the whole is adopted at the end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from tuimail.errors import StoreError


class Spool:
    """Takes pieces in order. Use `commit` or `abort`, or as a context (aborts)."""

    def __init__(self, path: Path, adopt: Callable[[int], None]) -> None:
        self._path = path
        self._adopt = adopt
        self._size = 0
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        self._file = os.fdopen(handle, "wb")

    @property
    def size(self) -> int:
        """Octets taken so far."""
        return self._size

    def append(self, piece: bytes) -> None:
        """Take the next piece. Raises StoreError when it cannot be written."""
        try:
            self._file.write(piece)
        except OSError as error:
            self.abort()
            raise self._unusable(error) from error
        self._size += len(piece)

    def commit(self) -> None:
        """The part is whole: keep it."""
        try:
            self._file.close()
            self._adopt(self._size)
        except OSError as error:
            raise self._unusable(error) from error
        finally:
            self._path.unlink(missing_ok=True)

    def abort(self) -> None:
        """Throw away what was taken."""
        with contextlib.suppress(OSError):
            self._file.close()  # may write, and the disk may be full
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._file.closed:
            self.abort()

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"The file {self._path} cannot be written ({error.strerror}); "
            "check the free space and the permissions."
        )
