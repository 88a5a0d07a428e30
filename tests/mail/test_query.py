"""The query language: what is typed, what it means, and what is said when it cannot."""

from __future__ import annotations

import contextlib
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuimail.errors import QueryError
from tuimail.mail.query import parse
from tuimail.mail.query_print import explain, unparse
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

TODAY = date(2026, 2, 18)
"""A Wednesday."""


def read(text: str) -> Query:
    return parse(text, TODAY)


def word(text: str, field: Field = Field.ANY, prefix: bool = False) -> Words:
    return Words(field, (text,), False, prefix)


def fault(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        read(text)
    return caught.value


A, B, C, D = (word(each) for each in "abcd")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", All()),
        ("  ", All()),
        ("*", All()),
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a b OR c d", And((A, Or((B, C)), D))),
        ("a or b or c", Or((A, B, C))),
        ("(a b) OR c", Or((And((A, B)), C))),
        ("((a) (b c))", And((A, B, C))),
        ("-a", Not(A)),
        ("NOT a b", And((Not(A), B))),
        ("-(a OR b)", Not(Or((A, B)))),
        ("--a", Not(Not(A))),
        ('"a phrase"', Words(Field.ANY, ("a", "phrase"), True)),
        (r'"say \"hi\""', Words(Field.ANY, ("say", '"hi"'), True)),
        ("ann*", word("ann", prefix=True)),
        ("FROM:Ann", word("Ann", Field.FROM)),
        ("from:ann@example.org", word("ann@example.org", Field.FROM)),
        (
            "from:ann,bob",
            Or((word("ann", Field.FROM), word("bob", Field.FROM))),
        ),
        ("to:me", Is(State.TO_ME)),
        ("is:tome", Is(State.TO_ME)),
        ("has:attachment", Has()),
        ("has:file", Has()),
        ("is:unread", Is(State.UNREAD)),
        ("is:Seen", Is(State.READ)),
        ("tag:work", Keyword("work")),
        ('tag:"w**"', Keyword("w**")),
        ("id:<a@b>", IdIs("a@b")),
        ("in:Lists/*", In("Lists/*")),
        ('in:"My Mail"', In("My Mail")),
        ("account:work", AccountIs("work")),
        ("size:>1M", Size(True, 1024**2)),
        ("size:<100k", Size(False, 100 * 1024)),
        ("larger:1.5M", Size(True, 1536 * 1024)),
        ("smaller:7", Size(False, 7)),
        ("10:30", word("10:30")),
        ("https://example.org/a?b=c", word("https://example.org/a?b=c")),
        ("https:x", word("https:x")),
        ("foo-bar", word("foo-bar")),
        ("list:python-dev", word("python-dev", Field.LIST)),
    ],
)
def test_a_query_means(text: str, query: Query) -> None:
    assert read(text) == query


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("on:today", date(2026, 2, 18), date(2026, 2, 19)),
        ("on:yesterday", date(2026, 2, 17), date(2026, 2, 18)),
        ("on:monday", date(2026, 2, 16), date(2026, 2, 17)),
        ("on:wednesday", date(2026, 2, 18), date(2026, 2, 19)),
        ("on:2026-01-15", date(2026, 1, 15), date(2026, 1, 16)),
        ("on:2026/1/5", date(2026, 1, 5), date(2026, 1, 6)),
        ("on:2025-12", date(2025, 12, 1), date(2026, 1, 1)),
        ("on:2025", date(2025, 1, 1), date(2026, 1, 1)),
        ("on:2025..2026-01", date(2025, 1, 1), date(2026, 2, 1)),
        ("before:2026-01", None, date(2026, 1, 1)),
        ("after:2026-01", date(2026, 1, 1), None),
        ("since:2026", date(2026, 1, 1), None),
        ("older:2w", None, date(2026, 2, 4)),
        ("newer:3d", date(2026, 2, 15), None),
        ("newer_than:6m", date(2025, 8, 18), None),
        ("older:1y", None, date(2025, 2, 18)),
    ],
)
def test_days_count_from_the_day_given(
    text: str, start: date | None, end: date | None
) -> None:
    assert read(text) == Date(start, end)


def test_a_month_ago_is_a_day_that_exists() -> None:
    assert parse("on:1m", date(2026, 3, 31)) == Date(
        date(2026, 2, 28), date(2026, 3, 1)
    )


@pytest.mark.parametrize(
    ("text", "start", "end", "said"),
    [
        ("a form:ann", 2, 7, "did you mean `from:`"),
        ("subjet:x", 0, 7, "did you mean `subject:`"),
        ("before:soon", 7, 11, "a date such as 2026-01-15, 3d or monday"),
        ("on:2026-13", 3, 10, "a date"),
        ("on:0000", 3, 7, "a date"),
        ("newer:9999y", 6, 11, "a date"),
        ("on:9999", 3, 7, "a date"),
        ("size:big", 5, 8, "a size such as"),
        ("is:unraed", 3, 9, "did you mean `unread`"),
        ("has:wings", 4, 9, "`attachment` only"),
        ("a)", 1, 2, "closes nothing"),
        ("()", 1, 2, "nothing in this group"),
        ("OR a", 0, 2, "between two terms"),
        ("a OR OR b", 5, 7, "between two terms"),
        ("a &", 2, 3, "no letter or digit"),
        ("from:(a b)", 0, 6, "several words go with commas"),
        ('in:""', 3, 5, "value is missing"),
    ],
)
def test_a_fault_is_named_with_its_place(
    text: str, start: int, end: int, said: str
) -> None:
    error = fault(text)
    assert (error.start, error.end) == (start, end)
    assert said in str(error)
    assert not error.unfinished


@pytest.mark.parametrize(
    "text",
    [
        "from:",
        "from:a,",
        '"abc',
        'from:"ab',
        "(a OR",
        "(a",
        "(",
        "a OR",
        "-",
        "is:unr",
        "size:>",
        "before:20",
        "has:att",
        "a AND",
        "from: is:unread",
        "(from:)",
    ],
)
def test_what_is_being_typed_is_unfinished(text: str) -> None:
    assert fault(text).unfinished


def test_a_query_has_its_limits() -> None:
    assert "2,000 characters" in str(fault("a" * 2001))
    assert "200 terms" in str(fault("a " * 201))
    assert "200 terms" in str(fault("from:" + ",".join("a" * 201)))
    assert "20 deep" in str(fault("(" * 999 + "a"))
    assert "20 deep" in str(fault("-" * 999 + "a"))
    read("(" * 20 + "a" + ")" * 20)
    read(" ".join("a" * 200))


@pytest.mark.parametrize(
    "piece", ['"', "\\", '"\\', "a:", "(", ")", "-", "*", ",", "from:a,", "a OR ", "é"]
)
def test_no_text_takes_long(piece: str) -> None:
    began = time.perf_counter()
    text = (piece * 2000)[:2000]
    with contextlib.suppress(QueryError):
        read(text)
    assert time.perf_counter() - began < 0.5


def test_a_query_is_said_in_words() -> None:
    text = 'from:ann has:file is:unread before:2026-01 -in:junk (a OR "b c")'
    assert explain(read(text)) == (
        "from ann, with an attachment, unread, before 1 January 2026, not in junk,"
        ' (with a or with "b c")'
    )


PIECES = st.sampled_from(
    [
        *'a é or OR AND NOT - ( ) " * \\ , : from: to:me text: subject:"q'.split(),
        *'is:unread in:" in:A* id:<a> id:> before:2w on:2025..2026 size:>1k'.split(),
        *("tag:x", "has:file", "10:30", "-x", " ", " "),
    ]
)


def attempt(text: str) -> Query | QueryError:
    try:
        return read(text)
    except QueryError as error:
        return error


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
@settings(max_examples=1500)
def test_whatever_is_read_is_printed_and_read_again(text: str) -> None:
    query = attempt(text)
    if isinstance(query, QueryError):
        assert 0 <= query.start <= query.end <= len(text)
        return
    assert read(unparse(query)) == query
    assert explain(query)


NAMES = st.text('abcä/ "\\*(),-:', min_size=1, max_size=8).filter(
    lambda text: bool(text.strip())
)
DAYS = st.dates(date(1970, 1, 1), date(2100, 1, 1))
LEAVES: st.SearchStrategy[Query] = st.one_of(
    st.builds(All),
    st.builds(
        Words, st.sampled_from(Field), st.tuples(st.sampled_from(["ann", "x@y.z", "é"]))
    ),
    st.builds(
        Words,
        st.sampled_from(Field),
        st.lists(st.sampled_from(["b", "or", 'q"', "\\", "-", "me"]), max_size=3).map(
            lambda words: ("a", *words)
        ),
        st.just(True),
        st.booleans(),
    ),
    st.builds(Is, st.sampled_from(State)),
    st.builds(Has),
    st.builds(Keyword, NAMES),
    st.builds(In, NAMES),
    st.builds(AccountIs, NAMES),
    st.builds(Size, st.booleans(), st.integers(0, 2**40 - 1)),
    st.builds(Date, st.none(), DAYS),
    st.builds(Date, DAYS, st.none()),
)


def _grown(children: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    some = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        children.map(Not),
        some.map(lambda parts: joined(And, parts)),
        some.map(lambda parts: joined(Or, parts)),
    )


QUERIES = st.recursive(LEAVES, _grown, max_leaves=12)


def test_stars_of_a_value_are_all_printed() -> None:
    assert read(unparse(Keyword("**"))) == Keyword("**")


@given(QUERIES)
@settings(max_examples=500)
def test_every_query_can_be_printed_and_read(query: Query) -> None:
    assert read(unparse(query)) == query
