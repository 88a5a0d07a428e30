"""Changes of folders: written down when the user makes them, carried out in order."""

from __future__ import annotations

from collections.abc import Collection

from tuimail.mail.types import AccountId, MailboxId, Role
from tuimail.store import folders
from tuimail.store.database import Database
from tuimail.store.encode import text
from tuimail.store.journal import Gesture
from tuimail.store.values import FolderJob


class FolderJournal:
    """The journal's entries about folders."""

    def __init__(self, state: Database) -> None:
        self._state = state

    def queue_creation(
        self,
        account: AccountId,
        wire_name: bytes,
        name: str,
        delimiter: str,
        role: Role | None = None,
    ) -> MailboxId:
        """Make a folder; one that is here already is given as it is."""
        value = role.value if role else None
        with self._state.write(durable=True) as tx:
            return folders.record_creation(
                tx, account, wire_name, name, delimiter, value, Gesture()
            )

    def queue_rename(self, mailbox: MailboxId, wire_name: bytes, name: str) -> None:
        """Rename a folder and those below it."""
        with self._state.write(durable=True) as tx:
            folders.record_rename(tx, mailbox, wire_name, name, Gesture())

    def queue_deletion(self, mailbox: MailboxId) -> None:
        """Delete a folder with all that is in it."""
        with self._state.write(durable=True) as tx:
            folders.record_deletion(tx, mailbox, Gesture())

    def queue_subscription(self, mailbox: MailboxId, wanted: bool) -> None:
        """Subscribe to a folder, or no longer."""
        with self._state.write(durable=True) as tx:
            folders.record_subscription(tx, mailbox, wanted, Gesture())

    def claim(
        self, account: str, epoch: int, but: Collection[int] = ()
    ) -> FolderJob | None:
        """The oldest change that can be made now; `but` are entries to leave alone."""
        with self._state.write(durable=True) as tx:
            return folders.next_folder_job(tx, account, epoch, but)

    def done(self, job: FolderJob) -> None:
        """The server has it as the user wished."""
        with self._state.write(durable=True) as tx:
            folders.folder_done(tx, job)

    def refused(self, job: FolderJob, error: str, error_class: str) -> None:
        """It stays in the queue; what it showed is taken back."""
        with self._state.write(durable=True) as tx:
            folders.folder_refused(tx, job, text(error)[:1000], error_class)

    def again(self, job: FolderJob, error: str, wait_s: int) -> None:
        """Try it later."""
        with self._state.write(durable=True) as tx:
            folders.folder_again(tx, job, text(error)[:1000], wait_s)

    def unsure(self, job: FolderJob, error: str) -> None:
        """The link broke: whether it was done, nobody knows."""
        with self._state.write(durable=True) as tx:
            folders.folder_unsure(tx, job, text(error)[:1000])
