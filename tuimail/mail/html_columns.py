"""What stands side by side, and how wide each column is.

Cells are put beside each other where that is how one reads them: short lines that all
fit, a label before a text, a price behind it. Everything else is read better below each
other, in the order in which it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from tuimail.mail.html_blocks import (
    GUTTER,
    Block,
    Group,
    Item,
    Row,
    Table,
    Text,
    is_link,
    is_shown,
    pictured,
    side_by_side,
    words_in,
)
from tuimail.mail.html_tidy import tidied
from tuimail.mail.types import Line, SafeText, Span
from tuimail.mail.wrap import line_cells

LINES_MAX = 20_000
DEPTH_MAX = 6
"""Columns within columns."""
TALL_MAX = 12
"""Lines of a column that is read from above to below before the next one."""
LABEL_CELLS, LABEL_LINES = 20, 2
"""The most that stands beside a text that fills its lines."""
TITLE_CELLS = 32
"""The longest heading of a column."""
TEXTS_MAX = 8
"""Paragraphs that stand beside a label."""
TEXT_CELLS = 24
"""The least that is left for them."""
ROW_PX = 40.0
"""Room between rows of one line that an empty line stands for."""
MENU_MIN = 4
"""Short cells that are entries of a menu when they do not fit."""
TORN = 4
"""A table with one row in so many that is too wide is shown as records."""
SAID_MAX = 20
"""Texts that may say what a picture shows."""
_NUMBER = re.compile(r"[\s$€£¥+-]*\d[\d.,\s']*[%$€£¥]?\s*$")


def rows(
    cells: Sequence[Block], margin: Line, room: int, together: bool
) -> Iterator[Item]:
    """What cells are: side by side, or below each other; pictures apart from texts."""
    full = [cell for cell in cells if cell.height]
    texts: list[Block] = []
    if len(full) > 1 and max(cell.height for cell in full) > 1:
        texts = [cell for cell in full if not pictured(cell)]
    if texts and len(texts) < len(full):
        before = list(takewhile(pictured, full))
        behind = filter(pictured, full[len(before) :])
        yield from stacked(_adding(before, texts), margin)
        yield from rows(texts, margin, room, together)
        yield from stacked(_adding(behind, texts), margin)
    elif len(full) > 1 and (beside(cells, room) or _is_menu(full)):
        yield Row(cells, margin, together)
    else:
        yield from stacked(full, margin)


def titles(cells: Sequence[Block]) -> bool:
    """Whether cells can be the headings of columns: short words, no numbers."""
    return len(cells) > 1 and all(
        cell.height == 1
        and cell.natural <= TITLE_CELLS
        and not _NUMBER.match(words_in(cell))
        for cell in cells
    )


def stacked(cells: Iterable[Block], margin: Line) -> Iterator[Item]:
    """Cells below each other, those of several lines with room around them."""
    before: Block | None = None
    for cell in cells:
        if not cell.height:
            continue
        apart = before is not None and max(before.height, cell.height) > 1
        if apart and before is not None and not pictured(before):
            yield None
        yield Group(cell, margin)
        before = cell


def beside(cells: Sequence[Block], room: int) -> bool:
    """Whether cells are read side by side, at most one of them wrapped.

    A link behind a text that is wrapped is better looked for below it.
    """
    sizes = [cell.natural for cell in cells]
    total = side_by_side(sizes)
    if total <= room and max(cell.height for cell in cells) <= TALL_MAX:
        return True
    widest = max(range(len(cells)), key=sizes.__getitem__)
    rest = room - total + sizes[widest]
    if rest < _least(room) or cells[widest].height > TEXTS_MAX:
        return False
    return all(
        _is_label(cell) and not (at > widest and is_link(cell))
        for at, cell in enumerate(cells)
        if at != widest and cell.height
    )


def _is_label(cell: Block) -> bool:
    small = cell.natural <= LABEL_CELLS and cell.height <= LABEL_LINES
    return small and not pictured(cell)


def _least(room: int) -> int:
    """What must be left for a text beside labels."""
    return max(TEXT_CELLS, room // 2)


def laid(block: Block, width: int, limit: int, depth: int = 0) -> list[Line]:
    """A block as lines of at most `width` cells, about `limit` of them."""
    done: list[Line] = []
    run = _Run(width, depth)
    stack: list[tuple[Iterator[Item], Line]] = [(iter(block.items), ())]
    while stack and len(done) <= limit:
        items, margin = stack[-1]
        try:
            item = next(items)
        except StopIteration:
            stack.pop()
            continue
        if item is None:
            run = run.blank(done)
        elif isinstance(item, Group):
            stack.append((iter(item.block.items), (*margin, *item.margin)))
        elif isinstance(item, Text):
            run = run.ended(done)
            done += item.lines(width, margin)
        elif isinstance(item, Row):
            outer = (*margin, *item.margin)
            room = width - line_cells(outer)
            instead = _instead(item, room, depth)
            if instead is not None:
                stack.append((instead, margin))
            elif not run.takes(item, outer):
                run = run.ended(done)
                run.takes(item, outer)
    run.ended(done)
    while done and not done[-1]:
        done.pop()
    return done


def _is_menu(cells: Sequence[Block]) -> bool:
    """Whether cells are so many entries that go on in the next line."""
    full = [cell for cell in cells if cell.height]
    return len(full) >= MENU_MIN and all(
        cell.height == 1
        and cell.natural <= LABEL_CELLS
        and (is_link(cell) or pictured(cell))
        for cell in full
    )


def _menu(row: Row, room: int) -> Iterator[Item]:
    """Entries as many beside each other as there is room for."""
    full = [cell for cell in row.cells if cell.height]
    if any(cell.parted for cell in full):
        yield None
    line: list[Block] = []
    for cell in full:
        bare: list[Item] = [item for item in cell.items if item is not None]
        entry = Block(bare, cell.natural, cell.height)
        if line and side_by_side(each.natural for each in (*line, entry)) > room:
            yield Row(line, row.margin)
            line = []
        line.append(entry)
    yield from rows(line, row.margin, room, False)


def _torn(table: Table, room: int) -> bool:
    """Whether too many rows do not stand side by side in so many cells."""
    if table.torn[0] != room:
        apart = sum(not beside(row.cells, room) for row in table.rows)
        table.torn = room, 0 < len(table.rows) <= apart * TORN
    return table.torn[1]


def _record(table: Table, row: Row) -> Iterator[Item]:
    """A row that is too wide: its cells below each other, behind the headings."""
    yield None
    for title, cell in zip(table.head, row.cells, strict=True):
        if cell.height:
            yield Row([title, cell], row.margin, close=True)
    yield None


def _instead(row: Row, room: int, depth: int) -> Iterator[Item] | None:
    """What a row is when it does not stand side by side."""
    table = row.table
    if table is not None and _torn(table, room):
        return iter(()) if row.cells is table.head else _record(table, row)
    if depth < DEPTH_MAX and beside(row.cells, room):
        return None
    if table is not None and row.cells is not table.head:
        return _record(table, row)
    if _is_menu(row.cells):
        return _menu(row, room)
    return stacked(row.cells, row.margin)


class _Run:
    """Rows that follow each other and are aligned with each other."""

    def __init__(self, width: int, depth: int) -> None:
        self._rows: list[Sequence[Block] | None] = []
        """None for an empty line."""
        self._width = width
        self._depth = depth
        self._margin: Line = ()
        self._together = self._close = False
        self._sizes: list[int] = []
        """What each column would take."""

    def blank(self, done: list[Line]) -> _Run:
        """An empty line; gives the run that goes on behind it."""
        if self._rows and self._together:
            if self._rows[-1] is not None:
                self._rows.append(None)
            return self
        run = self.ended(done)
        _blank(done)
        return run

    def takes(self, row: Row, margin: Line) -> bool:
        """Take a row if it has as many cells as the others and all still fit."""
        cells = row.cells
        sizes = [cell.natural for cell in cells]
        room = self._width - line_cells(margin)
        if self._rows:
            if margin != self._margin or row.together is not self._together:
                return False
            if len(sizes) != len(self._sizes):
                cells = self._full(cells)
                sizes = [cell.natural for cell in cells]
            if len(sizes) != len(self._sizes):
                return False
            sizes = list(map(max, sizes, self._sizes))
            rest = room - side_by_side(sizes) + max(sizes)
            if rest < min(max(sizes), _least(room)):
                return False
        self._rows.append(cells)
        self._sizes, self._margin = sizes, margin
        self._together, self._close = row.together, row.close
        return True

    def _full(self, cells: Sequence[Block]) -> Sequence[Block]:
        """Cells put into the columns that are not empty, when there are as many."""
        full = [cell for cell in cells if cell.height]
        if len(full) != sum(map(bool, self._sizes)):
            return cells
        each = iter(full)
        return [next(each) if size else Block() for size in self._sizes]

    def ended(self, done: list[Line]) -> _Run:
        """Put the rows as lines behind others; gives a new run."""
        if not self._rows:
            return self
        sizes = self._fitted()
        for empty, some in groupby(self._rows, lambda row: row is None):
            if empty:
                _blank(done)
            else:
                self._put([row for row in some if row is not None], sizes, done)
        return _Run(self._width, self._depth)

    def _put(
        self, rows: list[Sequence[Block]], sizes: list[int], done: list[Line]
    ) -> None:
        right = [_numeric(column) for column in zip(*rows, strict=True)]
        tall = False
        for row in rows:
            cells = [
                self._cell(cell, size) for cell, size in zip(row, sizes, strict=True)
            ]
            height = max(map(len, cells))
            big = height > 2 and not self._close
            if tall or big or _parted(row, height > 1, row is rows[0]):
                _blank(done)
            done += self._lines(cells, height, sizes, right)
            tall = big
        if tall:
            _blank(done)

    def _cell(self, cell: Block, size: int) -> list[Line]:
        """The lines of a cell; those of a label close together."""
        lines = tidied(laid(cell, size, LINES_MAX, self._depth + 1), size)
        return lines if cell.height > LABEL_LINES else list(filter(None, lines))

    def _fitted(self) -> list[int]:
        """The widths of the columns; the widest takes what the others leave."""
        sizes = list(self._sizes)
        widest = max(range(len(sizes)), key=sizes.__getitem__)
        rest = (
            self._width - line_cells(self._margin) - side_by_side(sizes) + sizes[widest]
        )
        sizes[widest] = min(sizes[widest], rest)
        return sizes

    def _lines(
        self, cells: list[list[Line]], height: int, sizes: list[int], right: list[bool]
    ) -> Iterator[Line]:
        for at in range(height):
            spans: list[Span] = list(self._margin)
            for cell, size, at_right in zip(cells, sizes, right, strict=True):
                if not size:
                    continue
                line = cell[at] if at < len(cell) else ()
                gap = Span(SafeText(" " * (size - line_cells(line))))
                spans += [gap, *line] if at_right else [*line, gap]
                spans.append(Span(SafeText(" " * GUTTER)))
            while spans and not spans[-1].text.strip():
                spans.pop()
            yield tuple(span for span in spans if span.text)


def _parted(row: Sequence[Block], several: bool, first: bool) -> bool:
    """Whether the sender parts a row from the last, by room or by what is around it.

    Rows of one line are those of a table, and have much room around them.
    """
    if several:
        return any(cell.items[:1] == [None] for cell in row)
    if first:
        return any(cell.parted for cell in row)
    return max(cell.gap for cell in row) >= ROW_PX


def _blank(lines: list[Line]) -> None:
    if lines and lines[-1]:
        lines.append(())


def _numeric(column: tuple[Block, ...]) -> bool:
    below = [cell for cell in column[1:] or column if cell.height]
    return bool(below) and all(
        cell.height == 1 and _NUMBER.match(words_in(cell)) for cell in below
    )


def _adding(pictures: Iterable[Block], texts: Sequence[Block]) -> Iterator[Block]:
    """Pictures whose words say what the texts beside them do not."""
    said = "\n".join(map(words_in, texts[:SAID_MAX])).casefold()
    for picture in pictures:
        words = words_in(picture).strip(" []").casefold()
        if words not in said or is_shown(picture):
            yield picture
