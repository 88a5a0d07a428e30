"""A Maildir that also lists what still waits in a maildrop.

A waiting message has an entry without a file: it can be marked and filed like others.
Its key is that of the file it becomes, so it keeps its place when it is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from tuimail.errors import StoreError
from tuimail.mail.types import FlagSet
from tuimail.store.maildir import Maildir
from tuimail.store.maildir_names import Entry, changed
from tuimail.store.maildrop import Maildrops, PopItem, PopState, Removal


class MaildropTree(Maildir):
    """The files of one POP3 account and the entries that have none yet."""

    def __init__(
        self,
        root: Path,
        drops: Maildrops,
        account: str,
        trash: Callable[[bytes], bool],
        *,
        follow: bool,
    ) -> None:
        """`trash` tells the folder for deleted mail.

        `follow`: what is deleted here is to be removed from the server as well.
        """
        super().__init__(root)
        self.drops = drops
        self.account = account
        self._trash = trash
        self._follow = follow

    def stamp(self, folder: bytes) -> tuple[int, ...]:
        """Differs when the folder or the maildrop changed."""
        *times, settled = super().stamp(folder)
        return (*times, self.drops.version(self.account), settled)

    def scan(self, folder: bytes) -> list[Entry]:
        """All messages of a folder, here or waiting."""
        files = super().scan(folder)
        waiting = self.drops.waiting(self.account, folder)
        if waiting:
            keys = {entry.key for entry in files}
            files += [_entry(item) for item in waiting if item.key not in keys]
        return files

    def file(self, folder: bytes, entry: Entry) -> Path | None:
        """Where a message lies now; None when it is gone, or has no file yet."""
        if not entry.name:
            entry = next((e for e in super().scan(folder) if e.key == entry.key), entry)
        return super().file(folder, entry) if entry.name else None

    def item(self, entry: Entry) -> PopItem | None:
        """The message that waits under this entry; None when it has a file."""
        found = self.drops.by_key(self.account, entry.key)
        return found if found is not None and found.shown else None

    def set_flags(
        self, folder: bytes, entry: Entry, add: FlagSet, remove: FlagSet
    ) -> Entry | None:
        """Set and clear flags; None when the message is gone."""
        item = self._waiting(folder, entry)
        if item is None:
            return super().set_flags(folder, entry, add, remove)
        letters = changed(self.path(folder), item.letters, add, remove)
        self.drops.change(self.account, item.key, letters=letters)
        return Entry(item.key, "", False, letters)

    def move(self, folder: bytes, entry: Entry, target: bytes) -> Entry | None:
        """Put a message into another folder; None when it is gone."""
        item = self._waiting(folder, entry)
        if item is None:
            moved = super().move(folder, entry, target)
        else:
            flags = self.reader(folder)(item.letters)
            letters = changed(self.path(target), "", flags)
            self.drops.change(self.account, item.key, folder=target, letters=letters)
            moved = Entry(item.key, "", False, letters)
        if moved is not None:
            self._moved(moved, target)
        return moved

    def copy(self, folder: bytes, entry: Entry, target: bytes) -> Entry | None:
        """A second message with the same octets. StoreError while it is not here."""
        if self._waiting(folder, entry) is not None:
            raise StoreError(
                "This message waits on the server; fetch it before you copy it."
            )
        return super().copy(folder, entry, target)

    def remove(self, folder: bytes, entry: Entry) -> bool:
        """Delete a message for good: one that waits is to go from the server."""
        item = self._waiting(folder, entry)
        if item is not None:
            return self.drops.change(
                self.account, item.key, removal=Removal.ANYWAY, folder=b""
            )
        removed = super().remove(folder, entry)
        if removed:
            stored = self.drops.by_key(self.account, entry.key)
            if stored is not None and stored.state is PopState.STORED:
                wanted = stored.removal is not Removal.NO or self._follow
                removal = Removal.ANYWAY if wanted else Removal.NO
                self.drops.change(
                    self.account, entry.key, state=PopState.PURGED, removal=removal
                )
        return removed

    def remove_folder(self, folder: bytes) -> None:
        """Delete a folder with all in it, also what waits on the server."""
        for item in self.drops.waiting(self.account, folder):
            self.remove(folder, _entry(item))
        super().remove_folder(folder)

    def rename(self, old: bytes, new: bytes) -> None:
        """Give a folder and those below it another name."""
        below = [f for f in self.folders() if f.startswith(old + b".") or f == old]
        super().rename(old, new)
        for folder in below:
            for item in self.drops.waiting(self.account, folder):
                self.drops.change(
                    self.account, item.key, folder=new + folder[len(old) :]
                )

    def files(self, keys: Collection[str]) -> dict[str, Path]:
        """Where those of the messages that are here lie now, by their keys."""
        found: dict[str, Path] = {}
        for folder in self.folders() if keys else ():
            path = self.path(folder)
            for entry in super().scan(folder) if self.exists(folder) else ():
                if entry.key in keys:
                    place = path / ("new" if entry.fresh else "cur") / entry.name
                    found.setdefault(entry.key, place)
        return found

    def find(self, item: PopItem) -> Path | None:
        """The file of a message that was stored, in whatever folder it is now."""
        entry = Entry(item.key, "", False, "")
        folders = dict.fromkeys((item.folder, *self.folders()))
        found = (self.file(f, entry) for f in folders if f and self.exists(f))
        return next((file for file in found if file is not None), None)

    def _waiting(self, folder: bytes, entry: Entry) -> PopItem | None:
        """The waiting message, if this entry is one and no file came meanwhile."""
        return None if entry.name or self.file(folder, entry) else self.item(entry)

    def _moved(self, entry: Entry, target: bytes) -> None:
        """Remember where it is, and whether it is to go from the server."""
        if not entry.name:
            return
        stored = self.drops.by_key(self.account, entry.key)
        if stored is None or stored.state is not PopState.STORED:
            return
        wanted = self._follow and self._trash(target)
        removal = Removal.SAFE if wanted else Removal.NO
        self.drops.change(self.account, entry.key, folder=target, removal=removal)


def _entry(item: PopItem) -> Entry:
    return Entry(item.key, "", False, item.letters)
