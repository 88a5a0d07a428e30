"""What the tables say of conversations: which one it is, and what belongs to it."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterable
from typing import Any

from tuimail.mail.threads import Item
from tuimail.mail.types import MailboxId
from tuimail.store.database import Database
from tuimail.store.thread_order import Shown


def threads_of(cache: Database, contents: Iterable[int]) -> dict[int, int]:
    """The conversations of contents, of those that are taken in."""
    wanted = json.dumps(list(dict.fromkeys(contents)))
    return dict(cache.rows(_THREADS_OF, (wanted,)))


def items_of(cache: Database, threads: Collection[int]) -> dict[int, list[Item]]:
    """The mails of conversations."""
    found: dict[int, list[Item]] = {}
    for row in cache.rows(_MEMBERS, (json.dumps(list(threads)),)):
        found.setdefault(row[1], []).append(stored(row))
    return found


def everything(
    cache: Database, rows: Collection[Shown]
) -> tuple[dict[int, int], dict[int, list[Item]]]:
    """The conversations of all contents, and the mails that matter to show `rows`."""
    known = cache.rows(_ALL)
    threads = {row[0]: row[1] for row in known}
    several = _several(rows, threads)
    items: dict[int, list[Item]] = {}
    for row in known:
        # Of one that is shown alone it matters only whether it answers something.
        if row[1] in several or row[3]:
            items.setdefault(row[1], []).append(stored(row))
    return threads, items


def _several(rows: Collection[Shown], threads: dict[int, int]) -> set[int]:
    """Conversations with more than one of these messages."""
    seen: set[int] = set()
    several: set[int] = set()
    for row in rows:
        thread = threads.get(row.content, row.content)
        (several if thread in seen else seen).add(thread)
    return several


def shown_of(
    state: Database, contents: Collection[int], mailbox: MailboxId | None
) -> list[Shown]:
    """The messages of contents that are shown in a mailbox, or anywhere."""
    rows = state.rows(_OF_CONTENTS, (json.dumps(list(contents)), mailbox, mailbox))
    return [Shown(*row) for row in rows]


def picked(state: Database, messages: Iterable[int]) -> list[Shown]:
    """These messages, of those that are shown anywhere."""
    return [Shown(*row) for row in state.rows(_PICKED, (json.dumps(list(messages)),))]


def stored(row: Any) -> Item:
    """The mail of a row: content, conversation, key, refs, date, base, loose."""
    content, _, key, refs, date, base, loose = row
    return Item(content, key, tuple(array("q", refs)), date, base, bool(loose))


_PICKED = """
SELECT m.id, m.content_id, m.internaldate FROM json_each(?) j
  CROSS JOIN msg m ON m.id=j.value WHERE m.view_id IS NOT NULL"""
_OF_CONTENTS = """
SELECT m.id, m.content_id, m.internaldate FROM json_each(?) j
  CROSS JOIN msg m ON m.content_id=j.value
WHERE m.view_id IS NOT NULL AND (? IS NULL OR m.view_id=?)"""
_THREADS_OF = """
SELECT t.content_id, ifnull(j.thread_id, t.group_id) FROM json_each(?) e
  CROSS JOIN thread t ON t.content_id=e.value
  LEFT JOIN thread_joined j ON j.group_id=t.group_id"""
_COLUMNS = "t.key, t.refs, t.date, t.base, t.loose"
_ALL = f"""
SELECT t.content_id, ifnull(j.thread_id, t.group_id), {_COLUMNS}
FROM thread t LEFT JOIN thread_joined j ON j.group_id=t.group_id"""
_MEMBERS = f"""
SELECT t.content_id, g.thread_id, {_COLUMNS}
FROM (SELECT value AS group_id, value AS thread_id FROM json_each(?1)
    WHERE value NOT IN (SELECT group_id FROM thread_joined)
  UNION ALL SELECT j.group_id, j.thread_id FROM json_each(?1) e
    CROSS JOIN thread_joined j ON j.thread_id=e.value) g
  CROSS JOIN thread t ON t.group_id=g.group_id"""
