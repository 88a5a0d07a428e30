"""Cells are counted as the painter counts them, so that columns stay straight."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.mail.widths import _NARROW, cells, cut, fit, width_of

words = st.lists(
    st.sampled_from(["abc", "Zoë", "議事録", "한국어", "שלום", "👍", "🇩🇪", "ने", "é"]),
    max_size=8,
).map(lambda each: safe_text(" ".join(each)))


def test_the_painter_agrees_on_every_character_that_passes_the_door() -> None:
    differ = [
        hex(code)
        for code in range(0x20, sys.maxunicode + 1)
        if safe_text("a" + chr(code)) == "a" + chr(code)
        and width_of(chr(code)) != cell_len(chr(code))
        and unicodedata.category(chr(code)) != "Mc"
    ]
    assert differ == []


def test_a_vowel_sign_beside_its_base_takes_a_cell_as_the_c_library_says() -> None:
    assert cells("\u0915\u093e\u092e") == 3
    assert cells("\u0915\u0947\u092e") == 2
    assert fit(safe_text("\u0915\u093e\u092e"), 2) == "\u0915…"


def test_the_short_cut_for_narrow_text_agrees_with_the_table() -> None:
    wrong = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if _NARROW.fullmatch(chr(code)) and width_of(chr(code)) != 1
    ]
    assert wrong == []


@given(st.text(max_size=40))
def test_the_painter_agrees_on_safe_text(text: str) -> None:
    safe = safe_text(text)
    beside = sum(unicodedata.category(each) == "Mc" for each in safe)
    assert cells(safe) == cell_len(safe) + beside


@given(words, st.integers(-1, 40))
def test_fitted_text_has_exactly_the_wanted_cells(text: SafeText, width: int) -> None:
    assert cells(fit(text, width)) == max(0, width)


@given(words, st.integers(0, 40))
def test_cut_text_begins_the_same_and_fits(text: SafeText, width: int) -> None:
    short = cut(text, width)
    assert text.startswith(short)
    assert cells(short) <= width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("議事録", 6, "議事録"),
        ("議事録", 5, "議事…"),
        ("議事録", 4, "議… "),
        ("議", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_text_is_fitted(text: str, width: int, shown: str) -> None:
    assert fit(safe_text(text), width) == shown
