"""A message on its way from the maildrop into a file of the Maildir."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tuimail.engine.pop3_plan import fingerprint
from tuimail.errors import Cancelled, Gone
from tuimail.store.maildir import Maildir
from tuimail.store.maildir_names import Entry
from tuimail.store.maildrop import PopItem, PopState, Removal
from tuimail.store.maildrop_tree import MaildropTree

HEAD = 65_536
"""Octets of a message in which its header is looked for."""
PIECE = 1 << 20


class Taking:
    """A message on its way from the maildrop into a file; a sink for its octets."""

    def __init__(
        self,
        tree: MaildropTree,
        item: PopItem,
        now: int,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._tree = tree
        self._item = item
        self._now = now
        self._progress = progress
        self._cancelled = cancelled
        self._digest = hashlib.sha256()
        self._head = bytearray()
        # One without an id is told by its content.
        arrival = item.arrival if item.uidl else None
        self._delivery = tree.begin(item.folder, arrival, item.key)

    def __enter__(self) -> Taking:
        self._delivery.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._delivery.__exit__(kind, error, trace)

    def __call__(self, piece: bytes) -> None:
        """The next octets."""
        if self._cancelled():
            raise Cancelled("Cancelled.")
        self._digest.update(piece)
        if len(self._head) < HEAD:
            self._head += piece[:HEAD]
        self._delivery.write(piece)
        self._progress(self._delivery.octets, self._item.size)

    @property
    def digest(self) -> bytes:
        """SHA-256 of what has come."""
        return self._digest.digest()

    def commit(self) -> tuple[PopItem, Entry | None]:
        """It is complete. Gone when the user has deleted it meanwhile.

        Without an entry when the same octets are here under another id already: then
        there is no second file, and the message is that one.
        """
        tree, was = self._tree, self._item
        latest = tree.drops.by_key(tree.account, was.key) or was
        if not latest.shown:
            raise Gone("This message was deleted meanwhile.")
        twin = tree.drops.twin(tree.account, self.digest, was.key)
        if twin is not None and tree.find(twin) is not None:
            return self._stored(latest)._replace(key=twin.key), None
        entry = self._delivery.commit(latest.letters)
        if latest.folder != was.folder:
            # It was filed meanwhile: the file follows.
            entry = Maildir.move(tree, was.folder, entry, latest.folder) or entry
        return self._stored(latest), entry

    def commit_nameless(self) -> PopItem:
        """It is complete, and only its content tells whether it was here before."""
        tree, digest = self._tree, self._digest.hexdigest()
        item = self._item._replace(uidl=f"sha256:{digest}", key=f"{digest[:32]}.pop3")
        known = tree.drops.by_key(tree.account, item.key)
        if known is not None and known.state is PopState.PURGED:
            return known._replace(removal=Removal.ANYWAY)
        if known is None or tree.find(known) is None:
            if tree.find(item) is None:
                self._delivery.commit(item.letters, item.key)
            tree.drops.add(tree.account, [item])
        return self._stored(known or item)

    def _stored(self, latest: PopItem) -> PopItem:
        return latest._replace(
            state=PopState.STORED,
            header=None,
            fingerprint=latest.fingerprint or fingerprint(bytes(self._head)),
            digest=self.digest,
            octets=self._delivery.octets,
            stored_at=self._now,
        )


def digest_of(file: Path) -> tuple[bytes, int]:
    """SHA-256 and size of a file, read from the disk now; empty when it cannot be."""
    found, size = hashlib.sha256(), 0
    try:
        with file.open("rb") as opened:
            while piece := opened.read(PIECE):
                found.update(piece)
                size += len(piece)
    except OSError:
        return b"", 0
    return found.digest(), size
