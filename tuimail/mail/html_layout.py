"""Paragraphs, quotes, lists and tables to lines; knows nothing of HTML.

A table cell collects its lines apart, since it may come to stand beside others. As soon
as it has two lines it cannot, and gives what it has to the text around it: so a line is
moved once at most, however many tables are nested around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tuimail.mail.types import Line, SafeText, Span, Style
from tuimail.mail.wrap import ROOM_MIN, fitting, line_cells, wrap

LINES_MAX = 20_000
GUTTER = 2
_NUMBER = re.compile(r"[\s$€£¥+-]*\d[\d.,\s']*[%$€£¥]?\s*$")


@dataclass(slots=True)
class Row:
    """Cells that stand side by side, one line each."""

    cells: list[Line]
    margin: Line = ()


Item = Line | Row


@dataclass(slots=True)
class OpenRow:
    """A table row that is being read."""

    cells: list[Buffer] = field(default_factory=list)
    broken: bool = False
    """A cell has two lines, so all cells stand one below the other."""


class Buffer:
    """Collects one flow of text: the message, or a table cell."""

    def __init__(
        self, width: int, parent: Buffer | None = None, row: OpenRow | None = None
    ) -> None:
        self.width = width
        self.spans: list[Span] = []
        self.indent: Line = ()
        self.first: Line | None = None
        """Indent of the next line only: a list item's mark."""
        self.full = False
        self._items: list[Item] = []
        self._solid = 0
        """Items that are not empty lines."""
        self._parent = parent
        self._row = row
        self._way: tuple[Buffer, Line] = (self, ())

    # -- text -----------------------------------------------------------------

    def add(self, text: str, style: Style, link: int, picture: int = 0) -> None:
        """Append text whose blanks are already single."""
        if not self.spans or self.spans[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if text:
            self.spans.append(Span(SafeText(text), style, link, picture))

    def apart(self) -> None:
        """A blank, unless one stands here or the line is empty."""
        if self.spans and not self.spans[-1].text.endswith(" "):
            self.spans.append(Span(SafeText(" ")))

    def flush(self) -> None:
        """End the paragraph."""
        spans, self.spans = self.spans, []
        if any(span.text.strip() for span in spans):
            self._put(wrap(spans, self.width, self._margin))

    def blank(self) -> None:
        """End the paragraph and leave one empty line."""
        self.flush()
        goal = self._goal()[0]
        # A cell may come to stand below other text; beside it the line is left out.
        if goal._items[-1] != () if goal._items else goal._row is not None:
            self._extend([()])

    def literal(self, spans: list[Span]) -> None:
        """A line that is not filled: preformatted text, a rule."""
        self._put(wrap(spans, self.width, self._margin))

    def mark(self) -> None:
        """The mark of a list item alone, where no text comes to stand behind it."""
        if self.first is not None:
            self._put([self._margin])

    def _put(self, lines: list[Line]) -> None:
        if self.first is not None:
            first = fitting(self.first, self.width - ROOM_MIN)
            lines[0] = (*first, *lines[0][len(self._margin) :])
            self.first = None
        self._extend(lines)

    @property
    def _margin(self) -> Line:
        return self.indent and fitting(self.indent, self.width - ROOM_MIN)

    # -- tables ---------------------------------------------------------------

    def cell(self, row: OpenRow) -> Buffer:
        """A flow of its own for one more cell of a row."""
        room = max(ROOM_MIN, self.width - line_cells(self._margin))
        cell = Buffer(room, self, row)
        row.cells.append(cell)
        return cell

    def take(self, row: OpenRow) -> None:
        """The end of a row: side by side when each cell is one line and all fit."""
        if row.broken:
            return
        lines = [cell._only() for cell in row.cells]
        full = [line for line in lines if line]
        used = sum(map(line_cells, full)) + GUTTER * (len(full) - 1)
        if len(full) > 1 and used + line_cells(self._margin) <= self.width:
            self._extend([Row(lines, self._margin)])
        else:
            self._extend([(*self._margin, *line) for line in full])

    def _only(self) -> Line:
        """The line of a cell that has but one."""
        item = next((item for item in self._items if item != ()), ())
        return self.lines()[0] if isinstance(item, Row) else item

    def _extend(self, items: Sequence[Item]) -> None:
        goal, margin = self._goal()
        goal._items += _moved(items, margin)
        goal._solid += sum(item != () for item in items)
        while goal._row is not None and goal._solid > 1:
            goal = goal._give_way(goal._row)
        goal.full = len(goal._items) > LINES_MAX

    def _give_way(self, row: OpenRow) -> Buffer:
        """Break the row: what its cells have goes to the flow around it, in order."""
        row.broken = True
        goal, margin = self._goal()
        for cell in row.cells:
            items, cell._items = cell._items, []
            goal._items += _moved(items, margin)
            goal._solid += cell._solid
        return goal

    def _goal(self) -> tuple[Buffer, Line]:
        """The flow that takes the lines, and what stands before them there."""
        goal, margin = self._way
        while goal._row is not None and goal._row.broken and goal._parent is not None:
            goal = goal._parent
            margin = (*goal._margin, *margin)
        self._way = goal, margin
        return goal, margin

    # -- the end --------------------------------------------------------------

    def lines(self) -> list[Line]:
        """All lines, tables aligned, without empty ones at the ends."""
        self.flush()
        done: list[Line] = []
        run = _Run(self.width)
        for item in [*self._items, ()]:
            if isinstance(item, Row) and run.takes(item):
                continue
            done += run.aligned()
            run = _Run(self.width)
            if isinstance(item, Row):
                run.takes(item)
            elif item or (done and done[-1]):
                done.append(item)
        while done and not done[-1]:
            done.pop()
        return done


class _Run:
    """Rows that follow each other and are aligned with each other."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows: list[Row] = []
        self._widths: list[int] = []

    def takes(self, row: Row) -> bool:
        """Take a row if it has as many cells as the others and all still fit."""
        widths = [line_cells(cell) for cell in row.cells]
        if self._rows:
            first = self._rows[0]
            if len(row.cells) != len(first.cells) or row.margin != first.margin:
                return False
            widths = list(map(max, widths, self._widths))
            used = sum(widths) + GUTTER * (sum(map(bool, widths)) - 1)
            if used + line_cells(row.margin) > self._width:
                return False
        self._rows.append(row)
        self._widths = widths
        return True

    def aligned(self) -> list[Line]:
        """The rows as lines; columns of numbers stand right."""
        columns = zip(*(row.cells for row in self._rows), strict=True)
        right = [_numeric(column) for column in columns]
        return [self._line(row, right) for row in self._rows]

    def _line(self, row: Row, right: list[bool]) -> Line:
        spans: list[Span] = list(row.margin)
        for cell, size, at_right in zip(row.cells, self._widths, right, strict=True):
            if not size:
                continue
            gap = Span(SafeText(" " * (size - line_cells(cell))))
            spans += [gap, *cell] if at_right else [*cell, gap]
            spans.append(Span(SafeText(" " * GUTTER)))
        while spans and not spans[-1].text.strip():
            spans.pop()
        return tuple(span for span in spans if span.text)


def _numeric(column: tuple[Line, ...]) -> bool:
    below = [cell for cell in column[1:] if cell]
    return bool(below) and all(_NUMBER.match(_plain(cell)) for cell in below)


def _plain(line: Line) -> str:
    return "".join(span.text for span in line)[:80]


def _moved(items: Sequence[Item], margin: Line) -> Sequence[Item]:
    """Items behind one more margin."""
    if not margin:
        return items
    return [
        Row(item.cells, (*margin, *item.margin))
        if isinstance(item, Row)
        else (*margin, *item)
        if item
        else ()
        for item in items
    ]
