"""Mail as files: a tree of Maildirs, ours or one that other programs use as well.

A message is a file; its *key* is the file's name before the flags and never changes,
the flags do. Other programs deliver, rename and remove at any moment: what is not where
it was is looked for once. Nothing here keeps state.

Sources: https://cr.yp.to/proto/maildir.html; Maildir++ (folders as `.A.B`); Dovecot's
`dovecot-keywords` (letters a to z for keywords).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tuimail.errors import StoreError
from tuimail.mail.types import FlagSet
from tuimail.store.delivery import Delivery, sync_folder, trouble
from tuimail.store.maildir_names import (
    Entry,
    Letters,
    changed,
    entries,
    entry_of,
    keywords,
)

_STALE_S = 36 * 3600
_PIECE = 1 << 20
_DEPTH = 12
_PARTS = ("cur", "new", "tmp")


class Maildir:
    """A tree of Maildirs below one folder of the disk. Folders are named by octets."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.nested = _is_nested(root)
        """Folders lie in one another (`A/B`), not side by side (`.A.B`)."""

    @property
    def delimiter(self) -> str:
        """What stands between the levels of a folder's name."""
        return "/" if self.nested else "."

    # -- folders ------------------------------------------------------------

    def folders(self) -> list[bytes]:
        """The folders that exist; `INBOX` first, the others in no order."""
        try:
            inbox = self.path(b"INBOX")
            found = _nested(self.root, inbox) if self.nested else _flat(self.root)
            return [b"INBOX", *found]
        except OSError as error:
            raise trouble("The mail folder", self.root, "read", error) from error

    def path(self, folder: bytes) -> Path:
        """Where a folder lies; it need not exist. StoreError for impossible names."""
        name = os.fsdecode(folder)
        if folder.upper() == b"INBOX":
            inner = self.root / "INBOX"
            return inner if self.nested and not _is_maildir(self.root) else self.root
        levels = name.split(self.delimiter)
        if not name or "\0" in name or any(_bad_level(level) for level in levels):
            raise StoreError(f"A folder on the disk cannot be named {name!r}.")
        if self.nested:
            return self.root.joinpath(*levels)
        if "/" in name:
            raise StoreError(f"A folder on the disk cannot be named {name!r}.")
        return self.root / f".{name}"

    def exists(self, folder: bytes) -> bool:
        """Whether there is such a folder."""
        return _is_maildir(self.path(folder))

    def make(self, folder: bytes) -> None:
        """Make a folder; one that exists is as good."""
        path = self.path(folder)
        try:
            for part in _PARTS:
                (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.nested and path != self.root:
                (path / "maildirfolder").touch(mode=0o600)
            sync_folder(path)
        except OSError as error:
            raise trouble("The folder", path, "made", error) from error

    def rename(self, old: bytes, new: bytes) -> None:
        """Give a folder and those below it another name."""
        source, target = self.path(old), self.path(new)
        if target.exists():
            raise StoreError(f"There is a folder {os.fsdecode(new)} already.")
        sep = self.delimiter.encode()
        below = [f for f in self.folders() if f.startswith(old + sep)]
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            source.rename(target)
            for each in below if not self.nested else ():
                self.path(each).rename(self.path(new + each[len(old) :]))
            sync_folder(self.root)
        except OSError as error:
            raise trouble("The folder", source, "renamed", error) from error

    def remove_folder(self, folder: bytes) -> None:
        """Delete a folder with the messages in it; folders below it stay."""
        path = self.path(folder)
        if path == self.root:
            raise StoreError("The inbox cannot be deleted.")
        try:
            for part in _PARTS:
                for entry in os.scandir(path / part):
                    os.unlink(entry.path)
                (path / part).rmdir()
            for entry in os.scandir(path):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
            with contextlib.suppress(OSError):
                path.rmdir()  # folders below keep it, when they lie in it
            sync_folder(path.parent)
        except OSError as error:
            raise trouble("The folder", path, "deleted", error) from error

    # -- messages -----------------------------------------------------------

    def stamp(self, folder: bytes) -> tuple[int, ...]:
        """Differs when the folder changed.

        The last number is 0 while it changed so lately that a further change might not
        show: a clock of the file system may stand still for some milliseconds.
        """
        path = self.path(folder)
        try:
            times = [os.stat(path / part).st_mtime_ns for part in ("cur", "new")]
        except OSError as error:
            raise trouble("The folder", path, "read", error) from error
        settled = time.time_ns() - max(times) > 2_000_000_000
        return times[0], times[1], int(settled)

    def scan(self, folder: bytes) -> list[Entry]:
        """All messages of a folder, in no order, without a look into any file."""
        path = self.path(folder)
        try:
            return [*entries(path / "new", fresh=True), *entries(path / "cur")]
        except OSError as error:
            raise trouble("The folder", path, "read", error) from error

    def file(self, folder: bytes, entry: Entry) -> Path | None:
        """Where a message lies now; None when it is gone."""
        path = self.path(folder)
        known = path / ("new" if entry.fresh else "cur") / entry.name
        if known.exists():
            return known
        now = next((e for e in self.scan(folder) if e.key == entry.key), None)
        return path / ("new" if now.fresh else "cur") / now.name if now else None

    def flags(self, folder: bytes, letters: Iterable[str]) -> FlagSet:
        """Flags and keywords that the letters of a name stand for."""
        return self.reader(folder)("".join(letters))

    def reader(self, folder: bytes) -> Letters:
        """Reads letters of this folder; it knows the folder's keywords as they are."""
        return Letters(keywords(self.path(folder)))

    def deliver(
        self,
        folder: bytes,
        octets: bytes | Iterable[bytes],
        flags: FlagSet = FlagSet(),  # noqa: B008
        arrival: int | None = None,
    ) -> Entry:
        """Store a message for good: it survives a power cut once this returns.

        `arrival`, seconds since the epoch, becomes the file's time. Pieces are written
        as they come. Raises StoreError, and then nothing was stored.
        """
        with self.begin(folder, arrival) as delivery:
            for piece in (octets,) if isinstance(octets, bytes) else octets:
                delivery.write(piece)
            return delivery.commit(changed(self.path(folder), "", flags))

    def begin(
        self, folder: bytes, arrival: int | None = None, key: str = ""
    ) -> Delivery:
        """Take a message in pieces; nothing of it is here before `Delivery.commit`.

        With a `key` the same message is never here twice.
        """
        return Delivery(self.path(folder), key, arrival)

    def set_flags(
        self, folder: bytes, entry: Entry, add: FlagSet, remove: FlagSet
    ) -> Entry | None:
        """Set and clear flags; None when the message is gone.

        Letters that mean nothing here stay as they are.
        """
        for _ in range(3):
            file = self.file(folder, entry)
            if file is None:
                return None
            now = entry_of(file.name, fresh=file.parent.name == "new")
            letters = changed(self.path(folder), now.letters, add, remove)
            renamed = now._replace(
                name=f"{now.key}:2,{letters}", fresh=False, letters=letters
            )
            try:
                file.rename(self.path(folder) / "cur" / renamed.name)
            except FileNotFoundError:
                continue  # another program was faster
            except OSError as error:
                raise trouble("The message", file, "marked", error) from error
            return renamed
        return None

    def move(self, folder: bytes, entry: Entry, target: bytes) -> Entry | None:
        """Put a message into another folder of the tree; None when it is gone."""
        file = self.file(folder, entry)
        if file is None:
            return None
        reads = self.reader(folder)(entry_of(file.name).letters)
        now = entry_of(file.name)
        letters = changed(self.path(target), "", reads)
        moved = Entry(now.key, f"{now.key}:2,{letters}", False, letters)
        goal = self.path(target) / "cur" / moved.name
        try:
            if any(each.key == now.key for each in self.scan(target)):
                return self._move_as_new(folder, entry, target)
            file.rename(goal)
            sync_folder(goal.parent)
            sync_folder(file.parent)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise trouble("The message", file, "moved", error) from error
        return moved

    def _move_as_new(self, folder: bytes, entry: Entry, target: bytes) -> Entry | None:
        """A key is in the target already: the message gets another one there."""
        copied = self.copy(folder, entry, target)
        if copied is not None:
            self.remove(folder, entry)
        return copied

    def copy(self, folder: bytes, entry: Entry, target: bytes) -> Entry | None:
        """A second message with the same octets and flags; None when it is gone.

        Not a link: a program that changes one file in place must not change both.
        """
        file = self.file(folder, entry)
        if file is None:
            return None
        try:
            with file.open("rb") as opened:
                flags = self.reader(folder)(entry_of(file.name).letters)
                pieces = iter(lambda: opened.read(_PIECE), b"")
                arrival = int(os.fstat(opened.fileno()).st_mtime)
                return self.deliver(target, pieces, flags, arrival)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise trouble("The message", file, "read", error) from error

    def remove(self, folder: bytes, entry: Entry) -> bool:
        """Delete a message for good; False when it is gone already."""
        file = self.file(folder, entry)
        if file is None:
            return False
        try:
            file.unlink()
            sync_folder(file.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise trouble("The message", file, "deleted", error) from error
        return True

    def tidy(self, folder: bytes) -> None:
        """Drop what a program that died left half-written, 36 hours later."""
        limit = time.time() - _STALE_S
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.path(folder) / "tmp"):
                if entry.stat(follow_symlinks=False).st_mtime < limit:
                    os.unlink(entry.path)


def _flat(root: Path) -> Iterator[bytes]:
    for entry in os.scandir(root):
        name = entry.name[1:]
        if entry.name[0] == "." and name and _is_maildir(Path(entry.path)):
            yield os.fsencode(name)


def _nested(root: Path, inbox: Path) -> Iterator[bytes]:
    for top, inner, _ in os.walk(root):
        here = Path(top)
        deep = len(here.relative_to(root).parts) >= _DEPTH
        if here not in (root, inbox) and _is_maildir(here):
            yield os.fsencode(here.relative_to(root))
        inner[:] = [] if deep else [n for n in inner if not _bad_level(n)]


def _is_maildir(path: Path) -> bool:
    return not path.is_symlink() and (path / "cur").is_dir() and (path / "new").is_dir()


def _is_nested(root: Path) -> bool:
    """Whether folders lie in one another: some do, and none is named `.A.B`."""
    try:
        names = [e.name for e in os.scandir(root) if e.is_dir(follow_symlinks=False)]
    except OSError:
        return False
    if any(n[0] == "." and _is_maildir(root / n) for n in names):
        return False
    return any(n not in _PARTS and _is_maildir(root / n) for n in names)


def _bad_level(level: str) -> bool:
    """A level that would lead elsewhere, or is one of a Maildir's own folders."""
    return not level or level[0] == "." or level in _PARTS or "/" in level
