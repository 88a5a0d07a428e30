"""The accounts: a name for the outside, a number for the tables."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tuimail.mail.types import AccountId
from tuimail.store.database import Database
from tuimail.store.encode import text


class Accounts:
    """Table `account`. Names come from the configuration and are unique."""

    def __init__(self, state: Database) -> None:
        self._state = state
        self._ids: dict[str, AccountId] = {}

    def id(self, name: str, kind: str = "imap") -> AccountId:
        """The account's number; it is made when the name is new."""
        known = self.find(name)
        if known is None:
            with self._state.write(durable=True) as tx:
                tx.execute(
                    "INSERT INTO account(name, kind) VALUES(?, ?)"
                    " ON CONFLICT(name) DO NOTHING",
                    (name, kind),
                )
            known = self.find(name)
            assert known is not None, "it was inserted above"
        return known

    def note_kind(self, name: str, kind: str) -> None:
        """Say that the account's mail is in a maildrop (`pop3`) or here (`local`)."""
        number = self.id(name, kind)
        with self._state.write(durable=False) as tx:
            tx.execute(
                "UPDATE account SET kind=? WHERE id=? AND kind<>?", (kind, number, kind)
            )

    def here(self) -> frozenset[str]:
        """The accounts whose mail lies here as files."""
        rows = self._state.rows("SELECT name FROM account WHERE kind<>'imap'")
        return frozenset(name for (name,) in rows)

    def find(self, name: str) -> AccountId | None:
        """The account's number; None when nothing was ever stored for that name."""
        known = self._ids.get(name)
        if known is None:
            found = self._state.value("SELECT id FROM account WHERE name=?", (name,))
            if found is None:
                return None
            known = self._ids[name] = AccountId(found)
        return known

    def name(self, number: AccountId) -> str | None:
        """The name of an account that was stored for."""
        found = self._state.value("SELECT name FROM account WHERE id=?", (number,))
        return None if found is None else str(found)

    def note_login(self, name: str, caps: Iterable[str], server_id: str) -> None:
        """Keep what the server said of itself after a login (RFC 2971)."""
        account = self.id(name)
        values = (text(" ".join(sorted(caps))), text(server_id), int(time.time()))
        with self._state.write(durable=False) as tx:
            tx.execute(
                "UPDATE account SET caps=?, server_id=?, caps_at=?3, last_ok=?3,"
                " last_error=NULL, fail_count=0 WHERE id=?4",
                (*values, account),
            )

    def waiting(self, name: str) -> tuple[int, int]:
        """Gestures in the journal that are pending, and that failed."""
        row = self._state.row(
            "SELECT count(DISTINCT iif(state IN('failed','asking'), NULL, group_id)),"
            " count(DISTINCT iif(state IN('failed','asking'), group_id, NULL))"
            " FROM op WHERE account_id=(SELECT id FROM account WHERE name=?)"
            " AND state NOT IN('done','void')",
            (name,),
        )
        return row[0], row[1]
