"""The messages in files that other programs made: mbox, Maildir, and `.eml`.

Nothing is changed there. What cannot be read is told and left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tuimail.engine.append import LARGEST
from tuimail.errors import StoreError, TuimailError
from tuimail.mail import mbox
from tuimail.mail.types import Flag, FlagSet
from tuimail.net import names
from tuimail.store.maildir import Maildir

_INTERNAL = b"FOLDER INTERNAL DATA"
"""In the subject of the first message of an mbox of UW IMAP or Pine: it is none."""
_HEAD = 4096
_FIRST = 1024


class Letter(NamedTuple):
    """One message of a file."""

    origin: str
    """Where it was found, for a person."""
    levels: tuple[str, ...]
    """Names of its folder below the top, decoded; none for the top itself."""
    octets: bytes
    """Empty when it is too large."""
    size: int
    flags: FlagSet
    arrival: int | None
    """Seconds since the epoch, where the file tells it."""
    modified: int
    """When the file was changed last."""


class Source:
    """A file or a folder with messages."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        """Raises TuimailError when it is not there or holds no mail.

        `say` is told of each file that cannot be read later.
        """
        self.path = path
        self._say = say
        self.unread = 0
        """Files that could not be read."""
        self._read = self._way()

    def letters(self) -> Iterator[Letter]:
        """All its messages; files in the order of their names.

        Raises TuimailError when it cannot be read to its end.
        """
        try:
            yield from self._read()
        except OSError as error:
            raise TuimailError(
                f"{self.path} cannot be read any further ({error.strerror})."
            ) from error

    def _way(self) -> Callable[[], Iterator[Letter]]:
        """How it is read."""
        try:
            if not self.path.is_dir():
                with self.path.open("rb") as stream:
                    first = stream.read(_FIRST)
                if mbox.is_mbox(first):
                    return self._mbox
                if self.path.suffix.lower() == ".eml":
                    return lambda: self._eml(self.path)
                raise TuimailError(
                    f"{self.path} is no mbox: it does not begin with a `From ` line."
                    " Give single messages names that end in .eml."
                )
            tree = Maildir(self.path)
            if any(tree.exists(folder) for folder in tree.folders()):
                return lambda: self._maildir(tree)
            if any(_is_eml(name) for name in os.listdir(self.path)):
                return self._folder
        except OSError as error:
            raise TuimailError(
                f"{self.path} cannot be read ({error.strerror}); check the name and"
                " the permissions."
            ) from error
        raise TuimailError(
            f"{self.path} is no Maildir (it has no `cur`), and no file in it ends in"
            " .eml."
        )

    def _mbox(self) -> Iterator[Letter]:
        with self.path.open("rb") as stream:
            modified = _modified(stream)
            for number, found in enumerate(mbox.read(stream, LARGEST), 1):
                if number == 1 and _INTERNAL in found.octets[:_HEAD]:
                    continue
                origin = f"{self.path}, message {number} (at octet {found.at:,})"
                yield Letter(
                    origin, (), *found[1:3], found.flags, found.arrival, modified
                )

    def _folder(self) -> Iterator[Letter]:
        for name in sorted(os.listdir(self.path)):
            if _is_eml(name):
                yield from self._eml(self.path / name)

    def _eml(self, file: Path) -> Iterator[Letter]:
        """Somebody kept it, so it was read; its own date is that of its arrival."""
        yield from self._one(file, (), FlagSet(Flag.SEEN), dated=False)

    def _maildir(self, tree: Maildir) -> Iterator[Letter]:
        for folder in sorted(tree.folders(), key=lambda name: (name != b"INBOX", name)):
            if not tree.exists(folder):
                continue
            try:
                found = sorted(tree.scan(folder), key=lambda entry: entry.key)
                reader = tree.reader(folder)
            except StoreError as error:
                self._left(str(error))
                continue
            levels = _levels(tree, folder)
            for entry in found:
                file = tree.file(folder, entry)
                if file is not None:
                    yield from self._one(
                        file, levels, reader(entry.letters), dated=True
                    )

    def _one(
        self, file: Path, levels: tuple[str, ...], flags: FlagSet, *, dated: bool
    ) -> Iterator[Letter]:
        try:
            with file.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                octets = stream.read() if size <= LARGEST else b""
                modified = _modified(stream)
        except OSError as error:
            self._left(f"{file} cannot be read ({error.strerror}); it was left out.")
            return
        arrival = modified if dated else None
        yield Letter(str(file), levels, octets, size, flags, arrival, modified)

    def _left(self, words: str) -> None:
        self.unread += 1
        self._say(words)


def _levels(tree: Maildir, folder: bytes) -> tuple[str, ...]:
    if folder == b"INBOX":
        return ()
    return tuple(names.decode(folder).split(tree.delimiter))


def _is_eml(name: str) -> bool:
    return name.lower().endswith(".eml") and name[0] != "."


def _modified(stream: BinaryIO) -> int:
    return int(os.fstat(stream.fileno()).st_mtime)
