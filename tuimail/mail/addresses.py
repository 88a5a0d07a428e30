"""Addresses as they occur; the true sender is never hidden.

`boss@corp.com <evil@x.org>` is from evil@x.org: what stands in angle brackets is the
address, everything before it is only a name, and such a name makes it suspect.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Address
from tuimail.mail.words import decode_words, unfold

ADDRESSES_MAX = 2000
TOKENS_MAX = 20_000
KNOWN_OCTETS = 100
"""Octets of a field that is remembered with what it was read as."""
ADDR_MAX = 320
"""Characters of an address that are kept (RFC 5321 §4.5.3.1 allows 64 + 1 + 255)."""
_ATEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]"
_SIMPLE = re.compile(
    rb'[ \t]*+(?:(?:"([^"\\]*+)"[ \t]*+|([^"(),:;<>@\\\[\]\x00-\x08\x0a-\x1f\x7f]*+))'
    rb"<(" + _ATEXT + rb"{1,64}@[A-Za-z0-9.-]{1,255})>"
    rb"|(" + _ATEXT + rb"{1,64}@[A-Za-z0-9.-]{1,255}))[ \t]*+(?:,|$)"
)
"""The forms that nearly every message has: `Name <addr>`, `"Name" <addr>`, `addr`."""
_TOKEN = re.compile(
    rb'[^"(),:;<>\\\[]++|"(?>(?:[^"\\]++|\\.)*)"|\[[^\[\]]*+\]|[(),:;<>"\[]|\\.?', re.S
)
_COMMENT = re.compile(rb"[^()\\]++|\\.?|[()]", re.S)
_PAIR = re.compile(rb"\\(.)", re.S)
_WELL_FORMED = re.compile(
    r'(?:[^\s"(),:;<>@\[\]\\\x00-\x1f\x7f]{1,64}|"[^"\r\n\x00-\x1f]{0,62}")'
    r"@(?:[^\s\"(),:;<>@\[\]\\\x00-\x1f\x7f]+|\[[0-9A-Za-z.:]+\])"
)
_OWN_DOMAIN = {"mailer-daemon", "postmaster", "root"}
"""Whom servers leave without a domain in their own reports."""
_BETWEEN = re.compile(r"[\s<>,;()\"]+")


def parse_addresses(raw: bytes) -> tuple[Address, ...]:
    """Every address of a From, To, Cc … field, in order; never raises.

    Comments become names where there is none, groups are dissolved, an empty group
    (`undisclosed-recipients:;`) gives nothing. What is not written as RFC 5322 has it
    is kept, and suspect.
    """
    simple = _known(raw) if len(raw) <= KNOWN_OCTETS else _simple(raw)
    return simple if simple is not None else _Reader().read(unfold(raw))


def parse_senders(raw: bytes) -> tuple[Address, ...]:
    """The same for a From field, where a group is nothing that honest mail has."""
    simple = _known(raw) if len(raw) <= KNOWN_OCTETS else _simple(raw)
    if simple is not None:
        return simple
    reader = _Reader()
    found = reader.read(unfold(raw))
    if reader.grouped:
        return tuple(Address(each.name, each.addr, True) for each in found)
    return found


def _simple(raw: bytes) -> tuple[Address, ...] | None:
    raw = unfold(raw)
    found: list[Address] = []
    at, size = 0, len(raw)
    while at < size:
        one = _SIMPLE.match(raw, at)
        if one is None or len(found) >= ADDRESSES_MAX:
            return None
        quoted, plain, angled, bare = one.groups()
        at = one.end()
        if bare is not None:
            found.append(Address("", bare.decode("ascii"), b"=?" in bare))
            continue
        name = quoted if quoted is not None else plain
        addr = angled.decode("ascii")
        if name.isascii() and b"=?" not in name and b"@" not in name:
            # It is what it is, and shows no address.
            plain_name = name.decode("ascii").strip()
            found.append(Address(plain_name, addr, b"=?" in angled))
        else:
            found.append(_address(decode_words(name), addr, b"=?" in angled))
    return tuple(found)


_known = lru_cache(maxsize=2048)(_simple)
"""The same people write to the same people. About a megabyte; at most eight, when all
fields are full of the shortest addresses there are."""


class _Reader:
    """One pass over the tokens of a field."""

    def __init__(self) -> None:
        self.found: list[Address] = []
        self.grouped = False
        self._held = b""
        self._clear()

    def _clear(self) -> None:
        self.words: list[bytes] = []
        self.comments: list[bytes] = []
        self.angle: bytes | None = None
        self.residue = False

    def read(self, raw: bytes) -> tuple[Address, ...]:
        """All addresses of the field, at most 2,000."""
        at = tokens = 0
        while at < len(raw) and tokens < TOKENS_MAX:
            if len(self.found) >= ADDRESSES_MAX:
                break
            tokens += 1
            token = _TOKEN.match(raw, at)
            if token is None:
                break
            at = self._token(raw, token[0], token.end())
        # What was cut off may belong to the last address.
        self._finish(b"", odd=at < len(raw))
        self._release()
        return tuple(self.found[:ADDRESSES_MAX])

    def _token(self, raw: bytes, token: bytes, at: int) -> int:
        if token == b"(":
            comment, at, closed = _comment(raw, at)
            self.comments.append(comment)
            # One that never ends may have swallowed an address.
            self.residue = self.residue or not closed
        elif token == b"<":
            return self._take_angle(raw, at)
        elif token in (b",", b";"):
            self._finish(token)
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
        if self.angle is not None:
            self._finish(b":", odd=True)
        elif b"@" in text:
            self.words.append(b":")
            self.residue = True
        else:
            self._release()
            self._clear()
            self.grouped = True

    def _take_angle(self, raw: bytes, at: int) -> int:
        end = raw.find(b">", at)
        open_ended = end < 0
        end = len(raw) if open_ended else end
        if self.angle is not None:
            # Two addresses without a comma: both are kept, and it is no accident.
            self._finish(b"", odd=True)
            self.residue = True
        self.angle = raw[at:end]
        self.residue = self.residue or open_ended
        return end + 1

    def _finish(self, ended_by: bytes, *, odd: bool = False) -> None:
        words, angle, comments = self.words, self.angle, self.comments
        odd = odd or self.residue
        self._clear()
        text = b"".join(words).strip()
        if angle is not None:
            if self._held:
                text, self._held = self._held + b", " + text, b""
            name = _phrase(text) if text else _comment_name(comments)
            addr = _clean(angle)
            self._add(name, addr, odd or not _well_formed(addr))
        elif b"@" in text:
            self._release()
            self._add_bare(text, _comment_name(comments), odd)
        elif text and ended_by == b"," and not comments and not odd:
            # `Doe, John <j@x.org>` without the quotes it needs: one person.
            self._held = self._held + b", " + text if self._held else text
        elif text.lower().decode("utf-8", "replace") in _OWN_DOMAIN:
            self._release()
            self._add(_comment_name(comments), text.decode("ascii"), odd)
        elif text or comments:
            self._release()
            self._add(_phrase(text) if text else _comment_name(comments), "", True)

    def _release(self) -> None:
        """A piece that was held for a name, and is none."""
        held, self._held = self._held, b""
        if held:
            self._add(_phrase(held), "", True)

    def _add_bare(self, text: bytes, name: str, odd: bool) -> None:
        """An address without brackets; several in a row are several, and odd."""
        addr = _clean(text)
        if _well_formed(addr) or '"' in addr:
            self._add(name, addr, odd or not _well_formed(addr))
            return
        words = addr.split()
        others = " ".join(word for word in words if "@" not in word)
        for word in [word for word in words if "@" in word] or [""]:
            self._add(name or others, word, True)

    def _add(self, name: str, addr: str, suspect: bool) -> None:
        self.found.append(_address(name, addr, suspect))


def _address(name: str, addr: str, suspect: bool) -> Address:
    name = name.strip()
    odd = suspect or len(addr) > ADDR_MAX or name_lies(name, addr)
    return Address(name, addr[:ADDR_MAX], odd)


def name_lies(name: str, addr: str) -> bool:
    """Whether a display name shows an address other than the real one."""
    if "@" not in name and "\uff20" not in name and "\ufe6b" not in name:
        return False
    if not name.isascii():
        # Full-width forms and invisible characters deceive the eye alone.
        name = unicodedata.normalize("NFKC", safe_text(name, 4000))
    for word in _BETWEEN.split(name[:4000]):
        local, at, domain = word.strip("'[].:").partition("@")
        looks = bool(at and local and "." in domain)
        if looks and f"{local}@{domain}".lower() != addr.lower():
            return True
    return False


def _well_formed(addr: str) -> bool:
    """An addr-spec that hides nothing: no encoded words, nothing invisible."""
    if addr.lower() in _OWN_DOMAIN:
        return True
    if _WELL_FORMED.fullmatch(addr) is None or "=?" in addr:
        return False
    return addr.isascii() or ("\ufffd" not in addr and safe_text(addr) == addr)


def _clean(raw: bytes) -> str:
    """An addr-spec without source route and outer blanks; never decoded."""
    text = raw.decode("utf-8", "replace").strip().lstrip("<").strip()
    if text.startswith("@") and ":" in text:
        text = text.partition(":")[2]
    if text[:1] == '"' == text[-1:] and "@" in text[1:-1] and '"' not in text[1:-1]:
        text = text[1:-1]
    if '"' not in text:
        for blank, dense in ((" .", "."), (". ", "."), (" @", "@"), ("@ ", "@")):
            text = text.replace(blank, dense)
    return text.strip()


def _phrase(text: bytes) -> str:
    """A display name: quotes taken off, encoded words decoded."""
    if b'"' in text or b"\\" in text:
        text = b"".join(map(_unquoted, _TOKEN.findall(text)))
    return decode_words(text)


def _unquoted(token: bytes) -> bytes:
    if token[:1] == b'"':
        token = token[1:-1] if len(token) > 1 else b""
    return _PAIR.sub(rb"\1", token) if b"\\" in token else token


def _comment(raw: bytes, at: int) -> tuple[bytes, int, bool]:
    """The comment that begins at `at`, nested ones with it; its end; if it ends."""
    depth, start = 1, at
    for token in _COMMENT.finditer(raw, at):
        if token[0] == b"(":
            depth += 1
        elif token[0] == b")":
            depth -= 1
            if depth == 0:
                return raw[start : token.start()], token.end(), True
    return raw[start:], len(raw), False


def _comment_name(comments: list[bytes]) -> str:
    return decode_words(_PAIR.sub(rb"\1", comments[0])).strip() if comments else ""
