"""What rules do, through the journal, and what keeps one from doing it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from tuimail.config import Rule
from tuimail.engine.changes import Changes
from tuimail.engine.folder_gestures import FolderGestures
from tuimail.engine.present import messages_words
from tuimail.engine.views import Match
from tuimail.errors import AccountError, StoreError
from tuimail.mail.later import later
from tuimail.mail.types import Flag, FlagSet, Mailbox, MailboxId, Role
from tuimail.store.ruling import Why
from tuimail.store.store import Store

MOST = 200
"""More new messages are not touched by a rule at once: it may be a mistake."""
AT_ONCE_S = 60.0
"""What comes within so many seconds comes at once."""
_MARKS = {"read": Flag.SEEN, "flagged": Flag.FLAGGED, "answered": Flag.ANSWERED}


class Deeds:
    """Does it, or says why not."""

    def __init__(self, store: Store, changes: Changes, folders: FolderGestures) -> None:
        self._store = store
        self._changes = changes
        self._folders = folders
        self._lately: dict[str, deque[tuple[float, int]]] = {}
        """By rule: when how many messages were worked on."""

    def by_itself(self, match: Match, say: Callable[[str], None]) -> Why | None:
        """Do it, or say that it is held; gives what for."""
        rule, count = match.rule, len(match.messages)
        if not count:
            return None
        if match.problem:
            waits = "1 message waits" if count == 1 else f"{count:,} messages wait"
            say(f'Rule "{rule.name}" is held: {match.problem} {waits} for it.')
            return Why.FOLDER
        if count + self._done_lately(rule) > MOST:
            say(
                f'Rule "{rule.name}" is held: it fits {count:,} new messages at once.'
                " Nothing was done with them; :rules shows and applies it."
            )
            return Why.MANY
        try:
            self.do(match, by_hand=False)
        except (AccountError, StoreError) as error:
            say(
                f'Rule "{rule.name}" did nothing with {messages_words(count)}:'
                f" {error} See :rules."
            )
            return Why.MANY
        self._lately.setdefault(rule.name, deque()).append((time.monotonic(), count))
        return None

    def _done_lately(self, rule: Rule) -> int:
        done = self._lately.get(rule.name, deque())
        while done and time.monotonic() - done[0][0] > AT_ONCE_S:
            done.popleft()
        return sum(count for _, count in done)

    def do(self, match: Match, *, by_hand: bool = True) -> int:
        """Do it as one gesture; gives to how many messages.

        What was done `by_hand` an undo takes back. Raises AccountError, StoreError.
        """
        rule = match.rule
        if match.problem:
            raise AccountError(match.problem)
        target, verb = self._target(rule, match.account)
        add, remove = _flags(rule)
        at = later(rule.snooze, datetime.now()) if rule.snooze else None
        recorded = self._store.operations.queue_ruling(
            match.messages,
            "" if by_hand else rule.name,
            target=target,
            verb=verb,
            add=add,
            remove=remove,
            until=int(at.timestamp()) if at else None,
        )
        if recorded is None:
            return 0
        self._changes.of_rows(recorded.messages)
        self._changes.of_lists(recorded.mailboxes)
        return len(recorded.messages)

    def _target(self, rule: Rule, account: str) -> tuple[MailboxId | None, str]:
        if rule.move:
            box = self.folder(account, rule.move)
            return (box.id if box else None), "move"
        for wanted, role, verb in (
            (rule.archive, Role.ARCHIVE, "archive"),
            (rule.delete, Role.TRASH, "delete"),
            (rule.junk, Role.JUNK, "junk"),
        ):
            if wanted:
                return self._folders.of_role(account, role), verb
        return None, "move"

    def folder(self, account: str, name: str) -> Mailbox | None:
        """The folder of an account that a rule names; None when there is none."""
        for box in self._store.mailboxes.all(account):
            if named(box, name) and box.selectable and not box.gone:
                return box
        return None

    def problem(self, rule: Rule, account: str) -> str:
        """Why a rule cannot do anything there now; empty when it can."""
        if rule.move and self.folder(account, rule.move) is None:
            return missing(rule.move, account)
        return ""


def named(box: Mailbox, name: str) -> bool:
    """Whether a rule means this folder; any case of INBOX is the inbox."""
    if name.upper() == "INBOX":
        return box.role is Role.INBOX
    return str(box.name) == name


def missing(folder: str, account: str) -> str:
    """That a folder is not there, and what to do."""
    return f"there is no folder {folder} in {account}; make it, or change the rule."


def _flags(rule: Rule) -> tuple[FlagSet, FlagSet]:
    add = remove = Flag.NONE
    for mark in rule.mark:
        add |= _MARKS.get(mark, Flag.NONE)
    if "unread" in rule.mark:
        remove |= Flag.SEEN
    if rule.junk:
        add, remove = add | Flag.JUNK, remove | Flag.NOTJUNK
    labels = frozenset([rule.label] if rule.label else [])
    return FlagSet(add, labels), FlagSet(remove)
