"""Links of HTML mail: their numbers, buttons, and pictures that are links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tuimail.mail.html_layout import Buffer
from tuimail.mail.html_picture import (
    ANYTHING,
    is_asking,
    is_noise,
    site_of,
    symbol_of,
    words_of,
)
from tuimail.mail.links import TEXT_MAX, Links
from tuimail.mail.pictures import reference
from tuimail.mail.types import SafeText, Span, Style

ANCHORS_MAX = 2000
BUTTON_MAX = 40
"""Characters of a link that is shown as a button."""
OFTEN = 3
"""Pictures with the same words from which on these are no description."""
_LOOKED_AT = 200
"""Nodes within a link that are looked at."""


@dataclass(slots=True)
class Anchor:
    """A link that is being read."""

    link: int
    target: str
    text: str
    """What is to be read in it, in lower case, without pictures."""
    button: bool
    begun: bool = False
    marked: bool = False


class Anchors:
    """The links around the current place, the innermost last."""

    def __init__(
        self, links: Links, parser: LexborHTMLParser, pictures: Mapping[str, int]
    ) -> None:
        """`pictures` are names of those that will be shown, and their numbers."""
        self._pictures = pictures
        self.last: Span | None = None
        """The span that ended the last link."""
        self._mark: Span | None = None
        """The last number of a link."""
        self._glances: dict[int, tuple[str, str, int]] = {}
        self._links = links
        self._open: list[Anchor] = []
        self._pictured: set[str] = set()
        self._said: dict[str, set[str]] = {}
        """What links to a target say in words, wherever they stand."""
        self._repeated, self._often = _often(parser)
        for node in parser.css("a[href]")[:ANCHORS_MAX]:
            glance = self._glances[node.mem_id] = _glance(node)
            text = " ".join(glance[0].split()).lower()
            if text:
                href = node.attributes.get("href") or ""
                self._said.setdefault(href, set()).add(text)

    def __bool__(self) -> bool:
        return bool(self._open)

    def open(self, href: str, button: bool, node: LexborNode) -> int:
        """Begin a link; its number, 0 for one that is not offered."""
        text, alts, pictures = self._glances.get(node.mem_id) or _glance(node)
        shown = " ".join(text.split()).lower()
        number = 0
        if href and (shown or pictures):
            number = self._links.add(href, text if shown else alts)
        button = button and bool(number) and 0 < len(shown) <= BUTTON_MAX
        self._open.append(Anchor(number, href, shown, button))
        return number

    def begin(self, flow: Buffer, text: str) -> str:
        """The first text of a button gets its frame."""
        anchor = self._open[-1] if self._open else None
        if anchor is None or not anchor.button or anchor.begun or not text.strip():
            return text
        anchor.begun = True
        flow.add("[ ", Style.LINK, anchor.link)
        return text.lstrip()

    def mark(self, flow: Buffer) -> None:
        """Put the number behind the first line of the innermost link."""
        anchor, spans = self._open[-1], flow.spans
        if not anchor.link or anchor.marked:
            return
        blank = "" if anchor.text else " "
        while spans and not spans[-1].text.strip(" "):
            blank = " "
            spans.pop()
        if not spans or spans[-1].link != anchor.link:
            return
        last = spans[-1]
        if last.text.endswith(" "):
            blank = " "
            spans[-1] = last._replace(text=SafeText(last.text.rstrip(" ")))
        anchor.marked = True
        if last is self._mark:
            return
        frame = " ]" if anchor.begun else ""
        self._mark = Span(SafeText(f"{frame}[{anchor.link}]"), Style.LINK, anchor.link)
        spans.append(self._mark)
        if blank:
            spans.append(Span(SafeText(blank)))

    def close(self, flow: Buffer) -> None:
        """End the innermost link."""
        self._open.pop()
        self.last = flow.spans[-1] if flow.spans else None

    def picture(
        self, attributes: Mapping[str, str | None], link: int
    ) -> tuple[str, int]:
        """What stands for a picture here, and its number when it will be shown.

        There is always something for one that is shown; otherwise 0, and `''` for one
        that adds nothing.
        """
        source = attributes.get("src") if self._pictures else None
        number = self._pictures.get(reference(source), 0) if source else 0
        words = self._words(attributes, link)
        if number and not words:
            words = words_of(attributes) or ANYTHING
        return (f"[{words}]" if words else symbol_of(attributes)), number

    def _words(self, attributes: Mapping[str, str | None], link: int) -> str:
        """What stands for a picture here; `''` for one that adds nothing."""
        words = words_of(attributes)
        noise = is_noise(words) or words.casefold() in self._often
        anchor = self._open[-1] if self._open and link else None
        if anchor is None:
            return "" if noise else words
        low = words.lower()
        if anchor.text:
            known = noise or low in anchor.text or words.casefold() in self._repeated
            return "" if known else words
        said = self._said.get(anchor.target, ())
        if any(noise or low in text for text in said):
            return ""
        if noise:
            if anchor.target in self._pictured:
                return ""
            site = site_of(attributes, anchor.target)
            if not words or site != ANYTHING or is_asking(words):
                words = site
        self._pictured.add(anchor.target)
        return words


def _often(parser: LexborHTMLParser) -> tuple[frozenset[str], frozenset[str]]:
    """Alternative texts of many pictures, and of so many different ones that they
    tell nothing."""
    files: dict[str, list[str]] = {}
    for node in parser.css("img")[:ANCHORS_MAX]:
        words = words_of(node.attributes).casefold()
        files.setdefault(words, []).append(node.attributes.get("src") or "")
    many = frozenset(words for words, all_of in files.items() if len(all_of) >= OFTEN)
    return many, frozenset(words for words in many if len(set(files[words])) >= OFTEN)


def _glance(node: LexborNode) -> tuple[str, str, int]:
    """The text of a link, that of its pictures, and how many of them there are.

    As far as it is worth looking.
    """
    pieces: list[str] = []
    alts: list[str] = []
    stack, size, seen = [node], 0, 0
    while stack and size < TEXT_MAX and seen < _LOOKED_AT:
        each = stack.pop()
        seen += 1
        tag = each.tag
        if tag == "-text":
            pieces.append((each.text_content or "")[:TEXT_MAX])
            size += len(pieces[-1].strip())
        elif tag == "img":
            alts.append((each.attributes.get("alt") or "")[:TEXT_MAX])
        else:
            inner: list[LexborNode] = []
            for child in each.iter(include_text=True):
                inner.append(child)
                if len(inner) >= _LOOKED_AT:
                    break
            stack += reversed(inner)
    return "".join(pieces), " ".join(alts), len(alts)
