"""What is read in a quick way is read as the general way reads it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.corpora.sweep import NO_MAIL as OTHER
from tuimail.mail import addresses, dates, headers
from tuimail.mail.headers import parse_envelope, raw_fields
from tuimail.mail.types import Envelope

CORPORA = os.environ.get("TUIMAIL_CORPORA", "")
FIELDS = (
    b"Date From Sender Reply-To To Cc CC Subject Message-ID Message-Id In-Reply-To"
    b" References List-ID X-Other from"
).split()
DATES = [
    b"Mon, 23 Nov 2026 08:21:00 +0100",
    b"1 Jan 1970 00:30:00 +0100",
    b"31 Dec 1969 23:30:00 -0100",
    b"31 Feb 2020 00:00:00 +0000",
    b"30 Foo 2020 00:00:00 +0000",
    b"29 Feb 2000 24:59:59 -1359",
    b"1 Jan 2200 00:00:00 +0000",
    b"31 Dec 9999 24:00:00 +0000",
    b"0 Jan 2020 23:00:00 +0000",
    b"3 Jan 2020 25:00:00 +0000",
]
PEOPLE = [
    b"Ann Lee <ann@example.org>",
    b'"Lee, Ann" <ann@example.org>, bob@example.org',
    b'"boss@corp.example" <evil@example.org>',
    b"=?utf-8?Q?J=C3=B6rg?= <j@example.org>",
    b"=?utf-8?q?boss=40corp.example?= <evil@example.org>",
    b"J\xc3\xb6rg <j@example.org>",
    b"boss\xef\xbc\xa0corp.example <evil@example.org>",
    b" \t\xc2\xa0Ann\x0b <=?x?=@example.org>",
    b"undisclosed-recipients:;",
    b"a <b@c.example>\r\n\t, d <e@f.example>",
    b"",
]


NOTHING = re.compile(rb"(?!)")


def slowly(raw: bytes) -> Envelope:
    """The envelope as the general ways alone read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(headers, "_usual_fields", lambda raw: None)
        patch.setattr(addresses, "_known", lambda raw: None)
        patch.setattr(addresses, "_simple", lambda raw: None)
        patch.setattr(dates, "_USUAL", NOTHING)
        return headers.parse_envelope(raw)


NAMES = st.sampled_from(FIELDS)
VALUES = st.one_of(
    st.sampled_from(DATES + PEOPLE),
    st.binary(max_size=20),
    st.text('<>@"(),:;. =?abc\\\r\n\t\x0b\x1c\u00e9\uff20', max_size=30).map(
        lambda text: text.encode()
    ),
)
SEPARATORS = st.sampled_from([b": ", b":", b" : ", b":\r\n "])
ENDS = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"\r\r\n", b"\r\n\r\n"])
LINES = st.tuples(NAMES, SEPARATORS, VALUES, ENDS).map(b"".join)


@given(st.lists(LINES, max_size=8).map(b"".join), st.sampled_from([b"\r\n", b"", b"x"]))
@example(b"From: a@b.example\r\nfrom: c@d.example\r\n", b"\r\n")
@example(b" a fold without a field\r\nFrom: a@b.example\r\n", b"\r\n")
@example(b"", b"\r\n\r\n")
def test_envelopes(lines: bytes, end: bytes) -> None:
    assert parse_envelope(lines + end) == slowly(lines + end)


@pytest.mark.parametrize("value", DATES)
def test_dates(value: bytes) -> None:
    block = b"Date: " + value + b"\r\n\r\n"
    assert parse_envelope(block) == slowly(block)


@given(
    st.builds(
        b"%s%d %s %04d %02d:%02d:%02d %s%04d".__mod__,
        st.tuples(
            st.sampled_from([b"", b" ", b"Mon, "]),
            st.integers(0, 32),
            st.sampled_from([b"Jan", b"Feb", b"Dec", b"Mai", b"Xyz"]),
            st.integers(1890, 2210),
            st.integers(0, 25),
            st.integers(0, 59),
            st.integers(0, 59),
            st.sampled_from([b"+", b"-"]),
            st.integers(0, 1400),
        ),
    )
)
def test_any_date(value: bytes) -> None:
    block = b"Date: " + value + b"\r\n\r\n"
    assert parse_envelope(block) == slowly(block)


@pytest.mark.parametrize("value", PEOPLE)
def test_people(value: bytes) -> None:
    block = b"From: " + value + b"\r\nTo: " + value + b"\r\n\r\n"
    assert parse_envelope(block) == slowly(block)


@pytest.mark.skipif(not CORPORA, reason="foreign mail: set TUIMAIL_CORPORA")
def test_foreign_mail() -> None:
    usual = 0
    for path in sorted(Path(CORPORA).rglob("*")):
        if path.suffix in OTHER or not path.is_file():
            continue
        with path.open("rb") as file:
            raw = file.read(1024 * 1024)
        assert parse_envelope(raw) == slowly(raw), path
        block = asked_for(raw)
        assert parse_envelope(block) == slowly(block), path
        usual += headers._usual_fields(block) is not None
    assert usual > 100


def asked_for(raw: bytes) -> bytes:
    """The fields of a message that a server is asked for, as it gives them."""
    wanted = {name.lower() for name in FIELDS} - {b"x-other"}
    lines = [
        name + b":" + re.sub(rb"\r?\n", b"\r\n", value) + b"\r\n"
        for name, value in raw_fields(raw)
        if name.lower() in wanted
    ]
    return b"".join([*lines, b"\r\n"])
