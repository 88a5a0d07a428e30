"""What a person does with folders: written down, shown at once, sent when online.

All methods return at once and raise StoreError when it cannot be written down.
"""

from __future__ import annotations

from tuimail.engine.changes import Changes
from tuimail.errors import AccountError
from tuimail.mail.types import MailboxId, Role
from tuimail.store.store import Store

NAME_MAX = 200
NAMES = {
    Role.TRASH: "Trash",
    Role.ARCHIVE: "Archive",
    Role.JUNK: "Junk",
    Role.DRAFTS: "Drafts",
    Role.SENT: "Sent",
}
"""Names of folders that are made when one of this role is needed and missing."""


class FolderGestures:
    """Changes to folders."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes

    def create(self, account: str, name: str) -> MailboxId:
        """Make a folder. Raises AccountError with what is wrong with the name."""
        made = self._make(account, self._checked(account, name), None)
        self._changes.of_lists({made})
        return made

    def rename(self, mailbox: MailboxId, name: str) -> None:
        """Rename a folder and those below it. Raises AccountError for a bad name."""
        # Late: nothing of the network is needed for the first frame.
        from tuimail.net.names import encode

        box = self._changes.box(mailbox)
        name = self._checked(box.account, name, but=mailbox)
        self._store.folders.queue_rename(mailbox, encode(name), name)
        self._changes.of_lists({mailbox})

    def delete(self, mailbox: MailboxId) -> None:
        """Delete a folder and all messages in it. Raises AccountError for the inbox."""
        if self._changes.box(mailbox).role is Role.INBOX:
            raise AccountError("The inbox cannot be deleted.")
        self._store.folders.queue_deletion(mailbox)
        self._changes.of_lists({mailbox})

    def subscribe(self, mailbox: MailboxId, wanted: bool) -> None:
        """Subscribe to a folder, or no longer."""
        self._store.folders.queue_subscription(mailbox, wanted)
        self._changes.of_lists({mailbox})

    def of_role(self, account: str, role: Role) -> MailboxId:
        """The folder for a role; it is made when the account has none."""
        if role is Role.INBOX:
            return self._store.mailboxes.inbox(account)
        found = self._store.mailboxes.by_role(account, role)
        if found is None and role is Role.ARCHIVE:
            found = self._store.mailboxes.by_role(account, Role.ALL)
        return found or self._make(account, self._prefix(account) + NAMES[role], role)

    def _make(self, account: str, name: str, role: Role | None) -> MailboxId:
        # Late: nothing of the network is needed for the first frame.
        from tuimail.net.names import encode

        number = self._store.accounts.id(account)
        delimiter = self._delimiter(account)
        return self._store.folders.queue_creation(
            number, encode(name), name, delimiter, role
        )

    def _checked(self, account: str, name: str, but: MailboxId | None = None) -> str:
        name = name.strip()
        delimiter = self._delimiter(account)
        levels = name.split(delimiter) if delimiter else [name]
        if not name or not all(level.strip() for level in levels):
            raise AccountError("A folder needs a name on every level.")
        if not name.isprintable():
            raise AccountError("The name of a folder cannot hold control characters.")
        if len(name) > NAME_MAX:
            words = f"The name of a folder has {NAME_MAX} characters at most."
            raise AccountError(words)
        if set(name) & set("*%"):
            raise AccountError("The name of a folder cannot hold * or %.")
        if name.upper() == "INBOX":
            # In any case of letters it is the one inbox (RFC 9051 §5.1).
            name = "INBOX"
        taken = {b.name for b in self._store.mailboxes.all(account) if not b.gone}
        if name in taken:
            raise AccountError(f"There is a folder {name} already.")
        return name

    def _delimiter(self, account: str) -> str:
        boxes = self._store.mailboxes.all(account)
        return next((box.delimiter for box in boxes if box.delimiter), "/")

    def _prefix(self, account: str) -> str:
        """`INBOX.` where the server keeps every folder below the inbox."""
        start = f"INBOX{self._delimiter(account)}"
        names = [
            b.name
            for b in self._store.mailboxes.all(account)
            if b.role is not Role.INBOX and not b.gone
        ]
        below = names and all(name.startswith(start) for name in names)
        return start if below else ""
