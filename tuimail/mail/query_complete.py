"""What the word under the cursor of a query may become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tuimail.mail.query_terms import State

NAMES = {
    "from:": "sender",
    "to:": "To or Cc; to:me",
    "subject:": "words of the subject",
    "body:": "words of the text",
    "list:": "mailing list",
    "has:": "has:attachment",
    "is:": "unread, flagged …",
    "before:": "2026-01, 3d, monday",
    "after:": "2026-01, 3d, monday",
    "on:": "a day, month or year",
    "size:": ">1M, <100k",
    "in:": "folder",
    "account:": "account",
    "tag:": "label",
}
DAYS = "today yesterday 7d 30d 1y monday".split()
MOST = 30


class Completion(NamedTuple):
    """One offer."""

    text: str
    """The whole query with it."""
    word: str
    """The word it would become."""
    about: str = ""
    """What that means, in a few words."""


def complete(
    text: str,
    cursor: int,
    *,
    folders: Iterable[str] = (),
    accounts: Iterable[str] = (),
    senders: Iterable[str] = (),
) -> Sequence[Completion]:
    """Offers for the word that ends at the cursor, the likeliest first."""
    start = cursor
    while start and not text[start - 1].isspace() and text[start - 1] != "(":
        start -= 1
    word = text[start:cursor]
    minus = "-" if word.startswith("-") else ""
    name, colon, value = word[len(minus) :].partition(":")
    if not colon:
        found = [(each, about) for each, about in NAMES.items() if each[:-1] != name]
        offers = [(f"{minus}{n}", about) for n, about in found if n.startswith(name)]
        offers = offers if name else []
    else:
        values = _values(name.lower(), folders, accounts, senders)
        begun = value.lower().lstrip('"')
        fit = [each for each in values if begun in each.lower() and each != value]
        fit.sort(key=lambda each: not each.lower().startswith(begun))
        offers = [(f"{minus}{name}:{_quoted(each)}", "") for each in fit]
    return [
        Completion(text[:start] + offer + text[cursor:], offer, about)
        for offer, about in offers[:MOST]
    ]


def _values(
    name: str,
    folders: Iterable[str],
    accounts: Iterable[str],
    senders: Iterable[str],
) -> list[str]:
    known: dict[str, Iterable[str]] = {
        "is": [state.value for state in State],
        "has": ["attachment"],
        "in": folders,
        "account": accounts,
        "from": senders,
        "to": ["me"],
        **dict.fromkeys(("before", "after", "on", "since"), DAYS),
    }
    return list(dict.fromkeys(known.get(name, ())))


def _quoted(value: str) -> str:
    bare = value and not any(each in ' (),:"\\' for each in value)
    return (
        value if bare else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
