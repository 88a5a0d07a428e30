"""What a style sheet hides or paints, by the names of its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tuimail.mail.html_look import Sheet, declared, hides, is_tight

SHEET_MAX = 65_536
SELECTORS_MAX = 50
RULES_MAX = 2000
_SIMPLE = re.compile(r"[a-z0-9]{0,20}([.#][\w-]{1,80})", re.I)
_NAMES = re.compile(r"[.#]?[\w-]{1,80}")
_JOINTS = re.compile(r"[\s>+~]+")
_PAINTS = ("background", "color")


def read_sheets(sheets: Iterable[str]) -> Sheet:
    """What style sheets say at their top level.

    Rules inside @media are for other screens: phones get what others do not.
    """
    hiding: set[str] = set()
    painted: set[str] = set()
    tight: set[str] = set()
    blocks: set[str] = set()
    for sheet in sheets:
        for selector, body in _rules(sheet[:SHEET_MAX]):
            if max(map(len, (hiding, painted, tight, blocks))) > RULES_MAX:
                break
            said = declared(body)
            if hides(said):
                hiding.update(_simple(selector))
                continue
            if any(name.startswith(_PAINTS) for name in said):
                painted.update(_painted(selector))
            if said.get("display") == "block":
                blocks.update(_simple(selector))
            if is_tight(said):
                tight.update(_paragraphs(selector))
    return Sheet(*map(frozenset, (hiding, painted, tight, blocks)))


def _rules(sheet: str) -> Iterable[tuple[str, str]]:
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
                    yield selector.rpartition("*/")[2], sheet[start:at]
                start = at + 1


def _simple(selector: str) -> Iterable[str]:
    for each in selector.split(",")[:SELECTORS_MAX]:
        found = _SIMPLE.fullmatch(each.strip())
        if found is not None:
            yield found[1]


def _paragraphs(selector: str) -> Iterable[str]:
    """`p` itself, or the classes of some."""
    for each in selector[:4000].split(",")[:SELECTORS_MAX]:
        name = each.strip().lower()
        found = _SIMPLE.fullmatch(each.strip())
        if name == "p":
            yield name
        elif found is not None and name[:2] in ("p.", "p#"):
            yield found[1]


def _painted(selector: str) -> Iterable[str]:
    """The names of what is painted itself; not of what it must stand in."""
    for each in selector[:4000].split(",")[:SELECTORS_MAX]:
        names = _NAMES.findall(_JOINTS.split(each.strip()[:200])[-1])
        marked = [name for name in names if name[0] in ".#"]
        yield from marked or names
