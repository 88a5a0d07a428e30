"""A query's text cut into signs and terms; one pass, no judgement of values."""

from __future__ import annotations

import re
from typing import NamedTuple

from tuimail.errors import QueryError

_BLANK = re.compile(r"\s+")
_BARE = re.compile(r"[^\s()]+")
_ITEM = re.compile(r"[^\s(),]+")
_NAME = re.compile(r"([A-Za-z][A-Za-z_-]{0,30}):")
_QUOTED = re.compile(r'"((?>(?:[^"\\]+|\\.)*))"', re.S)
_PAIR = re.compile(r"\\(.)", re.S)
OPERATORS = ("OR", "or", "AND", "NOT")


class Item(NamedTuple):
    """One value: `ann` or `"q3 report"*`."""

    text: str
    """Without its quotes."""
    quoted: bool
    star: bool
    """A star stood at its end, and is not in `text`."""
    start: int
    end: int


class Token(NamedTuple):
    """A sign, an operator or a term."""

    kind: str
    """`(`, `)`, `-`, `OR`, `AND`, or `term`."""
    start: int
    end: int
    name: str = ""
    """What stands before the colon, in lower case; empty for plain words."""
    items: tuple[Item, ...] = ()


def scan(text: str, names: frozenset[str]) -> list[Token]:
    """The tokens of a query; `names` are those that a colon makes a term of.

    Raises QueryError for a quote without an end and a name without a value.
    """
    found: list[Token] = []
    at = 0
    while at < len(text):
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        token = _token(text, at, names)
        found.append(token)
        at = token.end
    return found


def _token(text: str, at: int, names: frozenset[str]) -> Token:
    sign = text[at]
    if sign in "()-":
        return Token(sign, at, at + 1)
    if sign == '"':
        item = _item(text, at, _BARE)
        return Token("term", at, item.end, "", (item,))
    word = _BARE.match(text, at)
    assert word is not None
    if word[0] in OPERATORS:
        kind = "-" if word[0] == "NOT" else word[0].upper()
        return Token(kind, at, word.end())
    name = _NAME.match(text, at)
    if name and name[1].lower() in names:
        return _named(text, name)
    item = _item(text, at, _BARE)
    return Token("term", at, item.end, "", (item,))


def _named(text: str, name: re.Match[str]) -> Token:
    items: list[Item] = []
    at = name.end()
    while True:
        if at < len(text) and text[at] == "(":
            raise QueryError(
                f"`{name[0]}` wants a word right behind it, no group;"
                f" several words go with commas: `{name[0]}ann,bob`.",
                name.start(),
                at + 1,
            )
        if at == len(text) or text[at].isspace() or text[at] in "),":
            raise QueryError(
                f"`{name[0]}` wants a value right behind it.",
                name.start(),
                at,
                unfinished=True,
            )
        item = _item(text, at, _ITEM)
        items.append(item)
        at = item.end
        if text[at : at + 1] != ",":
            break
        at += 1
    return Token("term", name.start(), at, name[1].lower(), tuple(items))


def _item(text: str, at: int, bare: re.Pattern[str]) -> Item:
    if text[at] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise QueryError(
                "The quote has no end yet.", at, len(text), unfinished=True
            )
        end = quoted.end()
        star = text[end : end + 1] == "*"
        plain = _PAIR.sub(r"\1", quoted[1])
        return Item(plain, True, star, at, end + star)
    word = bare.match(text, at)
    assert word is not None
    plain = word[0].rstrip("*")
    return Item(plain, False, plain != word[0], at, word.end())
