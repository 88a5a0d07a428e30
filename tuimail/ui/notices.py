"""What is told beside the screen: bell, desktop notice, title of the terminal.

The sequences hold safe text only, at most 200 characters and no separator of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tuimail.config import NotifySettings
from tuimail.mail.sanitize import safe_text

if TYPE_CHECKING:
    from tuimail.engine.events import Announced

BELL = "\x07"
KEEP_TITLE, GIVE_TITLE_BACK = "\x1b[22;2t", "\x1b]2;\x1b\\\x1b[23;2t"
"""Put the title on the terminal's stack; empty it, and take the old one back.

A terminal without a stack is left with an empty title, which most shells set anew.
"""
WORDS_MAX = 200
TITLELESS = ("", "linux", "dumb")


def notice(settings: NotifySettings, news: Announced) -> str:
    """Octets that tell the terminal of new mail; none when the user wants none."""
    words = _field(news.words)
    sent = BELL if settings.bell else ""
    if settings.desktop == "osc9":
        # Numbers in front would be commands to some terminals.
        sent += f"\x1b]9;tuimail: {words}\x1b\\"
    elif settings.desktop == "osc777":
        sent += f"\x1b]777;notify;tuimail;{words}\x1b\\"
    return sent


def title(folder: str, unread: int | None) -> str:
    """Octets that set the title: `tuimail: INBOX (37)`."""
    count = f" ({unread})" if unread else ""
    words = f": {safe_text(folder, WORDS_MAX)}{count}" if folder else ""
    return f"\x1b]2;tuimail{words}\x1b\\"


def titled(wanted: bool, environ: Mapping[str, str]) -> bool:
    """Whether this terminal has a title that may be set."""
    return wanted and environ.get("TERM", "") not in TITLELESS


def _field(words: str) -> str:
    """Safe text for a field that ends at a semicolon."""
    return safe_text(words, WORDS_MAX).replace(";", ",")
