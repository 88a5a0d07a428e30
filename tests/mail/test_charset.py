"""Octets become text whatever the label says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.charset import (
    _LABELS,
    codec_of,
    decode_charset,
    header_in_utf8,
    whole_characters,
)

LABELS = [
    *_LABELS,
    "",
    "x-unknown",
    "hex",
    "idna",
    "unicode_escape",
    "utf-8\0",
    "é",
    "*",
]


@given(st.binary(max_size=200), st.sampled_from(LABELS), st.booleans())
def test_nothing_is_raised_for_any_octets(data: bytes, label: str, utf7: bool) -> None:
    text, note = decode_charset(data, label, utf7=utf7)
    assert isinstance(text, str)
    assert isinstance(note, str)


@given(st.binary(max_size=40), st.text(max_size=80))
def test_nothing_is_raised_for_any_label(data: bytes, label: str) -> None:
    decode_charset(data, label)


@pytest.mark.parametrize(
    "label",
    "idna punycode hex zlib bz2 rot13 base64 quopri uu unicode_escape undefined mbcs"
    " raw_unicode_escape utf-8-sig x-user-defined replacement cp037 charmap".split(),
)
def test_codecs_that_are_no_charsets_are_refused(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize("codec", _LABELS)
def test_every_charset_of_the_table_is_known_to_the_interpreter(codec: str) -> None:
    assert b"".decode(codec) == ""


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ("iso_8859-1:1987", "cp1252"),
        ("csISOLatin1", "cp1252"),
        ('"utf8"', "utf-8"),
        ("utf-8*en", "utf-8"),
        ("utf-8\0", "utf-8"),
        ("UTF-8;", "utf-8"),
        ("x-gbk", "gb18030"),
        ("gb2312", "gb18030"),
        ("windows-874", "cp874"),
        ("iso-8859-8-i", "iso8859-8"),
        ("cp-850", "cp850"),
        ("ks_c_5601-1987", "cp949"),
        ("x-sjis", "cp932"),
        ("unicode-1-1-utf-7", "utf-7"),
    ],
)
def test_labels_are_known_as_the_field_writes_them(label: str, codec: str) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        (b"\xe9", "iso-8859-1", "é"),
        (b"\x93x\x94", "iso-8859-1", "“x”"),
        (b"\xc3\xa9", "iso-8859-1", "Ã©"),
        (b"\xc3\xa9", "us-ascii", "é"),
        (b"\xe9", "us-ascii", "é"),
        (b"\xc3\xa9", "", "é"),
        (b"\xc3\xa9", "8bit", "é"),
        (b"\xc3\xa9", "x-unknown", "é"),
        (b"\xc4\xe3", "gb2312", "你"),
        (b"\x1b$B%F%9%H\x1b(B", "", "テスト"),
        (b"\x1b$B%F%9%H\x1b(B", "us-ascii", "テスト"),
        (b"~{VPND~}", "hz-gb-2312", "中文"),
        (b"h\0i\0", "utf-16le", "hi"),
        (b"\xef\xbb\xbfhi", "utf-8", "hi"),
    ],
)
def test_text_is_decoded(data: bytes, label: str, text: str) -> None:
    assert decode_charset(data, label) == (text, "")


def test_a_wrong_label_is_said() -> None:
    text, note = decode_charset(b"caf\xe9", "utf-8")
    assert text == "café"
    assert note == "The label utf-8 does not fit; read as windows-1252."


def test_a_text_cut_within_a_character_stays_utf8() -> None:
    text, note = decode_charset("éàü".encode()[:-1], "utf-8")
    assert text == "éà\ufffd"
    assert note


def test_utf7_is_read_only_where_it_was_asked_for() -> None:
    assert decode_charset(b"+AGE-", "utf-7")[0] == "+AGE-"
    assert decode_charset(b"+AGE-", "utf-7", utf7=True)[0] == "a"


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("gb2312", "\u53f0\u6e7e <ann@example.org>"),
        ("big5", "\u6c38\u4e45\u8a31\u529f\u84cb"),
        ("koi8-r", "\u041c\u043e\u0441\u043a\u0432\u0430"),
        ("shift_jis", "\u8868\u793a\u30bd\u30d5\u30c8"),
        ("windows-1251", "\u041c\u043e\u0441\u043a\u0432\u0430"),
        ("iso-8859-2", "\u017d\u0161\u010d"),
    ],
)
def test_raw_octets_of_a_header_are_read_in_the_charset_of_its_text(
    label: str, words: str
) -> None:
    raw = f"From: {words}\r\nSubject: ".encode(label) + "caf\u00e9\r\n".encode()
    expected = f"From: {words}\r\nSubject: caf\u00e9\r\n"
    assert header_in_utf8(raw, label).decode() == expected


@pytest.mark.parametrize(
    "label", ["utf-7", "utf-16le", "utf-32", "iso-2022-jp", "hz-gb-2312", "x", ""]
)
def test_no_charset_makes_other_fields_of_a_header(label: str) -> None:
    raw = b"From: \xe4+ACIAPg- ~{!! \x1b$B!!\x1b(B\r\n\x00<\x00a\r\n"
    assert header_in_utf8(raw, label) == raw


@given(
    st.binary(max_size=60), st.sampled_from(["gb18030", "big5", "shift_jis", "cp949"])
)
def test_a_header_keeps_its_lines_whatever_its_charset(raw: bytes, label: str) -> None:
    found = header_in_utf8(raw, label)
    assert found.count(b"\n") == raw.count(b"\n")
    assert found.count(b"<") <= raw.count(b"<")


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("utf-8", "\u8b70\u4e8b\n\u9332\U0001f600e\u0301"),
        ("", "\u8b70\u4e8b\n\u9332\U0001f600"),
        ("gb18030", "ab\n" + "\u8b70\u4e8b" * 9),
        ("utf-16le", "\u8b70\u4e8b\n\u9332ab"),
        ("shift_jis", "ab\n" + "\u8868\u793a" * 9),
    ],
)
def test_a_text_cut_anywhere_has_no_half_character(label: str, text: str) -> None:
    octets = text.encode(label or "utf-8")
    for end in range(len("ab\n".encode(label or "utf-8")), len(octets) + 1):
        shown, note = decode_charset(whole_characters(octets[:end], label), label)
        assert text.startswith(shown)
        assert note == ""


@given(st.binary(max_size=20))
def test_what_is_no_utf8_keeps_all_but_its_end(raw: bytes) -> None:
    assert raw.startswith(whole_characters(raw, "utf-8"))
    assert len(raw) - len(whole_characters(raw, "utf-8")) <= 3
