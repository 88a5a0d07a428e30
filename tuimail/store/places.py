"""Where the user sees a message, as a fold of the journal: recomputed, never adjusted.

A message lies where the server has it (`mailbox_id`) and is shown where the last live
move puts it (`view_id`); a live removal hides it, and so does a row of `snooze`.
Tombstones are hidden unless a command is under way that may have carried them off.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable

TO_BE_MADE = 3
"""Value of `absent` for a copy that the server does not have yet."""


def wanted_places(
    tx: sqlite3.Connection, ids: Iterable[int]
) -> list[tuple[int, int | None, int | None]]:
    """Message, where it is shown, and where the journal says it should be."""
    return tx.execute(_WANTED, (json.dumps(list(ids)),)).fetchall()


_WANTED = """
SELECT m.id, m.view_id, nullif(iif(m.id IN (SELECT msg_id FROM snooze), 0, ifnull(
  (SELECT iif(o.kind='expunge', 0, o.dst_id) FROM op_msg om JOIN op o ON o.id=om.op_id
   WHERE om.msg_id=m.id AND o.kind IN('move','expunge')
     AND om.state IN('todo','sent') AND (om.state='sent' OR m.absent<>2)
   ORDER BY o.id DESC LIMIT 1),
  iif(m.absent=2, 0, m.mailbox_id))), 0)
FROM json_each(?) j CROSS JOIN msg m ON m.id=j.value"""


def replace_views(tx: sqlite3.Connection, ids: Iterable[int]) -> set[int]:
    """Show these messages where the journal says; gives the mailboxes concerned."""
    moved: dict[tuple[int | None, int | None], list[int]] = {}
    for message, shown, wanted in wanted_places(tx, ids):
        if shown != wanted:
            moved.setdefault((shown, wanted), []).append(message)
    # One statement for all that go the same way: of ten thousand, a third of the time.
    tx.executemany(
        "UPDATE msg SET view_id=? WHERE id IN (SELECT value FROM json_each(?))",
        [(wanted, json.dumps(some)) for (_, wanted), some in moved.items()],
    )
    change: Counter[int] = Counter()
    for (shown, wanted), some in moved.items():
        change[shown or 0] -= len(some)
        change[wanted or 0] += len(some)
    tx.executemany(
        "UPDATE mailbox SET known=known+? WHERE id=?",
        [(by, mailbox) for mailbox, by in change.items()],
    )
    return set(change) - {0}


def wake(
    tx: sqlite3.Connection, messages: Iterable[int]
) -> tuple[dict[int, int], set[int]]:
    """Show again the snoozed ones of these; until when they were, and where they are.

    What is done to a message ends its being snoozed.
    """
    until = dict(
        tx.execute(
            "DELETE FROM snooze WHERE msg_id IN (SELECT value FROM json_each(?))"
            " RETURNING msg_id, until",
            (json.dumps(list(messages)),),
        ).fetchall()
    )
    return until, replace_views(tx, until) if until else set()


def forget_views(tx: sqlite3.Connection, chosen: str) -> None:
    """The rows of this JSON list of ids are about to be deleted: count them out."""
    tx.execute(
        "UPDATE mailbox SET known=known-n FROM (SELECT view_id, count(*) AS n FROM msg"
        " WHERE id IN (SELECT value FROM json_each(?)) AND view_id IS NOT NULL"
        " GROUP BY view_id) WHERE mailbox.id=view_id",
        (chosen,),
    )
