"""Dates as they occur; never raising, never beyond what a store can hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.dates import LATEST, parse_date

PIECES = "Mon, |21 |Nov |2022 |10:11:12 |+0100|(CET)| |-|:|T|99|PM|GMT|2022-11-21|\r\n "
pieces = st.lists(st.sampled_from(PIECES.split("|")), max_size=14).map(
    lambda each: "".join(each).encode()
)


def at(*fields: int) -> int:
    return int(datetime(*fields, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


@given(st.one_of(pieces, st.binary(max_size=60)))
def test_anything_is_a_date_in_range_or_none(raw: bytes) -> None:
    found = parse_date(raw)
    if found is not None:
        epoch, offset = found
        assert 0 <= epoch <= LATEST
        assert -14 * 60 <= offset <= 14 * 60


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)),
    st.integers(-13 * 60, 13 * 60),
)
def test_what_rfc_5322_writes_is_read(moment: datetime, minutes: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    raw = format_datetime(moment).encode()
    assert parse_date(raw) == (int(moment.timestamp()), minutes)


TEN = at(2022, 11, 21, 10, 11, 12)


@pytest.mark.parametrize(
    ("raw", "epoch", "offset"),
    [
        (b"Mon, 21 Nov 2022 10:11:12 +0000", TEN, 0),
        (b" Mon,  21  Nov  2022  10:11:12  +0100 (CET)", TEN - 3600, 60),
        (b"21 Nov 2022 10:11:12 -0500", TEN + 18_000, -300),
        (b"21 Nov 22 10:11:12 EST", TEN + 18_000, -300),
        (b"21 Nov 122 10:11:12 Z", TEN, 0),
        (b"Monday, 21-Nov-22 10:11:12 GMT", TEN, 0),
        (b"Mon Nov 21 10:11:12 2022", TEN, 0),
        (b"Mon Nov 21 10:11:12 CET 2022", TEN - 3600, 60),
        (b"Mon Nov 21 10:11:12 -0500 2022", TEN + 18_000, -300),
        (b"2022-11-21T10:11:12+01:00", TEN - 3600, 60),
        (b"2022-11-21T10:11:12.123Z", TEN, 0),
        (b"2022-11-21 10:11:12", TEN, 0),
        (b"Mon, 21 Nov 2022 10:11:12 GMT+0200", TEN - 7200, 120),
        (b"Mon, 21 Nov 2022 10:11:12 (EDT) -0400", TEN + 14_400, -240),
        (b"Mon, 21 Nov 2022 10:11:12 A", TEN, 0),
        (b"Mon, 21 Nov 2022 10.11.12 +0000", TEN, 0),
        (b"Mon, 21 Nov 2022 10:11 +0000", TEN - 12, 0),
        (b"m\xe5n, 21 nov 2022 10:11:12 +0000", TEN, 0),
        (b"21 Nov 2022 10:11:12 AM +0000", TEN, 0),
        (b"November 21, 2022 10:11:12 AM", TEN, 0),
        (b"Mon, 21 Nov 2022", at(2022, 11, 21), 0),
        (b"Mon, 21 Nov 2022 10:11:12 +9999", TEN, 0),
        (b"Mon, 21 Nov 2022 10:11:12 +2400", TEN, 0),
        (b"Mon, 21 Nov 2022 10:11:12 +99999999999999", TEN, 0),
        (b"31 Dec 2022 23:59:60 +0000", at(2022, 12, 31, 23, 59, 59), 0),
        (b"31 Dec 9999 23:59:59 -1200", LATEST, -720),
        (b"1 Jan 1960 00:00:00 +0000", 0, 0),
        (b"29 Feb 2020 12:00:00 +0000", at(2020, 2, 29, 12), 0),
    ],
)
def test_a_date_is_read(raw: bytes, epoch: int, offset: int) -> None:
    assert parse_date(raw) == (epoch, offset)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"yesterday",
        b"1 Jan 10000 00:00:00 +0000",
        b"1 Jan 99999999999999999999 00:00:00 +0000",
        b"30 Feb 2020 00:00:00 +0000",
        b"29 Feb 2021 00:00:00 +0000",
        b"1 Foo 2020 00:00:00 +0000",
        b"1 Jan 2020 25:00:00 +0000",
        b"1 Jan 2020 10:60:00 +0000",
        b"0 Jan 2020 10:00:00 +0000",
    ],
)
def test_what_is_no_date_is_none(raw: bytes) -> None:
    assert parse_date(raw) is None
