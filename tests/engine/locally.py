"""Accounts of files and of a maildrop, for what must hold on both."""

from __future__ import annotations

import mailbox
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.mails import mail
from tests.servers.dovecot import PASSWORD, Dovecot
from tuimail.config import Account as AnyAccount
from tuimail.config import Config, MaildirAccount, Pop3Account, Rule, Security
from tuimail.engine.events import Event, NewMail
from tuimail.engine.service import MailService
from tuimail.mail.types import Header, MailboxId
from tuimail.paths import Paths, under

WAIT_S = 60.0
ACCOUNT = "here"
LISTS = "Lists"
FOLDERS = ("Archive", "Junk", "Sent", "Trash", LISTS)


@dataclass
class Local:
    """One account without IMAP: the service, and where other programs deliver to."""

    paths: Paths
    account: AnyAccount
    deliver: Callable[..., None]
    """Bytes of messages, as another program or the server gets them."""
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        self.heard: list[Event] = []
        self._changed = threading.Condition()
        self.open()

    def open(self) -> Local:
        """A service, not started."""
        self.paths.ensure()
        config = Config(accounts=(self.account,), rules=self.rules)
        self.service = MailService(config, self.paths)
        self.service.subscribe(self._hear)
        return self

    def start(self, *, waiting: bool = True) -> Local:
        """Begin, with all that is there listed."""
        self.service.start()
        if waiting:
            assert self.service.wait_synced(ACCOUNT, None, WAIT_S) is None
            assert self.service.wait_synced(ACCOUNT, self.inbox, WAIT_S) is None
            if isinstance(self.account, Pop3Account):
                # Until then nothing is news.
                noted = self.service.store.maildrops.noted
                self.until(lambda: noted(ACCOUNT, "triaged") is not None)
                if not any(b.name == LISTS for b in self.service.mailboxes(ACCOUNT)):
                    self.service.folders.create(ACCOUNT, LISTS)
            self.service.open_mailbox(self.inbox)
        return self

    def again(self, *, waiting: bool = True) -> Local:
        """End, and begin anew."""
        self.service.close()
        self.heard.clear()
        return self.open().start(waiting=waiting)

    def come(self, *subjects: str, **fields: str) -> None:
        """New mail, of these subjects, and until it is listed."""
        before = len(self.news())
        made = [
            mail(700 + n + 100 * before, Subject=subject, **fields)
            for n, subject in enumerate(subjects)
        ]
        self.deliver(*made)
        self.service.reconnect(ACCOUNT)
        self.until(lambda: len(self.news()) >= before + len(subjects))

    def news(self) -> list[int]:
        """What was new, since the program began."""
        found = [e for e in self.heard if isinstance(e, NewMail)]
        return [message for event in found for message in event.messages]

    @property
    def inbox(self) -> MailboxId:
        return self.service.inbox(ACCOUNT)

    def folder(self, name: str) -> MailboxId:
        boxes = {str(b.name): b.id for b in self.service.mailboxes(ACCOUNT)}
        return boxes[name]

    def rows(self, name: str = "INBOX") -> list[Header]:
        boxes = {str(b.name): b.id for b in self.service.mailboxes(ACCOUNT)}
        known = boxes.get(name)
        return [] if known is None else self.service.page(known, limit=1000)

    def subjects(self, name: str = "INBOX") -> list[str]:
        return sorted(str(row.subject) for row in self.rows(name))

    def row(self, subject: str, name: str = "INBOX") -> Header:
        return next(row for row in self.rows(name) if row.subject == subject)

    def settled(self) -> bool:
        return self.service.account(ACCOUNT).pending == 0

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something heard has made it true."""
        with self._changed:
            assert self._changed.wait_for(true, WAIT_S)

    def event(self, kind: type[Event]) -> Event:
        """Wait for an event of a kind."""
        self.until(lambda: any(isinstance(e, kind) for e in self.heard))
        return next(e for e in self.heard if isinstance(e, kind))

    def close(self) -> None:
        """End, with a store that is in order."""
        assert self.service.store.fsck() == []
        self.service.close()

    def _hear(self, event: Event) -> None:
        with self._changed:
            self.heard.append(event)
            self._changed.notify_all()


def files(tmp_path: Path, *rules: Rule, first: list[bytes] | None = None) -> Local:
    """A Maildir on the disk that other programs deliver to."""
    root = tmp_path / "Maildir"
    tree = mailbox.Maildir(str(root))
    for name in FOLDERS:
        tree.add_folder(name)

    def deliver(*messages: bytes) -> None:
        for each in messages:
            mailbox.Maildir(str(root)).add(each.replace(b"\r\n", b"\n"))

    deliver(*(first or []))
    account = MaildirAccount(ACCOUNT, root)
    return Local(under(tmp_path / "home"), account, deliver, rules)


def drop(
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
    *rules: Rule,
    first: list[bytes] | None = None,
    port: int = 0,
) -> Local:
    """A maildrop of a Dovecot: messages wait there until they are fetched."""
    account = Pop3Account(
        *(ACCOUNT, "bob@example.org", "127.0.0.1", user),
        port=port or dovecot.pop3,
        security=Security.NONE,
        password=PASSWORD,
    )

    def deliver(*messages: bytes) -> None:
        dovecot.seed(user, list(messages))

    deliver(*(first or []))
    return Local(under(tmp_path / "home"), account, deliver, rules)
