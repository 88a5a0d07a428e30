"""Pictures on the screen: blocks, kitty's placeholders, sixel; and what no mail can."""

from __future__ import annotations

import base64
import importlib.util
import io
import random
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from tests.mails import mail
from tests.ui.screen import Story, play, shown, until
from tuimail.config import ViewSettings
from tuimail.mail.sanitize import safe_block, safe_filename, safe_text
from tuimail.mail.sixel import strips
from tuimail.mail.types import Picture, Section
from tuimail.ui.app import TuimailApp
from tuimail.ui.drawn import (
    CHUNK,
    DIACRITICS,
    HALF,
    MARK,
    PLACEHOLDER,
    Drawn,
    drawn,
    mark,
    nearest,
    transmission,
)
from tuimail.ui.frame import Frame
from tuimail.ui.pictures import way_of
from tuimail.ui.terminal import Graphics, graphics_of

WIDTH, HEIGHT = 40, 12
BASE = Style(color="#d0d0d0", bgcolor="#101010")
NUMBER = 0x746D55
needs_pillow = pytest.mark.skipif(
    importlib.util.find_spec("PIL") is None, reason="needs Pillow"
)


def coloured(columns: int = 6, rows: int = 3) -> Picture:
    """Each pixel another colour."""
    height = 2 * rows
    pixels = [(7 * x, 12 * y, 200) for y in range(height) for x in range(columns)]
    flat = bytes(value for pixel in pixels for value in pixel)
    return Picture(columns, rows, columns, height, flat)


def stripped(columns: int = 6, rows: int = 3) -> Picture:
    width, height = 8 * columns, 16 * rows
    data = strips(bytes(width * height), bytes([1, 2, 3]), width, height, 16)
    return Picture(columns, rows, width, height, strips=data)


def hung(frame: Frame, picture: Drawn, x: int, y: int, first: int = 0) -> None:
    """Want the rows of a picture from `first` on, as the message pane does."""
    for at in range(first, picture.rows):
        style = BASE + Style(link=mark(NUMBER, at, x))
        row = [Segment(" " * picture.columns, style)]
        frame.put(x, y + at - first, [Strip(row)])


def framed(picture: Drawn, colors: ColorSystem = ColorSystem.TRUECOLOR) -> Frame:
    frame = Frame(WIDTH, HEIGHT, colors)
    frame.pictures = {NUMBER: picture}
    frame.update()
    return frame


# -- half blocks ----------------------------------------------------------------


def test_two_pixels_are_one_cell_of_two_colours() -> None:
    picture = drawn(coloured(), NUMBER, "blocks", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 4, 2)
    screen = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(screen).feed(frame.update())
    for y in range(3):
        for x in range(6):
            cell = screen.buffer[2 + y][4 + x]
            upper, lower = (7 * x, 24 * y, 200), (7 * x, 24 * y + 12, 200)
            assert cell.data == HALF
            assert (cell.fg, cell.bg) == (bytes(upper).hex(), bytes(lower).hex())
    assert screen.buffer[2][10].data == " "
    assert screen.buffer[2][10].bg == "default"


def test_with_256_colours_the_nearest_are_taken() -> None:
    picture = drawn(coloured(), NUMBER, "blocks", truecolor=False)
    assert picture.cells(0, "")[0][1] == "38;5;20;48;5;20"


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_no_other_of_the_256_colours_is_nearer(pixel: tuple[int, int, int]) -> None:
    levels = (0, 95, 135, 175, 215, 255)
    table = [(r, g, b) for r in levels for g in levels for b in levels]
    table += [(8 + 10 * n,) * 3 for n in range(24)]

    def far(colour: tuple[int, ...]) -> int:
        return sum((a - b) ** 2 for a, b in zip(colour, pixel, strict=True))

    # Greys are chosen by their mean, which may be one step off.
    assert far(table[nearest(*pixel) - 16]) <= min(map(far, table)) + 120


def test_scrolling_over_blocks_costs_no_more_than_over_text() -> None:
    picture = drawn(coloured(30, 8), NUMBER, "blocks", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 1, 1)
    whole = len(frame.update())
    hung(frame, picture, 1, 1, first=1)
    frame.put(0, 8, [Strip([Segment(" " * WIDTH)])])
    assert len(frame.update()) < whole / 10


def test_a_picture_that_is_covered_in_part_shows_the_rest_of_itself() -> None:
    picture = drawn(coloured(), NUMBER, "blocks", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 4, 2)
    # The compositor crops what lies on the right of a dialog.
    style = BASE + Style(link=mark(NUMBER, 1, 4))
    frame.put(7, 3, [Strip([Segment("   ", style)])])
    assert frame._wanted[3][7:10] == picture.cells(1, "")[3:6]


# -- kitty ----------------------------------------------------------------------


def test_a_picture_is_sent_in_pieces_that_kitty_takes() -> None:
    noise = random.Random(1).randbytes(3 * 64 * 64)
    sent = transmission(Picture(8, 4, 64, 64, noise), NUMBER)
    pieces = re.findall(r"\x1b_G([^;]*);([A-Za-z0-9+/=]*)\x1b\\", sent)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in pieces) == sent
    assert len(pieces) > 1
    assert pieces[0][0] == (
        f"a=T,U=1,q=2,f=24,o=z,t=d,i={NUMBER},s=64,v=64,c=8,r=4,m=1"
    )
    assert {keys for keys, _ in pieces[1:-1]} <= {"q=2,m=1"}
    assert pieces[-1][0] == "q=2,m=0"
    assert all(len(data) == CHUNK for _, data in pieces[:-1])
    whole = base64.standard_b64decode("".join(data for _, data in pieces))
    assert zlib.decompress(whole) == noise


def test_a_small_picture_is_one_piece() -> None:
    sent = transmission(Picture(1, 1, 2, 2, bytes(12)), NUMBER)
    assert sent.count("\x1b_G") == 1
    assert ",m=0;" in sent


def test_placeholders_name_row_column_and_picture() -> None:
    picture = drawn(coloured(), NUMBER, "kitty", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 4, 2)
    sent = frame.update()
    for row in range(3):
        cells = "".join(
            f"{PLACEHOLDER}{DIACRITICS[row]}{DIACRITICS[x]}" for x in range(6)
        )
        assert cells in sent
    assert "38;2;116;109;85m" in sent
    assert picture.after == f"\x1b_Ga=d,d=I,i={NUMBER},q=2\x1b\\"


def test_the_marks_of_rows_and_columns_are_those_of_the_protocol() -> None:
    assert len(DIACRITICS) == 297
    assert DIACRITICS[:4] == "\u0305\u030d\u030e\u0310"
    assert DIACRITICS[-1] == "\U0001d244"


def test_scrolling_over_placeholders_sends_no_picture_again() -> None:
    picture = drawn(coloured(30, 8), NUMBER, "kitty", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 1, 1)
    whole = len(frame.update())
    hung(frame, picture, 1, 1, first=1)
    frame.put(0, 8, [Strip([Segment(" " * WIDTH)])])
    assert len(frame.update()) < whole / 4


# -- sixel ----------------------------------------------------------------------

SIXEL = re.compile(r"\x1b\[(\d+);(\d+)H\x1bP0;1;0q([!-~]*)\x1b\\")


def test_each_row_of_a_picture_is_drawn_at_its_place() -> None:
    picture = drawn(stripped(), NUMBER, "sixel", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 4, 2)
    sent = frame.update()
    places = [(int(y), int(x)) for y, x, _ in SIXEL.findall(sent)]
    assert places == [(3, 5), (4, 5), (5, 5)]
    assert frame.update() == ""


def test_nothing_is_drawn_in_the_last_row_of_the_screen() -> None:
    picture = drawn(stripped(), NUMBER, "sixel", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 4, HEIGHT - 2)
    places = [int(y) for y, _, _ in SIXEL.findall(frame.update())]
    assert places == [HEIGHT - 1]


def test_a_row_is_drawn_over_all_of_its_cells_or_not_at_all() -> None:
    picture = drawn(stripped(), NUMBER, "sixel", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 4, 2)
    frame.update()
    frame.put(6, 3, [Strip([Segment("dialog")])])
    assert SIXEL.findall(frame.update()) == []
    hung(frame, picture, 4, 2)
    frame.put(10, 3, [Strip([Segment("  ")])])
    assert [int(y) for y, _, _ in SIXEL.findall(frame.update())] == [4]


def test_rows_under_sixel_are_moved_by_a_terminal_that_can() -> None:
    picture = drawn(stripped(30, 8), NUMBER, "sixel", truecolor=True, moves=True)
    frame = framed(picture)
    hung(frame, picture, 1, 1)
    whole = len(frame.update())
    hung(frame, picture, 1, 1, first=1)
    frame.put(0, 8, [Strip([Segment(" " * WIDTH)])])
    sent = frame.update()
    assert SIXEL.findall(sent) == []
    assert len(sent) < whole / 10
    hung(frame, picture, 1, 1)
    assert len(SIXEL.findall(frame.update())) == 1


def test_rows_under_sixel_are_not_moved_by_other_terminals() -> None:
    picture = drawn(stripped(30, 8), NUMBER, "sixel", truecolor=True)
    frame = framed(picture)
    hung(frame, picture, 1, 1)
    frame.update()
    hung(frame, picture, 1, 1, first=1)
    frame.put(0, 8, [Strip([Segment(" " * WIDTH)])])
    sent = frame.update()
    assert not re.search(r"\x1b\[\d+[LM]", sent)
    assert len(SIXEL.findall(sent)) == 7
    frame.pictures = {}
    for y in range(HEIGHT):
        frame.put(0, y, [Strip([Segment(f"text {y}".ljust(WIDTH))])])
    assert not re.search(r"\x1b\[\d+[LM]", frame.update())
    for y in range(HEIGHT):
        frame.put(0, y, [Strip([Segment(f"text {y + 1}".ljust(WIDTH))])])
    assert re.search(r"\x1b\[\d+[LM]", frame.update())


# -- what no mail can -----------------------------------------------------------


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_safe_text_holds_a_placeholder_or_a_mark(text: str) -> None:
    hostile = f"{text}{PLACEHOLDER}{MARK}{text}"
    for safe in (safe_text(hostile), safe_block(hostile)):
        assert PLACEHOLDER not in safe
        assert MARK not in safe
    name = safe_filename(hostile, fallback="x")
    assert PLACEHOLDER not in name
    assert MARK not in name


def test_the_last_door_lets_no_placeholder_of_a_text_pass() -> None:
    frame = framed(drawn(coloured(), NUMBER, "kitty", truecolor=True))
    text = f"a{PLACEHOLDER}{DIACRITICS[0]}{DIACRITICS[0]}b\x1b_Ga=d\x1b\\\x1bPq~\x1b\\"
    style = Style(color=f"#{NUMBER:06x}")
    frame.put(0, 1, [Strip([Segment(text, style)])])
    sent = frame.update()
    assert PLACEHOLDER not in sent
    assert "\x1b_" not in sent
    assert "\x1bP" not in sent


def test_rows_of_a_picture_that_hangs_no_more_are_blank() -> None:
    picture = drawn(coloured(), NUMBER, "kitty", truecolor=True)
    frame = Frame(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)
    hung(frame, picture, 4, 2)
    assert PLACEHOLDER not in frame.update()


# -- which way ------------------------------------------------------------------

CELL = (8, 16)
KITTY = Graphics(kitty=True, places=True, cell=CELL)
WEZTERM = Graphics(kitty=True, sixel=True, cell=CELL)
XTERM = Graphics(sixel=True, cell=CELL, colours=256)
BLIND = Graphics(sixel=True)
TRUE, EIGHT, FOUR = ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD


@pytest.mark.parametrize(
    ("setting", "graphics", "colors", "plain", "way"),
    [
        ("auto", KITTY, TRUE, False, "kitty"),
        ("auto", KITTY, EIGHT, False, "blocks"),
        ("auto", WEZTERM, TRUE, False, "sixel"),
        ("kitty", WEZTERM, TRUE, False, "kitty"),
        ("auto", XTERM, FOUR, True, "sixel"),
        ("auto", BLIND, TRUE, False, "blocks"),
        ("sixel", BLIND, EIGHT, False, "blocks"),
        ("sixel", KITTY, TRUE, False, "blocks"),
        ("blocks", KITTY, TRUE, False, "blocks"),
        ("auto", Graphics(), EIGHT, False, "blocks"),
        ("auto", Graphics(), FOUR, False, ""),
        ("blocks", Graphics(), TRUE, True, ""),
    ],
)
def test_the_best_way_a_terminal_has_is_taken(
    setting: str, graphics: Graphics, colors: ColorSystem, plain: bool, way: str
) -> None:
    assert way_of(setting, graphics, colors, plain=plain) == way


@pytest.mark.parametrize(("high", "way"), [(17, "blocks"), (18, "sixel")])
def test_where_sixel_spoils_the_row_below_it_is_not_used(high: int, way: str) -> None:
    said = b"\x1bP>|Konsole 22.12.3\x1b\\\x1b[6;%d;8t\x1b[?62;1;4c" % high
    konsole = graphics_of(said, (80, 24))
    assert way_of("auto", konsole, ColorSystem.TRUECOLOR, plain=False) == way
    other = konsole._replace(fills=False)
    assert way_of("auto", other, ColorSystem.TRUECOLOR, plain=False) == "sixel"


KITTY_SAYS = b"\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.41.1)\x1b\\\x1b[6;17;8t\x1b[?62;c"
XTERM_SAYS = b"\x1bP>|XTerm(379)\x1b\\\x1b[?1;0;256S\x1b[?63;1;2;4;6;9;15c"


def test_the_answers_of_terminals_are_read() -> None:
    kitty = Graphics(kitty=True, places=True, cell=(8, 17))
    assert graphics_of(KITTY_SAYS, (80, 24)) == kitty
    old = KITTY_SAYS.replace(b"0.41.1", b"0.26.5")
    assert not graphics_of(old, (80, 24)).places
    assert graphics_of(b"\x1bP>|ghostty 1.1.3\x1b\\", (80, 24)).places
    assert not graphics_of(b"\x1bP>|WezTerm 20240203\x1b\\", (80, 24)).places
    xterm = Graphics(sixel=True, moves=True, colours=256)
    assert graphics_of(XTERM_SAYS, (80, 24)) == xterm
    assert graphics_of(b"\x1b[4;384;640t", (80, 24)).cell == (8, 16)
    assert graphics_of(b"\x1b[6;0;0t", (80, 24)).cell is None
    # A 4 as the first number is a class of terminal, and 14 is no 4.
    assert not graphics_of(b"\x1b[?4;14c", (80, 24)).sixel


@given(st.binary(max_size=200), st.tuples(st.integers(0, 999), st.integers(0, 999)))
def test_whatever_a_terminal_says_is_read_without_harm(
    said: bytes, size: tuple[int, int]
) -> None:
    for answer in (
        said,
        KITTY_SAYS + said,
        said + XTERM_SAYS,
        said.join([b"\x1b["] * 9),
    ):
        cell = graphics_of(answer, size).cell
        assert cell is None or (min(cell) >= 3 and max(cell) <= 120)


# -- in the program -------------------------------------------------------------

STRUCTURE = (
    b'(("text" "html" ("charset" "utf-8") NIL NIL "8bit" 90 1 NIL NIL NIL NIL)'
    b'("image" "png" NIL "<a@b>" NIL "base64" 200 NIL NIL NIL NIL)'
    b'("image" "png" ("name" "end.png") NIL NIL "base64" 200 NIL'
    b' ("attachment" ("filename" "end.png")) NIL NIL)'
    b' "mixed" ("boundary" "b") NIL NIL NIL)'
)
RELATED = STRUCTURE.replace(b'"mixed"', b'"related"')


@pytest.fixture(autouse=True)
def _truecolor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")


def png() -> bytes:
    from PIL import Image

    sink = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 10, 10)).save(sink, "PNG")
    return base64.encodebytes(sink.getvalue())


def stock(app: TuimailApp, lines: int = 3) -> None:
    """Have the parts of the only message here."""
    row = app.service.page(app.service.inbox("work"), limit=1)[0]
    words = "".join(f"<p>line {n}</p>" for n in range(lines))
    page = f'<p>before</p><img src="cid:a@b" alt="A map"><p>after</p>{words}'
    put = app.service.store.parts.put
    put(row.content, Section("1"), page.encode(), text=True)
    put(row.content, Section("2"), png())
    put(row.content, Section("3"), png())


def here(app: TuimailApp, count: int) -> Callable[[], bool]:
    return lambda: len(app.main.view.pictures) == count


def seen_cells(app: TuimailApp) -> str:
    """What the last door makes of the screen."""
    frame = Frame(*app.size, ColorSystem.TRUECOLOR)
    frame.pictures = app._pictures
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        frame.put(0, y, [strip])
    return frame.update()


def settings(pictures: str, theme: str = "tuimail-dark") -> ViewSettings:
    return ViewSettings(theme=theme, pictures=pictures)


def run(
    tmp_path: Path,
    story: Story,
    view: ViewSettings,
    size: tuple[int, int] = (80, 24),
) -> None:
    messages = [mail(1), mail(2)]
    play(tmp_path, story, size=size, messages=messages, view=view, structure=RELATED)


@needs_pillow
def test_pictures_stand_where_the_page_has_them_and_below_the_text(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        stock(app)
        await pilot.press("enter")
        await until(pilot, here(app, 2))
        await pilot.pause()
        rows = [row.strip() for row in shown(app)]
        assert rows.index("after") - rows.index("[A map]") > 10
        await pilot.press("G")
        await pilot.pause()
        lines = shown(app)
        assert any("end.png" in line for line in lines)
        assert HALF in seen_cells(app)

    run(tmp_path, story, settings("blocks"), size=(80, 50))


@needs_pillow
def test_off_by_default_and_the_key_shows_and_hides_them(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        stock(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.main.desk.reader.text is not None)
        await pilot.pause(0.2)
        assert here(app, 0)()
        before = len(app.main.view._page)
        await pilot.press("P")
        await until(pilot, here(app, 2))
        assert len(app.main.view._page) > before
        await pilot.press("P")
        await until(pilot, here(app, 0))
        assert len(app.main.view._page) == before
        assert app._pictures == {}

    run(tmp_path, story, ViewSettings(theme="tuimail-dark"))


@needs_pillow
def test_the_key_counts_for_this_message_only(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        stock(app)
        await pilot.press("enter", "P")
        await until(pilot, here(app, 2))
        await pilot.press("J")
        assert not app.main.desk.reader.gallery.wanted
        assert here(app, 0)()

    run(tmp_path, story, ViewSettings(theme="tuimail-dark"))


@pytest.mark.parametrize("theme", ["mono", "ansi"])
def test_without_colours_it_says_that_pictures_are_not_shown(
    tmp_path: Path, theme: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        stock(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.main.desk.reader.text is not None)
        await until(pilot, lambda: "too few colours" in "\n".join(shown(app)))
        assert "[A map]" in "\n".join(shown(app))

    run(tmp_path, story, settings("blocks", theme))


@needs_pillow
def test_kitty_is_given_each_picture_once_and_told_to_forget_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        stock(app)
        app.graphics = KITTY
        monkeypatch.setattr(app, "tell", told.append)
        await pilot.press("enter")
        await until(pilot, here(app, 2))
        await pilot.press("j", "j", "k", "G")
        sent = [each for each in told if "a=T" in each]
        numbers = re.findall(r"a=T,[^;]*i=(\d+)", "".join(sent))
        assert len(set(numbers)) == len(sent) == 2
        assert PLACEHOLDER in seen_cells(app)
        await pilot.press("q")
        gone = re.findall(r"\x1b_Ga=d,d=I,i=(\d+),q=2\x1b\\", "".join(told))
        assert sorted(gone) == sorted(numbers)
        assert app._pictures == {}

    run(tmp_path, story, settings("auto"))


@needs_pillow
def test_what_is_read_stays_in_view_when_a_picture_comes_above_it(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        stock(app, lines=60)
        hold = app.main.desk.reader.gallery.on_ready
        waiting: list[object] = []
        app.main.desk.reader.gallery.on_ready = waiting.append  # type: ignore[method-assign, assignment]
        await pilot.press("enter")
        await until(pilot, lambda: len(waiting) == 2)
        await pilot.press("ctrl+f", "v", "j")
        await pilot.pause()
        before, chosen = shown(app)[1], app.main.view.chosen_lines()
        for event in waiting:
            hold(event)  # type: ignore[arg-type]
        await pilot.pause()
        assert here(app, 2)()
        assert shown(app)[1] == before
        assert app.main.view.chosen_lines() == chosen

    run(tmp_path, story, settings("blocks"))


@needs_pillow
def test_a_picture_is_copied_as_nothing(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        stock(app)
        await pilot.press("enter")
        await until(pilot, here(app, 2))
        await pilot.press("v", "G")
        lines = app.main.view.chosen_lines()
        assert "before" in lines
        assert not any(HALF in line or PLACEHOLDER in line for line in lines)

    run(tmp_path, story, settings("blocks"))


def test_a_message_without_pictures_says_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("enter", "P")
        await until(pilot, lambda: "has no pictures" in "\n".join(shown(app)))

    play(tmp_path, story)
