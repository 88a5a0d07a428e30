"""Take a gesture back: what was not sent is dropped, the rest gets its inverse."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tuimail.mail.types import FlagSet, MailboxId, MessageId
from tuimail.store.carrying import record_carry
from tuimail.store.copies import forget_copies, not_sent
from tuimail.store.flags import NOTHING, load, union
from tuimail.store.folders import undo_folder
from tuimail.store.gesture import record
from tuimail.store.journal import Gesture
from tuimail.store.moving import record_move, record_removal
from tuimail.store.outcome import close_entries
from tuimail.store.snoozing import hide
from tuimail.store.values import Undone


@dataclass(slots=True)
class _Found:
    """A gesture, by what taking it back needs."""

    flags: dict[MessageId, tuple[FlagSet, FlagSet]] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    """Where each message was before."""
    snoozed: dict[int, int] = field(default_factory=dict)
    """Until when messages were out of sight before."""
    copies: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    """Entries the server refused: they are only forgotten."""
    carried: dict[int, int] = field(default_factory=dict)
    """What has left for another account, by its row there: where it was."""
    folders: list[int] = field(default_factory=list)
    lost: int = 0
    """Messages removed for good."""


def undo(tx: sqlite3.Connection, group: int) -> Undone:
    """Take back everything of this gesture that still can be."""
    found = _gather(tx, group)
    _leave_lost(tx, found)
    tx.execute("UPDATE op SET undone=1 WHERE group_id=?", (group,))
    close_entries(tx, found.failed)
    gesture = Gesture(undoing=True)
    record_move(tx, found.places, gesture, "undo")
    gesture.mailboxes |= hide(tx, found.snoozed)
    record(tx, found.flags, gesture)
    unmade = not_sent(tx, found.copies)
    gesture.mailboxes |= _shown_in(tx, found.copies)
    forget_copies(tx, unmade)
    record_carry(tx, found.carried, gesture)
    kept = {*unmade, *found.carried}
    record_removal(tx, [copy for copy in found.copies if copy not in kept], gesture)
    folders = [undo_folder(tx, op, gesture) for op in found.folders]
    add = remove = NOTHING
    for back, away in found.flags.values():
        add, remove = union(add, back), union(remove, away)
    return Undone(
        group=group,
        messages=tuple(MessageId(number) for number in dict.fromkeys(gesture.messages)),
        add=add,
        remove=remove,
        mailboxes=frozenset(MailboxId(number) for number in gesture.mailboxes),
        moved=len(found.places) + len(found.carried),
        away=len(found.snoozed),
        copies=len(set(found.copies) - set(found.carried)),
        lost=found.lost,
        folders=tuple(name for name, back in folders if back),
        gone=tuple(name for name, back in folders if not back),
    )


def last_gesture(tx: sqlite3.Connection, since: int) -> int | None:
    """The number of the last gesture, made after `since`, that was not taken back."""
    row = tx.execute(
        "SELECT max(group_id) FROM op WHERE undone=0 AND created>=?"
        " AND json_extract(arg, '$.rule') IS NULL",
        (since,),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def _gather(tx: sqlite3.Connection, group: int) -> _Found:
    found = _Found()
    rows = tx.execute(
        "SELECT o.id, o.kind, om.msg_id, om.state, om.did, o.src_id,"
        " json_extract(o.arg, '$.verb') FROM op o"
        " LEFT JOIN op_msg om ON om.op_id=o.id WHERE o.group_id=? AND o.undone=0"
        " ORDER BY o.id",
        (group,),
    ).fetchall()
    for op, kind, message, state, did, source, verb in rows:
        if kind in ("mkbox", "mvbox", "rmbox", "subscribe"):
            found.folders.append(op)
        elif state == "failed":
            found.failed.append(op)
        elif kind == "append" and state == "done" and verb != "copy" and source:
            found.carried[message] = source
        elif message is not None:
            _gather_message(found, kind, MessageId(message), state, did)
    return found


def _leave_lost(tx: sqlite3.Connection, found: _Found) -> None:
    """Nothing is done to messages that went with their folder."""
    ids = [*found.flags, *found.places, *found.snoozed, *found.copies]
    rows = tx.execute(
        "SELECT m.id FROM json_each(?) j CROSS JOIN msg m ON m.id=j.value"
        " JOIN mailbox b ON b.id=m.mailbox_id WHERE b.state='gone' AND m.gen<>b.gen",
        (json.dumps(ids),),
    )
    gone = {number for (number,) in rows.fetchall()}
    found.lost += len(gone & found.places.keys())
    found.copies = [copy for copy in found.copies if copy not in gone]
    for number in gone:
        found.flags.pop(MessageId(number), None)
        found.places.pop(number, None)
        found.snoozed.pop(number, None)


@lru_cache(maxsize=64)
def _told(did: str) -> Any:
    """What a gesture did to a message: the same for nearly all of thousands."""
    return json.loads(did)


def _gather_message(
    found: _Found, kind: str, message: MessageId, state: str, did: str
) -> None:
    if kind == "flag":
        change = load(did)
        found.flags[message] = (change.remove, change.add)
    elif kind == "move" and state != "gone":
        told = _told(did)
        # A rule may do two things with one message: it was where the first found it.
        found.places.setdefault(message, told["from"])
        if told.get("until"):
            found.snoozed[message] = told["until"]
    elif kind == "copy" and state != "gone":
        found.copies.append(_told(did)["copy"])
    elif kind == "append" and state != "gone":
        found.copies.append(int(message))
    elif kind == "expunge" and state == "todo":
        told = _told(did)
        found.places[message] = told["from"]
        if found.carried.pop(told.get("after"), None):
            # It is there, and still here: the one that is there goes.
            found.copies.append(told["after"])
    elif kind == "expunge" and "after" not in _told(did):
        found.lost += 1


def _shown_in(tx: sqlite3.Connection, messages: list[int]) -> set[int]:
    rows = tx.execute(
        "SELECT DISTINCT view_id FROM msg WHERE view_id IS NOT NULL"
        " AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(messages),),
    )
    return {mailbox for (mailbox,) in rows}
