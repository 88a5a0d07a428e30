"""A query as text again, and in words."""

from __future__ import annotations

import re
from datetime import date, timedelta

from tuimail.mail.query_scan import OPERATORS
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
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText

_BARE_VALUE = re.compile(r'[^\s(),"]+')
_PLAIN = re.compile(r'[^\s()":-][^\s():]*')
MONTHS = (
    "January February March April May June July"
    " August September October November December"
).split()


def unparse(query: Query) -> str:
    """The text that `parse` reads as this query."""
    match query:
        case All():
            return "*"
        case And(parts):
            return " ".join(unparse(part) for part in parts)
        case Or(parts):
            return " OR ".join(_grouped(part) for part in parts)
        case Not(part):
            return "-" + _grouped(part)
        case _:
            return _term(query)


def _grouped(query: Query) -> str:
    text = unparse(query)
    return f"({text})" if isinstance(query, (And, Or, Not)) else text


def _term(query: Query) -> str:
    match query:
        case Words():
            return _words(query)
        case IdIs(name):
            return "id:" + _value(name)
        case Has():
            return "has:attachment"
        case Is(state):
            return f"is:{state.value}"
        case Keyword(name):
            return "keyword:" + _value(name)
        case Date(start, end):
            return _date(start, end)
        case Size(larger, octets):
            return f"size:{'>' if larger else '<'}{octets}"
        case In(pattern):
            return "in:" + _value(pattern)
        case AccountIs(name):
            return "account:" + _value(name)
        case _:
            raise AssertionError(query)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value(text: str) -> str:
    # Of several stars at the end of a bare value only one is read.
    bare = _BARE_VALUE.fullmatch(text) and not text.endswith("**")
    return text if bare else _quoted(text)


def _words(query: Words) -> str:
    name = "" if query.field is Field.ANY else query.field.value + ":"
    star = "*" * query.prefix
    if query.phrase:
        return name + _quoted(query.text) + star
    plain = _PLAIN.fullmatch(query.text) and query.text not in OPERATORS
    if not name and not plain:
        # Bare, these would be signs; with a comma, they can be bare only.
        name = "" if "," in query.text else "text:"
    return name + query.text + star


def _date(start: date | None, end: date | None) -> str:
    if start is None and end is None:
        return "*"
    if start is None:
        return f"before:{end}"
    if end is None:
        return f"since:{start}"
    last = end - timedelta(days=1)
    return f"on:{start}" if last == start else f"on:{start}..{last}"


# -- in words ----------------------------------------------------------------

_SAYINGS = {
    Field.ANY: "with",
    Field.FROM: "from",
    Field.TO: "to",
    Field.CC: "with a copy to",
    Field.SUBJECT: "with the subject",
    Field.BODY: "with the text",
    Field.LIST: "of the list",
}
_STATE_WORDS = {
    State.DRAFT: "a draft",
    State.HERE: "readable here",
    State.TO_ME: "to me",
    State.PENDING: "with changes that wait",
}


def explain(query: Query) -> SafeText:
    """The query in words: `from ann, with an attachment, unread`."""
    return safe_text(_said(query))


def _said(query: Query) -> str:
    match query:
        case All():
            return "every message"
        case And(parts):
            return ", ".join(
                f"({_said(p)})" if isinstance(p, Or) else _said(p) for p in parts
            )
        case Or(parts):
            return " or ".join(
                f"({_said(p)})" if isinstance(p, And) else _said(p) for p in parts
            )
        case Not(part):
            said = _said(part)
            return f"not ({said})" if isinstance(part, (And, Or)) else f"not {said}"
        case _:
            return _said_term(query)


def _said_term(query: Query) -> str:
    match query:
        case Words():
            text = query.text + "…" * query.prefix
            return f"{_SAYINGS[query.field]} " + (f'"{text}"' if query.phrase else text)
        case IdIs(name):
            return f"the message {name}"
        case Has():
            return "with an attachment"
        case Is(state):
            return _STATE_WORDS.get(state, state.value)
        case Keyword(name):
            return f"tagged {name}"
        case Date(start, end):
            return _said_date(start, end)
        case Size(larger, octets):
            return f"{'larger' if larger else 'smaller'} than {_said_size(octets)}"
        case In(pattern):
            return f"in {pattern}"
        case AccountIs(name):
            return f"of the account {name}"
        case _:
            raise AssertionError(query)


def _said_date(start: date | None, end: date | None) -> str:
    if start is None:
        return f"before {_day(end)}" if end else "of any day"
    if end is None:
        return f"since {_day(start)}"
    last = end - timedelta(days=1)
    return f"on {_day(start)}" if last == start else f"{_day(start)} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _said_size(octets: int) -> str:
    for unit, name in ((1024**3, "GB"), (1024**2, "MB"), (1024, "kB")):
        if octets >= unit:
            return f"{octets / unit:.4g} {name}"
    return f"{octets} octets"
