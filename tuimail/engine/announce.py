"""Tell of new mail: once for each message, several at once in one sentence.

The engine says what to say and runs the user's command; bell and desktop are the
screen's affair.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tuimail.config import NotifySettings
from tuimail.engine.events import Announced, Event, NewMail
from tuimail.engine.worker import guarded
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import (
    ContentId,
    Header,
    Mailbox,
    MailboxId,
    MessageId,
    Role,
    SafeText,
)

GATHER_S = 1.0
"""What comes within this time of the first is told together with it."""
RULES_S = 5.0
"""Rules that take longer hold no notice back."""
COMMAND_S = 10.0
NAMES = 3
"""Senders that are named."""
WORDS_MAX = 200
QUIET = frozenset({Role.JUNK, Role.TRASH, Role.SENT, Role.DRAFTS})
"""Folders in which nothing that comes is news."""
log = logging.getLogger(__name__)


class Mails(Protocol):
    """What is asked about messages; any thread."""

    def header(self, message: MessageId) -> Header | None:
        """One row; None when the message is gone."""

    def mailbox(self, mailbox: MailboxId) -> Mailbox | None:
        """One folder."""


class Announcer:
    """A listener for the engine's events, with a thread for what it says."""

    def __init__(
        self,
        mails: Mails,
        settings: NotifySettings,
        emit: Callable[[Event], None],
        told: Told,
        gather_s: float = GATHER_S,
        settled: Callable[[float], object] = lambda timeout_s: None,
    ) -> None:
        """`settled` waits so long, and no longer, until rules have seen what came."""
        self._mails = mails
        self._command = settings.command
        self._emit = emit
        self._told = told
        self._gather_s = gather_s
        self._settled = settled
        self._lock = threading.Lock()
        self._waiting: list[tuple[MailboxId, MessageId]] = []
        self._came = threading.Event()
        self._stopping = threading.Event()
        self._complained = False
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Take an event; any thread, returns at once."""
        if isinstance(event, NewMail):
            with self._lock:
                self._waiting += [(event.mailbox, each) for each in event.messages]
            self._came.set()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop; a command that runs is left to itself."""
        self._stopping.set()
        self._came.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            self._came.wait()
            if self._stopping.wait(self._gather_s):
                return
            self._came.clear()
            # A rule may be about to file it away, or to mark it as read.
            self._settled(RULES_S)
            if self._stopping.is_set():
                return
            guarded(self._announce, "telling of new mail")

    def _announce(self) -> None:
        with self._lock:
            messages, self._waiting = self._waiting, []
        for account, found in self._news(messages).items():
            event = announced(account, found)
            self._emit(event)
            if self._command:
                self._complain(run_command(self._command, facts(event)))

    def _news(
        self, messages: Sequence[tuple[MailboxId, MessageId]]
    ) -> dict[str, list[_New]]:
        """What is news among messages that came, newest first, by account.

        Not what lies elsewhere by now: it was filed by a rule, or by somebody.
        """
        found: dict[str, list[_New]] = {}
        for mailbox, message in messages:
            header = self._mails.header(message)
            if header is None or header.mailbox != mailbox:
                continue
            box = self._mails.mailbox(mailbox)
            if box is None or box.role in QUIET:
                continue
            if self._told.first(header.content) and not header.seen:
                found.setdefault(box.account, []).append((header, box))
        for news in found.values():
            news.sort(key=lambda each: each[0].key, reverse=True)
        return found

    def _complain(self, trouble: str) -> None:
        if trouble and not self._complained:
            self._complained = True
            log.warning("notify.command: %s; told once", trouble)


_New = tuple[Header, Mailbox]


class Told:
    """Which contents have been told of, over restarts too.

    Contents are numbered upwards in the store; of earlier runs the highest number that
    was told of is kept, with the store it belongs to.
    """

    def __init__(self, file: Path, store: Path) -> None:
        self._file = file
        self._store = store
        self._contents: set[ContentId] = set()
        self._before = self._read()
        self._highest = self._before

    def first(self, content: ContentId) -> bool:
        """Whether this is the first time; the next time it is not."""
        if content <= self._before or content in self._contents:
            return False
        self._contents.add(content)
        if content > self._highest:
            self._highest = content
            self._write()
        return True

    def _identity(self) -> int:
        """A store that was begun anew counts from one again, in another file."""
        try:
            return self._store.stat().st_ino
        except OSError:
            return 0

    def _read(self) -> int:
        try:
            store, highest = self._file.read_text("ascii").split()
            return int(highest) if int(store) == self._identity() else 0
        except (OSError, ValueError):
            return 0

    def _write(self) -> None:
        try:
            self._file.write_text(f"{self._identity()} {self._highest}\n", "ascii")
        except OSError as error:
            # At worst something is told of twice, after a restart.
            log.info("%s could not be written: %s", self._file, error)


def announced(account: str, news: Sequence[_New]) -> Announced:
    """One sentence for messages of one account, the newest first."""
    header, box = news[0]
    names = list(dict.fromkeys(each.sender for each, _ in news))
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    who = safe_text(", ".join(names[:NAMES]) + more, WORDS_MAX)
    if len(news) == 1:
        words = f"{header.sender}: {header.subject or '(no subject)'}"
    else:
        words = f"{len(news)} new messages: {who}"
    return Announced(
        account=safe_text(account),
        folder=safe_text(box.name),
        sender=who,
        subject=header.subject,
        messages=len(news),
        words=safe_text(words, WORDS_MAX),
    )


def facts(event: Announced) -> dict[str, SafeText]:
    """What a command is told, as its environment."""
    return {
        "TUIMAIL_ACCOUNT": event.account,
        "TUIMAIL_FOLDER": event.folder,
        "TUIMAIL_FROM": event.sender,
        "TUIMAIL_SUBJECT": event.subject,
        "TUIMAIL_COUNT": SafeText(str(event.messages)),
    }


def run_command(argv: Sequence[str], added: Mapping[str, str]) -> str:
    """Run the user's command away from the terminal; gives what went wrong."""
    try:
        # In a session of its own: it has no terminal to write to or read from, and
        # what it has started ends with it.
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **added},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"could not be run: {error}"
    try:
        ended = child.wait(COMMAND_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return f"took over {COMMAND_S:.0f} s and was stopped"
    return f"ended with status {ended}" if ended else ""
