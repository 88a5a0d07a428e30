"""What a server says unasked, kept in order until the job in hand is done.

Flags and removals that name UIDs are applied as they are. What names sequence numbers
only says that a look is due: our rows are keyed by UID.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuimail.mail.types import MailboxId
from tuimail.mail.uidset import UIDSet
from tuimail.net.session import Alert, FlagsSeen, StatusSeen, Untagged, Vanished
from tuimail.store.store import Store
from tuimail.store.values import Batch

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession


@dataclass(slots=True)
class News:
    """What came of it."""

    changed: set[MailboxId] = field(default_factory=set)
    """Mailboxes whose rows were changed."""
    stirred: set[MailboxId] = field(default_factory=set)
    """Mailboxes that want a refresh."""
    alerts: list[str] = field(default_factory=list)
    """Texts the user must see, raw."""


class Untold:
    """Collects untagged data of one connection; used by its lane's thread only."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._events: list[tuple[bytes | None, Untagged]] = []
        self.session: ImapSession | None = None

    def __call__(self, event: Untagged) -> None:
        """Note one event; it is about the mailbox selected now."""
        selected = self.session.selected if self.session else None
        self._events.append((selected, event))

    def take(self, store: Store) -> News:
        """Apply what can be applied and say what is to be done about the rest."""
        events, self._events = self._events, []
        news = News()
        for wire_name, event in events:
            if isinstance(event, Alert):
                news.alerts.append(event.text)
            elif isinstance(event, StatusSeen):
                self._about(store, event.wire_name, news.stirred)
            elif wire_name is not None:
                self._selected(store, wire_name, event, news)
        return news

    def _selected(
        self, store: Store, wire_name: bytes, event: Untagged, news: News
    ) -> None:
        mailbox = store.mailboxes.by_wire_name(self._account, wire_name)
        if mailbox is None:
            return
        batch = _batch(event)
        if batch is None:
            news.stirred.add(mailbox)
        else:
            applied = store.sync.apply(mailbox, batch)
            if applied.changed or applied.removed:
                news.changed.add(mailbox)

    def _about(self, store: Store, wire_name: bytes, into: set[MailboxId]) -> None:
        mailbox = store.mailboxes.by_wire_name(self._account, wire_name)
        if mailbox is not None:
            into.add(mailbox)


def _batch(event: Untagged) -> Batch | None:
    match event:
        case Vanished(uids=uids):
            return Batch(vanished=uids)
        case FlagsSeen(row=row) if row.uid is not None and row.flags is not None:
            return Batch(flags=[(row.uid, row.flags, row.modseq)], vanished=UIDSet())
        case _:
            return None
