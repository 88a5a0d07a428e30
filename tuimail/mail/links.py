"""Links: found in text, numbered, and looked at before anybody follows them."""

from __future__ import annotations

import re

from tuimail.mail.link_doubts import doubt, unseen
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Link, SafeText

LINKS_MAX = 1000
MARKED_MAX = 10_000
"""Places in one message that are marked as links."""
TARGET_MAX = 8000
TEXT_MAX = 300
SCHEMES = ("https", "http", "mailto")
REFUSED = frozenset(
    "about blob chrome data feed file ftp jar javascript ldap ms-settings news"
    " resource search-ms sftp shell smb ssh telnet vbscript view-source".split()
)
"""Schemes whose links are left out and counted."""
SCHEME_MAX = 20
FIND = re.compile(r"\b(?:https?://|mailto:|www\.)[^\s<>\"'`\u3000-\u303f]{2,4000}")
_TAIL = ".,;:!?)]}'\u2019\u201d*_"
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")


class Links:
    """The links of one message, each target once."""

    def __init__(self, first: int = 1) -> None:
        """The first link gets the number `first`."""
        self._first = first
        self.found: list[Link] = []
        self._numbers: dict[str, int] = {}
        self._marked = 0
        self.refused = 0
        """Links of kinds that are never opened."""

    @property
    def full(self) -> bool:
        """Whether no further place can be marked."""
        return self._marked >= MARKED_MAX

    def add(self, target: str, text: str) -> int:
        """The number of a link; 0 for what must not be offered."""
        if self.full:
            return 0
        given, target = target, _clean(target)
        scheme = target[:SCHEME_MAX].partition(":")[0].lower()
        if scheme not in SCHEMES:
            self.refused += scheme in REFUSED
            return 0
        self._marked += 1
        text = safe_text(" ".join(text.split()), TEXT_MAX)
        known = self._numbers.get(target)
        if known is not None:
            self._doubt_again(known, text)
            return known
        if len(self.found) >= LINKS_MAX:
            return 0
        number = self._first + len(self.found)
        self._numbers[target] = number
        warning = safe_text(_doubt(given, target, text))
        self.found.append(Link(number, SafeText(target), SafeText(text), warning))
        return number

    def _doubt_again(self, number: int, text: str) -> None:
        """A link may be honest in its first text and lie in its second."""
        at = number - self._first
        link = self.found[at]
        if not text or text == link.text:
            return
        warning = "" if link.warning else doubt(link.target, text)
        if warning or not link.text:
            shown, said = SafeText(text), safe_text(warning) or link.warning
            self.found[at] = Link(number, link.target, shown, said)


def _doubt(given: str, target: str, text: str) -> str:
    """What speaks against a link, as it was given and as it will be opened."""
    said = [doubt(target, text), unseen(given)]
    if len(given) > TARGET_MAX:
        said.append("Its address is too long; the end of it was left out.")
    return " ".join(filter(None, said))


def _clean(target: str) -> str:
    target = _BLANK.sub("", target[: 2 * TARGET_MAX])
    target = safe_text(target, TARGET_MAX)
    if target.startswith("//"):
        return "https:" + target
    return "http://" + target if target[:4].lower() == "www." else target


def split_tail(url: str) -> tuple[str, str]:
    """A URL found in text, and the punctuation behind it that is not part of it."""
    end = len(url)
    spare = url.count(")") - url.count("(")
    while end and url[end - 1] in _TAIL:
        if url[end - 1] == ")":
            if spare <= 0:
                break
            spare -= 1
        end -= 1
    return url[:end], url[end:]
