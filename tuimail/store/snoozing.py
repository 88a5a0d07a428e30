"""Messages out of sight until a time: table `snooze` of state.db.

A row hides its message, whatever the hour: whoever looks at the clock calls `due`,
which takes the row out. So a place stays a matter of the journal, and not of the time.
The server is told nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.database import Database
from tuimail.store.journal import Gesture
from tuimail.store.places import replace_views, wake
from tuimail.store.values import Recorded


class Returned(NamedTuple):
    """Messages whose time has come."""

    messages: tuple[MessageId, ...]
    mailboxes: frozenset[MailboxId]
    """Where they are shown again."""


class Snoozing:
    """Hides messages, and shows them again."""

    def __init__(self, state: Database) -> None:
        self._state = state

    def snooze(
        self, messages: Sequence[MessageId], until: int, rule: str = ""
    ) -> Recorded | None:
        """Hide messages until then (seconds since the epoch), as one gesture.

        Those that are hidden so already get the new time. None when nothing changes.
        """
        gesture = Gesture(rule=rule)
        with self._state.write(durable=True) as tx:
            record_snooze(tx, messages, until, gesture, "snooze")
        return gesture.recorded()

    def unsnooze(self, messages: Sequence[MessageId]) -> Recorded | None:
        """Show snoozed messages now, as one gesture; None when none of them is."""
        gesture = Gesture()
        with self._state.write(durable=True) as tx:
            record_snooze(tx, _snoozed(tx, messages), None, gesture, "unsnooze")
        return gesture.recorded()

    def due(self, now: int) -> Returned:
        """Show again what is due by `now`; nobody did it, so no undo takes it back."""
        with self._state.write(durable=True) as tx:
            rows = tx.execute("SELECT msg_id FROM snooze WHERE until<=?", (now,))
            ids = [MessageId(number) for (number,) in rows.fetchall()]
            if not ids:
                return Returned((), frozenset())
            _, boxes = wake(tx, ids)
        return Returned(tuple(ids), frozenset(MailboxId(box) for box in boxes))

    def next_due(self) -> int | None:
        """When the next message comes back, seconds since the epoch."""
        found = self._state.value("SELECT min(until) FROM snooze")
        return None if found is None else int(found)

    def until(self, messages: Iterable[MessageId]) -> dict[MessageId, int]:
        """When the snoozed ones of these come back."""
        rows = self._state.rows(
            "SELECT msg_id, until FROM json_each(?) j CROSS JOIN snooze"
            " ON msg_id=j.value",
            (json.dumps(list(messages)),),
        )
        return {MessageId(number): until for number, until in rows}

    def homes(self, messages: Iterable[MessageId]) -> dict[MessageId, MailboxId]:
        """Where the snoozed ones of these lie."""
        rows = self._state.rows(
            "SELECT m.id, m.mailbox_id FROM json_each(?) j CROSS JOIN snooze s"
            " ON s.msg_id=j.value JOIN msg m ON m.id=s.msg_id",
            (json.dumps(list(messages)),),
        )
        return {MessageId(number): MailboxId(box) for number, box in rows}


def _snoozed(tx: sqlite3.Connection, messages: Iterable[int]) -> list[int]:
    rows = tx.execute(
        "SELECT msg_id FROM snooze WHERE msg_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(messages)),),
    )
    return [number for (number,) in rows.fetchall()]


def record_snooze(
    tx: sqlite3.Connection,
    messages: Iterable[int],
    until: int | None,
    gesture: Gesture,
    verb: str,
) -> None:
    """An entry of the journal with nothing to send, by which it can be taken back."""
    earlier, touched = wake(tx, messages)
    rows = tx.execute(
        "SELECT m.id, b.account_id, m.view_id FROM json_each(?) j CROSS JOIN msg m"
        " ON m.id=j.value JOIN mailbox b ON b.id=m.mailbox_id"
        " WHERE m.view_id IS NOT NULL",
        (json.dumps(list(messages)),),
    ).fetchall()
    entries: dict[tuple[int, int], list[int]] = {}
    for message, account, shown in rows:
        entries.setdefault((account, shown), []).append(message)
    for (account, shown), some in entries.items():
        arg: dict[str, object] = {"verb": verb}
        op = gesture.entry(tx, "move", account, source=shown, arg=arg, state="void")
        tx.executemany(
            "INSERT INTO op_msg(op_id, msg_id, state, did) VALUES(?, ?, 'done', ?)",
            [
                (op, each, json.dumps({"from": shown, "until": earlier.get(each)}))
                for each in some
            ],
        )
    gesture.messages += [row[0] for row in rows]
    gesture.mailboxes |= touched
    if until is not None:
        gesture.mailboxes |= hide(tx, {row[0]: until for row in rows})


def hide(tx: sqlite3.Connection, until: dict[int, int]) -> set[int]:
    """Put messages out of sight until then; gives the mailboxes concerned."""
    tx.executemany(
        # Not of one that went meanwhile.
        "INSERT OR REPLACE INTO snooze SELECT id, ? FROM msg WHERE id=?",
        [(at, message) for message, at in until.items()],
    )
    return replace_views(tx, until)
