"""Figures as lines: within the width, in ASCII where that is asked for, nothing cut."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.plots import lines, octets
from tuimail.mail.sanitize import is_safe
from tuimail.mail.statistics import Figures, Share, times
from tuimail.mail.types import SafeText
from tuimail.mail.widths import cells, end

TODAY = date(2026, 11, 28)
SHARES = st.lists(
    st.builds(Share, st.text(max_size=300), *[st.integers(0, 10**8)] * 3), max_size=10
).map(tuple)


def figures(*shares: tuple[Share, ...]) -> Figures:
    return Figures(TODAY, 0, 0, 0, times([], TODAY), *shares)


@given(SHARES, st.integers(0, 300), st.booleans())
def test_lines_fit_and_are_safe(
    shares: tuple[Share, ...], width: int, ascii: bool
) -> None:
    made = lines(figures(shares, shares, shares), "all", width, ascii=ascii)
    assert all(cells(line) <= max(70, min(width, 120)) for line in made)
    assert all(is_safe(line) for line in made)


def test_ascii_means_ascii() -> None:
    share = (Share("ann@x.org", 3, 1, 10),)
    made = lines(figures(share, share, share), "all", 80, ascii=True)
    assert all(line.isascii() for line in made)


def test_an_address_shows_its_end() -> None:
    share = (Share("ann@x.org." + "a" * 200 + ".evil.example", 3, 1, 10),)
    made = lines(figures(share, (), ()), "all", 80, ascii=True)
    assert any(".evil.example" in line for line in made)
    assert end(SafeText("abcdef"), 4) == "…def"
    assert end(SafeText("abc"), 4) == "abc"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_600, "1.0 MB"),
        (14_200_000, "14 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_have_a_unit(size: int, words: str) -> None:
    assert octets(size) == words
