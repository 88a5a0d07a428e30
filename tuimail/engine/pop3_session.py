"""The mail of a POP3 account as if it were a server: files, and what waits elsewhere.

Headers of waiting messages are here. Their texts are not: who asks for one gets
`Waits`, but on the connection that may talk to the maildrop: that fetches the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tuimail.engine.maildir_folder import Folder, delivered, said
from tuimail.engine.maildir_session import WANTED, MaildirSession
from tuimail.engine.maildrop import Maildrop
from tuimail.errors import Gone, Waits
from tuimail.mail.mime import Buffer, parse
from tuimail.mail.sections import octets, section_of
from tuimail.mail.types import UID, Section
from tuimail.net.session import FetchRow, Untagged
from tuimail.store.maildir_names import Entry
from tuimail.store.maildrop import PopItem, PopState
from tuimail.store.maildrop_tree import MaildropTree

INBOX = b"INBOX"
Progress = Callable[[int, int], None]


class Pop3Files(MaildirSession):
    """The files of one account; with `drop` also a way to what waits."""

    def __init__(
        self,
        tree: MaildropTree,
        lists: Path,
        on_untagged: Callable[[Untagged], None],
        drop: Maildrop | None = None,
    ) -> None:
        super().__init__(tree, lists, on_untagged)
        self._drop = drop
        self._drops = tree

    def bring(
        self,
        uid: UID,
        progress: Progress = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Have a message here, as a file. Raises Waits, Away, Gone, Cancelled."""
        folder = self.here()
        item = self._waiting(folder, uid)
        if item is None:
            return
        if self._drop is None:
            raise Waits(f"It waits on the server ({item.size:,} octets).")
        with said():
            folder.put(uid, self._drop.fetch(item, progress, cancelled))

    def headed(self, items: Iterable[PopItem]) -> list[UID]:
        """Select INBOX, in which these wait now as well; gives their UIDs."""
        if self.selected != INBOX:
            self.select(INBOX)
        # In the order of the maildrop, as if all had been listed together.
        new = sorted(
            (i for i in items if i.shown), key=lambda item: delivered(item.key)
        )
        here = self.here()
        uids = here.add(Entry(i.key, "", False, i.letters) for i in new)
        if self.opened is not None:
            self.opened = replace(self.opened, exists=len(here.entries))
        return uids

    def arrived(self, folder: bytes, entries: Mapping[str, Entry]) -> list[UID]:
        """Select a folder in which waiting messages have got files; gives their UIDs.

        The folder is not listed again when it was listed with them.
        """
        if self.selected != folder:
            self.select(folder)
        uids = [u for u, e in self.here().entries.items() if e.key in entries]
        if len(uids) < len(entries):
            self.select(folder)
            uids = [u for u, e in self.here().entries.items() if e.key in entries]
        here = self.here()
        for uid in uids:
            here.put(uid, entries[here.entries[uid].key])
        return uids

    def skip(self, uid: UID) -> None:
        """Leave a waiting message on the server, and show it no more."""
        item = self._waiting(self.here(), uid)
        if item is not None:
            account = self._drops.account
            self._drops.drops.change(account, item.key, state=PopState.SKIPPED)

    def fetch_section(
        self, uid: UID, section: Section, *, offset: int = 0, length: int | None = None
    ) -> bytes:
        """Octets of a part; of a waiting message its header is here."""
        item = self._waiting(self.here(), uid) if section == "HEADER" else None
        if item is not None:
            header = item.header_block
            return header[offset : None if length is None else offset + length]
        return super().fetch_section(uid, section, offset=offset, length=length)

    def fetch_sections(
        self, uid: UID, sections: Sequence[Section]
    ) -> dict[Section, bytes]:
        """Octets of several parts; of a waiting message its header is here."""
        item = self._waiting(self.here(), uid)
        if item is None or not all(each.startswith("HEADER") for each in sections):
            return super().fetch_sections(uid, sections)
        found = {each: section_of(item.header_block, each) for each in sections}
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
        """A part piece by piece, when all of the message is here."""
        self.bring(uid, cancelled=cancelled)
        return super().fetch_slices(
            *(uid, section, size),
            start=start,
            slice_octets=slice_octets,
            cancelled=cancelled,
        )

    def close(self) -> None:
        """Leave the maildrop, if this connection may talk to it."""
        if self._drop is not None:
            self._drop.leave()

    def abort(self) -> None:
        """From another thread: end what is under way."""
        super().abort()
        if self._drop is not None:
            self._drop.abort()

    # -- inside -------------------------------------------------------------

    def _lying(self) -> list[UID]:
        # Looking for words must not fetch all that waits.
        return [uid for uid, entry in self.here().entries.items() if entry.name]

    def _rows(self, uids: list[UID]) -> list[FetchRow]:
        folder = self.here()
        keys = [folder.entries[uid].key for uid in uids if not folder.entries[uid].name]
        items = self._drops.drops.by_keys(self._drops.account, keys) if keys else {}
        rows = []
        for seq, uid in enumerate(uids, 1):
            entry = folder.entries[uid]
            item = None if entry.name else items.get(entry.key)
            if item is not None and item.shown:
                rows.append(_waiting_row(folder, seq, uid, item))
            elif (row := self._row(folder, seq, uid)) is not None:
                rows.append(row)
        return rows

    def _arrival(self, folder: Folder, entry: Entry) -> int:
        item = None if entry.name else self._drops.item(entry)
        return super()._arrival(folder, entry) if item is None else item.arrival

    def _waiting(self, folder: Folder, uid: UID) -> PopItem | None:
        entry = folder.entries.get(uid)
        if entry is None or entry.name or self._drops.file(folder.name, entry):
            return None
        item = self._drops.item(entry)
        if item is None:
            raise Gone("This message is no longer in this folder.")
        return item

    @contextmanager
    def _opened(self, uid: UID) -> Iterator[Buffer]:
        self.bring(uid)
        with super()._opened(uid) as data:
            yield data


def _waiting_row(folder: Folder, seq: int, uid: UID, item: PopItem) -> FetchRow:
    return FetchRow(
        seq=seq,
        uid=uid,
        flags=folder.flags(item.letters),
        arrival=item.arrival,
        size=item.size,
        structure=None,
        header=octets(parse(item.header_block), WANTED) or b"",
    )
