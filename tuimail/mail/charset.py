"""Octets to text, whatever the label says; never raises.

Python's codec registry holds codecs that are no charsets (`hex`, `unicode_escape`)
and lacks names that mail uses, so labels go through a table of our own.
"""

from __future__ import annotations

import re
from functools import lru_cache

ALIASES = {
    "": "utf-8",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "646": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "cp-850": "cp850",
    "x-cp1252": "cp1252",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-ansi": "cp1252",
    "utf8": "utf-8",
    "x-utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "utf-8mb4": "utf-8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "euc-cn": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "korean": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "iso-8859-9": "cp1254",
    "dos-866": "cp866",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "koi8-ru": "koi8_u",
    "unicode-1-1-utf-7": "utf-7",
    "utf-7": "utf-7",
}
"""Labels of the WHATWG encoding standard and of the field, to Python's codecs."""

_ALLOWED = re.compile(
    r"(iso-?8859-?\d{1,2}|iso8859[-_]\d{1,2}|windows-12\d\d|cp\d{3,5}|koi8[-_][rut]|"
    r"euc[-_]jp|iso-?2022-?(jp(-?[123]|-?2004|-?ext)?|kr)|iso2022_(jp(_ext)?|kr)|"
    r"gb18030|hz(-gb-2312)?|johab|utf-?8|utf-?16([bl]e)?|utf-?32([bl]e)?|big5hkscs|"
    r"mac_(roman|cyrillic|greek|turkish|latin2)|ptcp154|tcvn|viscii)$"
)
_ESCAPES = re.compile(rb"\x1b(?:\$[@AB]|\([BIJ]|\$\(D)")
UNKNOWN = {"unknown", "x-unknown", "unknown-8bit", "8bit", "binary", "none", "default"}


def decode_charset(data: bytes, label: str, *, utf7: bool = False) -> tuple[str, str]:
    """Text, and a sentence about what was wrong with the label (`''` when nothing).

    Tried in order: the label, UTF-8, ISO-2022 escapes, windows-1252.
    """
    name = label.strip().strip("\"'").lower().split("*")[0][:60]
    if data.isascii() and b"\x1b" not in data and b"~{" not in data:
        codec = codec_of(name)
        if codec is None or not codec.startswith(("utf-7", "utf-16", "utf-32")):
            return data.decode("ascii"), ""
    codec = codec_of(name)
    if codec == "utf-7" and not utf7:
        codec = None
    if codec is not None:
        text = _strict(data, "utf-8" if codec == "cp1252" else codec)
        if text is None and codec == "cp1252":
            return _western(data), ""
        if text is not None:
            return text, ""
    return _guessed(data, name, codec)


@lru_cache(maxsize=512)
def codec_of(label: str) -> str | None:
    """Python's name of a charset; None for what is no charset or not known."""
    name = ALIASES.get(label, label)
    if name == "utf-7":
        return name
    if not _ALLOWED.match(name):
        return None
    try:
        "".encode(name)
    except (LookupError, UnicodeError):
        return None
    return name


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _western(data: bytes) -> str:
    """windows-1252 as the WHATWG has it: its five holes are C1 controls."""
    return data.decode("cp1252", "replace")


def _guessed(data: bytes, label: str, codec: str | None) -> tuple[str, str]:
    text = _strict(data, "utf-8")
    guess = "UTF-8"
    if text is None and _ESCAPES.search(data[:65_536]):
        text, guess = _strict(data, "iso2022_jp_ext"), "ISO-2022-JP"
    if text is None and codec not in (None, "utf-8", "utf-7"):
        # The label is right, a few octets are not.
        assert codec is not None
        return data.decode(codec, "replace"), f"Some characters are not {label}."
    if text is None:
        text, guess = _western(data), "windows-1252"
    if not label or label in UNKNOWN:
        return text, ""
    return text, f"The label {label} does not fit; read as {guess}."
