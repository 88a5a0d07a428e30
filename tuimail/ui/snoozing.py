"""Messages for later: when they shall come back, and bringing them back now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tuimail.errors import StoreError
from tuimail.mail.header_pane import DAYS, MONTHS
from tuimail.mail.later import choices, later
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.ui.filing import carry_out, counted
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

FOOTER = "or type 3d, 2w, 17:30, 2026-12-24   Enter takes it   Esc closes"


def snooze(desk: Desk) -> None:
    """Ask until when, and hide the messages from their folders until then."""
    ids, gestures = desk.targets(), desk.service.gestures
    if not ids:
        return
    now = datetime.now()
    known = choices(now)

    def typed(words: str) -> Item[datetime] | None:
        at = later(words, now)
        return None if at is None else Item(safe_text(f"until {said(at)}"), at)

    def chosen(at: datetime | None) -> None:
        if at is None:
            return
        desk.answer = at
        until = int(at.timestamp())
        words = f"away until {said(at)}."
        carry_out(desk, ids, lambda some: gestures.snooze(some, until), words)

    answer = desk.answer if desk.repeating else None
    if isinstance(answer, datetime) and answer > now:
        chosen(answer)
        return
    items = [Item(SafeText(name), at, said(at)) for name, at in known]
    title = f"Show {counted(len(ids))} again"
    desk.screen.ask(Picker(title, items, footer=FOOTER, extra=typed), chosen)


def unsnooze(desk: Desk) -> None:
    """Show snoozed messages in their folders now."""
    ids, gestures = desk.targets(), desk.service.gestures
    try:
        done = gestures.unsnooze(ids)
    except StoreError as error:
        desk.say(str(error), trouble=True)
        return
    if not done:
        desk.say("Nothing to do: it is not snoozed.")
        return
    desk.did(f"{counted(done)} back in the folder.")


def said(at: datetime) -> SafeText:
    """A moment as it is told, e.g. `Thu 24 Dec 08:00`."""
    day = f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]}"
    return SafeText(f"{day} {at.hour:02}:{at.minute:02}")
