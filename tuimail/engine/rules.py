"""Rules: what is done by itself with new mail, through the journal.

A thread of its own, for words are asked of the index. What came is noted in the store
until the rules have seen it, and by folder how far they have: each message once.
A rule never removes for good, and never touches what was here before, unless asked.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from tuimail.config import Config, Rule
from tuimail.engine.changes import Changes
from tuimail.engine.events import Event, Level, NewMail, Notice
from tuimail.engine.folder_gestures import FolderGestures
from tuimail.engine.indexing import HEADERS
from tuimail.engine.rule_words import about, standing
from tuimail.engine.seeking import Seeker
from tuimail.engine.views import Match
from tuimail.engine.worker import guarded
from tuimail.errors import AccountError, StoreError
from tuimail.mail.later import later
from tuimail.mail.query_terms import And, Field, Not, Or, Query, Words
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import (
    Flag,
    FlagSet,
    Mailbox,
    MailboxId,
    MessageId,
    Role,
    SafeText,
)
from tuimail.store.store import Store

MOST = 200
"""More new messages are not touched by a rule in one go: it may be a mistake."""
SUBJECTS = 3
"""Subjects that are named."""
_WAITING, _SEEN = "rules-waiting:", "rules-seen:"
_MARKS = {"read": Flag.SEEN, "flagged": Flag.FLAGGED, "answered": Flag.ANSWERED}
log = logging.getLogger(__name__)


class Rules:
    """The thread, and what is asked about rules."""

    def __init__(
        self,
        config: Config,
        store: Store,
        seeker: Seeker,
        changes: Changes,
        folders: FolderGestures,
        emit: Callable[[Event], None],
    ) -> None:
        self._rules = config.rules
        self._names = [account.name for account in config.accounts]
        self._store = store
        self._seeker = seeker
        self._changes = changes
        self._folders = folders
        self._emit = emit
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rules", daemon=True)

    def start(self) -> None:
        """Begin with what the last run did not get to."""
        if self._rules:
            self._asked.set()
            self._thread.start()

    def came(self, news: NewMail) -> None:
        """New mail: noted at once, looked at soon; any thread."""
        box = self._store.mailboxes.get(news.mailbox)
        if box is None or not any(_is_for(rule, box) for rule in self._rules):
            return
        with self._lock:
            seen = int(self._store.get_meta(f"{_SEEN}{box.id}") or 0)
            fresh = [each for each in news.messages if each > seen]
            if not fresh:
                return
            self._note(box.id, [*self._waiting(box.id), *fresh])
            self._store.set_meta(f"{_SEEN}{box.id}", str(max(fresh)))
        self._asked.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """Stop after the folder in hand; what waits is looked at in the next run."""
        self._stopping.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def matches(self, name: str = "") -> list[Match]:
        """What every rule, or the one named, would do now; changes nothing."""
        self._index()
        return [
            self._match(rule, account)
            for rule in self._rules
            if not name or rule.name == name
            for account in self._names
            if rule.account in ("", account)
        ]

    def apply(self, match: Match) -> int:
        """Do it now, as one gesture that an undo takes back; gives how many.

        Raises AccountError, StoreError.
        """
        return self._do(match, match.messages, by_hand=True)

    def words(self, match: Match) -> tuple[SafeText, SafeText]:
        """How a match stands, e.g. `3 messages`; and all about it, in sentences."""
        first = self._store.messages.headers(match.messages[:SUBJECTS])
        return standing(match), about(match, [row.subject for row in first])

    # -- inside -------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._asked.wait()
            self._asked.clear()
            for name in self._names:
                for box in self._store.mailboxes.all(name):
                    if self._stopping.is_set():
                        return
                    guarded(lambda box=box: self._look(box), "rules")  # type: ignore[misc]

    def _look(self, box: Mailbox) -> None:
        """Run the rules over what came into a folder."""
        with self._lock:
            waiting = self._waiting(box.id)
        if not waiting:
            return
        self._index()
        left = set(waiting)
        for rule in self._rules:
            if not _is_for(rule, box):
                continue
            match = self._match(rule, box.account)
            messages = [each for each in match.messages if each in left]
            self._by_itself(match, messages)
            if rule.stop:
                left -= set(messages)
        # Only now: done twice by a run after a death, a rule changes nothing more.
        done = set(waiting)
        with self._lock:
            still = self._waiting(box.id)
            self._note(box.id, [each for each in still if each not in done])

    def _by_itself(self, match: Match, messages: list[MessageId]) -> None:
        rule = match.rule
        if not messages:
            return
        if match.problem:
            self._tell(f'Rule "{rule.name}" is held: {match.problem}')
        elif len(messages) > MOST:
            self._tell(
                f'Rule "{rule.name}" is held: it fits {len(messages):,} new messages.'
                " Nothing was done; :rules applies it."
            )
        else:
            try:
                self._do(match, messages, by_hand=False)
            except (AccountError, StoreError) as error:
                self._tell(f'Rule "{rule.name}" did nothing: {error}')

    def _match(self, rule: Rule, account: str) -> Match:
        box = self._folder(account, rule.folder)
        if box is None:
            return Match(rule, account, None, problem=_missing(rule.folder, account))
        ids = self._seeker.ids(box.id, rule.query)
        blind = 0
        if _asks_texts(self._seeker.query(box.id, rule.query)):
            blind = len(self._seeker.ids(box.id, "-is:here"))
        problem = ""
        if rule.move and self._folder(account, rule.move) is None:
            problem = _missing(rule.move, account)
        return Match(rule, account, box.id, tuple(ids), blind, problem)

    def _do(self, match: Match, messages: Sequence[MessageId], *, by_hand: bool) -> int:
        rule = match.rule
        if match.problem:
            raise AccountError(match.problem)
        target, verb = self._target(rule, match.account)
        add, remove = _flags(rule)
        at = later(rule.snooze, datetime.now()) if rule.snooze else None
        recorded = self._store.operations.queue_ruling(
            messages,
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
            box = self._folder(account, rule.move)
            return (box.id if box else None), "move"
        for wanted, role, verb in (
            (rule.archive, Role.ARCHIVE, "archive"),
            (rule.delete, Role.TRASH, "delete"),
            (rule.junk, Role.JUNK, "junk"),
        ):
            if wanted:
                return self._folders.of_role(account, role), verb
        return None, "move"

    def _folder(self, account: str, name: str) -> Mailbox | None:
        for box in self._store.mailboxes.all(account):
            if _named(box, name) and box.selectable and not box.gone:
                return box
        return None

    def _index(self) -> None:
        """Words of headers that came are asked for: they must be in the index."""
        while not self._stopping.is_set() and self._store.words.step(HEADERS):
            pass

    def _waiting(self, mailbox: MailboxId) -> list[MessageId]:
        return list(json.loads(self._store.get_meta(f"{_WAITING}{mailbox}") or "[]"))

    def _note(self, mailbox: MailboxId, messages: list[MessageId]) -> None:
        self._store.set_meta(f"{_WAITING}{mailbox}", json.dumps(messages))

    def _tell(self, words: str) -> None:
        self._emit(Notice(Level.WARNING, safe_text(words, 400)))


def _is_for(rule: Rule, box: Mailbox) -> bool:
    return rule.account in ("", box.account) and _named(box, rule.folder)


def _named(box: Mailbox, name: str) -> bool:
    if name.upper() == "INBOX":
        return box.role is Role.INBOX
    return str(box.name) == name


def _missing(folder: str, account: str) -> str:
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


def _asks_texts(query: Query) -> bool:
    """Whether the words of a text matter."""
    match query:
        case And(parts) | Or(parts):
            return any(_asks_texts(part) for part in parts)
        case Not(part):
            return _asks_texts(part)
        case Words(field):
            return field in (Field.ANY, Field.BODY)
        case _:
            return False
