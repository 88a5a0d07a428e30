"""Many rows at once: what SQLite books once for each statement is booked seldom."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

_TOGETHER = 20
"""Rows that one statement inserts: more gain little, and need more values."""


def insert_rows(
    tx: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows, some to a statement; `into` is the statement up to its VALUES."""
    if not rows:
        return
    marks = f"({','.join('?' * len(rows[0]))})"
    whole = len(rows) - len(rows) % _TOGETHER
    joined = (
        tuple(chain.from_iterable(rows[at : at + _TOGETHER]))
        for at in range(0, whole, _TOGETHER)
    )
    tx.executemany(f"{into} VALUES {','.join([marks] * _TOGETHER)}", joined)
    tx.executemany(f"{into} VALUES {marks}", rows[whole:])
