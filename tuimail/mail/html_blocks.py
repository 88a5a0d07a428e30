"""What is read of a page, in blocks: paragraphs, groups, rows of cells.

Nothing is wrapped yet, but each block knows how much room it wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from tuimail.mail.html_tidy import PICTURE
from tuimail.mail.types import Line, Span
from tuimail.mail.wrap import ROOM_MIN, fitting, line_cells, wrap

GUTTER = 2
ICONS_MAX = 8
"""Pictures of one cell that stand in a row."""
_PICTURES = re.compile(rf"(?:\s*{PICTURE})+\s*")


@dataclass(slots=True)
class Text:
    """A paragraph that is still to be wrapped."""

    spans: list[Span]
    margin: Line = ()
    first: Line | None = None
    """What stands before its first line instead: a list item's mark."""
    cut: bool = False
    """It is one line at any width."""
    height: int = 1

    @property
    def natural(self) -> int:
        """Cells it takes when it is not wrapped."""
        return line_cells(self.margin) + self._words

    @property
    def _words(self) -> int:
        if self.cut:
            return 1
        spans = self.spans
        blanks = len(spans[-1].text) - len(spans[-1].text.rstrip(" ")) if spans else 0
        return line_cells((*spans,)) - blanks

    def lines(self, width: int, margin: Line) -> list[Line]:
        """The paragraph behind one more margin, which gives way where it must."""
        outer, margin = margin, (*margin, *self.margin)
        room = width - line_cells(margin)
        if margin and room < ROOM_MIN and room < self._words:
            margin = fitting(margin, width - ROOM_MIN)
            outer = margin[: len(margin) - len(self.margin)]
            room = width - line_cells(margin)
        first = margin if self.first is None else (*outer, *self.first)
        spans: Sequence[Span] = self.spans
        if self.cut:
            spans = fitting((*spans,), max(1, room))
        lines: list[Line] = wrap(spans, max(1, room)) if spans else [()]
        if not margin and not first:
            return lines
        first = fitting(first, width - room)
        return [(*(margin if at else first), *line) for at, line in enumerate(lines)]


@dataclass(slots=True, eq=False)
class Block:
    """Items below each other, and how much room they want."""

    items: list[Item] = field(default_factory=list)
    natural: int = 0
    """Cells of the longest line when nothing is wrapped."""
    height: int = 0
    """Lines when nothing is wrapped, without empty ones."""
    parted: bool = False
    """There is room above its first line."""
    gap: float = 0.0
    """How much, in pixels."""

    def add(self, item: Text | Group | Row) -> None:
        """One more item."""
        self.items.append(item)
        self.natural = max(self.natural, item.natural)
        self.height += item.height

    def blank(self) -> None:
        """An empty line, unless there is one."""
        if not self.items or self.items[-1] is not None:
            self.items.append(None)


@dataclass(slots=True)
class Group:
    """A block within another one."""

    block: Block
    margin: Line = ()

    @property
    def natural(self) -> int:
        """Cells it takes when it is not wrapped."""
        return line_cells(self.margin) + self.block.natural

    @property
    def height(self) -> int:
        """Lines when nothing is wrapped."""
        return self.block.height


@dataclass(slots=True)
class Row:
    """Blocks that may stand side by side."""

    cells: Sequence[Block]
    margin: Line = ()
    together: bool = False
    """An empty line does not part it from the next one: they look like one table."""
    table: Table | None = None
    """The table with headings that it is a row of."""
    close: bool = False
    """No empty line stands beside it, however tall it is."""

    @property
    def natural(self) -> int:
        """Cells it takes when it is not wrapped."""
        return line_cells(self.margin) + side_by_side(
            cell.natural for cell in self.cells
        )

    @property
    def height(self) -> int:
        """Lines when nothing is wrapped."""
        return max(cell.height for cell in self.cells)


@dataclass(slots=True, eq=False)
class Table:
    """A table whose first row are the headings of its columns."""

    head: Sequence[Block]
    rows: list[Row] = field(default_factory=list)
    """Those that have as many cells."""
    torn: tuple[int, bool] = (0, False)
    """Whether it is too wide for so many cells."""


Item = Text | Group | Row | None
"""None is an empty line."""


def side_by_side(sizes: Iterable[int]) -> int:
    """Columns and what is between them; empty ones take no room."""
    full = [size for size in sizes if size]
    return sum(full) + GUTTER * (len(full) - 1)


def pictured(block: Block) -> bool:
    """Whether there are but words that stand for pictures."""
    return block.height <= ICONS_MAX and bool(_PICTURES.fullmatch(words_in(block)))


def words_in(block: Block) -> str:
    """The first words of a block."""
    return "".join(span.text[:100] for span in _spans(block))[:300]


def is_shown(block: Block) -> bool:
    """Whether a picture itself is shown there."""
    return any(span.picture for span in _spans(block))


def is_link(block: Block) -> bool:
    """Whether it begins with a link."""
    return any(span.link for span in islice(_spans(block), 1))


def _spans(block: Block) -> Iterator[Span]:
    """The first pieces of text of a block."""
    stack: list[Item] = list(reversed(block.items[:10]))
    for _ in range(20):
        item = stack.pop() if stack else None
        if isinstance(item, Group):
            stack += reversed(item.block.items[:10])
        elif isinstance(item, Row):
            stack += [Group(cell) for cell in reversed(item.cells[:10])]
        elif isinstance(item, Text):
            yield from item.spans[:10]
