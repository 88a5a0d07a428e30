"""Addresses of the web as they are given to a browser; and as people should see them.

Only http and https. What a browser would mend silently is mended here, so that the host
that is shown is the host that is visited.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText

URL_MAX = 8000
_SCHEME = re.compile(r"(?i)(https?)://([^/?#]*)(.*)", re.S)
_AUTHORITY = re.compile(
    r"(?:([\w.~!*+,;=&%:-]{0,500})@)?"
    r"(\[[0-9A-Fa-f:.]{2,60}\]|[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,30}\.?)"
    r"(:\d{0,5})?",
    re.A,
)
_SAFE = re.compile(r"[^A-Za-z0-9._~:/?#@!*+,;=&%-]+")
"""What may not stand in an address, or means something to a shell; `&` and `;` must
stay, since they part the words of a query."""
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


class Address(NamedTuple):
    """A link that may be opened."""

    url: str
    """ASCII, for the browser; empty when it must not be opened."""
    host: SafeText
    """As it is looked up, ASCII, lower case."""
    decoded: SafeText
    """The host in its own letters when they are not ASCII; else empty."""


NOWHERE = Address("", SafeText(""), SafeText(""))


def address(target: str) -> Address:
    """What to give a browser for a link; NOWHERE for what it must not get."""
    if len(target) > URL_MAX:
        return NOWHERE
    found = _SCHEME.fullmatch(_mended(target))
    if found is None:
        return NOWHERE
    user, at, host = found[2].rpartition("@")
    parts = _AUTHORITY.fullmatch(f"{user}{at}{_ascii_host(host)}")
    if parts is None or ".." in parts[2]:
        return NOWHERE
    rest = found[3] if found[3].startswith("/") else "/" + found[3]
    url = f"{found[1].lower()}://{parts[0]}{_SAFE.sub(_percent, rest)}"
    shown = decoded_host(parts[2])
    return Address(
        url,
        safe_text(parts[2], 300),
        SafeText("") if shown == parts[2] else safe_text(shown, 300),
    )


def decoded_host(host: str) -> str:
    """A host in its own letters (RFC 3492); as it is where that cannot be read."""
    labels = []
    for label in host.split("."):
        try:
            if label.startswith("xn--"):
                label = label[4:].encode("ascii").decode("punycode")
        except (UnicodeError, ValueError):
            pass
        labels.append(label)
    return ".".join(labels)


def _mended(target: str) -> str:
    """As browsers read it: no line ends, and slashes for backslashes."""
    target = re.sub(r"[\t\r\n]", "", target).strip("".join(map(chr, range(33))))
    path, mark, query = target.partition("?")
    path, hash_, fragment = path.partition("#")
    return path.replace("\\", "/") + hash_ + fragment + mark + query


def _ascii_host(host: str) -> str:
    """The host with port as it is looked up, near enough to UTS 46."""
    host = host.translate(_DOTS).lower()
    if host.isascii():
        return host
    if any(unicodedata.category(letter)[0] == "C" for letter in host):
        # Browsers drop some of these; a host with any of them means no good.
        return ""
    host = unicodedata.normalize("NFKC", host).translate(_DOTS).lower()
    labels = []
    for label in host.split("."):
        if not label.isascii():
            try:
                label = "xn--" + label.encode("punycode").decode("ascii")
            except UnicodeError:
                return ""
        labels.append(label)
    return ".".join(labels)


def _percent(found: re.Match[str]) -> str:
    octets = found[0].encode("utf-8", "replace")
    return "".join(f"%{octet:02X}" for octet in octets)
