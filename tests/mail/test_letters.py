"""Letters that another mail asked for."""

from __future__ import annotations

import re
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.headers import parse_envelope
from tuimail.mail.letters import letter
from tuimail.mail.lists import Mailto

ANN = "ann@example.org"
DATE = "Tue, 24 Nov 2026 10:00:00 +0100"
FIELDS = {"from", "to", "subject", "date", "message-id", "mime-version"}
FIELDS |= {"content-type", "content-transfer-encoding"}


def test_it_is_what_was_asked_for() -> None:
    to = Mailto("leave@lists.example", "leave cats", "please\nthanks\n")
    made = message_from_bytes(letter(ANN, to, DATE, "7"))
    assert (made["From"], made["To"]) == (ANN, "leave@lists.example")
    assert (made["Subject"], made["Date"]) == ("leave cats", DATE)
    assert made["Message-ID"] == "<7@example.org>"
    assert made.get_payload() == "please\r\nthanks\r\n"


def test_one_that_says_nothing_still_says_what_it_is_for() -> None:
    made = message_from_bytes(letter(ANN, Mailto("leave@lists.example"), DATE, "7"))
    assert made["Subject"] == "unsubscribe"
    assert made.get_payload() == "unsubscribe\r\n"


@given(subject=st.text(max_size=400), body=st.text(max_size=200))
def test_no_words_add_a_field_or_a_recipient(subject: str, body: str) -> None:
    to = Mailto("leave@lists.example", subject, body)
    made = message_from_bytes(letter(ANN, to, DATE, "7"))
    assert {name.lower() for name in made} == FIELDS
    assert made.get_all("To") == ["leave@lists.example"]


@pytest.mark.parametrize(
    "subject",
    ["x\r\nBcc: evil@x.example", "x\n y", "=?utf-8?q?a=0D=0ABcc:_evil@x.example?="],
)
def test_an_end_of_line_in_the_subject_ends_nothing(subject: str) -> None:
    written = letter(ANN, Mailto("a@b.example", subject), DATE, "7")
    assert message_from_bytes(written)["Bcc"] is None
    assert parse_envelope(written).subject


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nBcc: e@x", "a,b@c"])
def test_an_address_that_cannot_be_written_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(address)}$"):
        letter(ANN, Mailto(address), DATE, "7")
