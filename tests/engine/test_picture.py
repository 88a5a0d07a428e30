"""Pictures that mean harm, and what comes of good ones: from the real helper."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Iterator

import pytest

Image = pytest.importorskip("PIL.Image")

from tuimail.engine import picture as engine_picture  # noqa: E402
from tuimail.engine.picture import LATE, Decoder  # noqa: E402
from tuimail.engine.picture_child import ORIENTATION, fitting  # noqa: E402
from tuimail.mail.types import Canvas, Picture  # noqa: E402

BLOCKS = Canvas("blocks", 40, 20)
KITTY = Canvas("kitty", 40, 20, (8, 16))
SIXEL = Canvas("sixel", 40, 20, (8, 16), 16)
WAYS = [BLOCKS, KITTY, SIXEL]
RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    made = Decoder(timeout_s=20)
    yield made
    made.close()


def encoded(image: object, kind: str = "PNG", **how: object) -> bytes:
    sink = io.BytesIO()
    image.save(sink, kind, **how)  # type: ignore[attr-defined]
    return sink.getvalue()


def halves(width: int = 64, height: int = 64) -> object:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def shown(decoder: Decoder, data: bytes, canvas: Canvas = BLOCKS) -> Picture:
    made, words = decoder.decode(data, canvas)
    assert made is not None, words
    return made


def refused(decoder: Decoder, data: bytes, canvas: Canvas = BLOCKS) -> str:
    made, words = decoder.decode(data, canvas)
    assert made is None
    return words


def chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack("!I", zlib.crc32(name + data))
    return struct.pack("!I", len(data)) + name + data + check


def png(width: int, height: int, *chunks: bytes, data: bytes = b"") -> bytes:
    """A PNG that says it has so many pixels."""
    head = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = b"".join(chunks) + chunk(b"IDAT", data or zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize("canvas", WAYS, ids=lambda canvas: canvas.way)
def test_each_kind_is_shown_each_way(
    decoder: Decoder, kind: str, canvas: Canvas
) -> None:
    made = shown(decoder, encoded(halves(320, 160), kind), canvas)
    assert (made.columns, made.rows) == (40, 10)
    if canvas.way == "sixel":
        assert len(made.strips) == made.rows
    else:
        first, last = made.pixels[:3], made.pixels[-3:]
        assert max(abs(a - b) for a, b in zip(first, RED, strict=True)) < 12
        assert max(abs(a - b) for a, b in zip(last, BLUE, strict=True)) < 12


@pytest.mark.parametrize("way", ["blocks", "kitty", "sixel"])
@pytest.mark.parametrize(
    "size", [(1, 4000), (4000, 1), (4, 4), (300, 200), (17, 33), (5000, 5000)]
)
@pytest.mark.parametrize("cell", [(8, 16), (9, 20), (10, 10), (3, 120)])
def test_a_picture_keeps_to_its_canvas_and_its_shape(
    way: str, size: tuple[int, int], cell: tuple[int, int]
) -> None:
    canvas = Canvas(way, 60, 20, cell)
    made = fitting(size, canvas)
    assert 1 <= made["columns"] <= 60
    assert 1 <= made["rows"] <= 20
    if way == "blocks":
        assert (made["width"], made["height"]) == (made["columns"], 2 * made["rows"])
    else:
        assert (made["columns"] - 1) * cell[0] < made["width"]
        assert made["width"] <= made["columns"] * cell[0]
        assert (made["rows"] - 1) * cell[1] < made["height"]
        assert made["height"] <= made["rows"] * cell[1]
        assert made["width"] <= size[0]
        if min(made["width"], made["height"]) > 20:
            shape = made["width"] / made["height"] / (size[0] / size[1])
            assert 0.9 < shape < 1.1


def test_a_small_picture_is_not_made_larger_than_it_is(decoder: Decoder) -> None:
    made = shown(decoder, encoded(halves(16, 16)), KITTY)
    assert (made.width, made.height, made.columns, made.rows) == (16, 16, 2, 1)


@pytest.mark.parametrize(
    ("turn", "corner"), [(1, "left"), (3, "right"), (6, "top"), (8, "bottom")]
)
def test_a_picture_stands_as_the_camera_was_held(
    decoder: Decoder, turn: int, corner: str
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    data = encoded(halves(320, 160), "JPEG", exif=exif.tobytes(), quality=95)
    made = shown(decoder, data, KITTY)
    upright = corner in ("left", "right")
    assert (made.width > made.height) == upright
    row = 3 * made.width
    places = {
        "left": row * (made.height // 2) + 3 * 5,
        "right": row * (made.height // 2) + row - 3 * 5,
        "top": row * 5 + row // 6 * 3,
        "bottom": row * (made.height - 5) + row // 6 * 3,
    }
    red, _, blue = made.pixels[places[corner] :][:3]
    assert red > 200 > 50 > blue


def test_what_is_clear_stands_on_white(decoder: Decoder) -> None:
    for clear in (Image.new("RGBA", (64, 64)), Image.new("LA", (64, 64))):
        made = shown(decoder, encoded(clear))
        assert set(made.pixels) == {255}
    grey = Image.new("I;16", (64, 64), 0x8000)
    assert set(shown(decoder, encoded(grey)).pixels) <= {127, 128}


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (1, 2)])
def test_a_picture_to_track_by_is_passed_over_without_a_word(
    decoder: Decoder, size: tuple[int, int]
) -> None:
    assert refused(decoder, encoded(Image.new("RGB", size))) == ""


def test_a_torn_picture_is_told_of_and_the_next_is_shown(decoder: Decoder) -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
        data = encoded(noise, kind)
        assert refused(decoder, data[: len(data) // 2]) in ("it is damaged", LATE)
    assert shown(decoder, encoded(halves()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EOF\n",
        b"\xc5\xd0\xd3\xc6" + b"\0" * 60,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"P6 4000 4000 255\n" + b"\0" * 100,
        b"II*\0" + b"\0" * 100,
        b"GIMP",
        b"\0" * 5000,
    ],
)
def test_other_formats_are_not_even_tried(decoder: Decoder, data: bytes) -> None:
    assert refused(decoder, data) == "it is none of PNG, JPEG, GIF, WebP and BMP"


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 4), (10_001, 5000)])
def test_a_bomb_of_pixels_is_known_by_its_header(
    decoder: Decoder, size: tuple[int, int]
) -> None:
    began = time.monotonic()
    assert "too many pixels" in refused(decoder, png(*size))
    assert time.monotonic() - began < 3


def test_a_picture_of_no_pixels_is_damaged(decoder: Decoder) -> None:
    assert refused(decoder, png(0, 0))
    assert refused(decoder, b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + bytes(40))
    gif = b"GIF89a" + struct.pack("<HHBBB", 0, 0, 0, 0, 0) + b";"
    assert refused(decoder, gif)


def test_an_enormous_chunk_does_no_harm(decoder: Decoder) -> None:
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 300_000_000, 9))
    began = time.monotonic()
    decoder.decode(png(64, 64, text), BLOCKS)
    lying = struct.pack("!I", 0x7FFFFFFF) + b"tEXt" + b"x" * 100
    head, _, rest = png(64, 64).partition(b"\0\0\0")
    decoder.decode(head + lying + rest, BLOCKS)
    assert time.monotonic() - began < 10
    assert shown(decoder, encoded(halves()))


def test_more_data_than_pixels_is_no_way_to_fill_the_memory(decoder: Decoder) -> None:
    data = zlib.compress(b"\0" * 200_000_000, 9)
    began = time.monotonic()
    decoder.decode(png(64, 64, data=data), BLOCKS)
    assert time.monotonic() - began < 10


def test_of_thousands_of_frames_the_first_is_shown(decoder: Decoder) -> None:
    frames = [Image.new("P", (64, 64), n % 2) for n in range(3000)]
    data = encoded(
        halves(), "GIF", save_all=True, append_images=frames, duration=1, loop=0
    )
    began = time.monotonic()
    made = shown(decoder, data)
    assert time.monotonic() - began < 3
    assert made.pixels[0] > 200


def test_a_helper_that_hangs_is_ended_and_the_next_picture_shown() -> None:
    decoder = Decoder(timeout_s=0.0)
    try:
        assert refused(decoder, encoded(halves())) == LATE
        decoder._timeout_s = 20
        assert shown(decoder, encoded(halves()))
    finally:
        decoder.close()


@pytest.mark.parametrize(
    ("measures", "size"),
    [
        ({"columns": 41, "rows": 1, "width": 41, "height": 2}, 41 * 2 * 3),
        ({"columns": 4, "rows": 21, "width": 4, "height": 42}, 4 * 42 * 3),
        ({"columns": 4, "rows": 1, "width": 4, "height": 2}, 23),
        ({"columns": 4, "rows": 1, "width": 5, "height": 2}, 30),
        ({"columns": 0, "rows": 0, "width": 0, "height": 0}, 0),
    ],
)
def test_a_helper_that_lies_is_not_believed(
    measures: dict[str, int], size: int
) -> None:
    with pytest.raises(ValueError, match=r"."):
        engine_picture._picture(measures, bytes(size), BLOCKS)


def test_a_colour_that_was_not_defined_is_not_believed() -> None:
    measures = {"columns": 1, "rows": 1, "width": 8, "height": 16, "colours": 1}
    with pytest.raises(ValueError, match="colour"):
        engine_picture._picture(measures, bytes(3) + b"\x01" * 128, SIXEL)
