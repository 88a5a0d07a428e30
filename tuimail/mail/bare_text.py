"""The words of a text part, for an index: decoded, without markup, nothing laid out.

Linear in the octets and bounded, since it runs over every text that is read, and no
process of its own stands around it.
"""

from __future__ import annotations

import html
import re

from tuimail.mail.charset import decode_charset
from tuimail.mail.transfer import decode_transfer
from tuimail.mail.types import Part

OCTETS_MAX = 512 * 1024
"""Octets in transfer encoding that are looked at."""
_UNREAD = re.compile(r"<(script|style|head|title)\b|<!--")
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]{0,20000}>")


def bare_text(data: bytes, part: Part) -> str:
    """The text of a part as it came in transfer encoding; markup becomes blanks."""
    decoded = decode_transfer(data[:OCTETS_MAX], part.encoding)
    text, _ = decode_charset(decoded, part.param("charset"))
    if part.media_type != "text/html":
        return text
    return html.unescape(_TAG.sub(" ", _dropped(text)))


def _dropped(text: str) -> str:
    """Without what is never read; found by its end, so nothing is looked at twice."""
    kept: list[str] = []
    at = 0
    lower = text.lower()
    endless: set[str] = set()
    for opened in _UNREAD.finditer(lower):
        close = f"</{opened[1]}" if opened[1] else "-->"
        if opened.start() < at or close in endless:
            continue
        end = lower.find(close, opened.end())
        if end < 0:
            endless.add(close)
            continue
        kept.append(text[at : opened.start()])
        # What ends an element is a tag, and goes with the tags.
        at = end if opened[1] else end + len(close)
    return " ".join([*kept, text[at:]])
