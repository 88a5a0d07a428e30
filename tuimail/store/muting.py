"""Conversations that shall be quiet: table `muted` of state.db.

A conversation is known by all Message-IDs of its mails at the time, so that it is found
again when the cache was deleted, and whichever of them a new mail names.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from tuimail.mail.types import MessageId
from tuimail.store.database import Database
from tuimail.store.threads import Threads


class Muting:
    """Mutes conversations by their messages."""

    def __init__(self, state: Database, threads: Threads) -> None:
        self._state = state
        self._threads = threads

    def mute(self, messages: Collection[MessageId]) -> int:
        """Mute the conversations of messages; gives how many Message-IDs they have.

        0: there is nothing to know them by.
        """
        wanted = json.dumps(self._contents(messages))
        with self._state.write(durable=True) as tx:
            tx.execute(f"INSERT OR IGNORE INTO muted {_IDS}", (wanted,))
        return int(self._state.value(f"SELECT count(*) FROM ({_IDS})", (wanted,)))

    def unmute(self, messages: Collection[MessageId]) -> None:
        """Let the conversations of messages be heard again."""
        wanted = json.dumps(self._contents(messages))
        with self._state.write(durable=True) as tx:
            tx.execute(
                "DELETE FROM muted WHERE (account_id, msgid) IN"
                f" ({_IDS} UNION {_NAMED})",
                (wanted, wanted),
            )

    def muted(self, messages: Sequence[MessageId]) -> frozenset[MessageId]:
        """Those of these messages that belong to a muted conversation."""
        if self._state.value("SELECT 1 FROM muted LIMIT 1") is None:
            return frozenset()
        of = self._threads.of(messages)
        members = self._threads.members(set(of.values()))
        contents = json.dumps(list(members))
        found = {
            members[content]
            for (content,) in self._state.rows(_MUTED_CONTENTS, (contents,))
        }
        # A mail that was not put into its conversation yet is known by what it names.
        ids = json.dumps(list(messages))
        named = {id for (id,) in self._state.rows(_MUTED_MESSAGES, (ids,))}
        return frozenset(
            message
            for message in messages
            if message in named or of.get(message) in found
        )

    def _contents(self, messages: Iterable[MessageId]) -> list[int]:
        """All contents of their conversations."""
        wanted = list(messages)
        threads = set(self._threads.of(wanted).values())
        own = self._state.rows(
            "SELECT DISTINCT m.content_id FROM json_each(?) j"
            " CROSS JOIN msg m ON m.id=j.value",
            (json.dumps(wanted),),
        )
        return sorted({*self._threads.members(threads), *(id for (id,) in own)})


_IDS = """
SELECT c.account_id, c.msgid FROM json_each(?) j CROSS JOIN content c ON c.id=j.value
WHERE c.msgid IS NOT NULL"""
_NAMED = """
SELECT c.account_id, r.value FROM json_each(?) j CROSS JOIN content c ON c.id=j.value
  CROSS JOIN json_each(c.envelope, '$.q') r
UNION SELECT c.account_id, json_extract(c.envelope, '$.p') FROM json_each(?1) j
  CROSS JOIN content c ON c.id=j.value"""
_MUTED_CONTENTS = """
SELECT c.id FROM json_each(?) j CROSS JOIN content c ON c.id=j.value
  CROSS JOIN muted x ON x.account_id=c.account_id AND x.msgid=c.msgid"""
_OWN = """
SELECT m.id AS number, c.account_id, c.msgid, c.envelope FROM json_each(?) j
  CROSS JOIN msg m ON m.id=j.value CROSS JOIN content c ON c.id=m.content_id"""
_MUTED_MESSAGES = f"""
WITH own AS ({_OWN}),
  named AS (SELECT number, account_id, msgid FROM own
    UNION SELECT number, account_id, json_extract(envelope, '$.p') FROM own
    UNION SELECT number, account_id, r.value FROM own
      CROSS JOIN json_each(envelope, '$.q') r)
SELECT DISTINCT number FROM named
  CROSS JOIN muted x ON x.account_id=named.account_id AND x.msgid=named.msgid"""
