"""What a style sheet hides, paints or sets, by the names of its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tuimail.mail.html_look import UNSEEN_PX, Sheet, declared, hides
from tuimail.mail.html_room import is_tight, pixels

SHEET_MAX = 65_536
SELECTORS_MAX = 50
RULES_MAX = 2000
_SIMPLE = re.compile(r"[a-z0-9]{0,20}([.#][\w-]{1,80})", re.I)
_NAMES = re.compile(r"[.#]?[\w-]{1,80}")
_JOINTS = re.compile(r"[\s>+~]+")
_PAINTS = ("background", "color")
_KEPT = ("display", "font-", "margin", "padding", "border-radius", "text-decoration")
"""What a class says of an element, as its own style might."""


def read_sheets(sheets: Iterable[str]) -> Sheet:
    """What style sheets say at their top level.

    Rules inside @media are for other screens: phones get what others do not.
    """
    hiding: set[str] = set()
    painted: set[str] = set()
    said_of: dict[str, dict[str, str]] = {}
    for sheet in sheets:
        for selector, body in _rules(sheet[:SHEET_MAX]):
            if max(map(len, (hiding, painted, said_of))) > RULES_MAX:
                break
            said = declared(body)
            if hides(said):
                hiding.update(_simple(selector))
                continue
            if any(name.startswith(_PAINTS) for name in said):
                painted.update(_painted(selector))
            kept = {name: said[name] for name in said if name.startswith(_KEPT)}
            size = pixels(kept.get("font-size", ""))
            if size is not None and size <= UNSEEN_PX:
                del kept["font-size"]  # set on what is around text, to get rid of gaps
            for name in _simple(selector) if kept else ():
                said_of.setdefault(name, {}).update(kept)
            if is_tight(said) and "p" in map(str.strip, selector.lower().split(",")):
                said_of.setdefault("p", {}).update(kept)
    return Sheet(frozenset(hiding), frozenset(painted), said_of)


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


def _painted(selector: str) -> Iterable[str]:
    """The names of what is painted itself; not of what it must stand in."""
    for each in selector[:4000].split(",")[:SELECTORS_MAX]:
        names = _NAMES.findall(_JOINTS.split(each.strip()[:200])[-1])
        marked = [name for name in names if name[0] in ".#"]
        yield from marked or names
