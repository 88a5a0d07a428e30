"""What a person does with mail: written down, shown at once, sent when there is a link.

All methods return at once. Each raises StoreError when it cannot be written down; then
nothing was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tuimail.engine.changes import Changes
from tuimail.engine.folder_gestures import FolderGestures
from tuimail.engine.present import undone_words
from tuimail.mail.types import Flag, FlagSet, MailboxId, MessageId, Role, SafeText
from tuimail.store.store import Store
from tuimail.store.values import NewMessage, Recorded

GRACE_S = 10
"""Seconds in which a removal for good can still be taken back."""
NO_FLAGS = FlagSet()


class Gestures:
    """Changes to messages."""

    grace_s = GRACE_S
    """Seconds in which `remove` and `empty` can still be taken back."""

    def __init__(self, store: Store, changes: Changes, folders: FolderGestures) -> None:
        self._store = store
        self._changes = changes
        self._folders = folders

    def set_flags(
        self,
        messages: Sequence[MessageId],
        add: Flag = Flag.NONE,
        remove: Flag = Flag.NONE,
    ) -> None:
        """Set and clear flags."""
        self._store.operations.queue_flags(messages, FlagSet(add), FlagSet(remove))
        self._changes.of_rows(messages)

    def set_keywords(
        self, messages: Sequence[MessageId], add: Iterable[str], remove: Iterable[str]
    ) -> None:
        """Set and take off labels (IMAP keywords)."""
        plus = FlagSet(keywords=frozenset(add))
        minus = FlagSet(keywords=frozenset(remove))
        self._store.operations.queue_flags(messages, plus, minus)
        self._changes.of_rows(messages)

    def move(
        self, messages: Sequence[MessageId], target: MailboxId, verb: str = "move"
    ) -> int:
        """Move messages to a folder, of another account as well; gives how many."""
        here, others = self._apart(messages, target)
        operations, appends = self._store.operations, self._store.appends
        first = operations.queue_move(here, target, verb)
        rest = appends.queue_carry(others, target, group=first and first.group)
        return self._filed(first, target) + self._filed(rest, target)

    def file(self, targets: Mapping[MessageId, MailboxId]) -> int:
        """Move each message to its own folder, as one gesture; gives how many."""
        recorded = self._store.operations.queue_filing(targets)
        together: dict[MailboxId, list[MessageId]] = {}
        for message, target in targets.items() if recorded else ():
            together.setdefault(target, []).append(message)
        for target, some in together.items():
            self._store.habits.learn(some, target)
        return self._done(recorded)

    def copy(self, messages: Sequence[MessageId], target: MailboxId) -> int:
        """Copy messages to a folder, of another account as well; gives how many."""
        here, others = self._apart(messages, target)
        operations, appends = self._store.operations, self._store.appends
        first = operations.queue_copy(here, target)
        group = first and first.group
        rest = appends.queue_carry(others, target, "copy", group)
        done = self._done(first) + self._done(rest)
        # Nothing changes where they lie, but their octets are fetched from there.
        self._changes.of_rows(others)
        return done

    def delete(self, messages: Sequence[MessageId]) -> int:
        """Move messages to the trash of their account; gives how many."""
        return self._to_role(messages, Role.TRASH, "delete")

    def archive(self, messages: Sequence[MessageId]) -> int:
        """Move messages to the archive of their account; gives how many."""
        return self._to_role(messages, Role.ARCHIVE, "archive")

    def junk(self, messages: Sequence[MessageId], junk: bool) -> int:
        """Say that messages are junk, or that they are not, and file them so."""
        role, verb = (Role.JUNK, "junk") if junk else (Role.INBOX, "not junk")
        yes, no = FlagSet(Flag.JUNK), FlagSet(Flag.NOTJUNK)
        add, remove = (yes, no) if junk else (no, yes)
        return self._to_role(messages, role, verb, add, remove)

    def snooze(self, messages: Sequence[MessageId], until: int) -> int:
        """Hide messages here until then (seconds since the epoch); gives how many."""
        return self._done(self._store.snoozing.snooze(messages, until))

    def unsnooze(self, messages: Sequence[MessageId]) -> int:
        """Show snoozed messages now; gives how many."""
        return self._done(self._store.snoozing.unsnooze(messages))

    def take_in(
        self, target: MailboxId, messages: Sequence[NewMessage], *, again: bool = False
    ) -> int:
        """Store messages from files in a folder; gives how many.

        Those that were taken into it before are left out, but `again`.
        """
        queue = self._store.imports.queue
        return self._done(queue(target, messages, again=again))

    def remove(self, messages: Sequence[MessageId], grace_s: int = GRACE_S) -> int:
        """Remove messages for good, after a time in which it can be undone."""
        return self._done(self._store.operations.queue_removal(messages, grace_s))

    def empty(self, mailbox: MailboxId) -> int:
        """Remove for good what is known of a folder now; what comes later stays."""
        return self.remove(self._store.messages.ids(mailbox))

    def undo(self, group: int | None = None) -> SafeText | None:
        """Take back the last gesture, or the one named; in words, None for nothing."""
        operations = self._store.operations
        undone = operations.undo_last() if group is None else operations.undo(group)
        if undone is None:
            return None
        self._changes.of_rows(undone.messages)
        self._changes.of_lists(undone.mailboxes)
        return undone_words(undone)

    # -- inside -------------------------------------------------------------

    def _to_role(
        self,
        messages: Sequence[MessageId],
        role: Role,
        verb: str,
        add: FlagSet = NO_FLAGS,
        remove: FlagSet = NO_FLAGS,
    ) -> int:
        """One gesture over all accounts, each into its own folder."""
        count, group = 0, None
        for account, some in self._by_account(messages).items():
            target = self._folders.of_role(account, role)
            recorded = self._store.operations.queue_move(
                some, target, verb, add=add, remove=remove, group=group
            )
            group = recorded.group if recorded is not None else group
            archived = role is Role.ARCHIVE
            done = self._filed(recorded, target) if archived else self._done(recorded)
            count += done
        return count

    def _apart(
        self, messages: Sequence[MessageId], target: MailboxId
    ) -> tuple[list[MessageId], list[MessageId]]:
        """Messages of the target's account, and all others."""
        by_account = self._by_account(messages)
        here = by_account.pop(self._changes.account(target), [])
        return here, [message for some in by_account.values() for message in some]

    def _by_account(self, messages: Iterable[MessageId]) -> dict[str, list[MessageId]]:
        found: dict[str, list[MessageId]] = {}
        accounts: dict[MailboxId, str] = {}
        lying = self._store.messages.shown_in(messages)
        lying |= self._store.snoozing.homes(messages)
        for message, mailbox in lying.items():
            if mailbox not in accounts:
                accounts[mailbox] = self._changes.account(mailbox)
            found.setdefault(accounts[mailbox], []).append(message)
        return found

    def _filed(self, recorded: Recorded | None, target: MailboxId) -> int:
        """By hand: where mail like this goes is worth remembering."""
        if recorded is not None:
            self._store.habits.learn(recorded.messages, target)
        return self._done(recorded)

    def _done(self, recorded: Recorded | None) -> int:
        if recorded is None:
            return 0
        self._changes.of_lists(recorded.mailboxes)
        return len(recorded.messages)
