"""What is not on the server yet, and what was done lately: seen and decided here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.queue_words import age, back, how, moment, past, what
from tuimail.errors import StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.ui.screens.dialogs import Confirm, Reading
from tuimail.ui.screens.ledger import Entry, Ledger
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.engine.queue_words import PastGesture, QueueEntry
    from tuimail.ui.desk import Desk

EMPTY = SafeText("Nothing is waiting: everything you did is on the server.")
NOTHING_DONE = SafeText("Nothing was done in the last 30 days.")
SIGNS = {"failed": "!", "asking": "!", "unsure": "?"}
TOO_LATE = "It is on its way already."


def queue(desk: Desk) -> None:
    """Every change that is not finished, with what can be done about it."""

    def entries() -> list[Entry]:
        views = desk.service.accounts()
        return [
            _row(f"{view.name}: " * (len(views) > 1), entry)
            for view in views
            for entry in desk.service.decisions.live(view.name)
        ]

    keys = {
        "r": lambda op: _retry(desk, op),
        "h": lambda op: _hold(desk, op),
        "x": lambda op: _discard(desk, op),
        "enter": lambda op: _messages(desk, op),
    }
    footer = "r now / again   h hold   x discard   Enter messages   Esc close"
    ledger = Ledger("Queue", entries, keys, footer=footer, empty=EMPTY)
    desk.screen.ask(ledger, lambda nothing: None)


def _row(account: str, entry: QueueEntry) -> Entry:
    """One line of the queue, and below it what there is to explain."""
    sign = SIGNS.get(entry.state, "~")
    return Entry(
        entry.op,
        safe_text(f"{sign} {account}{what(entry)}", 300),
        safe_text(age(time.time() - entry.created)),
        tuple(said for said in (how(entry), entry.error) if said),
        trouble=sign == "!",
    )


def history(desk: Desk) -> None:
    """The gestures of the last days; each can be taken back as far as possible."""
    gestures = _gestures(desk)
    if not gestures:
        page = Reading("History", lambda: [NOTHING_DONE])
        desk.screen.ask(page, lambda nothing: None)
        return
    last = next((each.group for each in gestures if not each.undone), None)

    def chosen(group: int | None) -> None:
        if group is not None:
            _undo(desk, group, asks=group != last)

    footer = "Enter takes it back   / search   Esc closes"
    items = [_done(each) for each in gestures]
    picker = Picker("History", items, footer=footer, keys={})
    desk.screen.ask(picker, chosen)


def _gestures(desk: Desk) -> list[PastGesture]:
    """Those of all accounts, newest first; one over several accounts once."""
    found = {
        gesture.group: gesture
        for view in desk.service.accounts()
        for gesture in desk.service.decisions.history(view.name)
        if any(entry.verb != "undo" for entry in gesture.entries)
    }
    return [found[group] for group in sorted(found, reverse=True)]


def _done(gesture: PastGesture) -> Item[int]:
    at = moment(gesture.created, time.time())
    finished = {entry.state for entry in gesture.entries} <= {"done", "void"}
    detail = SafeText("" if finished else "not finished")
    words = safe_text(f"{at:>9}  {past(gesture)}", 300)
    return Item(words, gesture.group, detail, not gesture.undone)


def _undo(desk: Desk, group: int, *, asks: bool) -> None:
    def answered(yes: bool | None) -> None:
        if not yes:
            return
        try:
            words = desk.service.gestures.undo(group)
        except StoreError as error:
            desk.say(str(error), trouble=True)
        else:
            desk.say(words or SafeText("There is nothing to undo."))

    if not asks:
        answered(True)
        return
    question = "You did other things since. Take this back alone?"
    desk.screen.ask(Confirm(question, "take it back", "leave it"), answered)


def _find(desk: Desk, op: int) -> QueueEntry | None:
    """The entry as it is now; None when it is finished, and that is told."""
    for view in desk.service.accounts():
        for entry in desk.service.decisions.live(view.name):
            if entry.op == op:
                return entry
    desk.say("It is on the server by now.")
    return None


def _retry(desk: Desk, op: int) -> None:
    done = _decided(desk, lambda: desk.service.decisions.retry(op))
    if done is not None:
        desk.say("It is tried as soon as there is a link." if done else TOO_LATE)


def _hold(desk: Desk, op: int) -> None:
    done = _decided(desk, lambda: desk.service.decisions.hold(op))
    if done is not None:
        desk.say("Held: it is sent when you press r on it." if done else TOO_LATE)


def _discard(desk: Desk, op: int) -> None:
    """Ask first, saying what the list returns to."""
    entry = _find(desk, op)
    if entry is None:
        return

    def answered(yes: bool | None) -> None:
        if yes and _decided(desk, lambda: desk.service.decisions.discard(op)) is False:
            desk.say(TOO_LATE)

    question = f"Discard: {what(entry)}?\n{back(entry)}"
    desk.screen.ask(Confirm(question, "discard", "keep"), answered)


def _decided(desk: Desk, decide: Callable[[], bool]) -> bool | None:
    """Decide; None when it could not be written down, and that was told."""
    try:
        return decide()
    except StoreError as error:
        desk.say(str(error), trouble=True)
        return None


def _messages(desk: Desk, op: int) -> None:
    """The subjects of what an entry is about."""
    entry = _find(desk, op)
    if entry is None:
        return

    def lines() -> list[SafeText]:
        rows = desk.service.decisions.headers(op)
        about = [what(entry), how(entry), SafeText("")]
        return about + [safe_text(f"{row.sender}: {row.subject}", 300) for row in rows]

    desk.screen.ask(Reading("In the queue", lines), lambda nothing: None)
