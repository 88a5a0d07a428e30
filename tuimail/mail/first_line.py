"""What a text says first, in one line: the list shows it behind the subject.

Not how the text begins but what is new in it: without quotes and who is quoted, without
addresses of pages, rules, and what mail programs put above a text. A page's hidden
preheader counts: it is written for this very place. An encrypted text gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, dropwhile, takewhile
from unicodedata import category

from tuimail.mail.sanitize import safe_text
from tuimail.mail.trails import field_kind
from tuimail.mail.types import SafeText

LENGTH = 200
"""Characters of a first line, as RFC 8970 §3.1 has it."""
LOOKED_AT = 32 * 1024
"""Characters of a text that are looked at: pages begin with many blanks."""
LINES_MAX = 500
FIELDS_MAX = 30
ENOUGH = 4 * LENGTH
"""Characters after which no more is gathered: not all of them may be shown."""

_LINK = re.compile(
    r"[<(\[]?\s?(?:https?://|ftp://|mailto:|\bwww\.)[^\s<>()\[\]]+\s?[>)\]]?", re.I
)
_PICTURE = re.compile(r"\[(?:image|cid|inline|logo)\b[^\[\]]{0,200}\]", re.I)
_BROWSER = re.compile(
    r"\b(?:(?:view|read|open|see|show) (?:(?:this|it|the) )?"
    r"(?:(?:e-?mail|mail|message|newsletter|page) )?"
    r"(?:(?:in|with|on|from) (?:(?:your|an?|the|web|my) ){0,3}browser|online\b"
    r"|as a web ?page)"
    r"|(?:diese |den |die )?(?:e-?mail |newsletter |nachricht )?im (?:web)?browser"
    r" (?:anzeigen|ansehen|öffnen|lesen)"
    r"|(?:ver|voir|afficher|visualizza)\b[^.|\n]{0,40}"
    r" (?:navegador|navigateur|browser))",
    re.I,
)
"""What newsletters put above all."""
_DRAWN = r"\-=_*#~+─━═•·"
_RUN = re.compile(rf"(?:[{_DRAWN}] ?){{3,}}")
_NO_WORD = re.compile(rf"[\s{_DRAWN}.,:;|/\\<>()\[\]{{}}!?\"'`^&%$@]*")
_WHO = re.compile(
    r"\b(?:On|Am|Le|El|Il|Op|Em|Den|Dnia|W dniu)\s.{6,200}?\b(?:wrote|a écrit|escribió"
    r"|ha scritto|escreveu|napisał|(?:schrieb|schreef|skrev)[^:]{0,80})\s?:"
)
"""Who is quoted, as a mail program says it before a quote."""
_WROTE = re.compile("wrote|writes|schr|écrit|escribi|scritto|escrev|skrev|napisa")
_WHO_FIRST = re.compile(
    r"(?:[A-ZÀ-Þ]\S{0,30} ){1,5}(?:wrote|writes|schrieb|a écrit|escribió)\s?:"
)
"""The same at the beginning of all, in fewer words."""
_WHO_LINES = 3
_FORWARDED = re.compile(r"-{3,}\s?[^\W\d_][^-]{3,60}-{3,}\s*|_{20,}\s*")
_ARMOUR = "-----BEGIN PGP "


def first_line(text: str) -> SafeText:
    """The first line of a decoded text; empty where there is none to be shown.

    At most LENGTH characters. Bounded in time, however the text is made.
    """
    lines = text[:LOOKED_AT].splitlines()[:LINES_MAX]
    if any(line.startswith(f"{_ARMOUR}MESSAGE") for line in lines):
        return SafeText("")
    # A text that is nothing but a link is told by it.
    return _one(map(_worded, _new(lines))) or _one(_new(lines))


def _one(lines: Iterable[str]) -> SafeText:
    """Lines as one that is safe."""
    gathered: list[str] = []
    size = 0
    for line in lines:
        gathered.append(line[: 2 * ENOUGH])
        size += len(gathered[-1]) + 1 if gathered[-1] else 0
        if size > ENOUGH:
            break
    safe = safe_text(_squeezed(" ".join(gathered)), ENOUGH)
    # Beside what is not to be seen there may have been blanks, and marks on them.
    words = "".join(dropwhile(_is_no_beginning, _squeezed(_unquoted(safe))))
    return safe_text(words, LENGTH)


def _is_no_beginning(character: str) -> bool:
    return character == " " or category(character)[0] == "M"


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _new(lines: Sequence[str]) -> Iterator[str]:
    """The lines that who sent this wrote; of a forwarded message its text."""
    at, said = 0, False
    while at < len(lines):
        if lines[at].rstrip() == "--" or lines[at].startswith(f"{_ARMOUR}SIGNATURE"):
            return
        armour = lines[at].startswith(_ARMOUR)
        told = 0 if armour else _forwarded(lines, at)
        if told and said:
            return
        skipped = told or _skipped(lines, at)
        if not skipped:
            said = said or not _NO_WORD.fullmatch(lines[at])
            yield lines[at]
        at += skipped or 1


def _skipped(lines: Sequence[str], at: int) -> int:
    """How many lines from here on are empty, quoted, or say who is."""
    line = lines[at].strip()
    if not line or line[0] == ">":
        return 1
    if line.startswith(_ARMOUR):
        return len(_paragraph(lines, at))
    return _introduced(lines, at)


def _introduced(lines: Sequence[str], at: int) -> int:
    """Lines that say who is quoted below: a known sentence, or by what follows it."""
    some = [line.strip() for line in lines[at : at + _WHO_LINES]]
    who = _WHO.match(" ".join(some))
    ends = list(accumulate(len(line) + 1 for line in some))
    if who is not None and who.end() + 1 in ends:
        return ends.index(who.end() + 1) + 1
    for count, line in enumerate(some, 1):
        if not line:
            break
        if line[-1] == ":":
            below = [each.lstrip() for each in lines[at + count : at + count + 2]]
            quoted = next((each for each in below if each), "")
            return count if quoted.startswith(">") else 0
    return 0


def _forwarded(lines: Sequence[str], at: int) -> int:
    """Lines that stand between a text and the message that it brings."""
    if _FORWARDED.fullmatch(lines[at]):
        return 1
    if not field_kind(lines[at]):
        return 0
    block = _paragraph(lines, at)
    whole = {"from", "date", "what"} <= {field_kind(line) for line in block}
    return len(block) if whole else 0


def _paragraph(lines: Sequence[str], at: int) -> list[str]:
    """The lines up to the next empty one, some at most."""
    return list(takewhile(str.strip, lines[at : at + FIELDS_MAX]))


def _worded(line: str) -> str:
    """A line without addresses, names of pictures, and what is only drawn."""
    # A page may be one line: so much of it is enough, and holds up nobody.
    bare = _squeezed(line)[: 4 * ENOUGH]
    bare = _squeezed(_PICTURE.sub(" ", _LINK.sub(" ", bare)))
    bare = _RUN.sub(" ", _BROWSER.sub(" ", bare))
    return "" if _NO_WORD.fullmatch(bare) else bare


def _unquoted(text: str) -> str:
    """Without who is quoted, where pages and servers have all in one line."""
    if _WROTE.search(text) is None:
        return text
    who = _WHO_FIRST.match(text) or _WHO.search(text)
    if who is None:
        return text
    before = text[: who.start()]
    return text[who.end() :] if _NO_WORD.fullmatch(before) else before
