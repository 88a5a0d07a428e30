"""The MIME structure of a message as octets: where each part begins and ends.

For messages that lie here as files. Line ends may be CRLF or LF. No message makes it
fail: what cannot be understood is one leaf of text. Parts are places in the buffer,
which may be a mapped file, so a large message is not copied.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from tuimail.mail.words import split_params

MAX_DEPTH = 32
MAX_PARTS = 1000
HEADER_MAX = 1_000_000
"""Octets of one header that are looked at."""
_HEADER_END = re.compile(rb"\n\r{0,2}\n")
_EMPTY_LINE = re.compile(rb"\r{0,2}\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NEXT_FIELD = re.compile(rb"\r?\n(?![ \t])")
_BOUNDARY_REST = re.compile(rb"(--)?[ \t\r]*(?:\n|\Z)")
_BOUNDARY_MORE = re.compile(rb"(--)?[ \t][^\n]*(?:\n|\Z)")
"""What RFC 2046 §5.1.1 does not allow behind a boundary, and some write."""
_FIELD_BEGINS = re.compile(rb"^[!-9;-~]+[ \t]*:", re.MULTILINE)
_ENCODED = (b"base64", b"quoted-printable")
_TOKEN = re.compile(rb"[^\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]+")
Params = tuple[tuple[bytes, bytes], ...]
Buffer = bytes | mmap.mmap


@dataclass(frozen=True)
class Node:
    """One part: its header with the empty line behind it, and its body."""

    data: Buffer
    start: int
    """Offset at which the header begins."""
    middle: int
    """Offset at which the body begins."""
    end: int
    type: bytes
    """Lower case, e.g. `text`."""
    subtype: bytes
    params: Params = ()
    children: tuple[Node, ...] = ()
    message: Node | None = None
    """What a `message/rfc822` part holds."""

    @cached_property
    def header(self) -> bytes:
        """The header's octets, with the empty line."""
        return self.data[self.start : self.middle]

    @property
    def body(self) -> bytes:
        """The body's octets."""
        return self.data[self.middle : self.end]

    @property
    def size(self) -> int:
        """Octets of the body."""
        return self.end - self.middle

    def field(self, name: bytes) -> bytes | None:
        """The first field of this name, unfolded; None when there is none."""
        for found, value in fields(self.header[:HEADER_MAX]):
            if found.lower() == name:
                return unfold(value)
        return None


def parse(data: Buffer) -> Node:
    """The structure of a whole message."""
    if data.find(b"\n") < 0 and data.find(b"\r") >= 0:
        data = data[:].replace(b"\r", b"\n")
    return _parse(data, 0, len(data), 0, b"text/plain", [MAX_PARTS])


def fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each field as (name, value as it came); lines without a colon are left out."""
    for lines in _NEXT_FIELD.split(header):
        name, colon, value = lines.partition(b":")
        if colon:
            yield name.strip(), value


def unfold(value: bytes) -> bytes:
    """A field's value on one line."""
    return _FOLD.sub(b"", value).strip()


def media_type(value: bytes) -> tuple[bytes, bytes]:
    """Type and subtype in lower case; `text`, `plain` when there is no sense in it."""
    main, _, rest = value.lower().partition(b"/")
    sub = _TOKEN.match(rest.strip())
    main = main.strip()
    if sub is None or not _TOKEN.fullmatch(main):
        return b"text", b"plain"
    return main, sub[0]


def parameters(value: bytes) -> Params:
    """The parameters behind the first `;`, as they came but for quotes."""
    return tuple(split_params(value)[1]) if b";" in value else ()


def _parse(
    data: Buffer, start: int, end: int, depth: int, default: bytes, budget: list[int]
) -> Node:
    budget[0] -= 1
    middle = _header_end(data, start, end)
    header = data[start : min(middle, start + HEADER_MAX)]
    given = next((v for n, v in fields(header) if n.lower() == b"content-type"), b"")
    value = unfold(given) or default
    main, sub = media_type(value)
    node = Node(data, start, middle, end, main, sub, parameters(value))
    if depth >= MAX_DEPTH or budget[0] <= 0:
        return node
    if main == b"multipart":
        return _multipart(node, depth, budget)
    if (main, sub) == (b"message", b"rfc822") and not _encoded(node):
        inner = _parse(data, middle, end, depth + 1, b"text/plain", budget)
        return replace(node, message=inner)
    return node


def _encoded(node: Node) -> bool:
    """Whether a message must be decoded first, which RFC 2046 §5.2.1 forbids."""
    encoding = node.field(b"content-transfer-encoding") or b""
    return encoding.strip(b"\"' ;").lower() in _ENCODED


def _header_end(data: Buffer, start: int, end: int) -> int:
    """Where the body begins. Without an empty line all is header, if it has a field."""
    empty = _EMPTY_LINE.match(data, start, end)
    found = empty or _HEADER_END.search(data, start, end)
    if found is not None:
        return found.end()
    return end if _FIELD_BEGINS.search(data, start, end) else start


def _multipart(node: Node, depth: int, budget: list[int]) -> Node:
    boundary = dict(node.params).get(b"boundary", b"")
    inside = b"message/rfc822" if node.subtype == b"digest" else b"text/plain"
    children = []
    for start, end in _pieces(node, boundary) if boundary else ():
        if budget[0] <= 0:
            break
        children.append(_parse(node.data, start, end, depth + 1, inside, budget))
    if not children:
        return replace(node, type=b"text", subtype=b"plain")
    return replace(node, children=tuple(children))


def _pieces(node: Node, boundary: bytes) -> Iterator[tuple[int, int]]:
    """What stands between the lines of a boundary (RFC 2046 §5.1.1)."""
    dashed, rest = b"--" + boundary, _BOUNDARY_REST
    mark = _line(node, dashed, node.middle, rest)
    if mark is None or mark[2]:
        rest = _BOUNDARY_MORE
        mark = _line(node, dashed, node.middle, rest)
    while mark is not None and not mark[2]:
        following = _line(node, dashed, mark[1], rest)
        end = node.end if following is None else max(following[0], mark[1])
        yield mark[1], end
        mark = following


def _line(
    node: Node, dashed: bytes, start: int, rest: re.Pattern[bytes]
) -> tuple[int, int, bool] | None:
    """The next boundary line: where the text before it ends, where the line ends,
    and whether it is the last one."""
    data = node.data
    while (at := data.find(dashed, start, node.end)) >= 0:
        start = at + len(dashed)
        found = rest.match(data, start, node.end)
        first = at == node.middle
        if found is not None and (first or data[at - 1 : at] == b"\n"):
            before = at - 1 - (data[at - 2 : at - 1] == b"\r")
            return max(before, node.middle), found.end(), bool(found[1])
    return None
