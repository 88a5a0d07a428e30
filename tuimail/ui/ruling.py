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
    from tuimail.engine.views import Match
    from tuimail.ui.desk import Desk

NONE = SafeText("There are no rules. Add [[rule]] to the configuration.")


def show(desk: Desk) -> None:
    """List the rules with what they fit now; Enter applies one, after a question."""
    try:
        matches = desk.service.rules.matches()
    except StoreError as error:
        desk.say(str(error), trouble=True)
        return
    if not matches:
        desk.screen.ask(Reading("Rules", lambda: [NONE]), lambda nothing: None)
        return

    def chosen(match: Match | None) -> None:
        if match is not None:
            _ask(desk, match)

    items = [_item(desk, match) for match in matches]
    footer = "Nothing is changed yet   Enter applies it   Esc closes"
    desk.screen.ask(Picker("Rules", items, footer=footer), chosen)


def _item(desk: Desk, match: Match) -> Item[Match]:
    label = safe_text(f"{match.rule.name} ({match.account})", 100)
    standing, about = desk.service.rules.words(match)
    return Item(label, match, standing, about=about)


def _ask(desk: Desk, match: Match) -> None:
    if match.problem:
        desk.say(f"It is held: {match.problem}", trouble=True)
        return
    if not match.messages:
        desk.say("Nothing to do: it fits no message here.")
        return
    count = counted(len(match.messages))

    def answered(yes: bool | None) -> None:
        if not yes:
            return
        try:
            done = desk.service.rules.apply(match)
        except (AccountError, StoreError) as error:
            desk.say(str(error), trouble=True)
            return
        desk.did(f"{counted(done)} done by rule {match.rule.name}.")

    question = f"Apply rule {match.rule.name} to {count} in {match.rule.folder}?"
    desk.screen.ask(Confirm(question, "apply (u undoes)", "leave"), answered)
