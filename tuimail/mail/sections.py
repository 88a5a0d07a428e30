"""The octets that BODY[section] names (RFC 3501 §6.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tuimail.mail.mime import Buffer, Node, parse
from tuimail.mail.types import Section

_SECTION = re.compile(r"((?:\d{1,5}\.?)*)([A-Z.]*)(?: \(([^()]*)\))?")
_FIELD = re.compile(rb"[^\n]*\n(?:[ \t][^\n]*\n)*")


@dataclass(frozen=True, slots=True)
class SectionPath:
    """A parsed section: part numbers, then what of that part."""

    numbers: tuple[int, ...] = ()
    text: str = ""
    """HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, MIME, or `''` for all of it."""
    fields: tuple[bytes, ...] = ()
    """The field names of HEADER.FIELDS, lower case."""


def section_of(data: Buffer, section: Section) -> bytes | None:
    """Of a whole message the octets of a section such as `1.2` or `HEADER`."""
    named = _SECTION.fullmatch(str(section))
    if named is None:
        return None
    numbers = tuple(map(int, filter(None, named[1].split("."))))
    fields = (named[3] or "").lower().encode().split()
    return octets(parse(data), SectionPath(numbers, named[2], tuple(fields)))


def octets(root: Node, path: SectionPath) -> bytes | None:
    """What the section holds; None when there is no such part."""
    node, is_message = root, True
    for number in path.numbers:
        found = _child(node, number, is_message)
        if found is None:
            return None
        node, is_message = found, False
    return _of_part(node, path) if path.numbers else _of_message(node, path)


def _child(node: Node, number: int, is_message: bool) -> Node | None:
    if node.message is not None and not is_message:
        # Numbers below a message are those of its body.
        return _child(node.message, number, True)
    if node.children:
        return node.children[number - 1] if 0 < number <= len(node.children) else None
    return node if number == 1 and is_message else None


def _of_part(node: Node, path: SectionPath) -> bytes | None:
    if path.text == "MIME":
        return node.header
    if not path.text:
        return node.body
    return None if node.message is None else _of_message(node.message, path)


def _of_message(node: Node, path: SectionPath) -> bytes | None:
    match path.text:
        case "":
            return node.data[node.start : node.end]
        case "TEXT":
            return node.body
        case "HEADER":
            return node.header
        case "HEADER.FIELDS":
            return _some_fields(node.header, path.fields, wanted=True)
        case "HEADER.FIELDS.NOT":
            return _some_fields(node.header, path.fields, wanted=False)
    return None


def _some_fields(header: bytes, names: tuple[bytes, ...], *, wanted: bool) -> bytes:
    kept = []
    for field in _FIELD.findall(header):
        name, colon, _ = field.partition(b":")
        if colon and (name.strip().lower() in names) == wanted:
            kept.append(field)
    return b"".join(kept) + b"\r\n"
