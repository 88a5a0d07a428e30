"""Addresses as they occur; the true sender is never hidden.

`boss@corp.com <evil@x.org>` is from evil@x.org: what stands in angle brackets is the
address, everything before it is only a name, and such a name makes it suspect.
"""

from __future__ import annotations

import re

from tuimail.mail.types import Address
from tuimail.mail.words import decode_words, unfold

ADDRESSES_MAX = 2000
ADDR_MAX = 320
"""Octets of an address that are kept (RFC 5321 §4.5.3.1 allows 64 + 1 + 255)."""
_SIMPLE = re.compile(
    rb'(?:"([^"\\]{0,200})"|([A-Za-z0-9 .,!#$%&*+/=?^_{|}~\'-]{0,200}?)) ?'
    rb"<([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255})>$"
)
_BARE = re.compile(
    rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){0,20}$"
)
_TOKEN = re.compile(
    rb'[^"(),:;<>\\\[]+|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[(),:;<>"\[]|\\.?', re.S
)
_ADDR_LIKE = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")


def parse_addresses(raw: bytes) -> tuple[Address, ...]:
    """Every address of a From, To, Cc … field, in order; never raises.

    Comments become names where there is none, groups are dissolved, an empty group
    (`undisclosed-recipients:;`) gives nothing.
    """
    raw = unfold(raw)
    if b"," not in raw and b"\\" not in raw:
        simple = _simple(raw)
        if simple is not None:
            return (simple,)
    return _Reader().read(raw)


def _simple(raw: bytes) -> Address | None:
    """The two forms that nearly every message has."""
    if len(raw) > ADDR_MAX + 300:
        return None
    if _BARE.match(raw):
        return Address("", raw.decode("ascii"))
    found = _SIMPLE.match(raw)
    if found is None:
        return None
    quoted, plain, addr = found.groups()
    name = decode_words(quoted if quoted is not None else plain or b"")
    return _address(name, addr.decode("ascii"), False)


class _Reader:
    """One pass over the tokens of a field."""

    def __init__(self) -> None:
        self.found: list[Address] = []
        self._clear()

    def _clear(self) -> None:
        self.words: list[bytes] = []
        self.comments: list[bytes] = []
        self.angle: bytes | None = None
        self.residue = False

    def read(self, raw: bytes) -> tuple[Address, ...]:
        at = 0
        while at < len(raw) and len(self.found) < ADDRESSES_MAX:
            token = _TOKEN.match(raw, at)
            if token is None:
                break
            at = self._token(raw, token[0], token.end())
        self._finish()
        return tuple(self.found)

    def _token(self, raw: bytes, token: bytes, at: int) -> int:
        if token == b"(":
            comment, at = _comment(raw, at)
            self.comments.append(comment)
        elif token == b"<":
            return self._take_angle(raw, at)
        elif token in (b",", b";"):
            self._finish()
        elif token == b":":
            self._take_colon()
        elif token == b">":
            self.residue = True
        else:
            if self.angle is not None and token.strip():
                self.residue = True
            self.words.append(token)
        return at

    def _take_colon(self) -> None:
        """A group's name ends here (RFC 5322 §3.4), unless an address has begun."""
        text = b"".join(self.words)
        if b"@" in text:
            self.words.append(b":")
        else:
            self._clear()

    def _take_angle(self, raw: bytes, at: int) -> int:
        end = raw.find(b">", at)
        end = len(raw) if end < 0 else end
        inner = raw[at:end]
        if self.angle is not None:
            # Two addresses without a comma: both are kept, and it is no accident.
            self.residue = True
            self._finish()
            self.residue = True
        self.angle = inner
        return end + 1

    def _finish(self) -> None:
        words, angle = self.words, self.angle
        comments, residue = self.comments, self.residue
        self._clear()
        text = b"".join(words).strip()
        if angle is not None:
            addr = _clean(angle)
            name = decode_words(_unquote(text)) if text else _comment_name(comments)
            self._add(name, addr, residue or not addr)
        elif b"@" in text:
            addr = _clean(text)
            odd = " " in addr or addr.count("@") > 1
            self._add(_comment_name(comments), addr, residue or odd)
        elif text or comments:
            name = decode_words(_unquote(text)) if text else _comment_name(comments)
            self._add(name, "", True)

    def _add(self, name: str, addr: str, suspect: bool) -> None:
        self.found.append(_address(name, addr, suspect))


def _address(name: str, addr: str, suspect: bool) -> Address:
    name = name.strip()
    return Address(name, addr[:ADDR_MAX], suspect or name_lies(name, addr))


def name_lies(name: str, addr: str) -> bool:
    """Whether a display name shows an address other than the real one."""
    if "@" not in name and "\uff20" not in name:
        return False
    shown = _ADDR_LIKE.findall(name.replace("\uff20", "@")[:1000])
    return any(each.strip("'\"()[],;:").lower() != addr.lower() for each in shown)


def _clean(raw: bytes) -> str:
    """An addr-spec without source route and outer blanks; never decoded."""
    text = raw.decode("utf-8", "replace").strip()
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    if '"' not in text:
        text = text.replace(" .", ".").replace(". ", ".").replace(" @", "@")
        text = text.replace("@ ", "@")
    return text.strip()


def _unquote(text: bytes) -> bytes:
    if b'"' not in text and b"\\" not in text:
        return text
    pieces = []
    for token in _TOKEN.findall(text):
        if token[:1] == b'"' and len(token) > 1:
            pieces.append(re.sub(rb"\\(.)", rb"\1", token[1:-1], flags=re.S))
        elif token != b'"':
            pieces.append(token)
    return b"".join(pieces)


def _comment(raw: bytes, at: int) -> tuple[bytes, int]:
    """The comment that begins at `at`, nested ones with it, and where it ends."""
    depth, start = 1, at
    while at < len(raw):
        octet = raw[at]
        if octet == 0x5C:
            at += 1
        elif octet == 0x28:
            depth += 1
        elif octet == 0x29:
            depth -= 1
            if depth == 0:
                return raw[start:at], at + 1
        at += 1
    return raw[start:], len(raw)


def _comment_name(comments: list[bytes]) -> str:
    return decode_words(comments[0]).strip() if comments else ""
