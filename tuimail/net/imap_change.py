"""Commands that change what a server holds: each once, none repeated from here.

Messages are named by UID only, and removed by `UID EXPUNGE` only (RFC 4315): a bare
EXPUNGE or CLOSE would take with it what other clients marked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tuimail.errors import Unsupported
from tuimail.mail.types import FLAG_WIRE, FlagSet
from tuimail.mail.uidset import UIDSet
from tuimail.net import names
from tuimail.net.imap_link import Link
from tuimail.net.imap_parse import MAX_UID, parse_status
from tuimail.net.imap_wire import Response, check
from tuimail.net.session import Status

CHANGE_S = 120.0
"""Seconds for a server to move, copy or remove a batch."""
STOOD_S = 5.0
"""Seconds in which a mailbox is taken to be the one that messages were moved to."""
LITERAL_MOST = 65_536
"""Octets of a message that are sent before the server said that it will have them."""
LITERAL_SHORT = 4096
"""The same under LITERAL- (RFC 7888 §5)."""
UPLOAD_RATE = 8_000
"""Octets a second that an upload is expected to reach at least."""
_COPIED_MAX = 100_000
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class Copied:
    """Where messages went (COPYUID, APPENDUID, RFC 4315 §3)."""

    uidvalidity: int = 0
    """Of the target mailbox; 0 when the server did not say."""
    uids: dict[int, int] = field(default_factory=dict)
    """Target UID by source UID; an APPEND stands under 0."""


class Changer:
    """Changes on one connection; the mailbox the UIDs belong to is selected."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def moves(self) -> bool:
        """The server has MOVE (RFC 6851)."""
        return bool({"MOVE", "IMAP4REV2"} & self._link.capabilities)

    @property
    def expunges(self) -> bool:
        """The server can remove single messages (UIDPLUS, RFC 4315)."""
        return bool({"UIDPLUS", "IMAP4REV2"} & self._link.capabilities)

    def status(self, wire_name: bytes) -> Status:
        """UIDVALIDITY, UIDNEXT and MESSAGES of a mailbox, also of the selected one.

        Raises Gone when there is no such mailbox.
        """
        found: list[Status] = []

        def take(response: Response) -> bool:
            if response.text[:7].upper() != b"STATUS ":
                return False
            status = parse_status(response.text)
            found.extend([status[1]] if status else [])
            return True

        command = b"STATUS %s (MESSAGES UIDNEXT UIDVALIDITY)" % names.quoted(wire_name)
        answer = self._link.run([command], take)[0]
        check(answer, f"the counts of the folder {names.decode(wire_name)}")
        return found[-1] if found else Status()

    def standing(self, wire_name: bytes) -> Status:
        """The same, as far as a command needs it that must not be repeated.

        Right behind a command that told where messages went UIDNEXT is the least it
        can be: what comes later has a number from there on, and nothing is asked.
        """
        since, status = self._link.stood.get(wire_name, (0.0, None))
        if status is not None and time.monotonic() - since < STOOD_S:
            return status
        return self.status(wire_name)

    def move(self, uids: UIDSet, target: bytes) -> Copied:
        """Move messages (RFC 6851); those that are gone are left out silently."""
        return self._transfer(b"UID MOVE ", uids, target, "to move")

    def copy(self, uids: UIDSet, target: bytes) -> Copied:
        """Copy messages; those that are gone are left out silently."""
        return self._transfer(b"UID COPY ", uids, target, "to copy")

    def delete(self, uids: UIDSet, *, unchanged_since: int | None = None) -> UIDSet:
        """Set \\Deleted; gives those that were changed since (RFC 7162 §3.1.3)."""
        guard = b""
        if unchanged_since is not None and "CONDSTORE" in self._link.capabilities:
            guard = b"(UNCHANGEDSINCE %d) " % unchanged_since
        command = b"UID STORE %s %s+FLAGS.SILENT (\\Deleted)" % (uids.wire(), guard)
        answer = self._link.run([command], timeout_s=CHANGE_S)[0]
        check(answer, "to mark messages as deleted")
        return UIDSet.parse(answer.argument) if answer.code == b"MODIFIED" else UIDSet()

    def expunge(self, uids: UIDSet) -> None:
        """Remove those of the messages that are marked \\Deleted.

        Raises Unsupported without UIDPLUS: it would remove others as well.
        """
        if not self.expunges:
            raise Unsupported("The server cannot remove single messages.")
        answer = self._link.run([b"UID EXPUNGE " + uids.wire()], timeout_s=CHANGE_S)[0]
        check(answer, "to remove messages")

    def append(
        self, target: bytes, message: bytes, flags: FlagSet, arrival: int
    ) -> Copied:
        """Store a message; `arrival` is its INTERNALDATE. Gives its UID, under 0."""
        words = [word for bit, word in FLAG_WIRE.items() if flags.bits & bit]
        words += sorted(flags.keywords)
        at_once = len(message) <= self._at_once
        command = b'APPEND %s (%s) "%s" {%d%s}' % (
            names.quoted(target),
            " ".join(words).encode("ascii"),
            _internal_date(arrival),
            len(message),
            b"+" if at_once else b"",
        )
        link = self._link
        link.settle()
        link.stood.pop(target, None)
        tags = link.send(command)
        if not at_once:
            answer = link.collect(tags, stop_at_continuation=True)[0]
        if at_once or answer.tag == b"+":
            seconds = max(CHANGE_S, len(message) / UPLOAD_RATE)
            link.transport.allow(seconds)
            link.transport.send(message + b"\r\n", 0)
            answer = link.collect(tags, timeout_s=seconds)[0]
        check(answer, "to store a message")
        copied = _appended(answer)
        self._stands(target, copied)
        return copied

    # -- mailboxes ----------------------------------------------------------

    def create(self, wire_name: bytes) -> None:
        """Make a mailbox; one that exists already is as good."""
        self._mailbox(b"CREATE " + names.quoted(wire_name), "ALREADYEXISTS", "make")

    def remove(self, wire_name: bytes) -> None:
        """Delete a mailbox with all it holds; one that is gone is as good."""
        self._mailbox(b"DELETE " + names.quoted(wire_name), "NONEXISTENT", "delete")

    def rename(self, old: bytes, new: bytes) -> None:
        """Give a mailbox another name. Gone, ServerFault with the server's code."""
        command = b"RENAME " + names.quoted(old) + b" " + names.quoted(new)
        self._mailbox(command, "", "rename")

    def subscribe(self, wire_name: bytes, wanted: bool) -> None:
        """Put a mailbox on the list of subscribed ones, or take it off."""
        verb = b"SUBSCRIBE " if wanted else b"UNSUBSCRIBE "
        self._mailbox(verb + names.quoted(wire_name), "", "subscribe to")

    def exists(self, wire_name: bytes) -> bool:
        """Whether the server lists a mailbox of that name."""
        seen: list[bool] = []

        def take(response: Response) -> bool:
            listed = response.text[:5].upper() == b"LIST "
            gone = b"\\nonexistent" in response.text.lower()
            if listed and not gone:
                seen.append(True)
            return listed

        answer = self._link.run([b'LIST "" ' + names.quoted(wire_name)], take)[0]
        check(answer, "to list a folder")
        return bool(seen)

    # -- inside -------------------------------------------------------------

    def _mailbox(self, command: bytes, fine: str, verb: str) -> None:
        self._link.stood.clear()
        answer = self._link.run([command], timeout_s=CHANGE_S)[0]
        if answer.status != b"OK" and answer.code.decode("ascii", "replace") != fine:
            check(answer, f"to {verb} the folder")

    def _transfer(self, verb: bytes, uids: UIDSet, target: bytes, what: str) -> Copied:
        found: list[Copied] = []

        def take(response: Response) -> bool:
            if response.code == b"COPYUID":
                found.append(_copied(response.argument))
                return True
            return False

        command = verb + uids.wire() + b" " + names.quoted(target)
        self._link.stood.pop(target, None)
        answer = self._link.run([command], take, timeout_s=CHANGE_S)[0]
        check(answer, f"{what} to the folder {names.decode(target)}")
        take(answer)
        copied = _merged(found)
        self._stands(target, copied)
        return copied

    def _stands(self, target: bytes, copied: Copied) -> None:
        if copied.uids:
            after = Status(uidvalidity=copied.uidvalidity, uidnext=_after(copied))
            self._link.stood[target] = time.monotonic(), after

    @property
    def _at_once(self) -> int:
        """Octets of a literal that need no invitation (RFC 7888); -1 for none."""
        if "LITERAL+" in self._link.capabilities:
            return LITERAL_MOST
        short = {"LITERAL-", "IMAP4REV2"} & self._link.capabilities
        return LITERAL_SHORT if short else -1


def _after(copied: Copied) -> int:
    """The number that a message which comes next has at least."""
    return max(copied.uids.values()) + 1


def _copied(argument: bytes) -> Copied:
    """COPYUID's three words; nothing when they make no sense."""
    try:
        validity, sources, targets = argument.split()
        old, new = list(_numbers(sources)), list(_numbers(targets))
        if len(old) != len(new):
            return Copied()
        return Copied(int(validity), dict(zip(old, new, strict=True)))
    except ValueError:
        return Copied()


def _appended(answer: Response) -> Copied:
    if answer.code != b"APPENDUID":
        return Copied()
    try:
        validity, uid = answer.argument.split()
        return Copied(int(validity), {0: next(_numbers(uid))})
    except (ValueError, StopIteration):
        return Copied()


def _merged(found: list[Copied]) -> Copied:
    """Servers may answer a long move in pieces."""
    uids: dict[int, int] = {}
    validity = 0
    for each in found:
        if each.uids:
            validity = each.uidvalidity
            uids.update(each.uids)
    return Copied(validity, uids)


def _numbers(wire: bytes) -> Iterator[int]:
    """The UIDs of a set in the order in which they stand (RFC 4315 §3)."""
    given = 0
    for item in wire.split(b","):
        first, _, last = item.partition(b":")
        lo, hi = int(first), int(last or first)
        given += abs(hi - lo) + 1
        if not (0 < lo <= MAX_UID and 0 < hi <= MAX_UID) or given > _COPIED_MAX:
            raise ValueError("not a set of UIDs")
        yield from range(lo, hi + 1) if lo <= hi else range(lo, hi - 1, -1)


def _internal_date(arrival: int) -> bytes:
    """A moment as APPEND takes it (RFC 9051 §9, date-time)."""
    at = time.gmtime(max(0, min(arrival, 253_402_300_799)))
    day = f"{at.tm_mday:2d}-{_MONTHS[at.tm_mon - 1]}-{at.tm_year:04d}"
    return f"{day} {at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d} +0000".encode()
