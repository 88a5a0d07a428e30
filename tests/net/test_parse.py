"""Reading responses: right, alone in their failure, and in linear time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.types import Flag, FlagSet
from tuimail.mail.uidset import UIDSet
from tuimail.net import imap_parse as parse
from tuimail.net.session import FetchRow, Status

USUAL = (
    b"12 FETCH (UID 7 FLAGS (\\Seen work) INTERNALDATE"
    b' "23-Nov-2026 08:21:00 +0100" RFC822.SIZE 4096 MODSEQ (99)'
    b' BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 5 1)'
    b" BODY[HEADER.FIELDS (DATE)] {9}\r\nDate: x\r\n)"
)
HEADER = b"Date: x\r\n"
STRUCTURE = b'("text" "plain" NIL NIL NIL "7bit" 5 1)'


def test_a_row_is_read_whole() -> None:
    assert parse.parse_fetch(USUAL) == FetchRow(
        seq=12,
        uid=7,  # type: ignore[arg-type]
        flags=FlagSet(Flag.SEEN, frozenset({"work"})),
        modseq=99,  # type: ignore[arg-type]
        arrival=1795418460,
        size=4096,
        structure=STRUCTURE,
        header=HEADER,
    )


@pytest.mark.parametrize("turn", range(1, 6))
def test_the_order_of_items_does_not_matter(turn: int) -> None:
    items = [
        b"UID 7",
        b"FLAGS (\\Seen work)",
        b'INTERNALDATE "23-Nov-2026 08:21:00 +0100"',
        b"RFC822.SIZE 4096",
        b"MODSEQ (99)",
        b"BODYSTRUCTURE " + STRUCTURE,
        b"BODY[HEADER.FIELDS (DATE)] {9}\r\n" + HEADER,
    ]
    turned = b" ".join(items[turn:] + items[:turn])
    row = parse.parse_fetch(b"12 FETCH (" + turned + b")")
    assert row == parse.parse_fetch(USUAL)


def test_lower_case_is_read_as_well() -> None:
    row = parse.parse_fetch(b"1 fetch (uid 7 flags (\\SEEN) rfc822.size 5)")
    assert row == FetchRow(1, uid=7, flags=FlagSet(Flag.SEEN), size=5)  # type: ignore[arg-type]


def test_a_literal_may_hold_what_looks_like_the_end() -> None:
    row = parse.parse_fetch(b"1 FETCH (BODY[1] {7}\r\n)) {9}\n UID 3)")
    assert row is not None
    assert (row.body, row.uid, row.problem) == (b")) {9}\n", 3, "")


def test_a_literal8_is_data_and_not_its_name() -> None:
    row = parse.parse_fetch(b"1 FETCH (UID 1 BINARY[1] ~{3}\r\na\0b)")
    assert row is not None
    assert row.body == b"a\0b"


def test_a_slice_says_where_it_begins() -> None:
    row = parse.parse_fetch(b'1 FETCH (UID 1 BODY[1]<300> "abc")')
    assert row is not None
    assert (row.origin, row.body) == (300, b"abc")


@given(st.binary(max_size=60))
def test_any_octets_give_a_row_or_none(noise: bytes) -> None:
    parse.parse_fetch(b"1 FETCH (" + noise)
    parse.parse_fetch(b"1 FETCH (UID 1 BODYSTRUCTURE " + noise + b")")


@given(st.integers(0, len(USUAL) - 1))
def test_a_row_that_breaks_off_says_so(end: int) -> None:
    row = parse.parse_fetch(USUAL[:end])
    assert row is None or row.problem


ENDLESS = 20_000


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse.parse_fetch, b'1 FETCH (BODYSTRUCTURE ("' + b"a" * ENDLESS),
        (parse.parse_fetch, b'1 FETCH (BODYSTRUCTURE ("' + b'\\"' * ENDLESS + b"))"),
        (parse.parse_fetch, b"1 FETCH (BODYSTRUCTURE " + b"(" * ENDLESS + b")"),
        (parse.parse_fetch, b"1 FETCH (" + b"BODY[ " * ENDLESS + b")"),
        (parse.parse_fetch, b"1 FETCH (X " + b"{1" * ENDLESS + b")"),
        (parse.parse_fetch, b'1 FETCH (BODY[1] "' + b"a" * ENDLESS),
        (parse.parse_list, b'LIST () "/" "' + b"a" * ENDLESS),
        (parse.parse_list, b'LIST () "' + b"\\" * ENDLESS),
        (parse.parse_status, b'STATUS "' + b"a" * ENDLESS),
        (parse.parse_search, b"ESEARCH" + b" ALL " * ENDLESS),
    ],
    ids=range(10),
)
def test_what_has_no_end_takes_no_time(
    read: Callable[[bytes], object], text: bytes
) -> None:
    start = time.process_time()
    with contextlib.suppress(ValueError):
        read(text)
    # An exponential reader never ends, a quadratic one takes over ten seconds.
    assert time.process_time() - start < 0.5


def test_a_structure_handed_on_has_no_open_quote() -> None:
    row = parse.parse_fetch(b'1 FETCH (UID 1 BODYSTRUCTURE ("text" "plain) UID 1)')
    assert row is not None
    assert row.structure is None
    assert row.problem


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"SEARCH", UIDSet()),
        (b"SEARCH 3 1 2", UIDSet([(1, 3)])),
        (b"SEARCH 2 5 (MODSEQ 917162500)", UIDSet([(2, 2), (5, 5)])),
        (b"SEARCH NIL 0 -1 4294967296", UIDSet()),
        (b'ESEARCH (TAG "T1") UID', UIDSet()),
        (b'ESEARCH (TAG "T1") UID ALL 1:3,7', UIDSet([(1, 3), (7, 7)])),
        (b'esearch (tag "T1") uid all 4', UIDSet([(4, 4)])),
    ],
)
def test_what_a_search_found(text: bytes, found: UIDSet) -> None:
    assert parse.parse_search(text) == found


@pytest.mark.parametrize("uids", [b"x", b"1:x", b"0", b"4294967296", b"1,,2"])
def test_a_set_that_is_none_is_not_an_empty_one(uids: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse.parse_search(b'ESEARCH (TAG "T1") UID ALL ' + uids)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"STATUS INBOX (MESSAGES 3 UNSEEN 1)", Status(messages=3, unseen=1)),
        (b"STATUS {5}\r\nINBOX (uidnext 4)", Status(uidnext=4)),
        (b'STATUS "INBOX" (HIGHESTMODSEQ 0 MESSAGES x)', Status()),
        (b'STATUS "INBOX" ()', Status()),
    ],
)
def test_counts_that_can_be_read_are_taken(text: bytes, status: Status) -> None:
    assert parse.parse_status(text) == (b"INBOX", status)


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        (b'LIST (\\HasNoChildren) "/" a', ({"\\hasnochildren"}, "/", b"a")),
        (b'LIST () NIL "a\\"b"', (set(), "", b'a"b')),
        (b'list () "\\\\" {3}\r\na\tb', (set(), "\\", b"a\tb")),
    ],
)
def test_a_listed_name_is_taken_from_any_kind_of_string(
    text: bytes, listed: tuple[set[str], str, bytes]
) -> None:
    assert parse.parse_list(text) == listed


@pytest.mark.parametrize("text", [b"LIST ()", b"LIST", b'LIST () "/"', b"LIST ( a"])
def test_a_listing_without_a_name_is_none(text: bytes) -> None:
    assert parse.parse_list(text) is None


def test_more_keywords_than_anybody_needs_are_cut() -> None:
    words = b" ".join(b"k%d" % n for n in range(10_000))
    assert len(parse.flag_set(words).keywords) <= 110
