"""Rows, batches and mailboxes for the tests of the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tuimail.mail.types import (
    UID,
    Address,
    Envelope,
    Flag,
    FlagSet,
    MailboxId,
    MessageId,
    ModSeq,
)
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch, Row

SEEN = FlagSet(Flag.SEEN)
FLAGGED = FlagSet(Flag.FLAGGED)
NONE = FlagSet()
ACCOUNT = "home"


def open_store(root: Path) -> Store:
    """A store below `root`, new or as it was left."""
    return Store(root / "state", root / "cache", root / "data")


def row(uid: int, **changed: Any) -> Row:
    """A header row; message `uid` arrived at second 1000 + uid."""
    message_id = changed.pop("message_id", f"<{uid}@example.org>")
    values: dict[str, Any] = {
        "uid": UID(uid),
        "arrival": 1000 + uid,
        "size": 500,
        "flags": NONE,
        "modseq": ModSeq(uid),
        "envelope": Envelope(
            subject=f"subject {uid}",
            from_=(Address("Ann", "ann@example.org"),),
            date=1000 + uid,
            message_id=message_id,
        ),
        "structure": b'("text" "plain" NIL NIL NIL "7bit" 10 1 NIL NIL NIL NIL)',
        "attach": False,
        "hdr_hash": hashlib.blake2b(message_id.encode(), digest_size=16).digest(),
    }
    return Row(**{**values, **changed})


def fill(
    store: Store, uids: Iterable[int], mailbox: MailboxId | None = None, **more: Any
) -> dict[int, MessageId]:
    """Put plain rows into the inbox (or `mailbox`); gives the ids by UID."""
    box = mailbox or store.mailboxes.inbox(ACCOUNT)
    wanted = sorted(uids)
    span = UIDSet([(wanted[0], wanted[-1])]) if wanted else UIDSet()
    batch = Batch(rows=[row(uid) for uid in wanted], span=span, **more)
    return dict(zip(wanted, store.sync.apply(box, batch).added, strict=True))


def inbox(store: Store) -> MailboxId:
    """The inbox of the test account."""
    return store.mailboxes.inbox(ACCOUNT)


def uids_shown(store: Store, mailbox: MailboxId | None = None) -> list[int | None]:
    """The UIDs of a mailbox in the order they are listed."""
    box = mailbox or inbox(store)
    return [header.uid for header in store.messages.page(box, limit=10_000)]
