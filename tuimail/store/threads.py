"""Conversations: which one every content belongs to, and lists in their order.

The rules are those of `mail.threads`; here are their tables. All of it is derived from
`content` and lies in cache.db: when that is deleted, or state.db is another one, the
work begins anew. Conversations go over all folders of an account. Contents that are
gone keep their rows until `sweep`: they still say how others hang together.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable
from typing import Any

from tuimail.mail.threads import Fields, Item, Keys
from tuimail.mail.types import AccountId, ContentId, MailboxId, MessageId, ThreadId
from tuimail.store import thread_news
from tuimail.store.database import Database
from tuimail.store.encode import load_ids
from tuimail.store.identity import agree
from tuimail.store.thread_kept import FEW, Kept
from tuimail.store.thread_order import Line, Order, Shown, age, lines_of, ordered
from tuimail.store.thread_rows import (
    everything,
    items_of,
    picked,
    shown_of,
    threads_of,
)
from tuimail.store.threading import (
    Step,
    forget,
    holds,
    join_subjects,
    put_off_subjects,
    subjects_known,
    take_in,
)

__all__ = ["Line", "Order", "Threads"]

KEPT = 2
"""Mailboxes of which the whole order is kept: 50 octets a message."""
WINDOW = 400
"""Messages that are looked at together for the top of a list."""
NEAR = 64
PIECE = 500
"""Contents that are read in one go."""
_MARK = "threads"


class Threads:
    """Tables `thread…` of cache.db, and the lists that come of them."""

    def __init__(self, state: Database, cache: Database) -> None:
        self._state = state
        self._cache = cache
        self._kept: dict[MailboxId, Kept] = {}
        """The mailboxes that were asked for last, the last one behind."""
        self._keeping = threading.Lock()
        _agree(state, cache)

    # -- taking in ----------------------------------------------------------

    def catch_up(self, limit: int = 500) -> int:
        """Put the next contents into conversations; gives how many, 0 at the end."""
        return self.step(limit).contents

    def step(self, limit: int = 500, pause: Callable[[], None] = lambda: None) -> Step:
        """The same, and says of which accounts they were.

        `pause` is called between short pieces of reading, when nothing is locked.
        """
        mark = self._mark()
        items: list[Fields] = []
        accounts: list[int] = []
        scopes: dict[int, Keys] = {}
        count, last = 0, mark
        while count < limit:
            found = self._state.rows(_CONTENTS, (last, min(PIECE, limit - count)))
            if not found:
                break
            count, last = count + len(found), found[-1][0]
            read = [row for row in found if not row[5]]
            items += _read(read, scopes)
            accounts += [row[1] for row in read]
            pause()
        if not count:
            return self._complete()
        with self._cache.write(durable=False) as tx:
            if self._mark() != mark:
                # Somebody else was quicker.
                return Step(count, frozenset())
            if count == limit and not holds(tx, limit):
                put_off_subjects(tx)
            take_in(tx, items, accounts)
            tx.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_MARK, str(last)))
        return Step(count, frozenset(map(AccountId, accounts)))

    def _complete(self) -> Step:
        """Nothing more is to be taken in: do what was put off."""
        if subjects_known(self._cache.connection()):
            return Step(0, frozenset())
        with self._cache.write(durable=False) as tx:
            return Step(0, frozenset(join_subjects(tx)))

    def behind(self) -> int:
        """How many contents are not in conversations yet, at most."""
        newest = self._state.value("SELECT ifnull(max(id), 0) FROM content")
        return max(0, int(newest) - self._mark())

    def sweep(self) -> int:
        """Forget contents that are gone, and take in headers that were mended.

        Gives how many. Reads the ids of all contents: 50 ms for 100,000.
        """
        mark = self._mark()
        here = {number for (number,) in self._state.rows(_READ, (mark,))}
        known = {id for (id,) in self._cache.rows("SELECT content_id FROM thread")}
        gone, mended = known - here, here - known
        self.forget(gone)
        if mended:
            rows = self._state.rows(
                _CONTENT + " WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(mended)),),
            )
            with self._cache.write(durable=False) as tx:
                take_in(tx, _read(rows, {}), [row[1] for row in rows])
        return len(gone) + len(mended)

    def forget(self, contents: Collection[int]) -> int:
        """Take contents out of the tables; gives how many."""
        if contents:
            with self._cache.write(durable=False) as tx:
                forget(tx, contents)
        return len(contents)

    def _mark(self) -> int:
        found = self._cache.value("SELECT v FROM meta WHERE k=?", (_MARK,))
        return int(found or 0)

    # -- questions ----------------------------------------------------------

    def of(self, messages: Iterable[MessageId]) -> dict[MessageId, ThreadId]:
        """The conversation of each of these messages, as far as they exist.

        One that is not taken in yet is a conversation of its own.
        """
        rows = picked(self._state, messages)
        threads = threads_of(self._cache, [row.content for row in rows])
        return {
            MessageId(message): ThreadId(threads.get(content, content))
            for message, content, _ in rows
        }

    def members(self, threads: Collection[ThreadId]) -> dict[ContentId, ThreadId]:
        """The contents of conversations; some may be gone."""
        found = items_of(self._cache, threads)
        return {
            ContentId(each.number): ThreadId(thread)
            for thread, items in found.items()
            for each in items
        }

    def messages(
        self, threads: Collection[ThreadId], mailbox: MailboxId | None = None
    ) -> list[MessageId]:
        """The messages of conversations that are shown in a mailbox, or anywhere."""
        contents = list(self.members(threads)) or [ContentId(t) for t in threads]
        rows = shown_of(self._state, contents, mailbox)
        return [MessageId(row.message) for row in rows]

    def tree(self, thread: ThreadId, mailbox: MailboxId | None = None) -> Order:
        """The messages of a conversation shown in a mailbox, or anywhere."""
        items = items_of(self._cache, [thread]).get(thread, [])
        contents = [each.number for each in items] or [thread]
        return Order(lines_of(thread, items, shown_of(self._state, contents, mailbox)))

    def neighbour(
        self, mailbox: MailboxId, message: MessageId, forward: bool = True
    ) -> MessageId | None:
        """The first message of the conversation below (`forward`) or above.

        In the order of `order(mailbox)`; None where there is none.
        """
        thread = self.of([message]).get(message)
        if thread is None:
            return None
        key = self._newest(thread, mailbox)
        sql = _NEXT if forward else _PREVIOUS
        while key is not None:
            found = self._state.rows(sql, (mailbox, *key, NEAR))
            for number, _, arrival in found:
                other = self.of([number]).get(number)
                if other is not None and self._newest(other, mailbox) == (
                    arrival,
                    number,
                ):
                    return next(line.message for line in self.tree(other, mailbox))
            key = (found[-1][2], found[-1][0]) if found else None
        return None

    def _newest(self, thread: ThreadId, mailbox: MailboxId) -> tuple[int, int] | None:
        contents = list(self.members([thread])) or [ContentId(thread)]
        return max(map(age, shown_of(self._state, contents, mailbox)), default=None)

    def order(self, source: MailboxId | Collection[MessageId]) -> Order:
        """A whole list: a mailbox, or some messages.

        The conversation with the newest message first; in it, answers behind what they
        answer, by their date. Of a mailbox it is kept and mended when it is asked for
        again; the same object as before when nothing has changed.
        """
        if isinstance(source, int):
            with self._keeping:
                return self._keep(source).order()
        rows = picked(self._state, source)
        if len(rows) <= FEW:
            threads = threads_of(self._cache, (row.content for row in rows))
            items = items_of(self._cache, set(threads.values()))
            return Order(ordered(rows, threads, items))
        return Order(ordered(rows, *everything(self._cache, rows)))

    def mended(self, mailbox: MailboxId) -> Order | None:
        """`order` of a mailbox, when it is to be had in some milliseconds."""
        with self._keeping:
            return self._keep(mailbox).mended() if mailbox in self._kept else None

    def _keep(self, mailbox: MailboxId) -> Kept:
        found = self._kept.pop(mailbox, None)
        if found is None:
            for oldest in list(self._kept)[: 1 - KEPT]:
                del self._kept[oldest]
            found = Kept(self._state, self._cache, mailbox)
        self._kept[mailbox] = found
        return found

    def top(self, mailbox: MailboxId, want: int = 100) -> Order:
        """The beginning of `order(mailbox)`, at least `want` lines if there are.

        Costs what these conversations cost, not what the mailbox does.
        """
        rows: dict[int, Shown] = {}
        done: set[int] = set()
        lines: list[Line] = []
        below = (2**62, 2**62)
        while len(lines) < want:
            found = self._state.rows(_NEXT, (mailbox, *below, WINDOW))
            if not found:
                break
            below = found[-1][2], found[-1][0]
            threads = threads_of(self._cache, [content for _, content, _ in found])
            fresh = list(
                dict.fromkeys(threads.get(c, c) for _, c, _ in found if c is not None)
            )
            fresh = [thread for thread in fresh if thread not in done]
            done.update(fresh)
            items = items_of(self._cache, fresh)
            rows = self._rows_of(mailbox, fresh, items)
            of = {each.number: t for t, some in items.items() for each in some}
            lines += ordered(list(rows.values()), of, items)
        return Order(lines)

    # -- inside -------------------------------------------------------------

    def _rows_of(
        self, mailbox: MailboxId, threads: list[int], items: dict[int, list[Item]]
    ) -> dict[int, Shown]:
        contents = [each.number for some in items.values() for each in some]
        contents += [thread for thread in threads if thread not in items]
        return {row.message: row for row in shown_of(self._state, contents, mailbox)}


_CONTENT = """
SELECT id, account_id, coalesce(date, (SELECT min(internaldate) FROM msg
  WHERE content_id=c.id), 0), subject, envelope, problem<>'' FROM content c"""
_CONTENTS = f"{_CONTENT} WHERE id>? ORDER BY id LIMIT ?"
_READ = "SELECT id FROM content WHERE id<=? AND problem=''"
_NEXT = """
SELECT id, content_id, internaldate FROM msg
WHERE view_id=? AND (internaldate, id) < (?, ?)
ORDER BY internaldate DESC, id DESC LIMIT ?"""
_PREVIOUS = """
SELECT id, content_id, internaldate FROM msg
WHERE view_id=? AND (internaldate, id) > (?, ?) ORDER BY internaldate, id LIMIT ?"""


def _agree(state: Database, cache: Database) -> None:
    """Begin anew when the contents are those of another state.db."""
    if not agree(state, cache, "threads of"):
        return
    with cache.write(durable=False) as tx:
        for table in ("thread", "thread_key", "thread_joined"):
            tx.execute(f"DELETE FROM {table}")
        tx.execute("DELETE FROM meta WHERE k=?", (_MARK,))
        thread_news.tell(tx, None)


def _read(rows: Iterable[Any], scopes: dict[int, Keys]) -> list[Fields]:
    """What threading has to know of these contents; `scopes` are kept for a batch."""
    found = []
    for number, account, date, subject, envelope, _ in rows:
        keys = scopes.get(account)
        if keys is None:
            keys = scopes[account] = Keys(str(account))
        own, above, named = load_ids(envelope)
        found.append(keys.fields(number, own, above, named, subject, date))
    return found
