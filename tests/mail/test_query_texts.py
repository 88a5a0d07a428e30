"""What can be said of a message whose text is not known."""

from __future__ import annotations

from datetime import date

import pytest

from tuimail.mail.query import parse
from tuimail.mail.query_terms import All, And, Field, Not, Or, Query, Words
from tuimail.mail.query_texts import asks_texts, guessed
from tuimail.mail.query_words import tokens


def holds(query: Query, subject: str, text: str | None) -> bool:
    """As the index has it: of a text that is not in it, no word is found."""
    match query:
        case All():
            return True
        case And(parts):
            return all(holds(part, subject, text) for part in parts)
        case Or(parts):
            return any(holds(part, subject, text) for part in parts)
        case Not(part):
            return not holds(part, subject, text)
        case Words(field):
            there = {Field.SUBJECT: subject, Field.BODY: text or ""}
            said = there.get(field, f"{subject} {text or ''}")
            return set(tokens(query.text)) <= set(tokens(said))
        case _:
            raise AssertionError(query)


QUERIES = (
    "body:tram",
    "tram",
    "-tram",
    "-body:tram",
    "subject:lunch body:tram",
    "subject:lunch -body:tram",
    "subject:lunch OR tram",
    "-(subject:lunch OR body:tram)",
    "-(subject:lunch -tram)",
    "subject:lunch",
)


@pytest.mark.parametrize("words", QUERIES)
@pytest.mark.parametrize("subject", ["lunch", "tram", "other"])
def test_both_guesses_bound_what_any_text_would_answer(
    words: str, subject: str
) -> None:
    query = parse(words, date(2026, 11, 28))
    answers = {holds(query, subject, text) for text in ("tram", "bus", "")}
    sure = holds(guessed(query, False), subject, None)
    maybe = holds(guessed(query, True), subject, None)
    assert sure is (answers == {True})
    assert maybe is (True in answers)


@pytest.mark.parametrize("words", QUERIES)
def test_a_query_over_headers_is_not_changed(words: str) -> None:
    query = parse(words, date(2026, 11, 28))
    if not asks_texts(query):
        assert guessed(query, True) == guessed(query, False) == query
