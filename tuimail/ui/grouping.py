"""Headings between the rows of a list: by day, by sender, by mailing list."""

from __future__ import annotations

import time
from collections.abc import Callable

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Header, MessageId, SafeText
from tuimail.ui.format import DAY, DAYS, MONTHS


def heading(
    row: Header, group: str, now: float, list_of: Callable[[MessageId], str]
) -> SafeText:
    """What stands above the rows of this one's group; empty without groups."""
    if group == "day":
        return SafeText(day_words(row.arrival, now))
    if group == "sender":
        return row.sender or row.sender_addr or SafeText("(no sender)")
    if group == "list":
        return safe_text(list_of(row.id) or "(no mailing list)", 100)
    return SafeText("")


def day_words(epoch: int, now: float) -> str:
    """`Today`, `Yesterday`, `Wed 25 Nov`, `12 Mar 2024`."""
    at, today = time.localtime(epoch), time.localtime(now)
    if at[:3] == today[:3]:
        return "Today"
    if at[:3] == time.localtime(now - DAY)[:3]:
        return "Yesterday"
    words = f"{at.tm_mday} {MONTHS[at.tm_mon - 1]}"
    if now - epoch < 330 * DAY:
        return f"{DAYS[at.tm_wday]} {words}"
    return f"{words} {at.tm_year}"
