"""Rows read at once are read as the general reader reads them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.net import imap_parse
from tuimail.net.imap_parse import parse_fetch
from tuimail.net.session import FetchRow

HEAD = (
    b'12 FETCH (UID %d FLAGS (\\Seen work) INTERNALDATE "23-Nov-2026 08:21:00 +0100"'
    b" RFC822.SIZE 4096%s BODYSTRUCTURE %s BODY[HEADER.FIELDS (DATE)] {%d}\r\n%s)"
)
LEAF = b'("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL)'
MIXED = b'(%s%s "mixed" ("boundary" "a\\"(b") NIL NIL NIL)' % (LEAF, LEAF)
ATOMS = st.sampled_from(
    [b"NIL", b"12", b'"text"', b'"a\\"(b"', b'"\\\\"', b"{2}\r\n()", b'"', b"{", b" "]
)
LISTS = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4).map(
        lambda items: b"(" + b" ".join(items) + b")"
    ),
    max_leaves=12,
)
HEADERS = st.sampled_from([b"Date: x\r\n\r\n", b"", b"\n", b"x", b")\r\n)\n"])


def slowly(text: bytes) -> FetchRow | None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imap_parse, "_usual_row", lambda text: None)
        return parse_fetch(text)


@given(
    st.sampled_from([1, 7, 0, 2**32 - 1, 2**32]),
    st.sampled_from([b"", b" MODSEQ (99)", b" MODSEQ 99"]),
    LISTS | st.sampled_from([LEAF, MIXED]),
    HEADERS,
    st.integers(-2, 2),
)
def test_rows(
    uid: int, modseq: bytes, structure: bytes, header: bytes, wrong: int
) -> None:
    count = max(0, len(header) + wrong)
    text = HEAD % (uid, modseq, structure, count, header)
    assert parse_fetch(text) == slowly(text)


@pytest.mark.parametrize("structure", [LEAF, MIXED])
def test_common_rows_are_read_at_once(structure: bytes) -> None:
    text = HEAD % (7, b" MODSEQ (99)", structure, 11, b"Date: x\r\n\r\n")
    row = imap_parse._usual_row(text)
    assert row is not None
    assert row == slowly(text)


@pytest.mark.parametrize(
    "open_end", [b"(", b'("', b'("\\', b'("a" ', b"(a)", b'(a "', b"(((((("]
)
def test_a_structure_without_an_end_takes_no_time(open_end: bytes) -> None:
    text = HEAD % (7, b"", b"(" + open_end * 100_000, 2, b"\r\n")
    start = time.process_time()
    imap_parse._usual_row(text)
    # An exponential reader never ends, a quadratic one takes over ten seconds.
    assert time.process_time() - start < 0.5
