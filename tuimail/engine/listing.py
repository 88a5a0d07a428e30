"""Bring the folder list and its counts up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.mail.types import MailboxId
from tuimail.net.session import ListedMailbox, Status
from tuimail.store.store import Store
from tuimail.store.values import Listed

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession


def refresh_listing(
    session: ImapSession, store: Store, account: str
) -> list[MailboxId]:
    """Take over LIST and STATUS; gives the mailboxes whose state is not ours."""
    found = session.list_mailboxes(with_status=True)
    ids = store.mailboxes.put_listing(account, [_listed(each) for each in found])
    stale = []
    for each in found:
        mailbox = ids.get(each.wire_name)
        if mailbox is None or each.status is None:
            continue
        if differs(store, mailbox, each.status):
            stale.append(mailbox)
    return stale


def _listed(found: ListedMailbox) -> Listed:
    status = found.status or Status()
    return Listed(
        wire_name=found.wire_name,
        name=found.name,
        delimiter=found.delimiter,
        role=found.role,
        attributes=found.attributes,
        subscribed=found.subscribed,
        selectable=found.selectable,
        messages=status.messages,
        unseen=status.unseen,
        uidvalidity=status.uidvalidity,
        uidnext=status.uidnext,
        owner=found.owner,
        rights=found.rights,
    )


def differs(store: Store, mailbox: MailboxId, status: Status) -> bool:
    """Whether a refresh could bring anything; what is not given may differ."""
    state = store.sync.state(mailbox)
    if status.uidnext is None or status.uidnext != state.uidnext:
        return True
    if status.uidvalidity != state.uidvalidity:
        return True
    return status.modseq is None or status.modseq != state.modseq
