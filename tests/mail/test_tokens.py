"""IMAP's lists, whole and broken."""

from __future__ import annotations

import time

import pytest

from tuimail.mail.tokens import tokenize


def test_nil_is_none_and_a_quoted_nil_is_text() -> None:
    assert tokenize(b'(NIL "NIL" {3}\r\nabc)') == [[None, b"NIL", b"abc"]]


@pytest.mark.parametrize("raw", [b"(", b")", b'("a', b"(" * 100, b'"' + b"a" * 5000])
def test_what_breaks_off_is_an_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"unexpected|end|began|deeply"):
        tokenize(raw)


@pytest.mark.parametrize("piece", [b"a", b'\\"', b"\\", b"a\\"])
def test_a_quote_without_an_end_takes_linear_time(piece: bytes) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match="unexpected"):
        tokenize(b'"' + piece * 50_000 + b"\\")
    assert time.process_time() - start < 5
