"""Orders of messages that a list shows: a folder as it lies, or what was found.

A folder's rows are read by key and cost the same however many there are. What was
found (by a query, in another order, as conversations) is an array of message ids, eight
octets each; rows are read from the store when drawn, so nothing is held twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from tuimail.engine.views import NOTHING, PLAIN, Branch, Shape
from tuimail.mail.types import (
    Header,
    Listing,
    Mailbox,
    MailboxId,
    MessageId,
    SafeText,
)

if TYPE_CHECKING:
    from tuimail.engine.service import MailService
    from tuimail.store.threads import Order


class FolderRows:
    """The messages of one folder, newest first."""

    threaded = False
    folded: frozenset[int] = frozenset()
    covered = NOTHING

    def __init__(
        self, service: MailService, mailbox: MailboxId, shape: Shape = PLAIN
    ) -> None:
        self._service = service
        self.mailbox = mailbox
        self.shape = shape

    def listing(self) -> Listing:
        """What is known of the folder as a whole."""
        return self._service.listing(self.mailbox)

    def page(
        self,
        *,
        after: Header | None = None,
        before: Header | None = None,
        oldest: bool = False,
        limit: int = 64,
    ) -> list[Header]:
        """Up to `limit` rows: the first ones, next to a row, or the last."""
        return self._service.page(
            self.mailbox,
            after=after.key if after else None,
            before=before.key if before else None,
            oldest=oldest,
            limit=limit,
        )

    def rank(self, row: Header) -> int:
        """How many rows stand above a row."""
        return self._service.rank(self.mailbox, row.key)

    def row(self, message: MessageId) -> Header | None:
        """The row of a message; None when it is not in this list."""
        header = self._service.header(message)
        return header if header is not None and header.mailbox == self.mailbox else None

    def next_unread(self, row: Header, forward: bool = True) -> Header | None:
        """The nearest unread row below (`forward`) or above a row."""
        return self._service.next_unread(self.mailbox, row.key, forward)

    def neighbour(self, row: Header, forward: bool = True) -> Header | None:
        """The row right below or above a row."""
        return self._service.neighbour(self.mailbox, row.key, forward)

    def branch(self, message: MessageId) -> Branch | None:
        """Where a row stands in its conversation; None in a plain list."""
        return None

    def thread(self, message: MessageId) -> list[MessageId]:
        """A plain list has no conversations."""
        return []

    def parent(self, message: MessageId) -> MessageId | None:
        """A plain list has no conversations."""
        return None

    def fold(self, threads: Iterable[int] | None) -> None:
        """A plain list has no conversations."""

    def concerns(self, mailbox: MailboxId) -> bool:
        """Whether changes of a folder may change this list."""
        return mailbox == self.mailbox

    def ids(self) -> Collection[MessageId]:
        """Every message of the list."""
        return self._service.store.messages.ids(self.mailbox)

    def still(self, messages: Collection[MessageId]) -> set[MessageId]:
        """Those of these messages that lie in the folder."""
        return _lying(self._service, messages, self.mailbox)

    def forget(self, messages: Iterable[MessageId]) -> None:
        """Rows have left by the user's own act; the store knows it already."""


class FoundRows:
    """Messages in an order that was worked out, as it stood then."""

    def __init__(
        self,
        service: MailService,
        box: Mailbox,
        shape: Shape,
        ids: array[int],
        *,
        order: Order | None = None,
        loading: bool = False,
        covered: SafeText = NOTHING,
    ) -> None:
        """`box` is the folder it is about, or a virtual one; `ids` in their order.

        `order`: the same messages as conversations.
        """
        self.covered = covered
        """What was looked through for it, in words."""
        self._service = service
        self._box = box
        self.mailbox = box.id
        self.shape = shape
        self._ids = ids
        self._order = order
        self._loading = loading
        self._places: dict[int, int] | None = None
        self._lines: dict[int, int] = {} if order is None else order.places
        """Message to its place in `order`."""
        self.folded: set[int] = set()
        """Conversations of which only the first message is shown."""

    @property
    def threaded(self) -> bool:
        """Whether it shows conversations."""
        return self.shape.threads

    def __len__(self) -> int:
        return len(self._ids)

    def listing(self) -> Listing:
        """The folder, with what was found of it."""
        known, box = len(self._ids), self._box
        if box.id < 0:
            box = box._replace(total=known)
        elif self.shape.query:
            # The folder's own counts would be taken for those of what was found.
            box = box._replace(total=known, unread=None)
        synced = None if self._loading else 0
        return Listing(box, known, (), self._loading, synced, self.shape.query)

    def page(
        self,
        *,
        after: Header | None = None,
        before: Header | None = None,
        oldest: bool = False,
        limit: int = 64,
    ) -> list[Header]:
        """Up to `limit` rows: the first ones, next to a row, or the last."""
        if after is not None:
            start = self.rank(after) + 1
            return self._headers(start, start + limit)
        if before is not None:
            end = self.rank(before)
            return self._headers(max(0, end - limit), end)
        if oldest:
            return self._headers(max(0, len(self._ids) - limit), len(self._ids))
        return self._headers(0, limit)

    def rank(self, row: Header) -> int:
        """How many rows stand above a row."""
        return self._index.get(row.id, 0)

    def row(self, message: MessageId) -> Header | None:
        """The row of a message; None when it is not in this list, or not any more."""
        header = self._service.header(message) if message in self._index else None
        left = header is not None and header.mailbox != self.mailbox > 0
        return None if left else header

    def next_unread(self, row: Header, forward: bool = True) -> Header | None:
        """The nearest unread row below (`forward`) or above a row."""
        at = self.rank(row)
        ids = self._ids[at + 1 :] if forward else self._ids[:at][::-1]
        found = self._service.store.messages.first_unread(ids)
        return self._service.header(found) if found else None

    def neighbour(self, row: Header, forward: bool = True) -> Header | None:
        """The row right below or above a row."""
        at = self.rank(row) + (1 if forward else -1)
        return next(iter(self._headers(max(0, at), at + 1)), None)

    def branch(self, message: MessageId) -> Branch | None:
        """Where a row stands in its conversation; None in a plain list."""
        at = self._lines.get(message)
        if self._order is None or at is None:
            return None
        thread, depth = self._order.threads[at], self._order.depths[at]
        begins = at == 0 or self._order.threads[at - 1] != thread
        missing = bool(self._order.missing[at])
        return Branch(
            thread,
            depth,
            self._size(at) if begins else 0,
            begins and thread in self.folded,
            missing,
        )

    def _size(self, at: int) -> int:
        """How many messages of its conversation stand from this line on."""
        threads = self._order.threads if self._order is not None else ()
        end = at
        while end < len(threads) and threads[end] == threads[at]:
            end += 1
        return end - at

    def thread(self, message: MessageId) -> list[MessageId]:
        """The messages of its conversation in this list, in their order."""
        at = self._lines.get(message)
        if self._order is None or at is None:
            return []
        threads = self._order.threads
        while at and threads[at - 1] == threads[at]:
            at -= 1
        some = self._order.messages[at : at + self._size(at)]
        return [MessageId(each) for each in some]

    def parent(self, message: MessageId) -> MessageId | None:
        """What a message answers, as far as that is in this list."""
        at = self._lines.get(message)
        if self._order is None or at is None or not self._order.parents[at]:
            return None
        return MessageId(self._order.parents[at])

    def fold(self, threads: Iterable[int] | None) -> None:
        """Show only the first message of these conversations, or of all (None).

        One that has left meanwhile stays folded, should it come back.
        """
        if self._order is None:
            return
        pairs = pairwise(self._order.threads)
        every = {thread for thread, following in pairs if thread == following}
        self.folded = every if threads is None else set(threads)
        shown, last = array("q"), 0
        for message, thread in zip(
            self._order.messages, self._order.threads, strict=True
        ):
            if thread != last or thread not in self.folded:
                shown.append(message)
            last = thread
        self._ids, self._places = shown, None

    def concerns(self, mailbox: MailboxId) -> bool:
        """Whether changes of a folder may change this list."""
        return self.mailbox < 0 or mailbox == self.mailbox

    def ids(self) -> Collection[MessageId]:
        """Every message of the list."""
        return [MessageId(each) for each in self._ids]

    def still(self, messages: Collection[MessageId]) -> set[MessageId]:
        """Those of these messages that lie in the folder; in any for a virtual one."""
        return _lying(self._service, messages, self.mailbox)

    def forget(self, messages: Iterable[MessageId]) -> None:
        """Take rows out that have left by the user's own act."""
        gone = set(messages)
        shown = self._service.store.messages.shown_in(gone)
        if self.mailbox > 0:
            gone -= {each for each, box in shown.items() if box == self.mailbox}
        else:
            gone -= shown.keys()
        if gone:
            self._ids = array("q", (each for each in self._ids if each not in gone))
            self._places = None

    @property
    def _index(self) -> dict[int, int]:
        if self._places is None:
            if self._order is not None and self._ids is self._order.messages:
                self._places = self._lines
            else:
                self._places = {each: at for at, each in enumerate(self._ids)}
        return self._places

    def _headers(self, start: int, end: int) -> list[Header]:
        """Rows of a part of the order; one that is gone meanwhile keeps its place."""
        some = [MessageId(each) for each in self._ids[start:end]]
        return self._service.store.messages.in_order(some)


def _lying(
    service: MailService, messages: Collection[MessageId], mailbox: MailboxId
) -> set[MessageId]:
    shown = service.store.messages.shown_in(messages)
    if mailbox > 0:
        return {each for each, box in shown.items() if box == mailbox}
    # Virtual folders list what is snoozed as well.
    return {*shown, *service.store.snoozing.homes(messages)}
