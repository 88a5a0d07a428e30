"""Reading commands: a cursor over one command with its literals in place."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TypeVar

from tuimail.demo.seqset import SequenceSet

T = TypeVar("T")

MAX_DEPTH = 20
_ATOM = re.compile(rb"[^\x00-\x20\x7f(){%*\"\\\]]+")
_ASTRING = re.compile(rb"[^\x00-\x20\x7f(){%*\"\\]+")
_FETCH_WORD = re.compile(rb"[A-Za-z0-9.]+")
_STORE_VERB = re.compile(rb"[+-]?FLAGS(?:\.SILENT)?", re.IGNORECASE)
_PATTERN = re.compile(rb"[^\x00-\x20\x7f(){\"\\]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\r\n")
_NUMBER = re.compile(rb"\d{1,19}")
_SET = re.compile(rb"[\d:,*]+")
_SET_STARTS = frozenset(b"%d" % digit for digit in range(10)) | {b"*"}
_FLAG = re.compile(rb"\\?[^\x00-\x20\x7f(){%*\"\\\]]+")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DATE = re.compile(rb'"?(\d{1,2})-([A-Za-z]{3})-(\d{4})"?')
_DATE_TIME = re.compile(
    rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)


class Bad(Exception):
    """The command is not one: answered with BAD."""


class No(Exception):
    """The command cannot be done: answered with NO."""


class Scanner:
    """Reads one command from left to right; every method raises Bad when it differs."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._text)

    def end(self) -> None:
        """Nothing more may come."""
        if not self.at_end():
            raise Bad("Too many arguments")

    def peek(self, what: bytes) -> bool:
        """Whether this comes next."""
        return self._text.startswith(what, self._at)

    def skip(self, what: bytes) -> bool:
        """Step over this if it comes next."""
        if not self.peek(what):
            return False
        self._at += len(what)
        return True

    def expect(self, what: bytes) -> None:
        """This must come next."""
        if not self.skip(what):
            raise Bad(f"Expected {what.decode()!r}")

    def space(self) -> None:
        """One space."""
        self.expect(b" ")

    def word(self) -> str:
        """An atom in upper case, such as a command or an item."""
        return self._match(_ATOM, "a word")[0].decode("latin-1").upper()

    def fetch_word(self) -> str:
        """The name of a FETCH item in upper case; ends before `[`."""
        return self._match(_FETCH_WORD, "an item")[0].decode("ascii").upper()

    def skip_word(self, word: str) -> bool:
        """Step over this word in any case, if it comes next."""
        here = self._text[self._at : self._at + len(word)]
        if here.upper() != word.encode("ascii"):
            return False
        self._at += len(word)
        return True

    def store_verb(self) -> str:
        """FLAGS, +FLAGS or -FLAGS, with or without .SILENT."""
        return self._match(_STORE_VERB, "FLAGS")[0].decode("ascii").upper()

    def rest(self) -> bytes:
        """All that is left."""
        found, self._at = self._text[self._at :], len(self._text)
        return found

    def at_number(self) -> bool:
        """Whether a sequence set comes next."""
        return self._text[self._at : self._at + 1] in _SET_STARTS

    def number(self) -> int:
        """A number below 2^63."""
        value = int(self._match(_NUMBER, "a number")[0])
        if value >= 2**63:
            raise Bad("Number out of range")
        return value

    def astring(self) -> bytes:
        """An atom, a quoted string or a literal."""
        found = self._string()
        return self._match(_ASTRING, "a string")[0] if found is None else found

    def string(self) -> bytes:
        """A quoted string or a literal."""
        found = self._string()
        if found is None:
            raise Bad("Expected a string")
        return found

    def pattern(self) -> bytes:
        """A mailbox name in which `*` and `%` may stand."""
        found = self._string()
        return self._match(_PATTERN, "a pattern")[0] if found is None else found

    def mailbox(self) -> str:
        """A mailbox name as on the wire; any spelling of INBOX becomes `INBOX`."""
        return mailbox_name(self.astring())

    def sequence(self) -> SequenceSet:
        """A set of numbers such as `1:3,7,9:*`."""
        try:
            return SequenceSet.parse(self._match(_SET, "a sequence set")[0])
        except ValueError as error:
            raise Bad("Invalid sequence set") from error

    def flag(self) -> str:
        """A flag or a keyword."""
        return self._match(_FLAG, "a flag")[0].decode("latin-1")

    def listed(self, item: Callable[[], T]) -> list[T]:
        """Items in parentheses with a space between them; may be none."""
        self.expect(b"(")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Bad("Nested too deep")
        items: list[T] = []
        while not self.skip(b")"):
            if items:
                self.space()
            items.append(item())
        self._depth -= 1
        return items

    def words(self) -> list[str]:
        """Atoms in parentheses, in upper case."""
        return self.listed(self.word)

    def date(self) -> date:
        """A day such as `1-Feb-2024`."""
        match = self._match(_DATE, "a date")
        try:
            return date(int(match[3]), _month(match[2]), int(match[1]))
        except ValueError as error:
            raise Bad("Invalid date") from error

    def date_time(self) -> datetime:
        """A moment such as `" 1-Feb-2024 10:00:00 +0100"`."""
        m = self._match(_DATE_TIME, "a date and time")
        zone = timedelta(hours=int(m[8]), minutes=int(m[9]))
        try:
            return datetime(
                *(int(m[3]), _month(m[2]), int(m[1])),
                *(int(m[4]), int(m[5]), int(m[6])),
                tzinfo=timezone(-zone if m[7] == b"-" else zone) if zone else UTC,
            )
        except ValueError as error:
            raise Bad("Invalid date and time") from error

    def _string(self) -> bytes | None:
        quoted = _QUOTED.match(self._text, self._at)
        if quoted is not None:
            self._at = quoted.end()
            return re.sub(rb"\\(.)", rb"\1", quoted[1])
        literal = _LITERAL.match(self._text, self._at)
        if literal is None:
            return None
        start, self._at = literal.end(), literal.end() + int(literal[1])
        if self._at > len(self._text):
            raise Bad("Literal is cut off")
        return self._text[start : self._at]

    def _match(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise Bad(f"Expected {what}")
        self._at = match.end()
        return match


def mailbox_name(raw: bytes) -> str:
    """A name as it is kept: printable ASCII; any spelling of INBOX is `INBOX`."""
    if len(raw) > 500 or not all(0x20 <= octet < 0x7F for octet in raw):
        raise No("[CANNOT] Invalid mailbox name")
    name = raw.decode("ascii")
    return "INBOX" if name.upper() == "INBOX" else name


def _month(name: bytes) -> int:
    return _MONTHS.index(name.decode("ascii").lower()) + 1
