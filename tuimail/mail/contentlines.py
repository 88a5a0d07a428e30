"""Content lines of calendars and cards (RFC 5545 §3.1, RFC 6350 §3.3); never raises.

Both are written as `NAME;PARAM=value:VALUE`, folded at the beginning of a line, within
components that begin and end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TEXT_MAX = 1024 * 1024
"""Characters of a calendar or card that are looked at."""
LINES_MAX = 20_000
VALUE_MAX = 64 * 1024
DEPTH_MAX = 20
PARAMS_MAX = 32
_FOLD = re.compile(r"\r?\n[ \t]")
_END = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,60}\.)?([A-Za-z0-9-]{1,60})")
_PARAM = re.compile(r';([A-Za-z0-9-]{1,60})(?:=("[^"]{0,4000}"|[^;:"]{0,4000}))?')
_ESCAPED = re.compile(r"\\(.)")


class Property(NamedTuple):
    """One content line."""

    name: str
    """Upper case, without the group that may stand before it."""
    params: tuple[tuple[str, str], ...]
    """Names in upper case; a bare one (vCard 2.1) has the name `TYPE`."""
    value: str
    """As it stands: still escaped."""

    def param(self, name: str) -> str:
        """The first parameter of this name; `''` when there is none."""
        return next((value for key, value in self.params if key == name), "")

    @property
    def text(self) -> str:
        """The value as text (RFC 5545 §3.3.11)."""
        return unescaped(self.value)


class Component(NamedTuple):
    """What stands between BEGIN and END."""

    name: str
    properties: list[Property]
    parts: list[Component]

    def get(self, name: str) -> Property | None:
        """The first property of this name."""
        return next((p for p in self.properties if p.name == name), None)

    def all(self, name: str) -> list[Property]:
        """All properties of this name, in order."""
        return [p for p in self.properties if p.name == name]

    def text(self, name: str) -> str:
        """The first property of this name as text; `''` when there is none."""
        found = self.get(name)
        return found.text.strip() if found is not None else ""


def components(text: str) -> list[Component]:
    """The outermost components of a text; what does not end is ended."""
    root = Component("", [], [])
    open_ = [root]
    for line in properties(text):
        if line.name == "BEGIN":
            made = Component(line.value.strip().upper()[:60], [], [])
            if len(open_) <= DEPTH_MAX:
                open_[-1].parts.append(made)
            open_.append(made)
        elif line.name == "END":
            if len(open_) > 1:
                open_.pop()
        else:
            open_[-1].properties.append(line)
    return root.parts


def properties(text: str) -> Iterator[Property]:
    """Every content line that can be read."""
    unfolded = _FOLD.sub("", text[:TEXT_MAX])
    at = 0
    for _ in range(LINES_MAX):
        if at >= len(unfolded):
            return
        found = _END.search(unfolded, at)
        end = found.start() if found else len(unfolded)
        made = _property(unfolded[at : min(end, at + VALUE_MAX)])
        if made is not None:
            yield made
        at = found.end() if found else len(unfolded)


def _property(line: str) -> Property | None:
    name = _NAME.match(line)
    if name is None:
        return None
    params: list[tuple[str, str]] = []
    at = name.end()
    while len(params) < PARAMS_MAX and (found := _PARAM.match(line, at)):
        at = found.end()
        if found[2] is None:
            params.append(("TYPE", found[1]))
        else:
            params.append((found[1].upper(), found[2].strip('"')))
    if line[at : at + 1] != ":":
        return None
    return Property(name[1].upper(), tuple(params), line[at + 1 :])


def unescaped(value: str) -> str:
    """A text value: `\\n` is a line end, other escapes stand for themselves."""
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)


def split_value(value: str, by: str) -> list[str]:
    """A structured value's fields, unescaped (RFC 6350 §3.4); at most 100."""
    fields = re.split(rf"(?<!\\){re.escape(by)}", value, maxsplit=100)
    return [unescaped(each).strip() for each in fields]
