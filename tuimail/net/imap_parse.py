"""Responses to values. One row is one unit of failure: a bad one says so and is alone.

Values are found by scanning forward only, so no input takes more than linear time.
"""

from __future__ import annotations

import re
from calendar import timegm
from functools import cache, lru_cache
from typing import cast

from tuimail.mail.types import UID, WIRE_FLAGS, Flag, FlagSet, ModSeq
from tuimail.mail.uidset import UIDSet
from tuimail.net.session import FetchRow, Status

MAX_UID = 2**32 - 1
MAX_NUMBER = 2**63 - 1
DEPTH_MAX = 64
KEYWORDS_MAX = 100

# Atomic (`(?>…)`): with plain repeats a quote without an end takes exponential time,
# and the interpreter's lock is held all the while. Not `(…)*+`: Python before 3.11.5
# matches possessive groups wrongly.
_STRING = rb'"(?>(?:[^"\\]++|\\.)*)"'
_TOKEN = re.compile(
    rb'(?>(?:[^"(){}~]++|' + _STRING + rb")+)|[()]|~?\{(\d{1,10})\+?\}\r\n|[~{}]",
    re.S,
)
_NUMBER = re.compile(rb"\d{1,19}")
_ATOM = re.compile(rb'[^\s()"{]+')
_QUOTED = re.compile(_STRING, re.S)
_LITERAL = re.compile(rb"~?\{(\d{1,10})\+?\}\r\n")
_FLAGS = re.compile(rb"\(([^()\"{]*)\)")
_BODY = re.compile(rb"(?:BODY|BINARY)\[([^\]]{0,4000})\](?:<(\d{1,10})>)?", re.I)
_DATE = re.compile(rb'"[ ]?(\d{1,2}-[A-Za-z]{3}-\d{4}) (\d\d:\d\d:\d\d [+-]\d{4})"')
_USUAL = re.compile(
    rb"UID (\d{1,10}) FLAGS \(([^()\"{]*)\) INTERNALDATE"
    rb' "[ ]?(\d{1,2}-[A-Za-z]{3}-\d{4}) (\d\d:\d\d:\d\d [+-]\d{4})"'
    rb" RFC822\.SIZE (\d{1,18})(?: MODSEQ \((\d{1,18})\))?"
)
LISTS_DEEP = 6
PREVIEW_OCTETS = 800
"""Of the beginning of a text: no more is allowed (RFC 8970 §3.1)."""
SECTIONS_MAX = 50
"""Sections of one message that are asked for at a time, and more."""
_FETCH = re.compile(rb"(\d{1,10}) FETCH \(", re.I)
_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()


@cache
def _whole_row() -> re.Pattern[bytes]:
    """A header row as nearly every server sends it, up to the octets of its header.

    Made when first needed: it takes milliseconds.
    """
    body = rb"[^\s\S]"
    for _ in range(LISTS_DEEP):
        body = rb'\((?>(?:[^"(){}~]++|' + _STRING + rb"|" + body + rb")*)\)"
    return re.compile(
        rb"(\d{1,10}) FETCH \("
        + _USUAL.pattern
        + rb" BODYSTRUCTURE ("
        + body
        + rb") BODY\[HEADER[^\]]{0,4000}\] \{(\d{1,10})\}\r\n",
        re.S,
    )


class Unreadable(ValueError):
    """A response that cannot be read; the message says where."""


def parse_fetch(text: bytes) -> FetchRow | None:
    """A FETCH response (`12 FETCH (UID …)`); None when it is something else.

    Never raises: a row that breaks off carries what was read and a `problem`.
    """
    row = _usual_row(text)
    if row is not None:
        return row
    head = _FETCH.match(text)
    if head is None:
        return None
    values: dict[str, object] = {}
    problem = ""
    try:
        _items(text, _usual(text, head.end(), values), values)
    except (Unreadable, ValueError, IndexError) as error:
        problem = f"The server's row could not be read: {error}"
    if "structure" in values:
        # A header row: its one section is the header.
        values.pop("sections", None)
    return FetchRow(seq=int(head[1]), problem=problem, **values)  # type: ignore[arg-type]


def _usual_row(text: bytes) -> FetchRow | None:
    """A whole header row at once; None for what the general reader has to read."""
    if text[-2:] != b"\n)":
        return None
    found = _whole_row().match(text)
    if found is None:
        return None
    seq, uid, flags, day, clock, size, modseq, structure, count = found.groups()
    number, at = int(uid), found.end()
    if not 0 < number <= MAX_UID or at + int(count) + 1 != len(text):
        return None
    return FetchRow(
        int(seq),
        UID(number),
        _flag_set(flags),
        None if modseq is None else ModSeq(int(modseq)),
        _arrival_of(day, clock),
        int(size),
        structure,
        text[at:-1],
    )


def _items(text: bytes, at: int, values: dict[str, object]) -> None:
    size = len(text)
    while at < size and text[at : at + 1] != b")":
        if text[at : at + 1] == b" ":
            at += 1
            continue
        at = _item(text, at, values)
    if at >= size:
        raise Unreadable("it has no end")


def _usual(text: bytes, at: int, values: dict[str, object]) -> int:
    """Take the small items at once where they come as nearly every server sends them.

    Gives where the next item begins; the general reader does whatever is left.
    """
    found = _USUAL.match(text, at)
    if found is None:
        return at
    uid, flags, day, clock, size, modseq = found.groups()
    if not 0 < int(uid) <= MAX_UID or clock[9:10] not in b"+-":
        return at
    values["uid"] = UID(int(uid))
    values["flags"] = _flag_set(flags)
    values["arrival"] = _arrival_of(day, clock)
    values["size"] = int(size)
    if modseq is not None:
        values["modseq"] = ModSeq(int(modseq))
    return found.end()


def _arrival_of(day: bytes, clock: bytes) -> int | None:
    midnight = _midnight(day)
    if midnight is None:
        return None
    seconds = int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:8])
    offset = int(clock[10:12]) * 3600 + int(clock[12:14]) * 60
    sign = -1 if clock[9:10] == b"+" else 1
    return max(0, midnight + seconds + sign * offset)


@lru_cache(maxsize=4096)
def _midnight(day: bytes) -> int | None:
    """The epoch of a day like `23-Nov-2026`; mail comes many a day."""
    number, month, year = day.split(b"-")
    if month.lower() not in _MONTHS or not 1970 <= int(year) <= 2200:
        return None
    return timegm((int(year), _MONTHS.index(month.lower()) + 1, int(number), 0, 0, 0))


def _item(text: bytes, at: int, values: dict[str, object]) -> int:
    body = _BODY.match(text, at)
    if body is not None:
        data, at = nstring(text, body.end() + 1)
        where = body[1].upper()
        values["header" if where.startswith(b"HEADER") else "body"] = data or b""
        came = cast("tuple[tuple[bytes, bytes], ...]", values.get("sections", ()))
        values["sections"] = (*came[-SECTIONS_MAX:], (where, data or b""))
        values["origin"] = int(body[2] or 0)
        return at
    name = _ATOM.match(text, at)
    if name is None or b"[" in name[0]:
        raise Unreadable(f"unexpected data at octet {at}")
    reader = _READERS.get(name[0].upper())
    if reader is None:
        return skip(text, name.end() + 1)
    return reader(text, name.end() + 1, values)


def _uid(text: bytes, at: int, values: dict[str, object]) -> int:
    number, at = _number(text, at)
    if not 0 < number <= MAX_UID:
        raise Unreadable(f"UID {number} cannot be")
    values["uid"] = UID(number)
    return at


def _size(text: bytes, at: int, values: dict[str, object]) -> int:
    values["size"], at = _number(text, at)
    return at


def _modseq(text: bytes, at: int, values: dict[str, object]) -> int:
    number, at = _number(text, at + 1)
    values["modseq"] = ModSeq(number)
    return at + 1


def _flags(text: bytes, at: int, values: dict[str, object]) -> int:
    found = _FLAGS.match(text, at)
    if found is None:
        return skip(text, at)
    values["flags"] = _flag_set(found[1])
    return found.end()


def _arrival(text: bytes, at: int, values: dict[str, object]) -> int:
    found = _DATE.match(text, at)
    if found is None:
        return skip(text, at)
    values["arrival"] = _arrival_of(found[1], found[2])
    return found.end()


def _structure(text: bytes, at: int, values: dict[str, object]) -> int:
    end = skip(text, at)
    values["structure"] = text[at:end]
    return end


def _preview(text: bytes, at: int, values: dict[str, object]) -> int:
    """RFC 8970; drafts of it had the name of an algorithm with it, in brackets."""
    end = skip(text, at)
    if text[at : at + 1] == b"(":
        name = _ATOM.match(text, at + 1)
        at = at + 1 if name is None else name.end() + 1
    found, _ = nstring(text, at)
    values["preview"] = None if found is None else found[:PREVIEW_OCTETS]
    return end


_READERS = {
    b"UID": _uid,
    b"RFC822.SIZE": _size,
    b"MODSEQ": _modseq,
    b"FLAGS": _flags,
    b"INTERNALDATE": _arrival,
    b"BODYSTRUCTURE": _structure,
    b"PREVIEW": _preview,
    b"SNIPPET": _preview,
}


def _number(text: bytes, at: int) -> tuple[int, int]:
    found = _NUMBER.match(text, at)
    if found is None:
        raise Unreadable(f"a number is missing at octet {at}")
    number = int(found[0])
    if number > MAX_NUMBER:
        raise Unreadable(f"{number} is too large")
    return number, found.end()


def nstring(text: bytes, at: int) -> tuple[bytes | None, int]:
    """A string, literal or NIL at `at`, and where it ends."""
    literal = _LITERAL.match(text, at)
    if literal is not None:
        end = literal.end() + int(literal[1])
        return text[literal.end() : end], end
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        plain = quoted[0][1:-1]
        if b"\\" in plain:
            plain = re.sub(rb"\\(.)", rb"\1", plain, flags=re.S)
        return plain, quoted.end()
    atom = _ATOM.match(text, at)
    if atom is None:
        raise Unreadable(f"a string is missing at octet {at}")
    return (None if atom[0].upper() == b"NIL" else atom[0]), atom.end()


def skip(text: bytes, at: int) -> int:
    """Where the value that begins at `at` ends, whatever it is."""
    if text[at : at + 1] != b"(":
        return nstring(text, at)[1]
    depth = 0
    size = len(text)
    while at < size:
        token = _TOKEN.match(text, at)
        if token is None:
            raise Unreadable("a string has no end")
        at = token.end()
        first = token[0][:1]
        if first == b"(":
            depth += 1
            if depth > DEPTH_MAX:
                raise Unreadable("it is nested too deeply")
        elif first == b")":
            depth -= 1
            if depth == 0:
                return at
        elif token[1] is not None:
            at += int(token[1])
    raise Unreadable("a list has no end")


def _flag_set(words: bytes) -> FlagSet:
    """The same few sets come again and again; only short ones are worth keeping."""
    return _known_flag_set(words) if len(words) <= 200 else flag_set(words)


def flag_set(words: bytes) -> FlagSet:
    r"""The flags in `\Seen $Junk work`."""
    bits, keywords = Flag.NONE, set()
    most = KEYWORDS_MAX + len(WIRE_FLAGS)
    for word in words.split(None, most)[:most]:
        name = word.decode("ascii", "replace")[:100]
        bit = WIRE_FLAGS.get(name.lower())
        if bit is not None:
            bits |= bit
        elif not name.startswith("\\"):
            keywords.add(name)
    return FlagSet(bits, frozenset(keywords))


_known_flag_set = lru_cache(maxsize=4096)(flag_set)


_STATUS_NAMES = {
    b"MESSAGES": "messages",
    b"UNSEEN": "unseen",
    b"UIDNEXT": "uidnext",
    b"UIDVALIDITY": "uidvalidity",
    b"HIGHESTMODSEQ": "modseq",
}


def parse_status(text: bytes) -> tuple[bytes, Status] | None:
    """A STATUS response: wire name and counts; None when it cannot be read."""
    try:
        name, at = nstring(text, len(b"STATUS "))
        words = text[at:].strip().strip(b"()").split()
    except Unreadable:
        return None
    if name is None:
        return None
    found = {
        _STATUS_NAMES[key.upper()]: int(value)
        for key, value in zip(words[::2], words[1::2], strict=False)
        if key.upper() in _STATUS_NAMES and value.isdigit() and len(value) < 20
    }
    # HIGHESTMODSEQ 0 says that the mailbox has none (RFC 7162 §3.1.2.2).
    return name, Status(**{k: v for k, v in found.items() if (k, v) != ("modseq", 0)})


def parse_list(text: bytes) -> tuple[frozenset[str], str, bytes] | None:
    """A LIST or LSUB response: attributes, delimiter, wire name."""
    try:
        at = text.index(b"(")
        end = text.index(b")", at)
        delimiter, at_name = nstring(text, end + 2)
        name, _ = nstring(text, at_name + 1)
    except (ValueError, IndexError):
        return None
    if name is None:
        return None
    words = text[at + 1 : end].decode("ascii", "replace").lower().split()
    return frozenset(words), (delimiter or b"").decode("ascii", "replace"), name


def parse_search(text: bytes) -> UIDSet:
    """`SEARCH 1 2 3` or `ESEARCH (TAG "T1") UID ALL 1:3`.

    Raises ValueError for a set that is none: "nothing found" would be a lie.
    """
    if text[:7].upper() == b"ESEARCH":
        found = re.search(rb" ALL ([^ ()]+)", text, re.I)
        return UIDSet.parse(found[1]) if found else UIDSet()
    words = text[6:].split(b"(")[0].split()
    return UIDSet.of(n for w in words if w.isdigit() if 0 < (n := int(w)) <= MAX_UID)


def parse_count(text: bytes) -> int:
    """The COUNT of an ESEARCH response, or how many a SEARCH response names."""
    found = re.search(rb" COUNT (\d{1,10})", text, re.I)
    return int(found[1]) if found else len(parse_search(text))


def parse_vanished(text: bytes) -> tuple[UIDSet, bool] | None:
    """`VANISHED (EARLIER) 1:3,7`: the UIDs, and whether it tells old news."""
    earlier = text[8:].strip()
    is_earlier = earlier[:9].upper() == b"(EARLIER)"
    words = earlier[9:].strip() if is_earlier else earlier
    try:
        return UIDSet.parse(words), is_earlier
    except ValueError:
        return None
