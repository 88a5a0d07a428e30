"""Plain text as people read it: flowed, quoted, signed, with links and patches."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.cost import grows_linearly
from tuimail.mail.body import TEXT_MAX, render
from tuimail.mail.sanitize import is_safe
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import Part, RenderedText, Section, Style
from tuimail.mail.wrap import line_cells


def part(media_type: str = "text/plain", encoding: str = "8bit", **params: str) -> Part:
    return Part(Section("1"), media_type, tuple(params.items()), encoding=encoding)


def show(text: str, width: int = 40, **params: str) -> RenderedText:
    return render(text.encode(), part(**{"charset": "utf-8", **params}), width)


def words(text: RenderedText) -> list[str]:
    return ["".join(span.text for span in line) for line in text.lines]


def styles(text: RenderedText) -> list[Style | None]:
    return [line[0].style if line else None for line in text.lines]


@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        ("BASE64 ", b"aGVsbG8=", b"hello"),
        ("base64; x", b"aGVs\r\nbG8=", b"hello"),
        ('"base64"', b" aGVs bG8 ", b"hello"),
        ("base64\0", b"aGVsbG8", b"hello"),
        ("base64", b"aGVsb", b"hel"),
        ("base64", b"", b""),
        ("base64", b"aGVsbG8=\r\n-- \r\na list: cats@example.org\r\n", b"hello"),
        ("base64", b"aGVsbG8=\r\nIHlvdQ==\r\n", b"hello you"),
        ("base64", b"aGVsbG8= \r\nIHlvdQ== \r\n", b"hello you"),
        ("base64", b"aGVs=\r\n*" + b"bG8h" * 1_000, b"hel" + b"lo!" * 1_000),
        (
            "base64",
            b"a text nobody has encoded " * 5,
            b"a text nobody has encoded " * 5,
        ),
        ("Quoted-Printable", b"caf=C3=A9 =\r\nnoir", b"caf\xc3\xa9 noir"),
        ("quoted-printable", b"a=ZZb=4", b"a=ZZb=4"),
        ("8bit", b"a=41", b"a=41"),
        ("", b"as it is", b"as it is"),
        ("x-unheard-of", b"as it is", b"as it is"),
    ],
)
def test_a_transfer_encoding_is_undone(encoding: str, data: bytes, text: bytes) -> None:
    assert decode_transfer(data, encoding) == text


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "7bit"]))
def test_no_octets_are_too_broken_to_decode(data: bytes, encoding: str) -> None:
    assert len(decode_transfer(data, encoding)) <= len(data)


@given(st.binary(max_size=200))
def test_base64_is_read_back(data: bytes) -> None:
    assert decode_transfer(base64.encodebytes(data), "base64") == data


def test_soft_lines_become_a_paragraph() -> None:
    flowed = show("one \ntwo \nthree\nfour\n", format="flowed")
    assert words(flowed) == ["one two three", "four"]


def test_delsp_takes_the_blank_away() -> None:
    flowed = show("漢 \n字\n", format="flowed", delsp="yes")
    assert words(flowed) == ["漢字"]


def test_a_flowed_paragraph_ends_where_the_quote_level_changes() -> None:
    flowed = show("> one \n> two \n>> three \nfour\n", format="flowed")
    assert words(flowed) == ["> one two", "> > three", "four"]


def test_a_stuffed_blank_is_taken_away() -> None:
    assert words(show(" > no quote\n From me\n", format="flowed")) == [
        "> no quote",
        "From me",
    ]


def test_a_signature_is_never_flowed_into() -> None:
    flowed = show("bye \n-- \nAnn\n", format="flowed")
    assert words(flowed) == ["bye", "--", "Ann"]


def test_a_long_quote_is_wrapped_at_its_level() -> None:
    quoted = show("> > one two three four five six\n", 20)
    assert words(quoted) == ["> > one two three", "> > four five six"]


def test_quotes_are_coloured_by_level() -> None:
    text = show("".join(f"{'>' * level} x\n" for level in range(7)))
    assert styles(text) == [
        Style.TEXT,
        Style.QUOTE1,
        Style.QUOTE2,
        Style.QUOTE3,
        *[Style.QUOTE4] * 3,
    ]


@pytest.mark.parametrize("params", [{}, {"format": "flowed"}])
@pytest.mark.parametrize("level", [10, 60, 5000])
def test_the_deepest_quote_fits(level: int, params: dict[str, str]) -> None:
    text = show(">" * level + " some words of text\n", **params)
    assert max(map(line_cells, text.lines)) <= 40


def test_a_signature_lasts_to_the_end() -> None:
    text = show("hi\n-- \nAnn\nOffice\n")
    assert styles(text) == [Style.TEXT, *[Style.SIGNATURE] * 3]


def test_a_patch_is_coloured() -> None:
    text = show("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same")
    assert styles(text)[3:] == [
        Style.HEADING,
        Style.REMOVED,
        Style.ADDED,
        Style.TEXT,
    ]


def test_dashes_alone_are_no_patch() -> None:
    assert styles(show("+1 from me\n- a point\n")) == [Style.TEXT, Style.TEXT]


def test_a_link_is_numbered_and_without_the_full_stop_behind_it() -> None:
    text = show("See https://example.org/a_(b), and www.example.org.\n", 80)
    assert [link.target for link in text.links] == [
        "https://example.org/a_(b)",
        "http://www.example.org",
    ]
    assert words(text) == ["See https://example.org/a_(b), and www.example.org."]


def test_a_link_is_marked_where_it_stands() -> None:
    (line,) = show("See https://example.org/a.\n").lines
    marked = [(span.text, span.style, span.link) for span in line]
    assert marked[1] == ("https://example.org/a", Style.LINK, 1)


def test_the_same_link_has_one_number() -> None:
    text = show("https://a.example/ https://a.example/ https://b.example/\n", 80)
    assert len(text.links) == 2


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd"])
def test_no_other_scheme_becomes_a_link(link: str) -> None:
    assert show(link).links == ()


def test_what_was_cut_is_said() -> None:
    text = render(b"x\n" * 1_100_000, part(), 80)
    assert "Only the first 2 MiB of this are shown; W shows more." in text.notes


def test_a_wrong_charset_is_said() -> None:
    text = render("Grüße".encode(), part(charset="us-ascii"), 80)
    assert words(text) == ["Grüße"]
    assert render(b"\xff\xfe", part(charset="utf-8"), 80).notes


def test_controls_are_shown_and_never_sent() -> None:
    assert words(show("a\x1b]0;x\x07b\n")) == ["a␛]0;x␇b"]


def test_the_source_is_shown_as_it_is() -> None:
    text = render(b"A: =?utf-8?q?x?=\r\n\r\n> b", part("text/x-source"), 80)
    assert words(text) == ["A: =?utf-8?q?x?=", "", "> b"]


@given(
    st.text(
        st.sampled_from("ab> -.\n\r\t漢é👍\u0301\x1b\u202ehttp://w.()@+"), max_size=300
    ),
    st.integers(0, 60),
    st.sampled_from([{}, {"format": "flowed"}, {"format": "flowed", "delsp": "yes"}]),
)
def test_every_text_fits_and_is_safe(
    text: str, width: int, params: dict[str, str]
) -> None:
    shown = show(text, width, **params)
    assert all(line_cells(line) <= max(20, width) for line in shown.lines)
    assert all(is_safe(span.text) for line in shown.lines for span in line)


def test_a_mark_whose_blank_was_stuffing_stands_on_nothing() -> None:
    shown = show(" \u0301", 20, format="flowed")
    assert all(is_safe(span.text) for line in shown.lines for span in line)


@given(st.binary(max_size=300), st.text(max_size=12), st.text(max_size=12))
def test_no_octets_are_too_odd_to_show(data: bytes, charset: str, coding: str) -> None:
    shown = render(data, part(encoding=coding, charset=charset), 80)
    assert all(is_safe(word) for word in words(shown))


@pytest.mark.parametrize("params", [{}, {"format": "flowed"}])
@pytest.mark.parametrize(
    "piece",
    [
        ">",
        "> ",
        "\n",
        " \n",
        ">\n",
        "a",
        "http://a.b/)",
        "http://a.b/ ",
        ")",
        "www.",
        "@@",
    ],
)
def test_plain_text_is_laid_out_in_linear_time(
    piece: str, params: dict[str, str]
) -> None:
    assert grows_linearly(
        lambda size: show(piece * (size // len(piece)), 80, **params), 200_000
    )


def test_a_link_that_never_ends_takes_linear_time() -> None:
    piece = "http://x.example/" + ")" * 3900 + " "
    assert grows_linearly(lambda size: show(piece * (size // 4000), 80), 400_000)


def test_a_bounce_of_words_only_says_first_what_it_means() -> None:
    text = show(
        "This is the mail system at host mx.example.net.\n\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients.\n\n"
        "<ann@example.org>: host mx.example.org said: 550 5.1.1 no such user\n",
        80,
    )
    assert "Not delivered to ann@example.org" in text.notes[0]


def test_a_header_without_a_field_is_shown_as_the_text_it_is() -> None:
    header = Part(Section("2.HEADER"), "text/rfc822-headers", encoding="8bit")
    shown = render(b"only some words\r\nof a text\r\n\r\n", header, 60)
    assert "only some words" in "".join(s.text for line in shown.lines for s in line)


def test_a_long_text_that_was_cut_is_not_said_to_be_broken() -> None:
    part = Part(Section("1"), "text/plain", (("charset", "utf-8"),), encoding="8bit")
    text = "a" + "\u8b70" * (TEXT_MAX // 3 + 9)
    shown = render(text.encode()[:TEXT_MAX], part, 80)
    assert not any("UTF-8" in note for note in shown.notes)
    assert "\ufffd" not in shown.lines[-1][0].text
