"""A palette image as sixel data: a strip for each row of cells (VT330/340).

Strips stand by themselves, each with its own colours, so that rows can be drawn alone.
"""

from __future__ import annotations

import re

BAND = 6
"""Rows of pixels that one character of sixel data carries."""
COLOURS_MAX = 256
_RUN = re.compile(rb"(.)\1{3,254}", re.S)


def strips(
    pixels: bytes, palette: bytes, width: int, height: int, cell_height: int
) -> tuple[str, ...]:
    """Sixel data for each row of cells; `palette` has red, green, blue of each index.

    Pixels that are not there stay as they are on the screen. Everything in it is
    made here, of numbers: printable ASCII, and nothing a terminal could obey.
    """
    step = width * cell_height
    return tuple(
        _strip(pixels[at : at + step], palette, width)
        for at in range(0, width * height, step)
    )


def _strip(pixels: bytes, palette: bytes, width: int) -> str:
    used = sorted(set(pixels))
    height = len(pixels) // width
    pieces = [f'"1;1;{width};{height}'.encode()]
    pieces += [_colour(index, palette) for index in used]
    bands = range(0, len(pixels), width * BAND)
    pieces.append(b"-".join(_band(pixels[at:][: width * BAND], width) for at in bands))
    return b"".join(pieces).decode("ascii")


def _colour(index: int, palette: bytes) -> bytes:
    """A colour's definition, in percent."""
    red, green, blue = (round(each / 2.55) for each in palette[3 * index :][:3])
    return b"#%d;2;%d;%d;%d" % (index, red, green, blue)


def _band(pixels: bytes, width: int) -> bytes:
    """Six rows of pixels, colour by colour."""
    rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    base = int.from_bytes(b"?" * width)
    layers = []
    for index in sorted(set(pixels)):
        bits = base
        for at, row in enumerate(rows):
            # All pixels of a row at once: octets that are summed without a carry.
            table = bytes(1 << at if each == index else 0 for each in range(256))
            bits += int.from_bytes(row.translate(table))
        layer = _RUN.sub(_shorter, bits.to_bytes(width).rstrip(b"?"))
        layers.append(b"#%d%s" % (index, layer))
    return b"$".join(layers)


def _shorter(found: re.Match[bytes]) -> bytes:
    return b"!%d%s" % (len(found[0]), found[1])
