"""UIDs for the messages of a Maildir folder: files have names, the engine wants UIDs.

One line for each message: its UID and its key. A UID is on the disk before anybody
hears of it, never given twice, and grows. Without the file all are given anew under
another UIDVALIDITY, and the engine finds its messages again (RFC 9051 §2.3.1.1).
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tuimail.errors import StoreError
from tuimail.mail.types import UID, UIDValidity
from tuimail.store.database import private_folder

_HEAD = "tuimail-uids 1"
_SPARE = 1000
"""Lines of messages that are gone, before the list is written anew."""


class UidList:
    """The list of one folder; several programs may use it at the same time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._uids: dict[str, UID] = {}
        self._read_to = 0
        self._inode = 0
        self.uidvalidity = UIDValidity(0)
        self.uidnext = UID(1)

    def of(self, keys: Iterable[str]) -> dict[str, UID]:
        """A UID for each key; those that have none get one, in this order.

        Raises StoreError when the list cannot be kept.
        """
        wanted = list(keys)
        try:
            with self._locked() as file:
                self._read(file)
                new = [key for key in wanted if key not in self._uids]
                if new:
                    self._append(file, new)
                if len(self._uids) > 2 * len(wanted) + _SPARE:
                    self._compact(set(wanted))
        except OSError as error:
            raise self._trouble(error) from error
        return {key: self._uids[key] for key in wanted}

    def give(self, keys: Iterable[str]) -> dict[str, UID]:
        """A UID for some keys, beside all the others. Raises StoreError as `of`."""
        wanted = list(keys)
        try:
            with self._locked() as file:
                self._read(file)
                new = [key for key in wanted if key not in self._uids]
                if new:
                    self._append(file, new)
        except OSError as error:
            raise self._trouble(error) from error
        return {key: self._uids[key] for key in wanted}

    # -- inside -------------------------------------------------------------

    def _trouble(self, error: OSError) -> StoreError:
        return StoreError(
            f"The list {self._file} cannot be kept ({error.strerror}); check the"
            " free space and the permissions."
        )

    @contextmanager
    def _locked(self) -> Iterator[int]:
        private_folder(self._file.parent)
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            file = os.open(self._file, flags, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                # Another program may have put a new list in its place meanwhile.
                if self._is_it(file):
                    yield file
                    return
            finally:
                os.close(file)

    def _is_it(self, file: int) -> bool:
        try:
            return os.stat(self._file).st_ino == os.fstat(file).st_ino
        except FileNotFoundError:
            return False

    def _read(self, file: int) -> None:
        """Take over what others have added."""
        state = os.fstat(file)
        if state.st_ino != self._inode or state.st_size < self._read_to:
            self._uids, self._read_to, self._inode = {}, 0, state.st_ino
            self.uidvalidity, self.uidnext = UIDValidity(0), UID(1)
        data = os.pread(file, state.st_size - self._read_to, self._read_to)
        whole = data[: data.rfind(b"\n") + 1]
        lines = whole.decode("ascii", "replace").split("\n")[:-1]
        if not all(map(self._take, lines)):
            self.uidvalidity = UIDValidity(0)
        if len(whole) < len(data):
            # A program died in the middle of a line: nobody has heard of that UID.
            os.ftruncate(file, self._read_to + len(whole))
        self._read_to += len(whole)
        if not self.uidvalidity:
            self._begin(file)

    def _take(self, line: str) -> bool:
        """Read one line; False when it makes no sense."""
        first, _, rest = line.partition(" ")
        if line.startswith(_HEAD):
            words = line.split()
            if len(words) != 4 or not (words[2].isdigit() and words[3].isdigit()):
                return False
            self.uidvalidity = UIDValidity(int(words[2]))
            self.uidnext = UID(int(words[3]))
            return True
        if not first.isdigit() or len(first) > 10:
            return False
        try:
            key = json.loads(rest)
        except ValueError:
            return False
        # Interned: the listings of several sessions hold the same keys.
        self._uids[sys.intern(str(key))] = UID(int(first))
        self.uidnext = UID(max(self.uidnext, int(first) + 1))
        return True

    def _begin(self, file: int) -> None:
        """No list, or none that can be read."""
        os.ftruncate(file, 0)
        self._uids, self._read_to = {}, 0
        self.uidvalidity, self.uidnext = UIDValidity(int(time.time())), UID(1)
        self._put(file, f"{_HEAD} {self.uidvalidity} 1\n")

    def _append(self, file: int, keys: list[str]) -> None:
        lines = []
        for number, key in enumerate(keys, self.uidnext):
            lines.append(f"{number} {json.dumps(key)}\n")
        self._put(file, "".join(lines))
        for number, key in enumerate(keys, self.uidnext):
            self._uids[key] = UID(number)
        self.uidnext = UID(self.uidnext + len(keys))

    def _put(self, file: int, text: str) -> None:
        octets = text.encode("ascii")
        if os.write(file, octets) < len(octets):
            # The line that is cut off is dropped when the list is read again.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
        self._read_to += len(octets)

    def _compact(self, alive: set[str]) -> None:
        """Write the list anew, without what is gone. The lock of the old one holds."""
        kept = {key: uid for key, uid in self._uids.items() if key in alive}
        spooled = self._file.with_suffix(".new")
        head = f"{_HEAD} {self.uidvalidity} {self.uidnext}\n"
        lines = [f"{uid} {json.dumps(key)}\n" for key, uid in kept.items()]
        with spooled.open("w", encoding="ascii") as file:
            file.write(head + "".join(lines))
            file.flush()
            os.fsync(file.fileno())
        spooled.rename(self._file)
        self._uids = kept
        state = self._file.stat()
        self._inode, self._read_to = state.st_ino, state.st_size
