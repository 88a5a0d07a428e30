"""Other tuimails on the same store: see what they wrote, take over when they end.

Any process may write gestures; the one that holds an account's lock sends them. SQLite
tells cheaply whether anybody else has committed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from tuimail.engine.account import Account
from tuimail.engine.events import Event, MailboxesChanged, MessagesChanged
from tuimail.engine.worker import guarded
from tuimail.store.store import Store

LOOK_S = 0.5


class Neighbours:
    """A thread that looks twice a second."""

    def __init__(
        self,
        store: Store,
        accounts: dict[str, Account],
        emit: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._emit = emit
        self._stopping = threading.Event()
        self._seen = 0
        self._thread = threading.Thread(target=self._run, name="others", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look(self) -> None:
        """Pass on what others wrote; take the place of those that ended."""
        version = self._store.version()
        changed, self._seen = version != self._seen, version
        for account in self._accounts.values():
            if account.elsewhere:
                account.take_over()
                if changed:
                    self._redraw(account)
            elif changed and self._store.accounts.waiting(account.name)[0]:
                account.replay()

    def _redraw(self, account: Account) -> None:
        shown = account.on_screen
        if shown is not None:
            self._emit(MessagesChanged(shown))
        self._emit(MailboxesChanged(account.name))

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            if not guarded(self.look, "looking for other programs"):
                return
