"""Take everything out that an account's mail left here; its folders' names stay."""

from __future__ import annotations

import json
import sqlite3

from tuimail.mail.types import AccountId
from tuimail.store.database import Database
from tuimail.store.parts import Parts
from tuimail.store.threads import Threads


def empty(
    state: Database,
    cache: Database,
    parts: Parts,
    threads: Threads,
    account: AccountId,
) -> bool:
    """Delete messages, contents, parts, conversations and the journal of an account.

    False, and nothing is deleted, while the journal has something that is not on the
    server. What is deleted is overwritten in the files of the databases, which must
    have been told so with `Database.overwrite`; a part that is a file is unlinked.
    """
    with state.write(durable=True) as tx:
        if tx.execute(_PENDING, (account,)).fetchone():
            return False
        contents = [id for (id,) in tx.execute(_CONTENTS, (account,)).fetchall()]
        _delete(tx, account, json.dumps(contents))
    parts.forget(contents)
    threads.forget(contents)
    parts.shrink()
    for database in (state, cache):
        # What was deleted still stands in the log of changes until that is emptied.
        database.flush()
    return True


_PENDING = "SELECT 1 FROM op WHERE account_id=? AND state NOT IN('done','void') LIMIT 1"
_CONTENTS = """
SELECT id FROM content c WHERE account_id=? AND NOT EXISTS(SELECT 1 FROM msg m
  JOIN op_msg om ON om.msg_id=m.id JOIN op o ON o.id=om.op_id
  WHERE m.content_id=c.id AND o.state NOT IN('done','void'))"""
_OPS = "(SELECT id FROM op WHERE account_id=?)"
_BOXES = "(SELECT id FROM mailbox WHERE account_id=?)"


def _delete(tx: sqlite3.Connection, account: AccountId, contents: str) -> None:
    for table in ("op_log", "op_msg", "op_dep"):
        tx.execute(f"DELETE FROM {table} WHERE op_id IN {_OPS}", (account,))
    tx.execute("DELETE FROM op WHERE account_id=?", (account,))
    among = "IN (SELECT value FROM json_each(?))"
    tx.execute(f"DELETE FROM msg WHERE content_id {among}", (contents,))
    tx.execute(f"DELETE FROM content WHERE id {among}", (contents,))
    for table in ("span", "kept_ids"):
        tx.execute(f"DELETE FROM {table} WHERE mailbox_id IN {_BOXES}", (account,))
    tx.execute(
        "UPDATE mailbox SET uidvalidity=NULL, uidnext=NULL, modseq=NULL,"
        " srv_messages=NULL, srv_unseen=NULL, srv_status_at=NULL, synced_at=NULL,"
        " deep_at=NULL, known=(SELECT count(*) FROM msg WHERE view_id=mailbox.id),"
        " held=(SELECT count(*) FROM msg WHERE mailbox_id=mailbox.id"
        "  AND gen=mailbox.gen AND uid IS NOT NULL AND absent<>2) WHERE account_id=?",
        (account,),
    )
