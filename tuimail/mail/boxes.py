"""Files in boxes that MIME does not know: winmail.dat (MS-OXTNEF) and uuencode.

What is in them comes out as a MIME entity of its own, so that all else can treat it as
it treats any message. Meant for a process that may be killed: the reader of TNEF is a
library, and mail is hostile.
"""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

BOXES = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
ITEMS_MAX = 500
OCTETS_MAX = 64 * 1024 * 1024
NAME_MAX = 255
_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?$", re.M)
_LINE = re.compile(rb"([^\r\n]*)\r?\n?")
BROKEN = (
    struct.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
)
"""What the library is known to raise on broken files."""
_TYPES = {
    "txt": "text/plain",
    "htm": "text/html",
    "html": "text/html",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "doc": "application/msword",
    "zip": "application/zip",
    "ics": "text/calendar",
    "rtf": "application/rtf",
}


class Item(NamedTuple):
    """A file in a box."""

    name: str
    octets: bytes
    media_type: str = ""
    """Empty: by its name."""
    file: bool = True
    """False for a text that is there to be read."""


def is_box(media_type: str, name: str) -> bool:
    """Whether a part is a box of Outlook's, by its type or its well-known name."""
    return media_type in BOXES or name.lower() in ("winmail.dat", "win.dat")


def has_uu(text: bytes) -> bool:
    """Whether a decoded text holds a uuencoded file."""
    found = _BEGIN.search(text) if b"begin" in text else None
    return found is not None and next(_uu(text), None) is not None


def unbox_tnef(data: bytes) -> bytes:
    """The MIME entity of what a winmail.dat holds; `b''` when it cannot be read."""
    # Late: few mails have one.
    from tnefparse import TNEF

    try:
        box = TNEF(data[:OCTETS_MAX])
        items = list(_tnef_items(box))
    except BROKEN:
        return b""
    return entity(items)


def _tnef_items(box: object) -> Iterator[Item]:
    html, plain = getattr(box, "htmlbody", None), getattr(box, "body", None)
    rich = getattr(box, "rtfbody", None)
    if html:
        page = html.encode("utf-8", "replace") if isinstance(html, str) else bytes(html)
        yield Item("", page, "text/html; charset=utf-8", file=False)
    elif plain:
        text = (
            plain
            if isinstance(plain, str)
            else bytes(plain).decode("cp1252", "replace")
        )
        yield Item(
            "", text.encode("utf-8", "replace"), "text/plain; charset=utf-8", False
        )
    if rich:
        yield Item("body.rtf", bytes(rich), "application/rtf")
    for each in getattr(box, "attachments", [])[:ITEMS_MAX]:
        name = each.long_filename()
        yield Item(str(name or "attachment"), bytes(each.data or b""))


def unbox_uu(text: bytes) -> bytes:
    """The MIME entity of a text with uuencoded files: the text, then the files."""
    files: list[Item] = []
    rest: list[bytes] = []
    at = 0
    for start, end, item in _uu(text):
        rest += [text[at:start], b"[file: %s]\n" % item.name.encode("utf-8", "replace")]
        files.append(item)
        at = end
    rest.append(text[at:])
    shown = Item("", b"".join(rest), "text/plain", file=False)
    return entity([shown, *files])


def _uu(text: bytes) -> Iterator[tuple[int, int, Item]]:
    """Each uuencoded file: where it begins and ends, and what it is."""
    at = count = 0
    while count < ITEMS_MAX and (begin := _BEGIN.search(text, at)) is not None:
        if begin[0].startswith(b"begin-base64"):
            at = begin.end()
            continue
        octets, end = _uu_lines(text, begin.end())
        at = max(end, begin.end())
        if octets is None:
            continue
        count += 1
        name = begin[1].decode("utf-8", "replace").strip()
        yield begin.start(), end, Item(name[:NAME_MAX], octets)


def _uu_lines(text: bytes, start: int) -> tuple[bytes | None, int]:
    """The octets of the lines up to `end`; None where they are no uuencode."""
    pieces: list[bytes] = []
    at = text.find(b"\n", start) + 1
    while 0 < at < len(text):
        found = _LINE.match(text, at)
        assert found is not None, "every line matches"
        line = found[1]
        at = found.end()
        if line.strip() == b"end":
            return b"".join(pieces), at
        if line.strip() in (b"", b"`"):
            continue
        try:
            pieces.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some senders count the padding; what does not fit at all is text.
            if not 0x20 <= line[0] <= 0x60 or len(line) < 5:
                return (b"".join(pieces) or None), found.start()
            pieces.append(_padded(line))
    return (b"".join(pieces) or None), len(text)


def _padded(line: bytes) -> bytes:
    size = (line[0] - 32) & 63
    needed = 1 + (size + 2) // 3 * 4
    try:
        return binascii.a2b_uu(line[:needed].ljust(needed))
    except binascii.Error:
        return b""


# -- MIME ----------------------------------------------------------------------


def entity(items: Iterable[Item]) -> bytes:
    """Items as one multipart/mixed entity, eight bits as they are."""
    kept: list[Item] = []
    total = 0
    for item in items:
        total += len(item.octets)
        if total > OCTETS_MAX or len(kept) == ITEMS_MAX:
            break
        kept.append(item)
    boundary = b"box"
    while any(b"--" + boundary in item.octets for item in kept):
        boundary += b"x%d" % len(boundary)
    pieces = [b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n' % boundary]
    for item in kept:
        pieces += [b"--", boundary, b"\r\n", _head(item), item.octets, b"\r\n"]
    return b"".join([*pieces, b"--", boundary, b"--\r\n"])


def _head(item: Item) -> bytes:
    kind = item.media_type or _TYPES.get(
        item.name.rpartition(".")[2].lower(), "application/octet-stream"
    )
    lines = [f"Content-Type: {kind}", "Content-Transfer-Encoding: binary"]
    if item.file:
        name = quote(item.name[:NAME_MAX].encode("utf-8", "replace"), safe="")
        lines.append(f"Content-Disposition: attachment; filename*=utf-8''{name}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", "replace")
