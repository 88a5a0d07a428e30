"""Cards of people, of all three versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.sanitize import is_safe
from tuimail.mail.types import RenderedText
from tuimail.mail.vcard import render_vcard
from tuimail.mail.wrap import line_cells


def shown(text: RenderedText) -> list[str]:
    return ["".join(span.text for span in line) for line in text.lines]


def card(*lines: str) -> list[str]:
    whole = "\r\n".join(("BEGIN:VCARD", *lines, "END:VCARD", ""))
    return shown(render_vcard(whole, 80))


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (
            ("VERSION:4.0", "FN:Ann Lee", "EMAIL;TYPE=work:ann@example.org"),
            ["Ann Lee", "Mail          ann@example.org (work)"],
        ),
        (
            ("VERSION:3.0", "N:Lee;Ann;;;", "TEL;TYPE=CELL,PREF:+49 1"),
            ["Ann Lee", "Phone         +49 1 (mobile)"],
        ),
        (
            ("VERSION:2.1", "N;CHARSET=UTF-8;QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg"),
            ["Jörg Müller"],
        ),
        (
            ("FN:A", "ADR;HOME:;;Weg 1;Bonn;;53111;D", "ORG:X\\;Y;Z"),
            [
                "A",
                "Organisation  X;Y, Z",
                "Address       Weg 1, Bonn, 53111, D (home)",
            ],
        ),
        (("FN:A", "item1.URL:javascript:1"), ["A", "Page          javascript:1"]),
        (
            ("FN:A", "PHOTO;ENCODING=b:AAAA"),
            ["A", "Photo         in the card, not shown"],
        ),
        (("ORG:",), ["(no name)"]),
    ],
)
def test_a_card_is_read(lines: tuple[str, ...], rows: list[str]) -> None:
    assert card(*lines) == rows


def test_only_a_page_of_the_web_is_a_link() -> None:
    text = render_vcard(
        "BEGIN:VCARD\nFN:A\nURL:https://a.example/\nURL:javascript:1\nEND:VCARD", 80
    )
    assert [link.target for link in text.links] == ["https://a.example/"]


def test_rubbish_is_shown_as_it_came() -> None:
    text = render_vcard("no card", 80)
    assert (shown(text), bool(text.notes)) == (["no card"], True)


@given(st.text(), st.text())
def test_anything_gives_safe_lines_that_fit(first: str, second: str) -> None:
    for text in (first, f"BEGIN:VCARD\nFN:{first}\nNOTE:{second}\nTEL;{second}:1"):
        made = render_vcard(text, 30)
        assert all(line_cells(line) <= 30 for line in made.lines)
        assert all(is_safe(span.text) for line in made.lines for span in line)
