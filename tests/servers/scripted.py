"""A server that says what a test tells it to: for bad answers and bad timing."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

CAPABILITIES = b"IMAP4rev1 LITERAL+ ID ENABLE CONDSTORE QRESYNC ESEARCH IDLE NAMESPACE"
SELECTED = (
    b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 4] next\r\n"
    b"* OK [HIGHESTMODSEQ 10] highest\r\n{tag} OK [READ-WRITE] done\r\n"
)
Answer = bytes | Callable[["Peer", bytes, bytes], None]


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send octets as they are."""
        self.sock.sendall(data)

    def line(self) -> bytes:
        """The client's next line."""
        return self.file.readline()

    def close(self) -> None:
        """End the connection at once."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class Scripted:
    """Answers commands by a table; `{tag}` in an answer is the command's tag."""

    def __init__(
        self,
        answers: dict[str, Answer] | None = None,
        *,
        greeting: bytes = b"* OK [CAPABILITY " + CAPABILITIES + b"] hello\r\n",
        certificate: Path | None = None,
    ) -> None:
        self.answers: dict[str, Answer] = {
            "CAPABILITY": b"* CAPABILITY " + CAPABILITIES + b"\r\n{tag} OK done\r\n",
            "LOGIN": b"{tag} OK [CAPABILITY " + CAPABILITIES + b"] in\r\n",
            "ID": b"{tag} OK done\r\n",
            "ENABLE": b"* ENABLED QRESYNC\r\n{tag} OK done\r\n",
            "SELECT": SELECTED,
            "NOOP": b"{tag} OK done\r\n",
            "IDLE": b"+ idling\r\n",
            "LOGOUT": b"* BYE bye\r\n{tag} OK done\r\n",
            **(answers or {}),
        }
        self.greeting = greeting
        self.context: ssl.SSLContext | None = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(
                certificate / "cert.pem", certificate / "key.pem"
            )
        self.tls_at_once = certificate is not None
        self.lines: list[bytes] = []
        """Every line a client sent."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._peers: list[Peer] = []

    def __enter__(self) -> Scripted:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()
        for peer in self._peers:
            peer.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            if self.context is not None and self.tls_at_once:
                sock = self.context.wrap_socket(sock, server_side=True)
            peer = Peer(sock)
            self._peers.append(peer)
            peer.send(self.greeting)
            while line := peer.line():
                self.lines.append(line)
                self._answer(peer, line)

    def _answer(self, peer: Peer, line: bytes) -> None:
        if line.strip() == b"DONE":
            idle = [each for each in self.lines if b" IDLE" in each][-1]
            peer.send(idle.split()[0] + b" OK idle is over\r\n")
            return
        found = re.match(rb"(\S+) (?:UID )?(\w+)", line)
        if found is None:
            return
        answer = self.answers.get(found[2].decode().upper(), b"{tag} BAD unknown\r\n")
        if callable(answer):
            answer(peer, found[1], line)
        else:
            peer.send(answer.replace(b"{tag}", found[1]))
