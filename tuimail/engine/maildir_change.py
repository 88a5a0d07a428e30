"""Changes of local mail, with the methods of a server's session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.maildir_folder import said
from tuimail.errors import Gone
from tuimail.mail.types import UID, Flag, FlagSet
from tuimail.mail.uidset import UIDSet
from tuimail.net import names
from tuimail.net.imap_change import Copied
from tuimail.net.session import Status
from tuimail.store.maildir_names import Entry

if TYPE_CHECKING:
    from tuimail.engine.maildir_session import MaildirSession

_NOTHING = FlagSet()


class MaildirChange:
    """Changes of files; the methods are those of `net.imap_change.Changer`."""

    moves = True
    expunges = True

    def __init__(self, session: MaildirSession) -> None:
        self._session = session

    def status(self, wire_name: bytes) -> Status:
        """Counts of a folder; Gone when there is none."""
        return self._session.folder(wire_name).status()

    def standing(self, wire_name: bytes) -> Status:
        """UIDVALIDITY and UIDNEXT of a folder, without a look at its files.

        What others have put there since may have no UID yet: it will get a higher one.
        """
        folder = self._session.known(wire_name)
        return Status(None, None, folder.uidnext, folder.uidvalidity)

    def move(self, uids: UIDSet, target: bytes) -> Copied:
        """Move messages; those that are gone are left out."""
        return self._transfer(uids, target, self._session.tree.move, leave=True)

    def copy(self, uids: UIDSet, target: bytes) -> Copied:
        """Copy messages; those that are gone are left out."""
        return self._transfer(uids, target, self._session.tree.copy, leave=False)

    def delete(self, uids: UIDSet, *, unchanged_since: int | None = None) -> UIDSet:
        """Set \\Deleted."""
        self._session.store_flags(uids, add=FlagSet(Flag.DELETED), remove=_NOTHING)
        return UIDSet()

    def expunge(self, uids: UIDSet) -> None:
        """Remove those of the messages that are marked \\Deleted."""
        folder = self._session.here()
        for uid, entry in list(folder.entries.items()):
            if uid in uids and folder.flags(entry.letters).bits & Flag.DELETED:
                with said(self._session.connect):
                    self._session.tree.remove(folder.name, entry)
                folder.put(uid, None)

    def append(
        self, target: bytes, message: bytes, flags: FlagSet, arrival: int
    ) -> Copied:
        """Store a message; gives its UID, under 0."""
        folder = self._session.known(target)
        with said(self._session.connect):
            entry = self._session.tree.deliver(target, message, flags, arrival)
            (uid,) = folder.add([entry])
        return Copied(folder.uidvalidity, {0: uid})

    def create(self, wire_name: bytes) -> None:
        """Make a folder."""
        with said():
            self._session.tree.make(wire_name)

    def remove(self, wire_name: bytes) -> None:
        """Delete a folder with all it holds; one that is gone is as good."""
        if self.exists(wire_name):
            with said():
                self._session.tree.remove_folder(wire_name)

    def rename(self, old: bytes, new: bytes) -> None:
        """Give a folder another name."""
        if not self.exists(old):
            raise Gone(f"There is no folder {names.decode(old)}.")
        with said():
            self._session.tree.rename(old, new)

    def subscribe(self, wire_name: bytes, wanted: bool) -> None:
        """Nothing to do: every folder is shown."""

    def exists(self, wire_name: bytes) -> bool:
        """Whether there is such a folder."""
        with said():
            return self._session.tree.exists(wire_name)

    def _transfer(
        self,
        uids: UIDSet,
        target: bytes,
        what: Callable[[bytes, Entry, bytes], Entry | None],
        *,
        leave: bool,
    ) -> Copied:
        goal, folder = self._session.folder(target), self._session.here()
        put: dict[UID, Entry] = {}
        for uid, entry in list(folder.entries.items()):
            if uid in uids:
                with said(self._session.connect):
                    there = what(folder.name, entry, target)
                if there is not None:
                    put[uid] = there
                if leave or there is None:
                    folder.put(uid, None)
        found = goal.uids_of(put.values())
        pairs = {int(u): int(found[e.key]) for u, e in put.items() if e.key in found}
        return Copied(goal.uidvalidity, pairs)
