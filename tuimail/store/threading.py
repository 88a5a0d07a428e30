"""How contents come into conversations and leave them: the tables `thread…`.

All functions run in one transaction of cache.db, which the caller begins.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from tuimail.mail.threads import SUBJECT_MOST, Fields, Item, answered, components, join
from tuimail.mail.types import AccountId
from tuimail.store import thread_news
from tuimail.store.bulk import insert_rows


class Step(NamedTuple):
    """What one batch did."""

    contents: int
    accounts: frozenset[AccountId]
    """Whose conversations may be others now."""


def take_in(
    tx: sqlite3.Connection, items: Sequence[Fields], accounts: Sequence[int]
) -> None:
    """Join contents to the conversations that are known.

    By their subjects as well, unless these are put off.
    """
    keys = {key for _, _, named, _, _, _ in items for key in named}
    keys.update([key for _, key, _, _, _, _ in items])
    keys.discard(0)
    known = dict(tx.execute(_KNOWN, (json.dumps(list(keys)),)).fetchall())
    joined = join(items, known, lambda group: _size(tx, group))
    groups = joined.groups
    # Of no other types than these: SQLite asks every object of another one, a truth
    # value and bytes as well, what it would like to be in a database.
    rows = [
        (number, groups[number], account, date, key, base, int(loose), _packed(named))
        for (number, key, named, date, base, loose), account in zip(
            items, accounts, strict=True
        )
    ]
    insert_rows(tx, _INTO_THREAD, rows)
    insert_rows(tx, "INSERT INTO thread_key", sorted(joined.keys.items()))
    stirred = _merge(tx, joined.merged)
    if subjects_known(tx):
        stirred |= _by_subject(tx, {base for _, _, _, _, base, _ in items if base})
    changed = _relabel(tx, stirred)
    # What was not taken in yet was a conversation of its own, by its own number.
    changed.update(groups, groups.values(), joined.merged, joined.merged.values())
    thread_news.tell(tx, changed)


def holds(tx: sqlite3.Connection, contents: int) -> bool:
    """Whether more than so many contents are taken in already."""
    sql = "SELECT 1 FROM thread LIMIT 1 OFFSET ?"
    return tx.execute(sql, (contents,)).fetchone() is not None


def put_off_subjects(tx: sqlite3.Connection) -> None:
    """Join nothing by its subject until `join_subjects`: very many contents come.

    Their subjects lie all over the index, so it is made of all at once in a third of
    the time.
    """
    tx.execute("DROP INDEX IF EXISTS thread_base")


def subjects_known(tx: sqlite3.Connection) -> bool:
    """Whether mails are joined by their subjects as they come."""
    sql = "SELECT 1 FROM sqlite_master WHERE type='index' AND name='thread_base'"
    return tx.execute(sql).fetchone() is not None


def join_subjects(tx: sqlite3.Connection) -> set[AccountId]:
    """Join what was put off by its subject; gives whose conversations may be others."""
    if subjects_known(tx):
        return set()
    tx.execute("CREATE INDEX thread_base ON thread(base) WHERE base<>0")
    rows = tx.execute("SELECT base, account_id FROM thread WHERE loose<>0").fetchall()
    thread_news.tell(tx, _relabel(tx, _by_subject(tx, {base for base, _ in rows})))
    return {AccountId(account) for _, account in rows}


_KNOWN = """
SELECT k.key, k.group_id FROM json_each(?) e
  CROSS JOIN thread_key k ON k.key=e.value"""
_INTO_THREAD = """
INSERT INTO thread(content_id, group_id, account_id, date, key, base, loose, refs)"""


_NOTHING = bytearray()


def _packed(keys: tuple[int, ...]) -> bytearray:
    return bytearray(array("q", keys)) if keys else _NOTHING


def forget(tx: sqlite3.Connection, contents: Collection[int]) -> None:
    """Take contents out; the keys of a group go with the last of it."""
    columns = "SELECT group_id, key, refs FROM thread"
    rows = _among(tx, columns, "content_id", contents)
    among = "IN (SELECT value FROM json_each(?))"
    tx.execute(
        f"DELETE FROM thread WHERE content_id {among}", (json.dumps(list(contents)),)
    )
    groups = {group for group, _, _ in rows}
    left = "SELECT DISTINCT group_id FROM thread"
    empty = groups - {group for (group,) in _among(tx, left, "group_id", groups)}
    keys = _keys((key, refs) for group, key, refs in rows if group in empty)
    tx.execute(f"DELETE FROM thread_key WHERE key {among}", (json.dumps(list(keys)),))
    thread_news.tell(tx, groups | _relabel(tx, groups))


def _among(
    tx: sqlite3.Connection, select: str, column: str, values: Collection[int]
) -> list[Any]:
    if not values:
        return []
    return tx.execute(
        f"{select} WHERE {column} IN (SELECT value FROM json_each(?))",
        (json.dumps(list(values)),),
    ).fetchall()


def _size(tx: sqlite3.Connection, group: int) -> int:
    sql = "SELECT count(*) FROM thread WHERE group_id=?"
    return int(tx.execute(sql, (group,)).fetchone()[0])


def _keys(rows: Iterable[tuple[int, bytes]]) -> set[int]:
    found: set[int] = set()
    for key, refs in rows:
        found.add(key)
        found.update(array("q", refs))
    found.discard(0)
    return found


def _merge(tx: sqlite3.Connection, merged: dict[int, int]) -> set[int]:
    """Rename groups; gives those whose place by subject is to be looked at."""
    stirred: set[int] = set()
    for old, new in merged.items():
        rows = tx.execute("SELECT key, refs FROM thread WHERE group_id=?", (old,))
        keys = [(new, key) for key in _keys(rows)]
        tx.executemany("UPDATE thread_key SET group_id=? WHERE key=?", keys)
        tx.execute("UPDATE thread SET group_id=? WHERE group_id=?", (new, old))
        sql = "SELECT thread_id FROM thread_joined WHERE group_id=?"
        for (thread,) in tx.execute(sql, (old,)).fetchall():
            stirred |= {old, new, thread}
    return stirred


def _by_subject(tx: sqlite3.Connection, bases: set[int]) -> set[int]:
    """Find what loose replies are joined to now; gives the groups that stirred."""
    loose = "SELECT DISTINCT base FROM thread"
    rows = _among(tx, loose, "loose<>0 AND base", bases)
    stirred: set[int] = set()
    for (base,) in rows:
        stirred |= _one_subject(tx, base)
    return stirred


def _one_subject(tx: sqlite3.Connection, base: int) -> set[int]:
    rows = tx.execute(
        "SELECT content_id, group_id, key, date, loose, joins FROM thread"
        " WHERE base<>0 AND base=? ORDER BY content_id LIMIT ?",
        (base, SUBJECT_MOST + 1),
    ).fetchall()
    items = [
        Item(number, key, (), date, base, bool(loose))
        for number, _, key, date, loose, _ in rows
    ]
    wanted = answered(items)
    groups = {row[0]: row[1] for row in rows}
    stirred: set[int] = set()
    for number, group, *_, before in rows:
        after = wanted.get(number)
        if after != before:
            tx.execute("UPDATE thread SET joins=? WHERE content_id=?", (after, number))
            stirred |= {group, groups.get(before, group), groups.get(after, group)}
    return stirred


def _relabel(tx: sqlite3.Connection, stirred: set[int]) -> set[int]:
    """Find anew which groups are one conversation, of all that hung together.

    Gives the groups that may be of another one now, and what these were called.
    """
    if not stirred:
        return set()
    joined = "SELECT group_id, thread_id FROM thread_joined"
    threads = {thread for _, thread in _among(tx, joined, "group_id", stirred)}
    threads |= stirred
    groups = {group for group, _ in _among(tx, joined, "thread_id", threads)} | stirred
    pairs = tx.execute(
        "SELECT a.group_id, b.group_id FROM json_each(?) g"
        " CROSS JOIN thread a ON a.group_id=g.value AND a.joins IS NOT NULL"
        " CROSS JOIN thread b ON b.content_id=a.joins",
        (json.dumps(list(groups)),),
    ).fetchall()
    tx.execute(
        "DELETE FROM thread_joined WHERE group_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(groups)),),
    )
    heads = components(pair for pair in pairs if pair[0] != pair[1])
    tx.executemany("INSERT OR REPLACE INTO thread_joined VALUES(?, ?)", heads.items())
    return groups | threads
