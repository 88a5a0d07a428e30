"""What is pending of one account, sent step by step and at its time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.events import (
    Event,
    Level,
    MailboxesChanged,
    MessagesChanged,
    Notice,
    OperationsChanged,
    Stirred,
)
from tuimail.engine.replay import Replay
from tuimail.errors import Gone
from tuimail.mail.sanitize import safe_text
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

log = logging.getLogger(__name__)


class Sending:
    """Runs a replay on the work connection, one step to a job."""

    def __init__(
        self,
        store: Store,
        account: str,
        emit: Callable[[Event], None],
        again: Callable[[], None],
        read_again: Callable[[], None],
        gather: Callable[[], None],
    ) -> None:
        """`again` queues the next step; `read_again` has the folders read anew.

        `gather` fetches what other accounts wait for.
        """
        self._store = store
        self._account = account
        self._emit = emit
        self._again = again
        self._read_again = read_again
        self._gather = gather
        self._replay: Replay | None = None
        self._timer: threading.Timer | None = None
        self._closed = False

    def step(self, session: ImapSession) -> None:
        """Send one thing; the next is queued behind what is more urgent."""
        if self._replay is None or self._replay.session is not session:
            self._replay = Replay(session, self._store, self._account)
        try:
            changed = self._replay.step()
        except Gone as error:
            # Renumbered, or no longer there: it is read again, and then tried again.
            log.info("%s: %s", self._account, error)
            self._read_again()
            return
        if changed is None:
            self._replay = None
            self._come_back()
            self._gather()
            return
        for words in self._replay.notes:
            said = safe_text(f"{self._account}: {words}")
            self._emit(Notice(Level.INFO, said))
        self._replay.notes.clear()
        for mailbox in changed:
            self._emit(MessagesChanged(mailbox))
        for account in self._replay.stirred:
            self._emit(Stirred(account))
        self._replay.stirred.clear()
        if changed:
            self._emit(MailboxesChanged(self._account))
            self._emit(OperationsChanged(self._account))
        self._again()

    def close(self) -> None:
        """Nothing is sent any more by itself."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _come_back(self) -> None:
        """Something waits for its time: try then."""
        due = self._store.transfers.next_time(self._account)
        if self._timer is not None:
            self._timer.cancel()
        if due is not None and not self._closed:
            self._timer = threading.Timer(max(0.1, due - time.time()), self._again)
            self._timer.daemon = True
            self._timer.start()
