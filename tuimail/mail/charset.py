"""Octets to text, whatever the label says; never raises.

Python's codec registry holds codecs that are no charsets (`hex`, `unicode_escape`)
and lacks names that mail uses, so labels go through a table of our own: those of the
WHATWG encoding standard, and what else the field writes.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LABELS = {
    "utf-8": "utf8 utf8mb4 unicode11utf8 unicode20utf8 cp65001 65001",
    "cp1252": "usascii ascii ansix341968 646 iso646us cp367 ibm367 isoir6 iso88591"
    " iso885911987 latin1 l1 cp819 ibm819 isoir100 isolatin1 isolatin1windows"
    " windows1252 cp1252 ansi 1252 windowslatin1",
    "iso8859-2": "iso88592 iso885921987 latin2 l2 isoir101 isolatin2",
    "iso8859-3": "iso88593 iso885931988 latin3 l3 isoir109 isolatin3",
    "iso8859-4": "iso88594 iso885941988 latin4 l4 isoir110 isolatin4",
    "iso8859-5": "iso88595 iso885951988 cyrillic isoir144 isolatincyrillic",
    "iso8859-6": "iso88596 iso885961987 iso88596e iso88596i arabic asmo708 ecma114"
    " isoir127 isolatinarabic",
    "iso8859-7": "iso88597 iso885971987 greek greek8 ecma118 elot928 isoir126"
    " isolatingreek suneugreek",
    "iso8859-8": "iso88598 iso885981988 iso88598e iso88598i hebrew visual logical"
    " isoir138 isolatinhebrew",
    "iso8859-10": "iso885910 latin6 l6 isoir157 isolatin6",
    "iso8859-13": "iso885913 latin7 l7",
    "iso8859-14": "iso885914 latin8 l8",
    "iso8859-15": "iso885915 latin9 l9 isolatin9",
    "iso8859-16": "iso885916 latin10 l10",
    "cp1250": "windows1250 cp1250 1250",
    "cp1251": "windows1251 cp1251 1251",
    "cp1253": "windows1253 cp1253 1253",
    "cp1254": "windows1254 cp1254 1254 iso88599 iso885991989 latin5 l5 isoir148"
    " isolatin5",
    "cp1255": "windows1255 cp1255 1255",
    "cp1256": "windows1256 cp1256 1256",
    "cp1257": "windows1257 cp1257 1257",
    "cp1258": "windows1258 cp1258 1258",
    "cp874": "windows874 cp874 874 dos874 tis620 iso885911",
    "cp437": "cp437 ibm437 437",
    "cp737": "cp737 ibm737",
    "cp775": "cp775 ibm775",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852 852",
    "cp855": "cp855 ibm855",
    "cp857": "cp857 ibm857",
    "cp858": "cp858 ibm858",
    "cp862": "cp862 ibm862",
    "cp866": "cp866 ibm866 866 dos866",
    "koi8-r": "koi8r koi8 koi",
    "koi8-u": "koi8u koi8ru",
    "koi8-t": "koi8t",
    "ptcp154": "ptcp154 pt154 cp154",
    "mac_roman": "macroman macintosh mac",
    "mac_cyrillic": "maccyrillic macukrainian",
    "mac_greek": "macgreek",
    "mac_turkish": "macturkish",
    "mac_latin2": "macce maclatin2 maccentraleurope maccentralroman",
    "gb18030": "gb18030 gb2312 gb231280 gbk cp936 936 ms936 euccn chinese isoir58"
    " iso58gb231280 windows936",
    "hz": "hz hzgb2312",
    "big5hkscs": "big5 big5hkscs cnbig5 xbig5 cp950 950 windows950",
    "cp932": "shiftjis sjis cp932 932 ms932 ms943c mskanji windows31j windows932",
    "euc_jp": "eucjp eucpkdfmtjapanese ujis",
    "iso2022_jp_ext": "iso2022jp iso2022jp1 iso2022jpext iso2022jpms cp50220 cp50221",
    "iso2022_jp_2": "iso2022jp2",
    "iso2022_jp_3": "iso2022jp3",
    "iso2022_jp_2004": "iso2022jp2004",
    "iso2022_kr": "iso2022kr",
    "cp949": "euckr ksc56011987 ksc56011989 ksc5601 ksx1001 korean uhc cp949 949"
    " windows949 isoir149",
    "johab": "johab cp1361",
    "utf-16": "utf16 ucs2 unicode iso10646ucs2",
    "utf-16-le": "utf16le unicodefeff",
    "utf-16-be": "utf16be unicodefffe",
    "utf-32": "utf32 ucs4",
    "utf-32-le": "utf32le",
    "utf-32-be": "utf32be",
    "utf-7": "utf7 unicode11utf7",
}
_CODECS = {label: codec for codec, all in _LABELS.items() for label in all.split()}
_SQUEEZED = str.maketrans("", "", "-_ .:()")
_SILENT = {"", "unknown", "xunknown", "unknown8bit", "8bit", "7bit", "binary", "none"}
"""Labels that say nothing; so nothing is said about them."""
_WIDE = ("utf-16", "utf-32")
LINE_END_WITHIN = 4_000
"""Octets from the end of a text that was cut in which a line end is looked for."""
_ESCAPES = re.compile(rb"\x1b(?:\$[@AB]|\([BIJ]|\$\(D)")


def decode_charset(data: bytes, label: str, *, utf7: bool = False) -> tuple[str, str]:
    """Text, and a sentence about what was wrong with the label (`''` when nothing).

    Tried in order: the label, UTF-8, ISO-2022 escapes, the label with marks for what it
    cannot be, windows-1252. UTF-7 hides markup from filters, so it is read only where
    the caller asks for it.
    """
    codec = codec_of(label) or ""
    if _says_nothing(label) or (codec == "utf-7" and not utf7):
        codec = ""
    if data.isascii() and _reads_ascii(data, codec):
        return data.decode("ascii"), ""
    if codec:
        text = _strict(data, codec)
        if text is None and codec == "cp1252":
            text = _western(data)
        if text is not None:
            return text.removeprefix("\ufeff"), ""
    return _guessed(data, label, codec)


def whole_characters(data: bytes, label: str) -> bytes:
    """A text that was cut anywhere, without the piece of a character at its end."""
    codec = "" if _says_nothing(label) else codec_of(label) or ""
    if codec.startswith(_WIDE):
        return data[: len(data) - len(data) % 4]
    if codec not in ("", "utf-8"):
        # No charset of ours has a line end within a character.
        line = data.rfind(b"\n", max(0, len(data) - LINE_END_WITHIN)) + 1
        return data[:line] if line else data
    for back in range(1, min(4, len(data) + 1)):
        octet = data[-back]
        if octet >= 0xC0:
            size = 2 if octet < 0xE0 else 3 if octet < 0xF0 else 4
            return data[:-back] if size > back else data
        if octet < 0x80:
            break
    return data


def header_in_utf8(block: bytes, label: str) -> bytes:
    """A header whose raw octets are read as its text's charset says, in UTF-8.

    RFC 5322 knows no such octets; those who write them write both in one charset. Lines
    that are ASCII or UTF-8 stay, and all of it where the charset is not one that leaves
    ASCII what it is.
    """
    codec = codec_of(label) or "cp1252"
    if block.isascii() or codec in ("utf-8", "cp1252", "hz", "utf-7"):
        return block
    if codec.startswith((*_WIDE, "iso2022")):
        return block
    return b"\n".join(_line_in_utf8(line, codec) for line in block.split(b"\n"))


def _line_in_utf8(line: bytes, codec: str) -> bytes:
    if line.isascii() or _strict(line, "utf-8") is not None:
        return line
    text = _strict(line, codec)
    return line if text is None else text.encode("utf-8", "replace")


@lru_cache(maxsize=512)
def codec_of(label: str) -> str | None:
    """Python's name of a charset; None for what is no charset or not known."""
    if "\0" in label:
        label = label.partition("\0")[0]
    name = label.strip(" \t\r\n\"'<>;,").partition("*")[0][:60].lower()
    name = name.translate(_SQUEEZED)
    for prefix in ("", "xx", "x", "cs"):
        if name.startswith(prefix) and name[len(prefix) :] in _CODECS:
            return _CODECS[name[len(prefix) :]]
    return None


def _reads_ascii(data: bytes, codec: str) -> bool:
    """Whether pure ASCII octets are what they seem in this charset."""
    if codec.startswith("iso2022") or not codec:
        return b"\x1b" not in data and b"\x0e" not in data
    if codec == "hz":
        return b"~" not in data
    return codec != "utf-7" and not codec.startswith(_WIDE)


@lru_cache(maxsize=512)
def _says_nothing(label: str) -> bool:
    """US-ASCII says nothing about octets that are no ASCII."""
    name = label.strip(" \t\"'").lower()
    squeezed = name.translate(_SQUEEZED)
    return squeezed in _SILENT or "ascii" in squeezed or squeezed == "ansix341968"


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _western(data: bytes) -> str:
    """windows-1252, the charset of everything else; five octets are none of it."""
    return data.decode("cp1252", "replace")


def _guessed(data: bytes, label: str, codec: str) -> tuple[str, str]:
    text, guess = _strict(data, "utf-8"), "UTF-8"
    if _ESCAPES.search(data[:65_536]):
        japanese = _strict(data, "iso2022_jp_ext")
        if japanese is not None:
            text, guess = japanese, "ISO-2022-JP"
    if text is None and codec not in ("", "utf-8", "utf-7", "cp1252"):
        text = data.decode(codec, "replace")
        return text, f"Some characters are not {label}."
    if text is None and _mostly_utf8(data):
        text = data.decode("utf-8", "replace")
        return text, "Some characters are not UTF-8."
    if text is None:
        text, guess = _western(data), "windows-1252"
    text = text.removeprefix("\ufeff")
    if _says_nothing(label):
        return text, ""
    return text, f"The label {label} does not fit; read as {guess}."


def _mostly_utf8(data: bytes) -> bool:
    """Whether a few octets only speak against UTF-8, as in a text that was cut."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return foreign - bad >= bad
