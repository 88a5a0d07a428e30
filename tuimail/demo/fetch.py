"""The items of a FETCH: reading them, and one response row (RFC 3501 §6.4.5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tuimail.demo.grammar import Bad, Scanner
from tuimail.demo.mailstore import DemoMessage
from tuimail.mail.bare_text import bare_text
from tuimail.mail.bodystructure import body_structure, envelope, nstring
from tuimail.mail.first_line import first_line
from tuimail.mail.mime import Node
from tuimail.mail.reading import opening_texts
from tuimail.mail.sections import SectionPath, octets
from tuimail.mail.structure import parse_structure

_MACROS = {
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
_OLD_SECTIONS = {
    "RFC822": SectionPath(),
    "RFC822.HEADER": SectionPath(text="HEADER"),
    "RFC822.TEXT": SectionPath(text="TEXT"),
}
_SIMPLE = {
    *("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    *("BODYSTRUCTURE", "BODY", "MODSEQ", "PREVIEW"),
}
_TEXTS = ("HEADER.FIELDS.NOT", "HEADER.FIELDS", "HEADER", "TEXT", "MIME")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing asked for."""

    name: str
    """As it is answered, e.g. `FLAGS` or `BODY[1.2]<0>`."""
    path: SectionPath | None = None
    """The section, when octets are asked for."""
    start: int = 0
    length: int | None = None
    marks_seen: bool = False


def read_items(args: Scanner) -> list[Item]:
    """One item, a macro, or items in parentheses."""
    if args.peek(b"("):
        items = args.listed(lambda: _item(args))
        if not items:
            raise Bad("Nothing to fetch")
        return items
    macro = next((m for m in _MACROS if args.skip_word(m)), None)
    if macro is not None:
        return [Item(name) for name in _MACROS[macro]]
    return [_item(args)]


def _item(args: Scanner) -> Item:
    name = args.fetch_word()
    if name in ("BODY", "BODY.PEEK") and args.skip(b"["):
        return _section(args, marks_seen=name == "BODY")
    if name in _OLD_SECTIONS:
        return Item(name, _OLD_SECTIONS[name], marks_seen=not name.endswith("HEADER"))
    if name not in _SIMPLE:
        raise Bad(f"Unknown item {name}")
    if name == "PREVIEW" and args.skip(b" ("):
        args.expect(b"LAZY)")
    return Item(name)


def _section(args: Scanner, *, marks_seen: bool) -> Item:
    path = _path(args)
    args.expect(b"]")
    label = "BODY[" + ".".join(map(str, path.numbers))
    label += "." if path.numbers and path.text else ""
    label += path.text
    if path.fields:
        label += " (" + " ".join(f.decode("latin-1").upper() for f in path.fields) + ")"
    label += "]"
    if not args.skip(b"<"):
        return Item(label, path, marks_seen=marks_seen)
    start = args.number()
    args.expect(b".")
    length = args.number()
    args.expect(b">")
    if not length:
        raise Bad("A slice of nothing")
    return Item(f"{label}<{start}>", path, start, length, marks_seen)


def _path(args: Scanner) -> SectionPath:
    numbers: list[int] = []
    while not args.peek(b"]"):
        text = next((t for t in _TEXTS if args.skip_word(t)), None)
        if text is not None:
            fields = _fields(args) if text.startswith("HEADER.FIELDS") else ()
            if text == "MIME" and not numbers:
                raise Bad("MIME needs a part number")
            return SectionPath(tuple(numbers), text, fields)
        numbers.append(args.number())
        if len(numbers) > 50 or not numbers[-1]:
            raise Bad("Invalid section")
        if not args.skip(b"."):
            break
        if args.peek(b"]"):
            raise Bad("Invalid section")
    return SectionPath(tuple(numbers))


def _fields(args: Scanner) -> tuple[bytes, ...]:
    args.space()
    names = args.listed(args.astring)
    if not names or any(set(name) & set(b"\r\n\0") for name in names):
        raise Bad("Invalid field names")
    return tuple(name.lower() for name in names)


def row(number: int, message: DemoMessage, items: Collection[Item]) -> bytes:
    """One FETCH response for one message."""
    seen: set[str] = set()
    words = []
    for item in items:
        if item.name not in seen:
            seen.add(item.name)
            words.append(item.name.encode("latin-1") + b" " + _value(message, item))
    return b"* %d FETCH (%s)\r\n" % (number, b" ".join(words))


def _value(message: DemoMessage, item: Item) -> bytes:
    if item.path is not None:
        return _octets(message, item)
    match item.name:
        case "UID":
            return b"%d" % message.uid
        case "FLAGS":
            return flag_list(message.flags)
        case "INTERNALDATE":
            return b'"' + internal_date(message.date).encode() + b'"'
        case "RFC822.SIZE":
            return b"%d" % len(message.raw)
        case "MODSEQ":
            return b"(%d)" % message.modseq
        case "ENVELOPE":
            return envelope(message.tree)
        case "BODYSTRUCTURE":
            return body_structure(message.tree)
        case "PREVIEW":
            return nstring(_preview(message.tree))
    return body_structure(message.tree, extended=False)


def _preview(tree: Node) -> bytes:
    """How a text begins (RFC 8970); nothing where there is none to be read."""
    for part in opening_texts(parse_structure(body_structure(tree))):
        path = SectionPath(tuple(map(int, part.section.split("."))))
        return first_line(bare_text(octets(tree, path) or b"", part)).encode()
    return b""


def _octets(message: DemoMessage, item: Item) -> bytes:
    assert item.path is not None
    found = octets(message.tree, item.path)
    if found is None:
        return b"NIL"
    if item.length is not None:
        found = found[item.start : item.start + item.length]
    return nstring(found) if not found else b"{%d}\r\n%s" % (len(found), found)


def flag_list(flags: Collection[str]) -> bytes:
    """Flags in parentheses, in a steady order."""
    return b"(" + " ".join(sorted(flags)).encode("latin-1") + b")"


def internal_date(moment: datetime) -> str:
    """E.g. ` 1-Feb-2024 10:00:00 +0100`; month names do not follow the locale."""
    month = _MONTHS[moment.month - 1]
    return f"{moment.day:2d}-{month}-{moment:%Y %H:%M:%S %z}"
