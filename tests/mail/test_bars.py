"""Bars: proportions in cells, with blocks and in ASCII."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.bars import bar, columns

NUMBERS = st.lists(st.integers(-5, 10**12), max_size=70)


def test_columns_stand_on_the_lowest_row() -> None:
    assert columns([0, 4, 8, 16], 2) == ["   █", " ▄██"]


def test_columns_in_ascii() -> None:
    assert columns([0, 3, 6, 9], 1, ascii=True) == [" .:#"]


def test_a_bar_lies_and_is_padded() -> None:
    assert bar(5, 10, 4) == "██  "
    assert bar(5, 10, 4, ascii=True) == "##  "
    assert bar(9, 16, 2) == "█▏"


@pytest.mark.parametrize("ascii", [False, True])
def test_what_is_not_nothing_is_seen(ascii: bool) -> None:
    assert columns([1, 10**9], 3, ascii=ascii)[-1][0] != " "
    assert bar(1, 10**9, 10, ascii=ascii).strip()


def test_nothing_is_drawn_of_nothing() -> None:
    assert columns([], 2) == ["", ""]
    assert columns([0, 0], 1) == ["  "]
    assert bar(0, 0, 3) == "   "


@given(NUMBERS, st.integers(1, 10), st.booleans())
def test_columns_are_as_wide_and_high_as_asked(
    values: list[int], height: int, ascii: bool
) -> None:
    rows = columns(values, height, ascii=ascii)
    assert [len(each) for each in rows] == [len(values)] * height


@given(st.integers(-5, 10**12), st.integers(0, 10**12), st.integers(1, 80))
def test_a_bar_is_as_wide_as_asked(value: int, most: int, width: int) -> None:
    assert len(bar(value, most, width)) == width
    assert len(bar(value, most, width, ascii=True)) == width
