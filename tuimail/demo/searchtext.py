"""What SEARCH looks through: decoded headers and text parts, case folded."""

from __future__ import annotations

import base64
import binascii
import quopri
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header

from tuimail.mail.mime import Node, fields, unfold


def header_text(node: Node, name: str) -> Iterator[str]:
    """The decoded values of each field of this name."""
    for found, value in fields(node.header):
        if found.decode("latin-1").lower() == name:
            yield _words(unfold(value))


def body_text(node: Node, *, headers: bool) -> str:
    """All text parts; with the headers of the message and its parts on request."""
    pieces = []
    for part in _leaves(node):
        if headers:
            pieces += [_words(part.header)]
        if part.type == b"text":
            pieces.append(_decoded(_transfer(part), part))
    return "\n".join(pieces).casefold()


def _leaves(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _leaves(child)
    if node.message is not None:
        yield from _leaves(node.message)


def _words(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    try:
        found = decode_header(text)
    except HeaderParseError:
        return text.casefold()
    return "".join(_word(word, label) for word, label in found).casefold()


def _word(word: bytes | str, label: str | None) -> str:
    if isinstance(word, str):
        return word
    return _charset(word, label or "latin-1")


def _transfer(part: Node) -> bytes:
    encoding = (part.field(b"content-transfer-encoding") or b"").lower()
    try:
        if encoding == b"base64":
            return base64.b64decode(part.body)
        if encoding == b"quoted-printable":
            return quopri.decodestring(part.body)
    except binascii.Error:
        return b""
    return part.body


def _decoded(data: bytes, part: Node) -> str:
    label = dict(part.params).get(b"charset", b"utf-8").decode("latin-1")
    return _charset(data, label)


def _charset(data: bytes, label: str) -> str:
    try:
        return data.decode(label, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")
