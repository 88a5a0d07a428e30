"""Conversations: which one every content belongs to, and lists in their order.

The rules are those of `mail.threads`; here are their tables. All of it is derived from
`content` and lies in cache.db: when that is deleted, or state.db is another one, the
work begins anew. Conversations go over all folders of an account. Contents that are
gone keep their rows until `sweep`: they still say how others hang together.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterable
from typing import Any

from tuimail.mail.threads import Fields, Item, Keys
from tuimail.mail.types import AccountId, ContentId, MailboxId, MessageId, ThreadId
from tuimail.store.database import Database
from tuimail.store.encode import load_ids
from tuimail.store.identity import agree
from tuimail.store.thread_order import (
    Line,
    Order,
    Shown,
    age,
    lines_of,
    ordered,
    several_of,
)
from tuimail.store.threading import (
    Step,
    forget,
    join_subjects,
    put_off_subjects,
    subjects_known,
    take_in,
)

__all__ = ["Line", "Order", "Threads"]

WINDOW = 400
"""Messages that are looked at together for the top of a list."""
NEAR = 64
_MARK = "threads"


class Threads:
    """Tables `thread…` of cache.db, and the lists that come of them."""

    def __init__(self, state: Database, cache: Database) -> None:
        self._state = state
        self._cache = cache
        _agree(state, cache)

    # -- taking in ----------------------------------------------------------

    def catch_up(self, limit: int = 500) -> int:
        """Put the next contents into conversations; gives how many, 0 at the end."""
        return self.step(limit).contents

    def step(self, limit: int = 500) -> Step:
        """The same, and says of which accounts they were."""
        mark = self._mark()
        found = self._state.rows(_CONTENTS, (mark, limit))
        if not found:
            return self._complete()
        read = [row for row in found if not row[5]]
        items = _read(read)
        accounts = [row[1] for row in read]
        with self._cache.write(durable=False) as tx:
            if self._mark() != mark:
                # Somebody else was quicker.
                return Step(len(found), frozenset())
            if mark == 0 and len(found) == limit:
                put_off_subjects(tx)
            take_in(tx, items, accounts)
            tx.execute(
                "INSERT OR REPLACE INTO meta VALUES(?, ?)", (_MARK, str(found[-1][0]))
            )
        return Step(len(found), frozenset(map(AccountId, accounts)))

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
                take_in(tx, _read(rows), [row[1] for row in rows])
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
        rows = self._state.rows(_PICKED, (json.dumps(list(messages)),))
        threads = self._threads(content for _, content, _ in rows)
        return {
            MessageId(message): ThreadId(threads.get(content, content))
            for message, content, _ in rows
        }

    def members(self, threads: Collection[ThreadId]) -> dict[ContentId, ThreadId]:
        """The contents of conversations; some may be gone."""
        found = self._items(threads)
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
        rows = self._shown(contents, mailbox)
        return [MessageId(row.message) for row in rows]

    def tree(self, thread: ThreadId, mailbox: MailboxId | None = None) -> Order:
        """The messages of a conversation shown in a mailbox, or anywhere."""
        items = self._items([thread]).get(thread, [])
        contents = [each.number for each in items] or [thread]
        return Order(lines_of(thread, items, self._shown(contents, mailbox)))

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
        return max(map(age, self._shown(contents, mailbox)), default=None)

    def order(self, source: MailboxId | Collection[MessageId]) -> Order:
        """A whole list: a mailbox, or some messages.

        The conversation with the newest message first; in it, answers behind what they
        answer, by their date.
        """
        if isinstance(source, int):
            found = self._state.rows(_IN_MAILBOX, (source,))
        else:
            found = self._state.rows(_PICKED, (json.dumps(list(source)),))
        rows = [Shown(*row) for row in found]
        if len(rows) <= WINDOW:
            threads = self._threads(row.content for row in rows)
            items = self._items(set(threads.values()))
            return Order(ordered(rows, threads, items))
        everything = self._cache.rows(_ALL)
        threads = {row[0]: row[1] for row in everything}
        several = several_of(rows, threads)
        items = {}
        for row in everything:
            # Of one that is shown alone it matters only whether it answers something.
            if row[1] in several or row[3]:
                items.setdefault(row[1], []).append(_stored(row))
        return Order(ordered(rows, threads, items))

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
            threads = self._threads(content for _, content, _ in found)
            fresh = list(
                dict.fromkeys(threads.get(c, c) for _, c, _ in found if c is not None)
            )
            fresh = [thread for thread in fresh if thread not in done]
            done.update(fresh)
            items = self._items(fresh)
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
        return {row.message: row for row in self._shown(contents, mailbox)}

    def _shown(
        self, contents: Collection[int], mailbox: MailboxId | None
    ) -> list[Shown]:
        rows = self._state.rows(
            _OF_CONTENTS, (json.dumps(list(contents)), mailbox, mailbox)
        )
        return [Shown(*row) for row in rows]

    def _threads(self, contents: Iterable[int]) -> dict[int, int]:
        wanted = json.dumps(list(dict.fromkeys(contents)))
        return dict(self._cache.rows(_THREADS_OF, (wanted,)))

    def _items(self, threads: Collection[int]) -> dict[int, list[Item]]:
        found: dict[int, list[Item]] = {}
        for row in self._cache.rows(_MEMBERS, (json.dumps(list(threads)),)):
            found.setdefault(row[1], []).append(_stored(row))
        return found


_CONTENT = """
SELECT id, account_id, coalesce(date, (SELECT min(internaldate) FROM msg
  WHERE content_id=c.id), 0), subject, envelope, problem<>'' FROM content c"""
_CONTENTS = f"{_CONTENT} WHERE id>? ORDER BY id LIMIT ?"
_READ = "SELECT id FROM content WHERE id<=? AND problem=''"
_PICKED = """
SELECT m.id, m.content_id, m.internaldate FROM json_each(?) j
  CROSS JOIN msg m ON m.id=j.value WHERE m.view_id IS NOT NULL"""
_IN_MAILBOX = "SELECT id, content_id, internaldate FROM msg WHERE view_id=?"
_NEXT = """
SELECT id, content_id, internaldate FROM msg
WHERE view_id=? AND (internaldate, id) < (?, ?)
ORDER BY internaldate DESC, id DESC LIMIT ?"""
_PREVIOUS = """
SELECT id, content_id, internaldate FROM msg
WHERE view_id=? AND (internaldate, id) > (?, ?) ORDER BY internaldate, id LIMIT ?"""
_OF_CONTENTS = """
SELECT m.id, m.content_id, m.internaldate FROM json_each(?) j
  CROSS JOIN msg m ON m.content_id=j.value
WHERE m.view_id IS NOT NULL AND (? IS NULL OR m.view_id=?)"""
_THREADS_OF = """
SELECT t.content_id, ifnull(j.thread_id, t.group_id) FROM json_each(?) e
  CROSS JOIN thread t ON t.content_id=e.value
  LEFT JOIN thread_joined j ON j.group_id=t.group_id"""
_COLUMNS = "t.key, t.refs, t.date, t.base, t.loose"
_ALL = f"""
SELECT t.content_id, ifnull(j.thread_id, t.group_id), {_COLUMNS}
FROM thread t LEFT JOIN thread_joined j ON j.group_id=t.group_id"""
_MEMBERS = f"""
SELECT t.content_id, g.thread_id, {_COLUMNS}
FROM (SELECT value AS group_id, value AS thread_id FROM json_each(?1)
    WHERE value NOT IN (SELECT group_id FROM thread_joined)
  UNION ALL SELECT j.group_id, j.thread_id FROM json_each(?1) e
    CROSS JOIN thread_joined j ON j.thread_id=e.value) g
  CROSS JOIN thread t ON t.group_id=g.group_id"""


def _agree(state: Database, cache: Database) -> None:
    """Begin anew when the contents are those of another state.db."""
    if not agree(state, cache, "threads of"):
        return
    with cache.write(durable=False) as tx:
        for table in ("thread", "thread_key", "thread_joined"):
            tx.execute(f"DELETE FROM {table}")
        tx.execute("DELETE FROM meta WHERE k=?", (_MARK,))


def _read(rows: Iterable[Any]) -> list[Fields]:
    """What threading has to know of these contents."""
    scopes: dict[int, Keys] = {}
    found = []
    for number, account, date, subject, envelope, _ in rows:
        keys = scopes.get(account)
        if keys is None:
            keys = scopes[account] = Keys(str(account))
        own, above, named = load_ids(envelope)
        found.append(keys.fields(number, own, above, named, subject, date))
    return found


def _stored(row: Any) -> Item:
    content, _, key, refs, date, base, loose = row
    return Item(content, key, tuple(array("q", refs)), date, base, bool(loose))
