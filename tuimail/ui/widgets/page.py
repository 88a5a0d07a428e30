"""The rows of a message pane: header, notes, text with long quotes folded, files.

The text may have a hundred thousand lines: it stays where it is, and a row of it is
made when it is drawn.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tuimail.mail.types import Line, RenderedText
from tuimail.ui.widgets.lines import Run

Row = list[Run]
SHOWN_OF_FOLDED = 2
"""Lines of a folded quote that stay in view."""
WORDS_MIN = 3
"""Lines of the sender's own from which on quotes are folded."""


class _Piece(NamedTuple):
    rows: int
    row: Callable[[int], Row]


class Page:
    """All rows, by number."""

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []
        self._ends: list[int] = []

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def row(self, at: int) -> Row:
        """One row, `at` from 0."""
        which = bisect_right(self._ends, at)
        return self._pieces[which].row(at - (self._ends[which - 1] if which else 0))

    def put(self, rows: Sequence[Row]) -> None:
        """Add rows that are made already."""
        self._add(_Piece(len(rows), rows.__getitem__))

    def put_made(self, rows: int, row: Callable[[int], Row]) -> None:
        """Add rows that are made when they are drawn."""
        self._add(_Piece(rows, row))

    def put_text(
        self,
        lines: Sequence[Line],
        folds: Sequence[tuple[int, int]],
        row: Callable[[Line], Row],
        fold: Callable[[int], Row],
        below: Sequence[tuple[int, Callable[[], None]]] = (),
    ) -> None:
        """Add a text; of each fold only the beginning, and how many lines it hides.

        `below` are lines in order, each with what adds the rows that belong below it.
        """
        at = 0
        for start, end in folds:
            self._put_lines(lines, at, start + SHOWN_OF_FOLDED, row, below)
            self.put([fold(end - start - SHOWN_OF_FOLDED)])
            at = end
        self._put_lines(lines, at, len(lines), row, below)

    def _put_lines(
        self,
        lines: Sequence[Line],
        start: int,
        end: int,
        row: Callable[[Line], Row],
        below: Sequence[tuple[int, Callable[[], None]]],
    ) -> None:
        for line, put in below:
            if start <= line < end:
                self._put_run(lines, start, line + 1, row)
                put()
                start = line + 1
            elif line == start - 1 and line < end:
                put()
        self._put_run(lines, start, end, row)

    def _put_run(
        self, lines: Sequence[Line], start: int, end: int, row: Callable[[Line], Row]
    ) -> None:
        self._add(_Piece(end - start, lambda at: row(lines[start + at])))

    def _add(self, piece: _Piece) -> None:
        if piece.rows > 0:
            self._pieces.append(piece)
            self._ends.append(len(self) + piece.rows)


def folds_of(text: RenderedText, longest: int) -> list[tuple[int, int]]:
    """The quotes of a text that are folded: those of more than `longest` lines.

    None where nearly all is quoted: then the quote is what there is to read.
    """
    if longest <= 0:
        return []
    quoted = sum(end - start for start, end in text.quotes)
    if len(text.lines) - quoted < WORDS_MIN:
        return []
    return [(start, end) for start, end in text.quotes if end - start > longest]
