"""RFC 2047 encoded words and RFC 2231 parameters as the world writes them."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import islice
from urllib.parse import unquote_to_bytes

from tuimail.mail.charset import decode_charset

FIELD_MAX = 65_536
"""Octets of one field that are looked at."""
WORDS_MAX = 2000
PARAMS_MAX = 64
BLOCKS_MAX = 10_000
"""Pieces of base64, each with its own padding, that one part may consist of."""
FOOT_MAX = 4_000
"""Octets that a list may have written below an encoded text."""
_WORD = re.compile(
    rb"=\?([^?\s]{1,60})\?([bBqQ])\?((?>(?:[^?=\r\n]++|=(?!\?(?!=))|\?(?!=))*))\?="
)
"""The payload may hold `?`, as careless writers do, but never begin another word: so
whatever is thrown at it is read once. Atomic groups, since Python before 3.11.5 matches
possessive ones wrongly."""
_FOLD = re.compile(rb"[\r\n]+")
_QUOTED = re.compile(rb'"((?>(?:[^"\\]++|\\.)*))', re.S)
_PAIR = re.compile(rb"\\(.)", re.S)
_PIECE = re.compile(rb'(?>(?:[^;"]++|"(?>(?:[^"\\]++|\\.)*)"?)*)', re.S)
_B64_JUNK = re.compile(rb"[^A-Za-z0-9+/]+")
_B64_LINE = re.compile(rb"[A-Za-z0-9+/=]+")


def unfold(raw: bytes) -> bytes:
    """A field's value on one line (RFC 5322 §2.2.3), at most 64 KiB of it."""
    raw = raw[:FIELD_MAX]
    if b"\n" in raw or b"\r" in raw:
        raw = _FOLD.sub(b"", raw)
    return raw.strip(b" \t")


def decode_words(raw: bytes) -> str:
    """Text of an unstructured field; words that are broken stay as they stand.

    Neighbours in one charset are joined before decoding, since many writers cut words
    within a character. The result may hold controls: sanitise it.
    """
    raw = unfold(raw)
    if b"=?" not in raw:
        return raw.decode("ascii") if raw.isascii() else decode_charset(raw, "")[0]
    pieces: list[str] = []
    run, label, last = b"", "", 0
    for found in islice(_WORD.finditer(raw), WORDS_MAX):
        data = _payload(found[2], found[3])
        if data is None:
            continue
        charset = found[1].decode("ascii", "replace").partition("*")[0].lower()
        between = raw[last : found.start()]
        glued = last > 0 and not between.strip(b" \t")
        if glued and charset == label:
            run += data
        else:
            pieces.append(_text(run, label))
            pieces.append("" if glued else _text(between, ""))
            run, label = data, charset
        last = found.end()
    pieces.append(_text(run, label))
    pieces.append(_text(raw[last:], ""))
    return "".join(pieces)


def _text(run: bytes, label: str) -> str:
    return decode_charset(run, label)[0] if run else ""


def _payload(encoding: bytes, text: bytes) -> bytes | None:
    """What a word holds; None when it holds nothing readable."""
    if encoding in b"qQ":
        return binascii.a2b_qp(text, header=True)
    data = decode_base64(text)
    return data if data or not text.strip(b"= ") else None


def decode_base64(text: bytes) -> bytes:
    """Base64 with what is not base64 left out and padding put right.

    Padding ends it (RFC 2045 §6.8): what a mailing list wrote below is no part of it.
    Where more base64 follows, that is taken as well: some encode bit by bit. So is what
    is too long for words of a list: rather rubbish at an end than half a file.
    """
    first, padding, rest = text.partition(b"=")
    rest = rest.lstrip(b"= \t\r\n")
    if not padding or not rest or (len(rest) < FOOT_MAX and not _is_base64(rest)):
        return _decode_block(first)
    return b"".join(map(_decode_block, text.split(b"=", BLOCKS_MAX)))


def _is_base64(text: bytes) -> bool:
    lines = (line.rstrip() for line in text.split(b"\n"))
    return all(not line or _B64_LINE.fullmatch(line) for line in lines)


def _decode_block(text: bytes) -> bytes:
    clean = _B64_JUNK.sub(b"", text)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except (binascii.Error, ValueError):
        return b""


# -- parameters --------------------------------------------------------------


def parse_params(raw: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Value and parameters of Content-Type or Content-Disposition, decoded.

    `text/plain; charset="x"` gives `("text/plain", (("charset", "x"),))`. Linear, at
    most 64 parameters; RFC 2231 continuations and charsets are put together.
    """
    value, pairs = split_params(unfold(raw))
    named = [(name.decode("ascii", "replace"), text) for name, text in pairs]
    return value.strip().decode("utf-8", "replace").lower(), decode_params(named)


def split_params(raw: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The value of an unfolded field and its parameters as they came, quotes taken off.

    Names are in lower case. What is no parameter is left out, what ends without its
    quote ends with the field.
    """
    pieces = _split(raw)
    pairs = []
    for piece in pieces[1 : PARAMS_MAX + 1]:
        name, equals, text = piece.partition(b"=")
        if equals and name.strip():
            pairs.append((name.strip().lower(), _unquoted(text)))
    return pieces[0], pairs


def decode_params(pairs: list[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    """Put RFC 2231 pieces together and decode every value; first of a name wins."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, bytes]]] = {}
    for name, value in pairs[:PARAMS_MAX]:
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(base, decode_words(value))
            continue
        number = rest.rstrip("*")
        if len(number) > 4 or (number and not number.isdecimal()):
            continue
        coded = rest.endswith("*") or not rest
        pieces.setdefault(base, []).append((int(number or 0), coded, value))
    for base, parts in pieces.items():
        # What RFC 2231 says counts more than a plain value for old readers.
        plain[base] = _joined(sorted(parts, key=lambda part: part[0]))
    return tuple(plain.items())


def _joined(parts: list[tuple[int, bool, bytes]]) -> str:
    label, data = "", b""
    for number, coded, value in parts:
        if coded and number == 0 and value.count(b"'") >= 2:
            charset, _, value = value.split(b"'", 2)
            label = charset.decode("ascii", "replace")
        data += unquote_to_bytes(value) if coded else value
    if not label and data.isascii():
        return decode_words(data)
    return decode_charset(data, label)[0]


def _split(raw: bytes) -> list[bytes]:
    """Cut at `;` outside quotes; in one pass, one piece more than there may be."""
    pieces: list[bytes] = []
    at = 0
    while at <= len(raw) and len(pieces) <= PARAMS_MAX:
        found = _PIECE.match(raw, at)
        end = len(raw) if found is None else found.end()
        if end > at or not pieces:
            pieces.append(raw[at:end])
        at = end + 1
    return pieces


def _unquoted(text: bytes) -> bytes:
    text = text.strip()
    quoted = _QUOTED.match(text)
    if quoted is None:
        return text.split(b" ")[0] if b" (" in text else text
    return _PAIR.sub(rb"\1", quoted[1])
