"""A Maildir as if it were a server: what the engine asks of a session, done on files.

So synchronisation, the journal with its evidence, undo, texts and saving work on local
mail as they do on IMAP, and changes by other programs are news from the server.
"""

from __future__ import annotations

import mmap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from tuimail.engine.maildir_change import MaildirChange
from tuimail.engine.maildir_folder import Folder, said
from tuimail.engine.maildir_search import may_hold
from tuimail.errors import Cancelled, Gone, ServerFault, Unreachable
from tuimail.mail.bodystructure import body_structure
from tuimail.mail.mime import Buffer, parse
from tuimail.mail.query_imap import Asking
from tuimail.mail.sections import SectionPath, octets, section_of
from tuimail.mail.types import (
    UID,
    Flag,
    FlagSet,
    ModSeq,
    Role,
    Section,
)
from tuimail.mail.uidset import UIDSet
from tuimail.net import names
from tuimail.net.imap_fetch import FIELDS
from tuimail.net.session import (
    Counters,
    Exists,
    FetchRow,
    ListedMailbox,
    Resume,
    Selected,
    Untagged,
)
from tuimail.store.maildir import Maildir
from tuimail.store.maildir_names import Entry

SEARCH_S = 20.0
"""Seconds in which files are looked through for words."""
WATCH_S = 1.0
"""How often a folder is looked at for changes by others."""
WANTED = SectionPath((), "HEADER.FIELDS", tuple(FIELDS.lower().split()))
"""The fields of a header that make a row, as a server is asked for them."""
_SETTABLE = Flag(sum(bit.value for bit in Flag))


class MaildirSession:
    """The messages of one tree; used by one thread, but for `wake` and `abort`.

    Its methods are those of `net.imap.ImapSession`, where they are explained.
    """

    capabilities = frozenset({"IDLE", "MOVE", "UIDPLUS"})
    counters = Counters()
    silent_s = 0.0
    local = True
    """Its mail is here already: nothing of it need be kept a second time."""

    def __init__(
        self,
        tree: Maildir,
        lists: Path,
        on_untagged: Callable[[Untagged], None] = lambda event: None,
    ) -> None:
        """`lists` is a folder of ours for the lists of UIDs."""
        self._lists = lists
        self._tell = on_untagged
        self._tree = tree
        self._folders: dict[bytes, Folder] = {}
        self._woken = threading.Event()
        self._aborted = False
        self._watched: tuple[int, ...] = ()
        """How the folder looked when a change was told of last."""
        self.selected: bytes | None = None
        self.opened: Selected | None = None
        self.change = MaildirChange(self)

    def connect(self) -> None:
        """See that the tree is there. Raises Unreachable with what to do."""
        if not (self._tree.path(b"INBOX") / "cur").is_dir():
            raise Unreachable(
                f"There is no Maildir in {self._tree.root}; check `path`, or mount it."
            )

    # -- mailboxes ----------------------------------------------------------

    def folder(self, wire_name: bytes) -> Folder:
        """A folder as its files are now. Raises Gone when there is none."""
        with said(self.connect):
            if not self._tree.exists(wire_name):
                # The whole tree may be away; then no folder of it is gone.
                self.connect()
                self._folders.pop(wire_name, None)
                raise Gone(f"There is no folder {names.decode(wire_name)}.")
            found = self._folders.get(wire_name)
            if found is None:
                found = Folder(self._tree, wire_name, self._lists)
                self._folders[wire_name] = found
            found.renew()
        return found

    def known(self, wire_name: bytes) -> Folder:
        """A folder as it was when it was last looked at. Raises Gone."""
        found = self._folders.get(wire_name)
        with said():
            if found is not None and self._tree.exists(wire_name):
                return found
        return self.folder(wire_name)

    def select(
        self, wire_name: bytes, *, resume: Resume | None = None, readonly: bool = False
    ) -> Selected:
        """Open a folder."""
        self.selected = self.opened = None
        with said():
            if self._tree.exists(wire_name):
                # Before it is listed: what comes meanwhile is a change.
                self._watched = self._tree.stamp(wire_name)
        folder = self.folder(wire_name)
        self.selected = wire_name
        self.opened = Selected(
            exists=len(folder.entries),
            uidvalidity=folder.uidvalidity,  # type: ignore[arg-type]
            uidnext=folder.uidnext,
            modseq=None,
            readonly=readonly,
            permanent=_SETTABLE,
            keywords_allowed=True,
        )
        return self.opened

    def list_mailboxes(self, *, with_status: bool = False) -> list[ListedMailbox]:
        """All folders; every one counts as subscribed."""
        self.connect()
        with said():
            found = self._tree.folders()
        boxes: list[ListedMailbox] = []
        taken: set[Role] = set()
        for wire_name in sorted(found, key=lambda name: (name != b"INBOX", name)):
            name = names.decode(wire_name)
            role = names.role_by_name(name, self._tree.delimiter)
            role = None if role in taken else role
            taken |= {role} if role else set()
            boxes.append(
                ListedMailbox(
                    wire_name=wire_name,
                    name=name,
                    delimiter=self._tree.delimiter,
                    attributes=frozenset(),
                    role=role,
                    subscribed=True,
                    status=self.folder(wire_name).status() if with_status else None,
                )
            )
        return boxes

    # -- messages -----------------------------------------------------------

    def fetch_newest(self, count: int) -> list[FetchRow]:
        """Headers of the last messages."""
        return self._rows(list(self.here().entries)[-count:])

    def fetch_oldest(self, count: int) -> list[FetchRow]:
        """Headers of the first messages."""
        return self._rows(list(self.here().entries)[:count])

    def fetch_headers(self, uids: UIDSet) -> list[FetchRow]:
        """Headers of these messages, as far as they are there."""
        there = self.here().entries
        if len(uids) < len(there):
            return self._rows([uid for uid in uids if uid in there])
        return self._rows([uid for uid in there if uid in uids])

    def fetch_flags(
        self, uids: UIDSet, *, changed_since: ModSeq | None = None
    ) -> list[FetchRow]:
        """Flags of these messages."""
        folder = self.here()
        return [
            FetchRow(seq, uid, folder.flags(entry.letters))
            for seq, (uid, entry) in enumerate(folder.entries.items(), 1)
            if uid in uids
        ]

    def fetch_section(
        self, uid: UID, section: Section, *, offset: int = 0, length: int | None = None
    ) -> bytes:
        """Octets of a part; Gone when the message is not there any more."""
        with self._opened(uid) as data:
            found = section_of(data, section) if section else data[:]
        if found is None:
            raise Gone("This message has no such part.")
        return found[offset : None if length is None else offset + length]

    def fetch_sections(
        self, uid: UID, sections: Sequence[Section]
    ) -> dict[Section, bytes]:
        """Octets of several parts; what is not there is left out."""
        with self._opened(uid) as data:
            found = {each: section_of(data, each) for each in sections}
        return {each: data for each, data in found.items() if data is not None}

    def fetch_slices(
        self,
        uid: UID,
        section: Section,
        size: int,
        *,
        start: int = 0,
        slice_octets: int = 262_144,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[bytes]:
        """A part piece by piece."""
        whole = self.fetch_section(uid, section, length=size)
        for at in range(start, len(whole), slice_octets):
            if cancelled():
                return
            yield whole[at : at + slice_octets]

    def search_uids(self, criteria: bytes, *, within: UIDSet | None = None) -> UIDSet:
        """UIDs that match `ALL`, `UNSEEN` or `BEFORE <date>`."""
        folder = self.here()
        test = self._criterion(folder, criteria)
        return UIDSet.of(
            uid
            for uid, entry in folder.entries.items()
            if (within is None or uid in within) and test(entry)
        )

    def search(
        self, asking: Asking, *, cancelled: Callable[[], bool] = lambda: False
    ) -> UIDSet:
        """UIDs of files that have the words, the newest looked at first.

        What takes longer than SEARCH_S is not looked at. Raises Cancelled.
        """
        end = time.monotonic() + SEARCH_S
        found: list[UID] = []
        for uid in reversed(self._lying()):
            if cancelled() or self._aborted:
                raise Cancelled("Cancelled.")
            if time.monotonic() > end:
                break
            with suppress(Gone, ServerFault), self._opened(uid) as data:
                if may_hold(asking.query, data):
                    found.append(uid)
        return UIDSet.of(found)

    def count(self, criteria: bytes, within: UIDSet | None = None) -> int:
        """How many messages match."""
        return len(self.search_uids(criteria, within=within))

    def store_flags(
        self, uids: UIDSet, *, add: FlagSet, remove: FlagSet
    ) -> list[FetchRow]:
        """Set and clear flags; gives the flags that the messages have then."""
        folder, rows = self.here(), []
        for uid, entry in list(folder.entries.items()):
            if uid in uids:
                with said(self.connect):
                    now = self._tree.set_flags(folder.name, entry, add, remove)
                folder.put(uid, now)
                if now is not None:
                    folder.flags = self._tree.reader(folder.name)
                    rows.append(FetchRow(0, uid, folder.flags(now.letters)))
        return rows

    # -- life ---------------------------------------------------------------

    def idle(self, timeout_s: float) -> None:
        """Wait until the folder changes, `wake` is called, or time is up."""
        if self.selected is None or self.opened is None:
            raise Gone("No folder is open.")
        # Whoever waits asks this session for no messages: what was listed is let go.
        self._folders.clear()
        end = time.monotonic() + timeout_s
        while not self._woken.wait(min(WATCH_S, max(0.0, end - time.monotonic()))):
            with said():
                now = self._tree.stamp(self.selected)
            if now != self._watched:
                self._watched = now
                self._tell(Exists(self.opened.exists))
                break
            if time.monotonic() >= end:
                break
        self._woken.clear()
        if self._aborted:
            raise Unreachable("The folder is not watched any more.")

    def notify(self) -> bool:
        """Other folders are polled: that costs little here."""
        return False

    def noop(self, timeout_s: float | None = None) -> None:
        """Look at the selected folder again."""
        self.connect()
        if self.selected is not None:
            self.folder(self.selected)

    def wake(self) -> None:
        """From another thread: end `idle`."""
        self._woken.set()

    def abort(self) -> None:
        """From another thread: end what is under way."""
        self._aborted = True
        self._woken.set()

    def logout(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""

    # -- inside -------------------------------------------------------------

    @property
    def tree(self) -> Maildir:
        """The files."""
        return self._tree

    def here(self) -> Folder:
        """The selected folder as it was when it was last looked at.

        Files that were renamed since are found all the same.
        """
        found = self._folders.get(self.selected or b"")
        if found is None:
            raise Gone("No folder is open.")
        return found

    def _lying(self) -> list[UID]:
        """Messages of the selected folder whose files are here."""
        return list(self.here().entries)

    def _rows(self, uids: list[UID]) -> list[FetchRow]:
        folder = self.here()
        rows = (self._row(folder, seq, uid) for seq, uid in enumerate(uids, 1))
        return [row for row in rows if row is not None]

    def _row(self, folder: Folder, seq: int, uid: UID) -> FetchRow | None:
        try:
            with self._opened(uid) as data:
                node = parse(data)
                entry = folder.entries[uid]
                return FetchRow(
                    seq=seq,
                    uid=uid,
                    flags=folder.flags(entry.letters),
                    arrival=self._arrival(folder, entry),
                    size=len(data),
                    structure=body_structure(node),
                    header=octets(node, WANTED) or b"",
                )
        except Gone:
            return None

    def _arrival(self, folder: Folder, entry: Entry) -> int:
        file = self._tree.file(folder.name, entry)
        try:
            return int(file.stat().st_mtime) if file else 0
        except FileNotFoundError:
            return 0

    @contextmanager
    def _opened(self, uid: UID) -> Iterator[Buffer]:
        """A message, mapped: a large one is not read into memory."""
        folder = self.here()
        entry = folder.entries.get(uid)
        with said():
            file = self._tree.file(folder.name, entry) if entry else None
        if file is None:
            raise Gone("This message is no longer in this folder.")
        try:
            opened = file.open("rb")
        except FileNotFoundError:
            raise Gone("This message is no longer in this folder.") from None
        except OSError as error:
            raise ServerFault(f"{file} cannot be read ({error.strerror}).") from error
        with opened:
            if file.stat().st_size == 0:
                yield b""
                return
            with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data

    def _criterion(self, folder: Folder, criteria: bytes) -> Callable[[Entry], bool]:
        if criteria == b"ALL":
            return lambda entry: True
        if criteria == b"UNSEEN":
            return lambda entry: not folder.flags(entry.letters).bits & Flag.SEEN
        word, _, day = criteria.decode("ascii", "replace").partition(" ")
        if word == "BEFORE":
            limit = datetime.strptime(day, "%d-%b-%Y").astimezone().timestamp()
            return lambda entry: self._arrival(folder, entry) < limit
        raise ServerFault(f"Local mail cannot be searched for {word}.")
