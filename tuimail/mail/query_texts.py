"""Queries over texts that are not here: what can be said of a message all the same."""

from __future__ import annotations

from tuimail.mail.query_terms import All, And, Field, Not, Or, Query, Words


def asks_texts(query: Query) -> bool:
    """Whether the words of a text matter."""
    match query:
        case And(parts) | Or(parts):
            return any(asks_texts(part) for part in parts)
        case Not(part):
            return asks_texts(part)
        case Words(field):
            return field in (Field.ANY, Field.BODY)
        case _:
            return False


def guessed(query: Query, fits: bool, positive: bool = True) -> Query:
    """The query with texts guessed such that it `fits`, or such that it does not.

    For messages whose texts are not in the index. A message that both guesses find fits
    whatever its text says; one that only the hopeful guess finds, nobody knows.
    """
    match query:
        case And(parts):
            return And(tuple(guessed(part, fits, positive) for part in parts))
        case Or(parts):
            return Or(tuple(guessed(part, fits, positive) for part in parts))
        case Not(part):
            return Not(guessed(part, fits, not positive))
        case Words(field) if field in (Field.ANY, Field.BODY) and fits is positive:
            return All()
        case _:
            # Words that are not in the index are not found, which is the other guess.
            return query
