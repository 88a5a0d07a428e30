"""Write moves, copies and removals into the journal; the screen follows at once.

Newer wishes replace older ones that were not sent: two moves of one message are one
move from where it lies to where it was put last.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tuimail.store.copies import forget_copies, origins
from tuimail.store.flags import COLUMNS, layers, words
from tuimail.store.fold import settle
from tuimail.store.journal import Gesture
from tuimail.store.places import TO_BE_MADE, replace_views, wake


class _Seen(NamedTuple):
    """A message as a gesture finds it."""

    message: int
    account: int
    mailbox: int
    """Where it will lie once what is under way is through."""
    shown: int | None
    absent: int


def record_move(
    tx: sqlite3.Connection,
    targets: Mapping[int, int],
    gesture: Gesture,
    verb: str = "move",
) -> None:
    """Put each message into its mailbox; those of another account are left alone."""
    accounts = dict(tx.execute("SELECT id, account_id FROM mailbox").fetchall())
    until, woken = wake(tx, targets)
    gesture.mailboxes |= woken
    entries: dict[tuple[int, int, int], list[_Alike]] = {}
    moved: list[int] = []
    for alike in _alike(tx, targets, until):
        there = alike.shown == alike.target and alike.hidden is None
        if there or accounts.get(alike.target) != alike.account:
            continue
        came = alike.shown or alike.mailbox
        entries.setdefault((alike.account, came, alike.target), []).append(alike)
        moved += alike.messages
    _supersede(tx, moved)
    for (account, came, target), some in entries.items():
        op = gesture.entry(
            tx,
            "move",
            account,
            source=came,
            target=target,
            arg={"verb": verb},
            state="queued" if any(each.mailbox != target for each in some) else "void",
        )
        tx.executemany(
            "INSERT INTO op_msg(op_id, msg_id, state, did)"
            " SELECT ?, value, ?, ? FROM json_each(?)",
            [
                (
                    op,
                    "todo" if each.mailbox != target else "done",
                    _did(came, each.hidden),
                    json.dumps(sorted(each.messages)),
                )
                for each in some
            ],
        )
    _show(tx, moved, gesture)


class _Alike(NamedTuple):
    """Messages that a move finds alike: thousands at a time, nearly always."""

    account: int
    mailbox: int
    """Where they will lie once what is under way is through."""
    shown: int | None
    target: int
    hidden: int | None
    """Until when they were out of sight."""
    messages: list[int]


def _alike(
    tx: sqlite3.Connection, targets: Mapping[int, int], until: Mapping[int, int]
) -> list[_Alike]:
    found: dict[tuple[int, int, int | None, int, int | None], list[int]] = {}
    rows = tx.execute(_SEEN, (json.dumps(list(targets)),)).fetchall()
    for message, account, mailbox, shown, _ in rows:
        hidden = until.get(message) if until else None
        key = (account, mailbox, shown, targets[message], hidden)
        found.setdefault(key, []).append(message)
    return [_Alike(*key, messages) for key, messages in found.items()]


def _did(came: int, hidden: int | None) -> str:
    """Where a message was, and until when it was out of sight there."""
    return json.dumps({"from": came} | ({} if hidden is None else {"until": hidden}))


def record_removal(
    tx: sqlite3.Connection,
    messages: Sequence[int],
    gesture: Gesture,
    not_before: int | None = None,
) -> None:
    """Remove messages for good; not sent before `not_before`, so that it can be undone.

    What the user saw of each is noted: one that somebody flags meanwhile is kept.
    """
    gesture.mailboxes |= wake(tx, messages)[1]
    found = [seen for seen in _seen(tx, messages) if seen.shown is not None]
    unmade = [seen.message for seen in found if seen.absent == TO_BE_MADE]
    carried = origins(tx, unmade)
    forget_copies(tx, unmade)
    found = [seen for seen in found if seen.absent != TO_BE_MADE]
    # What was on its way into another account goes where it still lies.
    found += _seen(tx, carried)
    messages = [seen.message for seen in found]
    _supersede(tx, messages)
    entries: dict[tuple[int, int], list[_Seen]] = {}
    for seen in found:
        entries.setdefault((seen.account, seen.shown or 0), []).append(seen)
    for (account, shown), some in entries.items():
        op = gesture.entry(
            tx,
            "expunge",
            account,
            source=shown,
            state="queued" if not_before is None else "held",
            not_before=not_before,
        )
        tx.executemany(
            "INSERT INTO op_msg(op_id, msg_id, did)"
            " SELECT ?, id, json_object('from', ?, 'eff', eff) FROM msg WHERE id=?",
            [(op, shown, seen.message) for seen in some],
        )
    _show(tx, messages, gesture)


def record_copy(
    tx: sqlite3.Connection, messages: Iterable[int], target: int, gesture: Gesture
) -> None:
    """Copy messages into a mailbox: the copies are rows of their own from now on."""
    account, gen = tx.execute(
        "SELECT account_id, gen FROM mailbox WHERE id=?", (target,)
    ).fetchone()
    copied: dict[int | None, list[_Seen]] = {}
    for seen in _seen(tx, messages):
        if seen.shown is not None and seen.account == account:
            copied.setdefault(seen.shown, []).append(seen)
    for shown, some in copied.items():
        op = gesture.entry(tx, "copy", account, source=shown, target=target)
        for seen in some:
            copy = _twin(tx, seen.message, target, gen)
            tx.execute(
                "INSERT INTO op_msg(op_id, msg_id, did) VALUES(?, ?, ?)",
                (op, seen.message, json.dumps({"copy": copy})),
            )
        tx.execute("UPDATE mailbox SET known=known+? WHERE id=?", (len(some), target))
        gesture.messages += [seen.message for seen in some]
        gesture.mailboxes.add(target)


def _seen(tx: sqlite3.Connection, messages: Iterable[int]) -> list[_Seen]:
    rows = tx.execute(_SEEN, (json.dumps(list(messages)),))
    return [_Seen(*row) for row in rows.fetchall()]


_SEEN = """
SELECT m.id, b.account_id, ifnull((SELECT o.dst_id FROM op_msg om
    JOIN op o ON o.id=om.op_id WHERE om.msg_id=m.id AND om.state='sent'
    AND o.kind='move'), m.mailbox_id), m.view_id, m.absent
FROM json_each(?) j CROSS JOIN msg m ON m.id=j.value
  JOIN mailbox b ON b.id=m.mailbox_id
WHERE m.absent<>2 OR m.view_id IS NOT NULL"""


def _supersede(tx: sqlite3.Connection, messages: Sequence[int]) -> None:
    """Older wishes about the place of these messages that were not sent are void."""
    ops = tx.execute(
        "UPDATE op_msg SET state='done', result='superseded'"
        " WHERE msg_id IN (SELECT value FROM json_each(?))"
        " AND state IN('todo','failed') AND +op_id IN (SELECT id FROM op"
        " WHERE kind IN('move','expunge') AND state NOT IN('done','void'))"
        " RETURNING op_id",
        (json.dumps(messages),),
    ).fetchall()
    settle(tx, [op for (op,) in ops])


def _show(tx: sqlite3.Connection, messages: list[int], gesture: Gesture) -> None:
    gesture.messages += messages
    gesture.mailboxes |= replace_views(tx, messages)


def _twin(tx: sqlite3.Connection, message: int, target: int, gen: int) -> int:
    """The row of a copy that is to be made; it has the flags one sees."""
    content, arrival, *columns = tx.execute(
        f"SELECT content_id, internaldate, {COLUMNS} FROM msg WHERE id=?", (message,)
    ).fetchone()
    shown = layers(tuple(columns)).shown
    row = tx.execute(
        "INSERT INTO msg(content_id, mailbox_id, gen, view_id, internaldate, s, s_kw,"
        " absent) VALUES(?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            content,
            target,
            gen,
            target,
            arrival,
            int(shown.bits),
            words(shown.keywords),
            TO_BE_MADE,
        ),
    ).fetchone()
    return int(row[0])
