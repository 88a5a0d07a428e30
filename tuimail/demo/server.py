"""The embedded IMAP server: its thread, its socket, its sessions."""

from __future__ import annotations

import asyncio
import concurrent.futures
import hmac
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from tuimail.demo import capabilities as known
from tuimail.demo import utf7
from tuimail.demo.mailstore import MailStore, Source
from tuimail.demo.session import LINE_MAX, Session

T = TypeVar("T")

HEARD_MAX = 10_000
ANSWER_S = 5.0


class DemoServer:
    """IMAP4rev1 for one user on the loopback interface, in a thread of its own."""

    def __init__(
        self,
        store: MailStore,
        *,
        capabilities: Iterable[str] | None = None,
        user: str = "ana",
        password: str = "demo",
    ) -> None:
        self.store = store
        """Once started, to be touched through `call` only."""
        names = known.FULL if capabilities is None else capabilities
        self.announced = frozenset(names)
        self.heard: deque[bytes] = deque(maxlen=HEARD_MAX)
        """Commands as they came, without tags, the last ones."""
        self.faults: list[BaseException] = []
        """Errors of the server itself; a session that fails is closed."""
        self.port = 0
        self._login = (user.encode(), password.encode())
        self._sessions: set[Session] = set()
        self._loop = asyncio.new_event_loop()
        self._listener: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(
            target=self._run, name="demo-server", daemon=True
        )

    def start(self) -> int:
        """Listen on a free port of 127.0.0.1 and give it; connections may come now."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread.start()
        return self.port

    def stop(self) -> None:
        """End all connections and the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(ANSWER_S)

    def deliver(
        self, mailbox: str, raw: Source, flags: Iterable[str], date: datetime
    ) -> int:
        """Put a message into a mailbox by its readable name; gives the UID.

        From any thread but the server's own. KeyError when there is no such mailbox.
        """
        box = self.store.boxes[utf7.encode(mailbox)]
        return self.call(lambda: box.add(raw, flags, date).uid)

    def call(self, change: Callable[[], T]) -> T:
        """Run something in the server's thread, and tell waiting clients the news."""
        done: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                done.set_result(change())
            except (KeyError, ValueError) as error:
                done.set_exception(error)
            self.changed()

        self._loop.call_soon_threadsafe(run)
        return done.result(ANSWER_S)

    def cut(self) -> None:
        """Break every connection, as a failing network does."""

        def drop() -> None:
            for session in self._sessions:
                session.drop()

        self.call(drop)

    # -- what sessions ask (in the server's thread) ---------------------------

    def admits(self, user: bytes, password: bytes) -> bool:
        """Whether a login is right."""
        right = hmac.compare_digest(user, self._login[0])
        return hmac.compare_digest(password, self._login[1]) and right

    def changed(self, by: Session | None = None) -> None:
        """Let every session but one tell its client the news, if it waits for them."""
        for session in self._sessions:
            if session is not by:
                session.push()

    # -- the thread -----------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(self._note)
        try:
            self._loop.run_until_complete(self._listen())
            self._loop.run_forever()
        finally:
            self._close()

    async def _listen(self) -> None:
        # asyncio sets TCP_NODELAY on every connection by itself.
        self._server = await asyncio.start_server(
            self._accept, sock=self._listener, limit=LINE_MAX
        )

    def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        session = Session(self, reader, writer)
        self._sessions.add(session)
        task = self._loop.create_task(session.run())
        task.add_done_callback(lambda done: self._ended(session, done))

    def _ended(self, session: Session, task: asyncio.Task[None]) -> None:
        self._sessions.discard(session)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.faults.append(error)

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.faults.append(error)

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        together = asyncio.gather(*tasks, return_exceptions=True)
        self._loop.run_until_complete(together) if tasks else together.cancel()
        self._loop.close()
