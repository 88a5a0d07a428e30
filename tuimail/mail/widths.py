"""Terminal cells of safe text; the same answer as the painter's table."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tuimail.mail.types import SafeText

_NARROW = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03a1\u03a3-\u0481\u048a-\u052f"
    "\u05d0-\u05ea\u0620-\u064a\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2400-\u2426]*"
)
"""One cell each: what most lines are made of."""
_WIDE = (
    (0x2630, 0x2637),
    (0x268A, 0x268F),
    (0x4DC0, 0x4DFF),
    (0x1D300, 0x1D356),
    (0x1D360, 0x1D376),
)
"""Wide since Unicode 16, which the interpreter's table may not know yet."""


def cells(text: str) -> int:
    """Terminal cells that a safe one-line text takes."""
    if text.isascii() or _NARROW.fullmatch(text):
        return len(text)
    return sum(map(width_of, text))


def cut(text: str, width: int) -> str:
    """As much of the beginning as fits `width` cells; never half a character."""
    if text.isascii():
        return text[: max(0, width)]
    used = 0
    for at, character in enumerate(text):
        used += width_of(character)
        if used > width:
            return text[:at]
    return text


def fit(text: SafeText, width: int) -> SafeText:
    """The text in exactly `width` cells: padded, or cut with an ellipsis."""
    used = cells(text)
    if used <= width:
        return SafeText(text + " " * (width - used))
    if width <= 0:
        return SafeText("")
    short = cut(text, width - 1)
    return SafeText(short + "\u2026" + " " * (width - 1 - cells(short)))


def end(text: SafeText, width: int) -> SafeText:
    """The last cells of a text, with a sign when something stands before them."""
    if cells(text) <= width:
        return text
    return SafeText("…" + cut(text[::-1], width - 1)[::-1])


@lru_cache(maxsize=16_384)
def width_of(character: str) -> int:
    """Cells of one character that passed the door: 0 for what joins the one before.

    The vowel signs of India that stand beside their base take a cell of their own, as
    in tmux, xterm and whatever asks the C library: a text wrapped for less would lose
    its end.
    """
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    code = ord(character)
    if 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FB:
        return 0
    if any(first <= code <= last for first, last in _WIDE):
        return 2
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
