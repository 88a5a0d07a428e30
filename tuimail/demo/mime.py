"""The MIME structure of a message as octets: where each part begins and ends.

Written for mail that the demo made itself, yet no message makes it fail: what cannot
be understood is one leaf of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_DEPTH = 20
MAX_PARTS = 200
_HEADER_END = re.compile(rb"(?:\A|\r\n)\r\n")
_BOUNDARY_REST = re.compile(rb"(--)?[ \t]*(?:\r\n|\Z)")
_TOKEN = re.compile(rb"[^\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]+")
_PARAM = re.compile(
    rb'\s*;\s*([^\x00-\x20\x7f()<>@,;:\\"/\[\]?=]+)\s*=\s*'
    rb'(?:"((?:[^"\\]|\\.)*)"|([^\x00-\x20;"]+))',
    re.DOTALL,
)
Params = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One part: its header with the empty line behind it, and its body."""

    header: bytes
    body: bytes
    type: bytes
    """Lower case, e.g. `text`."""
    subtype: bytes
    params: Params = ()
    children: tuple[Node, ...] = ()
    message: Node | None = None
    """What a `message/rfc822` part holds."""

    def field(self, name: bytes) -> bytes | None:
        """The first field of this name, unfolded; None when there is none."""
        for found, value in fields(self.header):
            if found.lower() == name:
                return unfold(value)
        return None


def parse(raw: bytes) -> Node:
    """The structure of a whole message with CRLF line ends."""
    return _parse(raw, 0, b"text/plain", [MAX_PARTS])


def fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each field as (name, value as it came); lines without a colon are left out."""
    for lines in re.split(rb"\r\n(?![ \t])", header):
        name, colon, value = lines.partition(b":")
        if colon:
            yield name.strip(), value


def unfold(value: bytes) -> bytes:
    """A field's value on one line."""
    return re.sub(rb"\r\n(?=[ \t])", b"", value).strip()


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
    at = value.find(b";")
    found: list[tuple[bytes, bytes]] = []
    while at >= 0 and len(found) < 64:
        match = _PARAM.match(value, at)
        if match is None:
            break
        quoted = match[2]
        text = match[3] if quoted is None else re.sub(rb"\\(.)", rb"\1", quoted)
        found.append((match[1].lower(), text))
        at = match.end()
    return tuple(found)


def _parse(raw: bytes, depth: int, default: bytes, budget: list[int]) -> Node:
    budget[0] -= 1
    end = _HEADER_END.search(raw)
    header, body = (raw[: end.end()], raw[end.end() :]) if end else (raw, b"")
    given = next((v for n, v in fields(header) if n.lower() == b"content-type"), b"")
    value = unfold(given) or default
    main, sub = media_type(value)
    params = parameters(value)
    node = Node(header, body, main, sub, params)
    if depth >= MAX_DEPTH or budget[0] <= 0:
        return node
    if main == b"multipart":
        return _multipart(node, depth, budget)
    if (main, sub) == (b"message", b"rfc822"):
        inner = _parse(body, depth + 1, b"text/plain", budget)
        return Node(header, body, main, sub, params, message=inner)
    return node


def _multipart(node: Node, depth: int, budget: list[int]) -> Node:
    boundary = dict(node.params).get(b"boundary", b"")
    inside = b"message/rfc822" if node.subtype == b"digest" else b"text/plain"
    children = []
    for piece in _pieces(node.body, boundary) if boundary else ():
        if budget[0] <= 0:
            break
        children.append(_parse(piece, depth + 1, inside, budget))
    if not children:
        return Node(node.header, node.body, b"text", b"plain", node.params)
    return Node(
        node.header, node.body, node.type, node.subtype, node.params, tuple(children)
    )


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What stands between the lines of a boundary (RFC 2046 §5.1.1)."""
    mark = _line(body, b"--" + boundary, 0)
    while mark is not None and not mark[2]:
        following = _line(body, b"--" + boundary, mark[1])
        end = len(body) if following is None else max(following[0], mark[1])
        yield body[mark[1] : end]
        mark = following


def _line(body: bytes, dashed: bytes, start: int) -> tuple[int, int, bool] | None:
    """The next boundary line: where the text before it ends, where the line ends,
    and whether it is the last one."""
    while (at := body.find(dashed, start)) >= 0:
        start = at + len(dashed)
        rest = _BOUNDARY_REST.match(body, start)
        if rest is not None and (at == 0 or body[at - 2 : at] == b"\r\n"):
            return max(at - 2, 0), rest.end(), bool(rest[1])
    return None
