"""Conversations in the list: folding, going about, acting on all of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.errors import StoreError
from tuimail.mail.types import MessageId

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

NO_THREADS = "T shows conversations first."


def members(desk: Desk) -> list[MessageId]:
    """All messages of the conversation that is meant, in the folder it is shown in."""
    message = desk.target
    header = desk.service.header(message) if message is not None else None
    if header is None:
        return []
    return desk.service.thread_messages(header.id, header.mailbox)


def act(desk: Desk, command: str) -> None:
    """Run a command for messages on all of a conversation."""
    ids = members(desk)
    if ids:
        desk.with_targets(ids, command)


def mark(desk: Desk) -> None:
    """Mark all of a conversation."""
    desk.list.mark(members(desk))


def mute(desk: Desk) -> None:
    """Mute a conversation, or let it be heard again."""
    message = desk.target
    if message is None:
        return
    threads = desk.service.threads
    try:
        if threads.muted([message]):
            threads.unmute([message])
            desk.say("This conversation is heard again.")
        elif threads.mute([message]):
            desk.say("Muted: what comes of it is marked as read. t m takes it back.")
        else:
            desk.say("Nothing tells which mail belongs to this one.")
    except StoreError as error:
        desk.say(str(error), trouble=True)


def fold(desk: Desk) -> None:
    """Fold the conversation under the cursor, or unfold it."""
    source, here = desk.list.source, desk.list.current
    branch = source.branch(here.id) if source is not None and here else None
    if source is None or branch is None:
        desk.say(NO_THREADS)
        return
    desk.list.fold(set(source.folded) ^ {branch.thread})


def fold_all(desk: Desk, folded: bool) -> None:
    """Fold every conversation, or none."""
    source = desk.list.source
    if source is None or not source.threaded:
        desk.say(NO_THREADS)
        return
    desk.list.fold(None if folded else ())


def parent(desk: Desk) -> None:
    """Go to what a message answers; unfolding, or in the folder where it is."""
    message = desk.target
    header = desk.service.header(message) if message is not None else None
    if header is None:
        return
    found = desk.service.threads.parent(header.id, header.mailbox)
    elsewhere = found is None
    found = found or desk.service.threads.parent(header.id)
    if found is None:
        desk.say("What this answers is not here.")
    elif desk.list.go_to(found):
        desk.follow()
    else:
        there = desk.service.header(found)
        if there is not None and (elsewhere or desk.list.source is None):
            desk.go(there.mailbox)
        elif desk.list.source is not None:
            desk.list.fold(())
        desk.list.go_to(found)


def step(desk: Desk, forward: bool) -> None:
    """Go to the first message of the conversation below or above."""
    source, here = desk.list.source, desk.list.current
    if source is None or here is None:
        return
    if not source.threaded:
        desk.say(NO_THREADS)
        return
    own = source.thread(here.id)
    row = source.row(own[-1 if forward else 0]) or here
    while (row_ := source.neighbour(row, forward)) is not None:
        row = row_
        branch = source.branch(row.id)
        if branch is not None and row.id not in own and branch.size:
            desk.list.go_to(row.id)
            return
    desk.say(f"No further conversation {'below' if forward else 'above'}.")
