"""Attachments, made when they are asked for and always the same."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

NOTES = """\
bar 12   breathe together
bar 42   altos, wait. wait. now.
bar 61   the tram is part of it
end      count to four, then look up
"""
CSV = "line,stops,minutes\n4,31,52\n14,27,44\n52,24,41\n"


def pdf() -> bytes:
    """A page with one line of text."""
    text = b"BT /F1 24 Tf 72 720 Td (Line 14: Bronowice - Mistrzejowice) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\n" % size
        + b"startxref\n%d\n%%%%EOF\n" % len(out)
    )


def png(width: int = 64, height: int = 48, shade: int = 90) -> bytes:
    """A soft slope of one colour."""
    rows = b"".join(
        b"\0" + bytes(v for x in range(width) for v in (shade, 2 * x, 3 * y))
        for y in range(height)
    )
    return _png(width, height, rows)


def big_png() -> bytes:
    """1.5 MB that do not compress, 2 MB on the wire."""
    noise = random.Random(19)
    rows = b"".join(b"\0" + noise.randbytes(3 * 1000) for _ in range(500))
    return _png(1000, 500, rows)


def _png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 0))
        + chunk(b"IEND", b"")
    )


def zipped() -> bytes:
    """An archive of two small files."""
    import zipfile  # late: it is slow to import, and few ask for it

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in ("take3-left.txt", "take3-right.txt"):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), NOTES)
    return held.getvalue()


KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "pdf": ("application/pdf", pdf),
    "png": ("image/png", png),
    "png2": ("image/png", lambda: png(80, 60, 160)),
    "bigpng": ("image/png", big_png),
    "zip": ("application/zip", zipped),
    "notes": ("text/plain; charset=utf-8", NOTES.encode),
    "csv": ("text/csv; charset=us-ascii", CSV.encode),
}
"""Kind to media type and maker."""
