"""A proxy that knows lines and literals: counts what passes, and breaks at one of them.

An event is one line of the client or one response line of the server, with the literals
that belong to it. At a chosen event the connection is cut before it passes or right
after; or one line is answered in the server's place.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")
FULL: frozenset[bytes] = frozenset()
"""Capabilities hidden from the client: none."""
NO_MOVE = frozenset(
    b"MOVE QRESYNC CONDSTORE ESEARCH LIST-STATUS LIST-EXTENDED SPECIAL-USE".split()
)
BARE = NO_MOVE | frozenset(b"UIDPLUS NAMESPACE ENABLE ID IDLE UNSELECT".split())
"""What is left is IMAP4rev1 (RFC 3501)."""


@dataclass
class Plan:
    """What is to go wrong; events are counted from 1."""

    at: int = 0
    """The event; 0 for none."""
    after: bool = False
    """It still passes; the connection is cut then."""
    answer: Callable[[bytes], bytes | None] = lambda line: None
    """For a client's line without its tag: what to answer in the server's place."""
    rewrite: Callable[[bytes], bytes] = lambda line: line
    """What becomes of a server's line."""


@dataclass
class Seen:
    """What passed."""

    events: int = 0
    commands: list[bytes] = field(default_factory=list)
    """Lines of the client, without tag and CRLF."""
    cuts: int = 0


Pair = tuple[socket.socket, socket.socket]


class FaultProxy:
    """Between one client and one server; every connection is relayed line by line."""

    def __init__(self, port: int, hidden: frozenset[bytes] = FULL) -> None:
        self._target = port
        self._hidden = hidden
        self.plan = Plan()
        self.seen = Seen()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[Pair] = []

    def __enter__(self) -> FaultProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        # Closing alone would leave the thread in accept() for ever.
        _shut(self._listener)
        self._listener.close()
        for pair in list(self._open):
            _shut(*pair)

    def cut(self) -> None:
        """Break the connections that are open."""
        for pair in list(self._open):
            _shut(*pair)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = client, server
            self._open.append(pair)
            threading.Thread(target=self._relay, args=pair, daemon=True).start()

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        """Relay both ways until one side is gone; a run makes hundreds of them."""
        pair = client, server
        back = threading.Thread(target=self._downstream, args=pair, daemon=True)
        back.start()
        self._upstream(*pair)
        back.join()
        self._open.remove(pair)
        for sock in pair:
            sock.close()

    def _passes(self, pair: Pair) -> bool:
        """Count an event; False when the connection is cut before it."""
        with self._lock:
            self.seen.events += 1
            due = self.seen.events == self.plan.at
            self.seen.cuts += due
        if due and not self.plan.after:
            _shut(*pair)
            return False
        return True

    def _passed(self, pair: Pair) -> None:
        if self.plan.after and self.seen.events == self.plan.at:
            _shut(*pair)

    def _upstream(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), client.makefile("rb") as stream:
            while True:
                line = stream.readline()
                if not line:
                    break
                whole = line
                while (found := LITERAL.search(line)) is not None:
                    if not found[2]:
                        # The client waits for a continuation before the literal.
                        break
                    whole += stream.read(int(found[1]))
                    line = stream.readline()
                    whole += line
                if not self._up(client, server, whole, stream.read, stream.readline):
                    break
        _shut(client, server)

    def _up(
        self,
        client: socket.socket,
        server: socket.socket,
        line: bytes,
        read: Callable[[int], bytes],
        readline: Callable[[], bytes],
    ) -> bool:
        tag, _, rest = line.partition(b" ")
        self.seen.commands.append(rest.rstrip(b"\r\n"))
        if not self._passes((client, server)):
            return False
        answer = self.plan.answer(rest.rstrip(b"\r\n"))
        if answer is not None:
            client.sendall(tag + b" " + answer + b"\r\n")
            return True
        server.sendall(line)
        found = LITERAL.search(line)
        if found is not None:
            server.sendall(read(int(found[1])) + readline())
        self._passed((client, server))
        return True

    def _downstream(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), server.makefile("rb") as stream:
            while True:
                line = stream.readline()
                if not line:
                    break
                whole = line
                while (found := LITERAL.search(line)) is not None:
                    whole += stream.read(int(found[1]))
                    line = stream.readline()
                    whole += line
                if not self._passes((client, server)):
                    break
                client.sendall(self.plan.rewrite(self._masked(whole)))
                self._passed((client, server))
        _shut(client, server)

    def _masked(self, line: bytes) -> bytes:
        if b"CAPABILITY " in line[:200].upper():
            words = re.split(rb"( |\])", line)
            return b"".join(
                word if word.upper().rstrip() not in self._hidden else b"XHIDDEN"
                for word in words
            )
        if b"UIDPLUS" in self._hidden:
            return re.sub(rb"\[(?:COPYUID|APPENDUID) [^\]]*\] ?", b"", line)
        return line


def _shut(*socks: socket.socket) -> None:
    for sock in socks:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
