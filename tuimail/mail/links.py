"""Links: found in text, numbered, and looked at before anybody follows them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from tuimail.mail.headers import mixed_script
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Link

LINKS_MAX = 1000
TARGET_MAX = 8000
SCHEMES = ("https", "http", "mailto")
FIND = re.compile(r"\b(?:https?://|mailto:|www\.)[^\s<>\"'`\u3000-\u303f]{2,4000}")
_TAIL = ".,;:!?)]}'\u2019\u201d*_"
_HOST = re.compile(r"(?:https?://)?((?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24})(?=[/:?#]|$)")


class Links:
    """The links of one message, each target once."""

    def __init__(self) -> None:
        self.found: list[Link] = []
        self._numbers: dict[str, int] = {}

    def add(self, target: str, text: str) -> int:
        """The number of a link; 0 for what must not be offered."""
        target = re.sub(r"[\s\x00-\x1f\x7f-\x9f]", "", target[:TARGET_MAX])
        if target.lower().startswith("www."):
            target = "http://" + target
        if target.partition(":")[0].lower() not in SCHEMES:
            return 0
        known = self._numbers.get(target)
        if known is not None:
            return known
        if len(self.found) >= LINKS_MAX:
            return 0
        number = len(self.found) + 1
        self._numbers[target] = number
        self.found.append(
            Link(
                number,
                safe_text(target, TARGET_MAX),
                safe_text(" ".join(text.split()), 300),
                safe_text(doubt(target, text)),
            )
        )
        return number


def doubt(target: str, text: str) -> str:
    """Why a link may not lead where it seems to; `''` when it may be right."""
    try:
        parts = urlsplit(target)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "The address of this link is malformed."
    if parts.scheme == "mailto":
        return ""
    shown = _HOST.match(text.strip().lower())
    if shown and not _same_site(shown[1], host):
        return f"The text says {shown[1]}, but it leads to {host}."
    if parts.username is not None:
        return f"What stands before @ is no host; it leads to {host}."
    if _is_address(host):
        return f"It leads to a bare address: {host}."
    if mixed_script(host) or "xn--" in host:
        return f"Its host is not written in Latin letters: {host}."
    return ""


def split_tail(url: str) -> tuple[str, str]:
    """A URL found in text, and the punctuation behind it that is not part of it."""
    end = len(url)
    while end and url[end - 1] in _TAIL:
        if url[end - 1] == ")" and url[:end].count("(") >= url[:end].count(")"):
            break
        end -= 1
    return url[:end], url[end:]


def _same_site(shown: str, host: str) -> bool:
    shown, host = shown.removeprefix("www."), host.removeprefix("www.")
    return host == shown or host.endswith("." + shown) or shown.endswith("." + host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.isdigit()
    return True
