"""Paragraphs, quotes, lists and tables as they are read; knows nothing of HTML.

A table cell collects what it has apart, since it may come to stand beside others. What
is sure to stand below each other is no row any more, and nothing that was collected is
copied, however many tables are nested around it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tuimail.mail.html_above import BODY_PX, GAP_PX, Above
from tuimail.mail.html_blocks import Block, Item, Row, Table, Text
from tuimail.mail.html_columns import LINES_MAX, laid, rows, titles
from tuimail.mail.types import Line, SafeText, Span, Style
from tuimail.mail.wrap import ROOM_MIN, fitting, line_cells

BULLETS = tuple(f"{mark} " for mark in "•◦▪‣●○■✓✔☑")
"""What begins a list that is written by hand."""
FULL = 1.06
"""Shares of a line that columns fill, and what is put up with for rounding."""


class OpenRow:
    """A table row that is being read, or columns that follow each other."""

    def __init__(self) -> None:
        self.cells: list[Buffer] = []
        self.share = 0.0


class Buffer:
    """Collects one flow of text: the message, or a table cell."""

    def __init__(self, width: int, counted: list[int] | None = None) -> None:
        self.width = width
        self.spans: list[Span] = []
        self.indent: Line = ()
        self.first: Line | None = None
        """Indent of the next line only: a list item's mark."""
        self.weight = BODY_PX
        """How much the words stand out that the paragraph begins with."""
        self.above = Above()
        """What stands above."""
        self.title = False
        """A cell that looks like the heading of a column."""
        self.table: Table | None = None
        """The table around the next row, once its headings were read."""
        self._tall = False
        """The last row was one cell of several lines."""
        self.least = 0.0
        """Pixels that it takes as a cell when nothing is in it."""
        self.padded = False
        """A blank stands there so that something does."""
        self.block = Block()
        """What was read so far."""
        self._counted = counted if counted is not None else [0]
        self._columns: OpenRow | None = None

    @property
    def full(self) -> bool:
        """Whether there is more than will be shown."""
        return self._counted[0] > LINES_MAX

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
        """End the paragraph, and what stands side by side."""
        if self._columns is not None:
            self.settle()
        if not self.spans:
            return
        spans, self.spans = self.spans, []
        if not any(span.text.strip() for span in spans):
            return
        margin, first = self._margin, self.first
        if first is None and spans[0].text.startswith(BULLETS):
            first = (*margin, Span(SafeText(f"{spans[0].text[0]} "), spans[0].style))
            margin = (*margin, Span(SafeText("  ")))
            spans[0] = spans[0]._replace(text=SafeText(spans[0].text[2:].lstrip(" ")))
        self._put(Text(spans, margin, first))

    def blank(self) -> None:
        """End the paragraph and leave one empty line."""
        self.flush()
        self._leave()

    def literal(self, spans: list[Span], cut: bool = False) -> None:
        """A line that is not filled: preformatted text; a rule, which may be `cut`."""
        self.settle()
        self._put(Text(spans, self._margin, self.first, cut))

    def mark(self) -> None:
        """The mark of a list item alone, where no text comes to stand behind it."""
        self.settle()
        if self.first is not None:
            self._put(Text([], self._margin, self.first))

    def _put(self, text: Text) -> None:
        parted = self.above.parts(self.weight, text.first is not None)
        if not self.block.height:
            self.block.parted, self.block.gap = parted, self.above.gap
        if parted:
            self._leave()
        self.above.becomes(text.natural, self.weight)
        self.first = None
        self._tall = False
        self._counted[0] += 1
        self.block.add(text)

    def _leave(self) -> None:
        """Leave an empty line."""
        self.block.blank()
        self.above.fresh = True

    @property
    def _margin(self) -> Line:
        return self.indent and fitting(self.indent, self.width - ROOM_MIN)

    # -- tables ---------------------------------------------------------------

    def cell(self, row: OpenRow | None, share: float = 0.0, columns: int = 1) -> Buffer:
        """A flow of its own for one more cell of a row, over so many `columns`.

        Without a row it is a column that takes such a share of the line, beside those
        that stand before it if there is room.
        """
        if row is None:
            row = self._columns
            if row is None or row.share + share > FULL:
                self.settle()
                row = self._columns = OpenRow()
            row.share += share
        else:
            self.settle()
        room = max(ROOM_MIN, self.width - line_cells(self._margin))
        cell = Buffer(room, self._counted)
        cell.above = self.above.copy()
        row.cells.append(cell)
        for _ in range(columns - 1):
            row.cells.append(Buffer(room, self._counted))
        return cell

    def end(self, below: float) -> None:
        """The end of a cell, which leaves so many pixels free below its text."""
        self.flush()
        self.above.gap += below
        if not self.block.height:
            self.above.gap += max(self.least, GAP_PX if self.padded else 0.0)

    def settle(self) -> None:
        """End the columns that stand beside each other, if any do."""
        row, self._columns = self._columns, None
        if row is not None:
            self.take(row, together=True)

    def take(self, row: OpenRow, together: bool = False) -> None:
        """The end of a row; of `together` the next row may be in another table."""
        self.settle()
        self._counted[0] += 1
        full = [cell for cell in row.cells if cell.block.height]
        tall = len(full) == 1 and full[0].block.height > 1
        if tall and self._tall:
            self._leave()
        margin = self._margin
        room = self.width - line_cells(margin)
        blocks = [cell.block for cell in row.cells]
        table = self.table
        items: Iterator[Item]
        if table is not None and len(full) > 1 and len(blocks) == len(table.head):
            table.rows.append(Row(blocks, margin, table=table))
            items = iter(table.rows[-1:])
        elif not (table or together) and titles(blocks) and all(map(_is_title, full)):
            self.table = table = Table(blocks)
            items = iter([Row(blocks, margin, table=table)])
        else:
            items = rows(blocks, margin, room, together)
        for item in items:
            if item is None:
                self.block.blank()
            else:
                self.block.add(item)
        self._tall = tall or (self._tall and not full)
        gap = max((cell.above.gap for cell in full or row.cells), default=0.0)
        if full:
            self.above = full[-1].above
        self.above.gap = gap

    # -- the end --------------------------------------------------------------

    def lines(self) -> list[Line]:
        """All lines, tables aligned, without empty ones at the ends."""
        self.flush()
        done = laid(self.block, self.width, LINES_MAX)
        if len(done) > LINES_MAX:
            self._counted[0] = len(done)
        return done


def _is_title(cell: Buffer) -> bool:
    return cell.title or cell.above.bold
