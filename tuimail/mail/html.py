"""HTML mail as readable text: parsed by lexbor, walked here, nothing ever fetched.

Layout tables are dissolved and data tables kept without guessing: cells that are one
line each and fit stand side by side. What the mail hides stays hidden and is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tuimail.mail.html_hidden import hides, hiding_rules, is_tracker
from tuimail.mail.html_layout import Buffer
from tuimail.mail.links import Links
from tuimail.mail.sanitize import safe_block, safe_text
from tuimail.mail.types import RenderedText, SafeText, Span, Style

HTML_MAX = 1024 * 1024
TAGS_MAX = 100_000
NESTING_MAX = 400
"""Open tags of one kind without an end: more takes the parser seconds."""
SKIP = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "iframe",
        "object",
        "svg",
        "math",
        "select",
        "map",
        "noscript",
        "audio",
        "video",
        "canvas",
        "textarea",
    ]
)
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "html",
        "legend",
        "main",
        "nav",
        "section",
        "summary",
    ]
)
SPACED = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"]
)
STYLES = {
    "b": Style.STRONG,
    "strong": Style.STRONG,
    "th": Style.STRONG,
    "i": Style.EMPHASIS,
    "em": Style.EMPHASIS,
    "cite": Style.EMPHASIS,
    "code": Style.CODE,
    "tt": Style.CODE,
    "kbd": Style.CODE,
    **{f"h{level}": Style.HEADING for level in range(1, 7)},
}
QUOTES = (Style.QUOTE1, Style.QUOTE2, Style.QUOTE3, Style.QUOTE4)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_SPACED_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
_STYLE_TAG = re.compile(r"<style", re.I)
_VOID = frozenset(
    ["br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "source"]
)


def render_html(text: str, width: int) -> RenderedText:
    """HTML as wrapped lines, with links and notes on what was left out."""
    text, notes = _bounded(text)
    parser = LexborHTMLParser(text)
    walker = Walker(width, _rules(parser))
    root = parser.root
    if root is not None:
        walker.walk(root)
    lines = walker.bottom.lines()
    return RenderedText(
        tuple(lines), tuple(walker.links.found), (*notes, *walker.notes())
    )


def _bounded(text: str) -> tuple[str, tuple[SafeText, ...]]:
    """Cut what would take the parser or the walker too long."""
    notes: tuple[SafeText, ...] = ()
    if len(text) > HTML_MAX:
        text = text[:HTML_MAX]
        notes = (SafeText("Only the first MiB of this HTML is shown."),)
    depth: dict[str, int] = {}
    open_tags = 0
    for count, found in enumerate(_SPACED_TAG.finditer(text)):
        name = found[2].lower()
        if name in _VOID:
            continue
        step = -1 if found[1] else 1
        depth[name] = max(0, depth.get(name, 0) + step)
        open_tags = max(0, open_tags + step)
        unclosed = depth[name] > NESTING_MAX and name not in ("p", "li")
        if unclosed or count > TAGS_MAX or open_tags > 5 * NESTING_MAX:
            said = SafeText("This HTML is nested or long beyond reason; it was cut.")
            return text[: found.start()], (*notes, said)
    return text, notes


def _rules(parser: LexborHTMLParser) -> frozenset[str]:
    rules: set[str] = set()
    for node in parser.css("style")[:20]:
        rules |= hiding_rules(node.text(deep=True) or "")
    return frozenset(rules)


@dataclass(slots=True)
class State:
    """What an element changes for what is inside it."""

    style: Style = Style.TEXT
    link: int = 0
    pre: bool = False
    quote: int = 0
    numbered: int = -1
    """Number of the next list item; -1 in a list without numbers."""
    depth: int = 0
    """Nested lists."""


class Walker:
    """Goes through the tree once, without recursion."""

    def __init__(self, width: int, rules: frozenset[str]) -> None:
        self.links = Links()
        self.bottom = Buffer(width)
        self._flows = [self.bottom]
        self._rows: list[list[Buffer]] = []
        self._states = [State()]
        self._rules = rules
        self._hidden = 0
        self._trackers = 0

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
            children = []
            child = node.child
            while child is not None:
                children.append(child)
                child = child.next
            stack.extend((each, False) for each in reversed(children))

    def notes(self) -> tuple[SafeText, ...]:
        """What was left out, one sentence each."""
        said = []
        if self._hidden:
            said.append(f"{self._hidden} hidden characters are not shown.")
        if self._trackers:
            count = self._trackers
            word = "tracking image was" if count == 1 else "tracking images were"
            said.append(f"{count} {word} left out.")
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
            self._hidden += len("".join((node.text(deep=True) or "").split()))
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
            self._flow.literal("\u2500" * min(32, self._flow.width), Style.NOTE)
        elif is_tracker(attributes):
            self._trackers += 1
        else:
            alt = safe_text(attributes.get("alt") or "", 200).strip()
            if alt:
                self._add(f"[{alt}]")

    def _open(
        self, tag: str, attributes: dict[str, str | None], node: LexborNode
    ) -> None:
        old = self._states[-1]
        state = State(
            STYLES.get(tag, old.style),
            old.link,
            old.pre or tag == "pre",
            old.quote + (tag == "blockquote"),
            old.numbered,
            old.depth + (tag in ("ul", "ol")),
        )
        if tag in SPACED and not (tag in ("ul", "ol") and old.depth):
            self._flow.blank()
        elif tag in BLOCKS or tag in ("ul", "ol", "li", "tr"):
            self._flow.flush()
        self._states.append(state)
        match tag:
            case "a":
                href = attributes.get("href") or ""
                shown = node.text(deep=True) or ""
                state.link = self.links.add(href, shown[:1000]) if href else 0
            case "ul" | "ol":
                state.numbered = 1 if tag == "ol" else -1
            case "li":
                self._item(old)
            case "blockquote":
                self._indent()
            case "tr":
                self._rows.append([])
            case "td" | "th" if self._rows:
                cell = Buffer(self._flow.width)
                self._rows[-1].append(cell)
                self._flows.append(cell)

    def _end(self, tag: str) -> None:
        if tag == "-document" or tag in SKIP:
            return
        state = self._states.pop()
        if tag == "a" and state.link:
            self._flow.add(f"[{state.link}]", Style.LINK, state.link)
        elif tag in ("td", "th") and len(self._flows) > 1:
            self._flow.flush()
            self._flows.pop()
        elif tag == "tr" and self._rows:
            self._flow.take(self._rows.pop())
        elif tag in SPACED:
            inner = tag in ("ul", "ol") and self._states[-1].depth
            (self._flow.flush if inner else self._flow.blank)()
        elif tag in BLOCKS or tag == "li":
            self._flow.flush()
        if tag in ("blockquote", "li", "ul", "ol"):
            self._flow.first = None
            self._indent()

    def _text(self, raw: str) -> None:
        state = self._states[-1]
        if state.pre:
            self._preformatted(safe_block(raw), state)
            return
        text = _BLANKS.sub(" ", raw)
        if text == " " and not self._flow.spans:
            return
        self._add(safe_text(text, len(text) + 1))

    def _add(self, text: str) -> None:
        state = self._states[-1]
        style = state.style
        if state.link:
            style = Style.LINK
        elif state.quote and style is Style.TEXT:
            style = QUOTES[min(state.quote, 4) - 1]
        self._flow.add(text, style, state.link)

    def _preformatted(self, text: str, state: State) -> None:
        lines = text.split("\n")
        for line in lines[:-1]:
            self._flow.literal(
                "".join(s.text for s in self._flow.spans) + line, Style.CODE
            )
            self._flow.spans.clear()
        if lines[-1]:
            self._flow.spans.append(Span(SafeText(lines[-1]), Style.CODE, state.link))

    def _item(self, parent: State) -> None:
        """The mark of a list item, hanging in its indent."""
        mark = "\u2022 "
        if parent.numbered > 0:
            mark = f"{parent.numbered}. "
            parent.numbered += 1
        self._indent()
        base = self._flow.indent[: -1 if self._states[-1].depth else None]
        room = max(2, len(mark))
        self._flow.first = (*base, Span(SafeText(mark.rjust(room)), Style.TEXT))
        self._flow.indent = (*base, Span(SafeText(" " * room)))

    def _indent(self) -> None:
        """Quote bars and list indents of the current place."""
        state = self._states[-1]
        style = QUOTES[min(state.quote, 4) - 1] if state.quote else Style.TEXT
        quote = (Span(SafeText("> " * min(state.quote, 10)), style),)
        indent = (Span(SafeText("  ")),) * min(state.depth, 8)
        self._flow.indent = (*(quote if state.quote else ()), *indent)
