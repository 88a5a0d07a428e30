"""Many messages in one file: mbox, read as a stream and written.

Each message begins with a line `From sender date` behind an empty line. Lines of a
message that begin so are quoted with `>`: mboxo quotes `From ` only, mboxrd what is
quoted already as well. We write mboxrd, and take one `>` off when we read, which is
right for mboxo but for lines that were quoted before. mboxcl and mboxcl2 say the length
of the body in `Content-Length`; it is believed where the next message, or the end of
the file, follows it.

Flags are in `Status` and `X-Status`, keywords in `X-Keywords`. These fields belong to
the file, not to the message: reading takes them away, writing puts them there anew.

Sources: RFC 4155; https://www.loc.gov/preservation/digital/formats/fdd/fdd000383.shtml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, NamedTuple

from tuimail.mail.types import FLAG_WIRE, WIRE_FLAGS, Flag, FlagSet

PIECE = 65_536
"""Octets of a line that are read at a time."""
_LATEST = 253_402_300_799
"""The last second of the year 9999."""
_KEYWORDS_MAX = 50
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DATE = re.compile(
    rb"([A-Z][a-z][a-z]) +(\d\d?) +(\d\d?):(\d\d)(?::(\d\d))?(?: +[A-Z]{1,5})?"
    rb"(?: +([+-]\d{4}))? +(\d{4})(?: +([+-]\d{4}))?(?![\d:])"
)
_FIELD = re.compile(rb"[!-9;-~]{1,80}[ \t]*:")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_EMPTY_LINE = re.compile(rb"\A\r?\n|(?<=\n)\r?\n")
_FOLLOWS = re.compile(rb"(?:\r?\n){0,2}(?:From |\Z)")
_BARE = re.compile(rb"^From ", re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_LETTERS = re.compile(rb"[ROUNDAFT]{0,8}")
_OURS = {
    b"status": _LETTERS,
    b"x-status": _LETTERS,
    b"x-keywords": re.compile(rb"[ -~\t\r\n]*"),
    b"content-length": re.compile(rb"\d{1,15}"),
}
"""Fields of the file, and what is in them; a `Status` of another kind is left alone."""
_KEYWORD = re.compile(r'[^\x00-\x20\x7f-\U0010ffff(){%*"\\\]]{1,100}')
_OF_LETTER = {
    "R": Flag.SEEN,
    "A": Flag.ANSWERED,
    "F": Flag.FLAGGED,
    "T": Flag.DRAFT,
    "D": Flag.DELETED,
}
_MOZILLA = re.compile(rb"^X-Mozilla-Status:[ \t]*([0-9A-Fa-f]{4})\r?$", re.MULTILINE)
_OF_MOZILLA = {
    0x0001: Flag.SEEN,
    0x0002: Flag.ANSWERED,
    0x0004: Flag.FLAGGED,
    0x0008: Flag.DELETED,
    0x1000: Flag.FORWARDED,
}


class Found(NamedTuple):
    """One message of an mbox."""

    at: int
    """Where its From_ line begins, octets from where the stream was."""
    octets: bytes
    """With line ends as in the file; empty when it is larger than the limit."""
    size: int
    """Octets it takes in the file, without the From_ line."""
    arrival: int | None
    """Seconds since the epoch; None when the From_ line has no date."""
    flags: FlagSet


# -- reading -------------------------------------------------------------------


def is_mbox(first: bytes) -> bool:
    """Whether a file that begins so can be an mbox; an empty one is."""
    text = first.lstrip(b"\r\n")
    return not text or text.startswith(b"From ")


def read(stream: BinaryIO, limit: int) -> Iterator[Found]:
    """The messages of an mbox, one at a time in memory.

    Of one that takes more than `limit` octets only place and size are told. What stands
    before the first From_ line is left out. `Content-Length` is looked at only where
    the stream can be sought.
    """
    reader = _Reader(stream, limit)
    line = reader.next()
    while line and not line.startswith(b"From "):
        line = reader.next()
    while line:
        found, line = reader.message(line)
        yield found


class _Taken:
    """The octets of one message, unless there are too many."""

    def __init__(self, limit: int) -> None:
        self.octets = bytearray()
        self.size = 0
        self._limit = limit

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size <= self._limit:
            self.octets += piece
        else:
            self.octets.clear()

    def drop(self, empty: bytes) -> None:
        """Take away the empty line that ends a message."""
        self.size -= len(empty)
        del self.octets[max(0, len(self.octets) - len(empty)) :]


class _Reader:
    """Cuts a stream at its From_ lines."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._at = 0
        self._ahead = b""
        self._start = self._end = 0
        if stream.seekable():
            self._start = stream.tell()
            self._end = stream.seek(0, 2)
            stream.seek(self._start)

    def next(self) -> bytes:
        """The next line, or the next piece of a long one; `b""` at the end."""
        piece = self._ahead or self._stream.readline(PIECE)
        self._ahead = b""
        self._at += len(piece)
        return piece

    def message(self, line: bytes) -> tuple[Found, bytes]:
        """The message behind a From_ line, and the From_ line of the next one."""
        at, arrival = self._at - len(line), _arrival(line)
        while line and not line.endswith(b"\n"):
            line = self.next()
        taken = _Taken(self._limit)
        empty = self._head(taken)
        head = bytes(taken.octets)
        length = self._length(head)
        if length is None:
            after = self._body(taken, empty)
        else:
            after = self._measured(taken, length)
        octets = bytes(taken.octets)
        if length is None or not _BARE.search(octets, len(head)):
            octets = _QUOTED.sub(rb"\1", octets)
        kept, flags = _apart(octets)
        return Found(at, kept, taken.size, arrival, flags), after

    def _head(self, taken: _Taken) -> bytes:
        """Take the header with the empty line behind it; gives that line."""
        fresh = True
        while line := self.next():
            taken.add(line)
            if fresh and line in (b"\n", b"\r\n"):
                return line
            fresh = line.endswith(b"\n")
        return b""

    def _body(self, taken: _Taken, empty: bytes) -> bytes:
        """Take lines up to the next From_ line, and give that; `b""` at the end.

        `empty` is the line before, when it is empty.
        """
        fresh = True
        while line := self.next():
            if empty and line.startswith(b"From ") and self._begins(line):
                break
            taken.add(line)
            empty = line if fresh and line in (b"\n", b"\r\n") else b""
            fresh = line.endswith(b"\n")
        taken.drop(empty)
        return line

    def _measured(self, taken: _Taken, length: int) -> bytes:
        """Take so many octets; gives the From_ line behind them."""
        while length and (piece := self.next()):
            part, self._ahead = piece[:length], piece[length:]
            self._at -= len(self._ahead)
            length -= len(part)
            taken.add(part)
        line = self.next()
        while line in (b"\n", b"\r\n"):
            line = self.next()
        return line

    def _begins(self, line: bytes) -> bool:
        """Whether a line is a From_ line: it has a date, or a header follows it."""
        if _DATE.search(line[:300]):
            return True
        if not self._ahead:
            self._ahead = self._stream.readline(PIECE)
        return bool(_FIELD.match(self._ahead))

    def _length(self, head: bytes) -> int | None:
        """What Content-Length says, when it can be true."""
        told = _ours(head).get(b"content-length")
        if told is None or not self._end:
            return None
        here = self._start + self._at
        if here + int(told) > self._end:
            return None
        back = self._stream.tell()
        self._stream.seek(here + int(told))
        follows = _FOLLOWS.match(self._stream.read(9))
        self._stream.seek(back)
        return int(told) if follows else None


def _arrival(line: bytes) -> int | None:
    """The date of a From_ line; in UTC where it names no other zone (RFC 4155)."""
    found = _DATE.search(line[:300])
    if found is None:
        return None
    month, day, hour, minute, second, before, year, behind = found.groups()
    try:
        moment = datetime(
            int(year),
            _MONTHS.index(month.decode("ascii")) + 1,
            *(int(day), int(hour), int(minute), min(59, int(second or 0))),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    zone = int(before or behind or 0)
    east = timedelta(hours=abs(zone) // 100, minutes=abs(zone) % 100)
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return int(seconds) - int(east.total_seconds()) * (1 if zone > 0 else -1)


def _apart(octets: bytes) -> tuple[bytes, FlagSet]:
    """A message without the fields of the file, and the flags in them."""
    end = _head_end(octets)
    head = octets[:end]
    ours: dict[bytes, bytes] = {}
    kept = b"".join(_foreign(head, ours))
    return kept + octets[end:], _flags(ours, head)


def _ours(head: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for _ in _foreign(head, found):
        pass
    return found


def _foreign(head: bytes, ours: dict[bytes, bytes]) -> Iterator[bytes]:
    """The lines of a header but those of the file's fields, which go into `ours`."""
    name = b""
    for line in _LINE.findall(head):
        if line[:1] not in (b" ", b"\t"):
            name, value = _our_field(line)
            if name:
                ours.setdefault(name, value)
        elif name:
            ours[name] += b" " + line.strip()
        if not name:
            yield line


def _our_field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    name, value = name.lower(), value.strip()
    pattern = _OURS.get(name) if colon else None
    if pattern is None or not pattern.fullmatch(value):
        return b"", b""
    return name, value


def _head_end(octets: bytes) -> int:
    """Where the body begins; a message without an empty line is all header."""
    found = _EMPTY_LINE.search(octets)
    return found.end() if found else len(octets)


def _flags(ours: dict[bytes, bytes], head: bytes) -> FlagSet:
    bits, keywords = Flag.NONE, set()
    letters = ours.get(b"status", b"") + ours.get(b"x-status", b"")
    for letter in letters.decode("ascii", "replace"):
        bits |= _OF_LETTER.get(letter, Flag.NONE)
    mozilla = _MOZILLA.search(head)
    if mozilla and b"status" not in ours:
        number = int(mozilla[1], 16)
        bits |= Flag(sum(bit for mask, bit in _OF_MOZILLA.items() if number & mask))
    words = ours.get(b"x-keywords", b"").decode("ascii", "replace").split()
    for word in words[:_KEYWORDS_MAX]:
        if word.lower() in WIRE_FLAGS:
            bits |= WIRE_FLAGS[word.lower()]
        elif _KEYWORD.fullmatch(word):
            keywords.add(word)
    return FlagSet(bits, frozenset(keywords))


# -- writing -------------------------------------------------------------------


def entry(octets: bytes, flags: FlagSet, arrival: int) -> bytes:
    """A message as it stands in an mbox (mboxrd), with the empty line behind it.

    Line ends become LF, and the last line gets one. Keywords that are no atoms
    (RFC 9051 §9) are left out, and so are those beyond 50.
    """
    text = octets.replace(b"\r\n", b"\n")
    if text and not text.endswith(b"\n"):
        text += b"\n"
    message, _ = _apart(text)
    found = _EMPTY_LINE.search(message)
    at = found.start() if found else len(message)
    parts = (message[:at], *_status(flags), message[at:])
    return from_line(arrival) + _TO_QUOTE.sub(rb">\1", b"".join(parts)) + b"\n"


def from_line(arrival: int) -> bytes:
    """The line before a message; `arrival` in seconds since the epoch."""
    second = max(0, min(arrival, _LATEST))
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    words = (
        f"From MAILER-DAEMON {_DAYS[moment.weekday()]} {_MONTHS[moment.month - 1]}"
        f" {moment.day:2} {moment:%H:%M:%S} {moment.year:04}\n"
    )
    return words.encode("ascii")


def _status(flags: FlagSet) -> Iterator[bytes]:
    yield b"Status: RO\n" if flags.bits & Flag.SEEN else b"Status: O\n"
    letters = "".join(c for c in "AFTD" if flags.bits & _OF_LETTER[c])
    if letters:
        yield f"X-Status: {letters}\n".encode("ascii")
    known = [
        word
        for bit, word in FLAG_WIRE.items()
        if flags.bits & bit and bit not in _OF_LETTER.values()
    ]
    words = [*known, *sorted(w for w in flags.keywords if _KEYWORD.fullmatch(w))]
    if words:
        yield f"X-Keywords: {' '.join(words[:_KEYWORDS_MAX])}\n".encode("ascii")
