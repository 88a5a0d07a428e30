"""Octets of a text part to lines for the screen: transfer encoding, charset, layout.

Never raises; what is cut or guessed is said in the notes.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from tuimail.mail.bounces import bounce_sentence
from tuimail.mail.calendar import render_calendar
from tuimail.mail.charset import decode_charset, whole_characters
from tuimail.mail.encoded_lines import without_files
from tuimail.mail.header_pane import render_header
from tuimail.mail.headers import raw_fields
from tuimail.mail.html import render_html
from tuimail.mail.lines import quote_runs
from tuimail.mail.links import FIND, Links, split_tail
from tuimail.mail.reading import CALENDARS, CARDS, PAGES, REPORTS
from tuimail.mail.reports import render_report
from tuimail.mail.sanitize import cells, safe_block, safe_text
from tuimail.mail.text_frame import TEXT_MAX, Frame, cut_note
from tuimail.mail.trails import trail
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import Line, Part, RenderedText, SafeText, Span, Style
from tuimail.mail.vcard import render_vcard
from tuimail.mail.wrap import without_leading_marks, wrap

LINES_MAX = 500_000
SAFE_AT_ONCE = 1024 * 1024
FIRST_CHARACTERS, FIRST_LINES = 16_384, 120
"""The beginning of a long text that is laid out before the rest."""
BOUNCE_MAX = 16_384
QUOTES = (Style.TEXT, Style.QUOTE1, Style.QUOTE2, Style.QUOTE3, Style.QUOTE4)
LEVEL_MAX = 50
"""Quote marks that are looked at, and shown if the width allows."""
_QUOTE = re.compile(rf"(?:> ?){{1,{LEVEL_MAX}}}")
_PATCH = re.compile(r"^(?:diff --git |@@ -\d|Index: |--- a/)", re.M)


def render(data: bytes, part: Part, width: int, first_link: int = 1) -> RenderedText:
    """A part as wrapped lines, its notes, and its links from number `first_link` on."""
    frame = Frame(width, first_link)
    return collections.deque(stages(data, part, frame), maxlen=1)[0]


def stages(data: bytes, part: Part, frame: Frame) -> Iterator[RenderedText]:
    """As `render`; of a long text its beginning is given first, as it will be."""
    frame = frame._replace(width=max(20, min(frame.width, 500)))
    width, first_link = frame[:2]
    kind = part.media_type
    if kind in PAGES:
        text, notes = _text(data, part, frame.size)
        page = render_html(text, width, first_link, frame.pictures)
        yield _with_notes(_with_trail(page, page=True), notes)
    elif kind in CALENDARS:
        text, notes = _text(data, _with_charset(part), frame.size)
        yield _with_notes(render_calendar(text, width, first_link), notes)
    elif kind in CARDS:
        text, notes = _text(data, _with_charset(part), frame.size)
        yield _with_notes(render_vcard(text, width, first_link), notes)
    elif kind in REPORTS:
        decoded = decode_transfer(data, part.encoding)
        yield render_report(decoded[: frame.size], kind, width)
    elif kind == "text/x-source":
        yield render_source(data, width, frame.size)
    elif kind == "text/rfc822-headers":
        decoded = decode_transfer(data, part.encoding)
        if raw_fields(decoded):
            yield render_header(decoded, width)
        else:  # A message without a field: some servers take its text for the header.
            yield from render_plain(data, part, frame)
    else:
        yield from render_plain(data, part, frame)


def render_plain(data: bytes, part: Part, frame: Frame) -> Iterator[RenderedText]:
    """text/plain: flowed lines joined, quotes by level, links numbered (RFC 3676)."""
    width, first_link, size, _ = frame
    text, notes = _text(data, part, size)
    bounced = bounce_sentence(text[:BOUNCE_MAX])
    if bounced is not None:
        notes.append(bounced)
    flowed = part.param("format").lower() == "flowed"
    patch = bool(_PATCH.search(text[:200_000])) and not flowed
    links = Links(first_link)
    if len(text) > 4 * FIRST_CHARACTERS:
        lines = without_files(_lines(safe_block(text[:FIRST_CHARACTERS])), [])
        first = _all_laid_out(lines, part, patch, Links(first_link), width, [])
        yield RenderedText(tuple(first[:FIRST_LINES]), more=True)
    lines = without_files(_safe_lines(text), notes)
    rendered = _all_laid_out(lines, part, patch, links, width, notes)
    while rendered and not rendered[-1]:
        rendered.pop()
    shown = RenderedText(tuple(rendered), tuple(links.found))
    yield _with_notes(_with_trail(shown), notes)


def _all_laid_out(
    lines: Iterator[str],
    part: Part,
    patch: bool,
    links: Links,
    width: int,
    notes: list[str],
) -> list[Line]:
    """Every line of a text; of too many the first, and a note."""
    if part.param("format").lower() == "flowed":
        paragraphs = _flow(lines, part.param("delsp").lower() == "yes")
    else:
        paragraphs = map(_quoted, lines)
    rendered: list[Line] = []
    for level, line, style in _styled(paragraphs, patch):
        rendered += _laid_out(level, line, style, links, width)
        if len(rendered) > LINES_MAX:
            notes.append("The text is too long; its end is not shown.")
            break
    return rendered


def _laid_out(
    level: int, line: str, style: Style, links: Links, width: int
) -> list[Line]:
    whole = "> " * level + line
    if len(whole) <= width and cells(whole) <= width and _no_link(line):
        # Most lines of most mail; what wrapping would give, at a tenth the cost.
        whole = whole.rstrip(" ")
        if not whole.isascii():
            # The blank it stood on went with the stuffing of format=flowed.
            whole = without_leading_marks(whole)
        return [(Span(SafeText(whole), style),) if whole else ()]
    indent = (Span(SafeText("> " * level), style),) if level else ()
    return wrap(_linked(line, style, links), width, indent)


def render_source(data: bytes, width: int, size: int = TEXT_MAX) -> RenderedText:
    """The source as it is, line by line; nothing in it is decoded."""
    text, _ = decode_charset(data[:size], "")
    lines: list[Line] = []
    for line in islice(_safe_lines(text), LINES_MAX):
        lines += wrap([Span(SafeText(line))], width) if line else [()]
    notes = [cut_note(size)] if len(data) > size else []
    return _with_notes(RenderedText(tuple(lines)), notes)


def _text(data: bytes, part: Part, size: int) -> tuple[str, list[str]]:
    notes: list[str] = []
    decoded = decode_transfer(data, part.encoding)
    if len(decoded) > size:
        decoded = decoded[:size]
        notes.append(cut_note(size))
    label = part.param("charset")
    if len(decoded) == size or len(data) >= size:
        decoded = whole_characters(decoded, label)
    text, note = decode_charset(decoded, label, utf7=part.media_type == "text/plain")
    return text, notes + ([note] if note else [])


def _with_charset(part: Part) -> Part:
    """Calendars and cards are UTF-8 unless they say otherwise (RFC 5545 §3.1.4)."""
    if part.param("charset"):
        return part
    return part._replace(params=(*part.params, ("charset", "utf-8")))


def _with_notes(text: RenderedText, notes: list[str]) -> RenderedText:
    said = tuple(safe_text(note) for note in notes)
    return text._replace(notes=(*text.notes, *said))


def _with_trail(text: RenderedText, page: bool = False) -> RenderedText:
    """With the quotes it has, and the message that is answered below it."""
    runs, begun = quote_runs(text.lines), trail(text.lines, page)
    if begun is not None:
        runs = (*(run for run in runs if run[1] <= begun), (begun, len(text.lines)))
    return text._replace(quotes=runs)


def _lines(text: str) -> Iterator[str]:
    """The lines of a text, one after the other: there may be two million."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        yield text[at:end]
        at = end + 1


def _safe_lines(text: str) -> Iterator[str]:
    """The lines of a text, made safe some at a time: at the ends of lines."""
    at = 0
    while at < len(text):
        end = at + SAFE_AT_ONCE
        found = text.find("\n", end, end + SAFE_AT_ONCE) if end < len(text) else -1
        end = found + 1 if found >= 0 else end
        yield from _lines(safe_block(text[at:end]))
        at = end


def _quoted(line: str) -> tuple[int, str]:
    """Quote level and the rest of a line."""
    found = _QUOTE.match(line)
    if found is None:
        return 0, line
    return found[0].count(">"), line[found.end() :]


def _flow(lines: Iterable[str], delsp: bool) -> Iterator[tuple[int, str]]:
    """Join the soft-broken lines of format=flowed (RFC 3676 §4)."""
    pieces: list[str] = []
    level = 0
    for line in lines:
        depth = len(line) - len(line.lstrip(">"))
        text = line[depth:].removeprefix(" ")
        depth = min(depth, LEVEL_MAX)
        signature = text == "-- "
        if pieces and (depth != level or signature):
            yield level, "".join(pieces)
            pieces = []
        level = depth
        soft = text.endswith(" ") and not signature
        pieces.append(text[:-1] if soft and delsp else text)
        if not soft:
            yield level, "".join(pieces)
            pieces = []
    if pieces:
        yield level, "".join(pieces)


def _styled(
    paragraphs: Iterable[tuple[int, str]], patch: bool
) -> Iterator[tuple[int, str, Style]]:
    """Each paragraph with its look; a signature lasts to the end (RFC 3676 §4.3)."""
    signature = False
    for level, line in paragraphs:
        signature = level == 0 and (signature or line == "-- ")
        yield level, line, _style(level, line, signature, patch)


def _style(level: int, line: str, signature: bool, patch: bool) -> Style:
    if level:
        return QUOTES[min(level, 4)]
    if signature:
        return Style.SIGNATURE
    if patch and line.startswith("+"):
        return Style.ADDED
    if patch and line.startswith("-"):
        return Style.REMOVED
    if patch and line.startswith(("@@", "diff --git")):
        return Style.HEADING
    return Style.TEXT


def _no_link(line: str) -> bool:
    return "://" not in line and "www." not in line and "mailto:" not in line


def _linked(line: str, style: Style, links: Links) -> list[Span]:
    """The line with what looks like a link marked as one."""
    if links.full or _no_link(line):
        return [Span(SafeText(line), style)]
    spans: list[Span] = []
    last = 0
    for found in FIND.finditer(line):
        url, _ = split_tail(found[0])
        number = links.add(url, "")
        if links.full:
            break
        if not number:
            continue
        spans.append(Span(SafeText(line[last : found.start()]), style))
        spans.append(Span(SafeText(url), Style.LINK, number))
        last = found.start() + len(url)
    spans.append(Span(SafeText(line[last:]), style))
    return [span for span in spans if span.text]
