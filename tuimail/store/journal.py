"""One line of the journal: how an entry is opened, and its gesture named."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass, field
from typing import cast

from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.values import Recorded


@dataclass(slots=True)
class Gesture:
    """One thing the user did; all its entries are taken back together."""

    undoing: bool = False
    """It takes another gesture back, and cannot itself be taken back."""
    rule: str = ""
    """The rule that did it; it is taken back from the history only."""
    group: int | None = None
    """Its number, once anything was written."""
    mailboxes: set[int] = field(default_factory=set)
    """Mailboxes whose lists it changed."""
    messages: list[int] = field(default_factory=list)

    def recorded(self) -> Recorded | None:
        """What was written down; None when nothing was."""
        if self.group is None:
            return None
        return Recorded(
            self.group,
            cast("tuple[MessageId, ...]", tuple(dict.fromkeys(self.messages))),
            frozenset(MailboxId(number) for number in self.mailboxes),
        )

    def entry(
        self,
        tx: sqlite3.Connection,
        kind: str,
        account: int,
        *,
        source: int | None = None,
        target: int | None = None,
        arg: dict[str, object] | None = None,
        state: str = "queued",
        not_before: int | None = None,
    ) -> int:
        """Open an entry; gives its number."""
        now = int(time.time())
        said = {**(arg or {}), **({"undoing": 1} if self.undoing else {})}
        if self.rule:
            said["rule"] = self.rule
        row = tx.execute(
            "INSERT INTO op(account_id, group_id, kind, src_id, dst_id, arg, state,"
            " undone, not_before, created, changed) VALUES(?,?,?,?,?,?,?,?,?,?,?)"
            " RETURNING id",
            (
                account,
                self.group or 0,
                kind,
                source,
                target,
                json.dumps(said, ensure_ascii=False),
                state,
                int(self.undoing),
                not_before,
                now,
                now,
            ),
        ).fetchone()
        op = int(row[0])
        if self.group is None:
            self.group = op
            tx.execute("UPDATE op SET group_id=id WHERE id=?", (op,))
        return op
