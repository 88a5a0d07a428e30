"""Bars for a terminal: numbers to rows of cells, with block characters or in ASCII.

Lengths are proportions of the greatest number, rounded to what a cell can show. What is
not nothing is always seen: it has at least the smallest piece of a bar.
"""

from __future__ import annotations

from collections.abc import Sequence

UP = " ▁▂▃▄▅▆▇█"
ALONG = " ▏▎▍▌▋▊▉█"
ASCII_UP = " .:#"
ASCII_ALONG = " #"


def columns(values: Sequence[int], height: int, *, ascii: bool = False) -> list[str]:
    """Bars side by side, one cell wide each; `height` rows, the upper first."""
    levels = ASCII_UP if ascii else UP
    full = len(levels) - 1
    most = max(values, default=0)
    pieces = [_pieces(value, most, height * full) for value in values]
    return [
        "".join(levels[max(0, min(full, each - full * below))] for each in pieces)
        for below in range(height - 1, -1, -1)
    ]


def bar(value: int, most: int, width: int, *, ascii: bool = False) -> str:
    """One bar that lies, `width` cells with the blanks behind it."""
    levels = ASCII_ALONG if ascii else ALONG
    full = len(levels) - 1
    pieces = _pieces(value, most, width * full)
    whole, rest = divmod(pieces, full)
    drawn = levels[full] * whole + (levels[rest] if rest else "")
    return drawn.ljust(width)


def _pieces(value: int, most: int, room: int) -> int:
    if value <= 0 or most <= 0:
        return 0
    return max(1, min(room, round(value * room / most)))
