"""Messages that exist nowhere else: one Maildir per account, readable by any program.

Written to `tmp`, synced, renamed into `cur` and the folder synced: after `add` returns
the message survives a power cut. Only then may anything rely on it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from tuimail.errors import StoreError
from tuimail.store.database import private_folder
from tuimail.store.maildir_names import file_name


class Vault:
    """Maildirs under one folder. A key is the file's name, unique for ever."""

    def __init__(self, root: Path) -> None:
        self._root = root
        private_folder(root)

    def add(self, account: str, folder: str, data: bytes) -> str:
        """Keep a message for good; gives its key. `folder` is `''` for the inbox.

        Raises StoreError, and then nothing was kept.
        """
        maildir = self._maildir(account, folder)
        for name in ("tmp", "new", "cur"):
            private_folder(maildir / name)
        key = f"{int(time.time())}.{secrets.token_hex(10)}.tuimail:2,S"
        spooled, final = maildir / "tmp" / key, maildir / "cur" / key
        try:
            _write(spooled, data)
            spooled.rename(final)
            _sync_folder(final.parent)
        except OSError as error:
            spooled.unlink(missing_ok=True)
            raise StoreError(
                f"The message could not be kept in {maildir} ({error.strerror}); "
                "check the free space and the permissions."
            ) from error
        return key

    def path(self, account: str, folder: str, key: str) -> Path:
        """Where a message lies; it need not exist."""
        if "/" in key or key.startswith("."):
            raise ValueError("not a key of the vault")
        return self._maildir(account, folder) / "cur" / key

    def read(self, account: str, folder: str, key: str) -> bytes:
        """The message, octet by octet. Raises StoreError when it is not there."""
        path = self.path(account, folder, key)
        try:
            return path.read_bytes()
        except OSError as error:
            raise StoreError(
                f"The message {path} cannot be read ({error.strerror})."
            ) from error

    def remove(self, account: str, folder: str, key: str) -> None:
        """It exists elsewhere now; one that is gone is as good."""
        with contextlib.suppress(OSError):
            self.path(account, folder, key).unlink()

    def keys(self, account: str, folder: str) -> list[str]:
        """The messages of a folder."""
        try:
            return os.listdir(self._maildir(account, folder) / "cur")
        except OSError:
            return []

    def age_s(self, account: str, folder: str, key: str) -> float:
        """Seconds since a message was kept; 0 when it is not there."""
        try:
            return time.time() - self.path(account, folder, key).stat().st_mtime
        except OSError:
            return 0.0

    def _maildir(self, account: str, folder: str) -> Path:
        home = self._root / file_name(account)
        return home / f".{file_name(folder)}" if folder else home


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
