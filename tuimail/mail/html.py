"""HTML mail as readable text: parsed by lexbor, walked here, nothing ever fetched.

Layout tables are dissolved and data tables kept without guessing: cells that are one
line each and fit stand side by side. What the mail hides stays hidden and is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tuimail.mail.html_bounds import bounded
from tuimail.mail.html_hidden import (
    hides,
    hiding_rules,
    is_dot,
    is_sizeless,
    is_spacer,
)
from tuimail.mail.html_layout import Buffer, OpenRow
from tuimail.mail.links import TEXT_MAX, Links
from tuimail.mail.sanitize import safe_block, safe_text
from tuimail.mail.types import Line, RenderedText, SafeText, Span, Style

SKIP = frozenset(
    "script style head title template iframe object svg math select map noscript audio"
    " video canvas textarea".split()
)
BLOCKS = frozenset(
    "address article aside body caption center dd details dialog div dl dt fieldset"
    " figcaption figure footer form header html legend li main nav ol section summary"
    " tr ul".split()
)
SPACED = frozenset("p h1 h2 h3 h4 h5 h6 ul ol table pre blockquote".split())
LISTS = frozenset(["ul", "ol"])
STYLES = {
    **dict.fromkeys(("b", "strong", "th"), Style.STRONG),
    **dict.fromkeys(("i", "em", "cite"), Style.EMPHASIS),
    **dict.fromkeys(("code", "tt", "kbd", "samp"), Style.CODE),
    **{f"h{level}": Style.HEADING for level in range(1, 7)},
}
QUOTES = (Style.QUOTE1, Style.QUOTE2, Style.QUOTE3, Style.QUOTE4)
BARS_MAX, LEVELS_MAX = 10, 8
"""Quote bars and list levels that are shown."""
RULE_CELLS = 32
SHEETS_MAX = 20
NODES_MAX = 1_000_000
_BLANKS = re.compile(r"[ \t\n\r\f]+")


def render_html(text: str, width: int, first_link: int = 1) -> RenderedText:
    """HTML as wrapped lines, with links and notes on what was left out."""
    text, notes = bounded(text)
    parser = LexborHTMLParser(text)
    walker = Walker(width, _rules(parser), first_link)
    if parser.root is not None:
        walker.walk(parser.root)
    lines = walker.bottom.lines()
    return RenderedText(
        tuple(lines), tuple(walker.links.found), (*notes, *walker.notes())
    )


def _rules(parser: LexborHTMLParser) -> frozenset[str]:
    rules: set[str] = set()
    for node in parser.css("style")[:SHEETS_MAX]:
        rules |= hiding_rules(node.text(deep=True) or "")
    return frozenset(rules)


@dataclass(slots=True)
class State:
    """What an element changes for what is inside it."""

    style: Style = Style.TEXT
    link: int = 0
    pre: bool = False
    sizeless: bool = False
    quote: int = 0
    """Quotes around this, for its colour."""
    bars: int = 0
    """Quotes around this within its flow, for its indent."""
    numbered: int = -1
    """Number of the next list item; -1 in a list without numbers."""
    depth: int = 0
    """Nested lists within its flow."""
    shown: int = 0
    """Characters that were shown before it."""
    cell: bool = False


class Walker:
    """Goes through the tree once, without recursion."""

    def __init__(self, width: int, rules: frozenset[str], first_link: int = 1) -> None:
        self.links = Links(first_link)
        self.bottom = Buffer(width)
        self._flows = [self.bottom]
        self._rows: list[OpenRow] = []
        self._states = [State()]
        self._rules = rules
        self._shown = self._hidden = self._trackers = 0

    @property
    def _flow(self) -> Buffer:
        return self._flows[-1]

    def walk(self, root: LexborNode) -> None:
        """Visit every node in order; text, starts and ends of elements."""
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack and not self.bottom.full:
            node, ended = stack.pop()
            if ended:
                self._end(node.tag or "")
                continue
            if node.tag == "-text":
                self._text(node.text_content or "")
                continue
            if not self._start(node):
                continue
            stack.append((node, True))
            stack.extend((each, False) for each in reversed(_children(node)))

    def notes(self) -> tuple[SafeText, ...]:
        """What was left out, one sentence each."""
        said = []
        if self._hidden:
            said.append(_counted(self._hidden, "hidden character", "not shown"))
        if self._trackers:
            said.append(_counted(self._trackers, "tracking image", "not fetched"))
        if self.bottom.full:
            said.append("The text is too long; its end is not shown.")
        return tuple(SafeText(each) for each in said)

    # -- events ---------------------------------------------------------------

    def _start(self, node: LexborNode) -> bool:
        """Begin an element; False when nothing in it is to be visited."""
        tag = node.tag or ""
        if tag in SKIP or tag.startswith(("-", "!")):
            return tag == "-document"
        attributes = node.attributes
        if tag not in ("html", "body") and hides(attributes, self._rules):
            self._hidden += _letters(node.text(deep=True) or "")
            return False
        if tag in ("br", "hr", "img"):
            self._void(tag, attributes)
            return False
        self._open(tag, attributes, node)
        return True

    def _void(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            if self._flow.spans:
                self._flow.flush()
            else:
                self._flow.blank()
        elif tag == "hr":
            self._flow.flush()
            rule = "\u2500" * min(RULE_CELLS, self._flow.width)
            self._flow.literal([Span(SafeText(rule), Style.NOTE)])
        elif is_dot(attributes):
            self._trackers += 1
        elif not is_spacer(attributes):
            alt = safe_text(attributes.get("alt") or "", 200).strip()
            if alt:
                self._add(f"[{alt}]")

    def _open(
        self, tag: str, attributes: dict[str, str | None], node: LexborNode
    ) -> None:
        old = self._states[-1]
        sizeless = is_sizeless(attributes.get("style") or "")
        state = State(
            style=STYLES.get(tag, old.style),
            link=old.link,
            pre=old.pre or tag == "pre",
            sizeless=old.sizeless if sizeless is None else sizeless,
            quote=old.quote + (tag == "blockquote"),
            bars=old.bars + (tag == "blockquote"),
            numbered=old.numbered,
            depth=old.depth + (tag in LISTS),
            shown=self._shown,
        )
        if tag in SPACED and not (tag in LISTS and old.depth):
            self._flow.blank()
        elif tag in BLOCKS:
            self._flow.flush()
        self._states.append(state)
        match tag:
            case "a":
                state.link = self._link(attributes.get("href") or "", node)
            case "ul" | "ol":
                state.numbered = 1 if tag == "ol" else -1
            case "li":
                self._item(old)
            case "blockquote":
                self._indent()
            case "tr":
                self._flow.mark()
                self._rows.append(OpenRow())
            case "td" | "th" if self._rows:
                state.cell, state.bars, state.depth = True, 0, 0
                self._flows.append(self._flow.cell(self._rows[-1]))

    def _end(self, tag: str) -> None:
        if tag == "-document":
            return
        state = self._states.pop()
        if tag == "a" and state.link and self._shown > state.shown:
            self._flow.add(f"[{state.link}]", Style.LINK, state.link)
        elif state.cell:
            self._flow.flush()
            self._flows.pop()
        elif tag == "tr" and self._rows:
            self._flow.take(self._rows.pop())
        elif tag in SPACED and not (tag in LISTS and self._states[-1].depth):
            self._flow.blank()
        elif tag in BLOCKS:
            self._flow.flush()
        if tag in ("blockquote", "li", "ul", "ol"):
            self._flow.first = None
            self._indent()

    # -- text -----------------------------------------------------------------

    def _text(self, raw: str) -> None:
        state = self._states[-1]
        if state.sizeless:
            self._hidden += _letters(raw)
        elif state.pre:
            self._preformatted(safe_block(raw), state)
        else:
            text = _BLANKS.sub(" ", raw)
            if text != " " or self._flow.spans:
                self._add(safe_text(text, len(text) + 1))

    def _add(self, text: str) -> None:
        state = self._states[-1]
        style = state.style
        if state.link:
            style = Style.LINK
        elif state.quote and style is Style.TEXT:
            style = QUOTES[min(state.quote, 4) - 1]
        self._shown += len(text.strip())
        self._flow.add(text, style, state.link)

    def _preformatted(self, text: str, state: State) -> None:
        style = Style.LINK if state.link else Style.CODE
        self._shown += len(text.strip())
        for at, line in enumerate(text.split("\n")):
            if self.bottom.full:
                break
            if at:
                spans = list(self._flow.spans)
                self._flow.spans.clear()
                self._flow.literal(spans)
            if line:
                self._flow.spans.append(Span(SafeText(line), style, state.link))

    def _link(self, href: str, node: LexborNode) -> int:
        return self.links.add(href, _glance(node)) if href else 0

    # -- indents --------------------------------------------------------------

    def _item(self, parent: State) -> None:
        """The mark of a list item, hanging in its indent."""
        mark = "\u2022 "
        if parent.numbered > 0:
            mark = f"{parent.numbered}. "
            parent.numbered += 1
        base = self._base(max(0, self._states[-1].depth - 1))
        room = max(2, len(mark))
        self._flow.first = (*base, Span(SafeText(mark.rjust(room))))
        self._flow.indent = (*base, Span(SafeText(" " * room)))

    def _indent(self) -> None:
        self._flow.indent = self._base(self._states[-1].depth)

    def _base(self, levels: int) -> Line:
        """Quote bars of the current place, and blanks for so many lists."""
        state = self._states[-1]
        bars, blanks = min(state.bars, BARS_MAX), min(levels, LEVELS_MAX)
        style = QUOTES[min(max(1, state.quote), 4) - 1]
        quote = (Span(SafeText("> " * bars), style),) if bars else ()
        return (*quote, *((Span(SafeText("  " * blanks)),) if blanks else ()))


def _counted(count: int, what: str, done: str) -> str:
    verb = "is" if count == 1 else "are"
    return f"{count} {what}{'' if count == 1 else 's'} {verb} {done}."


def _letters(text: str) -> int:
    """Characters that are not blank, nor there only to be invisible."""
    return len("".join(safe_block(text).split()))


def _children(node: LexborNode, most: int = NODES_MAX) -> list[LexborNode]:
    children: list[LexborNode] = []
    child = node.child
    while child is not None and len(children) < most:
        children.append(child)
        child = child.next
    return children


def _glance(node: LexborNode) -> str:
    """The text of a link, or of its pictures, as far as it is worth looking at."""
    pieces: list[str] = []
    alts: list[str] = []
    stack, size, seen = [node], 0, 0
    while stack and size < TEXT_MAX and seen < 200:
        each = stack.pop()
        seen += 1
        if each.tag == "-text":
            pieces.append((each.text_content or "")[:TEXT_MAX])
            size += len(pieces[-1].strip())
        elif each.tag == "img":
            alts.append((each.attributes.get("alt") or "")[:TEXT_MAX])
        stack += reversed(_children(each, 200))
    return "".join(pieces) if size else " ".join(alts)
