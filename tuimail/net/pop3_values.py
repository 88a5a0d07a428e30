"""What a POP3 session gives, and how answers about the maildrop are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from tuimail.errors import AccountError

MESSAGES_MAX = 1_000_000
"""Messages of a maildrop that are believed."""
DIGITS_MAX = 9
UIDL_USUAL = 70
UIDL_MAX = 512
_SIZE = re.compile(rb"(\d{1,18})(?![^ \t])")
_UIDL = re.compile(rb"[!-~]+")
_BLANK = re.compile(rb"\A\r?\n|\n\r?\n")


class Stat(NamedTuple):
    """How much is in the maildrop (STAT, RFC 1939 §5)."""

    messages: int
    octets: int


class Flaw(Enum):
    """What is wrong with the unique id of one message."""

    NONE = ""
    MISSING = "missing"
    """The server lists the message and has no id for it."""
    MALFORMED = "malformed"
    """No characters, or others than `!` to `~`; the id is not kept."""
    TOO_LONG = "too long"
    """Over 70 characters; kept up to 512."""
    DUPLICATE = "duplicate"
    """Another message has the same: neither may be removed by it."""


class UidlState(Enum):
    """Whether the server gave unique ids at all."""

    GIVEN = "given"
    REFUSED = "refused"
    """It has them, and not today: nothing may be concluded."""
    UNSUPPORTED = "unsupported"


class Entry(NamedTuple):
    """One message; `number` means it in this session only."""

    number: int
    size: int | None
    """Octets as the server counts them; None when it gave no number."""
    uidl: str
    """Unique id (RFC 1939 §7, UIDL), ASCII; empty when there is none to use."""
    flaw: Flaw


class Listing(NamedTuple):
    """What is in the maildrop."""

    stat: Stat
    entries: list[Entry]
    uidl: UidlState
    strays: int
    """Lines that could not be read, or are about messages that are not listed."""

    @property
    def sound(self) -> bool:
        """Whether the server's answers agree: only then a missing one is gone."""
        return self.strays == 0 and len(self.entries) == self.stat.messages


class Top(NamedTuple):
    """The header of one message (TOP, RFC 1939 §7)."""

    number: int
    header: bytes
    """Up to and with the empty line."""
    body: int = 0
    """Octets behind it that the server sent unasked, and that were dropped."""
    cut: bool = False
    """The header was longer than is taken."""
    error: AccountError | None = None
    """Why there is none."""


class Retrieved(NamedTuple):
    """How one message of several came."""

    number: int
    octets: int
    error: AccountError | None = None


def read_stat(words: bytes) -> Stat | None:
    """Count and octets from the words of STAT; None when they are none."""
    found = re.match(rb"(\d{1,9})[ \t]+(\d{1,18})(?![^ \t])", words)
    return Stat(int(found[1]), int(found[2])) if found else None


def read_listing(
    stat: Stat, sizes: bytes, uidls: bytes | None, refused: UidlState
) -> Listing:
    """Put the answers of LIST and UIDL together; `uidls` is None when refused."""
    strays = 0
    by_number: dict[int, int | None] = {}
    for number, rest in _numbered(sizes):
        if not number or number in by_number:
            strays += 1
        else:
            found = _SIZE.match(rest)
            by_number[number] = int(found[1]) if found else None
    ids, more = _unique_ids(uidls or b"", by_number)
    missing = "", Flaw.MISSING
    entries = [
        Entry(number, size, *ids.get(number, missing))
        for number, size in by_number.items()
    ]
    state = refused if uidls is None else UidlState.GIVEN
    return Listing(stat, entries, state, strays + more)


def _unique_ids(
    text: bytes, known: dict[int, int | None]
) -> tuple[dict[int, tuple[str, Flaw]], int]:
    """Ids by number, and how many lines were of no use."""
    strays = 0
    ids: dict[int, tuple[str, Flaw]] = {}
    for number, rest in _numbered(text):
        if number not in known:
            strays += 1
        elif number in ids:
            strays += 1
            ids[number] = "", Flaw.MALFORMED
        else:
            ids[number] = _unique_id(rest)
    often = Counter(uidl for uidl, _ in ids.values() if uidl)
    for number, (uidl, _) in ids.items():
        if often[uidl] > 1:
            ids[number] = uidl, Flaw.DUPLICATE
    return ids, strays


def _unique_id(raw: bytes) -> tuple[str, Flaw]:
    if not _UIDL.fullmatch(raw):
        return "", Flaw.MALFORMED
    if len(raw) > UIDL_USUAL:
        kept = raw.decode("ascii") if len(raw) <= UIDL_MAX else ""
        return kept, Flaw.TOO_LONG
    return raw.decode("ascii"), Flaw.NONE


def _numbered(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and rest of each line; number 0 for those that have none."""
    for line in text.split(b"\n"):
        number, _, rest = line.strip(b" \t\r").partition(b" ")
        if number.isdigit() and len(number) <= DIGITS_MAX:
            yield int(number), rest.lstrip()
        elif number:
            yield 0, b""


class HeaderBlock:
    """A sink that keeps the header of what goes into it, and counts the rest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = bytearray()
        self._done = False
        self.rest = 0
        """Octets behind the empty line."""
        self.cut = False

    @property
    def octets(self) -> bytes:
        """The header with its empty line."""
        return bytes(self._kept)

    def __call__(self, octets: bytes) -> None:
        """Take a piece."""
        if self._done:
            self.rest += len(octets)
            return
        seen = max(0, len(self._kept) - 2)
        self._kept += octets
        found = _BLANK.search(self._kept, seen)
        end = found.end() if found else len(self._kept)
        self._done = found is not None
        if end > self._most:
            end, self.cut, self._done = self._most, True, True
        if found is not None:
            self.rest += len(self._kept) - found.end()
        if self._done:
            del self._kept[end:]
