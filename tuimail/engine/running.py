"""What of the engine has threads or talks to servers: made when it is first needed.

Nothing here is needed for the first frame, so `service` imports this module late.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tuimail.config import Account as AnyAccount
from tuimail.config import Config, ImapAccount, MaildirAccount, Mode, Pop3Account
from tuimail.engine.account import Account
from tuimail.engine.changes import Changes
from tuimail.engine.conversations import quietened
from tuimail.engine.counting import Counting
from tuimail.engine.decisions import Decisions
from tuimail.engine.download import Downloads
from tuimail.engine.events import (
    AccountStateChanged,
    Event,
    Indexed,
    MailboxesChanged,
    MessagesChanged,
    NewMail,
    Stirred,
    Weighed,
)
from tuimail.engine.fetch import PartFetcher
from tuimail.engine.first_lines import FirstLines
from tuimail.engine.folder_gestures import FolderGestures
from tuimail.engine.gestures import Gestures
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.joining import Joiner
from tuimail.engine.keeper import Keeper
from tuimail.engine.listmail import ListMail, trusted_server
from tuimail.engine.neighbour import Neighbours
from tuimail.engine.opening import Opener
from tuimail.engine.pictures import Pictures
from tuimail.engine.reading_files import FileReader
from tuimail.engine.retrieve import retrieval
from tuimail.engine.room import Room
from tuimail.engine.rules import Rules
from tuimail.engine.save import Saver
from tuimail.engine.seals import Seals
from tuimail.engine.seeking import Seeker
from tuimail.engine.sharing import Sharing
from tuimail.engine.snoozed import Snoozed
from tuimail.engine.sync_imap import MailboxSync, Outcome
from tuimail.engine.taken import Taker
from tuimail.engine.texts import Texts
from tuimail.engine.worker import Worker
from tuimail.errors import TuimailError
from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.values import Place

if TYPE_CHECKING:
    from tuimail.engine.service import MailService


def _engine(config: AnyAccount) -> type[Account]:
    if isinstance(config, Pop3Account):
        # Late: few have one.
        from tuimail.engine.pop3_account import MaildropAccount

        return MaildropAccount
    return Account


def _named(config: Config, *kinds: type[AnyAccount]) -> frozenset[str]:
    """The accounts of these kinds."""
    return frozenset(each.name for each in config.accounts if isinstance(each, kinds))


class Running:
    """The accounts with their connections, and the work for texts and files."""

    def __init__(
        self,
        service: MailService,
        emit: Callable[[Event], None],
        run: Path,
    ) -> None:
        """`run` is the folder for locks."""
        config, store = service.config, service.store
        store.prepare()
        self._store = store
        self._maildrops = _named(config, Pop3Account)
        self._filed = _named(config, Pop3Account, MaildirAccount)
        self._told = emit
        self._fresh = False
        emit = self._tell
        self.seeker = Seeker(service, emit, self._seek)
        self.counting = Counting(service, emit)
        self.worker, self._tidying = Worker("local work"), Worker("tidying")
        self.joiner = Joiner(store, emit)
        self._files = FileReader(store, self._submit, self._indexed, emit)
        self.first_lines = FirstLines(store, self._submit, emit)
        self.room = Room(store, self._tidying, config.view.cache_limit_mb)
        seals = Seals()
        parts = PartFetcher(store, self._kept, seals)
        self.texts = Texts(
            *(store, parts, seals, self.worker, emit), self._submit, self._bring
        )
        self.pictures = Pictures(store, parts, emit, self._submit)
        trusted = partial(trusted_server, config, store)
        self.lists = ListMail(store, parts, emit, self._submit, trusted)
        taker = Taker(store, parts, self.worker, self._bulk)
        self.saver = Saver(taker, self.worker, emit)
        self.opener = Opener(taker, config.open, self.worker, emit)
        self.downloads = Downloads(
            *(store, parts, self.room, self._tidying, emit, self._ahead, self._bring),
            lambda account: self.accounts[account].view().state,
            config.view.prefer,
        )
        window = config.view.first_window
        self.accounts = {
            account.name: _engine(account)(account, store, emit, window, run)
            for account in config.accounts
        }
        self._neighbours = Neighbours(store, self.accounts, emit)
        self.sharing = Sharing(store, self._submit, emit)
        self.keepers = self._keepers(config)
        changes = self._changes = Changes(store, self.accounts, emit)
        self.folders = FolderGestures(store, changes)
        self.gestures = Gestures(store, changes, self.folders)
        self.decisions = Decisions(store, changes)
        self._snoozed = Snoozed(store, changes, emit)
        self.rules = Rules(
            *(config, store, self.seeker, changes, self.folders, self._told),
            self._read_soon,
        )

    def start(self, *, sending: bool = True) -> None:
        """Begin to talk to the servers; without `sending` nothing is changed there."""
        self.worker.start()
        self._tidying.start()
        for account in self.accounts.values():
            account.sending = sending
            account.start()
        self._neighbours.start()
        for name in self._filed:
            self._files.look(name)
        self._snoozed.start()
        self.rules.start()
        self.joiner.start()
        self.texts.warm_up()
        self.opener.sweep()

    def weigh(self, account: str, limit: int, ticket: Ticket) -> None:
        """Find out what takes an account's room; ends with Weighed."""

        def run() -> None:
            rooms = self._store.rooms
            folders = tuple(rooms.largest_folders(account, limit))
            senders = tuple(rooms.largest_senders(account, limit))
            self._tell(Weighed(ticket.number, account, folders, senders))

        self._tidying.submit(Priority.VISIBLE, run)

    def close(self) -> None:
        """End all threads and connections."""
        self._files.close()
        self._neighbours.close()
        self._snoozed.close()
        self.rules.close()
        self.joiner.close()
        self.seeker.close()
        self.counting.close()
        for account in self.accounts.values():
            account.close()
        self._tidying.close()
        self.worker.close()
        self.texts.close()
        self.pictures.close()
        self.opener.close()

    def _keepers(self, config: Config) -> dict[str, Keeper]:
        return {
            account.name: self._keeper(account, config.view.prefer)
            for account in config.accounts
            # Of what lies here nothing need be fetched ahead.
            if isinstance(account, ImapAccount) and account.mode is not Mode.ONLINE
        }

    def _keeper(self, account: ImapAccount, prefer: str) -> Keeper:
        return Keeper(
            account.name,
            self._store,
            self.downloads,
            self.room,
            self._tidying,
            self._tell,
            whole=account.mode is Mode.OFFLINE,
            prefer=prefer,
        )

    def _tell(self, event: Event) -> None:
        """Pass an event on, and have done what it asks for."""
        heard: Event | None = event
        if isinstance(event, NewMail):
            heard = quietened(self._store, self._changes, event)
            self.rules.came(event)
        if heard is not None:
            self._told(heard)
        match event:
            case AccountStateChanged(account=account):
                self.downloads.resume(account)
            case MailboxesChanged(account=account):
                if account in self.keepers:
                    self.keepers[account].look()
                self.rules.look()
                if not self._fresh:
                    # The first exchange with a server is over: time to tidy.
                    self._fresh = True
                    self.room.check()
            case Stirred(account=account):
                if account in self.accounts:
                    self.accounts[account].replay()
            case MessagesChanged(mailbox=mailbox, order=order):
                self._read_files(mailbox)
                if order:
                    self.joiner.look()
                    self._snoozed.look()
                    for keeper in self.keepers.values():
                        keeper.look()
            case Indexed():
                self.rules.look()
                self.seeker.indexed()
            case _:
                pass

    def _indexed(self, all_of_it: bool) -> None:
        """Texts of files are in the index."""
        if all_of_it:
            self._tell(Indexed())
        else:
            self.rules.look()

    def _read_soon(self, account: str) -> None:
        """A rule waits for texts that are here."""
        if account in self._filed:
            self._files.hurry(account)
        else:
            self.joiner.look()

    def _read_files(self, mailbox: MailboxId) -> None:
        """Files of this folder may have come."""
        account = self._store.mailboxes.account(mailbox)
        if account in self._filed:
            self._files.look(account)

    def _kept(self, place: Place, octets: int) -> None:
        """A part was fetched and is here."""
        self.room.added(octets)
        self._store.first_lines.came(place.content)
        self.joiner.look()
        changed = frozenset((place.message,))
        self._told(MessagesChanged(place.mailbox, changed, order=False))

    def _submit(self, account: str, priority: Priority, job: Job) -> None:
        self.accounts[account].submit(priority, job)

    def _bring(
        self,
        message: MessageId,
        ticket: Ticket,
        progress: Callable[[int, int], None],
        then: Callable[[TuimailError | None], None],
        priority: Priority = Priority.OPEN,
    ) -> bool:
        """Fetch a message from a maildrop; False when it lies in none."""
        place = self._store.messages.place(message)
        if place is None or place.account not in self._maildrops:
            return False

        def changed(mailbox: MailboxId) -> None:
            rows = frozenset((message,))
            self._tell(MessagesChanged(mailbox, rows, order=False))

        job = retrieval(self._store, message, ticket, changed, progress, then)
        self.accounts[place.account].submit_bulk(job, priority)
        return True

    def _seek(
        self,
        account: str,
        mailbox: MailboxId,
        what: Callable[[MailboxSync], Outcome],
        ticket: Ticket,
        then: Callable[[TuimailError | None], None],
    ) -> None:
        self.accounts[account].seek(mailbox, what, ticket, then)

    def _bulk(self, account: str, job: Job) -> None:
        self.accounts[account].submit_bulk(job)

    def _ahead(self, account: str, job: Job) -> None:
        self.accounts[account].submit_bulk(job, Priority.PREFETCH)
