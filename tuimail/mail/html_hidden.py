"""What an HTML mail hides from its reader: by attribute, inline style, or class.

A font of no size hides text but not what is inside with a size of its own: builders of
newsletters set it on every cell, to get rid of gaps. And what hides in one program only
(`mso-hide`) is there to be seen in all others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

STYLE_MAX = 2000
SHEET_MAX = 65_536
_HIDING = re.compile(
    r"(?<![-\w])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|"
    r"(?:opacity|max-height)\s*:\s*0(?:\.0+)?(?:px|pt|em|%)?\s*(?:[;!]|$)|"
    r"color\s*:\s*transparent|(?:left|top|text-indent)\s*:\s*-\d{3,5}(?:px|em))",
    re.I,
)
_FLAT = re.compile(r"(?<![-\w])(?:height|width)\s*:\s*0(?:px)?\s*(?:[;!]|$)", re.I)
_CLIPPED = re.compile(r"(?<![-\w])overflow\s*:\s*hidden", re.I)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([#\w]{3,20})", re.I)
_GROUND = re.compile(r"(?<![-\w])background(?:-color)?\s*:\s*([#\w]{3,20})", re.I)
_WHITE = {"white": "#ffffff", "#fff": "#ffffff", "black": "#000000", "#000": "#000000"}
_FONT = re.compile(r"(?<![-\w])font(?:-size)?\s*:\s*(\S{1,20})", re.I)
_NO_SIZE = re.compile(r"(?:0(?:\.0+)?(?:px|pt|r?em|%)?|1px)(?:[;!/]|$)", re.I)
_SIMPLE = re.compile(r"[a-z0-9]{0,20}([.#][\w-]{1,80})", re.I)
_DOT = re.compile(r"(?<![-\w])(width|height)\s*:\s*[01](?:px)?\s*(?:[;!]|$)", re.I)
_TINY = {"0", "1", "0px", "1px"}
_RULES_MAX = 2000


def hides(attributes: Mapping[str, str | None], rules: frozenset[str]) -> bool:
    """Whether an element, with all that is in it, is not meant to be seen."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if style and (hides_by_style(style) or _is_camouflaged(style)):
        return True
    if not rules:
        return False
    names = [f".{name}" for name in (attributes.get("class") or "")[:1000].split()]
    names.append(f"#{attributes.get('id')}")
    return not rules.isdisjoint(names)


def hides_by_style(style: str) -> bool:
    """Whether an inline style or the body of a rule hides."""
    style = style[:STYLE_MAX]
    if _HIDING.search(style):
        return True
    return bool(_CLIPPED.search(style) and _FLAT.search(style))


def is_sizeless(style: str) -> bool | None:
    """Whether a style sets a font too small to be seen; None when it sets no font."""
    found = _FONT.search(style[:STYLE_MAX])
    return None if found is None else bool(_NO_SIZE.match(found[1]))


def _is_camouflaged(style: str) -> bool:
    """Text in the very colour of its own ground."""
    colour, ground = _COLOUR.search(style), _GROUND.search(style)
    return bool(colour and ground) and _hex(colour) == _hex(ground)


def _hex(found: re.Match[str] | None) -> str:
    word = found[1].lower() if found else ""
    return _WHITE.get(word, word)


def hiding_rules(sheet: str) -> frozenset[str]:
    """Classes and ids that a style sheet hides at its top level.

    Rules inside @media are for other screens: phones get what others do not.
    """
    rules: set[str] = set()
    sheet = sheet[:SHEET_MAX]
    depth = start = 0
    selector = ""
    for found in re.finditer(r"[{}]", sheet):
        at = found.start()
        if found[0] == "{":
            depth += 1
            if depth == 1:
                selector, start = sheet[start:at], at + 1
        elif depth:
            depth -= 1
            if depth == 0:
                if not selector.lstrip().startswith("@"):
                    _add_rules(selector, sheet[start:at], rules)
                start = at + 1
    return frozenset(rules)


def _add_rules(selector: str, body: str, rules: set[str]) -> None:
    if len(rules) > _RULES_MAX or not hides_by_style(body):
        return
    for each in selector.rpartition("*/")[2].split(",")[:50]:
        found = _SIMPLE.fullmatch(each.strip())
        if found is not None:
            rules.add(found[1])


def is_dot(attributes: Mapping[str, str | None]) -> bool:
    """Whether an image is too small both ways to be there for being seen."""
    style = (attributes.get("style") or "")[:STYLE_MAX]
    small = {found[1].lower() for found in _DOT.finditer(style)}
    for name in ("width", "height"):
        if (attributes.get(name) or "").strip() in _TINY:
            small.add(name)
    return len(small) == 2


def is_spacer(attributes: Mapping[str, str | None]) -> bool:
    """Whether an image is a line or a gap."""
    sizes = (attributes.get("width"), attributes.get("height"))
    return any(size is not None and size.strip() in _TINY for size in sizes)
