"""How much room there is on the servers, and what of the listed mail takes it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId
from tuimail.store.accounts import Accounts
from tuimail.store.database import Database
from tuimail.store.encode import count
from tuimail.store.values import Room, Weight


class Rooms:
    """Table `quota`, and sums over what is listed here."""

    def __init__(self, state: Database, accounts: Accounts) -> None:
        self._state = state
        self._accounts = accounts

    def put(self, account: str, rooms: Sequence[Room]) -> bool:
        """Take over all that a server says of an account; True when it is new."""
        number = self._accounts.id(account)
        before = set(self.get(account))
        now = int(time.time())
        with self._state.write(durable=False) as tx:
            tx.execute("DELETE FROM quota WHERE account_id=?", (number,))
            tx.executemany(
                "INSERT OR REPLACE INTO quota(account_id, root, resource, used, most,"
                " at) VALUES(?, ?, ?, ?, ?, ?)",
                [
                    (
                        number,
                        safe_text(each.root, 100),
                        safe_text(each.resource, 40),
                        count(each.used),
                        count(each.most),
                        now,
                    )
                    for each in rooms
                ],
            )
        return before != set(self.get(account))

    def get(self, account: str) -> list[Room]:
        """What is known of an account's room, STORAGE first."""
        rows = self._state.rows(
            "SELECT root, resource, used, most FROM quota WHERE account_id=?"
            " ORDER BY resource<>'STORAGE', root, resource",
            (self._accounts.find(account),),
        )
        return [Room(*row) for row in rows]

    def weight(self, mailbox: MailboxId) -> int:
        """Octets of the messages of one folder that are listed here."""
        found = self._state.value(
            "SELECT sum(c.size) FROM msg m JOIN content c ON c.id=m.content_id"
            " WHERE m.view_id=?",
            (mailbox,),
        )
        return int(found or 0)

    def largest_folders(self, account: str, limit: int) -> list[Weight]:
        """The folders whose listed messages take the most octets. Reads every row."""
        rows = self._state.rows(
            "SELECT b.name, sum(c.size), count(*) FROM msg m"
            " JOIN content c ON c.id=m.content_id JOIN mailbox b ON b.id=m.view_id"
            " WHERE b.account_id=? GROUP BY b.id ORDER BY 2 DESC, 1 LIMIT ?",
            (self._accounts.find(account), limit),
        )
        return [Weight(safe_text(name), size, n) for name, size, n in rows]

    def largest_senders(self, account: str, limit: int) -> list[Weight]:
        """The addresses whose listed messages take the most octets. As slow."""
        rows = self._state.rows(
            "SELECT lower(c.sender_addr), sum(c.size), count(*) FROM msg m"
            " JOIN content c ON c.id=m.content_id JOIN mailbox b ON b.id=m.view_id"
            " WHERE b.account_id=? AND c.sender_addr<>'' GROUP BY 1"
            " ORDER BY 2 DESC, 1 LIMIT ?",
            (self._accounts.find(account), limit),
        )
        return [Weight(safe_text(name), size, n) for name, size, n in rows]
