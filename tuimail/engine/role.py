"""Who talks to an account's server: one process at a time, whoever holds the lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from tuimail.errors import StoreError


class EngineLock:
    """A lock that the kernel takes back when the process dies, however it dies."""

    def __init__(self, folder: Path, account: str) -> None:
        # An account's name may hold anything; a file's name may not.
        name = account.encode("utf-8", "replace").hex()[:100]
        self._path = folder / f"{name}.engine"
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process is the one."""
        return self._file is not None

    def take(self) -> bool:
        """Try to become the one; False while another process is."""
        if self._file is not None:
            return True
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be used ({error.strerror}); check its folder."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let another process be the one."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                os.close(file)
