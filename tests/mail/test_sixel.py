"""Sixel data says the pixels it was made of, and nothing else."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.sixel import strips

TOKEN = re.compile(
    r'"1;1;(?P<wide>\d+);(?P<high>\d+)'
    r"|#(?P<define>\d+);2;(?P<red>\d+);(?P<green>\d+);(?P<blue>\d+)"
    r"|#(?P<use>\d+)|!(?P<times>\d+)(?P<same>[?-~])|(?P<one>[?-~])"
    r"|(?P<back>\$)|(?P<down>-)"
)


def decoded(data: str) -> tuple[tuple[int, int], dict[tuple[int, int], int]]:
    """What a terminal would draw: the measures, and the colour of each pixel."""
    size, pixels = (0, 0), {}
    x = y = colour = at = 0
    while at < len(data):
        found = TOKEN.match(data, at)
        assert found is not None, data[at : at + 20]
        at = found.end()
        if found["wide"]:
            size = int(found["wide"]), int(found["high"])
        elif found["use"]:
            colour = int(found["use"])
        elif found["back"]:
            x = 0
        elif found["down"]:
            x, y = 0, y + 6
        elif found["one"] or found["same"]:
            bits = ord(found["one"] or found["same"]) - 63
            end = x + int(found["times"] or 1)
            rows = [y + n for n in range(6) if bits >> n & 1]
            places = [(each, row) for each in range(x, end) for row in rows]
            pixels.update(dict.fromkeys(places, colour))
            x = end
    return size, pixels


@st.composite
def images(draw: st.DrawFn) -> tuple[bytes, int, int, int]:
    width = draw(st.integers(1, 40))
    height = draw(st.integers(1, 40))
    cell = draw(st.integers(3, 24))
    least = draw(st.integers(0, 250))
    pixel = st.integers(least, least + draw(st.integers(0, 5)))
    # Runs, as pictures have them, and single pixels.
    runs = draw(st.lists(st.tuples(pixel, st.integers(1, 300)), min_size=1))
    pixels = b"".join(bytes([value]) * length for value, length in runs)
    return (pixels * (width * height))[: width * height], width, height, cell


@given(images())
def test_strips_are_the_pixels_row_by_row_of_cells(
    image: tuple[bytes, int, int, int],
) -> None:
    pixels, width, height, cell = image
    palette = bytes(range(256)) * 3
    made = strips(pixels, palette, width, height, cell)
    assert len(made) == -(-height // cell)
    drawn: dict[tuple[int, int], int] = {}
    for number, strip in enumerate(made):
        size, part = decoded(strip)
        assert size == (width, min(cell, height - number * cell))
        drawn.update({(x, y + number * cell): c for (x, y), c in part.items()})
    wanted = {(n % width, n // width): each for n, each in enumerate(pixels)}
    assert drawn == wanted


@given(images())
def test_strips_hold_nothing_a_terminal_could_obey(
    image: tuple[bytes, int, int, int],
) -> None:
    pixels, width, height, cell = image
    for strip in strips(pixels, bytes(768), width, height, cell):
        assert re.fullmatch(r"[!-~]*", strip)


def test_colours_are_told_in_percent() -> None:
    made = strips(bytes([1, 0]), bytes([255, 0, 0, 0, 128, 255]), 2, 1, 16)
    assert "#0;2;100;0;0" in made[0]
    assert "#1;2;0;50;100" in made[0]
