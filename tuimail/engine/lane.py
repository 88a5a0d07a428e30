"""One thread, one connection, one queue of jobs.

A lane connects when the first job comes, keeps the connection, and says how it stands.
While it cannot connect it holds no jobs: they fail at once, so nobody waits in vain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tuimail.engine.backoff import wait_s
from tuimail.engine.jobs import Job, Priority
from tuimail.engine.worker import Queue, guarded
from tuimail.errors import (
    AccountError,
    Cancelled,
    Refused,
    TuimailError,
    Unreachable,
    Unsupported,
)

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

PROBE_S = 240.0
"""Seconds unused after which a connection is probed: NATs forget after 300."""


@dataclass(frozen=True, slots=True)
class Connecting:
    """The lane is about to connect."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The lane has a connection."""

    session: ImapSession


@dataclass(frozen=True, slots=True)
class Lost:
    """No connection; the lane tries again by itself after `wait_s`."""

    error: AccountError
    wait_s: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """No connection, and only `reconnect` makes the lane try again."""

    error: AccountError


LaneNews = Connecting | Connected | Lost | Stopped


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What a lane tells its account, from the lane's thread."""

    news: Callable[[LaneNews], None]
    retry: Callable[[], None]
    """The wait is over: submit what a fresh connection should do."""
    after_job: Callable[[ImapSession], None]


class Lane:
    """Runs jobs on one connection, most urgent first."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], ImapSession],
        callbacks: Callbacks,
        *,
        linger_s: float | None = None,
        rng: Random | None = None,
    ) -> None:
        self._connect = connect
        self._tell = callbacks
        self._linger_s = linger_s
        self._rng = rng or Random()
        self._queue: Queue[Job] = Queue()
        self._stopping = threading.Event()
        self._again = threading.Event()
        self._session: ImapSession | None = None
        self._in_hand: tuple[Job, float] | None = None
        """The job that runs, and since when."""
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; nothing is connected before the first job."""
        self._thread.start()

    def submit(self, priority: Priority, job: Job) -> None:
        """Queue a job; one that already waits as urgently under its name is enough."""
        self._queue.put(priority, job.name, job)

    def reconnect(self) -> None:
        """Try to connect now instead of waiting, and again soon if that fails."""
        self._failures = 0
        self._again.set()

    def drop(self) -> None:
        """Give up the connection; a job that runs fails at once."""
        session = self._session
        if session is not None:
            session.abort()

    def drop_silent(self) -> None:
        """Drop the connection when the job in hand hears nothing on it."""
        in_hand, session = self._in_hand, self._session
        if in_hand is not None and session is not None:
            job, begun = in_hand
            waited = min(session.silent_s, time.monotonic() - begun)
            if waited >= job.patience_s:
                session.abort()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop: the job in hand is broken off, waiting ones are told."""
        self._stopping.set()
        self._again.set()
        self._queue.close()
        self.drop()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            job = self._queue.take(self._linger_s or PROBE_S)
            if self._stopping.is_set():
                break
            if job is None:
                guarded(self._unused, "probe")
            elif not guarded(lambda job=job: self._perform(job), job.name):  # type: ignore[misc]
                # A bug must not leave the account waiting for nothing.
                self._forget_session()
                self._give_up(
                    job, Unreachable("Something went wrong inside; see :log.")
                )
        self._forget_session()

    def _perform(self, job: Job) -> None:
        fresh = self._session is None
        try:
            self._attempt(job)
        except Unreachable as error:
            self._forget_session()
            if fresh or self._stopping.is_set():
                self._give_up(job, error)
            else:
                self._retry(job)
        except (Refused, Unsupported) as error:
            if self._session is None:
                self._stop_until_asked(job, error)
            else:
                job.failed(error)
        except TuimailError as error:
            job.failed(error)

    def _retry(self, job: Job) -> None:
        """Run a job again on a new connection: the old one had died unnoticed."""
        try:
            self._attempt(job)
        except Unreachable as error:
            self._forget_session()
            self._give_up(job, error)
        except (Refused, Unsupported) as error:
            self._stop_until_asked(job, error)
        except TuimailError as error:
            job.failed(error)

    def _attempt(self, job: Job) -> None:
        if job.ticket.cancelled:
            raise Cancelled("Cancelled.")
        if self._session is None:
            # This is the try that was asked for; a refused password is not tried twice.
            self._again.clear()
            self._tell.news(Connecting())
            self._session = self._connect()
            self._failures = 0
            self._tell.news(Connected(self._session))
        self._in_hand = job, time.monotonic()
        try:
            job.run(self._session)
        finally:
            self._in_hand = None
        self._tell.after_job(self._session)

    def _give_up(self, job: Job, error: AccountError) -> None:
        self._failures += 1
        delay = wait_s(self._failures, self._rng)
        self._fail_all(job, error, Lost(error, delay))
        self._pause(delay)

    def _stop_until_asked(self, job: Job, error: AccountError) -> None:
        self._forget_session()
        self._fail_all(job, error, Stopped(error))
        self._pause(None)

    def _fail_all(self, job: Job, error: AccountError, news: LaneNews) -> None:
        if not self._stopping.is_set():
            self._tell.news(news)
        for each in (job, *self._queue.drain()):
            each.failed(error)

    def _pause(self, delay_s: float | None) -> None:
        if not self._stopping.is_set():
            self._again.wait(delay_s)
        if not self._stopping.is_set():
            self._again.clear()
            self._tell.retry()

    def _unused(self) -> None:
        """A connection nobody used for a while: probe it, or let it go."""
        if self._session is None:
            return
        if self._linger_s is not None:
            self._forget_session()
            return
        try:
            self._session.noop()
            self._tell.after_job(self._session)
        except AccountError:
            self._forget_session()
            self._tell.retry()

    def _forget_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
