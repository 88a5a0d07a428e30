"""Widgets drawn line by line: text runs in, strips out, nothing parsed as markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tuimail.mail.sanitize import cells, cut

if TYPE_CHECKING:
    from tuimail.ui.app import TuimailApp
    from tuimail.ui.theme import Look

Run = tuple[str, Style]


def strip_of(runs: Iterable[Run], width: int, base: Style) -> Strip:
    """Runs of safe text as exactly `width` cells."""
    segments: list[Segment] = []
    used = 0
    for text, style in runs:
        size = cells(text)
        if used + size > width:
            text = cut(text, width - used)
            size = cells(text)
        if text:
            segments.append(Segment(text, style))
            used += size
        if used >= width:
            break
    if used < width:
        segments.append(Segment(" " * (width - used), base))
    return Strip(segments, width)


class LineWidget(Widget):
    """A widget that gives its lines as runs."""

    DEFAULT_CSS = "LineWidget { background: $background; }"

    @property
    def look(self) -> Look:
        """The theme in use."""
        return cast("TuimailApp", self.app).look

    @property
    def signs(self) -> dict[str, str]:
        """The set of signs in use."""
        return cast("TuimailApp", self.app).signs

    def line(self, y: int) -> Iterable[Run]:
        """Runs of line `y`; what is missing at its end is blank."""
        raise NotImplementedError

    def base(self, y: int) -> Style:
        """Style of the blanks behind a line."""
        return self.look["text"]

    def render_line(self, y: int) -> Strip:
        """The strip Textual asks for."""
        return strip_of(self.line(y), self.size.width, self.base(y))
