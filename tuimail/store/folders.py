"""Folders made, renamed, deleted and subscribed to: shown at once, sent when online.

A folder is known by our number: messages can be filed into one that the server does
not have yet, and an operation on it follows a rename.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import AccountId, MailboxId
from tuimail.store.copies import forget_copies, not_sent
from tuimail.store.fold import settle
from tuimail.store.journal import Gesture
from tuimail.store.places import replace_views
from tuimail.store.removal import fail_lost
from tuimail.store.values import FolderJob

_LIVE = "state NOT IN('done','void','failed','asking')"


def record_creation(
    tx: sqlite3.Connection,
    account: AccountId,
    wire_name: bytes,
    name: str,
    delimiter: str,
    role: str | None,
    gesture: Gesture,
) -> MailboxId:
    """Have a folder; one of that name that is here already is given as it is."""
    known = tx.execute(
        "SELECT id, state FROM mailbox WHERE account_id=? AND wire_name=?",
        (account, wire_name),
    ).fetchone()
    if known is not None and known[1] not in ("gone", "deleting"):
        return MailboxId(known[0])
    if role is not None:
        tx.execute(
            "UPDATE mailbox SET role=NULL WHERE account_id=? AND role=?",
            (account, role),
        )
    values = (safe_text(name), delimiter, role, account, wire_name)
    row = tx.execute(
        "INSERT INTO mailbox(name, delim, role, account_id, wire_name, state,"
        " subscribed, srv_messages, srv_unseen) VALUES(?, ?, ?, ?, ?, 'creating', 1,"
        " 0, 0) ON CONFLICT(account_id, wire_name) DO UPDATE SET state='creating',"
        " role=excluded.role, subscribed=1 RETURNING id",
        values,
    ).fetchone()
    gesture.entry(tx, "mkbox", account, target=row[0])
    gesture.mailboxes.add(row[0])
    return MailboxId(row[0])


def record_rename(
    tx: sqlite3.Connection, mailbox: MailboxId, wire_name: bytes, name: str, g: Gesture
) -> None:
    """Show a folder, and those below it, under a new name."""
    account, old, delimiter, state = tx.execute(
        "SELECT account_id, name, delim, state FROM mailbox WHERE id=?", (mailbox,)
    ).fetchone()
    new = safe_text(name)
    if state == "creating":
        tx.execute("UPDATE mailbox SET wire_name=? WHERE id=?", (wire_name, mailbox))
    else:
        arg: dict[str, object] = {"old": old, "new": new, "wire": wire_name.hex()}
        g.entry(tx, "mvbox", account, source=mailbox, arg=arg)
        tx.execute("UPDATE mailbox SET state='renaming' WHERE id=?", (mailbox,))
    _show_as(tx, account, old, new, delimiter)
    g.mailboxes.add(mailbox)


def record_deletion(tx: sqlite3.Connection, mailbox: MailboxId, g: Gesture) -> None:
    """Hide a folder; the server's is deleted with all that was in it when we looked.

    What was to come into it and was not sent stays where it lies.
    """
    g.mailboxes |= keep_out(tx, mailbox)
    account, messages, state = tx.execute(
        "SELECT account_id, srv_messages, state FROM mailbox WHERE id=?", (mailbox,)
    ).fetchone()
    if state == "creating":
        tx.execute(
            "UPDATE op SET state='void' WHERE kind='mkbox' AND dst_id=?"
            f" AND {_LIVE} AND state='queued'",
            (mailbox,),
        )
        tx.execute("UPDATE mailbox SET state='gone' WHERE id=?", (mailbox,))
    else:
        g.entry(
            tx,
            "rmbox",
            account,
            source=mailbox,
            arg={"messages": messages, "was": state},
        )
        tx.execute("UPDATE mailbox SET state='deleting' WHERE id=?", (mailbox,))
    g.mailboxes.add(mailbox)


def keep_out(tx: sqlite3.Connection, mailbox: int) -> set[int]:
    """Take back moves and copies into a folder that were not sent.

    Gives mailboxes whose lists changed.
    """
    pairs = tx.execute(
        "UPDATE op_msg SET state='done', result='discarded' WHERE state='todo'"
        " AND op_id IN (SELECT id FROM op WHERE kind='move' AND dst_id=?"
        " AND state NOT IN('done','void')) RETURNING op_id, msg_id",
        (mailbox,),
    ).fetchall()
    settle(tx, [op for op, _ in pairs])
    copies = tx.execute(
        "SELECT id FROM msg WHERE mailbox_id=? AND absent<>0 AND absent=3", (mailbox,)
    ).fetchall()
    forget_copies(tx, not_sent(tx, [copy for (copy,) in copies]))
    return replace_views(tx, [message for _, message in pairs])


def record_subscription(
    tx: sqlite3.Connection, mailbox: MailboxId, wanted: bool, g: Gesture
) -> None:
    """Put a folder on the list of subscribed ones, or take it off."""
    account, known = tx.execute(
        "SELECT account_id, subscribed FROM mailbox WHERE id=?", (mailbox,)
    ).fetchone()
    if bool(known) == wanted:
        return
    tx.execute(
        "UPDATE op SET state='void', undone=1 WHERE kind='subscribe' AND src_id=?"
        " AND state='queued'",
        (mailbox,),
    )
    verb = "subscribe" if wanted else "unsubscribe"
    g.entry(tx, "subscribe", account, source=mailbox, arg={"on": wanted, "verb": verb})
    tx.execute("UPDATE mailbox SET subscribed=? WHERE id=?", (int(wanted), mailbox))
    g.mailboxes.add(mailbox)


def next_folder_job(
    tx: sqlite3.Connection, account: str, epoch: int, but: Iterable[int]
) -> FolderJob | None:
    """Claim the oldest change of a folder that nothing else must come before."""
    row = tx.execute(
        _NEXT, (account, int(time.time()), json.dumps(list(but)))
    ).fetchone()
    if row is None:
        return None
    op, kind, arg, state, tries, mailbox, wire_name, name, validity = row
    wish = json.loads(arg)
    tx.execute(
        "UPDATE op SET state='running', epoch=?, tries=tries+1 WHERE id=?", (epoch, op)
    )
    return FolderJob(
        op=op,
        kind=kind,
        mailbox=MailboxId(mailbox),
        wire_name=bytes(wire_name),
        name=name,
        new_name=bytes.fromhex(wish.get("wire", "")),
        subscribe=bool(wish.get("on")),
        messages=wish.get("messages"),
        unsure=state == "unsure",
        uidvalidity=validity,
        epoch=epoch,
        tries=tries,
    )


# A folder is deleted only after everything that is to leave it has left.
_NEXT = f"""
SELECT o.id, o.kind, o.arg, o.state, o.tries, b.id, b.wire_name, b.name,
  b.uidvalidity
FROM op o JOIN mailbox b ON b.id=ifnull(o.src_id, o.dst_id)
WHERE o.account_id=(SELECT id FROM account WHERE name=?1)
  AND o.kind IN('mkbox','mvbox','rmbox','subscribe')
  AND o.state IN('queued','unsure') AND ifnull(o.not_before, 0)<=?2
  AND o.id NOT IN (SELECT value FROM json_each(?3))
  AND NOT EXISTS(SELECT 1 FROM op x WHERE x.id<o.id AND x.account_id=o.account_id
    AND x.kind IN('mkbox','mvbox','rmbox') AND x.{_LIVE}
    AND ifnull(x.src_id, x.dst_id)=b.id)
  AND NOT (o.kind='rmbox' AND EXISTS(SELECT 1 FROM op_msg om
    JOIN op x ON x.id=om.op_id JOIN msg m ON m.id=om.msg_id
    WHERE om.state IN('todo','sent') AND x.{_LIVE}
      AND (m.mailbox_id=b.id OR x.dst_id=b.id)))
ORDER BY o.id LIMIT 1"""


def folder_done(tx: sqlite3.Connection, job: FolderJob) -> None:
    """The server has it as the user wished."""
    if not _close(tx, job, "done", "", ""):
        return
    if job.kind == "mkbox":
        tx.execute(
            "UPDATE mailbox SET state='ok' WHERE id=? AND state IN('creating','gone')",
            (job.mailbox,),
        )
    elif job.kind == "mvbox":
        _renamed(tx, job)
    elif job.kind == "rmbox":
        _deleted(tx, job.mailbox)


def folder_refused(
    tx: sqlite3.Connection, job: FolderJob, error: str, error_class: str
) -> None:
    """It stays in the queue; what it showed is taken back."""
    state = "asking" if error_class == "fixable" else "failed"
    if _close(tx, job, state, error, error_class):
        take_back(tx, job.op)


def folder_again(tx: sqlite3.Connection, job: FolderJob, error: str, wait: int) -> None:
    """Try it later; `wait` seconds."""
    if _close(tx, job, "queued", error, ""):
        tx.execute(
            "UPDATE op SET not_before=? WHERE id=?", (int(time.time()) + wait, job.op)
        )


def folder_unsure(tx: sqlite3.Connection, job: FolderJob, error: str) -> None:
    """The link broke in the middle: the next try looks first."""
    _close(tx, job, "unsure", error, "")


def take_back(tx: sqlite3.Connection, op: int) -> None:
    """Show a folder as it was before this entry."""
    kind, arg, mailbox, account, delimiter = tx.execute(
        "SELECT o.kind, o.arg, b.id, b.account_id, b.delim FROM op o"
        " JOIN mailbox b ON b.id=ifnull(o.src_id, o.dst_id) WHERE o.id=?",
        (op,),
    ).fetchone()
    values = json.loads(arg)
    if kind == "mvbox":
        _show_as(tx, account, values["new"], values["old"], delimiter)
        tx.execute("UPDATE mailbox SET state='ok' WHERE id=?", (mailbox,))
    elif kind == "rmbox":
        tx.execute(
            "UPDATE mailbox SET state=? WHERE id=? AND state='deleting'",
            (values["was"], mailbox),
        )
    elif kind == "subscribe":
        tx.execute(
            "UPDATE mailbox SET subscribed=? WHERE id=?",
            (int(not values["on"]), mailbox),
        )


def undo_folder(tx: sqlite3.Connection, op: int, gesture: Gesture) -> tuple[str, bool]:
    """Take one entry back, or queue its opposite.

    Gives the folder it was about, and whether that could be: what has been deleted on
    the server is gone.
    """
    state, kind, arg, mailbox, name = tx.execute(
        "SELECT o.state, o.kind, o.arg, b.id, b.name FROM op o"
        " JOIN mailbox b ON b.id=ifnull(o.src_id, o.dst_id) WHERE o.id=?",
        (op,),
    ).fetchone()
    values = json.loads(arg)
    gesture.mailboxes.add(mailbox)
    if state in ("failed", "asking"):
        tx.execute("UPDATE op SET state='void' WHERE id=?", (op,))
    elif state in ("queued", "held"):
        tx.execute("UPDATE op SET state='void' WHERE id=?", (op,))
        if kind == "mkbox":
            gesture.mailboxes |= keep_out(tx, mailbox)
            tx.execute("UPDATE mailbox SET state='gone' WHERE id=?", (mailbox,))
        take_back(tx, op)
    elif kind == "mkbox":
        record_deletion(tx, mailbox, gesture)
    elif kind == "mvbox":
        old = bytes.fromhex(values.get("from", ""))
        if old:
            record_rename(tx, mailbox, old, values["old"], gesture)
    elif kind == "subscribe":
        record_subscription(tx, mailbox, not values["on"], gesture)
    else:
        return str(name), False
    return str(name), True


def _close(
    tx: sqlite3.Connection, job: FolderJob, state: str, error: str, error_class: str
) -> bool:
    done = tx.execute(
        "UPDATE op SET state=?, err=?, err_class=?, changed=? WHERE id=? AND epoch=?"
        " AND state='running'",
        (state, error, error_class, int(time.time()), job.op, job.epoch),
    )
    return done.rowcount == 1


def _show_as(
    tx: sqlite3.Connection, account: int, old: str, new: str, delimiter: str
) -> None:
    """Change the shown name of a folder and of those below it."""
    below = old + delimiter
    rows = tx.execute("SELECT id, name FROM mailbox WHERE account_id=?", (account,))
    tx.executemany(
        "UPDATE mailbox SET name=? WHERE id=?",
        [
            (new + name[len(old) :], mailbox)
            for mailbox, name in rows.fetchall()
            if name == old or (delimiter and name.startswith(below))
        ],
    )


def _renamed(tx: sqlite3.Connection, job: FolderJob) -> None:
    """From now on the folder, and those below it, have their new wire names."""
    account, delimiter = tx.execute(
        "SELECT account_id, delim FROM mailbox WHERE id=?", (job.mailbox,)
    ).fetchone()
    tx.execute(
        "UPDATE op SET arg=json_set(arg, '$.from', ?) WHERE id=?",
        (job.wire_name.hex(), job.op),
    )
    below = job.wire_name + delimiter.encode()
    rows = tx.execute(
        "SELECT id, wire_name FROM mailbox WHERE account_id=?", (account,)
    )
    changed = [
        (job.new_name + bytes(wire)[len(job.wire_name) :], mailbox)
        for mailbox, wire in rows.fetchall()
        if bytes(wire) == job.wire_name or (delimiter and bytes(wire).startswith(below))
    ]
    for wire, mailbox in changed:
        # A listing may have brought the new name already, as a folder of its own.
        _give_way(tx, account, wire, mailbox)
        tx.execute("UPDATE mailbox SET wire_name=? WHERE id=?", (wire, mailbox))
    tx.execute(
        "UPDATE mailbox SET state='ok' WHERE id=? AND state='renaming'", (job.mailbox,)
    )


def _give_way(tx: sqlite3.Connection, account: int, wire: bytes, mailbox: int) -> None:
    """Free a wire name for the folder that really has it."""
    tx.execute(
        "UPDATE mailbox SET state='gone', role=NULL,"
        " wire_name=CAST('gone:' || id || ':' || wire_name AS BLOB)"
        " WHERE account_id=? AND wire_name=? AND id<>?",
        (account, wire, mailbox),
    )


def _deleted(tx: sqlite3.Connection, mailbox: MailboxId) -> None:
    """Its messages went with it: nothing can be done to them any more."""
    ids = [
        message
        for (message,) in tx.execute(
            "SELECT id FROM msg WHERE mailbox_id=? AND absent<>2", (mailbox,)
        )
    ]
    fail_lost(tx, ids)
    tx.execute(
        "UPDATE mailbox SET state='gone', role=NULL, gen=gen+1, uidvalidity=NULL,"
        " uidnext=NULL, modseq=NULL, held=0, srv_messages=0, srv_unseen=0 WHERE id=?",
        (mailbox,),
    )
    tx.execute("DELETE FROM span WHERE mailbox_id=?", (mailbox,))
    tx.execute("DELETE FROM kept_ids WHERE mailbox_id=?", (mailbox,))
