"""Words as a search compares them: without case, without accents, token by token."""

from __future__ import annotations

import re
import unicodedata

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts without blanks between words: there each sign is a token."""
_TOKEN = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W_]|[\ue000-\uf8ff])+")


def fold(text: str) -> str:
    """Text without case, compatibility forms (NFKD) and combining marks.

    Letter by letter, as SQLite's FTS5 does it: `ß` stays, though `ẞ` becomes it.
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(_lower(c) for c in plain if unicodedata.category(c)[0] != "M")


def _lower(character: str) -> str:
    folded = character.casefold()
    return folded if len(folded) == 1 else character.lower()


def tokens(text: str) -> list[str]:
    """Runs of letters and digits, folded; of Chinese and Japanese each sign.

    An index is given these with blanks between, so it need know nothing of languages.
    """
    return _TOKEN.findall(fold(text))


def in_a_row(wanted: list[str], there: list[str], *, prefix: bool = False) -> bool:
    """Whether `wanted` stands in `there` in a row; the last one may be a beginning."""
    if not wanted:
        return False
    *first, last = wanted
    count = len(first)
    for at in range(len(there) - count):
        if there[at : at + count] == first:
            word = there[at + count]
            if word == last or (prefix and word.startswith(last)):
                return True
    return False
