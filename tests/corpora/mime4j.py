"""James Mime4J: structures, header fields and decoded bodies as it writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.corpora.ours import Message
from tests.corpora.tally import Reasons, Tally
from tuimail.mail.headers import raw_fields
from tuimail.mail.mime import Node

NAME = "mime4j"
TITLE = "mime4j (structure, fields, bodies)"
_TOKEN = re.compile(
    rb"<(/?)(message|multipart|body-part|header|field|preamble|epilogue"
    rb'|text-body|binary-body)(?: name="([^"]*)")?(/?)>'
)
_ENTITIES = {b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"', b"&apos;": b"'"}
Entry = tuple[str, str]
"""A kind and, for a leaf, the file that holds its body."""


def compare(corpora: Path) -> Tally:
    """Every message with an expectation, its fields, its tree, its bodies."""
    tally = Tally(NAME)
    folder = corpora / "mime4j/core/src/test/resources"
    for path in sorted(folder.glob("*/*_decoded.xml")):
        source = path.with_name(path.name.replace("_decoded.xml", ".msg"))
        tally.messages += 1
        _one(tally, source, path.read_bytes())
    return tally


def _one(tally: Tally, path: Path, xml: bytes) -> None:
    name = path.stem
    message = Message(path.read_bytes())
    theirs, fields = _read(xml)
    ours = list(_entries(message, message.node, ""))
    tally.same(f"{name}: fields", _names(fields), _names(raw_fields(message.data)))
    if not tally.same(f"{name}: tree", [k for k, _ in theirs], [k for k, *_ in ours]):
        return
    for (kind, file), (_, holder, section) in zip(theirs, ours, strict=True):
        if kind in ("text", "binary"):
            wanted = (path.parent / file).read_bytes()
            got = _decoded(holder, section)
            tally.same(f"{name}: body {section}", *_alike(wanted, got, kind))


def _names(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(n.lower(), b"".join(v.split())) for n, v in fields]


def _alike(theirs: bytes, ours: bytes, kind: str) -> tuple[bytes, bytes]:
    if kind == "binary":
        return theirs, ours
    return theirs.replace(b"\r\n", b"\n"), ours.replace(b"\r\n", b"\n")


def _decoded(message: Message, section: str) -> bytes:
    part = next((p for p in message.leaves if p.section == section), None)
    return b"(no such part)" if part is None else message.octets(part)


def _entries(
    message: Message, node: Node, section: str
) -> Iterator[tuple[str, Message, str]]:
    """Our tree in the order of theirs, with the message that holds each section."""
    if node.children:
        yield "multipart", message, section
        for at, child in enumerate(node.children, 1):
            inner = f"{section}.{at}" if section else str(at)
            yield from _entries(message, child, inner)
    elif node.message is not None:
        yield "message", message, section
        inner = section or "1"
        inner = inner if node.message.children else f"{inner}.1"
        yield from _entries(message, node.message, inner)
    elif (node.type, node.subtype) == (b"message", b"rfc822"):
        # Encoded: a reader decodes it first, as an attachment, and opens it then.
        yield "message", message, section
        opened = Message(_decoded(message, section or "1"))
        yield from _entries(opened, opened.node, "")
    else:
        kind = "text" if node.type == b"text" else "binary"
        yield kind, message, section or "1"


def _read(xml: bytes) -> tuple[list[Entry], list[tuple[bytes, bytes]]]:
    """Their tree, and the fields of the outermost header."""
    tree: list[Entry] = []
    block = b""
    depth = headers = start = 0
    for token in _TOKEN.finditer(xml):
        close, kind = bool(token[1]), token[2].decode()
        if kind == "message" and not close:
            depth += 1
            if depth > 1:
                tree.append(("message", ""))
        elif kind == "multipart" and not close:
            tree.append(("multipart", ""))
        elif kind.endswith("-body"):
            tree.append((kind.removesuffix("-body"), token[3].decode("latin-1")))
        elif kind == "header":
            headers += not close
        elif kind == "field" and headers == 1:
            if close:
                block += xml[start : token.start()].lstrip(b"\r\n") + b"\r\n"
            start = token.end()
    for entity, octet in _ENTITIES.items():
        block = block.replace(entity, octet)
    return tree, raw_fields(block.replace(b"&amp;", b"&"))


EXPLAINED: Reasons = {
    "A multipart without a part that can be found is shown as the text it is": (
        "badbound: tree",
        "missing-boundary: tree",
        "missing-inner-boundary: tree",
        "missing-inner-start-boundary: tree",
        "multipartnopart: tree",
    ),
    "Of base64 that breaks off within a group the whole octets are kept": (
        "frag: body 2.2.2.2",
        "multi-frag: body 3.2",
    ),
    "A line without a colon among the fields does not end the header (RFC 5322)": (
        "malformedHeaderStartsBody-nocrlfcrlf: body 1",
        "malformedHeaderStartsBody-nocrlfcrlf: fields",
    ),
    "A message without any field is text from its first line on": (
        "malformedHeader-noheader: body 1",
        "malformedHeaderStartsBody-noheader: body 1",
    ),
}
