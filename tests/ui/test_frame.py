"""What the painter sends brings a real emulator to the wanted picture, cheaply."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tuimail.ui.format import SIGNS
from tuimail.ui.frame import Frame

WIDTH, HEIGHT = 40, 12
STYLES = [
    Style(),
    Style(bold=True),
    Style(reverse=True),
    Style(color="red", bgcolor="blue"),
    Style(color="green", underline=True),
]
WORDS = ["mail", "議事録", "Zoë", "  ", "x", "é", "한국어", "-" * 9, "שלום"]

segments = st.builds(
    lambda word, style: Segment(word, STYLES[style]),
    st.sampled_from(WORDS),
    st.integers(0, len(STYLES) - 1),
)
puts = st.tuples(
    st.integers(0, WIDTH - 1),
    st.integers(0, HEIGHT - 1),
    st.lists(segments, max_size=6),
)
scrolls = st.integers(-4, 4)


def line(frame: Frame, y: int, text: str, style: Style | None = None) -> None:
    frame.put(0, y, [Strip([Segment(text.ljust(WIDTH), style)])])


def picture(frame: Frame) -> list[str]:
    return ["".join(text for text, _ in row) for row in frame._wanted]


@settings(max_examples=150)
@given(st.lists(st.lists(st.one_of(puts, scrolls), max_size=8), max_size=8))
def test_the_terminal_ends_with_the_wanted_picture(frames):
    frame = Frame(WIDTH, HEIGHT, ColorSystem.STANDARD)
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for changes in frames:
        for change in changes:
            if isinstance(change, int):
                rows = [list(row) for row in frame._wanted]
                shifted = rows[change:] + rows[:change]
                frame._wanted = shifted
                frame._dirty = set(range(HEIGHT))
            else:
                x, y, parts = change
                frame.put(x, y, [Strip(parts)])
        stream.feed(frame.update())
        assert [row.rstrip() for row in screen.display] == [
            row.rstrip() for row in picture(frame)
        ]
        for y, row in enumerate(frame._wanted):
            for x, (_, sgr) in enumerate(row):
                assert screen.buffer[y][x].reverse == ("7" in sgr.split(";"))


def test_what_lies_outside_is_left_out():
    """A terminal made smaller gets a last update of the screen before."""
    frame = Frame(WIDTH, HEIGHT, ColorSystem.STANDARD)
    before = picture(frame)
    for x, y in ((WIDTH, 0), (WIDTH + 1, 0), (WIDTH + 30, 3), (0, HEIGHT), (3, -1)):
        frame.put(x, y, [Strip([Segment("議事録 outside")])])
    assert picture(frame) == before
    frame.put(WIDTH - 2, 0, [Strip([Segment("inside and out")])])
    assert picture(frame)[0].endswith(" in")
    assert all(len(row) == WIDTH for row in frame._wanted)


def test_an_unchanged_screen_sends_nothing():
    frame = Frame(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
    line(frame, 3, "the same")
    frame.update()
    line(frame, 3, "the same")
    assert frame.update() == ""


def test_a_list_scrolled_by_one_line_costs_about_one_line():
    frame = Frame(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
    for y in range(HEIGHT):
        line(frame, y, f"message number {y} {'abc' * (y % 5)}")
    whole = len(frame.update())
    for y in range(HEIGHT):
        line(frame, y, f"message number {y + 1} {'abc' * ((y + 1) % 5)}")
    assert len(frame.update()) < whole / 5


@pytest.mark.parametrize("sign", [*"".join(SIGNS["unicode"].values())])
def test_a_row_with_a_sign_of_ours_costs_the_cells_that_differ(sign):
    frame = Frame(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
    line(frame, 3, f"{sign} Ann Lee        the tram map")
    frame.update()
    line(frame, 3, f"{sign} Ann Lee        the tram cap")
    assert len(frame.update()) < 15


def test_no_control_character_of_a_segment_reaches_the_terminal():
    frame = Frame(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
    hostile = "a\x1b]52;c;cHduZWQ=\x07b\x9b2J\x00\u202e\r\n"
    frame.put(0, 5, [Strip([Segment(hostile)])])
    sent = frame.update()
    for control in "\x07\x9b\x00\u202e\r\n":
        assert control not in sent
    assert "\x1b]52" not in sent


def test_a_link_to_anything_but_web_and_mail_is_not_sent():
    frame = Frame(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
    style = Style(link="file:///etc/passwd")
    frame.put(0, 1, [Strip([Segment("here", style)])])
    assert "passwd" not in frame.update()


def test_reversed_blanks_are_sent_and_not_erased():
    frame = Frame(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
    frame.update()
    line(frame, 3, " " * WIDTH, Style(reverse=True))
    sent = frame.update()
    assert " " * WIDTH in sent
    assert "X" not in sent


def test_nothing_stays_of_characters_that_the_terminal_takes_for_wider(monkeypatch):
    width = pyte.screens.wcwidth
    signs = "\u093e\u0947\u094b\u200d\ufe0f"
    monkeypatch.setattr(
        pyte.screens, "wcwidth", lambda char: 1 if char in signs else width(char)
    )
    frame = Frame(WIDTH, HEIGHT, ColorSystem.STANDARD)
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    hindi = "\u0909\u092a\u092f\u094b\u0917\u0915\u0930\u094d\u0924\u093e@\u0926\u093e"
    line(frame, 4, "below")
    for text in (hindi * 4, "x", f"{hindi} | right", "short | right", ""):
        line(frame, 3, text[: WIDTH - 5])
        stream.feed(frame.update())
        last = text.rpartition(" | ")[2] if " | " in text else ""
        assert screen.display[4].rstrip() == "below"
        shown = screen.display[3].rstrip()
        assert shown.endswith(last)
        if text.isascii():
            assert shown == text
        if last:
            cells = [cell for cell, _ in frame._wanted[3]]
            at = cells.index("|")
            assert screen.buffer[3][at].data == "|"
