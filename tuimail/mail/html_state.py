"""What is known at a place of an HTML tree: the elements around it, in short."""

from __future__ import annotations

from dataclasses import dataclass

from tuimail.mail.html_above import BODY_PX
from tuimail.mail.html_colour import BLACK, WHITE, Colour
from tuimail.mail.html_look import Look
from tuimail.mail.types import Style

BLOCK, SPACED, CELL, ROW, LINK, BLOCK_LINK, ITEM, INLINE, COLUMN = range(1, 10)
"""How an element begins and ends; 0 for one that changes no line."""
TEXTUAL = frozenset([0, LINK, INLINE])
"""What stands within a line."""
HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
LISTS = frozenset(["ul", "ol"])
QUOTES = (Style.QUOTE1, Style.QUOTE2, Style.QUOTE3, Style.QUOTE4)
KINDS = {
    **dict.fromkeys(
        "address article aside body caption center dd details dialog dir div dl dt"
        " fieldset figcaption figure footer form header html legend main menu nav"
        " optgroup option section summary tbody tfoot thead".split(),
        BLOCK,
    ),
    **dict.fromkeys("p ul ol table pre blockquote".split(), SPACED),
    **dict.fromkeys(HEADINGS, SPACED),
    **dict.fromkeys(("td", "th"), CELL),
    "tr": ROW,
    "a": LINK,
    "li": ITEM,
}
FLOWING = frozenset("p div li dd dt section article nav header footer address".split())
"""What `display: inline` puts into the line."""
COLUMNS = frozenset(["div", "table", "span"])
"""What can be a column beside the next one."""
STYLES = {
    **dict.fromkeys(("b", "strong", "th", "dt", "summary"), Style.STRONG),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), Style.EMPHASIS),
    **dict.fromkeys(("code", "tt", "kbd", "samp", "pre"), Style.CODE),
    **dict.fromkeys(("del", "s", "strike"), Style.REMOVED),
    **dict.fromkeys(("small", "footer"), Style.SIGNATURE),
    **dict.fromkeys(HEADINGS, Style.HEADING),
}
_SUPER = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUB = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SHIFTS = {"sup": _SUPER, "sub": _SUB}
CHANGING = frozenset(
    [*STYLES, *SHIFTS, *LISTS, "td", "a", "li", "dd", "th", "blockquote"]
)
"""What changes a state by its name alone."""


@dataclass(slots=True)
class State:
    """What an element changes for what is inside it; shared where nothing changes."""

    style: Style = Style.TEXT
    titled: bool = False
    """Within a heading, which fonts do not unmake."""
    link: int = 0
    lines: bool = False
    """Line ends and blanks of the source count."""
    sizeless: bool = False
    ink: Colour = BLACK
    ground: Colour = WHITE
    quote: int = 0
    """Quotes around this, for its colour."""
    bars: int = 0
    """Quotes around this within its flow, for its indent."""
    numbered: int = -1
    """Number of the next list item; -1 in a list without numbers."""
    depth: int = 0
    """Nested lists within its flow."""
    button: bool = False
    """What is a link here is a button."""
    shift: dict[int, int] | None = None
    """Digits above or below the line."""
    px: float = BODY_PX
    """The size of letters."""
    below: float = 0.0
    """Pixels that this element leaves free below."""
    after: bool = False
    """It leaves room behind it."""

    @property
    def unseen(self) -> bool:
        """Whether text here is there but cannot be seen."""
        return self.sizeless or self.ink.hides_on(self.ground)

    def within(self, tag: str, look: Look) -> State:
        """What holds inside one more element."""
        state = State(
            self.style,
            self.titled or tag in HEADINGS,
            self.link,
            self.lines or tag == "pre" if look.lines is None else look.lines,
            self.sizeless if look.sizeless is None else look.sizeless,
            self.ink if look.ink is None else look.ink,
            self.ground if look.ground is None else look.ground,
            self.quote,
            self.bars,
            self.numbered,
            self.depth,
            self.button or look.button,
            SHIFTS.get(tag),
            look.px or self.px,
            look.below,
            look.after,
        )
        state._restyle(tag, look)
        return state

    def _restyle(self, tag: str, look: Look) -> None:
        if self.titled:
            self.style = Style.HEADING
            return
        if tag in STYLES:
            self.style = STYLES[tag]
        if look.style is not None and self.style is not Style.CODE:
            if look.style is not Style.TEXT:
                self.style = look.style
            elif look.plain or self.style is Style.HEADING:
                self.style = Style.TEXT
        if look.quiet and self.style is Style.TEXT:
            self.style = Style.SIGNATURE


NOTHING = State()
"""Of an element that changes nothing."""


def kind_of(tag: str, kind: int, look: Look, old: State) -> int:
    """How an element begins and ends when its style has a say."""
    display = look.display
    if look.share and tag in COLUMNS:
        return COLUMN
    if tag in LISTS:
        return BLOCK if old.depth else kind
    if tag in FLOWING and display.startswith("inline"):
        if display == "inline" or tag == "li":
            return INLINE
    elif kind == LINK:
        return BLOCK_LINK if display == "block" else LINK
    elif not kind:
        if display in ("block", "table", "list-item", "flex", "grid"):
            return BLOCK
        if display == "inline-block" and (look.apart or look.after):
            return INLINE
    elif tag == "p" and look.tight:
        return BLOCK
    return kind
