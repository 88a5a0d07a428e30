"""Colours of HTML mail, read to find text in the colour of its own ground."""

from __future__ import annotations

import re
from typing import NamedTuple

NEAR = 10
"""Colours that differ less than this in red, green and blue look the same."""
_RGB = re.compile(
    r"rgba?\(\s{0,9}(\d{1,3})\s{0,9}[,\s]\s{0,9}(\d{1,3})\s{0,9}[,\s]\s{0,9}(\d{1,3})"
    r"\s{0,9}(?:[,/]\s{0,9}([\d.]{1,9}%?)\s{0,9})?\)"
)
_HEX = re.compile(r"#?([0-9a-f]{3,8})")


class Colour(NamedTuple):
    """Red, green and blue, 0 to 255; negative when not known."""

    red: int
    green: int
    blue: int

    def hides_on(self, ground: Colour) -> bool:
        """Whether text of this colour cannot be told from its ground."""
        return (
            self.red >= 0
            and ground.red >= 0
            and abs(self.red - ground.red) <= NEAR
            and abs(self.green - ground.green) <= NEAR
            and abs(self.blue - ground.blue) <= NEAR
        )


UNKNOWN = Colour(-1, -1, -1)
BLACK = Colour(0, 0, 0)
WHITE = Colour(255, 255, 255)
_NAMES = {
    "white": WHITE,
    "black": BLACK,
    "snow": Colour(255, 250, 250),
    "ivory": Colour(255, 255, 240),
    "whitesmoke": Colour(245, 245, 245),
    "ghostwhite": Colour(248, 248, 255),
    "red": Colour(255, 0, 0),
    "green": Colour(0, 128, 0),
    "blue": Colour(0, 0, 255),
    "yellow": Colour(255, 255, 0),
    "gray": Colour(128, 128, 128),
    "grey": Colour(128, 128, 128),
    "silver": Colour(192, 192, 192),
    "lightgray": Colour(211, 211, 211),
    "lightgrey": Colour(211, 211, 211),
    "navy": Colour(0, 0, 128),
    "maroon": Colour(128, 0, 0),
}


def colour(value: str) -> Colour:
    """A colour as CSS or an attribute of HTML 4 writes it, in lower case."""
    known = _NAMES.get(value)
    if known is not None:
        return known
    found = _RGB.match(value)
    if found is not None:
        return Colour(*(min(255, int(each)) for each in found.groups()[:3]))
    digits = _HEX.fullmatch(value)
    if digits is None:
        return UNKNOWN
    text = digits[1]
    if len(text) in (3, 4):
        return Colour(*(int(each * 2, 16) for each in text[:3]))
    if len(text) in (6, 8):
        return Colour(*(int(text[at : at + 2], 16) for at in (0, 2, 4)))
    return UNKNOWN


def is_clear(value: str) -> bool:
    """Whether a colour lets all through."""
    if value == "transparent":
        return True
    found = _RGB.match(value)
    if found is not None and found[4] is not None:
        return not found[4].strip("0.%")
    digits = _HEX.fullmatch(value)
    if digits is None or value[0] != "#" or len(digits[1]) not in (4, 8):
        return False
    return not digits[1][len(digits[1]) // 4 * 3 :].strip("0")
