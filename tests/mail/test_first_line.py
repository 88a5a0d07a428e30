"""What a text says first: new words in one safe line, whatever the text is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.mail.cost import cost
from tuimail.mail.bare_text import bare_text
from tuimail.mail.first_line import LENGTH, LOOKED_AT, first_line
from tuimail.mail.sanitize import is_safe, safe_text
from tuimail.mail.types import Part, Section

PAGE = Part(Section("1"), "text/html", (("charset", "utf-8"),), encoding="8bit")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Hello Ann,\n\nthe plan is ready.\n", "Hello Ann, the plan is ready."),
        ("> you said\n> that\n\nYes.\n", "Yes."),
        ("On Mon, 1 Nov 2026 at 10:32, Bob <b@x> wrote:\n> q\n\nAgreed.\n", "Agreed."),
        (
            "On Mon, 1 Nov 2026 at 10:32 AM Robert\n<bob@example.org> wrote:\n\n> q\nMy"
            " answer\n",
            "My answer",
        ),
        ("Am 1. Mai 2026 schrieb Bob B.:\n> was\nJa, gern.\n", "Ja, gern."),
        ("1. mai 2026, Bob:\n\n> hva\n\nJo.\n", "Jo."),
        ("Joseph S. Barrera III wrote: Oh, hell", "Oh, hell"),
        ("Yes, as Bob wrote: no", "Yes, as Bob wrote: no"),
        ("Two things:\n\n- the first\n", "Two things: - the first"),
        ("> only\n> a quote\n", ""),
        ("Yes.\n\n-- \nBob\nBig Corp\n", "Yes."),
        ("-- \nBob\n", ""),
        ("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", ""),
        (
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nSigned words.\n"
            "-----BEGIN PGP SIGNATURE-----\n\niQEz\n",
            "Signed words.",
        ),
        (
            "FYI\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\nTo: Bob\n"
            "Subject: plan\n\nold words\n",
            "FYI",
        ),
        (
            "---------- Forwarded message ---------\nFrom: Ann <ann@x>\n"
            "Date: Mon, 1 Nov 2026\nSubject: plan\nTo: Bob\n\nThe plan.\n",
            "The plan.",
        ),
        ("Von: Ann\nGesendet: Montag\nBetreff: x\n\nInhalt\n", "Inhalt"),
        ("Date: agreed, then\n", "Date: agreed, then"),
        ("See https://example.org/?u=1&t=2 for more", "See for more"),
        ("View it <https://x.example/t/1> (http://y.example)\nHi\n", "View it Hi"),
        ("https://example.org/a\n", "https://example.org/a"),
        ("[image: Logo]\n[cid:part1.2]\nHello\n", "Hello"),
        ("View this email in your browser\n\nSale ends\n", "Sale ends"),
        ("Newsletter im Browser anzeigen ( https://x )\nNeues", "Neues"),
        ("=======\nNEWS\n=======\n* * * * *\nToday\n", "NEWS Today"),
        ("a --- b ===== c", "a b c"),
        ("wait ... what?", "wait ... what?"),
        ("👍\n", "👍"),
        ("  a\t b\u00a0\u00a0c\u200c\u034f \u200c\u034f d ", "a b c d"),
        ("", ""),
        ("...\n", "..."),
    ],
)
def test_what_is_new_comes_first(text: str, line: str) -> None:
    assert first_line(text) == line


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (
            '<html><head><style>p{}</style></head><body><div style="display:none">'
            "Only today&zwnj;&nbsp;&#847;&zwnj;&nbsp;</div><h1>Sale</h1>",
            "Only today Sale",
        ),
        ("<div>Fine.</div><div>On Mon, Bob &lt;b@x&gt; wrote:<br>old</div>", "Fine."),
        ("<p>On Monday, Bob Bobson wrote:</p><blockquote>old</blockquote>", "old"),
        ("<!--[if mso]><p>never</p><![endif]--><p>Hi &amp; bye</p>", "Hi & bye"),
        ("<p>a&#27;[2Jb&#155;&#7;</p>", "a[2Jb›"),
    ],
)
def test_a_page_gives_its_words(page: str, line: str) -> None:
    assert first_line(bare_text(page.encode(), PAGE)) == line


def test_a_long_text_is_cut() -> None:
    line = first_line("many words " * 100)
    assert len(line) == LENGTH
    assert line.endswith("…")


def test_what_is_hidden_behind_very_much_of_nothing_is_not_looked_for() -> None:
    assert first_line(" " * LOOKED_AT + "x") == ""


@pytest.mark.parametrize(
    "piece",
    [
        *("On ", "On Am Le El ", "wrote", "a:\n", "\n\na:", "From: x\nDate: y\n"),
        *("From: \n", "- ", "=-", "(( ", "[image ", "[image:", "< www.", "www.www."),
        *("https://", "view this ", "open it in your the my ", "ver ", "visualizza "),
        *("-----BEGIN PGP x\n", "---x---\n", "\u0301", "\u200c ", "> ", "\n> \n"),
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (LOOKED_AT // len(piece))
    assert cost(lambda: first_line(text)) < 0.1
    assert cost(lambda: first_line(text + " wrote ")) < 0.1


PIECES = st.sampled_from(
    [
        *("> ", "\n", "\r\n", "On ", " wrote:", "From: ", "Date: ", "Subject: x\n"),
        *("https://", "<", ">", "[image", "-----BEGIN PGP ", "-- \n", "- - -", "=" * 9),
        *("\x1b[2J", "\u202e", "\u0301", "\u200c", "\ud800", "\0", "view in browser"),
    ]
)


@example("\u202e\n\u1a17\nOn ")
@example("\u0301 \u0301 \u0301x")
@given(st.lists(PIECES | st.text(max_size=20), max_size=60).map("".join))
def test_whatever_comes_it_is_one_safe_short_line(text: str) -> None:
    line = first_line(text)
    assert is_safe(line)
    assert "\n" not in line
    assert len(line) <= LENGTH
    assert line == " ".join(line.split())
    assert safe_text(line) == line


@given(st.text(max_size=300))
def test_a_line_that_was_made_stays_so_or_gets_shorter(text: str) -> None:
    line = first_line(text)
    assert len(first_line(line)) <= len(line)
