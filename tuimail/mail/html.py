"""HTML mail as readable text: parsed by lexbor, walked here, nothing ever fetched.

Layout tables are dissolved and data tables kept without guessing: cells that are one
line each and fit stand side by side. What the mail hides stays hidden and is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tuimail.mail.html_above import weight
from tuimail.mail.html_anchor import Anchors
from tuimail.mail.html_bounds import bounded
from tuimail.mail.html_hidden import read_sheets
from tuimail.mail.html_layout import Buffer, OpenRow
from tuimail.mail.html_look import PLAIN, Look, Looks
from tuimail.mail.html_notes import notes_on
from tuimail.mail.html_picture import is_dot, is_spacer, words_of
from tuimail.mail.html_room import height_of, small_number
from tuimail.mail.html_state import (
    BLOCK,
    BLOCK_LINK,
    CELL,
    CHANGING,
    COLUMN,
    INLINE,
    ITEM,
    KINDS,
    LINK,
    LISTS,
    NOTHING,
    QUOTES,
    ROW,
    SPACED,
    TEXTUAL,
    State,
    kind_of,
)
from tuimail.mail.html_tidy import tidied
from tuimail.mail.links import Links
from tuimail.mail.pictures import places
from tuimail.mail.sanitize import safe_block, safe_text
from tuimail.mail.types import Line, RenderedText, SafeText, Span, Style

SKIP = frozenset(
    "script style head title template iframe object svg math select noscript audio"
    " video canvas textarea xml -comment !doctype".split()
)
VOID = frozenset(["br", "hr", "img", "area"])
ROOTS = frozenset(["html", "body"])
INDENTING = frozenset(["blockquote", "li", "ul", "ol", "dd"])
BARS_MAX, LEVELS_MAX, BLANKS_MAX = 10, 8, 8
"""Quote bars, list levels and leading blanks that are shown."""
RULE_CELLS = 32
COLUMNS_MAX = 20
"""Columns that one cell may span."""
TITLE_MAX = 120
"""Characters of a text in big letters that is a title, not a paragraph."""
SHEETS_MAX = 20
_BLANKS = re.compile("[ \t\n\r\f\xa0\u2000-\u200a\u202f]+")
_ASCII_BLANKS = " \t\n\r\f"
_PADDING = re.compile("[ \t\n\r\f]*(\xa0[ \xa0]*)")

Attributes = Mapping[str, str | None]
Trail = list[tuple[Iterator[LexborNode], str, int, State]]


def render_html(
    text: str,
    width: int,
    first_link: int = 1,
    pictures: Iterable[tuple[str, int]] = (),
) -> RenderedText:
    """HTML as wrapped lines, with links and notes on what was left out.

    `pictures` are names of pictures that will be shown, and the number of each.
    """
    text, notes = bounded(text)
    parser = LexborHTMLParser(text)
    walker = Walker(width, parser, first_link, dict(pictures))
    if parser.root is not None:
        walker.walk(parser.root)
    lines = tidied(walker.bottom.lines(), width)
    return RenderedText(
        tuple(lines),
        tuple(walker.links.found),
        (*notes, *walker.notes()),
        pictures=places(lines),
    )


class Walker:
    """Goes through the tree once, without recursion."""

    def __init__(
        self,
        width: int,
        parser: LexborHTMLParser,
        first_link: int,
        pictures: Mapping[str, int],
    ) -> None:
        self.links = Links(first_link)
        self.bottom = self._flow = Buffer(width)
        sheets = parser.css("style")[:SHEETS_MAX]
        sheet = read_sheets(node.text(deep=True) or "" for node in sheets)
        self._looks = Looks(sheet)
        self._anchors = Anchors(self.links, parser, pictures)
        self._flows = [self.bottom]
        self._rows: list[OpenRow] = []
        self._state = State()
        self._hidden = self._trackers = 0
        self._padded = False
        """Blanks stood where a line might have: it is meant to be empty."""

    def walk(self, root: LexborNode) -> None:
        """Visit every node in order; text, starts and ends of elements."""
        trail: Trail = [(iter((root,)), "", 0, self._state)]
        while trail and not self.bottom.full:
            nodes, tag, kind, outer = trail[-1]
            node = next(nodes, None)
            if node is None:
                trail.pop()
                self._state, inner = outer, self._state
                if kind:
                    self._end(tag, kind, NOTHING if inner is outer else inner)
                continue
            name = node.tag or ""
            if name == "-text":
                self._text(node.text_content or "")
            elif name not in SKIP:
                self._start(name, node, trail)

    def notes(self) -> tuple[SafeText, ...]:
        """What was left out, one sentence each."""
        left_out = self._hidden, self._trackers, self.links.refused
        return notes_on(*left_out, self.bottom.full)

    # -- events ---------------------------------------------------------------

    def _start(self, tag: str, node: LexborNode, trail: Trail) -> None:
        """Begin an element, unless nothing in it is to be visited."""
        attributes = node.attributes
        look = self._looks.of(tag, attributes)
        if look.hidden and tag not in ROOTS:
            self._hidden += _letters(node.text(deep=True) or "")
        elif tag in VOID:
            self._void(tag, attributes)
        else:
            outer = self._state
            kind = self._open(tag, attributes, look, node)
            trail.append((node.iter(include_text=True), tag, kind, outer))

    def _void(self, tag: str, attributes: Attributes) -> None:
        if tag == "br":
            self._mark()
            if self._flow.spans:
                self._flow.flush()
            else:
                self._flow.blank()
        elif tag == "hr":
            self._rule()
        elif tag == "area":
            self._area(attributes)
        elif is_dot(attributes):
            self._trackers += 1
        elif not is_spacer(attributes):
            words, number = self._anchors.picture(attributes, self._state.link)
            if words:
                self._flow.apart()
                self._add(words, number)
                if not self._state.link:
                    self._flow.apart()

    def _open(
        self, tag: str, attributes: Attributes, look: Look, node: LexborNode
    ) -> int:
        """Begin an element; gives how it ends."""
        old = self._state
        kind = KINDS.get(tag, 0)
        if look is not PLAIN or tag in LISTS:
            kind = kind_of(tag, kind, look, old)
        if kind == CELL and not self._rows:
            kind = BLOCK
        if kind:
            self._break(kind, look)
        if look is not PLAIN or tag in CHANGING:
            self._state = old.within(tag, look)
        if kind in (LINK, BLOCK_LINK):
            self._link(attributes.get("href") or "", node)
        elif kind == ROW:
            self._flow.mark()
            self._rows.append(OpenRow())
        elif kind in (CELL, COLUMN):
            self._state.bars = self._state.depth = 0
            row = None if kind == COLUMN else self._rows[-1]
            columns = small_number(attributes.get("colspan"), COLUMNS_MAX)
            self._flow = self._flow.cell(row, look.share, columns)
            self._flow.least = height_of(attributes.get("height"), look.height)
            self._flow.title = tag == "th" or look.ground is not None
            self._flows.append(self._flow)
        elif tag in INDENTING:
            self._enter(tag, kind, old, attributes)
        if kind not in TEXTUAL:
            self._flow.above.gap += look.above
        return kind

    def _end(self, tag: str, kind: int, inner: State) -> None:
        if kind in (LINK, BLOCK_LINK):
            self._mark()
            self._anchors.close(self._flow)
            if kind == BLOCK_LINK:
                self._flow.flush()
            elif inner.after:
                self._flow.apart()
        elif kind in (CELL, COLUMN):
            self._mark()
            self._flow.end(inner.below)
            self._flows.pop()
            self._flow = self._flows[-1]
        elif kind == ROW:
            self._flow.take(self._rows.pop())
        elif kind != INLINE:
            empty = self._padded and not self._flow.spans
            self._break(SPACED if kind == SPACED or empty else BLOCK, PLAIN)
            self._flow.above.gap += inner.below
            if tag == "table":
                self._flow.table = None
        elif inner.after:
            self._flow.apart()
        if tag in INDENTING and kind != INLINE:
            self._flow.first = None
            self._indent()

    # -- lines ----------------------------------------------------------------

    def _break(self, kind: int, look: Look) -> None:
        """What an element does to the line it begins or ends in."""
        flow = self._flow
        if kind == CELL:
            return
        if kind == COLUMN:
            self._mark()
            if flow.spans:
                flow.flush()
            return
        if kind in (LINK, INLINE):
            last = flow.spans[-1] if flow.spans else None
            close = kind == INLINE or look.apart or last is self._anchors.last
            if last is not None and close and not last.text.endswith(" "):
                flow.spans.append(Span(SafeText("  ")))
            return
        self._mark()
        if kind == SPACED:
            flow.blank()
        else:
            flow.flush()
        self._padded = False
        if look.reply:
            self._rule()

    def _rule(self) -> None:
        self._mark()
        self._flow.flush()
        rule = "\u2500" * min(RULE_CELLS, self._flow.width)
        self._flow.literal([Span(SafeText(rule), Style.NOTE)], cut=True)

    # -- text -----------------------------------------------------------------

    def _text(self, raw: str) -> None:
        state = self._state
        if state.lines:
            if not state.unseen:
                self._preformatted(safe_block(raw), state)
        elif not raw.strip(_ASCII_BLANKS):
            if self._flow.spans:
                self._flow.add(" ", state.style, state.link)
        elif state.unseen:
            self._hidden += _letters(raw)
        else:
            self._words(raw, state)

    def _words(self, raw: str, state: State) -> None:
        flow = self._flow
        indent = 0
        if not flow.spans:
            padding = _PADDING.match(raw)
            if padding is not None:
                indent = len(padding[1])
        text = _BLANKS.sub(" ", raw)
        if text == " ":
            self._padded = flow.padded = not flow.spans
            flow.add(" ", state.style, state.link)
            return
        if indent > 1 and not self._rows:
            flow.spans.append(Span(SafeText(" " * min(indent, BLANKS_MAX))))
        if state.shift and text.isdecimal():
            text = text.translate(state.shift)
        self._add(safe_text(text, len(text) + 1))

    def _add(self, text: str, picture: int = 0) -> None:
        state = self._state
        style = state.style
        if not self._flow.spans:
            self._flow.weight = weight(style, state.px)
        if state.link:
            style = Style.LINK
            text = self._anchors.begin(self._flow, text)
        elif style is Style.HEADING:
            if len(text) > TITLE_MAX and not state.titled:
                style = Style.TEXT
        elif state.quote and style is Style.TEXT:
            style = QUOTES[min(state.quote, 4) - 1]
        self._flow.add(text, style, state.link, picture)

    def _preformatted(self, text: str, state: State) -> None:
        style = Style.LINK if state.link else state.style
        for at, line in enumerate(text.split("\n")):
            if self.bottom.full:
                break
            if at:
                self._mark()
                spans = list(self._flow.spans)
                self._flow.spans.clear()
                self._flow.literal(spans)
            if line:
                self._flow.spans.append(Span(SafeText(line), style, state.link))

    # -- links ----------------------------------------------------------------

    def _link(self, href: str, node: LexborNode) -> None:
        self._state.link = self._anchors.open(href, self._state.button, node)

    def _mark(self) -> None:
        """The number of a link behind its text, before the line ends."""
        if self._anchors:
            self._anchors.mark(self._flow)

    def _area(self, attributes: Attributes) -> None:
        """A part of a picture that is a link."""
        words, href = words_of(attributes), attributes.get("href")
        number = self.links.add(href, words) if words and href else 0
        if number:
            self._flow.add(f"[{words}][{number}] ", Style.LINK, number)

    # -- indents --------------------------------------------------------------

    def _enter(self, tag: str, kind: int, old: State, attributes: Attributes) -> None:
        """Begin what is indented."""
        state = self._state
        if tag == "blockquote":
            state.quote += 1
            state.bars += 1
            self._indent()
        elif tag == "dd":
            state.depth += 1
            self._indent()
        elif tag == "li":
            if kind == ITEM:
                self._item(old)
        else:
            state.depth += 1
            state.numbered = (
                small_number(attributes.get("start"), 99_999) if tag == "ol" else -1
            )

    def _item(self, parent: State) -> None:
        """The mark of a list item, hanging in its indent."""
        mark = "\u2022 "
        if parent.numbered >= 0:
            mark = f"{parent.numbered}. "
            parent.numbered += 1
        base = self._base(max(0, self._state.depth - 1))
        room = max(2, len(mark))
        self._flow.first = (*base, Span(SafeText(mark.rjust(room))))
        self._flow.indent = (*base, Span(SafeText(" " * room)))

    def _indent(self) -> None:
        self._flow.indent = self._base(self._state.depth)

    def _base(self, levels: int) -> Line:
        """Quote bars of the current place, and blanks for so many lists."""
        state = self._state
        bars, blanks = min(state.bars, BARS_MAX), min(levels, LEVELS_MAX)
        style = QUOTES[min(max(1, state.quote), 4) - 1]
        quote = (Span(SafeText("> " * bars), style),) if bars else ()
        return (*quote, *((Span(SafeText("  " * blanks)),) if blanks else ()))


def _letters(text: str) -> int:
    """Characters that are not blank, nor there only to be invisible."""
    return len("".join(safe_block(text).split()))
