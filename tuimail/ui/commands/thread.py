"""What one does with conversations."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from tuimail.ui.commands.registry import Where, command

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


def _talks() -> ModuleType:
    """Late: the first frame does not need it."""
    from tuimail.ui import conversations

    return conversations


@command("thread.list", "Conversations", "T", where=Where.LIST)
def toggle(desk: Desk, count: int) -> None:
    """Show conversations, or one message after the other."""
    from tuimail.ui import finding

    finding.threads(desk)


@command("thread.fold", "Fold conversation", "z a", "minus", where=Where.LIST)
def fold(desk: Desk, count: int) -> None:
    """Show only the first message of this conversation, or all of it again."""
    _talks().fold(desk)


@command("thread.fold-all", "Fold all", "z M", where=Where.LIST)
def fold_all(desk: Desk, count: int) -> None:
    """Show only the first message of every conversation."""
    _talks().fold_all(desk, True)


@command("thread.unfold-all", "Unfold all", "z R", where=Where.LIST)
def unfold_all(desk: Desk, count: int) -> None:
    """Show all messages of every conversation."""
    _talks().fold_all(desk, False)


@command("thread.parent", "Go to what is answered", "t p", where=Where.MAIL)
def parent(desk: Desk, count: int) -> None:
    """Go to the message that this one answers."""
    _talks().parent(desk)


@command("thread.next", "Next conversation", "t n", "}", where=Where.LIST)
def next_(desk: Desk, count: int) -> None:
    """Go to the first message of the next conversation."""
    _talks().step(desk, True)


@command("thread.previous", "Previous conversation", "t N", "{", where=Where.LIST)
def previous(desk: Desk, count: int) -> None:
    """Go to the first message of the conversation before."""
    _talks().step(desk, False)


@command(
    "thread.archive", "Archive conversation", "t a", where=Where.MAIL, repeats=True
)
def archive(desk: Desk, count: int) -> None:
    """Archive all messages of the conversation that lie in this folder."""
    _talks().act(desk, "message.archive")


@command("thread.delete", "Delete conversation", "t d", where=Where.MAIL, repeats=True)
def delete(desk: Desk, count: int) -> None:
    """Move all messages of the conversation in this folder to the trash."""
    _talks().act(desk, "message.delete")


@command("thread.move", "Move conversation", "t s", where=Where.MAIL, repeats=True)
def move(desk: Desk, count: int) -> None:
    """Move all messages of the conversation in this folder to another one."""
    _talks().act(desk, "message.move")


@command(
    "thread.toggle-read", "Read conversation", "t U", where=Where.MAIL, repeats=True
)
def toggle_read(desk: Desk, count: int) -> None:
    """Mark all of the conversation as read, or as unread when it is."""
    _talks().act(desk, "message.toggle-read")


@command("thread.flag", "Flag conversation", "t F", where=Where.MAIL, repeats=True)
def flag(desk: Desk, count: int) -> None:
    """Flag all of the conversation, or take the flags off."""
    _talks().act(desk, "message.flag")


@command("thread.mark", "Mark conversation", "t v", where=Where.LIST)
def mark(desk: Desk, count: int) -> None:
    """Mark all messages of the conversation in this folder."""
    _talks().mark(desk)


@command("thread.mute", "Mute conversation", "t m", where=Where.MAIL, repeats=True)
def mute(desk: Desk, count: int) -> None:
    """Mark what comes of this conversation as read and tell of none; or no longer."""
    _talks().mute(desk)
