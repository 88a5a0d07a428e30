"""Moves, copies and removals on their way to the server, with evidence and proof.

    claim     what could be sent now, in one command
    begin     on the disk, before the first octet: these are under way, and how the
              target stood before
    conclude  what became of each; or `suspend` when the link broke: nobody knows
    unsure    what an earlier try left open, to be looked for, never repeated blindly

Only entries that this run has claimed are concluded by it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping

from tuimail.mail.types import UID, Flag, MailboxId, MessageId
from tuimail.store.arrival import arrive, same_messages
from tuimail.store.database import Database
from tuimail.store.encode import text
from tuimail.store.fold import settle
from tuimail.store.ingest import Tally
from tuimail.store.outcome import went_well
from tuimail.store.parts import Parts
from tuimail.store.places import replace_views
from tuimail.store.removal import bury, drop, drop_hopeless
from tuimail.store.values import Evidence, TransferJob, TransferOutcome

MESSAGES_MAX = 1000
"""Messages in one command at most."""


class Transfers:
    """The journal's moves, copies and removals as the engine sees them."""

    def __init__(self, state: Database, parts: Parts) -> None:
        self._state = state
        self._parts = parts

    def claim(
        self, account: str, epoch: int, but: Collection[int] = ()
    ) -> TransferJob | None:
        """The oldest wish that can be carried out, with all that fit its command.

        Nothing is written yet. `but` are messages to leave alone. A message whose
        address is not known, or that an earlier wish is about, waits.
        """
        rows = self._state.rows(_READY, (account, int(time.time()), json.dumps([*but])))
        if not rows:
            return None
        _, _, kind, target, mailbox, *_ = rows[0]
        same = [r for r in rows if (r[2], r[3], r[4]) == (kind, target, mailbox)]
        return self._job(same[:MESSAGES_MAX], epoch)

    def begin(self, job: TransferJob, before: Evidence | None) -> TransferJob:
        """Write down that the command goes out; gives what is left of the job.

        What the user took back since the claim is not in it any more. Where an earlier
        try may not be over on the server, its older evidence counts.
        """
        before = self._oldest(job, before)
        pre = "" if before is None else json.dumps([before.uidvalidity, before.uidnext])
        taken: dict[UID, tuple[int, MessageId]] = {}
        with self._state.write(durable=True) as tx:
            for uid, (op, message) in job.rows.items():
                done = tx.execute(
                    "UPDATE op_msg SET state='sent', pre=? WHERE op_id=? AND msg_id=?"
                    " AND state='todo'",
                    (pre, op, message),
                )
                if done.rowcount == 1:
                    taken[uid] = op, message
            tx.executemany(
                "UPDATE op SET state='running', epoch=?, tries=tries+1,"
                " changed=CAST(strftime('%s', 'now') AS INT) WHERE id=?",
                [(job.epoch, op) for op in {op for op, _ in taken.values()}],
            )
        return job._replace(rows=taken, before=before)

    def _oldest(self, job: TransferJob, before: Evidence | None) -> Evidence | None:
        if before is None or not job.tries:
            return before
        ops = json.dumps(sorted({op for op, _ in job.rows.values()}))
        lowest = self._state.value(
            "SELECT min(json_extract(pre, '$[1]')) FROM op_msg WHERE op_id IN"
            " (SELECT value FROM json_each(?)) AND state='todo' AND pre<>''"
            " AND json_extract(pre, '$[0]')=?",
            (ops, before.uidvalidity),
        )
        if lowest is None:
            return before
        return before._replace(uidnext=min(int(lowest), before.uidnext))

    def copied(self, job: TransferJob, uids: Mapping[UID, int]) -> None:
        """A move by hand has made its copies: from here on only the rest is done."""
        with self._state.write(durable=True) as tx:
            tx.executemany(
                "UPDATE op_msg SET result=? WHERE op_id=? AND msg_id=?",
                [
                    (str(uids[uid]), op, message)
                    for uid, (op, message) in job.rows.items()
                    if uid in uids
                ],
            )

    def suspend(self, job: TransferJob, reason: str) -> None:
        """The link broke: whether the command was carried out, nobody knows."""
        with self._state.write(durable=True) as tx:
            tx.executemany(
                "UPDATE op SET state='unsure', err=? WHERE id=? AND epoch=?"
                " AND state='running'",
                [(text(reason)[:1000], op, job.epoch) for op in _ops(job)],
            )

    def unsure(self, account: str, epoch: int) -> list[TransferJob]:
        """What earlier tries left open, claimed; one job for each command."""
        with self._state.write(durable=True) as tx:
            tx.execute(_RECLAIM, (epoch, account))
            rows = tx.execute(_UNSURE, (account, epoch)).fetchall()
        jobs: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
        for row in rows:
            _, _, kind, target, mailbox, _, gen, *_, pre = row
            jobs.setdefault((kind, target, mailbox, gen, pre), []).append(row)
        return [
            self._job(some, epoch)._replace(before=_evidence(str(pre or "")))
            for (*_, pre), some in jobs.items()
        ]

    def found_in_target(self, job: TransferJob) -> dict[UID, int]:
        """UIDs in the target of messages that are the same, from the evidence on."""
        assert job.target is not None
        low = job.before.uidnext if job.before else 1
        with self._state.snapshot():
            wanted = [(uid, message) for uid, (_, message) in job.rows.items()]
            return same_messages(self._state.connection(), job.target, low, wanted)

    def conclude(
        self, job: TransferJob, outcome: TransferOutcome
    ) -> frozenset[MailboxId]:
        """Write down what became of the messages; gives lists that changed."""
        tally = Tally()
        with self._state.write(durable=True) as tx:
            mine = _claimed(tx, job)
            _mark(tx, mine, outcome.arrived, "done")
            _mark(tx, mine, outcome.gone, "gone")
            _mark(tx, mine, outcome.again, "todo")
            _mark(tx, mine, outcome.failed, "failed")
            arrived = {u: v for u, v in outcome.arrived.items() if u in mine}
            gone = [mine[UID(uid)][1] for uid in outcome.gone if uid in mine]
            if job.kind == "expunge":
                gone += [mine[UID(uid)][1] for uid in arrived]
            else:
                tally.contents += arrive(tx, job, mine, arrived, outcome.uidvalidity)
            tally.contents += drop_hopeless(tx, json.dumps(gone))
            _drop_gone(tx, job, gone, tally)
            _note(tx, {op for op, _ in mine.values()}, outcome)
            changed = replace_views(tx, [message for _, message in mine.values()])
            tally.contents += bury(tx, job.mailbox)
            tx.execute(
                "UPDATE mailbox SET held=held+? WHERE id=?", (tally.held, job.mailbox)
            )
        self._parts.forget(tally.contents)
        changed |= {job.mailbox} | ({job.target} if job.target is not None else set())
        return frozenset(MailboxId(number) for number in changed)

    def without_octets(self, account: str) -> dict[int, list[MessageId]]:
        """Messages that are to be copied and wait in a maildrop, by entry."""
        found: dict[int, list[MessageId]] = {}
        for op, message in self._state.rows(_WITHOUT_OCTETS, (account,)):
            found.setdefault(op, []).append(MessageId(message))
        return found

    def next_time(self, account: str) -> int | None:
        """When something that waits for its time can be sent; None for nothing."""
        found = self._state.value(
            "SELECT min(not_before) FROM op WHERE account_id=(SELECT id FROM account"
            " WHERE name=?) AND state IN('queued','held') AND not_before>?",
            (account, int(time.time())),
        )
        return None if found is None else int(found)

    def _job(self, rows: list[tuple[object, ...]], epoch: int) -> TransferJob:
        _, _, kind, target, mailbox, wire_name, gen, target_name, *_ = rows[0]
        taken: dict[UID, tuple[int, MessageId]] = {}
        copied: dict[UID, int] = {}
        guard: dict[UID, Flag] = {}
        tries = 0
        for op, message, *_, uid, did, result, tried, _pre in rows:
            tries = max(tries, int(str(tried)))
            taken[UID(int(str(uid)))] = int(str(op)), MessageId(int(str(message)))
            if result and str(result).isdigit():
                copied[UID(int(str(uid)))] = int(str(result))
            if kind == "expunge":
                seen = json.loads(str(did)).get("eff", 0)
                guard[UID(int(str(uid)))] = Flag(seen & 0xFF)
        return TransferJob(
            kind=str(kind),
            mailbox=MailboxId(int(str(mailbox))),
            wire_name=_octets(wire_name),
            gen=int(str(gen)),
            target=None if target is None else MailboxId(int(str(target))),
            target_name=_octets(target_name),
            rows=taken,
            copied=copied,
            guard=guard,
            epoch=epoch,
            tries=tries,
        )


def _octets(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


_COLUMNS = """
om.op_id, om.msg_id, o.kind, o.dst_id, m.mailbox_id, b.wire_name, m.gen,
  d.wire_name, m.uid, om.did, om.result, o.tries, om.pre
FROM op o CROSS JOIN op_msg om ON om.op_id=o.id JOIN msg m ON m.id=om.msg_id
  JOIN mailbox b ON b.id=m.mailbox_id LEFT JOIN mailbox d ON d.id=o.dst_id
WHERE o.account_id=(SELECT id FROM account WHERE name=?1)
  AND o.kind IN('move','copy','expunge') AND o.state NOT IN('done','void')"""
_READY = f"""
SELECT {_COLUMNS}
  AND (o.state IN('queued','running') OR o.state='held' AND o.not_before IS NOT NULL)
  AND om.state='todo' AND ifnull(o.not_before, 0)<=?2
  AND m.uid IS NOT NULL AND m.gen=b.gen AND m.absent IN(0, 1)
  AND b.state IN('ok','renaming','deleting')
  AND (d.id IS NULL OR d.state IN('ok','renaming'))
  AND om.msg_id NOT IN (SELECT value FROM json_each(?3))
  AND NOT EXISTS(SELECT 1 FROM msg t
    WHERE t.id=json_extract(nullif(om.did, ''), '$.after') AND t.absent=3)
  AND NOT EXISTS(SELECT 1 FROM op_msg x WHERE x.msg_id=m.id
    AND x.state IN('todo','sent') AND (x.state='sent' OR x.op_id<om.op_id))
ORDER BY o.id, om.msg_id LIMIT {4 * MESSAGES_MAX}"""
_RECLAIM = """
UPDATE op SET epoch=?1 WHERE state='unsure' AND kind IN('move','copy')
  AND epoch IS NOT ?1 AND account_id=(SELECT id FROM account WHERE name=?2)"""
# What was under way in three runs that died is left for the user to decide about. In a
# renumbered folder a message is looked for when it has its new number, or is gone.
_UNSURE = f"""
SELECT {_COLUMNS} AND ifnull(json_extract(o.arg, '$.deaths'), 0)<3
  AND o.state='unsure' AND o.epoch=?2 AND om.state='sent'
  AND m.uid IS NOT NULL AND (m.gen=b.gen OR m.absent=2)
ORDER BY om.op_id, om.msg_id"""


def _ops(job: TransferJob) -> set[int]:
    return {op for op, _ in job.rows.values()}


def _evidence(pre: str) -> Evidence | None:
    return Evidence(*json.loads(pre)) if pre else None


def _claimed(
    tx: sqlite3.Connection, job: TransferJob
) -> dict[UID, tuple[int, MessageId]]:
    """Of the job's messages those that are still in its hands."""
    rows = tx.execute(
        "SELECT om.op_id, om.msg_id FROM op_msg om JOIN op o ON o.id=om.op_id"
        " WHERE om.op_id IN (SELECT value FROM json_each(?))"
        " AND om.state='sent' AND o.epoch=?",
        (json.dumps(list(_ops(job))), job.epoch),
    )
    live = set(rows.fetchall())
    return {uid: pair for uid, pair in job.rows.items() if pair in live}


def _mark(
    tx: sqlite3.Connection,
    mine: dict[UID, tuple[int, MessageId]],
    uids: Iterable[int],
    state: str,
) -> None:
    pairs = [(state, *mine[UID(uid)]) for uid in uids if uid in mine]
    tx.executemany("UPDATE op_msg SET state=? WHERE op_id=? AND msg_id=?", pairs)


def _drop_gone(
    tx: sqlite3.Connection, job: TransferJob, ids: list[MessageId], tally: Tally
) -> None:
    """The server has these no more: out of the list, and out of the counts."""
    here = [
        message
        for (message,) in tx.execute(
            "SELECT id FROM msg WHERE id IN (SELECT value FROM json_each(?))"
            " AND absent<>2 AND gen=? AND uid IS NOT NULL",
            (json.dumps(ids), job.gen),
        )
    ]
    before = tally.unseen
    drop(tx, here, tally)
    tally.held -= len(here)
    tx.execute(
        "UPDATE mailbox SET srv_messages=max(0, srv_messages-?),"
        " srv_unseen=max(0, srv_unseen+?) WHERE id=?",
        (len(here), tally.unseen - before, job.mailbox),
    )


def _note(tx: sqlite3.Connection, ops: set[int], outcome: TransferOutcome) -> None:
    """Keep the reason, and when to try again; then the entry's own state follows."""
    later = int(time.time()) + outcome.wait_s if outcome.again else None
    tx.executemany(
        "UPDATE op SET not_before=?, state=iif(state='unsure', 'running', state)"
        " WHERE id=?",
        [(later, op) for op in ops],
    )
    if outcome.error:
        said = text(outcome.error)[:1000]
        tx.executemany(
            "UPDATE op SET err=?, err_class=? WHERE id=?",
            [(said, outcome.error_class, op) for op in ops],
        )
    else:
        went_well(tx, ops)
    settle(tx, ops)


_WITHOUT_OCTETS = """
SELECT o.id, om.msg_id FROM op o JOIN account a ON a.id=o.account_id
  JOIN op_msg om ON om.op_id=o.id JOIN msg m ON m.id=om.msg_id
  JOIN content c ON c.id=m.content_id
WHERE a.name=? AND o.kind='copy' AND o.state='queued' AND om.state='todo'
  AND c.text_here=0 AND m.uid IS NOT NULL ORDER BY o.id, om.msg_id"""
