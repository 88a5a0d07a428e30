"""Lists of conversations: what stands where. Pure; `store.threads` reads for it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from tuimail.mail.threads import Item, arranged
from tuimail.mail.types import MessageId, ThreadId


class Line(NamedTuple):
    """One message in a list of conversations."""

    message: MessageId
    thread: ThreadId
    depth: int
    """0 for the first message of its conversation."""
    parent: MessageId | None
    """The nearest ancestor in this list."""
    missing: bool
    """It answers a message that is not in this list."""


class Order:
    """Messages in the order of a list of conversations, kept small."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self._places: dict[int, int] | None = None
        self.messages = array("q")
        self.threads = array("q")
        self.depths = array("l")
        self.parents = array("q")
        """0: none."""
        self.missing = bytearray()
        self.add(lines)

    def add(self, lines: Iterable[Line]) -> None:
        """Put lines behind the others."""
        for message, thread, depth, parent, missing in lines:
            self.messages.append(message)
            self.threads.append(thread)
            self.depths.append(depth)
            self.parents.append(parent or 0)
            self.missing.append(missing)

    def copy(self, other: Order, start: int, end: int) -> None:
        """Put some lines of another order behind the others."""
        self.messages += other.messages[start:end]
        self.threads += other.threads[start:end]
        self.depths += other.depths[start:end]
        self.parents += other.parents[start:end]
        self.missing += other.missing[start:end]

    @property
    def places(self) -> dict[int, int]:
        """The place of each message; nothing may be added after it was asked for."""
        if self._places is None:
            self._places = {each: at for at, each in enumerate(self.messages)}
        return self._places

    def __len__(self) -> int:
        return len(self.messages)

    def __getitem__(self, place: int) -> Line:
        parent = self.parents[place]
        return Line(
            MessageId(self.messages[place]),
            ThreadId(self.threads[place]),
            self.depths[place],
            MessageId(parent) if parent else None,
            bool(self.missing[place]),
        )

    def __iter__(self) -> Iterator[Line]:
        return (self[place] for place in range(len(self)))


class Shown(NamedTuple):
    """A message that is to be placed, with its key in the list."""

    message: int
    content: int
    arrival: int


class Together(NamedTuple):
    """One conversation of a list."""

    thread: int
    newest: Shown
    """What it is sorted by."""
    lines: list[Line]


def ordered(
    rows: Iterable[Shown], threads: dict[int, int], items: dict[int, list[Item]]
) -> Iterator[Line]:
    """Messages in the order of a list of conversations.

    `threads`: the conversation of a content; `items`: the mails of a conversation.
    """
    return chain.from_iterable(each.lines for each in together(rows, threads, items))


def together(
    rows: Iterable[Shown], threads: dict[int, int], items: dict[int, list[Item]]
) -> Iterator[Together]:
    """The same, conversation by conversation."""
    rows = sorted(rows, key=age, reverse=True)
    found: dict[int, list[Shown]] = {}
    for row in rows:
        thread = threads.get(row.content, row.content)
        found.setdefault(thread, []).append(row)
    for thread, some in found.items():
        lines = list(lines_of(thread, items.get(thread, []), some))
        yield Together(thread, some[0], lines)


def age(row: Shown) -> tuple[int, int]:
    """The key of a message in its list."""
    return row.arrival, row.message


def lines_of(thread: int, items: list[Item], rows: list[Shown]) -> Iterator[Line]:
    """The messages of one conversation; copies of one content stand together."""
    number = ThreadId(thread)
    if len(rows) == 1:
        ((message, content, _),) = rows
        missing = any(each.references for each in items if each.number == content)
        yield Line(MessageId(message), number, 0, None, missing)
        return
    copies: dict[int, list[int]] = {}
    for row in sorted(rows, key=age):
        copies.setdefault(row.content, []).append(row.message)
    known = {each.number for each in items}
    for content in copies:
        if content not in known:
            for message in copies[content]:
                yield Line(MessageId(message), number, 0, None, False)
    for placed in arranged(items, copies) if items else ():
        parent = copies[placed.parent][0] if placed.parent is not None else None
        above = None if parent is None else MessageId(parent)
        for message in copies[placed.number]:
            yield Line(MessageId(message), number, placed.depth, above, placed.missing)
