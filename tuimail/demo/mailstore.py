"""Mailboxes in memory, with UIDs and modification sequences (RFC 7162)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tuimail.demo import utf7
from tuimail.mail.mime import Node, parse

Source = bytes | Callable[[], bytes]
"""A message, or what makes it, with CRLF line ends, when it is first asked for."""

SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
_SPELLING = {flag.lower(): flag for flag in SYSTEM_FLAGS}
_BARE_LF = re.compile(rb"(?<!\r)\n")


def canonical(flag: str) -> str:
    """The flag in its usual spelling: flags do not differ by case."""
    return _SPELLING.get(flag.lower(), flag)


class DemoMessage:
    """One message in one mailbox."""

    __slots__ = ("_source", "_tree", "date", "flags", "modseq", "uid")

    def __init__(
        self, uid: int, source: Source, flags: Iterable[str], date: datetime
    ) -> None:
        self.uid = uid
        self.flags = {canonical(flag) for flag in flags}
        self.date = date
        """INTERNALDATE, with its zone."""
        self.modseq = 0
        self._source = source
        self._tree: Node | None = None

    @property
    def raw(self) -> bytes:
        """The whole message, with CRLF line ends."""
        if not isinstance(self._source, bytes):
            self._source = self._source()
        return self._source

    @property
    def tree(self) -> Node:
        """Its MIME structure."""
        if self._tree is None:
            self._tree = parse(self.raw)
        return self._tree

    @property
    def source(self) -> Source:
        """What a copy of this message is made from."""
        return self._source


@dataclass(slots=True)
class DemoMailbox:
    """One mailbox: its messages by UID, and what was expunged when."""

    uidvalidity: int
    special_use: str = ""
    """An attribute of RFC 6154 like `\\Sent`, or `''`."""
    subscribed: bool = True
    uidnext: int = 1
    modseq: int = 1
    """HIGHESTMODSEQ."""
    messages: dict[int, DemoMessage] = field(default_factory=dict)
    """In ascending order of UID."""
    expunged: list[tuple[int, int]] = field(default_factory=list)
    """(modseq, UID) of every message that is gone, in the order of going."""

    def add(self, source: Source, flags: Iterable[str], date: datetime) -> DemoMessage:
        """Put a message in and give it the next UID."""
        if isinstance(source, bytes):
            source = _BARE_LF.sub(b"\r\n", source)
        message = DemoMessage(self.uidnext, source, flags, date)
        self.uidnext += 1
        self.messages[message.uid] = message
        self.touch(message)
        return message

    def touch(self, message: DemoMessage) -> None:
        """Note that a message changed."""
        self.modseq += 1
        message.modseq = self.modseq

    def remove(self, uids: Iterable[int]) -> list[int]:
        """Expunge messages; gives the UIDs that were there."""
        gone = [uid for uid in uids if self.messages.pop(uid, None) is not None]
        if gone:
            self.modseq += 1
            self.expunged += [(self.modseq, uid) for uid in gone]
        return gone

    def expunged_since(self, modseq: int) -> list[int]:
        """UIDs expunged after `modseq`, ascending."""
        start = bisect_left(self.expunged, (modseq + 1, 0))
        return sorted(uid for _, uid in self.expunged[start:])

    def flags_in_use(self) -> list[str]:
        """System flags, then the keywords that some message has."""
        used = {flag for each in self.messages.values() for flag in each.flags}
        return [*SYSTEM_FLAGS, *sorted(used.difference(SYSTEM_FLAGS))]

    def unseen(self) -> int:
        """How many messages lack `\\Seen`."""
        return sum("\\Seen" not in each.flags for each in self.messages.values())


class MailStore:
    """All mailboxes of one user. Not thread-safe: one thread owns it."""

    delimiter = "/"

    def __init__(self, uidvalidity: int = 1) -> None:
        self._validity = uidvalidity
        self.boxes: dict[str, DemoMailbox] = {}
        """By name as on the wire (modified UTF-7)."""
        self.subscriptions_only: set[str] = set()
        """Names that are subscribed to and do not exist (any more)."""
        self.make("INBOX")

    def make(self, wire_name: str, special_use: str = "") -> DemoMailbox:
        """A new empty mailbox; names that were used before get a new UIDVALIDITY."""
        box = DemoMailbox(self._validity, special_use)
        self._validity += 1
        self.boxes[wire_name] = box
        return box

    def add(self, name: str, special_use: str = "") -> DemoMailbox:
        """The mailbox with this readable name, made if there is none."""
        wire_name = utf7.encode(name)
        found = self.boxes.get(wire_name)
        return found or self.make(wire_name, special_use)

    def __iter__(self) -> Iterator[str]:
        return iter(self.boxes)
