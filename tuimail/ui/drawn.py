"""Pictures as a terminal takes them: cells, and what is sent beside cells.

Everything here is made of numbers. A picture never is text: a row of it is blanks with
a mark, and only the frame, which knows the pictures that hang, makes cells of it.
"""

from __future__ import annotations

import base64
import zlib
from typing import Protocol

from tuimail.mail.types import Picture

Cell = tuple[str, str]
"""Text and style of a cell."""
MARK = "\0"
"""Begins the link of what is a picture; no safe text can hold it."""
HALF = "\u2580"
PLACEHOLDER = "\U0010eeee"
CHUNK = 4096
"""Octets of base64 in one piece (kitty's graphics protocol)."""


class Drawn(Protocol):
    """A picture that hangs in the terminal."""

    columns: int
    rows: int
    before: str
    """Sent once, before its cells; it changes none."""
    after: str
    """Sent when it is taken down."""
    moves: bool
    """The terminal moves it when it moves rows."""

    def cells(self, row: int, base: str) -> list[Cell]:
        """A row of it; `base` is the style (SGR) of what it stands on."""

    def strip(self, row: int) -> str:
        """What is sent over the blanks of a row; empty for nothing."""


def mark(number: int, row: int, origin: int) -> str:
    """The link of a row's blanks: which row of which picture, and where it begins."""
    return f"{MARK}{number}:{row}:{origin}"


def drawn(
    picture: Picture, number: int, way: str, *, truecolor: bool, moves: bool = False
) -> Drawn:
    """A picture as it is shown `way`; `number` names it in the terminal.

    `moves`: the terminal moves what is drawn over rows when it moves these.
    """
    if way == "kitty":
        return Placed(picture, number)
    if picture.strips:
        return Strips(picture, number, moves)
    return Blocks(picture, truecolor)


class Blocks:
    """Upper half blocks: two pixels a cell."""

    before = after = ""
    moves = True

    def __init__(self, picture: Picture, truecolor: bool) -> None:
        self.columns, self.rows = picture.columns, picture.rows
        self._pixels = picture.pixels
        self._truecolor = truecolor
        self._made: dict[int, list[Cell]] = {}

    def cells(self, row: int, base: str) -> list[Cell]:
        """The pixels of two rows, one above the other."""
        if row not in self._made:
            size = 3 * self.columns
            upper = self._pixels[2 * row * size :][:size]
            lower = self._pixels[(2 * row + 1) * size :][:size]
            self._made[row] = [
                (HALF, f"38;{self._colour(upper, at)};48;{self._colour(lower, at)}")
                for at in range(0, size, 3)
            ]
        return self._made[row]

    def strip(self, row: int) -> str:
        """Nothing: the cells are the picture."""
        return ""

    def _colour(self, pixels: bytes, at: int) -> str:
        red, green, blue = pixels[at : at + 3]
        if self._truecolor:
            return f"2;{red};{green};{blue}"
        return f"5;{nearest(red, green, blue)}"


class Placed:
    """Kitty's Unicode placeholders: cells that name a place in a picture."""

    moves = True

    def __init__(self, picture: Picture, number: int) -> None:
        self.columns, self.rows = picture.columns, picture.rows
        self.before = transmission(picture, number)
        self.after = f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"
        self._style = f"38;2;{number >> 16 & 255};{number >> 8 & 255};{number & 255}"

    def cells(self, row: int, base: str) -> list[Cell]:
        """Placeholders with row and column; the colour says of which picture."""
        style = f"{base};{self._style}" if base else self._style
        head = PLACEHOLDER + DIACRITICS[row]
        return [(head + DIACRITICS[at], style) for at in range(self.columns)]

    def strip(self, row: int) -> str:
        """Nothing: the terminal has the picture."""
        return ""


class Strips:
    """Sixel, row by row, over blanks that know which picture covers them."""

    before = after = ""

    def __init__(self, picture: Picture, number: int, moves: bool) -> None:
        self.moves = moves
        self.columns, self.rows = picture.columns, picture.rows
        self._strips = picture.strips
        self._number = number

    def cells(self, row: int, base: str) -> list[Cell]:
        """Blanks; each says what lies over it, so that what is under it is resent."""
        return [(" ", f"{base}\x1b{MARK}{self._number}:{row}")] * self.columns

    def strip(self, row: int) -> str:
        """The row in sixel; pixels it does not set stay."""
        return f"\x1bP0;1;0q{self._strips[row]}\x1b\\"


def transmission(picture: Picture, number: int) -> str:
    """Send a picture under a number, to be placed by placeholders."""
    data = base64.standard_b64encode(zlib.compress(picture.pixels, 6)).decode("ascii")
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    keys = (
        f"a=T,U=1,q=2,f=24,o=z,t=d,i={number},s={picture.width},v={picture.height},"
        f"c={picture.columns},r={picture.rows},"
    )
    sent = []
    for at, chunk in enumerate(chunks):
        more = int(at < len(chunks) - 1)
        sent.append(f"\x1b_G{keys if not at else 'q=2,'}m={more};{chunk}\x1b\\")
    return "".join(sent)


def nearest(red: int, green: int, blue: int) -> int:
    """The colour of xterm's 256 that is nearest: of its cube, or of its greys."""
    steps = [_step(each) for each in (red, green, blue)]
    cube = [55 + 40 * step if step else 0 for step in steps]
    grey = max(0, min(23, ((red + green + blue) // 3 - 3) // 10))
    level = 8 + 10 * grey
    in_cube = _far(cube, (red, green, blue))
    in_greys = _far([level] * 3, (red, green, blue))
    if in_greys < in_cube:
        return 232 + grey
    return 16 + 36 * steps[0] + 6 * steps[1] + steps[2]


def _step(level: int) -> int:
    """The nearest of the six levels 0, 95, 135, 175, 215, 255."""
    if level < 48:
        return 0
    return 1 if level < 115 else (level - 35) // 40


def _far(colour: list[int], other: tuple[int, int, int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(colour, other, strict=True))


def _spread(ranges: str) -> str:
    """Characters from `305 30d-30e` in hexadecimal."""
    codes: list[int] = []
    for word in ranges.split():
        first, _, last = word.partition("-")
        codes += range(int(first, 16), int(last or first, 16) + 1)
    return "".join(map(chr, codes))


DIACRITICS = _spread(
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487"
    " 592-595 597-599 59c-5a1 5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e"
    " 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743"
    " 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954"
    " f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2"
    " 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1"
    " 20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d"
    " a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f"
    " 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244"
)
"""Marks that stand for the numbers of rows and columns, from 0 (kitty's protocol).

Unicode 6.0's marks above a letter without a decomposition, save those that melt into
letters; the order is that of their codes, the table that of the protocol.
"""
