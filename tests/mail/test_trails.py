"""Where the message that is answered begins, when nothing marks its lines."""

from __future__ import annotations

import pytest

from tuimail.mail.body import render
from tuimail.mail.types import Part, Section

PLAIN = Part(Section("1"), "text/plain", (("charset", "utf-8"),), encoding="8bit")
PAGE = PLAIN._replace(media_type="text/html")
ANSWER = "Yes, at ten.\nBring the keys.\nAnn\n\n"
FIELDS = "From: Bo <bo@example.org>\nSent: Monday, 3 June\nTo: Ann\nSubject: When?\n"
REST = "\nWhen do we meet?\nBo\n"
GERMAN = "Von: Bo\nGesendet: Montag, 3. Juni\nAn: Ann\nBetreff: Wann?\n"


def begins(text: str, part: Part = PLAIN) -> str | None:
    """The first line of the last quote, which goes on to the end."""
    shown = render(text.encode(), part, 60)
    if not shown.quotes or shown.quotes[-1][1] != len(shown.lines):
        return None
    return "".join(span.text for span in shown.lines[shown.quotes[-1][0]])


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"{ANSWER}{FIELDS}{REST}", "From: Bo <bo@example.org>"),
        (f"{ANSWER}-----Original Message-----\n{FIELDS}{REST}", "-----Original Mess"),
        (f"{ANSWER}----- Original Message -----\n\n{FIELDS}{REST}", "----- Original"),
        (f"{ANSWER}________________________________\n{FIELDS}{REST}", "______"),
        (f"{ANSWER}-----Ursprüngliche Nachricht-----\n{GERMAN}{REST}", "-----Ursp"),
        (f"{ANSWER}*From:* Bo\n*Date:* Monday\n*To:* Ann\n{REST}", "*From:*"),
    ],
)
def test_a_message_below_its_answer_is_a_quote(text: str, first: str) -> None:
    assert (begins(text) or "").startswith(first)


def test_quotes_within_it_belong_to_it() -> None:
    shown = render(f"{ANSWER}{FIELDS}{REST}> older\n> words\n".encode(), PLAIN, 60)
    assert shown.quotes == ((4, len(shown.lines)),)


def test_quotes_above_it_stay() -> None:
    shown = render(f"> why?\n{ANSWER}{FIELDS}{REST}".encode(), PLAIN, 60)
    assert shown.quotes == ((0, 1), (5, len(shown.lines)))


def test_so_does_one_in_a_page() -> None:
    fields = "<b>From:</b> Bo<br><b>Sent:</b> Monday<br><b>To:</b> Ann<br>"
    page = f"<div>Yes.</div><hr><p>{fields}<b>Subject:</b> When?</p><p>When?</p>"
    assert (begins(page, PAGE) or "").startswith("─")
    close = page.replace("<hr>", "").replace("<p>", "<p style='margin:0'>", 1)
    assert begins(close, PAGE) == "From: Bo"


@pytest.mark.parametrize(
    "text",
    [
        f"{ANSWER}---------- Forwarded message ----------\n{FIELDS}{REST}",
        f"{ANSWER}Begin forwarded message:\n\n{FIELDS}{REST}",
        f"{ANSWER}{'-' * 30}\n\nMessage: 1\n{FIELDS}{REST}",
        f"{ANSWER}From: here to the sea\nand on\n",
        f"{ANSWER}I saw this:\n{FIELDS}{REST}",
    ],
    ids=["forwarded", "by Apple", "a digest", "a sentence", "part of a paragraph"],
)
def test_what_is_no_answer_is_not(text: str) -> None:
    assert begins(text) is None


def test_the_source_has_no_quotes() -> None:
    source = Part(Section(""), "text/x-source")
    assert render((ANSWER + FIELDS + REST).encode(), source, 60).quotes == ()
