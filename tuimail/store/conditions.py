"""A query's tree as a condition of SQL, over a message `m` and its content `c`."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

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
from tuimail.mail.types import MailboxId, MessageId

MAX_TIME = 2**40


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
    State.PENDING: "m.id IN (SELECT om.msg_id FROM op o CROSS JOIN op_msg om"
    " ON om.op_id=o.id WHERE om.state IN('todo','sent','failed')"
    " AND o.state NOT IN('done','void'))",
}
_HEAD = "m.content_id IN (SELECT rowid FROM cache.head_words WHERE head_words MATCH ?)"
_BODY = "m.content_id IN (SELECT rowid FROM cache.body_words WHERE body_words MATCH ?)"
_ANY = (
    "m.content_id IN (SELECT rowid FROM cache.head_words WHERE head_words MATCH ?"
    " UNION ALL SELECT rowid FROM cache.body_words WHERE body_words MATCH ?)"
)


class Where:
    """A query's tree as a condition, with its values in the order of their marks."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.values: list[Any] = []

    def of(self, query: Query) -> str:
        """The condition; its values are added to `values`."""
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
            return self._with(_HEAD, own_addresses(self._scope))
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


def own_addresses(scope: Scope) -> str:
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
