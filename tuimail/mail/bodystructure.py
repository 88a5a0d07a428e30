"""BODYSTRUCTURE, BODY and ENVELOPE of a message (RFC 3501 §7.4.2)."""

from __future__ import annotations

from email.utils import getaddresses

from tuimail.mail.mime import Node, Params, media_type, parameters

_ADDRESS_FIELDS = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")
_HEADER_MAX = 100_000


def nstring(value: bytes | None) -> bytes:
    """A value as a quoted string, as a literal where it must be, or NIL."""
    if value is None:
        return b"NIL"
    if any(octet in b"\r\n\0" or octet > 0x7E for octet in value) or len(value) > 900:
        return b"{%d}\r\n%s" % (len(value), value)
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def body_structure(node: Node, *, extended: bool = True) -> bytes:
    """The structure; `extended` gives BODYSTRUCTURE, else BODY."""
    if node.children:
        inner = b"".join(body_structure(c, extended=extended) for c in node.children)
        more = b" " + _parameters(node.params) + _tail(node) if extended else b""
        return b"(" + inner + b" " + nstring(node.subtype) + more + b")"
    encoding = (node.field(b"content-transfer-encoding") or b"7bit").lower()
    words = [
        nstring(node.type),
        nstring(node.subtype),
        _parameters(_with_charset(node)),
        nstring(node.field(b"content-id")),
        nstring(node.field(b"content-description")),
        nstring(encoding),
        b"%d" % node.size,
    ]
    if node.message is not None:
        words += [
            envelope(node.message),
            body_structure(node.message, extended=extended),
        ]
    if node.type == b"text" or node.message is not None:
        words.append(b"%d" % node.body.count(b"\n"))
    if extended:
        words.append(nstring(node.field(b"content-md5")))
    return b"(" + b" ".join(words) + (_tail(node) if extended else b"") + b")"


def envelope(node: Node) -> bytes:
    """The ENVELOPE of a message; addresses are parsed, encoded words are kept."""
    given = {name: node.field(name) for name in _ADDRESS_FIELDS}
    author = given[b"from"]
    given[b"sender"] = given[b"sender"] or author
    given[b"reply-to"] = given[b"reply-to"] or author
    words = [nstring(node.field(b"date")), nstring(node.field(b"subject"))]
    words += [_addresses(given[name]) for name in _ADDRESS_FIELDS]
    words += [nstring(node.field(b"in-reply-to")), nstring(node.field(b"message-id"))]
    return b"(" + b" ".join(words) + b")"


def _with_charset(node: Node) -> Params:
    # A text part without a charset is ASCII, and servers say so (RFC 2045 §5.2).
    if node.type == b"text" and not any(k == b"charset" for k, _ in node.params):
        return (*node.params, (b"charset", b"us-ascii"))
    return node.params


def _tail(node: Node) -> bytes:
    """Disposition, language and location."""
    value = node.field(b"content-disposition")
    disposition = b"NIL"
    if value:
        kind = media_type(value.partition(b";")[0] + b"/x")[0]
        disposition = b"(%s %s)" % (nstring(kind), _parameters(parameters(value)))
    language = nstring(node.field(b"content-language"))
    location = nstring(node.field(b"content-location"))
    return b" %s %s %s" % (disposition, language, location)


def _parameters(params: Params) -> bytes:
    words = [nstring(word) for pair in params for word in pair]
    return b"(" + b" ".join(words) + b")" if words else b"NIL"


def _addresses(value: bytes | None) -> bytes:
    if not value:
        return b"NIL"
    pairs = getaddresses([value[:_HEADER_MAX].decode("utf-8", "surrogateescape")])
    rows = [_address(name, spec) for name, spec in pairs if name or spec]
    return b"(" + b"".join(rows) + b")" if rows else b"NIL"


def _address(name: str, spec: str) -> bytes:
    local, at, domain = spec.rpartition("@")
    parts = (name or None, None, local if at else spec, domain if at else "MISSING")
    words = (None if p is None else p.encode("utf-8", "surrogateescape") for p in parts)
    return b"(" + b" ".join(nstring(word) for word in words) + b")"
