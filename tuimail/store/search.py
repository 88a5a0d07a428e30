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
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from tuimail.errors import StoreError
from tuimail.mail.query_terms import (
    AccountIs,
    All,
    And,
    Date,
    Field,
    Has,
    IdIs,
    In,
    Is,
    Keyword,
    Not,
    Or,
    Query,
    Size,
    State,
    Words,
)
from tuimail.mail.query_words import tokens
from tuimail.mail.subjects import base_subject
from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.database import Database, connect, sentence
from tuimail.store.flags import shown_keywords

MAX_TIME = 2**40
RARE = 3000
"""Messages up to which words lead to them faster than going through a folder."""


class Interrupted(Exception):
    """A newer question came; nobody waits for this answer."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where is looked, and what words of a query stand for there."""

    mailboxes: tuple[MailboxId, ...] = ()
    """Folders; all that have something to show when empty."""
    folders: dict[str, tuple[MailboxId, ...]] = field(default_factory=dict)
    """What `in:` patterns mean."""
    accounts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """What `account:` names mean."""
    own: tuple[tuple[int, str], ...] = ()
    """Account and address: who `me` is."""
    marked: Collection[MessageId] = ()


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
        where = _Where(scope)
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
        where = _Where(scope)
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
        where = _Where(Scope())
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
    values = (_me(scope),) if sort == "to-me" else ()
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


_COLUMNS = {
    Field.FROM: "sender",
    Field.TO: "rcpt",
    Field.CC: "rcpt",
    Field.SUBJECT: "subject",
    Field.LIST: "list",
}
_STATES = {
    State.UNREAD: "(m.eff & 1)=0",
    State.READ: "(m.eff & 1)<>0",
    State.FLAGGED: "(m.eff & 4)<>0",
    State.UNFLAGGED: "(m.eff & 4)=0",
    State.ANSWERED: "(m.eff & 2)<>0",
    State.UNANSWERED: "(m.eff & 2)=0",
    State.FORWARDED: "(m.eff & 32)<>0",
    State.DRAFT: "(m.eff & 16)<>0",
    State.JUNK: "(m.eff & 64)<>0",
    State.DELETED: "(m.eff & 8)<>0",
    State.HERE: "c.text_here<>0",
    State.SNOOZED: "m.id IN (SELECT msg_id FROM snooze)",
    State.MUTED: "(c.account_id, c.msgid) IN (SELECT account_id, msgid FROM muted)",
    State.PENDING: "m.id IN (SELECT om.msg_id FROM op_msg om JOIN op o ON o.id=om.op_id"
    " WHERE om.state NOT IN('done','gone') AND o.state NOT IN('done','void'))",
}
_HEAD = "m.content_id IN (SELECT rowid FROM cache.head_words WHERE head_words MATCH ?)"
_BODY = "m.content_id IN (SELECT rowid FROM cache.body_words WHERE body_words MATCH ?)"
_ANY = (
    "m.content_id IN (SELECT rowid FROM cache.head_words WHERE head_words MATCH ?"
    " UNION ALL SELECT rowid FROM cache.body_words WHERE body_words MATCH ?)"
)


class _Where:
    """A query's tree as a condition, with its values in the order of their marks."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.values: list[Any] = []

    def of(self, query: Query) -> str:
        match query:
            case All():
                return "1"
            case And(parts):
                return f"({' AND '.join([self.of(part) for part in parts])})"
            case Or(parts):
                return f"({' OR '.join([self.of(part) for part in parts])})"
            case Not(part):
                return f"NOT {self.of(part)}"
            case Words():
                return self._words(query)
            case Is(state):
                return self._state(state)
            case _:
                return self._plain(query)

    def _plain(self, query: Query) -> str:
        match query:
            case IdIs(message_id):
                return self._with("c.msgid=?", f"<{message_id}>")
            case Has():
                return "c.attach<>0"
            case Keyword(name):
                return self._with(
                    "((m.s_kw<>'' OR m.kw<>'') AND has_keyword(m.s_kw, m.kw, ?))",
                    name.lower(),
                )
            case Date(start, end):
                self.values += [_moment(start, -MAX_TIME), _moment(end, MAX_TIME)]
                return "(m.internaldate>=? AND m.internaldate<?)"
            case Size(larger, octets):
                return self._with(f"c.size{'>' if larger else '<'}?", octets)
            case In(pattern):
                return self._among("m.view_id", self._scope.folders.get(pattern, ()))
            case AccountIs(name):
                accounts = self._scope.accounts.get(name, ())
                return self._among("c.account_id", accounts)
            case _:
                raise AssertionError(query)

    def _with(self, condition: str, value: object) -> str:
        self.values.append(value)
        return condition

    def _among(self, column: str, chosen: Collection[int]) -> str:
        return self._with(
            f"{column} IN (SELECT value FROM json_each(?))", json.dumps(list(chosen))
        )

    def _state(self, state: State) -> str:
        if state is State.MARKED:
            return self._among("m.id", self._scope.marked)
        if state is State.TO_ME:
            return self._with(_HEAD, _me(self._scope))
        return _STATES[state]

    def _words(self, query: Words) -> str:
        match = _match(query)
        if query.field is Field.ANY:
            self.values += [match, match]
            return _ANY
        if query.field is Field.BODY:
            return self._with(_BODY, match)
        return self._with(_HEAD, f"{{{_COLUMNS[query.field]}}} : {match}")


def _match(query: Words) -> str:
    """For FTS5: tokens in a row, the last one maybe a beginning."""
    row = " ".join(tokens(query.text))
    return f'"{row}"{"*" if query.prefix else ""}'


def _me(scope: Scope) -> str:
    """For FTS5: any of the user's own addresses among those a mail is for."""
    rows = {" ".join(tokens(addr)) for _, addr in scope.own}
    return " OR ".join(f'{{rcpt}} : "{row}"' for row in sorted(rows) if row) or '""'


def _moment(day: date | None, otherwise: int) -> int:
    """The beginning of a day where we are, seconds since the epoch."""
    if day is None:
        return otherwise
    try:
        return int(datetime(day.year, day.month, day.day).timestamp())
    except (OverflowError, ValueError, OSError):
        return otherwise
