"""What the terminal is like, asked before the screen is taken over."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from collections.abc import Mapping
from typing import NamedTuple

ANSWER_S = 1.0
"""A terminal on this machine answers within milliseconds, or not at all."""
LATE_S = 0.05
REMOTE_S = 3.0
"""The same for one at the other end of a line."""
ANSWER_MAX = 4096
STDIN = 0
_COLOR = re.compile(
    rb"\x1b\]11;rgb:([0-9a-fA-F]{2,4})/([0-9a-fA-F]{2,4})/([0-9a-fA-F]{2,4})"
)


def background_is_dark(environ: Mapping[str, str]) -> bool | None:
    """Whether the background is dark; None when the terminal does not say.

    By COLORFGBG, else by asking (OSC 11), with device attributes asked behind it: a
    terminal that does not know the first question answers the second at once.
    """
    hint = environ.get("COLORFGBG", "").rpartition(";")[2]
    if hint.isdigit():
        return int(hint) < 7 or int(hint) == 8
    # Over a slow line the answer could come late, as keys typed into the program.
    remote = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    silent = environ.get("TERM", "") in ("linux", "dumb", "")
    if remote or silent or not sys.stdin.isatty():
        return None
    found = _COLOR.search(_ask(b"\x1b]11;?\x1b\\\x1b[c", ANSWER_S))
    if found is None:
        return None
    red, green, blue = (int(part[:2], 16) for part in found.groups())
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128


class Graphics(NamedTuple):
    """How a terminal can show pictures, by its own word."""

    kitty: bool = False
    """It takes pictures in kitty's way."""
    places: bool = False
    """And puts them where characters stand for them (Unicode placeholders)."""
    sixel: bool = False
    cell: tuple[int, int] | None = None
    """Width and height of a cell in pixels; None when it does not say."""
    moves: bool = False
    """It is known to move sixel pictures with the rows under them."""
    colours: int = 0
    """Registers for colours of a sixel picture; 0 when it does not say."""
    fills: bool = False
    """It paints the pixels that a sixel picture leaves free, as Konsole does."""

    @property
    def strips(self) -> bool:
        """Whether a row of cells can be drawn in sixel without what is below it."""
        # Late: few see a picture.
        from tuimail.mail.sixel import BAND

        high = self.cell[1] if self.cell is not None else 0
        return self.sixel and high > 0 and not (self.fills and high % BAND)


_MULTIPLEXED = ("screen", "tmux")
_KITTY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
"""May a picture of one pixel be sent (sw.kovidgoyal.net/kitty/graphics-protocol)?"""
_NAMED = rb"\x1bP>\|([ -~]{1,60})\x1b\\"
_VERSION = r"kitty\((\d{1,3})\.(\d{1,3})"
_PLACES_SINCE = (0, 28)
MOVING = (b"XTerm(",)
"""Terminals, by the beginning of their names, that were seen to do it."""
FILLING = (b"Konsole ",)
"""Those that paint whole bands of six pixels, whatever a picture says of its height."""
_ATTRIBUTES = rb"\x1b\[\?([\d;]{1,80})c"
_REGISTERS = rb"\x1b\[\?1;0;(\d{1,6})S"
_CELL = rb"\x1b\[6;(\d{1,3});(\d{1,3})t"
_AREA = rb"\x1b\[4;(\d{1,5});(\d{1,5})t"
CELL_LEAST, CELL_MOST = 3, 120
"""Pixels of a cell that can be true."""


def ask_graphics(environ: Mapping[str, str]) -> Graphics:
    """What the terminal says of pictures; the screen must not be taken over yet.

    One question after the other, that for its attributes last: every terminal answers
    it. What a terminal says is looked for, and anything else is thrown away.
    """
    term = environ.get("TERM", "")
    if term in ("linux", "dumb", "") or not sys.stdin.isatty():
        return Graphics()
    inside = bool(environ.get("TMUX")) or term.startswith(_MULTIPLEXED)
    remote = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    # What stands between takes pictures for no one.
    kitty = b"" if inside else _KITTY
    question = kitty + b"\x1b[>0q\x1b[?1;1;0S\x1b[16t\x1b[14t\x1b[c"
    answer = _ask(question, REMOTE_S if remote else ANSWER_S)
    return graphics_of(answer, os_size())


def graphics_of(answer: bytes, size: tuple[int, int]) -> Graphics:
    """Read the answers of a terminal of so many columns and rows."""
    attributes = re.search(_ATTRIBUTES, answer)
    registers = re.search(_REGISTERS, answer)
    named = re.search(_NAMED, answer)
    cell = re.search(_CELL, answer)
    area = re.search(_AREA, answer)
    if cell is not None:
        wide, high = int(cell[2]), int(cell[1])
    elif area is not None:
        wide, high = int(area[2]) // max(1, size[0]), int(area[1]) // max(1, size[1])
    else:
        wide = high = 0
    return Graphics(
        kitty=b"\x1b_Gi=31;OK\x1b\\" in answer,
        places=named is not None and _knows_places(named[1].decode("ascii")),
        sixel=attributes is not None and b"4" in attributes[1].split(b";")[1:],
        cell=_true_cell(wide, high),
        moves=named is not None and named[1].startswith(MOVING),
        colours=int(registers[1]) if registers is not None else 0,
        fills=named is not None and named[1].startswith(FILLING),
    )


def cell_now() -> tuple[int, int] | None:
    """Width and height of a cell in pixels, as the system knows it of the terminal."""
    try:
        # Textual puts something else in the place of standard output.
        told = fcntl.ioctl(STDIN, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("4H", told)
    return _true_cell(width // max(1, columns), height // max(1, rows))


def os_size() -> tuple[int, int]:
    """Columns and rows of the terminal; zeros when there is none."""
    try:
        size = os.get_terminal_size(STDIN)
    except OSError:
        return 0, 0
    return size.columns, size.lines


def _true_cell(wide: int, high: int) -> tuple[int, int] | None:
    least, most = CELL_LEAST, CELL_MOST
    return (wide, high) if least <= wide <= most and least <= high <= most else None


def _knows_places(name: str) -> bool:
    """Whether a terminal of this name and version knows kitty's placeholders.

    WezTerm and Konsole take kitty's pictures, but know no placeholders.
    """
    version = re.match(_VERSION, name)
    if version is not None:
        return (int(version[1]), int(version[2])) >= _PLACES_SINCE
    return name.startswith("ghostty")


def _ask(question: bytes, wait_s: float) -> bytes:
    """The terminal's answer, until the one about its attributes has come."""
    handle = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(handle)
    except termios.error:
        return b""
    answer = b""
    try:
        tty.setcbreak(handle)
        os.write(sys.stdout.fileno(), question)
        end = time.monotonic() + wait_s
        while (left := end - time.monotonic()) > 0 and len(answer) < ANSWER_MAX:
            ready, _, _ = select.select([handle], [], [], left)
            if ready:
                answer += os.read(handle, 1024)
            if re.search(rb"\x1b\[\?[\d;]*c", answer):
                end = min(end, time.monotonic() + LATE_S)
            if _COLOR.search(answer) and answer.endswith(b"c"):
                break
    except OSError:
        return b""
    finally:
        termios.tcsetattr(handle, termios.TCSANOW, before)
    return answer
