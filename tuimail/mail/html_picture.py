"""What stands for a picture: the words of its sender, unless they say nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from tuimail.mail.html_look import STYLE_MAX
from tuimail.mail.sanitize import safe_text

ALT_MAX = 200
SYMBOL_MAX = 8
ANYTHING = "picture"
"""What stands for a picture without words that is a link."""
_DOT = re.compile(r"(?<![-\w])(width|height)\s*:\s*[01](?:px)?\s*(?:[;!]|$)", re.I)
_TINY = frozenset(["0", "1", "0px", "1px"])
_NOISE = frozenset(
    "banner border bullet divider dot footer header icon image img line logo photo"
    " pic picture pixel rte separator shadow spacer transparent untitled".split()
)
"""Words for what a picture is, and not for what it shows."""
_ASKING = re.compile(
    r"(?:enable|turn on|activate|download|display|show|allow|load) (?:the |your )?"
    r"(?:images?|pictures|graphics)|images? (?:are )?(?:blocked|disabled|off)",
    re.I,
)
"""What says that there would be a picture, and nothing of it."""
_FILE = re.compile(r"\S{0,190}\.(?:png|jpe?g|gif|svg|webp|bmp)", re.I)
_NUMBER = re.compile(r"[0-9a-f][0-9a-f_.-]{7,190}", re.I)
_SITES = {
    **{name.lower(): name for name in "Facebook Twitter LinkedIn YouTube".split()},
    **{name.lower(): name for name in "Instagram Pinterest TikTok GitHub".split()},
    **{name.lower(): name for name in "WhatsApp Telegram Mastodon Vimeo".split()},
}
_SITE = re.compile("|".join(_SITES), re.I)


def is_dot(attributes: Mapping[str, str | None]) -> bool:
    """Whether an image is too small both ways to be there for being seen."""
    style = (attributes.get("style") or "")[:STYLE_MAX]
    small = {found[1].lower() for found in _DOT.finditer(style)} if style else set()
    for name in ("width", "height"):
        if (attributes.get(name) or "").strip() in _TINY:
            small.add(name)
    return len(small) == 2


def is_spacer(attributes: Mapping[str, str | None]) -> bool:
    """Whether an image is a line or a gap."""
    sizes = (attributes.get("width"), attributes.get("height"))
    return any(size is not None and size.strip() in _TINY for size in sizes)


def words_of(attributes: Mapping[str, str | None]) -> str:
    """The alternative text of an image; `''` when it is none."""
    alt = safe_text(attributes.get("alt") or "", ALT_MAX).strip(" []")
    if not alt or _FILE.fullmatch(alt) or _NUMBER.fullmatch(alt):
        return ""
    return alt if any(map(str.isalnum, alt)) else ""


def symbol_of(attributes: Mapping[str, str | None]) -> str:
    """The emoji that an image stands for, which is text; `''` when it is none."""
    alt = safe_text((attributes.get("alt") or "")[:SYMBOL_MAX], SYMBOL_MAX).strip()
    signs = [char for char in alt if unicodedata.category(char) == "So"]
    known = len(signs) and not any(map(str.isalnum, alt)) and ord(signs[0]) > 0x2000
    return alt if known else ""


def is_noise(words: str) -> bool:
    """Whether an alternative text does not say what is to be seen."""
    return len(words) < 2 or words.lower() in _NOISE or is_asking(words)


def is_asking(words: str) -> bool:
    """Whether an alternative text only asks for pictures to be shown."""
    return _ASKING.search(words) is not None


def site_of(attributes: Mapping[str, str | None], target: str) -> str:
    """What a wordless picture that is a link leads to, as far as it can be told."""
    file = (attributes.get("src") or "")[-200:].rpartition("/")[2]
    found = _SITE.search(target[:200]) or _SITE.search(file)
    return _SITES[found[0].lower()] if found else ANYTHING
