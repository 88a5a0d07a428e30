"""Words of mail that lies here as files into the index, behind everything else.

Its texts are in no cache: they are read from the files, on the account's own lane, a
few at a time, with rests between that are three times as long as the work. What a text
says first is kept in the same pass.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.events import Event, FirstLinesKnown
from tuimail.engine.first_lines import line_of_file
from tuimail.engine.jobs import Job, Priority
from tuimail.engine.sync_imap import select_known
from tuimail.errors import Gone, ServerFault
from tuimail.mail.bare_text import bare_text
from tuimail.mail.reading import text_part
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import ContentId, MessageId, SafeText
from tuimail.store.store import Store
from tuimail.store.words import NEWEST, Filed

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

LINES = 1
"""No content is beneath it: only first lines are still to be made."""
BATCH = 20
"""Messages read at a time."""
DELAY_S = 1.0
"""Seconds after a change: what comes in goes before."""
REST = 3.0
"""Seconds of rest for one of work."""


class FileReader:
    """Reads the files of some accounts, each when it is told that they have changed."""

    def __init__(
        self,
        store: Store,
        submit: Callable[[str, Priority, Job], None],
        told: Callable[[bool], None],
        emit: Callable[[Event], None],
    ) -> None:
        """`told` hears of texts in the index, and whether that is all of an account."""
        self._store = store
        self._submit = submit
        self._told = told
        self._emit = emit
        self._read: dict[str, int] = {}
        """How far down accounts were read of which the end was not told yet."""
        self._lock = threading.Lock()
        self._timers: dict[str, threading.Timer] = {}
        self._closed = False

    def look(self, account: str, delay_s: float = DELAY_S) -> None:
        """There may be new files; returns at once."""
        with self._lock:
            if self._closed or account in self._timers:
                return
            timer = threading.Timer(delay_s, self._begin, (account,))
            timer.daemon = True
            self._timers[account] = timer
            timer.start()

    def hurry(self, account: str) -> None:
        """Somebody waits for the newest texts of this account."""
        with self._lock:
            if self._closed:
                return
            timer = self._timers.pop(account, None)
        if timer is not None:
            timer.cancel()
        self._begin(account)

    def close(self) -> None:
        """Begin nothing more."""
        with self._lock:
            self._closed = True
            for timer in self._timers.values():
                timer.cancel()

    def _begin(self, account: str) -> None:
        with self._lock:
            self._timers.pop(account, None)

        def run(session: ImapSession) -> None:
            begun = time.monotonic()
            beneath = self._read.get(account, NEWEST)
            last = index_files(session, self._store, account, beneath, self._tell)
            if last is not None:
                self._read[account] = last
                self.look(account, (time.monotonic() - begun) * REST)
                self._told(False)
            elif self._read.pop(account, None) is not None:
                self._told(True)

        self._submit(account, Priority.PREFETCH, Job("texts of files", run))

    def _tell(self, rows: frozenset[MessageId]) -> None:
        if rows:
            self._emit(FirstLinesKnown(rows))


def index_files(
    session: ImapSession,
    store: Store,
    account: str,
    beneath: int = NEWEST,
    told: Callable[[frozenset[MessageId]], None] = lambda rows: None,
) -> int | None:
    """Index the texts of the next messages; gives the last content, None at the end.

    `beneath` it one goes on the next time. One that cannot be read counts as one
    without words, so that it ends. Rows that have a first line by it are `told`.
    """
    number = store.accounts.find(account)
    if number is None:
        return None
    unread = store.words.unread_files
    filed = unread(number, BATCH, beneath) if beneath > LINES else []
    if not filed:
        # Texts that were indexed before there were first lines.
        if old := store.first_lines.unread_files(number, BATCH):
            told(store.first_lines.put(_lines(session, store, old)))
            return LINES
        # What was fetched meanwhile may be older.
        filed = unread(number, BATCH) if beneath < NEWEST else []
    if not filed:
        store.words.read_through.add(account)
        return None
    texts = ((each.content, text_of_file(session, store, each)) for each in filed)
    store.words.put_texts(list(texts))
    told(store.first_lines.put(_lines(session, store, filed)))
    return filed[-1].content


def _lines(
    session: ImapSession, store: Store, filed: list[Filed]
) -> list[tuple[ContentId, SafeText]]:
    return [(each.content, line_of_file(session, store, each)) for each in filed]


def text_of_file(session: ImapSession, store: Store, filed: Filed) -> str:
    """The words of a message's text; `''` where there are none to be had."""
    structure = store.words.structure(filed.content)
    part = text_part(parse_structure(structure)) if structure is not None else None
    if part is None or not part.media_type.startswith("text/"):
        return ""
    try:
        select_known(session, store, filed.mailbox)
        return bare_text(session.fetch_section(filed.uid, part.section), part)
    except (Gone, ServerFault):
        return ""
