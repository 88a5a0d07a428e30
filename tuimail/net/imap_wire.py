"""Split the stream into responses: the one place that sees every one, in order.

A response is its text with the literals apart (RFC 9051 §4.3). Tolerant where the
world is: bare LF, lower case, `OK` without a text, blank lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tuimail.errors import AccountError, Gone, ServerFault, Unreachable
from tuimail.net.transport import LITERAL_MAX, Transport

_LITERAL = re.compile(rb"~?\{(\d{1,20})\+?\}$")
_LONG = re.compile(rb"\* (?:E?SEARCH|SORT|THREAD|VANISHED)\b", re.I)
_STATUS = re.compile(rb"(OK|NO|BAD|BYE|PREAUTH)\b[ ]?(.*)", re.I | re.S)
_CODE = re.compile(rb"\[([A-Za-z0-9-]+)(?: ([^\]]*))?\][ ]?")
LITERALS_MAX = 10_000
"""Literals in one response; a header window has one for each row at most."""
RESPONSE_MAX = 2 * LITERAL_MAX
"""Octets of one response with all its literals."""


class Response(NamedTuple):
    """One logical response, without its CRLF."""

    tag: bytes
    """`*`, `+`, or the tag of a command."""
    text: bytes
    """What follows the tag; literals inline as `{n}` CRLF and their octets."""
    status: bytes = b""
    """OK, NO, BAD, BYE or PREAUTH in upper case, when it is one."""
    code: bytes = b""
    """Response code in upper case, without brackets."""
    argument: bytes = b""
    """What follows the code inside the brackets."""
    words: bytes = b""
    """The human-readable rest of a status response."""


class Wire:
    """Reads responses and numbers commands on one transport."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._count = 0

    def tag(self) -> bytes:
        """A new command tag."""
        self._count += 1
        return b"T%d" % self._count

    def read(self, *, wakeable: bool = False) -> Response:
        """The next response, whole."""
        line = self.transport.line(wakeable=wakeable, long=_LONG)
        if line[:2] == b"* " and line[2:3].isdigit():
            # `* 12 FETCH (…`: what comes most is no status.
            return Response(b"*", self._with_literals(line[2:]))
        while not line.strip():
            line = self.transport.line(wakeable=wakeable, long=_LONG)
        tag, _, rest = line.partition(b" ")
        status = _STATUS.match(rest) if tag != b"+" else None
        if status is not None:
            return _status_response(tag, rest, status)
        return Response(tag, self._with_literals(rest))

    def _with_literals(self, line: bytes) -> bytes:
        found = _LITERAL.search(line[-25:]) if line[-1:] == b"}" else None
        if found is None:
            return line
        pieces = [line]
        octets = len(line)
        while found is not None:
            literal = self.transport.exactly(int(found[1]))
            line = self.transport.line()
            pieces += [b"\r\n", literal, line]
            octets += len(literal) + len(line)
            if len(pieces) > 3 * LITERALS_MAX or octets > RESPONSE_MAX:
                raise ServerFault("The server sent a response without an end.")
            found = _LITERAL.search(line[-25:]) if line[-1:] == b"}" else None
        return b"".join(pieces)


def _status_response(tag: bytes, text: bytes, status: re.Match[bytes]) -> Response:
    words = status[2]
    code = _CODE.match(words)
    if code is None:
        return Response(tag, text, status[1].upper(), words=words)
    return Response(
        tag,
        text,
        status[1].upper(),
        code[1].upper(),
        code[2] or b"",
        words[code.end() :],
    )


def check(response: Response, what: str) -> None:
    """Raise what a tagged NO or BAD means; `what` completes "The server refused …"."""
    if response.status == b"OK":
        return
    words = response.words.decode("utf-8", "replace").strip()
    code = response.code.decode("ascii", "replace")
    if response.status == b"BAD":
        # Whatever it says: the command itself was at fault, and would be again.
        code = "BAD"
    said = f' It said: "{words[:200]}".' if words else ""
    kind: Callable[..., AccountError] = ServerFault
    if code in ("NONEXISTENT", "TRYCREATE"):
        kind = Gone
    elif code in ("UNAVAILABLE", "INUSE"):
        kind = Unreachable
    raise kind(f"The server refused {what}.{said}", code=code, text=words)
