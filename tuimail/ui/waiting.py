"""How many messages wait for the user's word, said where it can be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


def words(desk: Desk, command: str) -> str:
    """What waits for a command, in all accounts; `''` when nothing does."""
    names = [view.name for view in desk.service.accounts()]
    if command == "mailbox.rules":
        held = sum(sum(desk.service.rules.waiting(name).values()) for name in names)
        return f"{_new(held)} held" if held else ""
    if command == "mailbox.allow-removal":
        due = sum(desk.service.held_removals(name) for name in names)
        return f"{due:,} wait" if due else ""
    return ""


def lines(desk: Desk, account: str) -> list[str]:
    """What is held of an account, and what to do about it."""
    held = [
        f"Rule {name} holds {_new(count)}. :rules shows and applies it."
        for name, count in desk.service.rules.waiting(account).items()
    ]
    if due := desk.service.held_removals(account):
        held.append(f"{due:,} are due to be removed there. :allow-removal does it.")
    return held


def _new(count: int) -> str:
    return "1 new message" if count == 1 else f"{count:,} new messages"
