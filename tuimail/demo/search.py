"""SEARCH keys as predicates over a message (RFC 3501 §6.4.4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime

from tuimail.demo.grammar import Bad, No, Scanner
from tuimail.demo.mailstore import DemoMessage
from tuimail.demo.searchtext import body_text, header_text
from tuimail.demo.seqset import wire

Test = Callable[[int, DemoMessage], bool]
"""Whether a message, given with its number, is meant."""

_FLAGS = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
}
_FIELDS = ("FROM", "TO", "CC", "BCC", "SUBJECT")
_DATES = ("BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE")
_DEPTH_MAX = 50


@dataclass(slots=True)
class Wish:
    """A parsed SEARCH: what is meant, and how to tell it."""

    test: Test
    returns: tuple[str, ...] | None
    """ESEARCH options (RFC 4731); None for the plain response."""
    modseq: bool
    """MODSEQ was one of the keys, so the highest one is told."""


class Reader:
    """Reads search keys of one command."""

    def __init__(
        self,
        args: Scanner,
        numbers: Sequence[int],
        uids: Sequence[int],
        caps: Collection[str],
    ) -> None:
        self._args = args
        self._numbers = numbers
        self._uids = uids
        self._caps = caps
        self._depth = 0
        self.modseq = False

    def wish(self) -> Wish:
        """The whole command behind the word SEARCH and its space."""
        returns = self._returns()
        if self._args.skip_word("CHARSET "):
            if self._args.astring().upper() not in (b"UTF-8", b"US-ASCII"):
                raise No("[BADCHARSET (US-ASCII UTF-8)] Unknown charset")
            self._args.space()
        test = self._all_of(self._args.at_end)
        self._args.end()
        return Wish(test, returns, self.modseq)

    def _returns(self) -> tuple[str, ...] | None:
        if "ESEARCH" not in self._caps or not self._args.skip_word("RETURN "):
            return None
        options = self._args.words()
        if not set(options) <= {"ALL", "COUNT", "MIN", "MAX"}:
            raise Bad("Unknown RETURN option")
        self._args.space()
        return tuple(options) or ("ALL",)

    def _all_of(self, ended: Callable[[], bool]) -> Test:
        tests = [self._key()]
        while not ended():
            self._args.space()
            tests.append(self._key())
        return lambda number, message: all(t(number, message) for t in tests)

    def _key(self) -> Test:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise Bad("Nested too deep")
        try:
            if self._args.skip(b"("):
                test = self._all_of(lambda: self._args.peek(b")"))
                self._args.expect(b")")
                return test
            if self._args.at_number():
                return _member(self._args.sequence().among(self._numbers), uid=False)
            return self._named(self._args.word())
        finally:
            self._depth -= 1

    def _named(self, name: str) -> Test:
        if name in _FLAGS:
            return _flag(_FLAGS[name])
        if name.startswith("UN") and name[2:] in _FLAGS:
            return _not(_flag(_FLAGS[name[2:]]))
        if name in ("ALL", "OLD"):
            return lambda _n, _m: True
        if name in ("NEW", "RECENT"):
            return lambda _n, _m: False
        self._args.space()
        if name in _FIELDS:
            return _header(name, self._text())
        if name in _DATES:
            return _dated(name, self._args.date())
        return self._with_argument(name)

    def _with_argument(self, name: str) -> Test:
        args = self._args
        match name:
            case "NOT":
                return _not(self._key())
            case "OR":
                one = self._key()
                args.space()
                other = self._key()
                return lambda n, m: one(n, m) or other(n, m)
            case "UID":
                return _member(args.sequence().among(self._uids), uid=True)
            case "KEYWORD":
                return _flag(args.flag())
            case "UNKEYWORD":
                return _not(_flag(args.flag()))
            case "LARGER" | "SMALLER":
                return _sized(args.number(), larger=name == "LARGER")
            case "HEADER":
                field = args.astring().decode("latin-1")
                args.space()
                return _header(field, self._text())
            case "BODY" | "TEXT":
                return _text(self._text(), whole=name == "TEXT")
            case "MODSEQ" if "CONDSTORE" in self._caps:
                return self._modseq()
        raise Bad(f"Unknown search key {name}")

    def _modseq(self) -> Test:
        if self._args.peek(b'"'):
            self._args.string()
            self._args.space()
            self._args.word()
            self._args.space()
        least = self._args.number()
        self.modseq = True
        return lambda _n, m: m.modseq >= least

    def _text(self) -> str:
        return self._args.astring().decode("utf-8", "replace").casefold()


def answer(
    wish: Wish, found: Sequence[tuple[int, DemoMessage]], tag: str, uid: bool
) -> bytes:
    """The SEARCH or ESEARCH response; `found` is ascending."""
    numbers = [message.uid if uid else number for number, message in found]
    top = max((message.modseq for _, message in found), default=0)
    if wish.returns is None:
        words = ["* SEARCH", *map(str, numbers)]
        if wish.modseq and top:
            words.append(f"(MODSEQ {top})")
        return (" ".join(words) + "\r\n").encode()
    words = [f'* ESEARCH (TAG "{tag}")']
    if uid:
        words.append("UID")
    words += _returned(wish.returns, numbers)
    if wish.modseq and top:
        words.append(f"MODSEQ {top}")
    return (" ".join(words) + "\r\n").encode("latin-1")


def _returned(options: Iterable[str], numbers: Sequence[int]) -> list[str]:
    words = []
    for option in options:
        if option == "COUNT":
            words.append(f"COUNT {len(numbers)}")
        elif numbers and option == "ALL":
            words.append(f"ALL {wire(numbers)}")
        elif numbers:
            words.append(f"{option} {numbers[0 if option == 'MIN' else -1]}")
    return words


def _not(test: Test) -> Test:
    return lambda number, message: not test(number, message)


def _member(numbers: Iterable[int], *, uid: bool) -> Test:
    wanted = set(numbers)
    return lambda number, message: (message.uid if uid else number) in wanted


def _flag(flag: str) -> Test:
    low = flag.lower()
    return lambda _n, message: any(each.lower() == low for each in message.flags)


def _sized(octets: int, *, larger: bool) -> Test:
    if larger:
        return lambda _n, message: len(message.raw) > octets
    return lambda _n, message: len(message.raw) < octets


def _header(field: str, text: str) -> Test:
    name = field.lower()
    return lambda _n, message: any(
        text in value for value in header_text(message.tree, name)
    )


def _text(text: str, *, whole: bool) -> Test:
    return lambda _n, message: text in body_text(message.tree, headers=whole)


def _dated(name: str, day: date) -> Test:
    def test(_number: int, message: DemoMessage) -> bool:
        found = _sent(message) if name.startswith("SENT") else message.date.date()
        if found is None:
            return False
        match name.removeprefix("SENT"):
            case "BEFORE":
                return found < day
            case "ON":
                return found == day
        return found >= day

    return test


def _sent(message: DemoMessage) -> date | None:
    value = message.tree.field(b"date")
    try:
        return parsedate_to_datetime((value or b"").decode("latin-1")).date()
    except (ValueError, OverflowError):
        return None
