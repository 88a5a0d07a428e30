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
        return decode_base64(data)
    if label == "quoted-printable":
        try:
            return quopri.decodestring(data)
        except (binascii.Error, ValueError):
            return data
    return data
