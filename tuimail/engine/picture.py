"""Have a picture scaled for the screen by a process of its own that may be killed.

What comes back is held to be as hostile as what went in: measures are checked, and
everything a terminal is told is made here of numbers.
"""

from __future__ import annotations

import importlib.util
import json
import threading
import time

from tuimail.engine.child import Child, ChildFault
from tuimail.engine.render_wire import HEAD
from tuimail.mail.sixel import COLOURS_MAX, strips
from tuimail.mail.types import Canvas, Picture, SafeText

TIMEOUT_S = 5.0
"""Seconds for one picture, the start of the process included."""
HEAD_MAX = 1000
WORDS = {
    "unknown": "it is none of PNG, JPEG, GIF, WebP and BMP",
    "large": "it has too many pixels to be shown here",
    "dot": "",
    "damaged": "it is damaged",
}
LATE = SafeText("it took too long, or it is damaged")
MISSING = SafeText(
    "Pictures are not shown: Pillow is missing, pip install 'tuimail[pictures]'"
    " brings it."
)


def available() -> bool:
    """Whether the library is installed that decodes pictures."""
    return importlib.util.find_spec("PIL") is not None


class Decoder:
    """One helper process and the right to replace it; any thread, one at a time."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._child = Child("tuimail.engine.picture_child")

    def close(self) -> None:
        """End the helper, whatever it does."""
        self._child.interrupt()
        with self._lock:
            self._child.kill()

    def decode(self, data: bytes, canvas: Canvas) -> tuple[Picture | None, SafeText]:
        """The picture for a canvas, or why there is none; no words for a dot."""
        with self._lock:
            try:
                said, measures, pixels = self._ask(data, canvas)
                if said:
                    return None, SafeText(WORDS.get(said, WORDS["damaged"]))
                return _picture(measures, pixels, canvas), SafeText("")
            except (OSError, ChildFault, ValueError, KeyError, TypeError):
                self._child.kill()
                return None, LATE

    def _ask(self, data: bytes, canvas: Canvas) -> tuple[str, dict[str, int], bytes]:
        deadline = time.monotonic() + self._timeout_s
        head = json.dumps(canvas).encode()
        self._child.write(HEAD.pack(len(head), len(data)) + head + data, deadline)
        head_size, size = HEAD.unpack(self._child.read(HEAD.size, deadline))
        columns, rows = canvas.columns, canvas.rows
        most = 3 * COLOURS_MAX + 3 * columns * rows * canvas.cell[0] * canvas.cell[1]
        if head_size > HEAD_MAX or size > most:
            raise ChildFault
        said, measures = json.loads(self._child.read(head_size, deadline))
        return str(said), dict(measures), self._child.read(size, deadline)


def _picture(measures: dict[str, int], pixels: bytes, canvas: Canvas) -> Picture:
    """What the helper says, if it can be true; raises ValueError, KeyError."""
    columns, rows = int(measures["columns"]), int(measures["rows"])
    width, height = int(measures["width"]), int(measures["height"])
    if not (0 < columns <= canvas.columns and 0 < rows <= canvas.rows):
        raise ValueError("more cells than there are")
    if canvas.way == "blocks":
        fits = (width, height) == (columns, 2 * rows)
    else:
        cell_width, cell_height = canvas.cell
        fits = 0 < width <= columns * cell_width
        fits = fits and (rows - 1) * cell_height < height <= rows * cell_height
    colours = int(measures.get("colours", 0))
    depth = 1 if canvas.way == "sixel" else 3
    if not fits or not 0 <= colours <= COLOURS_MAX:
        raise ValueError("not these measures")
    if len(pixels) != 3 * colours + depth * width * height:
        raise ValueError("not so many pixels")
    made = Picture(columns, rows, width, height, pixels)
    if canvas.way != "sixel":
        return made
    palette, indices = pixels[: 3 * colours], pixels[3 * colours :]
    if max(indices) >= colours:
        raise ValueError("a colour that is none")
    data = strips(indices, palette, width, height, canvas.cell[1])
    return made._replace(pixels=b"", strips=data)
