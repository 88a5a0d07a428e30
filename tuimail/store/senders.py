"""Whole senders and lists: how much there is of each, and exactly which messages."""

from __future__ import annotations

import json
from collections.abc import Collection

from tuimail.mail.query_terms import Query
from tuimail.mail.types import MessageId
from tuimail.store.conditions import Scope
from tuimail.store.search import KEYS, Search


class Senders(Search):
    """Questions of their own: `Search.interrupt` of another does not break them off."""

    def members(
        self, query: Query, scope: Scope, by: str, keys: Collection[str], last: int
    ) -> list[MessageId]:
        """Messages that `groups` counts for these keys and no others, newest first.

        Compared letter by letter, not by the index of words, which finds an address in
        a longer one. What came later than the content `last` is left out.
        """
        condition, values = self._condition(query, scope)
        rows = self._rows(
            "SELECT m.id FROM msg m JOIN content c ON c.id=m.content_id"
            f" WHERE {condition} AND c.id<=?"
            f" AND {KEYS[by]} IN (SELECT value FROM json_each(?))"
            " ORDER BY m.internaldate DESC, m.id DESC",
            (*values, last, json.dumps(list(keys))),
        )
        return [MessageId(id) for (id,) in rows]

    def last(self) -> int:
        """The content that became known last, of all; 0 for none."""
        ((found,),) = self._rows("SELECT ifnull(max(id), 0) FROM content", ())
        return int(found)
