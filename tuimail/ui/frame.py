"""Two pictures of the screen, what is shown and what is wanted, and the way between.

Textual sends whole spans; on a slow line that is what a user waits for. Here only the
cells that differ are sent, and a list that scrolled is scrolled by the terminal itself
(delete and insert line, VT102). No cell can hold a control character: this is the
last door before the terminal. A row of a picture comes as blanks with a mark that no
text can have; its cells are made here, of the pictures that hang.
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from rich.color import ColorSystem
from rich.segment import Segment
from textual.strip import Strip

from tuimail.mail.widths import width_of
from tuimail.ui.drawn import MARK, Drawn

Cell = tuple[str, str]
"""Text and style of a cell; text is `''` in the right half of a wide character."""
UNKNOWN: Cell = ("\0", "?")
BLANK: Cell = (" ", "")
RUN_GAP = 5
"""Equal cells that are cheaper to send again than to jump over."""
ERASE_LEAST = 11
"""Blanks from which erasing is shorter than sending them."""
SCROLL_LEAST = 3
"""Rows that must be reusable before scrolling pays."""
_SURE = (
    *((0x20, 0x7E), (0xA1, 0xAC), (0xAE, 0x2FF), (0x391, 0x3A1), (0x3A3, 0x481)),
    *((0x48A, 0x52F), (0x5D0, 0x5EA), (0x620, 0x64A), (0x2010, 0x2027)),
    *((0x2030, 0x205E), (0x20A0, 0x20BF), (0x2190, 0x2193), (0x21A9, 0x21A9)),
    *((0x2400, 0x2426), (0x2500, 0x259F), (0x25B8, 0x25B8), (0x25BE, 0x25BE)),
    *((0x25C6, 0x25C6), (0x25CB, 0x25CC), (0x25CF, 0x25CF), (0x2605, 0x2605)),
    *((0x270E, 0x270E), (0x2715, 0x2715), (0x2717, 0x2717), (0x3001, 0x3029)),
    *((0x3041, 0x3096), (0x30A0, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3)),
    (0xFF01, 0xFF60),
)
"""Runs of characters as wide in every terminal, our own signs among them. Of the rest
(vowel signs of India, joined emoji) each has an idea of its own: where it ends is not
known."""


class Frame:
    """Collects what is wanted and tells what to send."""

    def __init__(self, width: int, height: int, colors: ColorSystem) -> None:
        self.width = width
        self.height = height
        self._colors = colors
        # GNU screen erases to the default ground, whatever the colour is.
        self._erases = not os.environ.get("TERM", "").startswith("screen")
        self._wanted = [[BLANK] * width for _ in range(height)]
        self._shown = [[UNKNOWN] * width for _ in range(height)]
        self._dirty: set[int] = set(range(height))
        self.pictures: Mapping[int, Drawn] = {}
        """Those that hang, by number."""
        self._drew = False
        """Something was drawn over cells that would not move with them, ever."""

    def forget(self) -> None:
        """The terminal shows something else now: send everything next time."""
        self._shown = [[UNKNOWN] * self.width for _ in range(self.height)]
        self._dirty = set(range(self.height))

    def put(self, x: int, y: int, strips: Iterable[Strip]) -> None:
        """Want these strips from cell `x` of row `y` on; what lies outside is left out.

        A terminal made smaller still gets what was laid out for the size before.
        """
        if not 0 <= y < self.height or not 0 <= x < self.width:
            return
        cells: list[Cell] = []
        for strip in strips:
            for segment in strip:
                if segment.control is None:
                    cells += self._segment_cells(segment, x + len(cells))
        row = self._wanted[y]
        cells = cells[: max(0, self.width - x)]
        end = x + len(cells)
        if x and row[x : x + 1] == [("", row[x - 1][1])]:
            row[x - 1] = (" ", row[x - 1][1])
        if end < self.width and row[end][0] == "":
            row[end] = (" ", row[end][1])
        row[x:end] = cells
        self._dirty.add(y)

    def update(self) -> str:
        """What brings the terminal from what it shows to what is wanted."""
        rows = sorted(y for y in self._dirty if self._wanted[y] != self._shown[y])
        self._dirty.clear()
        if not rows:
            return ""
        sent = [self._scroll(rows)]
        self._forget_unsure(rows)
        sent.extend(self._row(y) for y in rows if self._wanted[y] != self._shown[y])
        for y in rows:
            self._shown[y] = list(self._wanted[y])
        return "".join(sent)

    def _forget_unsure(self, rows: list[int]) -> None:
        """What reached too far in the terminal is only gone when its whole row is."""
        for y in rows:
            wanted, shown = self._wanted[y], self._shown[y]
            if wanted != shown and not (_sure(wanted) and _sure(shown)):
                self._shown[y] = [UNKNOWN] * self.width

    def _segment_cells(self, segment: Segment, x: int) -> list[Cell]:
        sgr = self._sgr(segment)
        text = segment.text
        if MARK in sgr:
            return self._picture_cells(sgr, len(text), x)
        if text.isascii() and text.isprintable():
            return [(character, sgr) for character in text]
        cells: list[Cell] = []
        for character in text:
            if not character.isprintable() and not _joins(character):
                cells.append(("\N{REPLACEMENT CHARACTER}", sgr))
                continue
            size = width_of(character)
            if size:
                cells.append((character, sgr))
                cells.extend([("", sgr)] * (size - 1))
            elif cells:
                _append_mark(cells, character)
        return cells

    def _picture_cells(self, sgr: str, size: int, x: int) -> list[Cell]:
        """What of a picture's row lies on `size` cells from `x` on; else blanks."""
        base, _, mark = sgr.partition(f"\x1b{MARK}")
        number, row, origin = map(int, mark.split(":"))
        picture = self.pictures.get(number)
        found: list[Cell] = []
        if picture is not None and x >= origin:
            found = picture.cells(row, base)[x - origin :][:size]
        return found + [(" ", base)] * (size - len(found))

    def _strips(self, y: int) -> Iterator[str]:
        """What is drawn over the blanks of a row, where these were sent again.

        Only over all of them: what covers a part of a picture must not be drawn over.
        Not in the last row, where drawing may scroll the screen.
        """
        wanted, shown = self._wanted[y], self._shown[y]
        x = 0
        while self.pictures and x < self.width and y < self.height - 1:
            sgr, start = wanted[x][1], x
            x += 1
            if MARK not in sgr:
                continue
            while x < self.width and wanted[x][1] == sgr:
                x += 1
            number, row = map(int, sgr.partition(f"\x1b{MARK}")[2].split(":"))
            picture = self.pictures.get(number)
            changed = wanted[start:x] != shown[start:x]
            if picture is not None and changed and x - start == picture.columns:
                self._drew |= not picture.moves
                yield f"\x1b[{y + 1};{start + 1}H{picture.strip(row)}"

    def _covered(self) -> bool:
        """Whether something lies over cells that the terminal does not move."""
        rows = self._shown if self._drew else ()
        return any(MARK in sgr for row in rows for _, sgr in row)

    def _sgr(self, segment: Segment) -> str:
        style = segment.style
        if style is None:
            return ""
        codes = Strip.render_ansi(style, self._colors)
        # A link is part of the style, so that a run ends where the link ends.
        return f"{codes}\x1b{style.link}" if style.link else codes

    def _scroll(self, rows: list[int]) -> str:
        """Let the terminal move rows that are only somewhere else."""
        by = self._best_shift(rows)
        if not by:
            return ""
        moved = [
            y
            for y in rows
            if 0 <= y + by < self.height and self._wanted[y] == self._shown[y + by]
        ]
        top = min(min(moved), min(moved) + by)
        bottom = max(max(moved), max(moved) + by)
        height = bottom - top + 1
        if abs(by) >= height:
            return ""
        blank = [[BLANK] * self.width for _ in range(abs(by))]
        region = self._shown[top : bottom + 1]
        region = region[by:] + blank if by > 0 else blank + region[:by]
        # Rows between the moved ones move too: send them again where that was wrong.
        self._shown[top : bottom + 1] = region
        for y in range(top, bottom + 1):
            if y not in rows and self._wanted[y] != self._shown[y]:
                rows.append(y)
        verb = "M" if by > 0 else "L"
        return (
            f"\x1b[0m\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1};1H"
            f"\x1b[{abs(by)}{verb}\x1b[r"
        )

    def _blank_run(
        self, row: list[Cell], start: int, stop: int, pen: str | None
    ) -> int:
        """How many blanks from `start` on can be erased at once; 1 for too few."""
        if pen is None or not self._erases or "\x1b" in pen:
            return 1
        # Erased cells are neither underlined nor, in most terminals, reversed.
        if not {"4", "7"}.isdisjoint(pen.split(";")):
            return 1
        x = start
        while x < stop and row[x][0] == " " and _same_blank(pen, row[x][1]):
            x += 1
        return x - start if x - start > ERASE_LEAST else 1

    def _best_shift(self, rows: list[int]) -> int:
        if len(rows) < SCROLL_LEAST or self._covered():
            return 0
        places: dict[tuple[Cell, ...], int] = {}
        for y in rows:
            places.setdefault(tuple(self._shown[y]), y)
        votes: Counter[int] = Counter()
        for y in rows:
            row = tuple(self._wanted[y])
            there = places.get(row)
            if there is not None and there != y and len(set(row)) > 1:
                votes[there - y] += 1
        if not votes:
            return 0
        by, count = votes.most_common(1)[0]
        return by if count >= SCROLL_LEAST else 0

    def _row(self, y: int) -> str:
        wanted, shown = self._wanted[y], self._shown[y]
        sent: list[str] = []
        pen = None
        lost, sure = False, _sure(wanted)
        for start, end in _runs(wanted, shown):
            sent.append(f"\x1b[{y + 1};{start + 1}H")
            rest = wanted[start:]
            blank_from = _blank_tail(rest) + start
            x, stop = start, min(end, blank_from)
            while x < stop:
                text, sgr = wanted[x]
                if sgr != pen and not (text == " " and _same_blank(pen, sgr)):
                    sent.append(_pen(pen, sgr))
                    pen = sgr
                if not sure and text:
                    known = _known(text)
                    sent.append(f"\x1b[{y + 1};{x + 1}H" if lost and known else "")
                    lost = not known
                size = self._blank_run(wanted, x, stop, pen) if text == " " else 1
                # Erasing is shorter than sending blanks; it fills with the ground.
                sent.append(text if size == 1 else f"\x1b[{size}X\x1b[{size}C")
                x += size
            if end > blank_from:
                sent.append(f"\x1b[{y + 1};{blank_from + 1}H" if lost else "")
                sent.append(_pen(pen, "") + "\x1b[K")
                pen = ""
                break
        sent.append(_pen(pen, "") if pen else "")
        sent += self._strips(y)
        # What is wider than thought ends at the edge, and not in the next row.
        return "".join(sent) if sure else f"\x1b[?7l{''.join(sent)}\x1b[?7h"


def _sure(row: list[Cell]) -> bool:
    """Whether every terminal agrees on how wide the characters of a row are."""
    return _known("".join(text for text, _ in row))


def _known(text: str) -> bool:
    return text.isascii() or all(map(_is_sure, set(text)))


@lru_cache(maxsize=4096)
def _is_sure(character: str) -> bool:
    code = ord(character)
    at = bisect_right(_SURE, (code, sys.maxunicode)) - 1
    return at >= 0 and code <= _SURE[at][1]


def _runs(wanted: list[Cell], shown: list[Cell]) -> Iterable[tuple[int, int]]:
    """Spans of cells to send; small gaps of equal cells are sent along."""
    start = end = -1
    for x, cell in enumerate(wanted):
        if cell == shown[x]:
            continue
        if start >= 0 and x - end > RUN_GAP:
            yield _whole(wanted, start, end)
            start = -1
        if start < 0:
            start = x
        end = x + 1
    if start >= 0:
        yield _whole(wanted, start, end)


def _whole(row: list[Cell], start: int, end: int) -> tuple[int, int]:
    """Never begin or end within a wide character."""
    while start > 0 and row[start][0] == "":
        start -= 1
    while end < len(row) and row[end][0] == "":
        end += 1
    return start, end


def _same_blank(pen: str | None, sgr: str) -> bool:
    """Whether a blank looks the same in both styles: only its ground shows."""
    return pen is not None and _ground(pen) == _ground(sgr)


@lru_cache(maxsize=1024)
def _ground(sgr: str) -> str:
    """The part of a style that a blank shows: ground, reverse, underline, strike."""
    codes, _, link = sgr.partition("\x1b")
    words = codes.split(";")
    kept: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        long = {"5": 3, "2": 5}.get(words[at + 1], 1) if at + 1 < len(words) else 1
        size = long if word in ("38", "48") else 1
        shows = word == "48" or word in ("4", "7", "9", "21", "53")
        shows = shows or (
            word.isdigit() and (40 <= int(word) <= 49 or int(word) >= 100)
        )
        if shows:
            kept += words[at : at + size]
        # Reverse turns the foreground into the ground.
        elif word == "38" or (word.isdigit() and 30 <= int(word) <= 37):
            kept += words[at : at + size] if "7" in words else []
        at += size
    return ";".join(kept) + link


def _blank_tail(cells: list[Cell]) -> int:
    """Index from which only plain blanks follow; the length when none do."""
    at = len(cells)
    while at and cells[at - 1] == BLANK:
        at -= 1
    return at if len(cells) - at > RUN_GAP else len(cells)


def _pen(old: str | None, new: str) -> str:
    old_codes, _, old_link = (old or "").partition("\x1b")
    codes, _, link = new.partition("\x1b")
    old_link, link = _link(old_link), _link(link)
    sent = "" if old_link == link else f"\x1b]8;;{link}\x1b\\"
    if old is None or old_codes != codes:
        sent += f"\x1b[0;{codes}m" if codes else "\x1b[0m"
    return sent


def _link(target: str) -> str:
    """Only plain web and mail addresses, in printable ASCII, become links."""
    if not target.startswith(("https://", "http://", "mailto:")):
        return ""
    plain = target.isascii() and target.isprintable()
    return target if plain and len(target) <= 2000 else ""


def _joins(character: str) -> bool:
    """Format characters that text of some scripts needs (ZWNJ, ZWJ)."""
    return character in "\u200c\u200d"


def _append_mark(cells: list[Cell], character: str) -> None:
    """Put a combining character into the cell of its base."""
    at = len(cells) - 1
    while at and cells[at][0] == "":
        at -= 1
    text, sgr = cells[at]
    cells[at] = (text + character, sgr)
