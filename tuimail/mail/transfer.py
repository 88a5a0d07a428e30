"""Transfer encodings as the world writes them; never raises."""

from __future__ import annotations

import binascii
import quopri

from tuimail.mail.words import decode_base64


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Undo base64 or quoted-printable, also with sloppy labels and broken data."""
    words = encoding.strip().strip("\"'").lower().replace(";", " ").split()
    label = words[0].rstrip("\0") if words else ""
    if label == "base64":
        return data if _is_prose(data) else decode_base64(data)
    if label == "quoted-printable":
        try:
            return quopri.decodestring(data)
        except (binascii.Error, ValueError):
            return data
    return data


def _is_prose(data: bytes) -> bool:
    """Whether what is called base64 is a text that nobody has encoded."""
    first = data[:1000].strip()
    return len(first) > 60 and b"=" not in data and first.count(b" ") > len(first) // 20
