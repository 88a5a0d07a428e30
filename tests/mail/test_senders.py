"""A row and the header pane show who really sent a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.headers import parse_envelope, sender_badges, sender_display
from tuimail.mail.sanitize import is_safe
from tuimail.mail.senders import mixed_script
from tuimail.mail.types import Address, Envelope

texts = st.text(
    st.one_of(st.sampled_from("@<>. \x1b\u202eaабx-"), st.characters()), max_size=40
)


def shown(raw: str) -> tuple[str, str, bool]:
    return sender_display(parse_envelope(raw.encode()))


def badges(raw: str) -> str:
    return " | ".join(sender_badges(parse_envelope(raw.encode())))


@given(texts, texts, texts)
def test_whatever_a_sender_is_called_is_safe_to_show(
    name: str, addr: str, other: str
) -> None:
    envelope = Envelope(
        from_=(Address(name, addr), Address(other, name)),
        reply_to=(Address("", other),),
        sender=(Address("", other),),
    )
    row_name, row_addr, _ = sender_display(envelope)
    assert row_name
    for text in (row_name, row_addr, *sender_badges(envelope)):
        assert text.isprintable()


@pytest.mark.parametrize(
    ("field", "name", "odd"),
    [
        ("Joe <a@b.example>", "Joe", False),
        ("a@b.example", "a@b.example", False),
        ("Зоя Иванова <a@b.example>", "Зоя Иванова", False),
        ("Анна Smith <a@b.example>", "Анна Smith", False),
        ("山田 タロウ <a@b.example>", "山田 タロウ", False),
        ("boss@corp.com <a@b.example>", "a@b.example (boss@corp.com)", True),
        ('"<boss>" <a@b.example>', "a@b.example (<boss>)", True),
        ('"https://corp.com" <a@b.example>', "a@b.example (https://corp.com)", True),
        ("PаyPal <a@b.example>", "a@b.example (PаyPal)", True),
        ("\u2800" * 40 + " <a@b.example>", "a@b.example", False),
        ("Joe" + " " * 300 + "x <a@b.example>", "Joe x", False),
        ("\u200b <a@b.example>", "a@b.example", False),
        ("admin@exаmple.org", "admin@exаmple.org", True),
        ("admin@аррӏе.com", "admin@аррӏе.com", True),
        ("", "(nobody)", True),
        ("undisclosed:;", "(nobody)", True),
        ("group: a@b.example;", "a@b.example", True),
        ("a@b.example, c@d.example", "a@b.example", True),
    ],
)
def test_a_row_shows_the_sender(field: str, name: str, odd: bool) -> None:
    row_name, _, suspect = shown(f"From: {field}\r\n\r\n")
    assert (row_name, suspect) == (name, odd)


def test_marks_before_a_name_are_left_out() -> None:
    field = "\u0301\u0301\u0301\u0301\u0341 \u0341 boss".encode()
    name, _, _ = sender_display(parse_envelope(b"From: " + field + b"\n\n"))
    assert is_safe(name)
    assert name == "boss"


def test_two_from_fields_are_suspect() -> None:
    raw = "From: a@b.example\r\nFrom: c@d.example\r\n\r\n"
    assert shown(raw)[2]
    assert "names 2 senders" in badges(raw)


def test_the_same_from_field_twice_is_one_sender() -> None:
    assert not shown("From: a@b.example\r\nFrom: a@b.example\r\n\r\n")[2]


def test_replies_to_another_domain_do_not_make_a_row_suspect() -> None:
    raw = "From: a@b.example\r\nReply-To: c@d.example\r\n\r\n"
    assert not shown(raw)[2]
    assert badges(raw) == "Replies go to another domain: c@d.example."


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (
            "From: boss@corp.com <evil@x.example>",
            "The name shows boss@corp.com, but the mail is from evil@x.example.",
        ),
        ("Subject: x", "does not say who sent it"),
        ("From: a@b.example\r\nSender: c@d.example", "sent by c@d.example on behalf"),
        ("From: <evil@x.example", "not written as it should be"),
        ("From: a@exаmple.org", "letters are not what they look like"),
        ("From: a@xn--80ak6aa92e.com", "letters are not what they look like"),
        ("From: a@xn--fsqu00a.xn--0zwm56d", "not written in Latin letters"),
        ("From: PаyPal <a@b.example>", "is not what it looks like"),
    ],
)
def test_a_doubt_is_said_in_words(raw: str, words: str) -> None:
    assert words in badges(raw + "\r\n\r\n")


@pytest.mark.parametrize(
    "raw",
    [
        "From: Joe <a@b.example>\r\nReply-To: j@b.example\r\nSender: x@m.b.example",
        "From: Joe <a@news.corp.example>\r\nReply-To: help@mail.corp.example",
        "From: Mail System <MAILER-DAEMON>",
    ],
)
def test_honest_mail_has_no_badge(raw: str) -> None:
    assert badges(raw + "\r\n\r\n") == ""


@pytest.mark.parametrize(
    ("domain", "odd"),
    [
        ("example.org", False),
        ("пример.рф", False),
        ("東京タワー.jp", False),
        ("bücher.example", False),
        ("exаmple.org", True),
        ("xn--80ak6aa92e.com", True),
        ("аррӏе.com", True),
        ("xn--\u00e9", False),
        ("xn--99999999999", False),
        ("", False),
    ],
)
def test_a_domain_in_disguise_is_seen(domain: str, odd: bool) -> None:
    assert mixed_script(domain) is odd


LISTED = "From: a@b.example\r\nList-Id: Cats <cats.lists.example.org>\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        "Sender: cats-bounces@lists.example.org",
        "Sender: cats-owner@example.org",
        "Cc: Cats@lists.example.org\r\nReply-To: cats@lists.example.org",
        "To: other@lists.example.org\r\nReply-To: other@lists.example.org",
    ],
)
def test_that_a_mailing_list_sends_and_is_answered_is_no_doubt(fields: str) -> None:
    assert badges(LISTED + fields) == ""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("Sender: cats@evil.example", "sent by cats@evil.example on behalf"),
        ("Reply-To: cats@evil.example", "another domain: cats@evil.example"),
        ("Reply-To: x@lists.example.org", "another domain: x@lists.example.org"),
        # A List-Id is written in a moment, so it must have been sent to it as well.
        ("Reply-To: cats@lists.example.org", "domain: cats@lists.example.org"),
        (
            "To: cats@lists.example.org\r\n"
            "Reply-To: cats@lists.example.org, x@evil.example",
            "another domain: x@evil.example",
        ),
        ("Sender: x@sevil.example\r\nList-Id: <a.vil.example>", "on behalf"),
    ],
)
def test_a_list_vouches_for_no_other_address(fields: str, said: str) -> None:
    raw = fields if "List-Id" in fields else LISTED + fields
    assert said in badges(f"From: a@b.example\r\n{raw}" if raw is fields else raw)


def test_a_doubt_is_told_once() -> None:
    assert badges("From: a b <x>, c d <y>").count("not written as it should be") == 1
