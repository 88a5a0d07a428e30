"""Mail made to do harm, on its way to the screen."""

from __future__ import annotations

import time

import pytest

from tests.corpora.ours import Message
from tests.corpora.sweep import header_of, steps
from tests.mail.vectors import CONTROLS, HIDING, SENDERS, message, vectors
from tuimail.engine.present import header_fields
from tuimail.mail.body import render
from tuimail.mail.headers import sender_badges, sender_display
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Part, Section

ALL = dict(vectors())
STEP_S = 2.0
"""Processor time after which a rendering is given up; the check itself is in it."""
PAGE = Part(Section("1"), "text/html", (("charset", "utf-8"),), encoding="8bit")


@pytest.mark.parametrize("name", ALL)
def test_it_is_shown_safely_and_soon(name: str) -> None:
    faults: list[str] = []
    slowest = 0.0
    begun = time.process_time()
    for found in steps(ALL[name]):
        faults += found
        slowest = max(slowest, time.process_time() - begun)
        begun = time.process_time()
    assert faults == []
    assert slowest <= STEP_S


@pytest.mark.parametrize("sender", SENDERS)
def test_who_really_sent_it_is_shown_or_doubted(sender: bytes) -> None:
    envelope = Message(message((b"From", sender))).envelope
    _, shown, suspect = sender_display(envelope)
    plain = sender == b"admin@xn--80ak6aa92e.com"
    assert plain or suspect or sender_badges(envelope), shown
    if b"evil@x.example>" in sender:
        assert "evil@x.example" in shown


@pytest.mark.parametrize("style", HIDING)
def test_what_nobody_would_see_is_not_shown_but_counted(style: str) -> None:
    page = f'<p>before</p><p style="{style}">secret</p><p>after</p>'
    text = render(page.encode(), PAGE, 78)
    shown = "".join(span.text for line in text.lines for span in line)
    assert shown == "beforeafter"
    assert any("hidden" in note for note in text.notes)


@pytest.mark.parametrize("name", CONTROLS)
def test_nothing_of_a_field_can_begin_a_line_of_its_own(name: str) -> None:
    envelope = Message(ALL[f"{name} in every field"]).envelope
    for _, value in header_fields(header_of(envelope), envelope):
        assert value == safe_text(value, 10_000)
