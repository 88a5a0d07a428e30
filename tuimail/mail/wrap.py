"""Wrap spans of text to terminal cells.

A mail may be one word of two megabytes, so nothing here copies what is still to come.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from tuimail.mail.sanitize import cells, cut
from tuimail.mail.types import Line, SafeText, Span

ROOM_MIN = 8
"""Cells that an indent leaves for text, however deep it is."""
_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60"
    "\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
"""Scripts that write no blanks between words (not Hangul: Korean has them)."""
_PIECES = re.compile(f"( +)|([{_WIDE}]+)|[^ {_WIDE}]+")
_BLANKS = re.compile(" *")
_NO_START = "、。，．！？：；）」』】〉》”’ー々"
"""What never begins a line in Chinese and Japanese."""
_WINDOW = 512
"""Characters of a long word that are measured at once."""


def wrap(
    spans: Iterable[Span], width: int, indent: tuple[Span, ...] = ()
) -> list[Line]:
    """One paragraph as lines of at most `width` (≥ 2) cells, `indent` before each.

    Breaks at blanks, and between wide characters; a word longer than a line begins on
    a line of its own and is cut. Too deep an indent is cut as well.
    """
    if indent:
        indent = fitting(indent, width - ROOM_MIN)
    room = max(1, width - line_cells(indent))
    parts = [span for span in spans if span.text]
    if len(parts) == 1 and parts[0].text.isascii():
        only = parts[0]
        if len(only.text) <= room and only.text[-1] != " ":
            return [(*indent, only)]
        return [
            (*indent, only._replace(text=SafeText(piece))) if piece else indent
            for piece in _narrow(only.text.rstrip(" "), room)
        ]
    filler = _Filler(room, indent)
    for span in parts:
        filler.add(span)
    return filler.done()


def line_cells(line: Line) -> int:
    """Terminal cells a line takes."""
    used = 0
    for span in line:
        used += cells(span.text)
    return used


def fitting(line: Line, width: int) -> Line:
    """A line cut to at most `width` cells."""
    if line_cells(line) <= width:
        return line
    kept: list[Span] = []
    for span in line:
        text = cut(span.text, max(0, width))
        width -= cells(text)
        if text:
            kept.append(span._replace(text=SafeText(text)))
    return tuple(kept)


def _narrow(text: str, room: int) -> Iterator[str]:
    """The usual paragraph, one cell a character: cut without looking at its words."""
    if len(text) <= room:
        yield text
        return
    at = _past_blanks(text, 0)
    word_end = text.find(" ", at)
    if (word_end if word_end >= 0 else len(text)) <= room:
        at = 0  # what the sender indents stays indented
    while len(text) - at > room:
        end = text.rfind(" ", at, at + room + 1)
        if end <= at:
            end = at + room
        yield text[at:end].rstrip(" ")
        at = _past_blanks(text, end)
    yield text[at:]


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


class _Filler:
    """Fills lines word by word; a word may change its style in the middle."""

    def __init__(self, room: int, indent: tuple[Span, ...]) -> None:
        self._room = room
        self._indent = indent
        self._lines: list[Line] = []
        self._line: list[tuple[str, Span]] = []
        self._used = 0
        self._gap: list[tuple[str, Span]] = []
        self._word: list[tuple[str, Span]] = []

    def add(self, span: Span) -> None:
        """Go on with more text."""
        for found in _PIECES.finditer(span.text):
            if found[1]:
                self._end_word()
                self._gap.append((found[1], span))
            elif found[2]:
                self._end_word()
                self._put_gap(2)
                self._pour(found[2], span)
            else:
                self._word.append((found[0], span))

    def done(self) -> list[Line]:
        """All lines, at least one."""
        self._end_word()
        if self._line or not self._lines:
            self._break()
        return self._lines

    def _end_word(self) -> None:
        word, self._word = self._word, []
        if not word:
            return
        size = sum(cells(text) for text, _ in word)
        self._put_gap(size)
        if size > self._room - self._used and self._line:
            self._break()
        if not self._line:
            word[0] = without_leading_marks(word[0][0]), word[0][1]
        for text, span in word:
            if size <= self._room:
                self._line.append((text, span))
                self._used += cells(text)
            else:
                self._pour(text, span)

    def _put_gap(self, follows: int) -> None:
        """The blanks before what takes so many cells; at a line's end they vanish."""
        gap, self._gap = self._gap, []
        size = sum(len(text) for text, _ in gap)
        if self._used + size + follows <= self._room:
            self._line += gap
            self._used += size
        elif self._line and gap:
            self._break()

    def _pour(self, text: str, span: Span) -> None:
        """Text that may be cut anywhere."""
        if not self._line:
            text = without_leading_marks(text)
        at = 0
        while at < len(text):
            window = text[at : at + _WINDOW]
            head = cut(window, self._room - self._used)
            full = len(head) < len(window)
            if full:
                head = _tidy(head, window[len(head)])
            if not head and not self._line:
                head = window[:1]
            if head:
                self._line.append((head, span))
                self._used += cells(head)
                at += len(head)
            if full:
                self._break()

    def _break(self) -> None:
        self._lines.append((*self._indent, *_joined(self._line)))
        self._line, self._used = [], 0


def without_leading_marks(text: str) -> str:
    """A mark whose blank went at the line's end would land on what stands before it."""
    at = 0
    while at < len(text) and unicodedata.category(text[at])[0] == "M":
        at += 1
    return text[at:]


def _tidy(head: str, follows: str) -> str:
    """Take a character down to the next line when that would begin with a full stop."""
    if follows in _NO_START and len(head) > 1 and cells(head[-1]) == 2:
        return head[:-1]
    return head


def _joined(pieces: list[tuple[str, Span]]) -> Iterator[Span]:
    """Pieces as spans, neighbours that look the same as one."""
    run: list[str] = []
    for at, (text, span) in enumerate(pieces):
        run.append(text)
        follows = pieces[at + 1][1] if at + 1 < len(pieces) else None
        if follows and follows[1:] == span[1:]:
            continue
        whole = "".join(run)
        run = []
        if whole.strip(" ") or follows is not None:
            yield span._replace(text=SafeText(whole))
