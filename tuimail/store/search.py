"""Find messages by a query, in any order: one SQL statement, made of the query's tree.

Words are looked up in the index in cache.db, everything else in state.db, so the
connections for it have both. Nothing here writes. What a word is asked for and what is
not in the index (a text that is not here) does not match.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from array import array
from contextlib import suppress
from typing import Any, NamedTuple

from tuimail.errors import StoreError
from tuimail.mail.query_terms import (
    And,
    Is,
    Or,
    Query,
    State,
    Words,
)
from tuimail.mail.subjects import base_subject
from tuimail.store.conditions import Scope, Where, own_addresses
from tuimail.store.database import Database, connect, sentence
from tuimail.store.flags import shown_keywords

RARE = 3000
"""Messages up to which words lead to them faster than going through a folder."""


class Interrupted(Exception):
    """A newer question came; nobody waits for this answer."""


class Group(NamedTuple):
    """All messages of one sender or one list."""

    key: str
    """Address, or List-Id."""
    name: str
    """As the newest of them says it; not an address where there is a name."""
    messages: int
    unread: int
    octets: int
    newest: int
    pending: int = 0
    """Of how many something is not on the server yet."""


LIST = (
    "lower(CASE instr(c.list_id, '<') WHEN 0 THEN c.list_id"
    " ELSE rtrim(substr(c.list_id, instr(c.list_id, '<')+1), '> ') END)"
)
"""A List-Id without the words that may stand before it (RFC 2919 §3)."""
KEYS = {"sender": "lower(c.sender_addr)", "list": LIST}
"""What makes messages one group."""
_PENDING = "(m.p_add|m.p_del|m.f_add|m.f_del)<>0 OR m.view_id IS NOT m.mailbox_id"
SORTS: dict[str, str] = {
    "date": "m.internaldate DESC, m.id DESC",
    "sender": "c.sender_name COLLATE NOCASE, c.sender_addr, {date}",
    "subject": "base_subject(c.subject), {date}",
    "size": "c.size DESC, {date}",
    "flags": "(m.eff & 4)=0, (m.eff & 1), (m.eff & 2)=0, {date}",
    "to-me": "c.id NOT IN (SELECT rowid FROM cache.head_words"
    " WHERE head_words MATCH ?), {date}",
    "list": "c.list_id IS NULL, c.list_id, {date}",
}
"""Orders by name; every one ends with the newest first."""
_DATE_UP = "m.internaldate, m.id"


class Search:
    """Questions; each thread has a connection of its own, that may be interrupted."""

    def __init__(self, state: Database, cache: Database) -> None:
        self._state = state
        self._cache = cache
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._closed = False

    def find(
        self,
        query: Query,
        scope: Scope,
        *,
        sort: str = "date",
        reverse: bool = False,
        limit: int = -1,
    ) -> array[int]:
        """Ids of the messages in their order, `limit` of them at most.

        Raises Interrupted after `interrupt`, StoreError when the files fail.
        """
        where = Where(scope)
        condition = where.of(query)
        order, values = _order(sort, reverse, scope)
        base, place = _base(query, scope)
        tables = _tables(condition + order)
        if self._rare(query):
            # From the few that have the words, and not through all of a folder.
            base = base.replace("m.view_id", "+m.view_id")
        elif base.startswith(_EVERYWHERE) and sort == "date":
            tables = tables.replace("msg m", "msg m INDEXED BY msg_time", 1)
        rows = self._rows(
            f"SELECT m.id {tables}"
            f" WHERE {base} AND {condition} ORDER BY {order} LIMIT ?",
            (*place, *where.values, *values, limit),
        )
        return array("q", (row[0] for row in rows))

    def _condition(self, query: Query, scope: Scope) -> tuple[str, tuple[Any, ...]]:
        """What a message fulfils that a query finds, with its values."""
        where = Where(scope)
        condition = where.of(query)
        base, place = _base(query, scope)
        return f"{base} AND {condition}", (*place, *where.values)

    def _rare(self, query: Query) -> bool:
        """Whether words that all must have are in few messages."""
        parts = query.parts if isinstance(query, And) else (query,)
        return any(
            isinstance(part, Words) and self._fewer(part, RARE) for part in parts
        )

    def _fewer(self, words: Words, than: int) -> bool:
        where = Where(Scope())
        found = where.of(words).removeprefix("m.content_id IN ")
        ((count,),) = self._rows(
            f"SELECT count(*) FROM (SELECT 1 FROM {found} LIMIT {than})",
            tuple(where.values),
        )
        return bool(count < than)

    def count(self, query: Query, scope: Scope) -> tuple[int, int]:
        """How many messages it finds, and how many of them are unread."""
        condition, values = self._condition(query, scope)
        ((found, unread),) = self._rows(
            f"SELECT count(*), ifnull(sum((m.eff & 1)=0), 0) {_tables(condition)}"
            f" WHERE {condition}",
            values,
        )
        return int(found), int(unread)

    def groups(self, query: Query, scope: Scope, by: str) -> list[Group]:
        """Senders (`sender`) or lists (`list`) of what it finds, the largest first."""
        condition, values = self._condition(query, scope)
        name = "c.list_id" if by == "list" else "c.sender_name"
        rows = self._rows(
            f"SELECT {KEYS[by]}, {name}, count(*), sum((m.eff & 1)=0), sum(c.size),"
            f" max(m.internaldate), sum({_PENDING}) {_tables('c.')}"
            f" WHERE {condition} AND {KEYS[by]} IS NOT NULL"
            " GROUP BY 1 ORDER BY 3 DESC, 6 DESC",
            values,
        )
        return [Group(*row) for row in rows]

    def interrupt(self) -> None:
        """Have every question that is under way end with Interrupted."""
        for connection in self._open:
            connection.interrupt()

    def rest(self) -> None:
        """Give back the pages that this thread's connection keeps: it waits now."""
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is not None and not self._closed:
            # It may be closed at this moment: then there is nothing to give back.
            with suppress(sqlite3.Error):
                known.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        """Close the connections; no question may be under way."""
        self._closed = True
        for connection in self._open:
            connection.close()
        self._open.clear()

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            return self._connection().execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise Interrupted from error
            raise StoreError(sentence(self._state.path, error)) from error
        except sqlite3.Error as error:
            raise self._state.explain(error) from error

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError("The local store is closed.")
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = connect(self._state.path)
            known.execute("ATTACH ? AS cache", (str(self._cache.path),))
            known.execute("PRAGMA query_only=ON")
            known.create_function("base_subject", 1, _base_subject, deterministic=True)
            known.create_function("has_keyword", 3, _has_keyword, deterministic=True)
            self._open.append(known)
        return known


def _tables(condition: str) -> str:
    joined = " JOIN content c ON c.id=m.content_id" if "c." in condition else ""
    return f"FROM msg m{joined}"


def _base_subject(subject: str) -> str:
    return base_subject(subject)[0]


def _has_keyword(s_kw: str, kw: str, wanted: str) -> bool:
    return any(each.lower() == wanted for each in shown_keywords(s_kw, kw))


def _order(sort: str, reverse: bool, scope: Scope) -> tuple[str, tuple[Any, ...]]:
    if sort == "date":
        return (_DATE_UP if reverse else SORTS["date"]), ()
    order = SORTS[sort].format(date=SORTS["date"])
    values = (own_addresses(scope),) if sort == "to-me" else ()
    if reverse:
        first, _, rest = order.partition(",")
        down = first.endswith(" DESC")
        first = first.removesuffix(" DESC") if down else f"{first} DESC"
        order = f"{first},{rest}"
    return order, values


_EVERYWHERE = "m.view_id IS NOT NULL"


def _base(query: Query, scope: Scope) -> tuple[str, tuple[Any, ...]]:
    """What is looked at at all."""
    if _asks_for(query, State.SNOOZED):
        return "m.id IN (SELECT msg_id FROM snooze)", ()
    if len(scope.mailboxes) == 1:
        return "m.view_id=?", (scope.mailboxes[0],)
    if scope.mailboxes:
        chosen = json.dumps(list(scope.mailboxes))
        among = "+m.view_id IN (SELECT value FROM json_each(?))"
        return f"{_EVERYWHERE} AND {among}", (chosen,)
    return _EVERYWHERE, ()


def _asks_for(query: Query, state: State) -> bool:
    match query:
        case And(parts) | Or(parts):
            return any(_asks_for(part, state) for part in parts)
        case Is(found):
            return found is state
        case _:
            return False
