"""One account, one client, faults: the bench on which scenarios are run.

The client is the program's own: store, session, refresh and replay, on one thread, so
that a run with the same fault goes the same way. What the server holds is read from its
Maildir, not asked from it.
"""

from __future__ import annotations

import imaplib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.mails import mail
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.faults import FULL, FaultProxy
from tuimail.config import Security
from tuimail.engine.changes import Changes
from tuimail.engine.folder_gestures import FolderGestures
from tuimail.engine.gestures import Gestures
from tuimail.engine.listing import refresh_listing
from tuimail.engine.replay import Replay
from tuimail.engine.sync_imap import MailboxSync
from tuimail.engine.untagged import Untold
from tuimail.errors import Gone, Unreachable
from tuimail.mail.types import MailboxId, MessageId
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint
from tuimail.store.database import Database
from tuimail.store.store import Store

ACCOUNT = "work"
TRIES_MAX = 12
LETTERS = {"S": "seen", "F": "flagged", "R": "answered", "T": "deleted", "D": "draft"}
Server = dict[str, Counter[str]]
"""By mailbox: how often each message is in it, as `number` or `number:flags`."""


class Killed(BaseException):
    """The process is dead; nothing that comes after it happens."""


class Bench:
    """A user on a Dovecot with some mail, and a client that is cut and killed."""

    def __init__(
        self, dovecot: Dovecot, root: Path, hidden: frozenset[bytes] = FULL
    ) -> None:
        self.dovecot = dovecot
        self.user = dovecot.fresh_user()
        self.root = root
        self.proxy = FaultProxy(dovecot.imap, hidden)
        self._marks = b"UIDPLUS" in hidden
        self.kill_at = 0
        """The commit at which the process dies; odd before it, even after it."""
        self.commits = 0
        self.deaths = 0
        self.store = self._open()

    def __enter__(self) -> Bench:
        self.proxy.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.store.close()
        self.proxy.__exit__(*exc)
        shutil.rmtree(self.dovecot.root / "home" / self.user, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)

    # -- the server ----------------------------------------------------------

    def seed(self, mailbox: str, *numbers: int) -> None:
        """Put messages with these numbers into a mailbox."""
        name = "" if mailbox == "INBOX" else mailbox
        self.dovecot.seed(self.user, [mail(number) for number in numbers], name)

    @property
    def on_server(self) -> Server:
        """What is in the Maildir, without empty mailboxes.

        Where single messages cannot be removed, what is marked as deleted is gone.
        """
        for _ in range(20):
            # A server whose client is gone may still be at work on the files.
            with suppress(FileNotFoundError):
                return self._in_maildir()
        return self._in_maildir()

    def _in_maildir(self) -> Server:
        top = self.dovecot.root / "home" / self.user / "Maildir"
        found: Server = {}
        for folder in sorted(top.rglob("cur")) + sorted(top.rglob("new")):
            box = str(folder.parent.relative_to(top))
            name = "INBOX" if box == "." else box
            for file in folder.iterdir():
                words = _described(file)
                if self._marks and "deleted" in words.split(":"):
                    continue
                found.setdefault(name, Counter())[words] += 1
        return found

    @property
    def folders(self) -> set[str]:
        """The mailboxes that exist."""
        top = self.dovecot.root / "home" / self.user / "Maildir"
        return {
            str(cur.parent.relative_to(top))
            for cur in top.rglob("cur")
            if cur.parent != top
        }

    @contextmanager
    def other(self, mailbox: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Another client, independent of ours."""
        client = imaplib.IMAP4("127.0.0.1", self.dovecot.imap)
        client.login(self.user, PASSWORD)
        client.select(mailbox)
        try:
            yield client
        finally:
            client.logout()

    # -- the client ----------------------------------------------------------

    def _open(self) -> Store:
        store = Store(self.root / "state", self.root / "cache", self.root / "data")
        store.accounts.id(ACCOUNT)
        self._arm(store._state)
        changes = Changes(store, {}, lambda event: None)
        self.acts_on_folders = FolderGestures(store, changes)
        self.acts = Gestures(store, changes, self.acts_on_folders)
        return store

    def _arm(self, database: Database) -> None:
        """Have the process die at a commit of the precious database."""
        write = database.write

        @contextmanager
        def dying(*, durable: bool) -> Iterator[object]:
            with write(durable=durable) as tx:
                yield tx
                self._commit()
            self._commit()

        database.write = dying  # type: ignore[method-assign,assignment]

    def _commit(self) -> None:
        self.commits += 1
        if self.commits == self.kill_at:
            self.deaths += 1
            raise Killed

    def restart(self) -> None:
        """The process is gone; another one opens what it left."""
        self.store.close()
        self.store = self._open()

    def session(self, account: str = ACCOUNT) -> ImapSession:
        """A connection through the proxy; Unreachable when it breaks."""
        endpoint = Endpoint("127.0.0.1", self.proxy.port, Security.NONE, self.user)
        untold = Untold(account)
        session = ImapSession(
            endpoint, lambda: PASSWORD, on_untagged=untold, response_timeout_s=10
        )
        untold.session = session
        self._untold = untold
        try:
            session.connect()
        except BaseException:
            session.close()
            raise
        return session

    def sync(self, *, rounds: int = TRIES_MAX, broken: bool = False) -> None:
        """Push, then pull, over and over until it goes through; or is to break."""
        last: BaseException | None = None
        for _ in range(rounds):
            try:
                self._once()
            except Unreachable as error:
                last = error
                continue
            except Killed as death:
                last = death
                self.restart()
                continue
            return
        if not broken:
            raise AssertionError("it never came through") from last

    def _once(self) -> None:
        session = self.session()
        try:
            self._list(session)
            replay = Replay(session, self.store, ACCOUNT)
            for _ in range(200):
                try:
                    if replay.step() is None:
                        break
                except Gone:
                    self._pull(session)
                self._untold.take(self.store)
            else:
                raise AssertionError("the replay does not end")
            self._list(session)
            self._pull(session)
        finally:
            session.close()

    def _list(self, session: ImapSession) -> None:
        refresh_listing(session, self.store, ACCOUNT)
        self._untold.take(self.store)

    def _pull(self, session: ImapSession) -> None:
        for box in self.store.mailboxes.all(ACCOUNT):
            if box.selectable and not box.unmade:
                MailboxSync(session, self.store, box.id).refresh(100)
                self._untold.take(self.store)

    def box(self, name: str) -> MailboxId:
        """A mailbox by its name."""
        return next(b.id for b in self.store.mailboxes.all(ACCOUNT) if b.name == name)

    def ids(self, name: str, *numbers: int) -> list[MessageId]:
        """Messages of a mailbox by their numbers; all of them when none is named."""
        rows = self.store.messages.page(self.box(name), limit=1000)
        by_number = {row.subject.rsplit(" ", 1)[-1]: row.id for row in rows}
        wanted = map(str, numbers) if numbers else by_number
        return [by_number[number] for number in wanted]

    @property
    def shown(self) -> Server:
        """What the user sees, without empty mailboxes."""
        found: Server = {}
        for box in self.store.mailboxes.all(ACCOUNT):
            for row in self.store.messages.page(box.id, limit=1000):
                words = sorted(
                    name for name in LETTERS.values() if name in _names(row.flags.name)
                )
                number = row.subject.rsplit(" ", 1)[-1]
                key = ":".join([number, *words])
                found.setdefault(str(box.name), Counter())[key] += 1
        return found

    def trouble(self) -> list[str]:
        """Everything that must not be so once all is quiet."""
        found = self.store.fsck()
        if self.store.accounts.waiting(ACCOUNT) != (0, 0):
            live = self.store.queue.live(ACCOUNT)
            found += [f"not finished: {e.kind} {e.state} {e.error}" for e in live]
        if self.shown != self.on_server:
            found.append(f"shown {self.shown}, on the server {self.on_server}")
        return found + forbidden(self.proxy.seen.commands)


def forbidden(commands: list[bytes]) -> list[str]:
    """Commands that must never be sent, whatever happens."""
    bad = re.compile(
        rb"(EXPUNGE|CLOSE|STORE |UID STORE \S+ (?:\(.*?\) )?FLAGS|.*[^.]BODY\[)", re.I
    )
    return [line.decode("latin-1") for line in commands if bad.match(line)]


def _described(file: Path) -> str:
    number = re.search(rb"(?m)^Subject: message (\d+)", file.read_bytes())
    letters = file.name.rpartition(",")[2] if ":2," in file.name else ""
    words = sorted(LETTERS[letter] for letter in letters if letter in LETTERS)
    return ":".join([number[1].decode() if number else "?", *words])


def _names(name: str | None) -> set[str]:
    return set((name or "").lower().split("|"))
