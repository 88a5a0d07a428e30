"""A last look at the lines of a page: pictures named twice, icons one below another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tuimail.mail.lines import QUOTED
from tuimail.mail.types import Line, SafeText, Span
from tuimail.mail.wrap import line_cells

NEAR = 5
"""Lines behind a picture that may say again what it shows."""
ICON_CELLS = 24
"""Pictures up to this stand side by side."""
PICTURE = r"\[([^\[\] ][^\[\]]{0,80})\](?:\[\d{1,5}\])?"
"""What stands for a picture, and the number of a link."""
_PICTURE = re.compile(PICTURE)
_LINK = re.compile(r"\[\d{1,5}\]\s*$")
_GAP = Span(SafeText("  "))


def tidied(lines: Sequence[Line], width: int) -> list[Line]:
    """Lines without pictures that the next line names again; icons in rows."""
    done: list[Line] = []
    icons = False
    for at, line in enumerate(lines):
        words = _picture(line)
        if not words:
            icons = icons and not line
            done.append(line)
            continue
        if _named_again(line, words, lines[at + 1 : at + 1 + NEAR]):
            continue
        if _said(done, words):
            continue
        small = line_cells(line) <= ICON_CELLS
        if small and icons:
            if _joined(done, line, width):
                continue
            while done and not done[-1]:
                done.pop()
        icons = small
        done.append(line)
    return _single(done)


def _picture(line: Line) -> str:
    """The words of a line that is one picture and nothing else."""
    if not line or line[0].text[:1] != "[" or len(line) > 2 or line[0].picture:
        return ""
    found = _PICTURE.fullmatch("".join(span.text for span in line).rstrip())
    return found[1] if found else ""


def _named_again(line: Line, words: str, follow: Sequence[Line]) -> bool:
    """Whether the next line begins with the words, or one of those below is them."""
    words = words.casefold()
    first = True
    for after in filter(None, follow):
        text = _plain(after).casefold()
        linked = not line[0].link or line[0].link == after[0].link
        if first and linked and text.startswith(words):
            return True
        if (linked or after[0].link) and _LINK.sub("", text) == words:
            return True
        first = False
    return False


def _said(done: list[Line], words: str) -> bool:
    """Whether the line above says in words what a picture shows."""
    above = next((line for line in done[-1:-3:-1] if line), ())
    return _LINK.sub("", _plain(above)).casefold() == words.casefold()


def _joined(done: list[Line], line: Line, width: int) -> bool:
    """Put an icon behind those of the line before, if there is room."""
    at = len(done) - 1
    if at >= 0 and done[at] == line and not line[0].link:
        return True
    while at >= 0 and not done[at]:
        at -= 1
    if at < 0 or line_cells(done[at]) + len(_GAP.text) + line_cells(line) > width:
        return False
    done[at] = (*done[at], _GAP, *line)
    del done[at + 1 :]
    return True


def _single(lines: list[Line]) -> list[Line]:
    """Never two empty lines, and none at the ends; quotes keep their bars."""
    done: list[Line] = []
    for line in lines:
        if not line:
            if done and done[-1]:
                done.append(line)
            continue
        if len(done) > 1 and not done[-1] and line[0].style in QUOTED:
            done[-1] = _bars(done[-2], line)
        done.append(line)
    while done and not done[-1]:
        done.pop()
    return done


def _bars(before: Line, after: Line) -> Line:
    """The quote bars that go on through an empty line."""
    both = (before[0], after[0])
    if any(each.style not in QUOTED or each.text[:2] != "> " for each in both):
        return ()
    outer = min(both, key=lambda each: len(each.text))
    return (Span(SafeText(outer.text.rstrip()), outer.style),)


def _plain(line: Line) -> str:
    return "".join(span.text for span in line)
