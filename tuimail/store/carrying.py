"""Write into the journal what crosses accounts: there first, and only then away here.

A message that is carried is one APPEND in the account it goes to and, when it is to
leave, one removal in the account it comes from, which waits for the other. Between the
two its octets lie in the vault.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tuimail.mail.types import MailboxId
from tuimail.store.encode import identity, moment
from tuimail.store.flags import COLUMNS, layers, words
from tuimail.store.ingest import content_columns, server_columns
from tuimail.store.journal import Gesture
from tuimail.store.places import TO_BE_MADE, replace_views, wake
from tuimail.store.values import Row


@dataclass(frozen=True, slots=True)
class _Here:
    message: int
    account: int
    shown: int


def record_carry(
    tx: sqlite3.Connection,
    targets: Mapping[int, int],
    gesture: Gesture,
    verb: str = "move",
) -> None:
    """Put messages into mailboxes of other accounts; with `copy` they stay as well.

    Messages of the target's own account, and copies that are still to be made, are
    left alone.
    """
    accounts = dict(tx.execute("SELECT id, account_id FROM mailbox").fetchall())
    groups: dict[tuple[int, int, int], list[int]] = {}
    if verb != "copy":
        gesture.mailboxes |= wake(tx, targets)[1]
    for here in _here(tx, targets):
        target = targets[here.message]
        if accounts[target] != here.account:
            key = (here.account, here.shown, target)
            groups.setdefault(key, []).append(here.message)
    for (account, shown, target), messages in groups.items():
        twins = _append(tx, accounts[target], shown, target, messages, gesture, verb)
        if verb != "copy":
            _remove(tx, account, shown, target, twins, gesture)
        gesture.messages += messages
        gesture.mailboxes |= replace_views(tx, messages) | {target}


def record_new(
    tx: sqlite3.Connection,
    target: MailboxId,
    messages: Iterable[tuple[Row, str]],
    gesture: Gesture,
) -> int:
    """Store messages that are on no server yet; gives the number of the entry.

    Each comes with its key in the vault, where its octets are.
    """
    account = _account(tx, target)
    op = gesture.entry(tx, "append", account, target=target)
    for row, blob in messages:
        ident = identity(row.envelope, row.size, row.arrival, row.hdr_hash)
        content = _content(tx, account, ident, content_columns(row))
        s, s_kw = server_columns(row.flags)
        twin = _twin(tx, content, target, moment(row.arrival), s, s_kw)
        tx.execute(
            "INSERT INTO op_msg(op_id, msg_id, did) VALUES(?, ?, ?)",
            (op, twin, json.dumps({"blob": blob})),
        )
        gesture.messages.append(twin)
    gesture.mailboxes.add(target)
    return op


def _append(
    tx: sqlite3.Connection,
    account: int,
    shown: int,
    target: int,
    messages: list[int],
    gesture: Gesture,
    verb: str,
) -> dict[int, int]:
    """The entry of the account they go to; gives the new row for each message."""
    arg: dict[str, object] = {"verb": verb, "new": _named(tx, target)}
    op = gesture.entry(tx, "append", account, source=shown, target=target, arg=arg)
    twins = {message: _carried(tx, message, account, target) for message in messages}
    tx.executemany(
        "INSERT INTO op_msg(op_id, msg_id, did) VALUES(?, ?, ?)",
        [(op, twin, json.dumps({"from": m})) for m, twin in twins.items()],
    )
    return twins


def _remove(
    tx: sqlite3.Connection,
    account: int,
    shown: int,
    target: int,
    twins: Mapping[int, int],
    gesture: Gesture,
) -> None:
    """The entry of the account they leave."""
    arg: dict[str, object] = {"verb": "carried", "new": _named(tx, target)}
    op = gesture.entry(tx, "expunge", account, source=shown, arg=arg)
    tx.executemany(
        "INSERT INTO op_msg(op_id, msg_id, did) SELECT ?, id,"
        " json_object('from', ?, 'eff', eff, 'after', ?) FROM msg WHERE id=?",
        [(op, shown, twin, message) for message, twin in twins.items()],
    )


def _here(tx: sqlite3.Connection, messages: Mapping[int, int]) -> list[_Here]:
    rows = tx.execute(
        "SELECT m.id, b.account_id, m.view_id FROM json_each(?) j"
        " CROSS JOIN msg m ON m.id=j.value JOIN mailbox b ON b.id=m.mailbox_id"
        " WHERE m.view_id IS NOT NULL AND m.absent IN(0, 1)",
        (json.dumps(list(messages)),),
    )
    return [_Here(*row) for row in rows.fetchall()]


def _named(tx: sqlite3.Connection, mailbox: int) -> str:
    """A mailbox with its account, e.g. `home: Archive`."""
    row = tx.execute(
        "SELECT a.name || ': ' || b.name FROM mailbox b"
        " JOIN account a ON a.id=b.account_id WHERE b.id=?",
        (mailbox,),
    ).fetchone()
    return str(row[0])


def _account(tx: sqlite3.Connection, mailbox: int) -> int:
    row = tx.execute("SELECT account_id FROM mailbox WHERE id=?", (mailbox,)).fetchone()
    return int(row[0])


_CONTENT = (
    "size, date, attach, suspect, subject, sender_name, sender_addr, problem, msgid,"
    " envelope, structure"
)


_KEEP_FIRST_LINE = """
UPDATE content SET preview=(SELECT c.preview FROM msg m JOIN content c
  ON c.id=m.content_id WHERE m.id=?) WHERE id=? AND preview IS NULL"""


def _carried(tx: sqlite3.Connection, message: int, account: int, target: int) -> int:
    """A row of the target's account for this message, with the flags one sees."""
    ident, arrival, *rest = tx.execute(
        f"SELECT c.ident, m.internaldate, {COLUMNS}, {_CONTENT} FROM msg m"
        " JOIN content c ON c.id=m.content_id WHERE m.id=?",
        (message,),
    ).fetchone()
    columns, described = rest[:7], rest[7:]
    shown = layers(tuple(columns)).shown
    content = _content(tx, account, ident, tuple(described))
    tx.execute(_KEEP_FIRST_LINE, (message, content))
    return _twin(tx, content, target, arrival, int(shown.bits), words(shown.keywords))


def _content(
    tx: sqlite3.Connection,
    account: int,
    ident: bytes | None,
    columns: tuple[object, ...],
) -> int:
    same = tx.execute(
        "SELECT id FROM content WHERE account_id=? AND ident=?", (account, ident)
    ).fetchone()
    if same is not None:
        return int(same[0])
    marks = ",".join("?" * len(columns))
    row = tx.execute(
        f"INSERT INTO content(account_id, ident, {_CONTENT}) VALUES(?, ?, {marks})"
        " RETURNING id",
        (account, ident, *columns),
    ).fetchone()
    return int(row[0])


def _twin(
    tx: sqlite3.Connection, content: int, target: int, arrival: int, s: int, s_kw: str
) -> int:
    row = tx.execute(
        "INSERT INTO msg(content_id, mailbox_id, gen, view_id, internaldate, s, s_kw,"
        " absent) VALUES(?1, ?2, (SELECT gen FROM mailbox WHERE id=?2), ?2, ?3, ?4, ?5,"
        " ?6) RETURNING id",
        (content, target, arrival, s, s_kw, TO_BE_MADE),
    ).fetchone()
    tx.execute("UPDATE mailbox SET known=known+1 WHERE id=?", (target,))
    return int(row[0])
