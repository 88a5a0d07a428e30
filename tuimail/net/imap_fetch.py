"""FETCH: header windows, flags, sections, and big parts in slices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tuimail.errors import Gone
from tuimail.mail.types import UID, ModSeq, Section
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap_link import Link
from tuimail.net.imap_parse import parse_fetch
from tuimail.net.imap_wire import Response, check
from tuimail.net.session import FetchRow

FIELDS = (
    b"DATE FROM SENDER REPLY-TO TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES LIST-ID"
)
ITEMS = (
    b"UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE"
    b" BODY.PEEK[HEADER.FIELDS (%s)]" % FIELDS
)
"""Always the same: servers cache what is asked for again and again."""
SIMPLE_ITEMS = (
    b"UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (%s)]" % FIELDS
)
PREVIEWS = {
    "PREVIEW": (b"PREVIEW (LAZY)", b"PREVIEW"),
    "PREVIEW=FUZZY": (b"PREVIEW (LAZY=FUZZY)", b"PREVIEW (FUZZY)"),
    "SNIPPET=FUZZY": (b"SNIPPET (LAZY=FUZZY)", b"SNIPPET (FUZZY)"),
}
"""Capability to how previews are asked for: those at hand, or all of them.

RFC 8970, and what Dovecot had before there was one.
"""
MENDED_MAX = 500
DEPTH = 2
"""Slices on their way at a time: as fast as one FETCH of all, and can be stopped."""


def headers_by_number(
    link: Link, first: int, last: int, items: bytes
) -> list[FetchRow]:
    """Header rows of the messages with these sequence numbers."""
    rows = _Rows(link, lambda row: first <= row.seq <= last)
    rows.ask([b"FETCH %d:%d (%s)" % (first, last, items)])
    return rows.mended()


def headers_by_uid(link: Link, uids: UIDSet, items: bytes) -> list[FetchRow]:
    """Header rows of these UIDs, newest window first, two windows in flight."""
    rows = _Rows(link, lambda row: row.uid in uids if row.uid else bool(row.problem))
    windows = list(uids.chunks())
    for start in range(0, len(windows), DEPTH):
        flight = windows[start : start + DEPTH]
        rows.ask([b"UID FETCH %s (%s)" % (w.wire(), items) for w in flight])
    return rows.mended()


class _Rows:
    """Header rows as they come, one for a message, and only those asked for."""

    def __init__(self, link: Link, wanted: Callable[[FetchRow], bool]) -> None:
        self._link = link
        self._wanted = wanted
        self._rows: dict[int, FetchRow] = {}

    def ask(self, commands: list[bytes]) -> None:
        for response in self._link.run(commands, self._take):
            check(response, "to give headers")

    def mended(self) -> list[FetchRow]:
        """The rows; those that could not be read were asked for again, without what
        servers most often get wrong. Their `problem` stays: the structure is unknown.
        """
        rows = list(self._rows.values())
        bad = [row for row in rows if row.problem]
        if not bad:
            return rows
        which = UIDSet.of(row.seq for row in bad[:MENDED_MAX] if row.seq)
        self._rows = {}
        if which:
            ask = b"FETCH %s (%s)" % (which.wire(), SIMPLE_ITEMS)
            self._link.run([ask], self._take)
        known = {row.uid for row in rows if not row.problem}
        again = {
            row.seq: row
            for row in self._rows.values()
            if not row.problem and row.uid not in known
        }
        return [
            again.get(row.seq, row)._replace(problem=row.problem)
            if row.problem
            else row
            for row in rows
        ]

    def _take(self, response: Response) -> bool:
        row = parse_fetch(response.text)
        if row is None or (row.header is None and not row.problem):
            return False
        if not self._wanted(row):
            return False
        # By UID: sequence numbers may shift between two windows.
        key = row.uid or -row.seq
        # A row that was read well is not given up for one that was not.
        if not row.problem or key not in self._rows:
            self._rows[key] = row
        return True


def flags(
    link: Link, uids: UIDSet, since: ModSeq | None, condstore: bool
) -> list[FetchRow]:
    """FLAGS (and MODSEQ) of these UIDs, or of those that changed since."""
    rows: list[FetchRow] = []

    def take(response: Response) -> bool:
        row = parse_fetch(response.text)
        if row is None or row.uid is None or row.flags is None:
            return False
        rows.append(row)
        return True

    items = b"(UID FLAGS MODSEQ)" if condstore else b"(UID FLAGS)"
    changed = b" (CHANGEDSINCE %d)" % since if since and condstore else b""
    # A set of few ranges is short however many UIDs it names.
    for part in uids.chunks(max_count=2**32):
        command = b"UID FETCH " + part.wire() + b" " + items + changed
        link.one(command, "to give flags", take)
    return rows


def section(
    link: Link, uid: UID, wanted: Section, offset: int, length: int | None
) -> bytes:
    """The octets of a section, or of a slice of it; Gone when there is no message."""
    found: list[bytes] = []

    def take(response: Response) -> bool:
        row = parse_fetch(response.text)
        data = None if row is None or row.uid not in (uid, None) else _octets(row)
        if data is None or found:
            return False
        found.append(data)
        return True

    link.one(_command(uid, wanted, offset, length), "to give this part", take)
    if not found:
        raise Gone("This message is no longer on the server.")
    return found[0]


def sections(link: Link, uid: UID, wanted: Sequence[Section]) -> dict[Section, bytes]:
    """The octets of several sections by one command; Gone when there is no message.

    What the server does not give is left out.
    """
    names = {_name(each.encode("ascii")): each for each in wanted}
    found: dict[Section, bytes] = {}
    there = False

    def take(response: Response) -> bool:
        nonlocal there
        row = parse_fetch(response.text)
        if row is None or row.uid not in (uid, None) or not row.sections:
            return False
        there = True
        for name, data in row.sections:
            if _name(name) in names:
                found.setdefault(names[_name(name)], data)
        return True

    items = b" ".join(b"BODY.PEEK[%s]" % each.encode("ascii") for each in wanted)
    link.one(b"UID FETCH %d (UID %s)" % (uid, items), "to give this text", take)
    if not there:
        raise Gone("This message is no longer on the server.")
    return found


def _name(section: bytes) -> bytes:
    """A section as servers name it: some write the fields of a header their own way."""
    return section.upper().partition(b" ")[0]


class Range(NamedTuple):
    """What of a section is fetched in slices: from `start`, up to `size`."""

    start: int
    size: int
    slice_octets: int


def slices(
    link: Link,
    uid: UID,
    wanted: Section,
    asked: Range,
    cancelled: Callable[[], bool],
) -> Iterator[bytes]:
    """A section piece by piece, in order, with two pieces on their way.

    Ends early when `cancelled` says so or a piece comes back short; what was asked for
    is always read to its end, so the connection stays usable.
    """
    start, size, slice_octets = asked
    flying: deque[tuple[int, list[bytes]]] = deque()
    arrived: dict[int, bytes] = {}

    def take(response: Response) -> bool:
        row = parse_fetch(response.text)
        data = None if row is None or row.uid not in (uid, None) else _octets(row)
        if row is None or data is None:
            return False
        if (row.origin - start) % slice_octets or row.origin >= size:
            return False
        arrived[row.origin] = data
        return True

    def launch(offset: int) -> int:
        while len(flying) < DEPTH and offset < size and not cancelled():
            command = _command(uid, wanted, offset, min(slice_octets, size - offset))
            flying.append((offset, link.send(command)))
            offset += slice_octets
        return offset

    link.settle()
    offset = launch(start)
    ended = False
    while flying:
        at, tags = flying.popleft()
        check(link.collect(tags, take)[0], "to give this part")
        if at not in arrived and not ended:
            raise Gone("This message is no longer on the server.")
        piece = arrived.pop(at, b"")
        if piece and not ended:
            yield piece
        # A server that gives all of it at once has nothing left to give.
        ended = ended or len(piece) != min(slice_octets, size - at)
        if not ended:
            offset = launch(offset)


def previews(link: Link, uids: UIDSet, item: bytes) -> dict[UID, bytes]:
    """How the texts of these UIDs begin, as the server says; without those it does not.

    `item` is one of PREVIEWS.
    """
    found: dict[UID, bytes] = {}

    def take(response: Response) -> bool:
        row = parse_fetch(response.text)
        if row is None or row.uid is None or row.uid not in uids:
            return False
        if row.preview is not None:
            found.setdefault(row.uid, row.preview)
        # What somebody did to its flags meanwhile is for others to hear.
        return row.flags is None

    for part in uids.chunks():
        ask = b"UID FETCH %s (UID %s)" % (part.wire(), item)
        link.one(ask, "to say how texts begin", take)
    return found


def _command(uid: UID, wanted: Section, offset: int, length: int | None) -> bytes:
    part = b"" if length is None else b"<%d.%d>" % (offset, length)
    return b"UID FETCH %d (UID BODY.PEEK[%s]%s)" % (uid, wanted.encode("ascii"), part)


def _octets(row: FetchRow) -> bytes | None:
    return row.body if row.body is not None else row.header
