"""Two accounts on one server, and one client: what goes from one to the other."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.fault.bench import ACCOUNT, Bench, Server
from tests.servers.dovecot import Dovecot
from tests.servers.faults import FULL
from tuimail.engine.append import gather
from tuimail.engine.listing import refresh_listing
from tuimail.engine.replay import Replay
from tuimail.engine.sync_imap import MailboxSync
from tuimail.errors import Gone
from tuimail.mail.types import MailboxId, MessageId, Role
from tuimail.net.imap import ImapSession
from tuimail.store.store import Store

HOME = "home"
ROUNDS = 4
"""Fetched here, stored there, removed here, and both read again."""


class Pair(Bench):
    """The account of the bench, `work`, and a second one, `home`."""

    def __init__(
        self, dovecot: Dovecot, root: Path, hidden: frozenset[bytes] = FULL
    ) -> None:
        self.users: dict[str, str] = {}
        super().__init__(dovecot, root, hidden)
        self.users = {ACCOUNT: self.user, HOME: dovecot.fresh_user()}
        # Names of users are never used twice: `seed` makes the folders.
        for account in self.users:
            self.put(account, "INBOX")

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        home = self.dovecot.root / "home" / self.users[HOME]
        shutil.rmtree(home, ignore_errors=True)

    def put(self, account: str, mailbox: str, *numbers: int) -> None:
        """Put messages with these numbers into a mailbox of an account."""
        user, self.user = self.user, self.users[account]
        self.seed(mailbox, *numbers)
        self.user = user

    def held(self, account: str) -> Server:
        """What is in an account's Maildir."""
        user, self.user = self.user, self.users[account]
        found = self.on_server
        self.user = user
        return found

    def place(self, account: str, name: str) -> MailboxId:
        """A mailbox of an account by its name."""
        boxes = self.store.mailboxes.all(account)
        return next(box.id for box in boxes if box.name == name)

    def rows(self, account: str, name: str = "INBOX") -> list[MessageId]:
        """The messages shown in a mailbox, by their numbers."""
        page = self.store.messages.page(self.place(account, name), limit=1000)
        page.sort(key=lambda row: int(row.subject.rsplit(" ", 1)[-1]))
        return [row.id for row in page]

    def numbers(self, account: str, name: str = "INBOX") -> str:
        """The numbers of the messages shown in a mailbox."""
        page = self.store.messages.page(self.place(account, name), limit=1000)
        return " ".join(sorted(row.subject.rsplit(" ", 1)[-1] for row in page))

    def copies(self, number: int) -> int:
        """How often a message is on the server, in both accounts together."""
        all_ = [box for account in self.users for box in self.held(account).values()]
        total: Counter[str] = sum(all_, Counter())
        keys = [key for key in total if key.split(":")[0] == str(number)]
        return sum(total[key] for key in keys)

    def open_for(self, account: str) -> ImapSession:
        """A connection of an account."""
        user, self.user = self.user, self.users[account]
        try:
            return self.session(account)
        finally:
            self.user = user

    def _open(self) -> Store:
        store = super()._open()
        store.accounts.id(HOME)
        return store

    def _once(self) -> None:
        for _ in range(ROUNDS):
            for account in self.users:
                self._turn(account)
            if not any(map(self.store.queue.live, self.users)):
                break

    def _turn(self, account: str) -> None:
        session = self.open_for(account)
        try:
            refresh_listing(session, self.store, account)
            replay = Replay(session, self.store, account)
            for _ in range(200):
                try:
                    if replay.step() is None:
                        break
                except Gone:
                    self._read(session, account)
            for message in self.store.appends.wanted(account):
                with suppress(Gone):
                    gather(session, self.store, message)
            self._read(session, account)
        finally:
            session.close()

    def _read(self, session: ImapSession, account: str) -> None:
        for box in self.store.mailboxes.all(account):
            # Those without a role are what the tests use; and it is quicker.
            if box.role in (None, Role.INBOX) and box.selectable and not box.unmade:
                MailboxSync(session, self.store, box.id).refresh(100)
                self._untold.take(self.store)

    def unfinished(self) -> list[str]:
        """Everything that must not be so once all is quiet."""
        found = self.store.fsck()
        for account in self.users:
            for entry in self.store.queue.live(account):
                found.append(f"{account}: {entry.kind} {entry.state} {entry.error}")
            for box in self.store.mailboxes.all(account):
                there = sum(self.held(account).get(str(box.name), Counter()).values())
                shown = len(self.store.messages.page(box.id, limit=1000))
                if shown != there:
                    found.append(f"{account} {box.name}: shown {shown}, held {there}")
        for account in self.users:
            self.store.appends.sweep(account)
        blobs = sorted((self.root / "data").rglob("*.tuimail:2,S"))
        return found + [f"left in the vault: {file.name}" for file in blobs]
