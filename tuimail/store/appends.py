"""Messages on their way into a mailbox of another account, or from a file.

    wanted    messages whose octets are still to be fetched from where they lie
    keep      their octets are in the vault
    claim     one that can be stored now
    begin     on the disk, before the first octet: it is under way, and how the target
              stood before
    conclude  what became of it; or `suspend` when the link broke: nobody knows
    unsure    what an earlier try left open, to be looked for, never repeated blindly

Only an entry that this run has claimed is concluded by it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence

from tuimail.mail.types import UID, ContentId, Flag, FlagSet, MailboxId, MessageId
from tuimail.store.arrival import located, same_messages
from tuimail.store.carrying import record_carry, record_new
from tuimail.store.database import Database
from tuimail.store.encode import text
from tuimail.store.fold import settle
from tuimail.store.journal import Gesture
from tuimail.store.outcome import went_well
from tuimail.store.parts import Parts
from tuimail.store.values import AppendJob, Evidence, Recorded, Row
from tuimail.store.vault import Vault

_ORPHAN_S = 86_400
FOLDER = "unsent"
"""Of the vault: messages that are to be stored on a server."""


class Appends:
    """The journal's messages that are to be stored anew."""

    def __init__(self, state: Database, parts: Parts, vault: Vault) -> None:
        self._state = state
        self._parts = parts
        self._vault = vault

    # -- gestures -----------------------------------------------------------

    def queue_carry(
        self,
        messages: Sequence[MessageId],
        target: MailboxId,
        verb: str = "move",
        group: int | None = None,
    ) -> Recorded | None:
        """Move messages into a mailbox of another account, or `copy` them there.

        As a gesture, or more of the gesture `group`. What lies in that account already
        is left alone. None when nothing changes.
        """
        gesture = Gesture(group=group)
        with self._state.write(durable=True) as tx:
            record_carry(tx, dict.fromkeys(messages, int(target)), gesture, verb)
        return gesture.recorded()

    def queue_new(self, target: MailboxId, row: Row, octets: bytes) -> Recorded | None:
        """Store a message that lies on no server; `row` describes it.

        Raises StoreError when it cannot be kept until then.
        """
        account = self._state.value(
            "SELECT a.name FROM mailbox b JOIN account a ON a.id=b.account_id"
            " WHERE b.id=?",
            (target,),
        )
        blob = self._vault.add(str(account), FOLDER, octets)
        gesture = Gesture()
        with self._state.write(durable=True) as tx:
            record_new(tx, target, [(row, blob)], gesture)
        return gesture.recorded()

    # -- on the way ---------------------------------------------------------

    def wanted(self, account: str) -> list[MessageId]:
        """Messages of this account whose octets another one waits for."""
        rows = self._state.rows(_WANTED, (account,))
        return [MessageId(message) for (message,) in rows]

    def keep(self, message: MessageId, octets: bytes) -> set[str]:
        """The octets of a wanted message; gives the accounts that waited for them.

        Raises StoreError when they cannot be kept.
        """
        waiting = self._state.rows(_WAITING, (message,))
        for op, twin, account in waiting:
            blob = self._vault.add(account, FOLDER, octets)
            with self._state.write(durable=True) as tx:
                kept = tx.execute(
                    "UPDATE op_msg SET did=json_set(did, '$.blob', ?)"
                    " WHERE op_id=? AND msg_id=? AND state='todo'",
                    (blob, op, twin),
                )
            if kept.rowcount == 0:
                self._vault.remove(account, FOLDER, blob)
        return {account for _, _, account in waiting}

    def give_up(self, message: MessageId, reason: str) -> set[MailboxId]:
        """A wanted message cannot be had; gives mailboxes whose lists changed."""
        with self._state.write(durable=True) as tx:
            waiting = tx.execute(_WAITING, (message,)).fetchall()
            boxes = tx.execute(
                "SELECT DISTINCT mailbox_id FROM msg WHERE id IN"
                " (SELECT value FROM json_each(?))",
                (json.dumps([twin for _, twin, _ in waiting]),),
            ).fetchall()
            for op, twin, _ in waiting:
                tx.execute(
                    "UPDATE op_msg SET state='failed' WHERE op_id=? AND msg_id=?",
                    (op, twin),
                )
                tx.execute("UPDATE op SET err=? WHERE id=?", (text(reason), op))
            settle(tx, [op for op, _, _ in waiting])
        return {MailboxId(box) for (box,) in boxes}

    def octets(self, content: ContentId) -> bytes | None:
        """The octets of a message that waits in the vault; None for any other."""
        row = self._state.row(
            "SELECT a.name, json_extract(om.did, '$.blob') FROM msg m"
            " JOIN op_msg om ON om.msg_id=m.id JOIN op o ON o.id=om.op_id"
            " JOIN account a ON a.id=o.account_id"
            " WHERE m.content_id=? AND m.absent=3 AND o.kind='append'"
            " AND json_extract(om.did, '$.blob') IS NOT NULL",
            (content,),
        )
        return None if row is None else self._vault.read(row[0], FOLDER, row[1])

    def claim(self, account: str, epoch: int) -> AppendJob | None:
        """The oldest message that can be stored now. Nothing is written yet."""
        row = self._state.row(_READY, (account, int(time.time())))
        return None if row is None else self._job(row, account, epoch)

    def begin(self, job: AppendJob, before: Evidence | None) -> bool:
        """Write down that it goes out; False when the user took it back."""
        with self._state.write(durable=True) as tx:
            done = tx.execute(
                "UPDATE op_msg SET state='sent', pre=? WHERE op_id=? AND msg_id=?"
                " AND state='todo'",
                ("" if before is None else json.dumps(before), job.op, job.message),
            )
            tx.execute(
                "UPDATE op SET state='running', epoch=?, tries=tries+1 WHERE id=?",
                (job.epoch, job.op),
            )
            settle(tx, [job.op])
        return done.rowcount == 1

    def suspend(self, job: AppendJob, reason: str) -> None:
        """The link broke: whether it was stored, nobody knows."""
        with self._state.write(durable=True) as tx:
            tx.execute(
                "UPDATE op SET state='unsure', err=? WHERE id=? AND epoch=?"
                " AND state='running'",
                (text(reason)[:1000], job.op, job.epoch),
            )

    def unsure(self, account: str, epoch: int) -> list[AppendJob]:
        """What earlier tries left open, claimed."""
        with self._state.write(durable=True) as tx:
            tx.execute(
                "UPDATE op SET epoch=?1 WHERE state='unsure' AND kind='append'"
                " AND epoch IS NOT ?1"
                " AND account_id=(SELECT id FROM account WHERE name=?2)",
                (epoch, account),
            )
            rows = tx.execute(_UNSURE, (account, epoch)).fetchall()
        return [self._job(row, account, epoch) for row in rows]

    def found(self, job: AppendJob) -> int | None:
        """The UID of a message in the target that came since and is the same."""
        assert job.before is not None
        with self._state.snapshot():
            connection = self._state.connection()
            low = job.before.uidnext
            wanted = [(UID(0), job.message)]
            return same_messages(connection, job.target, low, wanted).get(UID(0))

    def sweep(self, account: str) -> None:
        """Drop octets that nothing refers to: a program ended between two steps.

        Young ones stay: another program may be about to refer to them.
        """
        keys = set(self._vault.keys(account, FOLDER))
        if not keys:
            return
        used = self._state.rows(_USED, (account,))
        for key in keys - {blob for (blob,) in used}:
            if self._vault.age_s(account, FOLDER, key) > _ORPHAN_S:
                self._vault.remove(account, FOLDER, key)

    def stored(self, job: AppendJob, uid: int | None, uidvalidity: int) -> set[str]:
        """It is there; gives accounts that waited for that. Its UID may be unknown."""
        with self._state.write(durable=True) as tx:
            if not _conclude(tx, job, "done"):
                return set()
            left = located(tx, job.message, job.target, uid, uidvalidity)
            went_well(tx, [job.op])
            settle(tx, [job.op])
            waiting = tx.execute(_AFTER, (job.message,)).fetchall()
        self._parts.forget(left)
        self._vault.remove(job.account, FOLDER, job.blob)
        return {account for (account,) in waiting}

    def again(self, job: AppendJob, error: str = "", wait_s: int = 0) -> None:
        """It is not there: to be stored, after a time."""
        with self._state.write(durable=True) as tx:
            if _conclude(tx, job, "todo"):
                later = int(time.time()) + wait_s if wait_s else None
                tx.execute(
                    "UPDATE op SET err=?, not_before=?,"
                    " state=iif(state='unsure', 'running', state) WHERE id=?",
                    (text(error)[:1000], later, job.op),
                )
                settle(tx, [job.op])

    def failed(self, job: AppendJob, error: str, error_class: str = "") -> None:
        """The server refuses it: the user decides."""
        with self._state.write(durable=True) as tx:
            if _conclude(tx, job, "failed"):
                tx.execute(
                    "UPDATE op SET err=?, err_class=?,"
                    " state=iif(state='unsure', 'running', state) WHERE id=?",
                    (text(error)[:1000], error_class, job.op),
                )
                settle(tx, [job.op])

    def _job(self, row: tuple[object, ...], account: str, epoch: int) -> AppendJob:
        op, message, target, name, blob, s, s_kw, arrival, tries, pre, size = row
        return AppendJob(
            op=int(str(op)),
            message=MessageId(int(str(message))),
            account=account,
            target=MailboxId(int(str(target))),
            target_name=name if isinstance(name, bytes) else b"",
            blob=str(blob or ""),
            flags=FlagSet(Flag(int(str(s))), frozenset(str(s_kw).split())),
            arrival=int(str(arrival)),
            size=int(str(size)),
            tries=int(str(tries)),
            before=Evidence(*json.loads(str(pre))) if pre else None,
            epoch=epoch,
        )


def _conclude(tx: sqlite3.Connection, job: AppendJob, state: str) -> bool:
    done = tx.execute(
        "UPDATE op_msg SET state=? WHERE op_id=? AND msg_id=? AND state='sent'"
        " AND op_id IN (SELECT id FROM op WHERE epoch=?)",
        (state, job.op, job.message, job.epoch),
    )
    return done.rowcount == 1


_COLUMNS = """
om.op_id, om.msg_id, d.id, d.wire_name, json_extract(om.did, '$.blob'), m.s, m.s_kw,
  m.internaldate, o.tries, om.pre, c.size
FROM op o CROSS JOIN op_msg om ON om.op_id=o.id JOIN msg m ON m.id=om.msg_id
  JOIN content c ON c.id=m.content_id JOIN mailbox d ON d.id=o.dst_id
WHERE o.account_id=(SELECT id FROM account WHERE name=?1) AND o.kind='append'
  AND o.state NOT IN('done','void')"""
_READY = f"""
SELECT {_COLUMNS} AND o.state IN('queued','running') AND om.state='todo'
  AND ifnull(o.not_before, 0)<=?2 AND d.state IN('ok','renaming')
  AND json_extract(om.did, '$.blob') IS NOT NULL
ORDER BY o.id, om.msg_id LIMIT 1"""
_UNSURE = f"""
SELECT {_COLUMNS} AND ifnull(json_extract(o.arg, '$.deaths'), 0)<3
  AND o.state='unsure' AND o.epoch=?2 AND om.state='sent' AND om.pre IS NOT NULL
ORDER BY o.id, om.msg_id"""
_WANTED = """
SELECT DISTINCT m.id FROM op o CROSS JOIN op_msg om ON om.op_id=o.id
  JOIN msg m ON m.id=json_extract(om.did, '$.from')
  JOIN mailbox b ON b.id=m.mailbox_id JOIN account a ON a.id=b.account_id
WHERE o.kind='append' AND o.state NOT IN('done','void') AND o.state IN('queued',
  'running') AND om.state='todo' AND a.name=?
  AND json_extract(om.did, '$.blob') IS NULL
  AND m.uid IS NOT NULL AND m.gen=b.gen AND m.absent IN(0, 1)
ORDER BY om.op_id, om.msg_id"""
_WAITING = """
SELECT om.op_id, om.msg_id, a.name FROM op o CROSS JOIN op_msg om ON om.op_id=o.id
  JOIN account a ON a.id=o.account_id
WHERE o.kind='append' AND o.state NOT IN('done','void') AND om.state='todo'
  AND json_extract(om.did, '$.from')=? AND json_extract(om.did, '$.blob') IS NULL"""
_USED = """
SELECT json_extract(om.did, '$.blob') FROM op o CROSS JOIN op_msg om ON om.op_id=o.id
WHERE o.account_id=(SELECT id FROM account WHERE name=?) AND o.kind='append'
  AND om.state NOT IN('done','gone')"""
_AFTER = """
SELECT DISTINCT a.name FROM op o CROSS JOIN op_msg om ON om.op_id=o.id
  JOIN account a ON a.id=o.account_id
WHERE o.kind='expunge' AND o.state NOT IN('done','void')
  AND json_extract(nullif(om.did, ''), '$.after')=?"""
