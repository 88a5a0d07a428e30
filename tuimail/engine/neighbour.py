"""Look around twice a second: other tuimails on the same store, and sleep.

Any process may write gestures; the one that holds an account's lock sends them. SQLite
tells cheaply whether anybody else has committed. A machine that slept has connections
that are dead without knowing it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tuimail.engine.account import Account
from tuimail.engine.events import Event, MailboxesChanged, MessagesChanged
from tuimail.engine.worker import guarded
from tuimail.store.store import Store

LOOK_S = 0.5
ASLEEP_S = 15.0
"""A look that comes so much too late means that the machine slept."""


def awake_and_asleep() -> float:
    """Seconds on a clock that goes on while the machine sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.time()


class Neighbours:
    """A thread that looks twice a second."""

    def __init__(
        self,
        store: Store,
        accounts: dict[str, Account],
        emit: Callable[[Event], None],
        clock: Callable[[], float] = awake_and_asleep,
    ) -> None:
        self._clock = clock
        self._looked = clock()
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
        now = self._clock()
        slept, self._looked = now - self._looked > ASLEEP_S, now
        if slept:
            for account in self._accounts.values():
                account.woke()
        version = self._store.version()
        changed, self._seen = version != self._seen, version
        for account in self._accounts.values():
            if account.elsewhere:
                account.take_over()
                if changed:
                    self._redraw(account)
            elif changed and self._waited_for(account.name):
                account.replay()

    def _waited_for(self, account: str) -> bool:
        """Whether something is to be sent there, or fetched from there for another."""
        store = self._store
        return bool(store.accounts.waiting(account)[0] or store.appends.wanted(account))

    def _redraw(self, account: Account) -> None:
        shown = account.on_screen
        if shown is not None:
            self._emit(MessagesChanged(shown))
        self._emit(MailboxesChanged(account.name))

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            if not guarded(self.look, "looking for other programs"):
                return
