"""Time grows with the size of a hostile header, never with its square."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tuimail.mail.addresses import parse_addresses
from tuimail.mail.charset import decode_charset
from tuimail.mail.dates import parse_date
from tuimail.mail.headers import (
    header_fields,
    parse_envelope,
    sender_badges,
    sender_display,
)
from tuimail.mail.sanitize import safe_block, safe_filename, safe_text
from tuimail.mail.words import decode_words, parse_params

SIZE = 30_000
FLOOR_S = 0.02
"""Below this the clock and the other processes tell more than the code."""
HEADER_ATTACKS = (
    '<|>|"|"\\|\\|(|()|[|[]|g:|g:;|:|;|,|a,|a@|@|a.| |a |a@b |"a" |<a@b>|(a\\|a@b.c, '
    '|"a@b.c" <d@e.f>,|=?|?=|=?=|=?a?q?|=?a?q?x|=?a?b??|=?utf-8?q?a?= |=?a?b?YQ==?= |='
    "|=A|a=b;|a*0=b;|;a=\"|x'|\t|\r|\n|\r\n |\n |a:|A: b\n|A: b\n |From: <a@b.c>\n"
).split("|")
TEXT_ATTACKS = (
    "\u0301|a\u0301|\u200d|\U0001f468\u200d|\U0001f3fd|\u202e|\x1b[|\u2028|\u0915\u094d"
    "|\ud800|\t|\r|\u2800|\u2500|.|/|\\|-~"
).split("|")


def cost(work: Callable[[], object]) -> float:
    best = 9e9
    for _ in range(3):
        begun = time.thread_time()
        work()
        best = min(best, time.thread_time() - begun)
    return best


def grows_linearly(work: Callable[[int], object]) -> bool:
    """Four times the size: linear is 4, quadratic is 16, at every look.

    A busy machine can make one look wrong, so there are several.
    """
    for _ in range(5):
        small = cost(lambda: work(SIZE // 4))
        large = cost(lambda: work(SIZE))
        if large < max(FLOOR_S, 9 * small):
            return True
    return False


@pytest.mark.parametrize("attack", HEADER_ATTACKS)
@pytest.mark.parametrize(
    "parse", [parse_addresses, decode_words, parse_params, parse_date, parse_envelope]
)
def test_headers_are_read_in_linear_time(
    attack: str, parse: Callable[[bytes], object]
) -> None:
    raw = attack.encode()
    assert grows_linearly(lambda size: parse(raw * (size // len(raw))))


@pytest.mark.parametrize("attack", TEXT_ATTACKS)
@pytest.mark.parametrize(
    "clean",
    [
        lambda text: safe_text(text, SIZE),
        safe_block,
        lambda text: safe_filename(text, fallback="x"),
    ],
)
def test_text_is_cleaned_in_linear_time(
    attack: str, clean: Callable[[str], object]
) -> None:
    assert grows_linearly(lambda size: clean(attack * (size // len(attack))))


@pytest.mark.parametrize("label", ["utf-8", "utf-7", "hz", "iso-2022-jp", "gb18030"])
@pytest.mark.parametrize("octets", [b"\x1b$B", b"~{", b"+", b"\xff", b"\xe3\x81", b"a"])
def test_text_is_decoded_in_linear_time(label: str, octets: bytes) -> None:
    assert grows_linearly(
        lambda size: decode_charset(octets * (size // len(octets)), label, utf7=True)
    )


@pytest.mark.parametrize(
    "block",
    [
        b"A:b\n" * 260_000,
        b"From: " + b"a@b.c, " * 150_000,
        b"".join(b"From: a%d@b.c (\n" % number for number in range(60_000)),
        b"From: " + b"\\" * 65_000 + b"\nTo: " + b"\\" * 65_000 + b"\n",
        b"Subject: " + b"=?utf-8?q?a?= " * 70_000,
        b"References: " + b"<a@b> " * 170_000,
        b"Subject:" + b"\r\n x" * 260_000,
        b"From: " + b"x@y.z a@b.c <" * 5000 + b"\n",
    ],
)
def test_a_hostile_block_of_a_megabyte_costs_less_than_its_budget(
    block: bytes,
) -> None:
    def read() -> None:
        envelope = parse_envelope(block)
        sender_display(envelope)
        sender_badges(envelope)

    assert cost(read) < 0.5
    assert cost(lambda: header_fields(block)) < 0.5
