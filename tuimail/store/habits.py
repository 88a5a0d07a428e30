"""Where the user puts mail of a sender or a list: table `filed` of state.db.

Learned from what is moved by hand, on this machine only. A habit counts half as much
for every half year in which nothing was filed so.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.database import Database

LEAST = 2
"""Times something must have been filed so; once may be a slip."""
MOST = 3
"""Folders suggested at most."""
HALF_LIFE_S = 182 * 86400
TIMES_MAX = 1000
"""More is not counted, so that a new habit has a chance."""
LEARNED_MAX = 500
"""Messages of one gesture that are learned from: more say no more of a habit."""


class Habits:
    """Learns, and suggests; `clock` gives seconds since the epoch."""

    def __init__(self, state: Database, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock

    def learn(self, messages: Collection[MessageId], target: MailboxId) -> None:
        """The user has put these messages there."""
        now = int(self._clock())
        some = json.dumps(list(messages)[:LEARNED_MAX])
        with self._state.write(durable=False) as tx:
            tx.executemany(
                "INSERT OR REPLACE INTO filed VALUES(?, ?, ?, ?, ?)",
                [
                    (account, who, target, _more(times, last, now), now)
                    for account, who, times, last in tx.execute(
                        _KNOWN, (some, target)
                    ).fetchall()
                ],
            )

    def suggest(
        self, messages: Collection[MessageId]
    ) -> dict[MessageId, list[MailboxId]]:
        """Where mail like each of these goes, best first, three at most.

        The habit for a list goes before that for a sender; folders that are gone, the
        one it is in, trash and junk are not suggested.
        """
        now = int(self._clock())
        found: defaultdict[int, list[tuple[bool, int, int, int]]] = defaultdict(list)
        rows = self._state.rows(_HABITS, (json.dumps(list(messages)),))
        for message, who, mailbox, times, last in rows:
            weight = _faded(times, now - last)
            if weight >= LEAST:
                by_list = who.startswith("list:")
                found[message].append((by_list, weight, last, mailbox))
        return {
            message: _best(found[message]) for message in messages if found[message]
        }


def _best(habits: Sequence[tuple[bool, int, int, int]]) -> list[MailboxId]:
    ordered = [MailboxId(mailbox) for *_, mailbox in sorted(habits, reverse=True)]
    return list(dict.fromkeys(ordered))[:MOST]


def _more(times: int | None, last: int, now: int) -> int:
    """How often something was filed so, with this time."""
    return 1 if times is None else min(_faded(times, now - last) + 1, TIMES_MAX)


def _faded(times: int, age_s: int) -> int:
    return int(times) >> max(0, age_s // HALF_LIFE_S)


_WHO = """
SELECT m.id, c.account_id, lower(c.sender_addr) FROM json_each(?1) j
  CROSS JOIN msg m ON m.id=j.value JOIN content c ON c.id=m.content_id
WHERE c.sender_addr<>''
UNION SELECT m.id, c.account_id, 'list:' || lower(c.list_id) FROM json_each(?1) j
  CROSS JOIN msg m ON m.id=j.value JOIN content c ON c.id=m.content_id
WHERE c.list_id<>''"""
_KNOWN = f"""
WITH who(message, account_id, who) AS ({_WHO})
SELECT DISTINCT who.account_id, who.who, f.times, f.last FROM who
  LEFT JOIN filed f ON f.account_id=who.account_id AND f.who=who.who
    AND f.mailbox_id=?2"""
_HABITS = f"""
WITH who(message, account_id, who) AS ({_WHO})
SELECT who.message, who.who, f.mailbox_id, f.times, f.last FROM who
  JOIN filed f ON f.account_id=who.account_id AND f.who=who.who
  JOIN mailbox b ON b.id=f.mailbox_id AND b.state='ok'
  JOIN msg m ON m.id=who.message
WHERE ifnull(b.role, '') NOT IN('trash', 'junk')
  AND f.mailbox_id IS NOT ifnull(m.view_id, m.mailbox_id)"""
