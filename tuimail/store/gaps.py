"""Which UIDs of a mailbox have no rows yet, and where that shows in a listing."""

from __future__ import annotations

from typing import Any

from tuimail.mail.types import UID, Gap, MailboxId, MessageId, RowKey
from tuimail.mail.uidset import UIDSet
from tuimail.store.database import Database
from tuimail.store.encode import MAX_UID


def spans_of(state: Database, mailbox: MailboxId) -> UIDSet:
    """UIDs among which every existing message has a row."""
    return UIDSet(
        state.rows("SELECT lo, hi FROM span WHERE mailbox_id=? ORDER BY lo", (mailbox,))
    )


def gaps_of(state: Database, mailbox: MailboxId) -> tuple[Gap, ...]:
    """The gaps of a mailbox, newest first; none when the server says it is empty."""
    row = state.row(
        "SELECT gen, uidnext, srv_messages, held FROM mailbox WHERE id=?", (mailbox,)
    )
    if row is None or row[2] == 0:
        return ()
    gen, uidnext, messages, held = row
    spans = spans_of(state, mailbox)
    top = uidnext - 1 if uidnext else (spans.max if spans else MAX_UID)
    holes = (UIDSet([(1, top)]) - spans).ranges if top > 0 else ()
    single = len(holes) == 1 and messages is not None
    count = max(0, messages - held) if single else None
    return tuple(
        Gap(UID(lo), UID(hi), _row_above(state, mailbox, gen, hi), count)
        for lo, hi in reversed(holes)
    )


def _row_above(
    state: Database, mailbox: MailboxId, gen: int, uid: int
) -> RowKey | None:
    """The row with the next higher UID, where the user still sees it there."""
    row: Any = state.row(
        "SELECT internaldate, id FROM msg WHERE mailbox_id=?1 AND gen=?2 AND uid>?3"
        " AND uid IS NOT NULL AND view_id=?1 ORDER BY uid LIMIT 1",
        (mailbox, gen, uid),
    )
    return RowKey(row[0], MessageId(row[1])) if row else None
