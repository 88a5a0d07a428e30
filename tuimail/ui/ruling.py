"""Rules on the screen: what each would do with the mail that is here, and doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.errors import AccountError, StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.ui.filing import counted
from tuimail.ui.screens.dialogs import Confirm, Reading
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.engine.events import Tried
    from tuimail.engine.views import Match
    from tuimail.ui.desk import Desk

TRYING = "Trying the rules"
NONE = SafeText("There are no rules. Add [[rule]] to the configuration.")


def show(desk: Desk) -> None:
    """Find out what they fit now; `tried` shows it."""
    if desk.service.config.rules:
        desk.app.expect(desk.service.counting.rules(), TRYING)
    else:
        desk.screen.ask(Reading("Rules", lambda: [NONE]), lambda nothing: None)


def tried(desk: Desk, event: Tried) -> None:
    """List the rules with what they fit; Enter applies one, after a question."""

    def chosen(match: Match | None) -> None:
        if match is None:
            return
        if match.new and not match.problem:
            _decide(desk, match)
        else:
            _ask(desk, match)

    items = [_item(desk, match) for match in event.matches]
    footer = "Nothing is changed yet   Enter applies it   Esc closes"
    desk.screen.ask(Picker("Rules", items, footer=footer, keys={}), chosen)


def _item(desk: Desk, match: Match) -> Item[Match]:
    label = safe_text(f"{match.rule.name} ({match.account})", 100)
    standing, about = desk.service.rules.words(match)
    return Item(label, match, standing, about=about)


def _ask(desk: Desk, match: Match) -> None:
    if match.problem:
        took = f"It would take {counted(len(match.messages))}."
        desk.say(f"It is held: {match.problem} {took}", trouble=True)
        return
    if not match.messages:
        desk.say("Nothing to do: it fits no message here.")
        return
    count = counted(len(match.messages))

    def answered(yes: bool | None) -> None:
        if yes:
            _apply(desk, match)

    where = f"{match.rule.folder} of {match.account}"
    question = f"Apply rule {match.rule.name} to {count} in {where}?"
    desk.screen.ask(Confirm(question, "apply (u undoes)", "leave"), answered)


def _decide(desk: Desk, match: Match) -> None:
    """New mail that is held: do it, look at it, or leave it where it is."""
    count = counted(len(match.messages))

    def chosen(what: str | None) -> None:
        if what == "apply":
            _apply(desk, match)
        elif what == "show":
            _show(desk, match)
        elif what == "leave":
            _leave(desk, match)

    items = [
        Item(safe_text(f"Apply it to these {count}"), "apply", SafeText("u undoes")),
        Item(SafeText("Show them"), "show", SafeText("marked, in their folder")),
        Item(SafeText("Leave them where they are"), "leave"),
    ]
    title = safe_text(f"{count} held by rule {match.rule.name}", 100)
    desk.screen.ask(Picker(title, items, keys={}), chosen)


def _apply(desk: Desk, match: Match) -> None:
    try:
        done = desk.service.rules.apply(match)
    except (AccountError, StoreError) as error:
        desk.say(str(error), trouble=True)
        return
    desk.did(f"{counted(done)} done by rule {match.rule.name}.")


def _leave(desk: Desk, match: Match) -> None:
    try:
        desk.service.rules.let_go(match)
    except StoreError as error:
        desk.say(str(error), trouble=True)
        return
    desk.say(f"{counted(len(match.messages))} left in {match.rule.folder}.")


def _show(desk: Desk, match: Match) -> None:
    """Marked, so that whatever is done next is done to all of them."""
    if match.mailbox is None:
        return
    desk.go(match.mailbox)
    desk.list.mark(match.messages)
    shape = desk.service.shape(match.mailbox)
    desk.lens.reshape(shape._replace(query=SafeText("is:marked")))
