"""Multi-line answers: where they end and which dots are text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tuimail.net.pop3_values import HeaderBlock
from tuimail.net.pop3_wire import Unstuffer

TEXTS = st.lists(
    st.sampled_from(
        [b"\r\n", b"\n", b"\r", b".", b"..", b"a", b"\0", b"\xff", b".\r\n"]
    )
    | st.binary(max_size=5),
    max_size=20,
).map(b"".join)
CUTS = st.lists(st.integers(0, 60), max_size=8)


def stuffed(text: bytes, end: bytes = b"\r\n") -> bytes:
    """What a server sends for a text whose lines end so; the plain model."""
    lines = text.split(end)
    closed = end.join(b"." + line if line[:1] == b"." else line for line in lines)
    # A text whose last line has no end gets one.
    return closed + (b"" if lines[-1] == b"" else end) + b".\r\n"


def whole(text: bytes, end: bytes = b"\r\n") -> bytes:
    return text if not text or text.endswith(end) else text + end


def fed(wire: bytes, cuts: list[int], unstuffer: Unstuffer) -> tuple[bytes, bytes]:
    """Text and what is left behind it, for a wire that comes in these pieces."""
    places = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    text = b""
    for begin, end in pairwise(places):
        if unstuffer.rest is None:
            text += unstuffer.feed(wire[begin:end])
        else:
            unstuffer.rest += wire[begin:end]
    assert unstuffer.rest is not None
    return text, unstuffer.rest


@given(TEXTS, CUTS, st.sampled_from([b"", b"+OK\r\n", b".\r\n", b"\r\n.\r\n"]))
def test_any_text_in_any_pieces(text: bytes, cuts: list[int], after: bytes) -> None:
    got = fed(stuffed(text) + after, cuts, Unstuffer())
    assert got == (whole(text), after)


@given(TEXTS, CUTS, st.sampled_from([b"", b"+OK\n"]))
def test_a_server_that_ends_its_lines_barely(
    text: bytes, cuts: list[int], after: bytes
) -> None:
    got = fed(stuffed(text, b"\n") + after, cuts, Unstuffer(bare=True))
    assert got == (whole(text, b"\n"), after)


def test_bare_line_ends_in_a_mail_do_not_end_it() -> None:
    wire = b"a\n.\r\n+OK you were fooled\r\n.\r\n"
    assert fed(wire, [], Unstuffer())[0] == b"a\n.\r\n+OK you were fooled\r\n"


@given(TEXTS, CUTS)
def test_a_text_that_ends_barely_keeps_its_octets(text: bytes, cuts: list[int]) -> None:
    lines = text.split(b"\r\n")
    model = b"\r\n".join(b"." + each if each[:1] == b"." else each for each in lines)
    unstuffer = Unstuffer()
    wire = model + b"a\n.\r\n"
    places = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    got = b"".join(unstuffer.feed(wire[begin:end]) for begin, end in pairwise(places))
    assert unstuffer.looks_done
    assert got + unstuffer.end_here() == text + b"a\n"


@given(TEXTS, CUTS)
def test_a_header_ends_at_the_first_empty_line(text: bytes, cuts: list[int]) -> None:
    block = HeaderBlock(1000)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for begin, end in pairwise(places):
        block(text[begin:end])
    at = 0
    for line in text.split(b"\n"):
        at += len(line) + 1
        if line in (b"", b"\r") and at <= len(text):
            break
    at = min(at, len(text))
    assert (block.octets, block.rest) == (text[:at], len(text) - at)


def test_a_header_without_an_end_is_cut() -> None:
    block = HeaderBlock(1000)
    for _ in range(5):
        block(b"x" * 300)
    assert (block.octets, block.cut) == (b"x" * 1000, True)
