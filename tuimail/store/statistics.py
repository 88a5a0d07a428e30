"""Figures of all mail that is listed here, worked out by SQL.

A message that lies in several folders is counted once, but for the sizes of folders.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date

from tuimail.mail.statistics import SLOT_S, Figures, Share, shift, times
from tuimail.mail.types import MailboxId
from tuimail.store.database import Database

TOP = 10
_ONCE = (
    "WITH once(content_id, at, unread) AS (SELECT content_id, min(internaldate),"
    " min((eff & 1)=0) FROM msg WHERE +view_id IN (SELECT value FROM json_each(?))"
    " GROUP BY content_id)"
)
"""In the order of the index by content, which saves sorting."""
_SLOTS = f"{_ONCE} SELECT (at+?)/{SLOT_S}, count(*), sum(unread) FROM once GROUP BY 1"
_WHO = (
    f"{_ONCE} SELECT c.sender_addr, c.list_id, count(*), sum(o.unread), sum(c.size)"
    " FROM once o CROSS JOIN content c ON c.id=o.content_id GROUP BY 1, 2"
)
_FOLDERS = (
    "SELECT m.view_id, count(*), sum((m.eff & 1)=0), sum(c.size) FROM msg m"
    " JOIN content c ON c.id=m.content_id"
    " WHERE m.view_id IN (SELECT value FROM json_each(?)) GROUP BY 1 ORDER BY 4 DESC"
)


class Statistics:
    """Reads only."""

    def __init__(self, state: Database) -> None:
        self._state = state

    def measure(
        self,
        names: dict[MailboxId, str],
        arriving: Collection[MailboxId],
        today: date,
    ) -> Figures:
        """Figures of these folders; of what was received, those that are `arriving`.

        Raises StoreError.
        """
        chosen = json.dumps(list(arriving))
        with self._state.snapshot():
            slots = self._state.rows(_SLOTS, (chosen, shift(today)))
            who = self._state.rows(_WHO, (chosen,))
            boxes = self._state.rows(_FOLDERS, (json.dumps(list(names)),))
        folders = tuple(Share(names[MailboxId(id)], *rest) for id, *rest in boxes)
        senders, lists = _shares(who)
        return Figures(
            today,
            sum(each[1] for each in slots),
            sum(each[2] for each in slots),
            sum(share.octets for share in folders),
            times(slots, today),
            senders,
            lists,
            folders,
        )


def _shares(
    rows: list[tuple[str, str | None, int, int, int]],
) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
    """The first senders and lists of what was counted for both together."""
    senders: dict[str, Share] = {}
    lists: dict[str, Share] = {}
    for address, list_id, *counts in rows:
        _add(senders, address.lower(), *counts)
        if list_id is not None:
            _add(lists, _bare(list_id), *counts)
    return _first(senders), _first(lists)


def _bare(list_id: str) -> str:
    """As `search.LIST`, which costs more for every row."""
    inside = list_id.partition("<")[2].rstrip("> ")
    return (inside if "<" in list_id else list_id).lower()


def _add(shares: dict[str, Share], key: str, *counts: int) -> None:
    name, *so_far = shares.get(key, Share(key, 0, 0, 0))
    sums = [a + b for a, b in zip(so_far, counts, strict=True)]
    shares[key] = Share(name, *sums)


def _first(shares: dict[str, Share]) -> tuple[Share, ...]:
    order = sorted(shares.values(), key=lambda each: (-each.messages, each.name))
    return tuple(order[:TOP])
