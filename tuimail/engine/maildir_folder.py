"""One folder of a Maildir as the engine wants it: messages by UID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from tuimail.errors import ServerFault, StoreError
from tuimail.mail.types import UID, Flag
from tuimail.net.session import Status
from tuimail.store.maildir import Maildir
from tuimail.store.maildir_names import Entry
from tuimail.store.uidlist import UidList


class Folder:
    """One folder: its files, by UID."""

    def __init__(self, tree: Maildir, name: bytes, lists: Path) -> None:
        self.name = name
        self._tree = tree
        digest = blake2b(name, digest_size=16).hexdigest()
        self._uids = UidList(lists / f"{digest}.uids")
        self._stamp: tuple[int, ...] = (0,)
        self.entries: dict[UID, Entry] = {}
        """In the order of UIDs."""
        self.flags = tree.reader(name)

    @property
    def uidvalidity(self) -> int:
        """Of the list of UIDs."""
        return self._uids.uidvalidity

    @property
    def uidnext(self) -> int:
        """More than any UID that was given."""
        return self._uids.uidnext

    def renew(self) -> bool:
        """Look at the files again if something may have changed; whether it had."""
        stamp = self._tree.stamp(self.name)
        if stamp == self._stamp and stamp[-1] and self._uids.uidvalidity:
            return False
        before = self.entries
        found = {entry.key: entry for entry in self._tree.scan(self.name)}
        uids = self._uids.of(sorted(found, key=delivered))
        self.entries = {uid: found[key] for key, uid in sorted(uids.items(), key=_uid)}
        self.flags = self._tree.reader(self.name)
        self._stamp = stamp
        return self.entries != before

    def add(self, entries: Iterable[Entry]) -> list[UID]:
        """Messages that are new here, in this order; the folder is not listed again."""
        new = list(entries)
        found = self._uids.give(entry.key for entry in new)
        for entry in new:
            self.entries[found[entry.key]] = entry
        return [found[entry.key] for entry in new]

    def put(self, uid: UID, entry: Entry | None) -> None:
        """A message has another name now, or is gone."""
        if entry is None:
            self.entries.pop(uid, None)
        else:
            self.entries[uid] = entry

    def uids_of(self, entries: Iterable[Entry]) -> dict[str, UID]:
        """The UIDs of messages that were just put here, by key."""
        self._stamp = (0,)
        self.renew()
        keys = {entry.key for entry in entries}
        return {e.key: uid for uid, e in self.entries.items() if e.key in keys}

    def status(self) -> Status:
        """Its counts."""
        unseen = sum(not self.flags(e.letters).bits & Flag.SEEN for e in self.all())
        return Status(len(self.entries), unseen, self.uidnext, self.uidvalidity)

    def all(self) -> Iterable[Entry]:
        """All its messages."""
        return self.entries.values()


@contextmanager
def said(there: Callable[[], None] | None = None) -> Iterator[None]:
    """What the disk refuses is told like the refusal of a server.

    `there` raises Unreachable when all of the tree is away: that is no refusal.
    """
    try:
        yield
    except StoreError as error:
        if there is not None:
            there()
        raise ServerFault(str(error)) from error


def delivered(key: str) -> tuple[int, str]:
    """The order of messages that came together: keys begin with the time."""
    first = key.partition(".")[0]
    return (int(first) if first.isdigit() and len(first) < 12 else 0, key)


def _uid(item: tuple[str, UID]) -> UID:
    return item[1]
