"""Paragraphs become lines that fit, and nothing is lost on the way."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.cost import grows_linearly
from tuimail.mail.sanitize import is_safe, safe_text
from tuimail.mail.types import Line, SafeText, Span, Style
from tuimail.mail.wrap import fitting, line_cells, wrap

texts = st.text(
    st.sampled_from("ab .,-é漢字。、한국👍🇩🇪ก\u0301\u0e33\u0939\u094d "), max_size=60
).map(lambda text: SafeText(safe_text(text)))
spans = st.lists(
    st.builds(Span, texts, st.sampled_from([Style.TEXT, Style.STRONG]), st.just(0)),
    max_size=6,
)
indents = st.integers(0, 40).map(lambda n: (Span(SafeText("> " * n)),) if n else ())


def span(text: str, style: Style = Style.TEXT) -> Span:
    return Span(SafeText(text), style)


def words(lines: list[Line]) -> list[str]:
    return ["".join(each.text for each in line) for line in lines]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("   ", [""]),
        ("one two", ["one two"]),
        ("one two three four", ["one two", "three four"]),
        ("one  two   three", ["one  two", "three"]),
        ("  in dented text", ["  in", "dented", "text"]),
        ("          far", ["far"]),
        ("abcdefghijklmno", ["abcdefghij", "klmno"]),
        ("a bcdefghijklmno p", ["a", "bcdefghijk", "lmno p"]),
        ("漢字漢字漢字", ["漢字漢字漢", "字"]),
        ("a漢字漢字漢字", ["a漢字漢字", "漢字"]),
        ("漢字漢字漢。字", ["漢字漢字", "漢。字"]),
        ("한국어 한국어 글", ["한국어", "한국어 글"]),
        ("über größer alles", ["über", "größer", "alles"]),
    ],
)
def test_a_text_breaks_at_ten_cells(text: str, lines: list[str]) -> None:
    assert words(wrap([span(text)], 10)) == lines


def test_a_word_that_changes_its_style_stays_whole() -> None:
    parts = [span("see the "), span("word", Style.STRONG), span(". End")]
    assert words(wrap(parts, 12)) == ["see the", "word. End"]


def test_every_line_has_the_indent() -> None:
    lines = wrap([span("one two three")], 12, (span("> "),))
    assert words(lines) == ["> one two", "> three"]


def test_too_deep_an_indent_is_cut() -> None:
    (line,) = wrap([span("text")], 20, (span("> " * 30),))
    assert words([line]) == ["> > > > > > text"]


@given(spans, st.integers(2, 40), indents)
def test_no_line_is_wider_than_asked(
    parts: list[Span], width: int, indent: tuple[Span, ...]
) -> None:
    assert all(line_cells(line) <= width for line in wrap(parts, width, indent))


@given(spans, st.integers(2, 40))
def test_nothing_is_lost_but_blanks(parts: list[Span], width: int) -> None:
    before = "".join(part.text for part in parts)
    after = "".join(words(wrap(parts, width)))
    assert letters(after) == letters(before)


def letters(text: str) -> str:
    return "".join(c for c in text if c != " " and unicodedata.category(c)[0] != "M")


def test_a_mark_that_lost_its_blank_is_dropped() -> None:
    assert words(wrap([span("one two \u0301x")], 7)) == ["one two", "x"]


@given(spans, st.integers(2, 40))
def test_every_line_is_safe_by_itself(parts: list[Span], width: int) -> None:
    assert all(is_safe(line) for line in words(wrap(parts, width)))


@given(st.text(st.sampled_from("ab  "), min_size=2, max_size=80), st.integers(2, 12))
def test_the_short_way_for_plain_text_breaks_where_the_long_one_does(
    text: str, width: int
) -> None:
    middle = len(text) // 2
    long_way = wrap([span(text[:middle]), span(text[middle:])], width)
    assert words(long_way) == words(wrap([span(text)], width))


@given(spans, st.integers(0, 30))
def test_a_line_is_cut_to_fit(parts: list[Span], width: int) -> None:
    assert line_cells(fitting(tuple(parts), width)) <= width


@pytest.mark.parametrize(
    "piece", ["a", "a ", " ", "ก\u0e33", "漢", "한", "é ", "a漢", "👍", "ab\u0301"]
)
def test_wrapping_takes_linear_time(piece: str) -> None:
    assert grows_linearly(
        lambda size: wrap([span(piece * (size // len(piece)))], 80), 200_000
    )


@pytest.mark.parametrize("piece", ["a", "a ", "漢", "é"])
def test_many_small_spans_take_linear_time(piece: str) -> None:
    styles = [Style.TEXT, Style.STRONG]
    assert grows_linearly(
        lambda size: wrap([span(piece, styles[at % 2]) for at in range(size)], 80),
        60_000,
    )
