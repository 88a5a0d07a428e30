"""The tree of a message's parts.

From BODYSTRUCTURE as a server sent it, or as `bodystructure` makes it of a message
that lies here. Servers leave out what they should send; what is missing gets a plain
default, and nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuimail.mail.tokens import Token, tokenize
from tuimail.mail.types import Part, Section
from tuimail.mail.words import decode_params, decode_words

MESSAGES = frozenset(("message/rfc822", "message/global"))
PARTS_MAX = 1000
DEPTH_MAX = 32
UNKNOWN = Part(Section("1"), "application/octet-stream")
_ATTACHED = re.compile(rb'"attachment"|"(?:file)?name\*?0?\*?"', re.I)
_QUIET = re.compile(
    rb'"application" "(?:pgp-signature|pkcs7-signature|x-pkcs7-signature|ms-tnef)"',
    re.I,
)


def parse_structure(raw: bytes) -> Part:
    """The tree of a BODYSTRUCTURE; one unknown part when it cannot be read."""
    try:
        values = tokenize(raw)
    except ValueError:
        return UNKNOWN
    root = values[0] if values else None
    if not isinstance(root, list) or not root:
        return UNKNOWN
    return _Builder().build(root, "", 0)


def has_attachment(raw: bytes) -> bool:
    """Whether a BODYSTRUCTURE names a file or an attachment; a quick look."""
    if b'"attachment"' not in raw and b"ame" not in raw and b"ATTACH" not in raw:
        return False
    return bool(_ATTACHED.search(raw))


class _Builder:
    """Builds the tree under a bound on its parts."""

    def __init__(self) -> None:
        self.count = 0

    def build(self, body: list[Token], section: str, depth: int) -> Part:
        self.count += 1
        if self.count > PARTS_MAX or depth > DEPTH_MAX or not body:
            return Part(Section(section or "1"), "application/octet-stream")
        if isinstance(body[0], list):
            return self._multipart(body, section, depth)
        return self._leaf(body, section or "1", depth)

    def _multipart(self, body: list[Token], section: str, depth: int) -> Part:
        children = []
        at = 0
        for at, child in enumerate(body):
            if not isinstance(child, list):
                break
            number = f"{section}.{at + 1}" if section else str(at + 1)
            children.append(self.build(child, number, depth + 1))
        rest = body[len(children) :]
        return Part(
            Section(section),
            f"multipart/{_word(rest, 0) or 'mixed'}",
            _params(rest, 1),
            disposition=_disposition(rest, 2)[0],
            parts=tuple(children),
        )

    def _leaf(self, body: list[Token], section: str, depth: int) -> Part:
        kind = _word(body, 0) or "application"
        media_type = f"{kind}/{_word(body, 1) or 'octet-stream'}"
        after = {"text": 8}.get(kind, 7)
        children: tuple[Part, ...] = ()
        summary = ""
        if media_type in MESSAGES and isinstance(_at(body, 7), list):
            after, inner = 10, _at(body, 8)
            summary = _summary(body[7])
            if isinstance(inner, list) and inner and not _encoded(body):
                children = (self._embedded(inner, section, depth),)
        params = _params(body, 2)
        disposition, placed = _disposition(body, after + 1)
        named = dict(params)
        filename = dict(placed).get("filename") or named.get("name", "")
        return Part(
            Section(section),
            media_type,
            params,
            content_id=_text(body, 3),
            encoding=_word(body, 5) or "7bit",
            size=_number(body, 6),
            disposition=disposition,
            filename=filename,
            parts=children,
            summary=summary,
            location=_text(body, after + 3),
        )

    def _embedded(self, inner: list[Token], section: str, depth: int) -> Part:
        """A message in a message: its parts are numbered below its own section."""
        if isinstance(inner[0], list):
            return self.build(inner, section, depth + 1)
        return self.build(inner, f"{section}.1", depth + 1)


def _summary(envelope: Token) -> str:
    """Subject and sender of a message within a message (RFC 9051 envelope)."""
    if not isinstance(envelope, list):
        return ""
    subject = _at(envelope, 1)
    words = decode_words(subject) if isinstance(subject, bytes) else ""
    senders = _at(envelope, 2)
    sender = senders[0] if isinstance(senders, list) and senders else None
    if not isinstance(sender, list):
        return words
    name = _at(sender, 0)
    shown = decode_words(name) if isinstance(name, bytes) else ""
    address = f"{_text(sender, 2)}@{_text(sender, 3)}"
    who = f"{shown} <{address}>" if shown.strip() else address
    return f"{words or '(no subject)'}, from {who}"


def _at(body: list[Token], index: int) -> Token:
    return body[index] if index < len(body) else None


def _text(body: list[Token], index: int) -> str:
    value = _at(body, index)
    return value.decode("utf-8", "replace")[:1000] if isinstance(value, bytes) else ""


def _encoded(body: list[Token]) -> bool:
    """Whether a message is encoded, so that no server can have looked into it."""
    return _word(body, 5) in ("base64", "quoted-printable")


def _word(body: list[Token], index: int) -> str:
    return _text(body, index).strip().lower()[:80]


def _number(body: list[Token], index: int) -> int:
    word = _word(body, index)
    return int(word) if word.isdigit() and len(word) < 16 else 0


def _params(body: list[Token], index: int) -> tuple[tuple[str, str], ...]:
    values = _at(body, index)
    if not isinstance(values, list):
        return ()
    flat = [each if isinstance(each, bytes) else b"" for each in values[:200]]
    pairs = [
        (name.decode("ascii", "replace").lower(), value)
        for name, value in zip(flat[::2], flat[1::2], strict=False)
    ]
    return decode_params(pairs)


def _disposition(
    body: list[Token], index: int
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Disposition and its parameters; looked for near its place, as servers err."""
    for place in (index, index - 1, index + 1):
        value = _at(body, place)
        if isinstance(value, list) and value and isinstance(value[0], bytes):
            word = value[0].decode("ascii", "replace").lower()
            if word in ("attachment", "inline", "form-data") or len(value) == 2:
                return word[:40], _params(value, 1)
    return "", ()


# -- choosing ----------------------------------------------------------------


def walk(part: Part) -> Iterator[Part]:
    """A part and everything below it, in order; no recursion."""
    stack = [part]
    while stack:
        each = stack.pop()
        yield each
        stack.extend(reversed(each.parts))


def leaves(part: Part) -> list[Part]:
    """The parts that have octets of their own, in order."""
    return [p for p in walk(part) if not p.media_type.startswith("multipart/")]
