"""A client of few words: sends lines, gives back what the server says."""

from __future__ import annotations

import re
import socket
from types import TracebackType

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


class Wire:
    """One connection to an IMAP server on loopback."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), 10)
        self._file = self._sock.makefile("rb")
        self._tags = 0
        self.greeting = self.line()

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._sock.close()

    def send(self, octets: bytes) -> None:
        """Send as it is."""
        self._sock.sendall(octets)

    def line(self) -> bytes:
        """One response with its literals in place; `b''` at the end."""
        pieces = [self._file.readline()]
        while literal := _LITERAL.search(pieces[-1]):
            pieces += [self._file.read(int(literal[1])), self._file.readline()]
        return b"".join(pieces)

    def closed(self) -> bool:
        """Whether the server has ended or broken the connection."""
        try:
            return self.line() == b""
        except ConnectionError:
            return True

    def ask(self, command: bytes) -> list[bytes]:
        """Send a command; gives its untagged responses, then the tagged one's text."""
        self._tags += 1
        tag = b"t%d" % self._tags
        self.send(tag + b" " + command + b"\r\n")
        return self.answer(tag)

    def answer(self, tag: bytes) -> list[bytes]:
        """Responses up to the tagged one."""
        heard = []
        while line := self.line():
            if line.startswith(tag + b" "):
                return [*heard, line[len(tag) + 1 :].rstrip(b"\r\n")]
            heard.append(line.removesuffix(b"\r\n"))
        raise ConnectionError(b"\n".join(heard))

    def login(self, user: str = "ana", password: str = "demo") -> Wire:
        """Log in."""
        said = self.ask(b"LOGIN %s %s" % (user.encode(), password.encode()))
        assert said[-1].startswith(b"OK"), said
        return self

    def append(self, mailbox: str, raw: bytes, more: bytes = b"") -> bytes:
        """APPEND with a literal that does not wait; gives the tagged answer."""
        head = b"APPEND %s %s{%d+}\r\n" % (mailbox.encode(), more, len(raw))
        return self.ask(head + raw)[-1]
