"""mbox: what is written is read again, by others too, and what others write."""

from __future__ import annotations

import io
import mailbox
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.mails import mail, mails
from tuimail.mail.mbox import PIECE, Found, entry, from_line, is_mbox, read
from tuimail.mail.types import Flag, FlagSet

LIMIT = 1_000_000
NOON = 1_795_521_600
"""Tue Nov 24 12:00:00 2026 UTC."""
FROM = from_line(NOON)


def found(octets: bytes, limit: int = LIMIT) -> list[Found]:
    return list(read(io.BytesIO(octets), limit))


def bodies(octets: bytes) -> list[bytes]:
    return [each.octets.partition(b"\n\n")[2] for each in found(octets)]


# -- what we write -----------------------------------------------------------------

BITS = Flag(sum(Flag))
KEYWORD = st.from_regex(r"\A[A-Za-z$_][A-Za-z0-9_.-]{0,9}\Z")
FLAGS = st.builds(
    FlagSet,
    st.integers(0, int(BITS)).map(Flag),
    st.frozensets(KEYWORD.filter(lambda w: w[0] != "$"), max_size=4),
)
LINE = st.sampled_from(
    [
        b"From ana@example.org Tue Nov 24 12:00:00 2026",
        b">From me",
        b">>From you",
        b"From",
        b"Subject: x",
        b" folded",
        b"Status: resolved",
        b"X-Mozilla-Status: 0000",
        b"",
        b"\r",
        b"\0\xff",
        b"x" * (PIECE - 1),
        b"x" * (PIECE + 3),
    ]
) | st.binary(max_size=12)
OURS = re.compile(
    rb"^(?:(?:X-)?Status:[\s\0ROUNDAFT]*$|X-Keywords:|Content-Length:)", re.M | re.I
)
MESSAGE = st.lists(LINE, max_size=8).map(b"\n".join)
MESSAGE = MESSAGE.filter(lambda octets: not OURS.search(octets))


def unix(octets: bytes) -> bytes:
    text = octets.replace(b"\r\n", b"\n")
    return text if text.endswith(b"\n") or not text else text + b"\n"


@given(st.lists(st.tuples(MESSAGE, FLAGS, st.integers(0, 2**33)), max_size=4))
@example([(b"", FlagSet(), 0), (b"", FlagSet(), 0)])
@example([(b"\n", FlagSet(), 0), (b"a: b\n\n", FlagSet(), 0)])
@example([(b"From x\n\nFrom y\n\n\n", FlagSet(), 0)])
def test_what_is_written_is_read_again(
    messages: list[tuple[bytes, FlagSet, int]],
) -> None:
    again = found(b"".join(entry(*each) for each in messages))
    assert [(f.octets, f.flags, f.arrival) for f in again] == [
        (unix(octets), flags, arrival) for octets, flags, arrival in messages
    ]


def test_the_fields_of_the_file_are_written_anew() -> None:
    old = b"Status: O\nContent-Length: 3\nSubject: x\nX-Status: D\n\nabc"
    new = entry(old, FlagSet(Flag.SEEN | Flag.ANSWERED | Flag.FLAGGED), NOON)
    assert new == FROM + b"Subject: x\nStatus: RO\nX-Status: AF\n\nabc\n\n"


def test_another_programs_status_is_of_the_message() -> None:
    octets = b"Status: resolved\nSubject: bug\n\ntext\n"
    (again,) = found(entry(octets, FlagSet(), NOON))
    assert again.octets == octets


def test_a_keyword_that_is_no_atom_does_not_spoil_the_file() -> None:
    flags = FlagSet(keywords=frozenset({"a\nX: y", "a b", "ä", 'q"', "well"}))
    (again,) = found(entry(mail(1), flags, NOON))
    assert again.flags.keywords == {"well"}


@pytest.mark.parametrize("arrival", [-5, 0, 2**60])
def test_a_date_out_of_range_is_the_nearest_that_can_be_written(arrival: int) -> None:
    (again,) = found(entry(mail(1), FlagSet(), arrival))
    assert again.arrival == max(0, min(arrival, 253_402_300_799))


# -- Python's own ------------------------------------------------------------------


def test_python_reads_what_we_write(tmp_path: Path) -> None:
    file = tmp_path / "box"
    flags = [Flag.NONE, Flag.SEEN, Flag.ANSWERED | Flag.FLAGGED | Flag.SEEN]
    octets = [mail(n, body=f"From here\n>From there\n{n}\n") for n in range(3)]
    file.write_bytes(
        b"".join(
            entry(each, FlagSet(bits), NOON)
            for each, bits in zip(octets, flags, strict=True)
        )
    )
    theirs = list(mailbox.mbox(file, create=False))
    assert [m["Subject"] for m in theirs] == [f"message {n}" for n in range(3)]
    assert [m.get_flags() for m in theirs] == ["O", "RO", "ROAF"]
    assert theirs[0].get_payload() == ">From here\n>>From there\n0\n"
    assert theirs[0].get_from() == "MAILER-DAEMON Tue Nov 24 12:00:00 2026"


def test_we_read_what_python_writes(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for number, letters in ((1, ""), (2, "RO"), (3, "ROAFDT")):
        message = mailbox.mboxMessage(
            mail(number, body="From here\nx\n").replace(b"\r\n", b"\n")
        )
        message.set_from("ana@example.org", time.gmtime(NOON + number))
        message.set_flags(letters)
        box.add(message)
    box.close()
    with (tmp_path / "box").open("rb") as stream:
        ours = list(read(stream, LIMIT))
    every = Flag.SEEN | Flag.ANSWERED | Flag.FLAGGED | Flag.DELETED | Flag.DRAFT
    assert [each.flags.bits for each in ours] == [Flag.NONE, Flag.SEEN, every]
    assert [each.arrival for each in ours] == [NOON + n for n in (1, 2, 3)]
    expected = mail(2, body="From here\nx\n").replace(b"\r\n", b"\n")
    assert ours[1].octets == expected


# -- what others write -------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "arrival"),
    [
        (b"From a@b Tue Nov 24 12:00:00 2026", NOON),
        (b"From - Tue Nov 24 12:00:00 2026", NOON),
        (b"From a@b Tue Nov 24 12:00 2026", NOON),
        (b"From a@b Tue Nov 24 13:00:00 2026 +0100", NOON),
        (b"From a@b Tue Nov 24 06:30:00 -0530 2026", NOON),
        (b"From a@b Tue Nov 24 12:00:00 EST 2026", NOON),
        (b"From a b  Tue Nov 24 12:00:00 2026 remote from c", NOON),
        (b"From a@b Tue Nov 44 12:00:00 2026", None),
        (b"From a@b Tue Foo 24 12:00:00 2026", None),
        (b"From MAILER-DAEMON", None),
    ],
)
def test_the_date_of_a_from_line_is_the_arrival(
    line: bytes, arrival: int | None
) -> None:
    file = (line + b"\nSubject: x\n\ntext\n\n") * 2
    assert [each.arrival for each in found(file)] == [arrival, arrival]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_are_those_of_the_file(end: bytes) -> None:
    file = (FROM + b"Subject: x\nStatus: RO\n\ntext\n\n").replace(b"\n", end) * 2
    octets = b"Subject: x\n\ntext\n".replace(b"\n", end)
    assert [(f.octets, f.flags.bits) for f in found(file)] == [(octets, Flag.SEEN)] * 2


@pytest.mark.parametrize(
    "body",
    [b"text\nFrom here on\nmore\n", b"text\n\nFrom here on\nmore\n", b"\nFrom x\n"],
)
def test_a_line_that_is_no_beginning_is_text(body: bytes) -> None:
    file = FROM + b"Subject: x\n\n" + body + b"\n"
    assert bodies(file * 2) == [body, body]


@pytest.mark.parametrize("tail", [b"", b"\n", b"\n\n"])
def test_a_length_that_leads_to_the_next_message_is_believed(tail: bytes) -> None:
    body = b"one\n\n" + FROM + b"Subject: inner\n\n>From there\n"
    head = b"Subject: x\nContent-Length: %d\n\n" % len(body)
    file = FROM + head + body + b"\n" + FROM + head + body + tail
    assert bodies(file) == [body, body]


@pytest.mark.parametrize("length", [b"2", b"12", b"999999", b"9" * 15, b"9" * 90, b"x"])
def test_a_length_that_leads_elsewhere_is_not_believed(length: bytes) -> None:
    one = FROM + b"Subject: x\nContent-Length: " + length + b"\n\none\n>From two\n\n"
    assert bodies(one * 2) == [b"one\nFrom two\n"] * 2


def test_a_length_measures_a_quoted_body_too() -> None:
    head = FROM + b"Subject: x\nContent-Length: 10\n\n"
    assert bodies(head + b">From two\n\n") == [b"From two\n"]


def test_flags_of_mozilla_are_read() -> None:
    file = FROM + b"X-Mozilla-Status: 1005\nSubject: x\n\ntext\n"
    (one,) = found(file)
    assert one.flags.bits == Flag.SEEN | Flag.FLAGGED | Flag.FORWARDED
    assert b"X-Mozilla" in one.octets


def test_keywords_of_dovecot_are_read() -> None:
    file = FROM + b"X-Keywords: work $Forwarded\n  later (bad      \nSubject: x\n\nt\n"
    (one,) = found(file)
    assert one.flags == FlagSet(Flag.FORWARDED, frozenset({"work", "later"}))
    assert one.octets == b"Subject: x\n\nt\n"


# -- as a stream -------------------------------------------------------------------


class Pipe(io.RawIOBase):
    """Cannot be sought, and counts what is held back at a time."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self._pieces.pop(0) if self._pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


def test_what_cannot_be_sought_is_read() -> None:
    pieces = [entry(each, FlagSet(), NOON) for each in mails(5)]
    stream = io.BufferedReader(Pipe(list(pieces)))
    assert len(list(read(stream, LIMIT))) == 5


def test_the_place_of_a_message_is_told() -> None:
    pieces = [entry(each, FlagSet(), NOON) for each in mails(3)]
    ats = [each.at for each in found(b"".join(pieces))]
    assert ats == [0, len(pieces[0]), len(pieces[0] + pieces[1])]


@pytest.mark.parametrize("big", [b"x" * 5000 + b"\n", b"x\n" * 2500, b"\n" * 5000])
def test_one_that_is_too_large_is_named_and_left_out(big: bytes) -> None:
    file = b"".join(
        entry(mail(n), FlagSet(), NOON) if n != 2 else FROM + big + b"\n"
        for n in (1, 2, 3)
    )
    one, two, three = found(file, limit=2000)
    assert (two.octets, two.size) == (b"", len(big))
    assert one.octets
    assert three.octets == mail(3).replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("first", "is_one"),
    [(b"", True), (FROM, True), (b"\n\n" + FROM, True), (b"Subject: x", False)],
)
def test_a_file_is_known_by_its_first_line(first: bytes, is_one: bool) -> None:
    assert is_mbox(first) is is_one


@pytest.mark.parametrize(
    "line",
    [b">" * 200_000, b"From " * 40_000, b"From Jan" + b" " * 200_000, b"\n" * 200_000],
)
def test_no_line_takes_long(line: bytes) -> None:
    file = FROM + b"Subject: x\n" + line + b"\n\n" + line + b"\n"
    begun = time.perf_counter()
    found(file * 2)
    assert time.perf_counter() - begun < 2


def test_foreign_mail_survives(corpora: Path) -> None:
    files = sorted(p for p in corpora.rglob("*") if p.is_file())[::97][:300]
    wanted = [p.read_bytes() for p in files if p.stat().st_size < LIMIT]
    again = found(b"".join(entry(each, FlagSet(), NOON) for each in wanted))
    for one, other in zip(wanted, again, strict=True):
        if not OURS.search(one):
            assert other.octets == unix(one)
