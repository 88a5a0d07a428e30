"""A query as a server is asked it: criteria of SEARCH (RFC 9051 §6.4.4).

A server compares parts of words and days of its own, and knows nothing of what is only
here. So what it is asked finds at least what is meant, and `rest` must be looked at
afterwards, or `closer`; a query for which that cannot be done is not asked at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

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
    joined,
)

EVERYTHING = All()
NOTHING = Not(EVERYTHING)
"""What no message is."""
NUMBER_MAX = 2**32 - 1
"""The largest number that every server reads."""
_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|~]{1,100}")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAY = timedelta(days=1)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


class Text(NamedTuple):
    """A string that is searched for, in UTF-8."""

    octets: bytes


Atoms = tuple[bytes | Text, ...]
"""Words of a command, with one blank between; parentheses are words as well."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a server is asked."""

    criteria: Atoms | None
    """None when it cannot be asked."""
    reason: str = ""
    """Why not, half a sentence; empty when nothing can match anyway."""
    rest: Query = EVERYTHING
    """What of the query is left to be looked at here."""
    closer: Query = EVERYTHING
    """The same, with the words that can be looked for here once headers are indexed."""
    query: Query = EVERYTHING
    """The query itself, with places answered: for who needs no criteria."""

    @property
    def utf8(self) -> bool:
        """Whether a string is not ASCII, so that the charset must be named."""
        return any(
            isinstance(each, Text) and not each.octets.isascii()
            for each in self.criteria or ()
        )


class _Unasked(Exception):
    """Half a sentence: what no server can be asked."""


Here = Callable[[In | AccountIs], bool]


def imap_search(
    query: Query, *, own: str = "", here: Here = lambda place: True
) -> Asking:
    """What one folder's server is asked for a query.

    `own` is the account's address, for `is:tome`; `here` says whether the name of a
    folder or an account means this one.
    """
    query = decided(query, here)
    parts = query.parts if isinstance(query, And) else (query,)
    if query == NOTHING:
        return Asking(None)
    try:
        asked = [atoms for part in parts if (atoms := _top(part, own)) != (b"ALL",)]
    except _Unasked as unasked:
        return Asking(None, str(unasked))
    criteria = tuple(atom for atoms in asked for atom in atoms) or (b"ALL",)
    rest = [part for part in parts if not has_words(part)]
    closer = [part for part in parts if not has_words(part) or _of_headers(part)]
    return Asking(criteria, rest=_all(rest), closer=_all(closer), query=query)


def _all(parts: list[Query]) -> Query:
    return joined(And, parts) if parts else EVERYTHING


def has_words(query: Query) -> bool:
    """Whether it asks for words: those a server knows better than we do."""
    match query:
        case And(parts) | Or(parts):
            return any(has_words(part) for part in parts)
        case Not(part):
            return has_words(part)
        case Words():
            return True
        case _:
            return False


def _of_headers(query: Query) -> bool:
    """Whether all its words are in headers that we have whole."""
    match query:
        case And(parts) | Or(parts):
            return all(_of_headers(part) for part in parts)
        case Not(part):
            return _of_headers(part)
        case Words(field):
            return field in (Field.FROM, Field.SUBJECT, Field.LIST)
        case _:
            return True


def denies_texts(query: Query, positive: bool = True) -> bool:
    """Whether it asks for words that a text must not have."""
    match query:
        case And(parts) | Or(parts):
            return any(denies_texts(part, positive) for part in parts)
        case Not(part):
            return denies_texts(part, not positive)
        case Words(field):
            return not positive and field in (Field.ANY, Field.BODY)
        case _:
            return False


def decided(query: Query, here: Here) -> Query:
    """The query with places answered, and without what makes no difference then."""
    match query:
        case In() | AccountIs():
            return All() if here(query) else NOTHING
        case And(parts):
            return _folded(And, [decided(part, here) for part in parts], All(), NOTHING)
        case Or(parts):
            return _folded(Or, [decided(part, here) for part in parts], NOTHING, All())
        case Not(part):
            inner = decided(part, here)
            return inner.part if isinstance(inner, Not) else Not(inner)
        case _:
            return query


def _folded(
    kind: type[And] | type[Or], parts: list[Query], neutral: Query, strong: Query
) -> Query:
    if strong in parts:
        return strong
    left = [part for part in parts if part != neutral]
    return joined(kind, left) if left else neutral


def _top(query: Query, own: str) -> Atoms:
    """A term that must hold: more may be asked for, since it is looked at again."""
    match query:
        case Has():
            return (b"ALL",)
        case Date(start, end):
            # A server's days begin when its clock, or the sender's, says so.
            return _days(_moved(start, -_DAY), _moved(end, _DAY))
        case Not(Date(start, end)):
            inner, behind = _moved(start, _DAY), _moved(end, -_DAY)
            if inner and behind and inner >= behind:
                return (b"ALL",)
            return (b"NOT", *_grouped(_days(inner, behind)))
        case _:
            return _atoms(query, own)


def _atoms(query: Query, own: str) -> Atoms:
    match query:
        case All():
            return (b"ALL",)
        case And(parts):
            inner = [atom for part in parts for atom in _atoms(part, own)]
            return (b"(", *inner, b")")
        case Or(parts):
            return _either([_atoms(part, own) for part in parts])
        case Not(part):
            return (b"NOT", *_grouped(_atoms(part, own)))
        case Words():
            return _words(query)
        case Is(state):
            return _state(state, own)
        case _:
            return _plain(query)


def _plain(query: Query) -> Atoms:
    match query:
        case IdIs(message_id):
            return (b"HEADER", b"Message-ID", _text(f"<{message_id}>"))
        case Keyword(name):
            return _keyword(name)
        case Date(start, end):
            return _days(start, end)
        case Size(larger, octets):
            word = b"LARGER" if larger else b"SMALLER"
            return (word, b"%d" % min(max(octets, 0), NUMBER_MAX))
        case Has():
            raise _Unasked("attachments behind OR or NOT are known only here")
        case _:
            raise AssertionError(query)


def _grouped(atoms: Atoms) -> Atoms:
    """As one key: NOT and OR take no more."""
    if atoms[0] == b"(" or len(atoms) == 1 or atoms[0] in (b"OR", b"NOT"):
        return atoms
    return (b"(", *atoms, b")") if _several(atoms) else atoms


def _several(atoms: Atoms) -> bool:
    return atoms[0] in (b"SINCE", b"BEFORE") and len(atoms) > 2


def _either(parts: list[Atoms]) -> Atoms:
    """OR takes two: halved, so that many do not nest deep."""
    if len(parts) == 1:
        return _grouped(parts[0])
    middle = len(parts) // 2
    return (b"OR", *_either(parts[:middle]), *_either(parts[middle:]))


_FIELDS = {
    Field.ANY: ((b"TEXT",),),
    Field.BODY: ((b"BODY",),),
    Field.SUBJECT: ((b"SUBJECT",),),
    Field.FROM: ((b"FROM",),),
    Field.TO: ((b"TO",), (b"CC",)),
    Field.CC: ((b"CC",),),
    Field.LIST: ((b"HEADER", b"List-Id"),),
}


def _words(query: Words) -> Atoms:
    text = _text(query.text)
    return _either([(*keys, text) for keys in _FIELDS[query.field]])


def _text(text: str) -> Text:
    plain = _CONTROLS.sub(" ", text).strip()
    return Text(plain.encode("utf-8", "replace"))


_STATES = {
    State.UNREAD: (b"UNSEEN",),
    State.READ: (b"SEEN",),
    State.FLAGGED: (b"FLAGGED",),
    State.UNFLAGGED: (b"UNFLAGGED",),
    State.ANSWERED: (b"ANSWERED",),
    State.UNANSWERED: (b"UNANSWERED",),
    State.FORWARDED: (b"KEYWORD", b"$Forwarded"),
    State.DRAFT: (b"DRAFT",),
    State.JUNK: (b"KEYWORD", b"$Junk"),
    State.DELETED: (b"DELETED",),
}
_ONLY_HERE = {
    State.PENDING: "what waits to be sent is known only here",
    State.HERE: "what can be read offline is known only here",
    State.SNOOZED: "what is snoozed is known only here",
    State.MUTED: "what is muted is known only here",
    State.MARKED: "what is marked is known only here",
}


def _state(state: State, own: str) -> Atoms:
    if state in _ONLY_HERE:
        raise _Unasked(_ONLY_HERE[state])
    if state is State.TO_ME:
        if not own:
            raise _Unasked("the account has no address")
        return _words(Words(Field.TO, (own,)))
    return _STATES[state]


def _keyword(name: str) -> Atoms:
    if not _KEYWORD.fullmatch(name):
        # No message can carry it.
        return (b"NOT", b"ALL")
    return (b"KEYWORD", name.encode("ascii"))


def _days(start: date | None, end: date | None) -> Atoms:
    found: Atoms = ()
    if start is not None:
        found += (b"SINCE", _day(start))
    if end is not None:
        found += (b"BEFORE", _day(end))
    return found or (b"ALL",)


def _moved(day: date | None, by: timedelta) -> date | None:
    try:
        return None if day is None else day + by
    except OverflowError:
        return None


def _day(day: date) -> bytes:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}".encode("ascii")
