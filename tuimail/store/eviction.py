"""Which cached parts leave first when there is too little room, and which never.

Attachments leave before texts, what nobody opened before what was read, and what was
used longest ago first. Small texts of the last months leave last: they are what one
reads without a network, and take little room.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable

from tuimail.mail.types import ContentId
from tuimail.store.database import Database

SMALL_TEXT = 16 * 1024
"""Octets below which a text of the last months leaves last."""
RECENT_S = 90 * 86400
_ROWS = 200
_SMALL = f"p.text<>0 AND p.rawlen<{SMALL_TEXT} AND k.id IS NOT NULL"
_CLASSES = (
    "p.text=0 AND p.used=0",
    "p.text=0 AND p.used<>0",
    f"p.text<>0 AND p.used=0 AND NOT ({_SMALL})",
    f"p.text<>0 AND p.used<>0 AND NOT ({_SMALL})",
    _SMALL,
)
"""What leaves, in this order; `used` is 0 for what was never opened."""

Chosen = list[tuple[int, str]]


class Leaving:
    """One round of eviction: the parts that may go, in order."""

    def __init__(
        self, state: Database, cache: Database, keep: Iterable[ContentId]
    ) -> None:
        self._cache = cache
        never = {*keep, *_needed(state), *_pinned(state)}
        rows = [(id, 1) for id in _recent(state) - never]
        rows += [(id, 0) for id in never]
        connection = cache.connection()
        try:
            # A temporary table is in memory and waits for no other writer.
            connection.executescript(_TABLE)
            connection.executemany("INSERT INTO temp.keep VALUES(?, ?)", rows)
        except sqlite3.Error as error:
            raise cache.explain(error) from error

    def next(self, octets: int) -> Chosen:
        """The parts to drop next, enough to free `octets` if there are."""
        chosen: Chosen = []
        for kind in _CLASSES:
            rows = self._cache.rows(_NEXT.format(kind), (_ROWS,))
            for content, section, kept in rows:
                if octets <= 0:
                    return chosen
                chosen.append((content, section))
                octets -= kept
            if chosen:
                break
        return chosen


_TABLE = """
CREATE TEMP TABLE IF NOT EXISTS keep(id INTEGER PRIMARY KEY, last INT NOT NULL);
DELETE FROM temp.keep;"""
_NEXT = """
SELECT p.content_id, p.section, p.kept FROM part p
LEFT JOIN temp.keep k ON k.id=p.content_id
WHERE ifnull(k.last, 1)=1 AND ({}) ORDER BY p.used, p.fetched LIMIT ?"""


def _needed(state: Database) -> set[int]:
    """Contents a live operation refers to: it may need their bytes."""
    return _column(
        state,
        "SELECT DISTINCT m.content_id FROM op o JOIN op_msg om ON om.op_id=o.id"
        " JOIN msg m ON m.id=om.msg_id WHERE o.state NOT IN('done','void')"
        " AND om.state NOT IN('done','gone')",
    )


def _pinned(state: Database) -> set[int]:
    """Contents of folders that are kept here by the user's wish."""
    boxes = json.dumps(list(_column(state, "SELECT id FROM mailbox WHERE pinned<>0")))
    return _column(
        state,
        "SELECT m.content_id FROM json_each(?) j CROSS JOIN msg m ON m.view_id=j.value",
        (boxes,),
    )


def _recent(state: Database) -> set[int]:
    return _column(
        state,
        "SELECT m.content_id FROM mailbox b CROSS JOIN msg m"
        " ON m.view_id=b.id AND m.internaldate>?",
        (int(time.time()) - RECENT_S,),
    )


def _column(state: Database, sql: str, values: tuple[object, ...] = ()) -> set[int]:
    return {number for (number,) in state.rows(sql, values)}
