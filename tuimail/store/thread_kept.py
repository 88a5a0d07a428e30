"""The order of a mailbox as conversations, mended when something changes.

To work out the order of 100,000 messages takes a second and more, so it is kept with
what it was made of. Then what has come and left is found (`thread_blocks`), and which
conversations are others now (`thread_news`); these conversations are worked out again
and put where they belong, all others are copied. The result is that of working out all.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from tuimail.mail.types import MailboxId
from tuimail.store import thread_news
from tuimail.store.database import Database
from tuimail.store.thread_blocks import SIZE, Block, Changed, look, read
from tuimail.store.thread_order import Order, Shown, Together, together
from tuimail.store.thread_rows import everything, items_of, picked, threads_of

FEW = 400
"""Messages of which only their own conversations are read, and not all there are."""
SHARE = 4
"""When more than this part of the messages is to be placed, all is worked out again."""


@dataclass(slots=True)
class _Made:
    """An order, and its conversations one by one."""

    blocks: list[Block]
    news: int
    """The last batch of news that is in it."""
    order: Order = field(default_factory=Order)
    threads: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    arrivals: array[int] = field(default_factory=lambda: array("q"))
    newest: array[int] = field(default_factory=lambda: array("q"))
    """With the arrival: what the conversations are sorted by."""

    def add(self, some: Together) -> None:
        """Put a conversation behind the others."""
        self.order.add(some.lines)
        self.threads.append(some.thread)
        self.sizes.append(len(some.lines))
        self.arrivals.append(some.newest.arrival)
        self.newest.append(some.newest.message)

    def copy(self, other: _Made, start: int, end: int, lines: tuple[int, int]) -> None:
        """Put conversations of another order behind the others."""
        self.order.copy(other.order, *lines)
        self.threads += other.threads[start:end]
        self.sizes += other.sizes[start:end]
        self.arrivals += other.arrivals[start:end]
        self.newest += other.newest[start:end]

    def place(self, newest: Shown) -> int:
        """The first conversation that stands below one that is sorted by this."""
        return bisect_left(
            range(len(self.threads)),
            (-newest.arrival, -newest.message),
            key=lambda at: (-self.arrivals[at], -self.newest[at]),
        )


class Kept:
    """The order of one mailbox; for one thread at a time."""

    def __init__(
        self, state: Database, cache: Database, mailbox: MailboxId, size: int = SIZE
    ) -> None:
        self._state = state
        self._cache = cache
        self._mailbox = mailbox
        self._size = size
        self._made: _Made | None = None

    def order(self) -> Order:
        """As it is now; the same object while nothing has changed."""
        order = self.mended()
        if order is None:
            self._made = self._anew()
            order = self._made.order
        return order

    def mended(self) -> Order | None:
        """The same, when it is to be had in some milliseconds."""
        if self._made is not None:
            with self._state.snapshot():
                self._made = self._mended(self._made)
        return None if self._made is None else self._made.order

    def _anew(self) -> _Made:
        # What comes while all is read is in the next news.
        news = thread_news.number(self._cache)
        with self._state.snapshot():
            made = _Made(read(self._state, self._mailbox, self._size), news)
        rows = [row for block in made.blocks for row in block.shown()]
        if len(rows) <= FEW:
            threads = threads_of(self._cache, (row.content for row in rows))
            items = items_of(self._cache, set(threads.values()))
        else:
            threads, items = everything(self._cache, rows)
        for some in together(rows, threads, items):
            made.add(some)
        return made

    def _mended(self, made: _Made) -> _Made | None:
        """None when it is less work to begin anew."""
        news = thread_news.since(self._cache, made.news)
        if news is None:
            return None
        changed = look(self._state, self._mailbox, made.blocks, self._size)
        touched = self._touched(made.order, changed, news.threads)
        places = [at for at, each in enumerate(made.threads) if each in touched]
        if not places and not changed.come:
            made.blocks, made.news = changed.blocks, news.number
            return made
        ends = array("q", accumulate(made.sizes, initial=0))
        messages = made.order.messages
        stay = [
            each
            for at in places
            for each in messages[ends[at] : ends[at + 1]]
            if each not in changed.left
        ]
        if len(stay) + len(changed.come) > max(FEW, len(messages) // SHARE):
            return None
        rows = picked(self._state, stay) + changed.come
        fresh = _Made(changed.blocks, news.number)
        self._place(made, fresh, places, ends, rows)
        return fresh

    def _touched(self, order: Order, changed: Changed, news: set[int]) -> set[int]:
        """Conversations that are to be worked out again."""
        contents = [row.content for row in changed.come]
        threads = threads_of(self._cache, contents)
        touched = news | {threads.get(content, content) for content in contents}
        left = changed.left
        if left:
            pairs = zip(order.messages, order.threads, strict=True)
            touched.update(thread for message, thread in pairs if message in left)
        return touched

    def _place(
        self,
        made: _Made,
        fresh: _Made,
        gone: Iterable[int],
        ends: array[int],
        rows: Sequence[Shown],
    ) -> None:
        """Copy without the conversations at some places, with those of these rows."""
        threads = threads_of(self._cache, [row.content for row in rows])
        items = items_of(self._cache, set(threads.values()))
        steps: list[tuple[int, Together | None]] = [(at, None) for at in gone]
        steps += [
            (made.place(each.newest), each) for each in together(rows, threads, items)
        ]
        done = 0
        # Several that come to one place stay in their own order: above what is there.
        for at, some in sorted(steps, key=lambda step: (step[0], step[1] is None)):
            fresh.copy(made, done, at, (ends[done], ends[at]))
            done = at
            if some is None:
                done += 1
            else:
                fresh.add(some)
        last = len(made.threads)
        fresh.copy(made, done, last, (ends[done], ends[last]))
