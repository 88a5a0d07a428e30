"""Long texts as sequences of lines that nobody copies."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.lines import Joined, quote_runs
from tuimail.mail.types import Line, SafeText, Span, Style


def line(text: str, style: Style = Style.TEXT) -> Line:
    return (Span(SafeText(text), style),)


@given(st.lists(st.lists(st.integers(0, 99), max_size=5), max_size=6))
def test_joined_lines_are_the_lines_in_order(pieces: list[list[int]]) -> None:
    made = [[line(str(n)) for n in piece] for piece in pieces]
    flat = [each for piece in made for each in piece]
    joined = Joined(made)
    assert list(joined) == flat
    assert [joined[at] for at in range(-len(flat), 0)] == flat
    assert joined[1:3] == tuple(flat[1:3])


@given(st.lists(st.booleans()))
def test_quote_runs_name_each_quoted_line_once(quoted: list[bool]) -> None:
    lines = [line("x", Style.QUOTE2 if each else Style.TEXT) for each in quoted]
    runs = quote_runs(lines)
    named = [at for start, end in runs for at in range(start, end)]
    assert named == [at for at, each in enumerate(quoted) if each]
    assert all(a[1] < b[0] for a, b in pairwise(runs))
