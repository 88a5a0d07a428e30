"""Messages from files on their way into a mailbox: each once, however often one tries.

What was taken into a mailbox is remembered by its digest, in the transaction that puts
it into the journal: so a run that was killed leaves neither a message that is forgotten
nor one that comes twice. What was taken back, or discarded, counts as never taken.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tuimail.mail.types import MailboxId
from tuimail.store.appends import FOLDER
from tuimail.store.carrying import record_new
from tuimail.store.database import Database
from tuimail.store.journal import Gesture
from tuimail.store.values import NewMessage, Recorded
from tuimail.store.vault import Vault


class Imports:
    """The memory of what came from files."""

    def __init__(self, state: Database, vault: Vault) -> None:
        self._state = state
        self._vault = vault

    def known(self, target: MailboxId, digest: bytes) -> bool:
        """Whether a message was taken into a mailbox before."""
        return self._state.value(_KNOWN, (_key(target, digest),)) is not None

    def queue(
        self, target: MailboxId, messages: Sequence[NewMessage], *, again: bool = False
    ) -> Recorded | None:
        """Store messages that lie on no server, those that are known only `again`.

        Raises StoreError when they cannot be kept; then none of them is taken.
        """
        wanted: dict[bytes | int, NewMessage] = {}
        for number, each in enumerate(messages):
            if again:
                wanted[number] = each
            elif not self.known(target, each.digest):
                wanted.setdefault(each.digest, each)
        if not wanted:
            return None
        account = str(self._state.value(_ACCOUNT, (target,)))
        blobs: list[str] = []
        try:
            for each in wanted.values():
                blobs.append(self._vault.add(account, FOLDER, each.octets))  # noqa: PERF401
            gesture = Gesture()
            with self._state.write(durable=True) as tx:
                self._record(tx, target, list(wanted.values()), blobs, gesture)
        except BaseException:
            # Not in the journal: nothing may be left of it. What a killed program
            # leaves is swept a day later.
            for blob in blobs:
                self._vault.remove(account, FOLDER, blob)
            raise
        return gesture.recorded()

    def _record(
        self,
        tx: sqlite3.Connection,
        target: MailboxId,
        messages: Sequence[NewMessage],
        blobs: Sequence[str],
        gesture: Gesture,
    ) -> None:
        rows = zip([each.row for each in messages], blobs, strict=True)
        op = record_new(tx, target, rows, gesture)
        pairs = zip(messages, gesture.messages, strict=True)
        tx.executemany(
            "INSERT OR REPLACE INTO meta(k, v) VALUES(?, json_array(?, ?))",
            [(_key(target, each.digest), op, row) for each, row in pairs],
        )


def _key(target: MailboxId, digest: bytes) -> str:
    return f"import {target} {digest.hex()}"


_ACCOUNT = (
    "SELECT a.name FROM mailbox b JOIN account a ON a.id=b.account_id WHERE b.id=?"
)
_KNOWN = """
SELECT 1 FROM meta WHERE k=? AND NOT EXISTS(
  SELECT 1 FROM op WHERE op.id=json_extract(meta.v, '$[0]') AND op.undone=1
  AND NOT EXISTS(SELECT 1 FROM op_msg om JOIN msg m ON m.id=om.msg_id
    WHERE om.op_id=op.id AND om.msg_id=json_extract(meta.v, '$[1]')
    AND om.state='done' AND ifnull(om.result, '')<>'discarded'
    AND m.view_id IS NOT NULL))"""
"""A gesture taken back, or discarded, may have stored some of its messages."""
