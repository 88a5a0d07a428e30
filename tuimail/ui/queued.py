"""What is not on the server yet, and what was done lately: seen and decided here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tuimail.engine.queue_words import age, how, past, what
from tuimail.errors import StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.ui.screens.dialogs import Confirm, Reading
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.engine.queue_words import QueueEntry
    from tuimail.ui.desk import Desk

EMPTY = SafeText("Nothing is waiting: everything you did is on the server.")


def queue(desk: Desk) -> None:
    """Every change that is not finished, with what can be done about it."""
    items: list[Item[tuple[str, QueueEntry]]] = []
    views = desk.service.accounts()
    for view in views:
        for entry in desk.service.decisions.live(view.name):
            name = f"{view.name}: " if len(views) > 1 else ""
            sign = {"failed": "!", "asking": "!", "unsure": "?"}.get(entry.state, "~")
            said = f' It said: "{entry.error}"' if entry.error else ""
            items.append(
                Item(
                    safe_text(f"{sign} {name}{what(entry)}", 200),
                    (view.name, entry),
                    safe_text(f"{age(time.time() - entry.created)}"),
                    about=safe_text(f"{how(entry)}.{said}", 500),
                )
            )
    if not items:
        desk.screen.ask(Reading("Queue", lambda: [EMPTY]), lambda nothing: None)
        return
    keys = {
        "r": lambda each: _retry(desk, each[1]),
        "h": lambda each: _hold(desk, each[1]),
        "x": lambda each: _discard(desk, each[1]),
    }
    footer = "r now / again   h hold   x discard   Enter messages   Esc close"

    def chosen(each: tuple[str, QueueEntry] | None) -> None:
        if each is not None:
            _messages(desk, each[1])

    desk.screen.ask(Picker("Queue", items, footer=footer, keys=keys), chosen)


def history(desk: Desk) -> None:
    """The gestures of the last days; each can be taken back as far as possible."""
    items: list[Item[int]] = []
    for view in desk.service.accounts():
        for gesture in desk.service.decisions.history(view.name):
            at = time.strftime("%a %H:%M", time.localtime(gesture.created))
            states = {entry.state for entry in gesture.entries}
            detail = "" if states <= {"done", "void"} else "not finished"
            items.append(
                Item(
                    safe_text(f"{at}  {past(gesture)}", 300),
                    gesture.group,
                    SafeText(detail),
                    not gesture.undone,
                )
            )
    if not items:
        nothing = SafeText("Nothing was done in the last 30 days.")
        desk.screen.ask(Reading("History", lambda: [nothing]), lambda nothing: None)
        return

    def chosen(group: int | None) -> None:
        if group is not None:
            _undo(desk, group)

    footer = "Enter takes it back   type to search   Esc closes"
    desk.screen.ask(Picker("History", items, footer=footer), chosen)


def _undo(desk: Desk, group: int) -> None:
    def answered(yes: bool | None) -> None:
        if not yes:
            return
        try:
            words = desk.service.gestures.undo(group)
        except StoreError as error:
            desk.say(str(error), trouble=True)
        else:
            desk.say(words or SafeText("There is nothing to undo."))

    desk.screen.ask(Confirm("Take this back?", "take it back", "leave it"), answered)


def _retry(desk: Desk, entry: QueueEntry) -> None:
    if desk.service.decisions.retry(entry.op):
        desk.say("It is tried as soon as there is a link.")
    else:
        desk.say("It is under way already.")
    queue(desk)


def _hold(desk: Desk, entry: QueueEntry) -> None:
    if desk.service.decisions.hold(entry.op):
        desk.say("Held: it is not sent until you press r on it.")
    else:
        desk.say("It is too late to hold it.")
    queue(desk)


def _discard(desk: Desk, entry: QueueEntry) -> None:
    """Ask first, saying what the list returns to."""
    back = {
        "move": f"The messages are shown in {entry.mailbox_name} again.",
        "expunge": f"The messages are shown in {entry.mailbox_name} again.",
        "copy": "The copies are not made.",
        "flag": "The flags are shown as the server has them.",
    }.get(entry.kind, "The folder is shown as the server has it.")

    def answered(yes: bool | None) -> None:
        if yes and not desk.service.decisions.discard(entry.op):
            desk.say("It is too late to discard it.")
        queue(desk)

    question = f"Discard: {what(entry)}? {back}"
    desk.screen.ask(Confirm(question, "discard", "keep"), answered)


def _messages(desk: Desk, entry: QueueEntry) -> None:
    """The subjects of what an entry is about."""

    def lines() -> list[SafeText]:
        found = desk.service.decisions.headers(entry.op)
        return [
            what(entry),
            how(entry),
            entry.error,
            SafeText(""),
            *(safe_text(f"{row.sender}: {row.subject}", 300) for row in found),
        ]

    desk.screen.ask(Reading("In the queue", lines), lambda nothing: queue(desk))
