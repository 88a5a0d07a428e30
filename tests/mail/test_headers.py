"""Header blocks become envelopes, whatever stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.headers import (
    FIELDS_MAX,
    REFERENCES_MAX,
    header_fields,
    parse_envelope,
    raw_fields,
    sender_badges,
    sender_display,
)

NAMES = "From To Cc Subject Date Message-ID References Reply-To Sender List-Id".split()
VALUES = [
    b"a@b.c",
    b"<a@b.c>",
    b"=?utf-8?q?=C3?=",
    b"Mon, 21 Nov 2022 10:11:12 +0100",
    b"\r\n folded",
    b"\xff\xfe",
    b"\0\x1b",
    b"(((",
    b":;,",
]
blocks = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(VALUES), max_size=4)),
    max_size=8,
).map(
    lambda fields: b"".join(
        name.encode() + b": " + b" ".join(values) + b"\r\n" for name, values in fields
    )
)


@given(st.one_of(blocks, st.binary(max_size=200)))
def test_nothing_is_raised_for_any_block(raw: bytes) -> None:
    envelope = parse_envelope(raw)
    sender_display(envelope)
    sender_badges(envelope)
    header_fields(raw)


USUAL = b"""Date: Mon, 21 Nov 2022 10:11:12 +0100\r
From: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>\r
To: "Body, Some" <some@example.com>,\r
 b@example.com\r
Cc: c@example.com\r
Reply-To: list@example.org\r
Subject: Re: a\r
 folded subject\r
Message-ID: <1@example.org>\r
In-Reply-To: <0@example.org>\r
References: <-1@example.org>\r
 <0@example.org>\r
List-Id: A list <list.example.org>\r
\r
From: quoted@body.example\r
"""


def test_the_usual_block_is_read_whole() -> None:
    found = parse_envelope(USUAL)
    assert found.subject == "Re: a folded subject"
    assert [(each.name, each.addr) for each in found.from_] == [
        ("Zoë", "zoe@example.org")
    ]
    assert [each.addr for each in found.to] == ["some@example.com", "b@example.com"]
    assert [each.addr for each in found.cc] == ["c@example.com"]
    assert [each.addr for each in found.reply_to] == ["list@example.org"]
    assert (found.date, found.offset_min) == (1669021872, 60)
    assert found.message_id == "<1@example.org>"
    assert found.in_reply_to == "<0@example.org>"
    assert found.references == ("<-1@example.org>", "<0@example.org>")
    assert found.list_id == "A list <list.example.org>"


@pytest.mark.parametrize(
    "turned",
    [
        USUAL.replace(b"\r\n", b"\n"),
        USUAL.replace(b"\r\n", b"\r"),
        USUAL.replace(b"\r\n", b"\r\r\n"),
        b"\r\n" + USUAL,
        b"From zoe@example.org Mon Nov 21 10:11:12 2022\n" + USUAL,
        USUAL.replace(b"Cc: ", b"Cc:").replace(b"To: ", b"To:\t"),
        USUAL.replace(b"Subject:", b"SUBJECT :"),
        USUAL.replace(b"Cc:", b"no field at all\r\nCc:"),
    ],
)
def test_line_ends_and_slips_change_nothing(turned: bytes) -> None:
    assert parse_envelope(turned) == parse_envelope(USUAL)


def test_a_body_is_no_header() -> None:
    found = parse_envelope(b"Subject: a\n\nFrom: b@c.d\nSubject: e\n")
    assert found.from_ == ()
    assert found.subject == "a"


def test_the_first_of_a_repeated_field_counts() -> None:
    assert parse_envelope(b"Subject: a\nSubject: b\n\n").subject == "a"


def test_a_block_without_fields_is_empty() -> None:
    found = parse_envelope(b"")
    assert (found.subject, found.from_, found.date) == ("", (), None)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"<[x]@y>", "<[x]@y>"),
        (b"<a b@c>", ""),
        (b"a@b.c", "<a@b.c>"),
        (b"\r\n <a@b.c>\r\n", "<a@b.c>"),
        (b"<a@b.c> (comment)", "<a@b.c>"),
        (b"", ""),
        (b"<" + b"x" * 2000 + b">", ""),
    ],
)
def test_a_message_id_is_taken_as_it_stands(raw: bytes, wanted: str) -> None:
    assert parse_envelope(b"Message-ID: " + raw + b"\n\n").message_id == wanted


def test_of_too_many_references_the_first_and_the_last_are_kept() -> None:
    ids = [f"<{number}@x>" for number in range(3000)]
    raw = "References: " + "\r\n ".join(ids) + "\r\n\r\n"
    found = parse_envelope(raw.encode()).references
    assert len(found) == REFERENCES_MAX
    assert (found[0], found[-1]) == (ids[0], ids[-1])


def test_fields_are_given_decoded_and_in_order() -> None:
    raw = b"Received: a\r\nSubject: =?utf-8?q?=C3=A9?=\r\nReceived: b\r\n\r\n"
    assert header_fields(raw) == [
        ("Received", "a"),
        ("Subject", "é"),
        ("Received", "b"),
    ]


def test_an_address_field_is_not_decoded_into_another_address() -> None:
    raw = b"From: =?utf-8?q?boss=40corp.com?=@evil.example\r\n\r\n"
    assert header_fields(raw) == [("From", "=?utf-8?q?boss=40corp.com?=@evil.example")]


def test_the_number_of_fields_is_limited() -> None:
    assert len(raw_fields(b"A: b\r\n" * 9000)) == FIELDS_MAX
    assert len(raw_fields(b"A: b\r\n" * 90_000)) == FIELDS_MAX


@pytest.mark.parametrize(
    ("value", "answered"),
    [
        ("<id@x>", "<id@x>"),
        ("<id@x> (Ann's message of Monday)", "<id@x>"),
        ("<id@x> from Ann <ann@x>", "<id@x>"),
        ("Message from Ann <ann@x> of Monday. <id@x>", "<id@x>"),
        ('Your message of "Mon, 1 Jan 2024" <id@x>', "<id@x>"),
        ("id@x", "<id@x>"),
        ("a message of yesterday", ""),
        ("", ""),
    ],
)
def test_in_reply_to_names_a_mail_and_not_a_person(value: str, answered: str) -> None:
    envelope = parse_envelope(f"In-Reply-To: {value}\r\n\r\n".encode())
    assert envelope.in_reply_to == answered
