"""FETCH: header windows, flags, sections, and big parts in slices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

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
DEPTH = 2
"""Slices on their way at a time: as fast as one FETCH of all, and can be stopped."""
SLICES_MAX = 1 << 16


def header_rows(link: Link, which: bytes, items: bytes, uids: bool) -> list[FetchRow]:
    """Header rows of a sequence set, or of a UID set."""
    rows: list[FetchRow] = []

    def take(response: Response) -> bool:
        row = parse_fetch(response.text)
        if row is None or (row.header is None and not row.problem):
            return False
        rows.append(row)
        return True

    verb = b"UID FETCH " if uids else b"FETCH "
    link.one(verb + which + b" (" + items + b")", "to give headers", take)
    return rows


def headers_by_uid(link: Link, uids: UIDSet, items: bytes) -> list[FetchRow]:
    """Header rows of these UIDs, newest window first, two windows in flight."""
    rows: list[FetchRow] = []

    def take(response: Response) -> bool:
        row = parse_fetch(response.text)
        if row is None or (row.header is None and not row.problem):
            return False
        rows.append(row)
        return True

    windows = list(uids.chunks())
    for start in range(0, len(windows), DEPTH):
        flight = [
            b"UID FETCH " + window.wire() + b" (" + items + b")"
            for window in windows[start : start + DEPTH]
        ]
        for response in link.run(flight, take):
            check(response, "to give headers")
    return rows


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
        if data is not None:
            found.append(data)
        return data is not None

    link.one(_command(uid, wanted, offset, length), "to give this part", take)
    if not found:
        raise Gone("This message is no longer on the server.")
    return found[0]


def slices(
    link: Link,
    uid: UID,
    wanted: Section,
    size: int,
    slice_octets: int,
    cancelled: Callable[[], bool],
) -> Iterator[bytes]:
    """A section piece by piece, in order, with two pieces on their way.

    Ends early when `cancelled` says so or a piece comes back short; what was asked for
    is always read to its end, so the connection stays usable.
    """
    flying: deque[tuple[int, bytes]] = deque()
    arrived: dict[int, bytes] = {}

    def take(response: Response) -> bool:
        row = parse_fetch(response.text)
        data = None if row is None or row.uid not in (uid, None) else _octets(row)
        if row is None or data is None:
            return False
        arrived[row.origin] = data
        return True

    def launch(offset: int) -> int:
        while len(flying) < DEPTH and offset < size and not cancelled():
            command = _command(uid, wanted, offset, min(slice_octets, size - offset))
            flying.append((offset, link.send(command)))
            offset += slice_octets
        return offset

    offset = launch(0)
    ended = False
    while flying:
        at, tag = flying.popleft()
        check(link.collect([tag], take)[0], "to give this part")
        if at not in arrived and not ended:
            raise Gone("This message is no longer on the server.")
        piece = arrived.pop(at, b"")
        if piece and not ended:
            yield piece
        ended = ended or len(piece) < min(slice_octets, size - at)
        if not ended:
            offset = launch(offset)


def _command(uid: UID, wanted: Section, offset: int, length: int | None) -> bytes:
    part = b"" if length is None else b"<%d.%d>" % (offset, length)
    return b"UID FETCH %d (UID BODY.PEEK[%s]%s)" % (uid, wanted.encode("ascii"), part)


def _octets(row: FetchRow) -> bytes | None:
    return row.body if row.body is not None else row.header
