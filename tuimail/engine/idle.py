"""Watch one mailbox on a connection of its own and say when something happened.

Where the server has NOTIFY it tells of all the others as well. What it says of the
watched one is not used as data: the work connection refreshes, so there is one way in
which the store changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tuimail.engine.backoff import wait_s
from tuimail.engine.worker import guarded
from tuimail.errors import AccountError, Refused, Unsupported
from tuimail.net.session import StatusSeen

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession
    from tuimail.net.session import Untagged

RENEW_S = 540.0
"""IDLE is renewed after nine minutes: many NATs and servers drop it after ten."""
TOGETHER_S = 0.02
"""What is heard so soon after the first word is found by the same refresh."""
PROVE_S = 30.0
"""A server unheard for so long is asked for an answer while somebody is here.

A path that swallows everything looks like a mailbox in which nothing happens.
"""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a watcher asks and tells, from its own thread."""

    connect: Callable[[Callable[[Untagged], None]], ImapSession]
    """A new connection that tells a listener what is said unasked."""
    wanted: Callable[[], bytes | None]
    """Wire name of the mailbox to watch; None for none."""
    changed: Callable[[], None]
    """Something happened, or may have, in the watched mailbox."""
    counted: Callable[[StatusSeen], None]
    """What the server says of another mailbox."""
    broken: Callable[[], None]
    """The connection broke, or did not answer."""
    poll: Callable[[], None]
    """It is time to ask for the other mailboxes."""


class Watcher:
    """The thread that idles."""

    def __init__(
        self,
        name: str,
        hooks: Hooks,
        poll_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hooks = hooks
        self._poll_s = poll_s
        self._clock = clock
        self._next_poll = clock() + poll_s
        self._proved_at = clock()
        self._stopping = threading.Event()
        self._go = threading.Event()
        self._session: ImapSession | None = None
        self._idling = self._more = False
        self._heard_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; it waits for `go`."""
        self._thread.start()

    def go(self) -> None:
        """The server can be reached, or another mailbox is wanted now."""
        self._go.set()
        self.ask()

    def ask(self) -> None:
        """Renew IDLE now: the answer shows that the connection lives."""
        session = self._session
        if session is not None:
            self._proved_at = self._clock()
            session.wake()

    def in_use(self) -> None:
        """Somebody is here: ask for an answer when there was none for long."""
        if self._clock() - self._proved_at > PROVE_S:
            self.ask()

    def rest(self) -> None:
        """The server is away: drop the connection and wait for `go`."""
        self._go.clear()
        session = self._session
        if session is not None:
            session.abort()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop the thread and its connection."""
        self._stopping.set()
        self._go.set()
        if self._session is not None:
            self._session.abort()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        rng, failures = Random(), 0
        while not self._stopping.is_set():
            self._go.wait()
            if self._stopping.is_set():
                break
            failures = 0 if guarded(self._watch, "watching") else failures + 1
            self._forget()
            if not self._stopping.is_set():
                # `wait` on the stop flag, not sleep: closing must not take long.
                self._stopping.wait(wait_s(failures or 1, rng))

    def _watch(self) -> None:
        try:
            self._session = self._hooks.connect(self._hear)
            self._session.notify()
            while not self._stopping.is_set() and self._go.is_set():
                if not self._watch_once(self._session):
                    return
        except (Refused, Unsupported):
            self._go.clear()
        except AccountError:
            # The work connection reports what is wrong; here it is only tried again.
            self._hooks.broken()

    def _watch_once(self, session: ImapSession) -> bool:
        wire_name = self._hooks.wanted()
        self._poll_when_due()
        if wire_name is None or "IDLE" not in session.capabilities:
            self._stopping.wait(min(30.0, self._poll_s))
            return True
        if session.selected != wire_name:
            session.select(wire_name, readonly=True)
            # What came between the last refresh and this SELECT nobody announced.
            self._hooks.changed()
        self._heard_at, self._more, self._idling = None, False, True
        try:
            session.idle(self._idle_s())
        finally:
            self._idling = False
        self._proved_at = self._clock()
        if self._more:
            self._hooks.changed()
        return True

    def _hear(self, event: Untagged) -> None:
        """The first word is passed on before IDLE ends: the end takes a round trip."""
        if not self._idling:
            return
        if isinstance(event, StatusSeen):
            self._hooks.counted(event)
            return
        if self._heard_at is None:
            self._heard_at = self._clock()
            self._hooks.changed()
        elif self._clock() - self._heard_at > TOGETHER_S:
            self._more = True

    def _idle_s(self) -> float:
        return max(1.0, min(RENEW_S, self._next_poll - self._clock()))

    def _poll_when_due(self) -> None:
        if self._clock() >= self._next_poll:
            self._next_poll = self._clock() + self._poll_s
            self._hooks.poll()

    def _forget(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
