"""One language for all that picks messages: search, limits, marking, rules.

    from:ann subject:"q3 report" has:attachment is:unread before:2026-01 -in:archive

Terms side by side must all hold. `OR` binds tighter than that, to the two terms beside
it, as in Gmail, since that is what people know: `a b OR c d` is `a (b OR c) d`. `-` or
`NOT` stands before a term or a group. Several values go with commas: `from:ann,bob` is
either. Dates go by arrival; `after:` means the same as `since:`, again as in Gmail.
`mail.query_terms` holds the values.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from difflib import get_close_matches

from tuimail.errors import QueryError
from tuimail.mail import query_values
from tuimail.mail.query_scan import Item, Token, scan
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
from tuimail.mail.query_words import tokens
from tuimail.mail.sanitize import safe_text

TEXT_MAX = 2000
"""Characters of a query."""
TERMS_MAX = 200
DEPTH_MAX = 20
"""Groups and negations within one another."""
FIELDS = {
    "from": Field.FROM,
    "to": Field.TO,
    "cc": Field.CC,
    "subject": Field.SUBJECT,
    "body": Field.BODY,
    "text": Field.ANY,
    "list": Field.LIST,
}
STATES = {
    **{state.value: state for state in State},
    "unseen": State.UNREAD,
    "seen": State.READ,
    "starred": State.FLAGGED,
    "replied": State.ANSWERED,
    "spam": State.JUNK,
    "to-me": State.TO_ME,
}
"""Every word behind `is:`."""
ATTACHED = ("attachment", "attachments", "attach", "file")
"""Words behind `has:`, which mean the same."""
DATES = ("before", "after", "since", "on", "older", "newer")
_DATE_ALIASES = {"older_than": "older", "newer_than": "newer"}
_NEAR = 0.75


def parse(text: str, today: date) -> Query:
    """The query that `text` says; days such as `monday` count from `today`.

    Linear in the text. Raises QueryError with the place of the word at fault.
    """
    if len(text) > TEXT_MAX:
        raise QueryError(
            f"A query has {TEXT_MAX:,} characters at most.", TEXT_MAX, len(text)
        )
    found = scan(text, NAMES)
    count = 0
    for token in found:
        count += len(token.items)
        if count > TERMS_MAX:
            raise QueryError(
                f"A query has {TERMS_MAX} terms at most.", token.start, len(text)
            )
    return _Parser(found, len(text), today).whole() if found else All()


class _Parser:
    """Recursive descent, as deep as DEPTH_MAX."""

    def __init__(self, found: list[Token], end: int, today: date) -> None:
        self._tokens = found
        self._at = 0
        self._end = end
        self._today = today

    def whole(self) -> Query:
        query = self._and(0)
        token = self._next()
        if token is not None:
            raise QueryError(
                "This `)` closes nothing; put it in quotes to search for it.",
                token.start,
                token.end,
            )
        return query

    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _and(self, depth: int) -> Query:
        parts = [self._or(depth)]
        while (token := self._next()) is not None and token.kind != ")":
            self._at += token.kind == "AND"
            parts.append(self._or(depth))
        return joined(And, parts)

    def _or(self, depth: int) -> Query:
        parts = [self._one(depth)]
        while (token := self._next()) is not None and token.kind == "OR":
            self._at += 1
            parts.append(self._one(depth))
        return joined(Or, parts)

    def _one(self, depth: int) -> Query:
        token = self._next()
        if token is None:
            last = self._tokens[-1]
            raise QueryError(
                "A term is missing at the end.", last.start, last.end, unfinished=True
            )
        self._at += 1
        if token.kind == "term":
            return _term(token, self._today)
        if depth >= DEPTH_MAX:
            raise QueryError(
                f"Groups go {DEPTH_MAX} deep at most.", token.start, token.end
            )
        if token.kind == "-":
            return Not(self._one(depth + 1))
        if token.kind == "(":
            return self._group(token, depth + 1)
        said = "There is nothing in this group." if token.kind == ")" else ""
        raise QueryError(
            said
            or f"`{token.kind}` stands between two terms; put it in quotes to"
            " search for the word.",
            token.start,
            token.end,
        )

    def _group(self, opened: Token, depth: int) -> Query:
        query = self._and(depth) if self._next() else All()
        if self._next() is None:
            raise QueryError(
                "This group has no `)` yet.", opened.start, self._end, unfinished=True
            )
        self._at += 1
        return query


def _term(token: Token, today: date) -> Query:
    if not token.name:
        _doubt(token)
        return _plain(token.items[0])
    read = _READERS.get(token.name)
    if read is not None:
        return joined(Or, [read(item) for item in token.items])
    name = _DATE_ALIASES.get(token.name, token.name)
    return joined(Or, [_date(name, item, today) for item in token.items])


def _doubt(token: Token) -> None:
    """Refuse what looks like a name with a slip; other colons are plain text."""
    item = token.items[0]
    name, colon, value = item.text.partition(":")
    if item.quoted or not colon or len(name) < 4 or value.startswith("//"):
        return
    near = _near(name, [known for known in sorted(NAMES) if len(known) >= 4])
    if near:
        raise QueryError(
            f"There is no `{safe_text(name, 40)}:`; did you mean `{near}:`?"
            " In quotes it is plain text.",
            item.start,
            item.start + len(name) + 1,
            suggestion=f"{near}:",
        )


def _near(word: str, known: list[str]) -> str:
    """The known word that is most like this one; empty when none is."""
    found = get_close_matches(word.lower()[:40], known, 1, _NEAR)
    return found[0] if found else ""


def _plain(item: Item) -> Query:
    if not item.text and item.star:
        return All()
    return _words(Field.ANY, item)


def _words(field: Field, item: Item) -> Query:
    # A token has no blank, so what the words hold together they hold apart.
    words = tuple(item.text.split()) if item.quoted else (item.text,)
    if not tokens(item.text):
        raise QueryError(
            f"`{safe_text(item.text, 40)}` holds no letter or digit to search for.",
            item.start,
            item.end,
            unfinished=not item.text,
        )
    return Words(field, words, item.quoted, item.star)


def _to(item: Item) -> Query:
    if item.text.lower() == "me" and not item.quoted and not item.star:
        return Is(State.TO_ME)
    return _words(Field.TO, item)


def _pattern(item: Item) -> str:
    text = item.text + "*" * item.star
    if not text.strip():
        raise QueryError("A value is missing here.", item.start, item.end)
    return text


def _message_id(item: Item) -> Query:
    # Both brackets or none: so that what is printed is read again as it was.
    text = _pattern(item).strip()
    if len(text) > 2 and text[0] == "<" and text[-1] == ">":
        text = text[1:-1].strip() or text
    return IdIs(text)


def _has(item: Item) -> Query:
    if item.text.lower() in ATTACHED and not item.star:
        return Has()
    raise QueryError(
        "`has:` knows `attachment` only.",
        item.start,
        item.end,
        unfinished=_begins(item, ATTACHED),
        suggestion="attachment",
    )


def _is(item: Item) -> Query:
    state = STATES.get(item.text.lower())
    if state is not None and not item.star:
        return Is(state)
    near = _near(item.text, sorted(STATES))
    hint = f"did you mean `{near}`?" if near else "try unread, flagged or answered."
    raise QueryError(
        f"There is no `is:{safe_text(item.text, 40)}`; {hint}",
        item.start,
        item.end,
        unfinished=_begins(item, tuple(STATES)),
        suggestion=near,
    )


def _begins(item: Item, words: tuple[str, ...]) -> bool:
    return any(word.startswith(item.text.lower()) for word in words)


def _date(name: str, item: Item, today: date) -> Query:
    period = query_values.days(item.text, today)
    if period is None or item.star:
        raise QueryError(
            f"`{name}:` wants a date such as 2026-01-15, 3d or monday.",
            item.start,
            item.end,
            unfinished=item.text[:1].isdigit() and len(item.text) < 4,
        )
    first, behind = period
    if name in ("before", "older"):
        return Date(None, first)
    return Date(first, behind if name == "on" else None)


def _size(item: Item) -> Query:
    sign = item.text[:1]
    number = item.text[1:] if sign in ("<", ">") else item.text
    return _sized(item, number, larger=sign != "<", name="size:>")


def _larger(item: Item) -> Query:
    return _sized(item, item.text, larger=True, name="larger:")


def _smaller(item: Item) -> Query:
    return _sized(item, item.text, larger=False, name="smaller:")


def _sized(item: Item, number: str, *, larger: bool, name: str) -> Query:
    octets = query_values.octets(number)
    if octets is None or item.star:
        raise QueryError(
            f"`{name}` wants a size such as 500k or 1M.",
            item.start,
            item.end,
            unfinished=not number,
        )
    return Size(larger, octets)


def _in_field(field: Field) -> Callable[[Item], Query]:
    return lambda item: _words(field, item)


_READERS: dict[str, Callable[[Item], Query]] = {
    **{name: _in_field(field) for name, field in FIELDS.items()},
    "to": _to,
    "id": _message_id,
    "has": _has,
    "is": _is,
    **dict.fromkeys(("keyword", "tag", "label"), lambda item: Keyword(_pattern(item))),
    "size": _size,
    "larger": _larger,
    "smaller": _smaller,
    "in": lambda item: In(_pattern(item)),
    "account": lambda item: AccountIs(_pattern(item)),
}
NAMES = frozenset((*_READERS, *DATES, *_DATE_ALIASES))
"""Every name that a colon makes a term of."""
