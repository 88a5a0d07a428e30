"""What a query is: frozen values, made by `mail.query.parse`.

Normal form: And and Or hold two parts or more and never one of their own kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class Field(Enum):
    """Where words are looked for."""

    ANY = "text"
    """Subject, From, To, Cc and the text of the body."""
    FROM = "from"
    TO = "to"
    """To and Cc."""
    CC = "cc"
    SUBJECT = "subject"
    BODY = "body"
    LIST = "list"
    """The List-Id field."""


class State(Enum):
    """What a message can be; the value is the word behind `is:`."""

    UNREAD = "unread"
    READ = "read"
    FLAGGED = "flagged"
    UNFLAGGED = "unflagged"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    FORWARDED = "forwarded"
    DRAFT = "draft"
    JUNK = "junk"
    DELETED = "deleted"
    PENDING = "pending"
    """A change of it waits for the server."""
    HERE = "here"
    """Its text can be read without a network."""
    SNOOZED = "snoozed"
    MUTED = "muted"
    MARKED = "marked"
    """Marked on the screen."""
    TO_ME = "tome"
    """One of the account's own addresses is in To or Cc."""


@dataclass(frozen=True, slots=True)
class All:
    """Every message; the empty query."""


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What the part is not."""

    part: Query


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a row, compared token by token (`mail.query_words.tokens`)."""

    field: Field
    words: tuple[str, ...]
    """As typed, at least one; one word may be several tokens, as `ann@example.org`."""
    phrase: bool = False
    """It was quoted; else there is one word."""
    prefix: bool = False
    """The last token may go on."""

    @property
    def text(self) -> str:
        """The words with one blank between."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class IdIs:
    """The Message-ID, without its angle brackets; compared exactly."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Has:
    """It has a file attached."""

    what: str = "attachment"


@dataclass(frozen=True, slots=True)
class Is:
    """It is in this state."""

    state: State


@dataclass(frozen=True, slots=True)
class Keyword:
    """It carries this keyword; case does not count (RFC 9051 §2.3.2)."""

    name: str


@dataclass(frozen=True, slots=True)
class Date:
    """It arrived from day `start` on, and before day `end`; None leaves a side open."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Size:
    """It is larger, or smaller, than so many octets; never equal."""

    larger: bool
    octets: int


@dataclass(frozen=True, slots=True)
class In:
    """It lies in such a folder: see `mail.query_match.in_folder`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class AccountIs:
    """It belongs to this account; case does not count."""

    name: str


Query = (
    All
    | And
    | Or
    | Not
    | Words
    | IdIs
    | Has
    | Is
    | Keyword
    | Date
    | Size
    | In
    | AccountIs
)


def joined(kind: type[And] | type[Or], parts: list[Query]) -> Query:
    """The parts under one And or Or, in normal form."""
    flat: list[Query] = []
    for part in parts:
        if isinstance(part, (And, Or)) and isinstance(part, kind):
            flat += part.parts
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
