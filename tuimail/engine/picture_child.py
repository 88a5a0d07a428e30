"""The process for pictures: octets in, scaled pixels out, nothing else.

Pictures of mail nobody vouches for are decoded by Pillow, whose C code has had its
faults: here, under limits on memory, and never in the program itself. Only the few
formats that mail uses are known to it.
"""

from __future__ import annotations

import io
import json
import resource
import struct
import sys
import warnings
from typing import IO

from PIL import (
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from tuimail.engine.render_wire import HEAD
from tuimail.mail.types import Canvas

MEMORY_MAX = 1 << 30
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")
PIXELS_MAX = 50_000_000
"""Pixels of a picture that is decoded; the header says how many there are."""
DOT = 3
"""Width and height in pixels up to which nobody is meant to see a picture."""
ORIENTATION = 0x0112
"""Where EXIF says how the camera was held."""
TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What Pillow raises for pictures it cannot read; at anything else the process ends."""
LYING = 5
"""Orientations from here on change width and height."""
COLOURS_ENOUGH = 64
"""From here on dots are not worth the octets they cost as sixel."""
WHITE = (255, 255, 255)


class Refused(Exception):
    """It is not shown; the word says why."""


def scaled(data: bytes, canvas: Canvas) -> tuple[dict[str, int], bytes]:
    """A picture for a canvas: its measures, and its pixels, or palette and pixels.

    Raises Refused with `unknown`, `large`, `dot` or `damaged`.
    """
    try:
        image = _opened(data)
        turn = _orientation(image)
        size = image.size if turn < LYING else (image.size[1], image.size[0])
        measures = fitting(size, canvas)
        wanted = measures["width"], measures["height"]
        image = _shrunk(image, wanted if turn < LYING else (wanted[1], wanted[0]))
        for each in TURNS.get(turn, ()):
            image = image.transpose(each)
    except MemoryError as error:
        raise Refused("large") from error
    except BROKEN as error:
        raise Refused("damaged") from error
    if canvas.way != "sixel":
        return measures, image.tobytes()
    image = _reduced(image, canvas.colours)
    palette = (image.getpalette() or [])[: 3 * canvas.colours]
    return measures | {"colours": len(palette) // 3}, bytes(palette) + image.tobytes()


def _reduced(image: Image.Image, colours: int) -> Image.Image:
    """The picture with so many colours; of few, dots of two make one between."""
    few = image.quantize(colours)
    if colours < COLOURS_ENOUGH:
        return image.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)
    return few


def _opened(data: bytes) -> Image.Image:
    """The first frame of a picture, of which only the header is read yet."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Refused("unknown") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("large") from error
    width, height = image.size
    if width * height > PIXELS_MAX:
        raise Refused("large")
    if width < 1 or height < 1:
        raise Refused("damaged")
    if width <= DOT and height <= DOT:
        raise Refused("dot")
    return image


def _orientation(image: Image.Image) -> int:
    """How a camera says it was held, 1 to 8."""
    if image.format not in ("JPEG", "PNG", "WEBP", "MPO"):
        return 1
    try:
        turn = image.getexif().get(ORIENTATION, 1)
    except BROKEN:
        # What stands beside a picture does not hide it.
        return 1
    return turn if turn in TURNS else 1


def fitting(size: tuple[int, int], canvas: Canvas) -> dict[str, int]:
    """What becomes of a picture of so many pixels: its measures in pixels and cells.

    Half blocks are pixels of the picture at the most, the others those of the screen.
    """
    (wide, high), (cell_width, cell_height) = size, canvas.cell
    most = cell_width if canvas.way == "blocks" else 1.0
    scale = min(
        canvas.columns * cell_width / wide, canvas.rows * cell_height / high, most
    )
    width, height = wide * scale, high * scale
    columns = _cells(width / cell_width, canvas.columns)
    rows = _cells(height / cell_height, canvas.rows)
    if canvas.way == "blocks":
        columns = min(canvas.columns, max(1, round(width / cell_width)))
        rows = min(canvas.rows, max(1, round(height / cell_height)))
        width, height = columns, 2 * rows
    return {
        "columns": columns,
        "rows": rows,
        "width": max(1, min(round(width), columns * cell_width)),
        "height": max(1, min(round(height), rows * cell_height)),
    }


def _cells(size: float, most: int) -> int:
    """Whole cells for a part of one; what rounding adds is no cell of its own."""
    return min(most, max(1, -int(-(size - 0.01) // 1)))


def _shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in that size, on white where it is clear."""
    if image.format == "JPEG":
        # Decodes only as fine as is needed; for a large photo that is most of the time.
        image.draft("RGB", size)
    image.load()
    clear = "A" in image.getbands() or "transparency" in image.info
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if clear:
        image = image.convert("RGBA")
    elif image.mode != "RGB":
        image = image.convert("RGB")
    image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if not clear:
        return image
    ground = Image.new("RGB", size, WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def answer(request: bytes, data: bytes) -> bytes:
    """What is sent back for one request."""
    try:
        way, columns, rows, cell, colours = json.loads(request)
        canvas = Canvas(way, columns, rows, tuple(cell), colours)
        measures, pixels = scaled(data, canvas)
        head = json.dumps(["", measures]).encode()
    except Refused as refused:
        head, pixels = json.dumps([str(refused), {}]).encode(), b""
    return HEAD.pack(len(head), len(pixels)) + head + pixels


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer requests until the parent goes away."""
    while len(prefix := source.read(HEAD.size)) == HEAD.size:
        head_size, size = HEAD.unpack(prefix)
        sink.write(answer(source.read(head_size), source.read(size)))
        sink.flush()


def main() -> None:
    """Set the limits, then serve on standard input and output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
