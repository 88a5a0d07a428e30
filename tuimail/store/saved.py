"""Searches that were saved under a name: table `saved_search`."""

from __future__ import annotations

from tuimail.store.database import Database


class Saved:
    """Names and queries, as typed."""

    def __init__(self, state: Database) -> None:
        self._state = state

    def all(self) -> list[tuple[int, str, str]]:
        """Number, name and query, by name."""
        return [
            (number, name, query)
            for number, name, query in self._state.rows(
                "SELECT id, name, query FROM saved_search ORDER BY name COLLATE NOCASE"
            )
        ]

    def put(self, name: str, query: str) -> int:
        """Keep a query under a name, in place of an earlier one; gives its number."""
        with self._state.write(durable=True) as tx:
            tx.execute(
                "INSERT INTO saved_search(name, query) VALUES(?,?)"
                " ON CONFLICT(name) DO UPDATE SET query=excluded.query",
                (name, query),
            )
        found = self._state.value("SELECT id FROM saved_search WHERE name=?", (name,))
        return int(found)

    def drop(self, number: int) -> None:
        """Forget one."""
        with self._state.write(durable=True) as tx:
            tx.execute("DELETE FROM saved_search WHERE id=?", (number,))
