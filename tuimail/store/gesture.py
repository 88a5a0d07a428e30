"""Write a change of flags into the journal: what is shown, what must be sent."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from tuimail.mail.types import FlagSet, MessageId
from tuimail.store.flags import (
    COLUMNS,
    NOTHING,
    Delta,
    Layers,
    common,
    dump,
    layers,
    load,
    to_send,
    union,
    wanted,
)
from tuimail.store.fold import refold, settle
from tuimail.store.journal import Gesture

Changes = Mapping[MessageId, tuple[FlagSet, FlagSet]]
"""Flags to set and to clear, by message."""
_Unsent = dict[int, list[tuple[int, Delta]]]


@dataclass(frozen=True, slots=True)
class _Change:
    message: int
    did: Delta
    """What the screen shows of it."""
    send: Delta
    """What the server has to be told."""


def record(tx: sqlite3.Connection, changes: Changes, gesture: Gesture) -> None:
    """One journal entry per mailbox; newer wishes replace older ones not sent."""
    unsent = _unsent(tx, changes)
    superseded: list[tuple[str, str, int, int]] = []
    by_mailbox: dict[tuple[int, int], list[_Change]] = {}
    for message, account, mailbox, flags in _layers_of(tx, changes):
        did = wanted(flags.shown, *changes[message])
        if not did:
            continue
        maybe = _supersede(message, did, unsent.get(message, []), superseded)
        send = to_send(did, flags.confirmed, maybe)
        entry = _Change(message, did, send)
        by_mailbox.setdefault((account, mailbox), []).append(entry)
    tx.executemany(
        "UPDATE op_msg SET delta=?, state=? WHERE op_id=? AND msg_id=?", superseded
    )
    settle(tx, [op for _, _, op, _ in superseded])
    _write(tx, by_mailbox, gesture)
    changed = [each.message for some in by_mailbox.values() for each in some]
    gesture.messages += changed
    refold(tx, changed)


def _layers_of(
    tx: sqlite3.Connection, changes: Changes
) -> list[tuple[MessageId, int, int, Layers]]:
    rows = tx.execute(
        f"SELECT msg.id, account_id, mailbox_id, {COLUMNS} FROM msg"
        " JOIN mailbox ON mailbox.id=mailbox_id"
        " WHERE msg.id IN (SELECT value FROM json_each(?)) AND absent<>2",
        (json.dumps(list(changes)),),
    )
    return [
        (message, account, mailbox, layers(tuple(columns)))
        for message, account, mailbox, *columns in rows.fetchall()
    ]


def _unsent(tx: sqlite3.Connection, changes: Changes) -> _Unsent:
    """Queued changes of these messages: (entry, change) by message."""
    found: _Unsent = {}
    rows = tx.execute(
        "SELECT om.msg_id, om.op_id, om.delta FROM json_each(?) j"
        " CROSS JOIN op_msg om ON om.msg_id=j.value JOIN op o ON o.id=om.op_id"
        " WHERE om.state='todo' AND o.kind='flag'",
        (json.dumps(list(changes)),),
    )
    for message, op, delta in rows:
        found.setdefault(message, []).append((op, load(delta)))
    return found


def _supersede(
    message: int,
    did: Delta,
    unsent: list[tuple[int, Delta]],
    superseded: list[tuple[str, str, int, int]],
) -> FlagSet:
    """Take the flags of the new wish out of the older ones.

    Gives those of them of which it is not known what the server has.
    """
    maybe = NOTHING
    for op, delta in unsent:
        if common(delta.touched, did.touched) == NOTHING:
            continue
        maybe = union(maybe, common(delta.maybe, did.touched))
        rest = delta.without(did.touched)
        superseded.append((dump(rest), "todo" if rest else "done", op, message))
    return maybe


def _write(
    tx: sqlite3.Connection,
    by_mailbox: dict[tuple[int, int], list[_Change]],
    gesture: Gesture,
) -> None:
    for (account, mailbox), entries in by_mailbox.items():
        state = "queued" if any(each.send for each in entries) else "void"
        op = gesture.entry(tx, "flag", account, source=mailbox, state=state)
        alike: dict[tuple[Delta, Delta], list[int]] = {}
        for each in entries:
            alike.setdefault((each.send, each.did), []).append(each.message)
        tx.executemany(
            "INSERT INTO op_msg(op_id, msg_id, state, delta, did)"
            " SELECT ?, value, ?, ?, ? FROM json_each(?)",
            [
                (op, "todo" if send else "done", dump(send), dump(did), json.dumps(ids))
                for (send, did), ids in alike.items()
            ],
        )
