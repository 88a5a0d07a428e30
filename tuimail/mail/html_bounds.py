"""Cut HTML that would take the parser or the walker too long, before they see it.

The parser's time grows with the square of the depth, and an element that is left open
around blocks is made anew in each of them: ten thousand paragraphs within four hundred
open fonts are four million elements. Of a list of options it looks at all that came
before with each.
"""

from __future__ import annotations

import re

from tuimail.mail.types import SafeText

HTML_MAX = 1024 * 1024
"""Characters of HTML that are looked at."""
TAGS_MAX = 60_000
NESTING_MAX = 300
"""Open tags of one kind; honest mail nests tables and quotes a few dozen deep."""
DEPTH_MAX = 1000
"""Open tags of all kinds."""
OPTIONS_MAX = 3_000
"""Options to choose from, and their groups; a form asks for a country among 250."""
COPIES_MAX = 400_000
"""Open formatting tags, summed up over all tags."""
VOID = frozenset("area base br col embed hr img input link meta source wbr".split())
_CLOSED_BY_OTHERS = frozenset(
    "body colgroup dd dt head html li optgroup option p tbody td tfoot th thead"
    " tr".split()
)
"""Elements whose end tag may be left out: they never nest by themselves."""
_OPTIONS = ("option", "optgroup")
_FORMATTING = frozenset(
    "a b big code em font i nobr s small strike strong tt u".split()
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
CUT = SafeText("This HTML is nested or long beyond reason; it was cut.")
LONG = SafeText("Only the first MiB of this HTML is shown.")


def bounded(text: str) -> tuple[str, tuple[SafeText, ...]]:
    """As much of the HTML as can be shown in good time, and what to say of the rest."""
    notes: tuple[SafeText, ...] = ()
    if len(text) > HTML_MAX:
        text, notes = text[:HTML_MAX], (LONG,)
    at = _first_excess(text)
    return (text, notes) if at is None else (text[:at], (*notes, CUT))


def _first_excess(text: str) -> int | None:
    """Where the first tag stands that is one too many."""
    opened: dict[str, int] = {}
    depth = formatting = copies = options = 0
    for count, found in enumerate(_TAG.finditer(text)):
        name = found[2].lower()
        copies += formatting
        options += name in _OPTIONS
        if count > TAGS_MAX or copies > COPIES_MAX or options > OPTIONS_MAX:
            return found.start()
        if name in VOID or name in _CLOSED_BY_OTHERS:
            continue
        now = opened.get(name, 0)
        step = 1 if not found[1] else -1 if now else 0
        opened[name] = now + step
        depth += step
        if name in _FORMATTING:
            formatting += step
        if now + step > NESTING_MAX or depth > DEPTH_MAX:
            return found.start()
    return None
