"""POP3 on the wire: status lines, multi-line answers, and who still owes us one.

Answers carry no tags, so order is all there is: every command sent is remembered until
its answer was read to the end. What cannot be read leaves the stream out of step, and
the connection is broken at once.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tuimail.errors import (
    AccountError,
    Busy,
    Refused,
    ServerFault,
    Unreachable,
)
from tuimail.mail.sanitize import safe_bytes
from tuimail.net.transport import Transport

END = b"\r\n.\r\n"
BARE_ENDS = (b"\n.\n", b"\n.\r\n")
ODD_END = b"\n.\r\n"
"""How an answer ends where a server adds its dot to a text that ends in a bare LF."""
ODD_END_S = 2.0
"""Silence after which that counts as the end."""
SETTLE_MAX = 1024 * 1024
"""Octets of unwanted answers that are read; beyond, a new connection is cheaper."""
FLIGHT_FIRST = 50
FLIGHT_MAX = 200
"""Commands on their way at once, at first and later: some 2 kB, so that neither side
blocks in writing."""
FLIGHT_OCTETS = 1024 * 1024
"""Octets of answers asked for at once."""
WORDS_MAX = 200
WAIT_S = {"IN-USE": 120.0, "LOGIN-DELAY": 300.0, "SYS/TEMP": 120.0}
"""Codes of RFC 2449 §8.1 and RFC 3206 that pass, and for how long at least."""
_STATUS = re.compile(rb"(\+OK|-ERR)(?![A-Za-z0-9])[ ]?(.*)", re.I | re.S)
_CODE = re.compile(rb"\[([A-Za-z0-9/_-]{1,40})(?: [^\]]{0,200})?\][ ]?")
Sink = Callable[[bytes], object]
"""Takes octets, all of them: `write` of a buffered file, `append` of a list."""


class Reply(NamedTuple):
    """One status line."""

    ok: bool
    code: str = ""
    """Extended response code in upper case, e.g. `IN-USE` (RFC 2449 §8)."""
    words: bytes = b""
    more: bool = False
    """A continuation: the server waits for the next word of a SASL exchange."""

    @property
    def said(self) -> str:
        """The server's words, safe to show; empty or ` It said: "…".`."""
        words = safe_bytes(self.words.strip(), WORDS_MAX)
        return f' It said: "{words}".' if words else ""


def fault(
    reply: Reply,
    what: str,
    otherwise: type[AccountError] = ServerFault,
    wait_s: float | None = None,
) -> AccountError:
    """What an -ERR means; `what` is a sentence, `otherwise` is for those without code.

    Codes: RFC 2449 §8.1, RFC 3206.
    """
    words = f"{what}{reply.said}"
    text = reply.words[:1000].decode("utf-8", "replace").strip()
    if reply.code in WAIT_S:
        wait = wait_s or WAIT_S[reply.code]
        return Busy(words, code=reply.code, text=text, wait_s=wait)
    if reply.code in ("AUTH", "SYS/PERM"):
        return Refused(words, code=reply.code, text=text)
    return otherwise(words, code=reply.code, text=text)


class Unstuffer:
    """A multi-line answer piece by piece: finds its end, takes out the doubled dots.

    Only CRLF ends a line (RFC 1939 §3): in a mail, LF, dot, LF is text that somebody
    wrote, and must not end it. A server whose status line ended with a bare LF speaks
    so throughout; `bare` is for that.
    """

    def __init__(self, bare: bool = False) -> None:
        self._line_end = b"\n" if bare else b"\r\n"
        self._ends = BARE_ENDS if bare else (END,)
        self._held = self._line_end
        self._skip = len(self._line_end)
        self.rest: bytes | None = None
        """What came after the end; None while it has not come."""

    def feed(self, data: bytes | bytearray) -> bytes:
        """The octets of the text that are sure after this piece."""
        text = self._held + data
        found = [(at, end) for end in self._ends if (at := text.find(end)) >= 0]
        if found:
            at, end = min(found)
            stop = at + len(self._line_end)
            self.rest, self._held = text[at + len(end) :], b""
        else:
            stop = len(text) - self._open_end(text)
            self._held = text[stop:]
        return self._plain(text[:stop])

    @property
    def looks_done(self) -> bool:
        """Whether all so far ends with LF, dot, CRLF."""
        return self._held == ODD_END

    def end_here(self) -> bytes:
        """Take what `looks_done` for the end; gives the last octets."""
        self._held, self.rest = b"", b""
        return self._plain(b"\n")

    def _open_end(self, text: bytes) -> int:
        """How many octets at the end may be the beginning of something."""
        for count in (4, 3, 2, 1):
            tail = text[-count:]
            if ODD_END.startswith(tail) or any(e.startswith(tail) for e in self._ends):
                return len(tail)
        return 0

    def _plain(self, text: bytes) -> bytes:
        text = text.replace(self._line_end + b".", self._line_end)
        if self._skip and text:
            text, self._skip = text[self._skip :], 0
        return text


class Pop3Link:
    """One connection on which commands are run; blocking, one thread."""

    def __init__(self, transport: Transport, timeout_s: float) -> None:
        self.transport = transport
        self.timeout_s = timeout_s
        self.capabilities: dict[str, tuple[str, ...]] = {}
        """By name, in upper case: the words that follow it (RFC 2449 §3)."""
        self.capa_known = False
        """Whether the server knows CAPA at all."""
        self._owed: deque[bool] = deque()
        self._open: Unstuffer | None = None

    @property
    def pipelines(self) -> bool:
        """Whether several commands may be on their way (RFC 2449 §6.6)."""
        return "PIPELINING" in self.capabilities

    def ask(self, command: bytes, *, multi: bool = False, slow: float = 1.0) -> Reply:
        """Run one command; of a `multi` one `body` reads the rest.

        `slow` times the usual patience, for what makes a server read all it has.
        """
        self.settle()
        self.send(command, multi=(multi,))
        return self.reply(slow)

    def send(self, *commands: bytes, multi: tuple[bool, ...] = (False,)) -> None:
        """Send commands in one write; each needs a `reply`.

        `multi` tells for each whether its answer has many lines, or once for all.
        """
        if any(octet in command for command in commands for octet in b"\r\n\0"):
            raise ValueError("a command cannot hold CR, LF or NUL")
        self.transport.allow(self.timeout_s)
        self.transport.send(b"\r\n".join((*commands, b"")), len(commands))
        self._owed.extend(multi if len(multi) > 1 else multi * len(commands))

    def reply(self, slow: float = 1.0, *, sasl: bool = False) -> Reply:
        """The status line of the oldest command that has none yet."""
        self._close()
        multi = self._owed.popleft() if self._owed else False
        reply = self._status(slow, sasl)
        if reply.more:
            self._owed.appendleft(multi)
        elif multi and reply.ok:
            self._open = Unstuffer(self.transport.ended_bare)
        return reply

    def body(self, sink: Sink, limit: int) -> int:
        """Hand the rest of a multi-line answer to `sink`; gives its octets.

        ServerFault beyond `limit`: the connection is broken then. What `sink` raises
        goes through; the rest of the answer is read before the next command.
        """
        if self._open is None:
            raise ValueError("no answer is open")
        self.transport.allow(self.timeout_s)
        total = 0
        while self._open is not None:
            octets = self._next(self._open)
            total += len(octets)
            if total > limit:
                raise self.broken(f"The server sent over {limit:,} octets at once.")
            if octets:
                self._hand(sink, octets)
        return total

    def text(self, limit: int) -> bytes:
        """The rest of a multi-line answer, at most `limit` octets."""
        pieces: list[bytes] = []
        self.body(pieces.append, limit)
        return b"".join(pieces)

    def settle(self) -> None:
        """Read to its end what somebody asked for and then did not want any more."""
        self._close()
        while self._owed:
            self.reply()
            self._close()

    def broken(self, words: str) -> ServerFault:
        """The stream is out of step: nothing that follows could be believed."""
        self.transport.abort()
        return ServerFault(words)

    def _close(self) -> None:
        if self._open is not None:
            try:
                self.body(lambda octets: None, SETTLE_MAX)
            except ServerFault as error:
                raise Unreachable(
                    "The connection was given up: too much was still on its way."
                ) from error

    def _hand(self, sink: Sink, octets: bytes) -> None:
        """Time that the sink takes, say a slow disk, is not the server's."""
        began = time.monotonic()
        sink(octets)
        if self.transport.deadline is not None:
            self.transport.deadline += time.monotonic() - began

    def _next(self, unstuffer: Unstuffer) -> bytes:
        """The next octets of the open answer, perhaps none; closes it at its end."""
        try:
            if self._ends_without_a_line(unstuffer):
                octets = unstuffer.end_here()
            else:
                octets = unstuffer.feed(self.transport.piece())
        except AccountError:
            self.transport.abort()
            raise
        if unstuffer.rest is not None:
            self.transport.unread(unstuffer.rest)
            self._open = None
        return octets

    def _ends_without_a_line(self, unstuffer: Unstuffer) -> bool:
        """Whether the server fell silent after what could be the end.

        Never while more answers are due: those would follow at once, and text of a
        mail could pass for one of them.
        """
        if not unstuffer.looks_done or self._owed or self.transport.buffered:
            return False
        deadline = self.transport.deadline
        silent = not self.transport.stirred(min(ODD_END_S, self.timeout_s / 2))
        self.transport.allow(self.timeout_s)
        # No new time for it: who drips such ends must not be waited for without end.
        self.transport.deadline = deadline
        if not silent and deadline is not None and time.monotonic() > deadline:
            raise Unreachable("The server did not answer in time.")
        return silent

    def _status(self, slow: float, sasl: bool) -> Reply:
        self.transport.allow(self.timeout_s * slow)
        try:
            line = self.transport.line()
        except AccountError:
            self.transport.abort()
            raise
        found = _STATUS.match(line)
        if found is None:
            if sasl and line[:1] == b"+":
                return Reply(True, words=line[1:].strip(), more=True)
            raise self.broken("The server's answer is not POP3.")
        words = found[2]
        code = _CODE.match(words)
        name = code[1].decode("ascii").upper() if code else ""
        return Reply(found[1][:1] == b"+", name, words[code.end() if code else 0 :])


class Flight:
    """Commands of one kind, many on their way at once where the server allows it."""

    def __init__(self, link: Pop3Link, *, multi: bool = False) -> None:
        self._link = link
        self._multi = multi
        self.room = FLIGHT_FIRST if link.pipelines else 1
        """Commands on their way at most."""
        self._waiting: deque[tuple[int, int]] = deque()
        self._octets = 0

    def answers(
        self, asks: Iterable[tuple[int, bytes, int]]
    ) -> Iterator[tuple[int, Reply]]:
        """For (number, command, octets expected): number and status, in order.

        More is sent as soon as half is answered, so the line never runs dry.
        """
        self._link.settle()
        source = iter(asks)
        held = next(source, None)
        answered = 0
        while held is not None or self._waiting:
            batch: list[bytes] = []
            roomy = len(self._waiting) <= self.room // 2
            while held is not None and roomy and self._takes(held[2]):
                batch.append(held[1])
                self._waiting.append((held[0], held[2]))
                self._octets += held[2]
                held = next(source, None)
            if batch:
                self._link.send(*batch, multi=(self._multi,))
            number, octets = self._waiting.popleft()
            yield number, self._link.reply()
            self._octets -= octets
            answered += 1
            if answered == self.room > 1:
                self.room = min(2 * self.room, FLIGHT_MAX)

    def _takes(self, octets: int) -> bool:
        if not self._waiting:
            return True
        fits = self._octets + octets <= FLIGHT_OCTETS
        return fits and len(self._waiting) < self.room
