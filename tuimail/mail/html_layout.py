"""Paragraphs, quotes, lists and tables to lines; knows nothing of HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tuimail.mail.sanitize import cells
from tuimail.mail.types import Line, SafeText, Span, Style
from tuimail.mail.wrap import wrap

LINES_MAX = 50_000
GUTTER = 2
_NUMBER = re.compile(r"[\s$€£¥+-]*\d[\d.,\s']*[%$€£¥]?\s*$")


@dataclass(slots=True)
class Row:
    """Cells that stand side by side, one line each."""

    cells: list[Line]


@dataclass(slots=True)
class Buffer:
    """Collects one flow of text: the message, or a table cell."""

    width: int
    items: list[Line | Row] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    indent: tuple[Span, ...] = ()
    first: tuple[Span, ...] | None = None
    """Indent of the next line only: a list item's mark."""
    full: bool = False

    def add(self, text: str, style: Style, link: int) -> None:
        """Append text whose blanks are already single."""
        if not self.spans or self.spans[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if text:
            self.spans.append(Span(SafeText(text), style, link))

    def flush(self) -> None:
        """End the paragraph."""
        spans, self.spans = self.spans, []
        if not any(span.text.strip() for span in spans):
            return
        lines = wrap(spans, self.width, self.indent)
        if self.first is not None:
            lines[0] = (*self.first, *lines[0][len(self.indent) :])
            self.first = None
        self._extend(lines)

    def blank(self) -> None:
        """End the paragraph and leave one empty line."""
        self.flush()
        if self.items and self.items[-1] != ():
            self._extend([()])

    def literal(self, line: str, style: Style) -> None:
        """A line that is not filled: preformatted text, a rule."""
        self._extend(wrap([Span(SafeText(line), style)], self.width, self.indent))

    def take(self, row: list[Buffer]) -> None:
        """The cells of a table row: side by side when each is one line and all fit."""
        self.flush()
        flows = [cell.lines() for cell in row]
        if not any(flows):
            return
        single = [flow for flow in flows if flow]
        fits = sum(map(line_cells, (flow[0] for flow in single)))
        fits += GUTTER * (len(single) - 1) + sum(cells(s.text) for s in self.indent)
        if len(single) > 1 and all(len(f) == 1 for f in single) and fits <= self.width:
            self.items.append(Row([flow[0] if flow else () for flow in flows]))
            return
        for flow in single:
            self._extend([(*self.indent, *line) if line else () for line in flow])

    def lines(self) -> list[Line]:
        """All lines, tables aligned, without empty ones at the ends."""
        self.flush()
        done: list[Line] = []
        run: list[Row] = []
        for item in [*self.items, ()]:
            if isinstance(item, Row) and (not run or _fits(run, item, self.width)):
                run.append(item)
                continue
            done += _aligned(run, self.width, self.indent)
            run = [item] if isinstance(item, Row) else []
            if not isinstance(item, Row) and (item or (done and done[-1])):
                done.append(item)
        while done and not done[-1]:
            done.pop()
        return done

    def _extend(self, lines: list[Line]) -> None:
        if len(self.items) > LINES_MAX:
            self.full = True
        else:
            self.items.extend(lines)


def line_cells(line: Line) -> int:
    """Cells a line takes."""
    return sum(cells(span.text) for span in line)


def _fits(run: list[Row], row: Row, width: int) -> bool:
    if len(row.cells) != len(run[0].cells):
        return False
    widths = _widths([*run, row])
    return sum(widths) + GUTTER * (len(widths) - 1) <= width


def _widths(run: list[Row]) -> list[int]:
    return [max(map(line_cells, column)) for column in _columns(run)]


def _columns(run: list[Row]) -> list[tuple[Line, ...]]:
    return list(zip(*(row.cells for row in run), strict=True))


def _aligned(run: list[Row], width: int, indent: tuple[Span, ...]) -> list[Line]:
    if not run:
        return []
    widths = _widths(run)
    right = [
        all(_NUMBER.match(_plain(c)) for c in column[1:] if c) and len(column) > 1
        for column in _columns(run)
    ]
    lines: list[Line] = []
    for row in run:
        spans: list[Span] = list(indent)
        for cell, size, flush_right in zip(row.cells, widths, right, strict=True):
            if not size:
                continue
            gap = " " * (size - line_cells(cell))
            padded = [Span(SafeText(gap)), *cell] if flush_right else [*cell]
            spans += padded
            spans.append(Span(SafeText((" " * GUTTER) if flush_right else gap + "  ")))
        lines.append(_trimmed(spans))
    return lines


def _trimmed(spans: list[Span]) -> Line:
    while spans and not spans[-1].text.strip():
        spans.pop()
    return tuple(span for span in spans if span.text)


def _plain(line: Line) -> str:
    return "".join(span.text for span in line)[:80]
