"""How rows read: ages, sizes and signs. Pure; nothing of Textual in here."""

from __future__ import annotations

import time

from tuimail.engine.events import AccountState
from tuimail.engine.views import AccountView
from tuimail.mail.types import Flag, Header, Mailbox, Role

AWAY = (AccountState.OFFLINE, AccountState.WAITING, AccountState.REFUSED)
"""States in which only what is here can be read."""
MINUTE, HOUR, DAY = 60, 3600, 86_400
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
SIGNS = {
    "unicode": {
        "unread": "●",
        "flagged": "★",
        "answered": "↩",
        "forwarded": "→",
        "draft": "✎",
        "deleted": "✗",
        "junk": "!",
        "online": "●",
        "away": "○",
        "trouble": "✕",
        "busy": "◌",
        "open": "▾",
        "closed": "▸",
        "rule": "─",
        "pinned": " ◆",
        "remote": "·",
        "seal": "▌",
        "twig": "└",
        "dash": "–",
    },
    "ascii": {
        "unread": "N",
        "flagged": "*",
        "answered": "r",
        "forwarded": "f",
        "draft": "D",
        "deleted": "x",
        "junk": "!",
        "online": "+",
        "away": "-",
        "trouble": "x",
        "busy": "~",
        "open": "v",
        "closed": ">",
        "rule": "-",
        "pinned": " +",
        "remote": ".",
        "seal": "#",
        "twig": "`",
        "dash": "-",
    },
}


def age(epoch: int, now: float) -> str:
    """When it was, in at most seven cells: `2m`, `3h`, `Sat`, `12 Nov`, `2019-11`."""
    past = now - epoch
    at = time.localtime(epoch)
    if past < -HOUR:
        return "later"
    if past < HOUR:
        return f"{max(0, int(past // MINUTE))}m"
    if past < DAY:
        return f"{int(past // HOUR)}h"
    if past < 6 * DAY:
        return DAYS[at.tm_wday]
    if past < 330 * DAY:
        return f"{at.tm_mday} {MONTHS[at.tm_mon - 1]}"
    return f"{at.tm_year:04}-{at.tm_mon:02}"


def due(epoch: int, now: float) -> str:
    """When it will be, in at most ten cells: `Sat 08:00`, `24 Dec`, `2027-03`."""
    at = time.localtime(epoch)
    if epoch - now < 6 * DAY:
        return f"{DAYS[at.tm_wday]} {at.tm_hour:02}:{at.tm_min:02}"
    if epoch - now < 330 * DAY:
        return f"{at.tm_mday} {MONTHS[at.tm_mon - 1]}"
    return f"{at.tm_year:04}-{at.tm_mon:02}"


def octets(size: int) -> str:
    """A size in at most five cells: `812`, `14k`, `2.1M`, `1.3G`."""
    if size < 1000:
        return str(size)
    for unit in "kMG":
        scaled = size / 1024
        if scaled < 9.95 and unit != "k":
            return f"{scaled:.1f}{unit}"
        if scaled < 999.5:
            return f"{max(1, round(scaled))}{unit}"
        size = int(scaled)
    return "huge"


def flag_sign(header: Header, signs: dict[str, str]) -> str:
    """The one sign beside the unread mark: what matters most of a row's flags."""
    flags = header.flags
    for bit, name in (
        (Flag.DELETED, "deleted"),
        (Flag.FLAGGED, "flagged"),
        (Flag.DRAFT, "draft"),
        (Flag.ANSWERED, "answered"),
        (Flag.FORWARDED, "forwarded"),
        (Flag.JUNK, "junk"),
    ):
        if flags & bit:
            return signs[name]
    return " "


def state_sign(header: Header) -> str:
    """`!` failed, `?` unsure, `~` pending, or blank."""
    if header.failed:
        return "!"
    if header.unsure:
        return "?"
    return "~" if header.pending else " "


def numbers(box: Mailbox) -> str:
    """What stands beside a folder: how many are unread, or `2/40`, unread of all.

    Of all where mail lies to be found again and is read as a rule; `''` for nothing.
    """
    keeps = box.keeps or box.role in (Role.DRAFTS, Role.FLAGGED)
    if keeps and box.total:
        return f"{box.unread or 0}/{box.total}"
    return str(box.unread) if box.unread else ""


def account_words(view: AccountView, signs: dict[str, str], now: float) -> str:
    """How an account stands, in a few words with a sign."""
    match view.state:
        case AccountState.ONLINE:
            return f"{signs['online']} {'here' if view.local else 'online'}"
        case AccountState.CONNECTING:
            return f"{signs['busy']} connecting"
        case AccountState.OFFLINE:
            return f"{signs['away']} offline"
        case AccountState.WAITING:
            left = max(0, int((view.retry_at or now) - now))
            at = time.strftime("%H:%M:%S", time.localtime(now + left))
            return f"{signs['trouble']} away, next try {at}"
        case AccountState.REFUSED:
            return f"{signs['trouble']} refused"
        case AccountState.ELSEWHERE:
            return f"{signs['online']} by another tuimail"
