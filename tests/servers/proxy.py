"""A TCP proxy between client and server: counts, delays, cuts."""

from __future__ import annotations

import contextlib
import heapq
import selectors
import socket
import threading
import time
from itertools import count


class Proxy:
    """Passes octets on after a delay; counts them; breaks when told to."""

    def __init__(self, port: int, *, rtt_ms: float = 0.0) -> None:
        self._target = port
        self._delay = rtt_ms / 2000
        self.from_server = 0
        self.from_client = 0
        self.cut_after: int | None = None
        """Cut everything once so many octets came from the server."""
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.refusing = False
        self.silent = False
        """Take everything and pass nothing on, as a dead path does."""
        self.round_trips = 0
        """How often the client spoke after the server had."""
        self._server_spoke = True

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        # A client that comes back at once must not be cut again.
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for sock in pair:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((client, server))
            threading.Thread(
                target=self._pump, args=(client, server), daemon=True
            ).start()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        waiting: list[tuple[float, int, socket.socket, bytes]] = []
        numbers = count()
        chooser = selectors.DefaultSelector()
        chooser.register(client, selectors.EVENT_READ, server)
        chooser.register(server, selectors.EVENT_READ, client)
        with contextlib.suppress(OSError):
            while True:
                left = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
                for key, _ in chooser.select(left):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(65536)
                    if not data:
                        self._shut(client, server)
                        return
                    data = self._counted(source is server, data)
                    if self.silent:
                        continue
                    due = time.monotonic() + self._delay
                    heapq.heappush(waiting, (due, next(numbers), key.data, data))
                while waiting and waiting[0][0] <= time.monotonic():
                    _, _, target, data = heapq.heappop(waiting)
                    target.sendall(data)
                if self.cut_after is not None and self.from_server >= self.cut_after:
                    self._shut(client, server)
                    return
        self._shut(client, server)

    def _counted(self, by_server: bool, data: bytes) -> bytes:
        if by_server:
            if self.cut_after is not None:
                data = data[: max(0, self.cut_after - self.from_server)]
            self.from_server += len(data)
        else:
            self.from_client += len(data)
            self.round_trips += self._server_spoke
        self._server_spoke = by_server
        return data

    def _shut(self, *socks: socket.socket) -> None:
        for sock in socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
