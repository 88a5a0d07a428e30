"""Which programs work on an account: one talks to its server, any number look on.

The locks go with the process that holds them, however it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from tuimail.errors import StoreError


class EngineLock:
    """A lock that the kernel takes back when the process dies, however it dies."""

    def __init__(self, folder: Path, account: str) -> None:
        self._path = _path(folder, account, "engine")
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process is the one."""
        return self._file is not None

    def take(self) -> bool:
        """Try to become the one; False while another process is."""
        if self._file is not None:
            return True
        file = _open(self._path)
        if not _locked(file):
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


class Presence:
    """Any number of programs may be here; each learns whether it is the only one."""

    def __init__(self, folder: Path, account: str) -> None:
        self._file = _open(_path(folder, account, "here"))

    def alone(self) -> bool:
        """Whether no other program is here; none can come until `stay` or `leave`."""
        return _locked(self._file)

    def stay(self) -> None:
        """Be here, as others may be."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Be here no more."""
        os.close(self._file)


def _path(folder: Path, account: str, kind: str) -> Path:
    # An account's name may hold anything; a file's name may not.
    name = account.encode("utf-8", "replace").hex()[:100]
    return folder / f"{name}.{kind}"


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be used ({error.strerror}); check its folder."
        ) from error


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
