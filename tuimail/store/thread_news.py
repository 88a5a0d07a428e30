"""Which conversations have changed: table `thread_news` of cache.db.

Every batch that changes conversations says here which, by the names of their groups as
they were and as they are. Only the last few are kept: who has seen none of them reads
everything anew.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Collection
from typing import NamedTuple

from tuimail.store.database import Database

KEPT = 32
"""Batches that are remembered."""


class News(NamedTuple):
    """What there was since some time."""

    number: int
    """Of the last batch."""
    threads: set[int]
    """Names of conversations that are others now, or were."""


def tell(tx: sqlite3.Connection, groups: Collection[int] | None) -> None:
    """Say that these groups have changed; None: anything may have."""
    packed = None if groups is None else bytearray(array("q", groups))
    row = tx.execute(
        "INSERT INTO thread_news(groups) VALUES(?) RETURNING id", (packed,)
    ).fetchone()
    tx.execute("DELETE FROM thread_news WHERE id<=?", (row[0] - KEPT,))


def number(cache: Database) -> int:
    """The number of the last batch."""
    return int(cache.value("SELECT ifnull(max(id), 0) FROM thread_news"))


def since(cache: Database, seen: int) -> News | None:
    """What came after the batch `seen`; None when that is not known any more."""
    rows = cache.rows(
        "SELECT id, groups FROM thread_news WHERE id>=? ORDER BY id", (seen,)
    )
    if (rows and rows[0][0] > max(seen, 1)) or (seen and not rows):
        return None
    fresh = [row for row in rows if row[0] > seen]
    groups: set[int] = set()
    for _, packed in fresh:
        if packed is None:
            return None
        groups.update(array("q", packed))
    if groups:
        names = cache.rows(_NAMES, (json.dumps(list(groups)),))
        groups.update(thread for (thread,) in names)
    return News(rows[-1][0] if rows else 0, groups)


_NAMES = """
SELECT DISTINCT j.thread_id FROM json_each(?) e
  CROSS JOIN thread_joined j ON j.group_id=e.value"""
