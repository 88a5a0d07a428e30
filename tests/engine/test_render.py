"""The rendering process: what it gives, and what it does not do to us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.engine.render import Renderer
from tuimail.engine.render_wire import PACK_LINES, pack, unpack
from tuimail.mail.body import render
from tuimail.mail.text_frame import Frame
from tuimail.mail.types import (
    Line,
    Link,
    Part,
    RenderedText,
    SafeText,
    Section,
    Span,
    Style,
)

PLAIN = Part(Section("1"), "text/plain", (("charset", "utf-8"),), encoding="8bit")
SPANS = st.builds(
    Span,
    st.text(max_size=9).map(SafeText),
    st.sampled_from([s for s in Style if s not in (Style.SEAL, Style.ALARM)]),
    st.integers(0, 3),
    # Which picture a span stands for is told beside the lines.
    picture=st.just(0),
)
LINES = st.lists(st.lists(SPANS, max_size=3).map(tuple), max_size=PACK_LINES * 2 + 3)


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = Renderer()
    yield made
    made.close()


@given(LINES)
def test_a_text_crosses_the_pipe_unchanged(lines: list[Line]) -> None:
    links = (Link(1, SafeText("https://a/"), SafeText("a"), SafeText("")),)
    text = RenderedText(tuple(lines), links, (SafeText("note"),), ((0, 1),))
    came = unpack(pack(text))
    assert list(came.lines) == lines
    assert came._replace(lines=()) == text._replace(lines=())


@pytest.mark.parametrize("style", [Style.SEAL, Style.ALARM])
def test_no_mail_can_say_how_it_stands_with_its_signature(style: Style) -> None:
    line = (Span(SafeText("Signed by Ann; the signature is good."), style),)
    came = unpack(pack(RenderedText((line,))))
    assert came.lines[0][0].style is Style.TEXT


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\x02[]", b"\xff" * 20])
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(data)


def test_the_beginning_of_a_long_text_comes_first_and_is_its_beginning(
    renderer: Renderer,
) -> None:
    data = "".join(f"line {n} of it\n" for n in range(50_000)).encode()
    begun: list[RenderedText] = []
    whole = renderer.render(data, PLAIN, Frame(80), begun.append)
    assert len(begun) == 1
    first = begun[0]
    assert 100 < len(first.lines) < 1000
    assert list(first.lines) == list(whole.lines[: len(first.lines)])
    assert not whole.more


def test_a_short_text_comes_at_once(renderer: Renderer) -> None:
    begun: list[RenderedText] = []
    text = renderer.render(b"hello\n", PLAIN, Frame(80), begun.append)
    assert begun == []
    assert list(text.lines) == list(render(b"hello\n", PLAIN, 80).lines)
