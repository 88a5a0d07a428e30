"""New mail that rules have not settled yet: table `ruled` of state.db.

What comes is written down with its row, in one transaction, so a death in between
loses nothing. A row without the name of a rule is of a message that no rule has seen;
one with a name, of a message that waits for that rule.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from enum import Enum
from typing import NamedTuple

from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.database import Database


class Why(Enum):
    """What a message waits for."""

    NEW = "new"
    """No rule has seen it."""
    TEXT = "text"
    """Its text is not here, and the rule asks for words of it."""
    FOLDER = "folder"
    """The folder of the rule does not exist."""
    MANY = "many"
    """The rule fitted too many at once: the user decides."""


class Waiting(NamedTuple):
    """A message that a rule is not done with."""

    message: MessageId
    rule: str
    why: Why


class Ruling:
    """Reads and settles it."""

    def __init__(self, state: Database) -> None:
        self._state = state

    def new(self) -> dict[MailboxId, list[MessageId]]:
        """Messages that no rule has seen, by the folder they came to."""
        rows = self._state.rows(
            "SELECT mailbox_id, msg_id FROM ruled WHERE rule='' ORDER BY msg_id"
        )
        found: dict[MailboxId, list[MessageId]] = {}
        for mailbox, message in rows:
            found.setdefault(MailboxId(mailbox), []).append(MessageId(message))
        return found

    def waiting(
        self, mailbox: MailboxId, *whys: Why
    ) -> dict[tuple[str, Why], list[MessageId]]:
        """Messages of a folder that wait for a rule, by its name and what for.

        One that was moved elsewhere meanwhile is not among them, and waits no more.
        """
        chosen = json.dumps([why.value for why in whys])
        rows = self._state.rows(
            "SELECT r.rule, r.why, r.msg_id FROM ruled r JOIN msg m ON m.id=r.msg_id"
            " WHERE r.mailbox_id=? AND r.rule<>'' AND m.view_id=r.mailbox_id"
            " AND r.why IN (SELECT value FROM json_each(?)) ORDER BY r.msg_id",
            (mailbox, chosen),
        )
        found: dict[tuple[str, Why], list[MessageId]] = {}
        for rule, why, message in rows:
            found.setdefault((rule, Why(why)), []).append(MessageId(message))
        return found

    def texts_here(self, mailbox: MailboxId) -> set[MessageId]:
        """Messages that wait for their texts, which are here by now."""
        rows = self._state.rows(
            "SELECT r.msg_id FROM ruled r JOIN msg m ON m.id=r.msg_id"
            " JOIN content c ON c.id=m.content_id WHERE r.mailbox_id=?"
            " AND r.why='text' AND m.view_id=r.mailbox_id AND c.text_here<>0",
            (mailbox,),
        )
        return {MessageId(message) for (message,) in rows}

    def boxes(self) -> list[MailboxId]:
        """Folders in which something waits for a rule."""
        rows = self._state.rows(
            "SELECT DISTINCT mailbox_id FROM ruled WHERE rule<>'' ORDER BY 1"
        )
        return [MailboxId(number) for (number,) in rows]

    def counts(self, account: str) -> dict[str, int]:
        """By rule, how many messages of an account wait for the user or a folder."""
        rows = self._state.rows(
            "SELECT r.rule, count(*) FROM ruled r JOIN msg m ON m.id=r.msg_id"
            " JOIN mailbox b ON b.id=r.mailbox_id WHERE b.account_id="
            "(SELECT id FROM account WHERE name=?) AND m.view_id=r.mailbox_id"
            " AND r.rule<>'' AND r.why IN ('many', 'folder') GROUP BY r.rule",
            (account,),
        )
        return dict(rows)

    def settle(
        self,
        mailbox: MailboxId,
        seen: Collection[MessageId],
        waiting: Iterable[Waiting],
    ) -> None:
        """The rules have seen these messages; of some a rule is not done."""
        with self._state.write(durable=True) as tx:
            _forget(tx, "", seen)
            tx.executemany(
                "INSERT OR REPLACE INTO ruled SELECT id, ?, ?, ? FROM msg WHERE id=?",
                [(mailbox, w.rule, w.why.value, w.message) for w in waiting],
            )

    def forget(self, rule: str, messages: Collection[MessageId]) -> None:
        """A rule is done with these messages."""
        if messages:
            with self._state.write(durable=True) as tx:
                _forget(tx, rule, messages)

    def keep_only(self, rules: Collection[str]) -> None:
        """Forget what waits for other rules, or was moved away; without rules, all.

        What is snoozed goes on waiting.
        """
        with self._state.write(durable=False) as tx:
            tx.execute(
                "DELETE FROM ruled WHERE rule<>'' AND (rule NOT IN"
                " (SELECT value FROM json_each(?)) OR msg_id IN (SELECT id FROM msg"
                " WHERE view_id IS NOT NULL AND view_id<>ruled.mailbox_id))",
                (json.dumps(list(rules)),),
            )
            if not rules:
                tx.execute("DELETE FROM ruled")


def note_new(
    tx: sqlite3.Connection, mailbox: MailboxId, messages: Iterable[MessageId]
) -> None:
    """These messages have come just now."""
    tx.executemany(
        "INSERT OR IGNORE INTO ruled VALUES(?, ?, '', 'new')",
        [(message, mailbox) for message in messages],
    )


def _forget(tx: sqlite3.Connection, rule: str, messages: Collection[MessageId]) -> None:
    tx.executemany(
        "DELETE FROM ruled WHERE msg_id=? AND rule=?",
        [(message, rule) for message in messages],
    )
