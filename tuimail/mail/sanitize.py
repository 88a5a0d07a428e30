"""The one door between foreign text and the terminal.

Textual and Rich pass escape sequences through to the terminal; a subject could clear
the screen or fill the clipboard. Nothing leaves this module that could: controls become
visible pictures, and what would tear columns or turn the reading order is taken out.
Sanitise last: after charset, transfer encoding, encoded words and HTML entities.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tuimail.mail.types import SafeText

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
_LINE_ENDS = "\u2028\u2029\u0085"


def _table(keep: str) -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in range(0x20):
        table[code] = chr(0x2400 + code)
    table[0x7F] = "\u2421"
    for code in range(0x80, 0xA0):
        table[code] = "\ufffd"
    for character in _BIDI + _INVISIBLE:
        table[ord(character)] = None
    for character in _LINE_ENDS + "\t\n\r\v\f":
        table[ord(character)] = " "
    for code in (*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)):
        table[code] = None
    for character in keep:
        table.pop(ord(character), None)
    return table


class _Table(dict[int, "str | None"]):
    """Rules for single characters; learned ones are kept, up to a bound."""

    def __init__(self, keep: str) -> None:
        super().__init__(_table(keep))
        self._keep = keep

    def __missing__(self, code: int) -> str | None:
        return _rule(code)


@lru_cache(maxsize=8192)
def _rule(code: int) -> str | None:
    character = chr(code)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if 0xE0000 <= code <= 0xE0FFF:
        return None
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Zl", "Zp"):
        return None
    if category in ("Co", "Cn"):
        return "\ufffd"
    return "\u00a0" if category == "Zs" and code == 0x00A0 else character


_ONE_LINE = _Table("")
_BLOCK = _Table("\n")
_SPACES = re.compile(r" {2,}")


def safe_text(text: str, limit: int = LINE_LIMIT) -> SafeText:
    """One line that may reach the terminal, at most `limit` characters.

    Line ends and tabs become spaces. Running it again changes nothing.
    """
    if len(text) > limit:
        text = text[:limit] + "\u2026"
    if text.isascii() and text.isprintable():
        return SafeText(text)
    return SafeText(_marks_capped(text.translate(_ONE_LINE)))


def safe_block(text: str) -> SafeText:
    """Several lines that may reach the terminal; tabs are expanded to eight cells."""
    if len(text) > BLOCK_LIMIT:
        text = text[:BLOCK_LIMIT]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\t" in text:
        text = "\n".join(line.expandtabs(TAB_CELLS) for line in text.split("\n"))
    if text.isascii() and text.replace("\n", "").isprintable():
        return SafeText(text)
    for character in "\u0085\u2028\u2029":
        text = text.replace(character, "\n")
    return SafeText(_marks_capped(text.translate(_BLOCK)))


def safe_bytes(raw: bytes, limit: int = LINE_LIMIT) -> SafeText:
    """A server's or a program's words, one line."""
    return safe_text(raw[: 4 * limit].decode("utf-8", "replace"), limit)


def is_safe(text: str) -> bool:
    """Whether text may reach the terminal as it is (line ends allowed)."""
    return safe_block(text) == text


def _marks_capped(text: str) -> str:
    """At most eight combining marks in a row, and none without a base."""
    if not any(unicodedata.combining(c) for c in text if c > "\u02ff"):
        return text
    kept: list[str] = []
    marks = MARKS_MAX
    for character in text:
        if unicodedata.combining(character):
            marks += 1
            if marks <= MARKS_MAX:
                kept.append(character)
            continue
        marks = 0 if character != "\n" else MARKS_MAX
        kept.append(character)
    return "".join(kept)


# -- widths -----------------------------------------------------------------


@lru_cache(maxsize=16_384)
def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    code = ord(character)
    if 0x1160 <= code <= 0x11FF:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cells(text: str) -> int:
    """Terminal cells that a safe one-line text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def cut(text: str, width: int) -> str:
    """As much of the beginning as fits `width` cells; never half a character."""
    if text.isascii():
        return text[:width]
    used = 0
    for at, character in enumerate(text):
        used += _width(character)
        if used > width:
            return text[:at]
    return text


def fit(text: SafeText, width: int) -> SafeText:
    """The text in exactly `width` cells: padded, or cut with an ellipsis."""
    used = cells(text)
    if used > width:
        text = SafeText(cut(text, width - 1) + "\u2026") if width > 0 else SafeText("")
        used = cells(text)
    return SafeText(text + " " * (width - used))


# -- file names -------------------------------------------------------------

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$")
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')


def safe_filename(name: str, *, fallback: str) -> str:
    """A name for a new file made of what a sender calls it; never a path.

    No hidden file, no option, no device, no trick of direction; at most 200 octets,
    and the extension survives.
    """
    name = re.split(r"[/\\]", name[:20_000])[-1]
    name = unicodedata.normalize("NFC", safe_text(name, 1000))
    name = _SPACES.sub(" ", _FORBIDDEN.sub("_", name)).strip(" .")
    name = name.lstrip("-~. ")
    if not name:
        return fallback
    if _RESERVED.match(name):
        name = "_" + name
    return _shortened(name) or fallback


def _shortened(name: str) -> str:
    if len(name.encode()) <= NAME_OCTETS:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, extension = name, ""
    room = NAME_OCTETS - len(extension.encode()) - 1
    short = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return f"{short}.{extension}" if extension else short
