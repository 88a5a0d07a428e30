"""Nothing that leaves the door can move the cursor, turn the text or tear a column."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.sanitize import (
    LINE_LIMIT,
    MARKS_MAX,
    _is_mark,
    _odd,
    _rule,
    is_safe,
    safe_block,
    safe_bytes,
    safe_text,
)
from tuimail.mail.words import decode_words

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TRICKS = (
    "\x1b\x07\x00\x7f\x85\x9b\x9d\r\n\t\u2028\u2029\u200b\u200d\ufe0f\u20e3\u2800\u3000"
    "\u00a0\u00ad\u0301\u0488\u0941\u1160\ud800\udfff\ue000\U0001f468\U0001f469\u2764"
    "\U0001f3fd\U0001f1e9\U000e0041\U000e0100\uffff" + BIDI
)
anything = st.text(st.one_of(st.sampled_from(TRICKS), st.characters()), max_size=60)
ATTACKS = [
    b"=?utf-8?q?=1B]52;c;cHduZWQ=3D=1B=5C?=",
    b"=?utf-8?q?=1B[2J=07=0D=0AX:_y?=",
    b"=?iso-8859-1?q?=9B31mX=9D0;PWN=9C?=",
    b"=?utf-8?q?=C2=9B2J?=",
    b"\x1b]8;;http://evil.example\x1b\\text\x1b]8;;\x1b\\",
    b"\x1bPq#0;2;0;0;0\x1b\\",
    b"\x1b_Gf=24,s=1,v=1;AAAA\x1b\\",
    b"\x1b[6n",
    b"paid\r      not paid",
    b"a\b\b\b",
]


@given(anything)
def test_a_line_holds_only_printable_characters(text: str) -> None:
    assert safe_text(text).isprintable()


@given(anything)
def test_a_block_holds_only_printable_characters_and_line_ends(text: str) -> None:
    assert safe_block(text).replace("\n", "").isprintable()


@given(anything, st.integers(1, 30))
def test_a_clean_line_is_left_alone(text: str, limit: int) -> None:
    once = safe_text(text, limit)
    assert safe_text(once, limit) == once
    assert len(once) <= limit


@given(anything)
def test_a_clean_block_is_left_alone(text: str) -> None:
    assert is_safe(safe_block(text))


@given(st.binary(max_size=80))
def test_words_of_a_server_are_printable_whatever_their_octets(raw: bytes) -> None:
    assert safe_bytes(raw).isprintable()


@pytest.mark.parametrize("raw", ATTACKS)
def test_no_escape_sequence_survives_decoding(raw: bytes) -> None:
    shown = safe_text(decode_words(raw))
    assert shown.isprintable()
    assert shown.strip()


def test_every_control_is_shown_by_a_picture_in_its_place() -> None:
    controls = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]
    for code in controls:
        shown = safe_text(f"a{chr(code)}b")
        middle = shown[1:-1]
        if chr(code) in "\t\n\r":
            assert middle == " "
        else:
            assert "\u2400" <= middle <= "\u2426", hex(code)


@pytest.mark.parametrize("control", BIDI)
def test_no_control_of_direction_is_left(control: str) -> None:
    assert safe_text(f"invoice{control}fdp.exe") == "invoicefdp.exe"
    assert safe_block(f"a{control}b\nc") == "ab\nc"


@pytest.mark.parametrize(
    "blank", "\u200b\u200c\u2060\ufeff\u2800\u3164\u034f\U000e0041"
)
def test_what_cannot_be_seen_is_taken_out(blank: str) -> None:
    assert safe_text(f"pay{blank * 40}pal") == "paypal"


@pytest.mark.parametrize("mark", ["\u0301", "\u0488", "\u0941", "\u20dd", "\ufe20"])
def test_marks_on_one_character_are_limited(mark: str) -> None:
    assert safe_text("Z" + mark * 200 + "x") == "Z" + mark * MARKS_MAX + "x"


def test_marks_that_were_apart_only_by_invisible_characters_count_together() -> None:
    text = "e" + "\u0301" * 6 + "\u200b" + "\u0301" * 6
    assert safe_text(text) == "e" + "\u0301" * MARKS_MAX


def test_a_mark_without_a_base_is_dropped_at_the_start_of_each_line() -> None:
    assert safe_block("\u0301a\n\u0301b") == "a\nb"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 in", "\U0001f468 in"),
        ("\u2764\ufe0f\u200d\U0001f525", "\u2764"),
        ("\U0001f44d\U0001f3fd", "\U0001f44d"),
        ("\U0001f469\U0001f3fd\u200d\U0001f4bb", "\U0001f469"),
        ("1\ufe0f\u20e3", "1"),
        ("\U0001f3f4\U000e0067\U000e0062", "\U0001f3f4"),
    ],
)
def test_joined_emoji_are_shown_by_their_base(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_scripts_are_not_harmed() -> None:
    for text in ("Zoë Straße", "議事録", "한국어", "שלום", "مرحبا", "नमस्ते", "ไทยน้ำ"):
        assert safe_text(text) == text


def test_lone_surrogates_become_the_replacement_character() -> None:
    assert safe_text("a\udce9b") == "a\ufffdb"


def test_a_long_line_is_cut_with_an_ellipsis() -> None:
    shown = safe_text("é" * (LINE_LIMIT + 1))
    assert len(shown) == LINE_LIMIT
    assert shown.endswith("\u2026")


def test_padding_cannot_hide_that_there_is_more() -> None:
    assert safe_text("\u200b" * 9000 + "evil", 100).endswith("\u2026")


def test_line_ends_of_all_kinds_end_lines_of_a_block() -> None:
    assert safe_block("a\r\nb\rc\u2028d\u0085e") == "a\nb\nc\nd\ne"


def test_tabs_of_a_block_go_to_the_next_eighth_cell() -> None:
    assert safe_block("ab\tc\n\td") == "ab      c\n        d"


def test_the_short_cut_for_plain_runs_agrees_with_the_rule() -> None:
    # What the pattern skips must be what the rule would have kept.
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if not _odd().match(character):
            assert character.isprintable(), hex(code)
            assert not _is_mark(character), hex(code)
            assert _rule(code) == character, hex(code)


def test_marks_are_never_word_characters() -> None:
    # The cap looks for marks only where no word character stands.
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "M":
            assert not chr(code).isalnum(), hex(code)
