"""The journal as people see it: what is still to be done, and what was done."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId, MessageId, SafeText
from tuimail.store.copies import forget_copies, not_sent
from tuimail.store.database import Database
from tuimail.store.flags import NOTHING, load
from tuimail.store.folders import keep_out, take_back
from tuimail.store.outcome import close_entries, reopen
from tuimail.store.places import replace_views
from tuimail.store.values import PastGesture, QueueEntry

HISTORY = 200
"""Gestures that the history lists."""
FOLDERS = ("mkbox", "mvbox", "rmbox", "subscribe")


class Queue:
    """Live entries, the history, and what the user decides about them."""

    def __init__(self, state: Database) -> None:
        self._state = state

    def live(self, account: str) -> list[QueueEntry]:
        """Entries that are not finished, oldest first."""
        rows = self._state.rows(
            f"{_ENTRY} WHERE o.account_id=(SELECT id FROM account WHERE name=?)"
            " AND o.state NOT IN('done','void') ORDER BY o.id",
            (account,),
        )
        return [_entry(row) for row in rows]

    def history(self, account: str) -> list[PastGesture]:
        """The last gestures, newest first, with what became of them.

        Takings back are not among them: they show in what they took back.
        """
        rows = self._state.rows(
            f"{_ENTRY} WHERE o.group_id IN (SELECT group_id FROM op WHERE account_id="
            "(SELECT id FROM account WHERE name=?)"
            " AND json_extract(arg, '$.undoing') IS NULL GROUP BY group_id"
            " ORDER BY group_id DESC LIMIT ?) ORDER BY o.group_id DESC, o.id",
            (account, HISTORY),
        )
        groups: dict[int, list[Any]] = {}
        for row in rows:
            groups.setdefault(row[1], []).append(row)
        return [_past(group, some) for group, some in groups.items()]

    def messages(self, op: int) -> list[MessageId]:
        """The messages an entry is about."""
        rows = self._state.rows(
            "SELECT msg_id FROM op_msg WHERE op_id=? ORDER BY msg_id", (op,)
        )
        return [MessageId(number) for (number,) in rows]

    def mailboxes(self, op: int) -> set[MailboxId]:
        """The folders an entry names."""
        row = self._state.row("SELECT src_id, dst_id FROM op WHERE id=?", (op,))
        return {MailboxId(number) for number in row or () if number is not None}

    def retry(self, op: int) -> bool:
        """Try an entry again, or now; False when it is under way or done."""
        with self._state.write(durable=True) as tx:
            found = _of(tx, op, ("failed", "asking", "queued", "held", "unsure"))
            if found is None:
                return False
            tx.execute(
                "UPDATE op SET arg=json_remove(arg, '$.deaths') WHERE id=?", (op,)
            )
            tx.execute(
                "UPDATE op SET not_before=NULL, tries=iif(state='queued', tries, 0),"
                " state=iif(state='held', 'queued', state), err_class=NULL"
                " WHERE id=?",
                (op,),
            )
            if found in FOLDERS:
                tx.execute("UPDATE op SET state='queued' WHERE id=?", (op,))
                _show_again(tx, op)
            else:
                reopen(tx, [op], "failed")
                replace_views(tx, _messages(tx, op))
        return True

    def hold(self, op: int) -> bool:
        """Keep an entry from being sent until `retry`; False when it is too late."""
        with self._state.write(durable=True) as tx:
            done = tx.execute(
                "UPDATE op SET state='held', not_before=NULL"
                " WHERE id=? AND state IN('queued','held')",
                (op,),
            )
        return done.rowcount == 1

    def discard(self, op: int) -> bool:
        """Forget an entry that is not under way; False when that is too late.

        The screen shows the messages as the server has them.
        """
        with self._state.write(durable=True) as tx:
            kind = _of(tx, op, ("failed", "asking", "queued", "held"))
            if kind is None:
                return False
            if kind in FOLDERS:
                _discard_folder(tx, op, kind)
            else:
                _discard_messages(tx, op, kind)
        return True


def _of(tx: sqlite3.Connection, op: int, states: tuple[str, ...]) -> str | None:
    """The kind of an entry in one of these states."""
    row = tx.execute("SELECT kind, state FROM op WHERE id=?", (op,)).fetchone()
    return str(row[0]) if row is not None and row[1] in states else None


def _messages(tx: sqlite3.Connection, op: int) -> list[int]:
    rows = tx.execute("SELECT msg_id FROM op_msg WHERE op_id=?", (op,))
    return [message for (message,) in rows.fetchall()]


def _discard_messages(tx: sqlite3.Connection, op: int, kind: str) -> None:
    messages = _messages(tx, op)
    if kind == "copy":
        rows = tx.execute(
            "SELECT json_extract(did, '$.copy') FROM op_msg WHERE op_id=?"
            " AND state IN('todo','failed')",
            (op,),
        )
        forget_copies(tx, [copy for (copy,) in rows.fetchall()])
    if kind == "append":
        forget_copies(tx, not_sent(tx, messages))
    close_entries(tx, [op])
    replace_views(tx, messages)


def _discard_folder(tx: sqlite3.Connection, op: int, kind: str) -> None:
    state = tx.execute("SELECT state FROM op WHERE id=?", (op,)).fetchone()[0]
    if state in ("queued", "held"):
        take_back(tx, op)
    if kind == "mkbox":
        keep_out(
            tx, tx.execute("SELECT dst_id FROM op WHERE id=?", (op,)).fetchone()[0]
        )
        tx.execute(
            "UPDATE mailbox SET state='gone' WHERE state='creating'"
            " AND id=(SELECT dst_id FROM op WHERE id=?)",
            (op,),
        )
    tx.execute("UPDATE op SET state='void', undone=1 WHERE id=?", (op,))


def _show_again(tx: sqlite3.Connection, op: int) -> None:
    """A folder entry is wanted after all: the screen shows it once more."""
    tx.execute(
        "UPDATE mailbox SET state='deleting' WHERE state='ok' AND id="
        "(SELECT src_id FROM op WHERE id=? AND kind='rmbox')",
        (op,),
    )


_ENTRY = """
SELECT o.id, o.group_id, o.kind, o.arg, o.state, b.id,
  iif(b.account_id<>o.account_id,
    (SELECT name FROM account WHERE id=b.account_id) || ': ' || b.name, b.name), d.name,
  (SELECT count(*) FROM op_msg WHERE op_id=o.id AND state NOT IN('done','gone')),
  (SELECT count(*) FROM op_msg WHERE op_id=o.id),
  om.msg_id, c.subject, om.did, o.err, o.created, o.tries, o.not_before, o.undone
FROM op o LEFT JOIN mailbox b ON b.id=ifnull(o.src_id, o.dst_id)
  LEFT JOIN mailbox d ON d.id=o.dst_id
  LEFT JOIN op_msg om ON om.op_id=o.id AND om.msg_id=(SELECT msg_id FROM op_msg
    WHERE op_id=o.id ORDER BY state IN('done','gone'), msg_id LIMIT 1)
  LEFT JOIN msg m ON m.id=om.msg_id LEFT JOIN content c ON c.id=m.content_id"""


def _entry(row: Any, *, past: bool = False) -> QueueEntry:
    op, group, kind, arg, state, mailbox, name, target = row[:8]
    left, total, first, subject, did, error, created, tries, later, _ = row[8:]
    change = load(did or "") if kind == "flag" else None
    values = json.loads(arg)
    return QueueEntry(
        op=op,
        group=group,
        kind=kind,
        mailbox=mailbox,
        mailbox_name=SafeText(values.get("old") or name or ""),
        target_name=SafeText(values.get("new") or target or ""),
        verb=values.get("verb", kind),
        state=state,
        messages=total if past else left,
        first=first,
        subject=SafeText(subject or ""),
        add=change.add if change else NOTHING,
        remove=change.remove if change else NOTHING,
        error=safe_text(error or ""),
        created=created,
        tries=tries,
        not_before=later if later and later > time.time() else None,
        rule=values.get("rule", ""),
    )


def _past(group: int, rows: list[Any]) -> PastGesture:
    entries = tuple(_entry(row, past=True) for row in rows)
    return PastGesture(
        group=group,
        created=entries[0].created,
        entries=entries,
        undone=all(row[-1] for row in rows),
        messages=max(entry.messages for entry in entries),
    )
