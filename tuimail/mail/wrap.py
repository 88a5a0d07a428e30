"""Wrap spans of text to terminal cells."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tuimail.mail.sanitize import cells, cut
from tuimail.mail.types import Line, SafeText, Span, Style

_WORDS = re.compile(r" +|[^ ]+")


def wrap(
    spans: Iterable[Span], width: int, indent: tuple[Span, ...] = ()
) -> list[Line]:
    """One paragraph as lines of at most `width` cells, each with `indent` before it.

    Breaks at blanks, and between wide characters; a longer word is cut.
    """
    room = max(8, width - sum(cells(span.text) for span in indent))
    lines: list[Line] = []
    line: list[Span] = []
    used = 0
    for word, span in _pieces(spans):
        size = cells(word)
        if used + size > room:
            if word.isspace():
                continue
            if line and size <= room:
                lines.append(_closed(indent, line))
                line, used = [], 0
        while size > room - used:
            head = cut(word, room - used)
            if not head and not line:
                head = word[:1]
            if head:
                _append(line, head, span)
            lines.append(_closed(indent, line))
            line, used = [], 0
            word = word[len(head) :]
            size = cells(word)
        if word and not (word.isspace() and not line and lines):
            _append(line, word, span)
            used += size
    if line or not lines:
        lines.append(_closed(indent, line))
    return lines


def _pieces(spans: Iterable[Span]) -> Iterable[tuple[str, Span]]:
    for span in spans:
        for word in _WORDS.findall(span.text):
            if word.isascii() or cells(word) == len(word):
                yield word, span
            else:
                yield from _breakable(word, span)


def _breakable(word: str, span: Span) -> Iterable[tuple[str, Span]]:
    """Chinese and Japanese may break between any two wide characters."""
    run = ""
    for character in word:
        if cells(character) == 2:
            if run:
                yield run, span
                run = ""
            yield character, span
        else:
            run += character
    if run:
        yield run, span


def _append(line: list[Span], word: str, span: Span) -> None:
    if line and (line[-1].style, line[-1].link) == (span.style, span.link):
        line[-1] = Span(SafeText(line[-1].text + word), span.style, span.link)
    else:
        line.append(Span(SafeText(word), span.style, span.link))


def _closed(indent: tuple[Span, ...], line: list[Span]) -> Line:
    if line and line[-1].text.endswith(" "):
        last = line[-1]
        line[-1] = Span(SafeText(last.text.rstrip(" ")), last.style, last.link)
    return (*indent, *(span for span in line if span.text))


def plain(text: str, style: Style = Style.TEXT) -> Line:
    """A line of one span; text must be safe already."""
    return (Span(SafeText(text), style),) if text else ()
