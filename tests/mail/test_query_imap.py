"""Queries as a server is asked them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.query import parse
from tuimail.mail.query_imap import NOTHING, Asking, Text, denies_texts, imap_search
from tuimail.mail.query_terms import (
    AccountIs,
    All,
    And,
    Date,
    Field,
    Has,
    In,
    Is,
    Not,
    Or,
    Query,
    Size,
    State,
    Words,
)

TODAY = date(2026, 11, 28)


def drawn(asking: Asking) -> str:
    """Criteria as a line; strings in angle brackets."""
    assert asking.criteria is not None, asking.reason
    words = [
        f"<{each.octets.decode()}>" if isinstance(each, Text) else each.decode()
        for each in asking.criteria
    ]
    return " ".join(words)


def asked(text: str, own: str = "bob@example.org") -> str:
    return drawn(imap_search(parse(text, TODAY), own=own))


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        ("", "ALL"),
        ("zebra", "TEXT <zebra>"),
        ("body:zebra subject:x", "BODY <zebra> SUBJECT <x>"),
        ("from:ann,bob", "OR FROM <ann> FROM <bob>"),
        ("to:ann", "OR TO <ann> CC <ann>"),
        ("-to:ann", "NOT OR TO <ann> CC <ann>"),
        ("list:dev", "HEADER List-Id <dev>"),
        ('"two words"', "TEXT <two words>"),
        ("a1 b2 OR c3", "TEXT <a1> OR TEXT <b2> TEXT <c3>"),
        ("a1 OR b2 OR c3 OR d4", "OR OR TEXT <a1> TEXT <b2> OR TEXT <c3> TEXT <d4>"),
        ("(a1 b2) OR c3", "OR ( TEXT <a1> TEXT <b2> ) TEXT <c3>"),
        ("-(a1 b2)", "NOT ( TEXT <a1> TEXT <b2> )"),
        ("--a1", "TEXT <a1>"),
        ("is:unread is:flagged", "UNSEEN FLAGGED"),
        ("is:forwarded is:junk", "KEYWORD $Forwarded KEYWORD $Junk"),
        ("keyword:work", "KEYWORD work"),
        ("keyword:wörk", "NOT ALL"),
        ("larger:1k smaller:1M", "LARGER 1024 SMALLER 1048576"),
        ("is:tome", "OR TO <bob@example.org> CC <bob@example.org>"),
        ("id:m1@x.org", "HEADER Message-ID <<m1@x.org>>"),
        # A day more on either side: a server's days are not ours.
        ("on:2026-01-15", "SINCE 14-Jan-2026 BEFORE 17-Jan-2026"),
        ("before:2026-01-15 a1", "BEFORE 16-Jan-2026 TEXT <a1>"),
        ("-on:2026-01-15 a1", "TEXT <a1>"),
        ("-since:2026-01-15", "NOT SINCE 16-Jan-2026"),
        (
            "on:2026-01-15 OR a1",
            "OR ( SINCE 15-Jan-2026 BEFORE 16-Jan-2026 ) TEXT <a1>",
        ),
        ("a1 has:attachment", "TEXT <a1>"),
        ("has:attachment", "ALL"),
    ],
)
def test_what_is_asked(text: str, criteria: str) -> None:
    assert asked(text) == criteria


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("is:pending a1", "waits"),
        ("is:here", "offline"),
        ("is:snoozed", "snoozed"),
        ("is:muted OR a1", "muted"),
        ("-is:marked", "marked"),
        ("-has:attachment a1", "attachments"),
        ("has:attachment OR a1", "attachments"),
        ("(has:attachment a1) OR b2", "attachments"),
    ],
)
def test_what_only_we_know_is_not_asked(text: str, why: str) -> None:
    asking = imap_search(parse(text, TODAY))
    assert asking.criteria is None
    assert why in asking.reason


def test_the_own_address_must_be_known() -> None:
    assert imap_search(Is(State.TO_ME)).criteria is None


def test_places_are_answered_by_who_asks() -> None:
    def here(place: In | AccountIs) -> bool:
        return place == In("inbox")

    def found(text: str) -> Asking:
        return imap_search(parse(text, TODAY), here=here)

    assert drawn(found("in:inbox a1")) == "TEXT <a1>"
    assert drawn(found("-in:trash a1")) == "TEXT <a1>"
    assert drawn(found("(in:trash a1) OR b2")) == "TEXT <b2>"
    assert drawn(found("in:inbox OR a1")) == "ALL"
    nothing = found("account:home a1")
    assert (nothing.criteria, nothing.reason) == (None, "")


def test_what_is_left_is_looked_at_here() -> None:
    query = parse("a1 has:attachment is:unread before:2026-01 (b2 OR is:read)", TODAY)
    assert isinstance(query, And)
    words, has, unread, before, either = query.parts
    assert imap_search(query).rest == And((has, unread, before))
    assert imap_search(parse("a1", TODAY)).rest == All()
    assert imap_search(Has()).rest == Has()
    assert isinstance(words, Words)
    assert isinstance(either, Or)


def test_the_charset_is_named_only_for_what_is_not_ascii() -> None:
    assert not imap_search(parse("zebra", TODAY)).utf8
    assert imap_search(parse("zebra grüße", TODAY)).utf8


def test_the_ends_of_the_calendar_are_no_errors() -> None:
    for query in (Date(date.min, date.max), Not(Date(date.min, date.max))):
        assert imap_search(query).criteria
    assert drawn(imap_search(Size(True, 2**70))) == "LARGER 4294967295"
    assert drawn(imap_search(Date(date(33, 1, 5), None))) == "SINCE 4-Jan-0033"


TERMS = st.one_of(
    st.sampled_from(list(Field)).flatmap(
        lambda field: st.text(min_size=1).map(lambda text: Words(field, (text,)))
    ),
    st.sampled_from([All(), In("a"), In("b"), AccountIs("c"), Size(True, 9)]),
)
QUERIES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=4).map(lambda some: And(tuple(some))),
        st.lists(inner, min_size=2, max_size=4).map(lambda some: Or(tuple(some))),
    ),
)


@given(QUERIES)
def test_any_query_becomes_whole_keys_without_controls(query: Query) -> None:
    asking = imap_search(query, here=lambda place: place == In("a"))
    if asking.criteria is None:
        return
    for each in asking.criteria:
        octets = each.octets if isinstance(each, Text) else each
        assert not any(octet in octets for octet in b"\r\n\0")
    rest = list(asking.criteria)
    while rest:
        rest = key(rest)


ARGUMENTS = {b"HEADER": 2, b"ALL": 0}


def key(words: list[bytes | Text]) -> list[bytes | Text]:
    """Read one search key; gives what follows it."""
    word, *rest = words
    assert isinstance(word, bytes)
    if word == b"(":
        while rest[0] != b")":
            rest = key(rest)
        return rest[1:]
    if word == b"NOT":
        return key(rest)
    if word == b"OR":
        return key(key(rest))
    return rest[ARGUMENTS.get(word, 1) :]


def test_nothing_is_what_no_message_is() -> None:
    assert imap_search(NOTHING).criteria is None


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("a1", False),
        ("-a1", True),
        ("-(x1 -a1)", True),
        ("--a1", False),
        ("-subject:a1", False),
        ("a1 OR -body:b2", True),
    ],
)
def test_whether_a_text_must_not_hold_something(text: str, denies: bool) -> None:
    assert denies_texts(parse(text, TODAY)) is denies
