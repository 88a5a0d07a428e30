"""Brings by itself what shall be kept here: pinned folders, and offline accounts whole.

Of a pinned folder the texts of its known messages; of an account in offline mode texts
and attachments of every folder that is not left out. Newest first, window by window,
beside everything else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tuimail.engine.download import Download, Downloads
from tuimail.engine.events import Event, KeepingOn, Level, Notice
from tuimail.engine.jobs import Priority
from tuimail.engine.planning import plan_of
from tuimail.engine.room import MB, Room
from tuimail.engine.worker import Worker
from tuimail.errors import StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import ContentId, Mailbox, MailboxId, RowKey
from tuimail.store.keeping import Candidate
from tuimail.store.store import Store

WINDOW = 200
"""Messages that are looked at together."""


@dataclass(slots=True)
class _Pass:
    """How far a mailbox has been gone through, from the newest down."""

    done: ContentId | None = None
    """Up to this one everything was looked at in an earlier pass."""
    top: ContentId | None = None
    """What was known last when this pass began."""
    below: RowKey | None = None


class Keeper:
    """What one account keeps; its work is done on the worker's thread."""

    def __init__(
        self,
        account: str,
        store: Store,
        downloads: Downloads,
        room: Room,
        worker: Worker,
        emit: Callable[[Event], None],
        *,
        whole: bool,
        prefer: str,
    ) -> None:
        """`whole`: every folder with its attachments, not only what is pinned."""
        self.account = account
        self._store = store
        self._downloads = downloads
        self._room = room
        self._worker = worker
        self._emit = emit
        self._whole = whole
        self._prefer = prefer
        self._lock = threading.Lock()
        self._busy = False
        self._again = False
        self._said_full = False
        self._passes: dict[MailboxId, _Pass] = {}

    def look(self) -> None:
        """Something may be missing; any thread."""
        with self._lock:
            self._again = self._busy
            if self._busy:
                return
            self._busy = True
        self._worker.submit(Priority.PREFETCH, self._step)

    def _step(self) -> None:
        try:
            begun = self._begin()
        except StoreError:
            begun = False
        if not begun:
            self._emit(KeepingOn(self.account, safe_text("")))
            self._rest()

    def _rest(self) -> None:
        with self._lock:
            self._busy, again = False, self._again
            self._again = False
        if again:
            self.look()

    def _begin(self) -> bool:
        """Begin with the next window that misses something; False: nothing does."""
        for box in self._boxes():
            state = self._passes.setdefault(box.id, _Pass())
            while window := self._window(box.id, state):
                state.below = window[-1].key
                plan = plan_of(
                    self._store, window, self._prefer, attachments=self._whole
                )
                if not plan.items:
                    continue
                if self._room.full:
                    self._say_full()
                    self._passes.clear()
                    return False
                self._tell(box)
                self._downloads.start(plan, then=self._ended)
                return True
        return False

    def _boxes(self) -> list[Mailbox]:
        boxes = self._store.mailboxes.all(self.account)
        out = self._store.mailboxes.left_out(self.account) if self._whole else ()
        whole = (b.id for b in boxes if self._whole and b.id not in out)
        kept = {*whole, *(b.id for b in boxes if b.pinned)}
        return [b for b in boxes if b.selectable and b.id in kept]

    def _window(self, mailbox: MailboxId, state: _Pass) -> list[Candidate]:
        if state.below is None:
            state.top = self._store.keeping.newest()
        found = self._store.keeping.in_mailbox(
            mailbox,
            below=state.below,
            above=state.done,
            unreadable=not self._whole,
            limit=WINDOW,
        )
        if not found:
            state.done, state.below = state.top, None
        return found

    def _ended(self, download: Download, reason: str) -> None:
        if reason:
            if self._room.full:
                self._say_full()
            # What was not had is looked for again when something changes.
            self._passes.clear()
            self._rest()
        else:
            self._worker.submit(Priority.PREFETCH, self._step)

    def _tell(self, box: Mailbox) -> None:
        here = self._store.keeping.readable(box.id)
        known = self._store.messages.known(box.id).rows
        words = safe_text(f"keeping {box.name}: {here:,} of {known:,} here", 120)
        self._emit(KeepingOn(self.account, words))

    def _say_full(self) -> None:
        if self._said_full:
            return
        self._said_full = True
        limit = self._room.limit // MB
        words = f"The cache is full ({limit:,} MB), so {self.account} is not kept whole"
        advice = "raise cache_limit_mb to keep more."
        self._emit(Notice(Level.WARNING, safe_text(f"{words}; {advice}")))
