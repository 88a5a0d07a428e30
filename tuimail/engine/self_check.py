"""Compare what is here with the server: to tell, or to mend.

Every way of resynchronising trusts the server's word on what changed. Once a day that
trust is checked; what differs is mended and written to the log.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimail.engine.sync_imap import Outcome, flag_changes, header_rows, select_known
from tuimail.mail.types import FlagSet, MailboxId, UIDValidity
from tuimail.mail.uidset import UIDSet
from tuimail.net.session import FetchRow
from tuimail.store.store import Store
from tuimail.store.values import Batch

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

CHECK_S = 86_400
FLAGS_MAX = 20_000
"""Newest messages whose flags are compared."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Found:
    """Where the two differ."""

    missing: UIDSet
    """Here, and not on the server."""
    unknown: UIDSet
    """On the server, among those that should be known here."""
    rows: list[FetchRow]
    """The server's flags of those that differ."""
    uidvalidity: UIDValidity | None


def differences(session: ImapSession, store: Store, mailbox: MailboxId) -> list[str]:
    """One sentence for each kind of difference; none when all is the same."""
    state = store.sync.state(mailbox)
    if not state.spans:
        return []
    selected = session.select(store.mailboxes.wire_name(mailbox), readonly=True)
    if selected.uidvalidity != state.uidvalidity:
        return ["the server has renumbered it"]
    found = _compare(session, store, mailbox)
    words = []
    if found.missing:
        words.append(f"{len(found.missing)} here are not on the server")
    if found.unknown:
        words.append(f"{len(found.unknown)} on the server are not here")
    if found.rows:
        words.append(f"{len(found.rows)} have other flags")
    return words


def mend(session: ImapSession, store: Store, mailbox: MailboxId) -> Outcome:
    """Take over what differs; gives what that changed."""
    outcome = Outcome()
    select_known(session, store, mailbox)
    found = _compare(session, store, mailbox)
    rows = session.fetch_headers(found.unknown) if found.unknown else []
    # A second look: servers answer short while they rebuild an index.
    again = found.missing
    if again:
        again = again - session.search_uids(b"ALL", within=again)
    batch = Batch(
        rows=header_rows(rows, found.unknown),
        flags=flag_changes(found.rows),
        vanished=again,
        uidvalidity=found.uidvalidity,
    )
    applied = store.sync.apply(mailbox, batch)
    store.sync.checked(mailbox)
    outcome.added.extend(applied.added)
    outcome.changed.extend(applied.changed)
    outcome.removed.extend(applied.removed)
    if outcome:
        log.warning(
            "folder %d was not as on the server: %d added, %d changed, %d removed",
            mailbox,
            len(applied.added),
            len(applied.changed),
            len(applied.removed),
        )
    return outcome


def _compare(session: ImapSession, store: Store, mailbox: MailboxId) -> Found:
    state = store.sync.state(mailbox)
    listed = session.search_uids(b"ALL", within=state.spans)
    known = store.sync.known_uids(mailbox)
    here = store.sync.server_flags(mailbox)
    newest = (known & listed).newest(FLAGS_MAX)
    rows = session.fetch_flags(newest) if newest else []
    return Found(
        missing=(known & state.spans) - listed,
        unknown=listed - known,
        rows=[row for row in rows if _differs(row, here)],
        uidvalidity=state.uidvalidity,
    )


def _differs(row: FetchRow, here: dict[int, FlagSet]) -> bool:
    return row.uid in here and row.flags is not None and here[row.uid] != row.flags
