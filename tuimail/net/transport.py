"""A socket with a deadline per answer, a budget of octets, and a way to be woken.

`imaplib` times each `recv`: a server that drips one byte a second is never stopped.
Here an answer as a whole has a deadline, and another thread can wake or end a wait.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import socket
import ssl
import time
from collections.abc import Callable

from tuimail.errors import ServerFault, Unreachable
from tuimail.net.session import Counters

CHUNK = 65_536
SLICE_S = 0.25
"""Seconds between two looks whether an attempt to connect is still wanted."""
LINE_MAX = 1024 * 1024
LONG_LINE_MAX = 32 * 1024 * 1024
"""For lines of UIDs: those of a million messages come in one (RFC 9051)."""
LITERAL_MAX = 64 * 1024 * 1024
KEEPALIVE = (
    (socket.TCP_KEEPIDLE, 15),
    (socket.TCP_KEEPINTVL, 5),
    (socket.TCP_KEEPCNT, 3),
)
USER_TIMEOUT_MS = 30_000
RATE_MIN = 1000
"""Octets a second below which a connection counts as dead: they buy time.

They buy at most the time that was allowed at first, counted from now: who has sent a
lot and then falls silent is not waited for any longer.
"""


class Woken(Exception):
    """Another thread wants the waiting thread to look up; nothing is wrong."""


class Transport:
    """Octets to and from one server; used by one thread, but for `wake` and `abort`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray()
        self._start = 0
        self._scanned = 0
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._closed = False
        self.ended_bare = False
        """Whether the last line ended with a bare LF."""
        self._asked = False
        self._bytes_in = self._bytes_out = self._commands = self._flights = 0
        self._patience: float | None = None
        self._moved_at = time.monotonic()
        self.deadline: float | None = None
        """Monotonic time at which the answer in hand must be complete."""
        _tune(sock)

    @property
    def counters(self) -> Counters:
        """What this connection has cost so far."""
        return Counters(self._bytes_in, self._bytes_out, self._commands, self._flights)

    @property
    def received(self) -> int:
        """Octets received so far."""
        return self._bytes_in

    @property
    def silent_s(self) -> float:
        """Seconds since octets last went either way."""
        return time.monotonic() - self._moved_at

    @property
    def buffered(self) -> bool:
        """Whether octets were received that nobody has read yet."""
        return len(self._buffer) > self._start

    def allow(self, seconds: float | None) -> None:
        """Give what comes next so much time; None for no limit."""
        self._patience = seconds
        self.deadline = None if seconds is None else time.monotonic() + seconds

    def send(self, data: bytes, commands: int = 1) -> None:
        """Write all of `data`; Unreachable when the connection is gone."""
        if self._closed:
            raise Unreachable("The connection was closed.")
        self._commands += commands
        self._asked = True
        self._bytes_out += len(data)
        self._moved_at = time.monotonic()
        try:
            self._sock.settimeout(self._left())
            self._sock.sendall(data)
        except OSError as error:
            raise Unreachable(lost_words(error)) from error

    def line(
        self, *, wakeable: bool = False, long: re.Pattern[bytes] | None = None
    ) -> bytes:
        """The next line without its end (CRLF, or a bare LF as some servers send).

        Only what begins like `long` may be longer than a mebibyte.
        """
        while True:
            start = self._start
            end = self._buffer.find(b"\n", start + self._scanned)
            if end >= 0:
                self._start, self._scanned = end + 1, 0
                line = bytes(self._buffer[start:end])
                self.ended_bare = line[-1:] != b"\r"
                return line if self.ended_bare else line[:-1]
            self._scanned = len(self._buffer) - self._start
            if self._scanned > LINE_MAX:
                self._check_length(long)
            self._receive(wakeable)

    def exactly(self, count: int) -> bytes:
        """The next `count` octets (a literal)."""
        if count > LITERAL_MAX:
            raise ServerFault(
                f"The server wants to send {count >> 20} MiB at once;"
                f" at most {LITERAL_MAX >> 20} MiB are taken."
            )
        while len(self._buffer) - self._start < count:
            self._receive(False)
        start = self._start
        data = bytes(self._buffer[start : start + count])
        self._start, self._scanned = start + count, 0
        if count > CHUNK:
            self._tidy()
        return data

    def upto(self, end: bytes) -> bytes | None:
        """What was received before `end`, which goes too; None when it is not here."""
        at = self._buffer.find(end, self._start)
        if at < 0:
            return None
        data = bytes(self._buffer[self._start : at])
        self._start, self._scanned = at + len(end), 0
        return data

    def piece(self) -> bytearray:
        """Octets as they came, at least one: for what need not be split into lines."""
        while not self.buffered:
            self._receive(False)
        data, self._buffer = self._buffer, bytearray()
        start, self._start, self._scanned = self._start, 0, 0
        return data[start:] if start else data

    def unread(self, data: bytes) -> None:
        """Put back octets of the last `piece` that belong to what comes next."""
        self._buffer[self._start : self._start] = data
        self._scanned = 0

    def stirred(self, seconds: float) -> bool:
        """Wait for octets at most so long; False on time-out or when woken."""
        if self.buffered:
            return True
        self.allow(seconds)
        try:
            self._receive(True)
        except Woken:
            return False
        except Unreachable:
            if self._closed or self._left_or_zero() > 0:
                raise
            return False
        return True

    def _left_or_zero(self) -> float:
        return max(0.0, (self.deadline or 0.0) - time.monotonic())

    def secure(
        self,
        wrap: Callable[[socket.socket], ssl.SSLSocket],
        shake_hands: Callable[[ssl.SSLSocket], None],
    ) -> None:
        """Go on under TLS. Octets that came before it are never used after it."""
        if self.buffered:
            raise Unreachable(
                "The server sent unprotected data behind its STARTTLS answer; somebody"
                ' may be tampering with the connection. Use security = "tls".'
            )
        self._sock.settimeout(self._left())
        # Two steps, so that `abort` finds the right socket during the handshake.
        self._sock = secured = wrap(self._sock)
        if self._closed:
            raise Unreachable("The connection was closed.")
        shake_hands(secured)

    def wake(self) -> None:
        """From another thread: let a wakeable `line` raise Woken."""
        with contextlib.suppress(OSError):
            self._button.send(b"!")

    def abort(self) -> None:
        """From another thread: break the connection; whoever waits gets an error."""
        self._closed = True
        # shutdown wakes a blocked recv at once; close alone would not. That of the
        # TLS socket drops its keys first: a sender in the other thread would then go
        # on in clear text.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
        self.wake()

    def close(self) -> None:
        """Give everything back; by the owner's thread."""
        self.abort()
        for each in (self._sock, self._bell, self._button):
            with contextlib.suppress(OSError):
                each.close()

    def _left(self) -> float | None:
        if self.deadline is None:
            return None
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Unreachable("The server did not answer in time.")
        return left

    def _check_length(self, long: re.Pattern[bytes] | None) -> None:
        may = long is not None and long.match(self._buffer, self._start) is not None
        most = LONG_LINE_MAX if may else LINE_MAX
        if self._scanned > most:
            raise ServerFault(f"The server sent a line of over {most >> 20} MiB.")

    def _tidy(self) -> None:
        """Drop from the buffer what was read, when that is all or much."""
        if self._start == len(self._buffer):
            self._buffer.clear()
            self._start = 0
        elif self._start > 1 << 20:
            del self._buffer[: self._start]
            self._start = 0

    def _receive(self, wakeable: bool) -> None:
        self._wait(wakeable)
        self._tidy()
        try:
            self._sock.settimeout(self._left())
            data = self._sock.recv(CHUNK)
        except ssl.SSLWantReadError:
            return
        except OSError as error:
            raise Unreachable(lost_words(error)) from error
        if self._closed:
            raise Unreachable("The connection was closed.")
        if not data:
            raise Unreachable("The server closed the connection.")
        if self._asked:
            self._asked = False
            self._flights += 1
        self._bytes_in += len(data)
        self._moved_at = time.monotonic()
        self._buffer += data
        if self.deadline is not None and self._patience is not None:
            bought = self.deadline + len(data) / RATE_MIN
            self.deadline = min(bought, time.monotonic() + self._patience)

    def _wait(self, wakeable: bool) -> None:
        """Wait until there is something to read, the bell rings, or time is up."""
        if self._closed:
            raise Unreachable("The connection was closed.")
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return
        try:
            ready = self._ready()
        except (OSError, ValueError) as error:
            raise Unreachable("The connection was closed.") from error
        if self._closed:
            raise Unreachable("The connection was closed.")
        if not ready:
            raise Unreachable("The server did not answer in time.")
        if self._bell in ready:
            self._silence()
            if wakeable and self._sock not in ready:
                raise Woken
            if self._sock not in ready:
                self._wait(wakeable)

    def _ready(self) -> list[socket.socket]:
        """Which of socket and bell have something; none when time is up."""
        # Not select(): it cannot take the 1,025th file of a process.
        poll = select.poll()
        by_number = {each.fileno(): each for each in (self._sock, self._bell)}
        for number in by_number:
            poll.register(number, select.POLLIN)
        left = self._left()
        found = poll.poll(None if left is None else max(0.0, left) * 1000)
        return [by_number[number] for number, _ in found]

    def _silence(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._bell.recv(64):
                pass


def connect(
    host: str,
    port: int,
    timeout_s: float,
    given_up: Callable[[], bool] = lambda: False,
) -> socket.socket:
    """A TCP connection to the first address of `host` that answers.

    `given_up` is asked a few times a second; Unreachable when it says so.
    """
    try:
        return _first_of(host, port, timeout_s, given_up)
    except socket.gaierror as error:
        raise Unreachable(
            f"No address is known for {host}; check the name, or the network.",
            code="DNS",
        ) from error
    except TimeoutError as error:
        raise Unreachable(
            f"{host} port {port} did not answer within {timeout_s:.0f} s."
        ) from error
    except ConnectionRefusedError as error:
        raise Unreachable(
            f"{host} refused the connection on port {port};"
            " check the port, or whether the server runs."
        ) from error
    except (OSError, UnicodeError, OverflowError) as error:
        raise Unreachable(f"{host} port {port}: {reason(error)}.") from error


def _first_of(
    host: str, port: int, timeout_s: float, given_up: Callable[[], bool]
) -> socket.socket:
    """Not `socket.create_connection`: nothing can end its wait."""
    problem = OSError("there is no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, 0, socket.SOCK_STREAM
    ):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            problem = error
            continue
        try:
            _reach(sock, address, timeout_s, given_up)
        except (OSError, Unreachable) as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            problem = error
        else:
            return sock
    raise problem


def _reach(
    sock: socket.socket,
    address: tuple[object, ...],
    timeout_s: float,
    given_up: Callable[[], bool],
) -> None:
    sock.setblocking(False)
    code = sock.connect_ex(address)
    end = time.monotonic() + timeout_s
    if code == errno.EINPROGRESS:
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        while not poll.poll(SLICE_S * 1000):
            if given_up():
                raise Unreachable("The connection was closed.")
            if time.monotonic() > end:
                raise TimeoutError
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    sock.setblocking(True)


def reason(error: BaseException) -> str:
    """The system's words for an error, in lower case."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words)[:1].lower() + str(words)[1:]


def lost_words(error: OSError) -> str:
    """One sentence for a connection that broke."""
    if isinstance(error, TimeoutError):
        return "The server did not answer in time."
    return f"The connection was lost: {reason(error)}."


def _tune(sock: socket.socket) -> None:
    """Small writes at once; a dead peer is noticed within about half a minute."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        timeout = getattr(socket, "TCP_USER_TIMEOUT", None)
        if timeout is not None:
            sock.setsockopt(socket.IPPROTO_TCP, timeout, USER_TIMEOUT_MS)
