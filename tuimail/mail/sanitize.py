"""The one door between foreign text and the terminal.

Textual and Rich pass escape sequences through to the terminal; a subject could clear
the screen or fill the clipboard. Nothing leaves this module that could: controls become
visible pictures, and what would tear columns or turn the reading order is taken out.
Sanitise last: after charset, transfer encoding, encoded words and HTML entities.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from tuimail.mail.types import SafeText
from tuimail.mail.widths import cells, cut, fit

__all__ = [
    "cells",
    "cut",
    "fit",
    "is_safe",
    "safe_block",
    "safe_bytes",
    "safe_filename",
    "safe_text",
]

LINE_LIMIT = 1000
BLOCK_LIMIT = 4 * 1024 * 1024
MARKS_MAX = 8
"""Combining marks kept on one character: enough for every script, not for Zalgo."""
NAME_OCTETS = 200
TAB_CELLS = 8

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u200b\u200c"
    "\u200d\u2060\u2061\u2062\u2063\u2064\u206a\u206b\u206c\u206d\u206e\u206f\u2800"
    "\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
_KEYCAP = "\u20e3"
_CONTROL = "\u2426"
"""Picture for a C1 control: there is none of its own."""
_LINE_ENDS = "\u0085\u2028\u2029"
_PLAIN = (
    " -~\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03a1\u03a3-\u0481\u048a-\u052f\u0531-\u0556"
    "\u05d0-\u05ea\u0620-\u064a\u0660-\u066f\u0671-\u06d3\u0e01-\u0e30\u0e3f-\u0e46"
    "\u10d0-\u10ff\u1e00-\u1f15\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u218b"
    "\u2190-\u2426\u2500-\u27bf\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u3131-\u3163"
    "\u4e00-\u9ffc\uac00-\ud7a3\uff01-\uff9f\ufffd"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6d7"
    "\U0001f900-\U0001f9ff"
)
"""Assigned, visible, no marks: such runs need no second look."""
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINED = f"(?<=[{_EMOJI}\ufe0f])\u200d[{_EMOJI}]"
"""A text, as it is seldom needed: re keeps it compiled."""
_UNLETTERED = re.compile(rf"[^\w\x00-\u02ff]{{{MARKS_MAX + 1},}}")
"""Where too many marks can stand: marks are no word characters."""


@cache
def _odd(but: str = "") -> re.Pattern[str]:
    """Runs that need a second look. Made when first needed: it takes milliseconds."""
    return re.compile(f"[^{but}{_PLAIN}]+")


class _Table(dict[int, "str | None"]):
    """What becomes of a character; the fixed part is a table, the rest is a rule."""

    def __init__(self) -> None:
        super().__init__({code: chr(0x2400 + code) for code in range(0x20)})
        self[0x7F] = "\u2421"
        self.update(dict.fromkeys(range(0x80, 0xA0), _CONTROL))
        dropped = (*map(ord, _BIDI + _INVISIBLE + _KEYCAP), *range(0xFE00, 0xFE10))
        self.update(dict.fromkeys(dropped))
        self.update(dict.fromkeys(range(0x1F3FB, 0x1F400)))
        self.update(dict.fromkeys(map(ord, _LINE_ENDS), "\u2424"))
        self.update(dict.fromkeys(map(ord, "\t\n\r"), " "))
        self[0x3000] = "  "

    def __missing__(self, code: int) -> str | None:
        return _rule(code)


@lru_cache(maxsize=8192)
def _rule(code: int) -> str | None:
    if 0xE0000 <= code <= 0xE0FFF:
        return None
    character = chr(code)
    category = unicodedata.category(character)
    if category == "Cf":
        return None
    if category == "Zs":
        return " "
    return character if character.isprintable() else "\ufffd"


_TABLE = _Table()


def safe_text(text: str, limit: int = LINE_LIMIT) -> SafeText:
    """One line that may reach the terminal, at most `limit` (≥ 1) characters.

    Line ends and tabs become spaces, other controls pictures. Running it again
    changes nothing; the result is printable in the sense of `str.isprintable`.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return SafeText(text)
    # Cleaning shortens, so more is looked at; but a megabyte of nothing is not.
    clean = _cleaned(text[: 4 * limit], _odd())
    if len(clean) > limit or len(text) > 4 * limit:
        clean = clean[: limit - 1] + "\u2026"
    return SafeText(clean)


def safe_block(text: str) -> SafeText:
    """Several lines that may reach the terminal; tabs are expanded to eight cells.

    Controls of direction are taken out rather than balanced: lines are wrapped after
    this, and a pair torn in two would turn what stands beside it on the screen.
    """
    text = text[:BLOCK_LIMIT]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\t" in text:
        text = text.expandtabs(TAB_CELLS)[:BLOCK_LIMIT]
    if text.isascii() and text.replace("\n", "").isprintable():
        return SafeText(text)
    for character in _LINE_ENDS:
        text = text.replace(character, "\n")
    return SafeText(_cleaned(text, _odd("\n")))


def safe_bytes(raw: bytes, limit: int = LINE_LIMIT) -> SafeText:
    """A server's or a program's words, one line."""
    return safe_text(raw[: 4 * limit + 1].decode("utf-8", "replace"), limit)


def is_safe(text: str) -> bool:
    """Whether text may reach the terminal as it is (line ends allowed)."""
    return safe_block(text) == text


def _cleaned(text: str, odd: re.Pattern[str]) -> str:
    if "\u200d" in text:
        # A family of four is one picture here, two cells there: show the first.
        text = re.sub(_JOINED, "", text)
    return odd.sub(_mended, text)


def _mended(found: re.Match[str]) -> str:
    """A run of odd characters; all marks of one base stand in one such run."""
    run = found[0].translate(_TABLE)
    at = found.start()
    if at == 0 or found.string[at - 1] == "\n":
        run = _without_leading_marks(run)
    if len(run) > MARKS_MAX:
        run = _UNLETTERED.sub(_capped, run)
    return run


def _without_leading_marks(run: str) -> str:
    """Marks without a base would land on what stands before the text."""
    for at, character in enumerate(run):
        if not _is_mark(character):
            return run[at:]
    return ""


def _capped(found: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in found[0]:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= MARKS_MAX:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


# -- file names -------------------------------------------------------------

_RESERVED = re.compile(
    r"(?i)(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])"
    r" *(\.|$)"
)
_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)),
    **dict.fromkeys(map(ord, "\t\n\r"), " "),
}
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_EXTENSION_OCTETS = 20


def safe_filename(name: str, *, fallback: str) -> str:
    """A name for a new file made of what a sender calls it; never a path.

    No hidden file, no option, no device, no trick of direction; at most 200 octets of
    UTF-8, and the extension survives. `fallback` is our own word, used as it stands.
    """
    name = name[-20_000:].replace("\\", "/").rpartition("/")[2]
    # First and last count: the extension stands at the end of however long a name.
    name = name if len(name) <= 800 else name[:400] + name[-400:]
    name = safe_text(name.translate(_CONTROLS), LINE_LIMIT)
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    name = " ".join(name.split()).rstrip(" .").lstrip("-~. ")
    if _RESERVED.match(name):
        name = "_" + name
    return _shortened(name) or fallback or "attachment"


def _shortened(name: str) -> str:
    if len(name.encode()) <= NAME_OCTETS:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > _EXTENSION_OCTETS:
        stem, extension = name, ""
    room = NAME_OCTETS - len(extension.encode()) - 1
    short = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return f"{short}.{extension}" if extension else short
