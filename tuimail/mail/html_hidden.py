"""What an HTML mail hides from its reader: by attribute, inline style, or class."""

from __future__ import annotations

import re
from collections.abc import Mapping

STYLE_MAX = 2000
SHEET_MAX = 65_536
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|"
    r"opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)|"
    r"(?:max-height|font-size|line-height)\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)|"
    r"font-size\s*:\s*1px|(?:left|top|text-indent)\s*:\s*-\d{3,5}(?:px|em)",
    re.I,
)
_TRANSPARENT = re.compile(r"(?<![-\w])color\s*:\s*transparent", re.I)
_SIMPLE = re.compile(r"^[a-z0-9]*([.#][\w-]{1,80})$", re.I)
_TINY = {"0", "1", "0px", "1px"}


def hides(attributes: Mapping[str, str | None], rules: frozenset[str]) -> bool:
    """Whether an element is not meant to be seen."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if style and hides_by_style(style):
        return True
    if not rules:
        return False
    names = [f".{name}" for name in (attributes.get("class") or "")[:1000].split()]
    names.append(f"#{attributes.get('id')}")
    return not rules.isdisjoint(names)


def hides_by_style(style: str) -> bool:
    """Whether an inline style or the body of a rule hides."""
    style = style[:STYLE_MAX]
    return bool(_HIDING.search(style) or _TRANSPARENT.search(style))


def hiding_rules(sheet: str) -> frozenset[str]:
    """Classes and ids that a style sheet hides at its top level.

    Rules inside @media are for other screens: phones get what others do not.
    """
    rules: set[str] = set()
    sheet = sheet[:SHEET_MAX]
    depth = start = 0
    selector = ""
    for at, character in enumerate(sheet):
        if character == "{":
            depth += 1
            if depth == 1:
                selector, start = sheet[start:at], at + 1
        elif character == "}" and depth:
            depth -= 1
            if depth == 0:
                if not selector.lstrip().startswith("@"):
                    _add_rules(selector, sheet[start:at], rules)
                start = at + 1
    return frozenset(rules)


def _add_rules(selector: str, body: str, rules: set[str]) -> None:
    if not hides_by_style(body):
        return
    for each in selector.split(",")[:50]:
        found = _SIMPLE.match(each.strip())
        if found is not None:
            rules.add(found[1])


def is_tracker(attributes: Mapping[str, str | None]) -> bool:
    """Whether an image is there to be fetched, not to be seen."""
    sizes = (attributes.get("width"), attributes.get("height"))
    if any(size is not None and size.strip() in _TINY for size in sizes):
        return True
    style = attributes.get("style") or ""
    return bool(
        re.search(r"(?<![-\w])(?:width|height)\s*:\s*[01]px", style[:STYLE_MAX])
    )
