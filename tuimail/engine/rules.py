"""Rules: what is done by itself with new mail, through the journal.

A thread of its own, for words are asked of the index. What came is written down with
its rows (`store/ruling.py`) until the rules have seen it: each message once. It goes on
waiting for a rule that is held, or that asks for words of a text that is not here.
A rule never removes for good, and never touches what was here before, unless asked.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from tuimail.config import Config, Rule
from tuimail.engine.changes import Changes
from tuimail.engine.events import Event, Level, NewMail, Notice
from tuimail.engine.folder_gestures import FolderGestures
from tuimail.engine.indexing import HEADERS
from tuimail.engine.rule_deeds import Deeds, missing, named
from tuimail.engine.rule_fit import Fit, fit
from tuimail.engine.rule_words import about, standing
from tuimail.engine.seeking import Seeker
from tuimail.engine.views import Match
from tuimail.engine.worker import guarded
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import (
    Mailbox,
    MailboxId,
    MessageId,
    SafeText,
)
from tuimail.store.ruling import Waiting, Why
from tuimail.store.store import Store

REST, REST_MAX_S = 3.0, 1.0
"""Seconds of rest for one of work: many wishes to look may come one after another."""
SUBJECTS = 3
"""Subjects that are named."""
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
        read: Callable[[str], None] = lambda account: None,
    ) -> None:
        """`read` has the texts of an account's new files read into the index soon."""
        self._rules = config.rules
        self._names = [account.name for account in config.accounts]
        self._store = store
        store.sync.note_news = bool(config.rules)
        self._seeker = seeker
        self._deeds = Deeds(store, changes, folders)
        self._emit = emit
        self._read = read
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rules", daemon=True)

    def start(self) -> None:
        """Begin with what the last run did not get to."""
        self._store.ruling.keep_only([rule.name for rule in self._rules])
        if self._rules:
            self.look()
            self._thread.start()

    def came(self, news: NewMail) -> None:
        """New mail was written down: looked at soon; any thread."""
        self.look()

    def look(self) -> None:
        """Mail may have come, or what it waits for; any thread, returns at once."""
        if self._rules:
            with self._lock:
                self._idle.clear()
                self._asked.set()

    def settled(self, timeout_s: float) -> bool:
        """Wait until the rules have seen all that came; False when that takes longer.

        What waits for texts that are not here, or for the user, is not waited for.
        """
        return self._idle.wait(timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """Stop after the folder in hand; what waits is looked at in the next run."""
        self._stopping.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._idle.set()

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

    def held(self) -> list[Match]:
        """New mail that waits for the user, or for a folder, by rule."""
        self._index()
        found = []
        for mailbox in self._store.ruling.boxes():
            box = self._store.mailboxes.get(mailbox)
            waiting = self._store.ruling.waiting(mailbox, Why.MANY, Why.FOLDER)
            for rule in self._rules if box is not None else ():
                some = [
                    m for (n, _), ids in waiting.items() if n == rule.name for m in ids
                ]
                if not some or box is None or not _is_for(rule, box):
                    continue
                fits = fit(self._store, self._seeker, box.id, rule.query, some).messages
                problem = self._deeds.problem(rule, box.account)
                found.append(
                    Match(rule, box.account, box.id, fits, problem=problem, new=True)
                )
        return [match for match in found if match.messages]

    def waiting(self, account: str) -> dict[str, int]:
        """By rule, how many new messages it holds there; one question of the store."""
        counts = self._store.ruling.counts(account)
        names = [rule.name for rule in self._rules]
        return {name: counts[name] for name in names if name in counts}

    def apply(self, match: Match) -> int:
        """Do it now, as one gesture that an undo takes back; gives how many.

        Raises AccountError, StoreError.
        """
        lying = self._store.messages.shown_in(match.messages)
        # What was moved since it was listed is left where it was put.
        here = tuple(m for m in match.messages if lying.get(m) == match.mailbox)
        done = self._deeds.do(match._replace(messages=here))
        self._store.ruling.forget(match.rule.name, match.messages)
        return done

    def let_go(self, match: Match) -> None:
        """Leave mail that is held where it is. Raises StoreError."""
        self._store.ruling.forget(match.rule.name, match.messages)

    def words(self, match: Match) -> tuple[SafeText, SafeText]:
        """How a match stands, e.g. `3 messages`; and all about it, in sentences."""
        first = self._store.messages.headers(match.messages[:SUBJECTS])
        return standing(match), about(match, [row.subject for row in first])

    # -- inside -------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._asked.wait()
            self._asked.clear()
            begun = time.monotonic()
            soon: set[str] = set()
            guarded(lambda some=soon: self._look(some), "rules")  # type: ignore[misc]
            for account in soon:
                self._read(account)
            with self._lock:
                if not self._asked.is_set() and not soon:
                    self._idle.set()
            self._stopping.wait(min(REST_MAX_S, (time.monotonic() - begun) * REST))

    def _look(self, soon: set[str]) -> None:
        """Run the rules over what came; notes accounts whose texts come `soon`."""
        new = self._store.ruling.new()
        boxes = {*new, *self._store.ruling.boxes()}
        if boxes:
            self._index()
        for mailbox in boxes:
            box = self._store.mailboxes.get(mailbox)
            if self._stopping.is_set():
                return
            if box is None:
                continue
            came = new.get(mailbox, [])
            guarded(lambda box=box, came=came: self._work(box, came), "rules")  # type: ignore[misc]
            if self._texts_come(mailbox):
                soon.add(box.account)

    def _texts_come(self, mailbox: MailboxId) -> bool:
        """Whether a text that is waited for is here, and will soon be in the index."""
        wanted = self._store.ruling.texts_here(mailbox)
        return bool(wanted - self._store.words.known(wanted))

    def _work(self, box: Mailbox, new: Sequence[MessageId]) -> None:
        """Run the rules over one folder."""
        ruling = self._store.ruling
        before = self._ready(box.id)
        left, stopped = set(new), set[MessageId]()
        waiting: list[Waiting] = []
        said: list[str] = []
        for rule in self._rules:
            if not _is_for(rule, box):
                continue
            old = before.get(rule.name, set())
            among = (left | old) - stopped
            if not among:
                ruling.forget(rule.name, old)
                continue
            found = fit(self._store, self._seeker, box.id, rule.query, among)
            kept = list(self._one(rule, box, found, old, said.append))
            still = {each.message for each in kept}
            ruling.forget(rule.name, [each for each in old if each not in still])
            waiting += kept
            if rule.stop:
                left -= set(found.messages)
                stopped |= set(found.messages)
        # Only now: done twice by a run after a death, a rule changes nothing more.
        ruling.settle(box.id, new, waiting)
        for words in said:
            self._emit(Notice(Level.WARNING, safe_text(words, 400)))

    def _ready(self, mailbox: MailboxId) -> dict[str, set[MessageId]]:
        """By rule, the messages that wait for nothing any more, or for a folder.

        Thousands may wait for texts: only those whose text is in the index are looked
        at again.
        """
        waiting = self._store.ruling.waiting(mailbox, Why.TEXT, Why.FOLDER)
        texts = {m for (_, why), ms in waiting.items() if why is Why.TEXT for m in ms}
        known = self._store.words.known(texts) if texts else set()
        found: dict[str, set[MessageId]] = {}
        for (rule, why), messages in waiting.items():
            ready = known.intersection(messages) if why is Why.TEXT else messages
            found.setdefault(rule, set()).update(ready)
        return found

    def _one(
        self,
        rule: Rule,
        box: Mailbox,
        found: Fit,
        old: set[MessageId],
        say: Callable[[str], None],
    ) -> Iterator[Waiting]:
        """Have one rule done with what it fits; gives what goes on waiting for it."""
        yield from (Waiting(each, rule.name, Why.TEXT) for each in found.unsure)
        match = Match(rule, box.account, box.id, found.messages)
        match = match._replace(problem=self._deeds.problem(rule, box.account))
        fresh = bool(set(found.messages) - old)
        quiet = bool(match.problem) and not fresh
        why = self._deeds.by_itself(match, (lambda words: None) if quiet else say)
        if why is not None:
            yield from (Waiting(each, rule.name, why) for each in found.messages)

    def _match(self, rule: Rule, account: str) -> Match:
        box = self._deeds.folder(account, rule.folder)
        if box is None:
            return Match(rule, account, None, problem=missing(rule.folder, account))
        found = fit(self._store, self._seeker, box.id, rule.query)
        problem = self._deeds.problem(rule, account)
        blind = len(found.unsure)
        return Match(rule, account, box.id, found.messages, blind, problem)

    def _index(self) -> None:
        """Words of headers that came are asked for: they must be in the index."""
        while not self._stopping.is_set() and self._store.words.step(HEADERS):
            pass


def _is_for(rule: Rule, box: Mailbox) -> bool:
    return rule.account in ("", box.account) and named(box, rule.folder)
