"""One IMAP account: its connections, its state, and what it does by itself."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tuimail.config import Account as AccountConfig
from tuimail.config import (
    ImapAccount,
    MaildirAccount,
    Mode,
    Pop3Account,
    ServerAccount,
)
from tuimail.engine.append import gather
from tuimail.engine.dialing import AnyDialer, Dialer, LocalDialer
from tuimail.engine.events import (
    AccountState,
    AccountStateChanged,
    Event,
    Level,
    MailboxesChanged,
    MessagesChanged,
    NewMail,
    Notice,
    Stirred,
)
from tuimail.engine.idle import Hooks, Watcher
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.engine.lane import (
    Callbacks,
    Connected,
    Connecting,
    Lane,
    LaneNews,
    Lost,
    Stopped,
)
from tuimail.engine.listing import differs, refresh_listing
from tuimail.engine.permits import Permissions
from tuimail.engine.role import EngineLock
from tuimail.engine.self_check import CHECK_S, differences, mend
from tuimail.engine.sending import Sending
from tuimail.engine.sync_imap import MailboxSync, Outcome
from tuimail.engine.untagged import Untold
from tuimail.engine.views import AccountView
from tuimail.errors import Gone, Refused, TuimailError, Unreachable
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Gap, MailboxId, MessageId, SafeText
from tuimail.net.auth import NEEDED, Password
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession
    from tuimail.net.session import StatusSeen, Untagged

BULK_LINGER_S = 120.0
LIST_ANEW_S = 900.0
"""Seconds between two looks for what others have come to share."""
HURRY_S = 3.2
"""Seconds after which a person who presses for an answer gets a new connection."""
SENDING_S = 10.0
"""The same for changes: a server may be busy with them, and they are not repeated."""
PROBE_S = 10.0
ELSEWHERE = (
    "Another tuimail is connected for this account; what you do here is sent by it."
)


class Bulk(NamedTuple):
    """The connection for long transfers."""

    connect: Callable[[], ImapSession]
    linger_s: float
    """How long it is kept unused."""


class Account:
    """The engine of one account; every method returns at once."""

    def __init__(
        self,
        config: AccountConfig,
        store: Store,
        emit: Callable[[Event], None],
        window: int,
        run: Path,
    ) -> None:
        """`run` is the folder for locks."""
        self.config = config
        self.name = config.name
        self._store = store
        self._emit = emit
        self._window = window
        self._lock = threading.Lock()
        self._state = AccountState.CONNECTING
        self._error: TuimailError | None = None
        self._retry_at: float | None = None
        self._on_screen: MailboxId | None = None
        self._started = False
        self._failures = 0
        self._listed_anew = time.monotonic()
        self._list_anew_s = math.inf
        self.sending = True
        """What is pending may be sent."""
        self._sending = Sending(
            store, self.name, emit, self.replay, self.refresh_all, self._gather
        )
        self._role = EngineLock(run, self.name)
        self._permissions = Permissions(store, self.name, emit)
        self.secret = Password(config) if isinstance(config, ServerAccount) else None
        self._dialer: AnyDialer = self._dial()
        self._untold = Untold(self.name)
        tell = Callbacks(self._news, self._standing_jobs, self._after_job)
        self._work = Lane(
            f"{self.name} work", partial(self._connect, self._untold), tell
        )
        quiet = Callbacks(lambda news: None, lambda: None, lambda session: None)
        bulk = self._bulk_connection()
        self._bulk = Lane(
            f"{self.name} bulk", bulk.connect, quiet, linger_s=bulk.linger_s
        )
        hooks = Hooks(
            self._connect,
            self._watched,
            self._stirred,
            self._counted,
            self._broken,
            self._poll,
        )
        self._watch = Watcher(f"{self.name} watch", hooks, config.poll_seconds)

    def _dial(self) -> AnyDialer:
        """What makes the connections."""
        if isinstance(self.config, ImapAccount):
            assert self.secret is not None, "a server wants a password"
            return Dialer(self.config, self.secret)
        assert isinstance(self.config, MaildirAccount)
        self._store.accounts.note_kind(self.name, "local")
        return LocalDialer(self.config.path, self._store.uid_lists(self.name))

    def _bulk_connection(self) -> Bulk:
        """How the second lane connects."""
        return Bulk(partial(self._connect, lambda event: None), BULK_LINGER_S)

    # -- life ---------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect and to bring the account up to date."""
        self._started = True
        self._work.start()
        self._bulk.start()
        self._watch.start()
        if self._lead():
            self._standing_jobs()
        else:
            self._set(AccountState.ELSEWHERE, Unreachable(ELSEWHERE), None)

    @property
    def elsewhere(self) -> bool:
        """Another process talks to the server for this account."""
        return self._state is AccountState.ELSEWHERE

    @property
    def on_screen(self) -> MailboxId | None:
        """The mailbox that is shown."""
        return self._on_screen

    def take_over(self) -> None:
        """The other process may have ended: go on in its place."""
        if self._lead():
            self._set(AccountState.CONNECTING, None, None)
            self._standing_jobs()

    def woke(self) -> None:
        """The machine slept: every connection is dead, whatever it looks like."""
        if self._state not in (AccountState.OFFLINE, AccountState.ELSEWHERE):
            self._set(AccountState.CONNECTING, None, None)
            # First: a working connection that is there again calls the watch back.
            self._watch.rest()
            self._dialer.hang_up()
            self._work.drop()
            self._bulk.drop()
            self._work.reconnect()
            self._bulk.reconnect()
            self._standing_jobs()

    def close(self) -> None:
        """End the connections; what is pending stays in the journal."""
        self._sending.close()
        if self._started:
            for thread in (self._watch, self._bulk, self._work):
                thread.close()
        self._role.release()

    def pause(self, paused: bool) -> None:
        """Work without the server until told otherwise."""
        if paused:
            self._set(AccountState.OFFLINE, None, None)
            self._role.release()
            self._work.drop()
            self._bulk.drop()
            self._watch.rest()
        elif self._lead():
            self._set(AccountState.CONNECTING, None, None)
            self._standing_jobs()
            self._work.reconnect()
            self._bulk.reconnect()
        else:
            self._set(AccountState.ELSEWHERE, Unreachable(ELSEWHERE), None)

    def reconnect(self) -> None:
        """Try to reach the server now."""
        if self._state in (AccountState.WAITING, AccountState.REFUSED):
            self._set(AccountState.CONNECTING, None, None)
            self._work.reconnect()
            self._bulk.reconnect()
        elif not self.elsewhere:
            self._standing_jobs()
            if self._list_anew_s < math.inf:
                self._list_anew(0.0)
            self._watch.ask()
            self._hurry()
            timer = threading.Timer(HURRY_S, self._hurry)
            timer.daemon = True
            timer.start()

    def maildrop(self) -> SafeText:
        """What waits in the maildrop of a POP3 account, and what becomes of it."""
        return SafeText("")

    def settle(
        self,
        mailbox: MailboxId | None,
        then: Callable[[TuimailError | None], None],
    ) -> None:
        """Have the list of folders fresh, or one folder; `then` hears how it ended."""
        if mailbox is None:
            self.refresh_all(then)
        else:
            self.refresh(mailbox, then=then)

    def leave_on_server(self, messages: Collection[MessageId]) -> bool:
        """Show waiting messages no more; False where there is no maildrop."""
        return False

    def show_left(self) -> int:
        """Show again what was left on the server; gives how many messages."""
        return 0

    def allow_removal(self) -> int:
        """Let many messages be removed from the server by a rule; how many wait."""
        return 0

    @property
    def held_removals(self) -> int:
        """Messages that are not removed from the server before the user allows it."""
        return 0

    def in_use(self) -> None:
        """Somebody is here: see that what is shown is still connected."""
        self._watch.in_use()

    def _hurry(self) -> None:
        """Give up what has not answered for seconds, and begin anew."""
        if self._dialer.hang_up(HURRY_S - 0.1):
            self._work.reconnect()
        self._work.drop_silent()

    def view(self) -> AccountView:
        """How the account stands."""
        pending, failed = self._store.accounts.waiting(self.name)
        with self._lock:
            error = self._error
            return AccountView(
                name=self.name,
                address=self.config.address,
                state=self._state,
                detail=safe_text(str(error), 300) if error else SafeText(""),
                retry_at=self._retry_at,
                pending=pending,
                failed=failed,
                local=isinstance(self.config, MaildirAccount),
                maildrop=isinstance(self.config, Pop3Account),
                needs_password=isinstance(error, Refused) and error.code == NEEDED,
                rooms=tuple(self._store.rooms.get(self.name)),
                shared_rooms=self._permissions.of_others,
                unknown=self._permissions.trouble,
            )

    def _lead(self) -> bool:
        """Be the process that sends for this account, if no other is."""
        if not self._role.held and self._role.take():
            self._store.operations.others_were_here(self.name)
        return self._role.held

    # -- wishes -------------------------------------------------------------

    def submit(self, priority: Priority, job: Job) -> None:
        """Run a job on the work connection, or fail it now when there is none."""
        self._submit(self._work, priority, job)

    def submit_bulk(self, job: Job, priority: Priority = Priority.OPEN) -> None:
        """Run a long transfer on a connection of its own."""
        self._submit(self._bulk, priority, job)

    def show(self, mailbox: MailboxId) -> None:
        """This mailbox is on screen: refresh it first and watch it."""
        self._on_screen = mailbox
        self._permissions.reopened(mailbox)
        self.refresh(mailbox, Priority.VISIBLE)
        self._watch.go()

    def refresh(
        self,
        mailbox: MailboxId,
        priority: Priority = Priority.REFRESH,
        then: Callable[[TuimailError | None], None] = lambda error: None,
    ) -> None:
        """Bring a mailbox up to date; `then` hears how it ended."""

        def run(session: ImapSession) -> None:
            box = self._store.mailboxes.get(mailbox)
            if box is not None and not box.unmade:
                outcome = self._sync(session, mailbox).refresh(self._window)
                self._report(outcome, mailbox)
                self._count(session, mailbox)
                self._check_daily(mailbox)
                self._ask_rights(mailbox)
                if box.owner and mailbox == self._on_screen:
                    self._ask_room(mailbox)
            then(None)

        self.submit(priority, Job(f"refresh {mailbox} {id(then)}", run, then))

    def refresh_all(
        self, then: Callable[[TuimailError | None], None] = lambda error: None
    ) -> None:
        """Ask for the folders and their counts."""

        def run(session: ImapSession) -> None:
            stale = refresh_listing(session, self._store, self.name)
            others = "NAMESPACE" in session.capabilities and session.sees_others
            self._list_anew_s = LIST_ANEW_S if others else math.inf
            self._emit(MailboxesChanged(self.name))
            for mailbox in self._kept(stale):
                self.refresh(mailbox)
            self._fill_all()
            self.submit(Priority.REFRESH, Job("permissions", self._look_around))
            then(None)

        self.submit(Priority.REFRESH, Job(f"folders {id(then)}", run, then))

    def _list_anew(self, wait_s: float) -> None:
        """Have the folders listed by a fresh connection.

        A server may look but once an hour for who shares something with somebody
        who is connected (Dovecot does).
        """
        if not time.monotonic() - self._listed_anew >= wait_s:
            return
        self._listed_anew = time.monotonic()

        def run(session: ImapSession) -> None:
            refresh_listing(session, self._store, self.name)
            self._emit(MailboxesChanged(self.name))
            # Here as well: of what it has had open it tells what was so then.
            self._permissions.forget()
            self._permissions.look_at_others(session)

        self.submit_bulk(Job("folders anew", run), Priority.PREFETCH)

    def compare(
        self,
        mailbox: MailboxId,
        found: list[str],
        then: Callable[[TuimailError | None], None],
    ) -> None:
        """Put into `found` what here is not as on the server; changes nothing."""

        def run(session: ImapSession) -> None:
            found.extend(differences(session, self._store, mailbox))
            then(None)

        self.submit(Priority.REFRESH, Job(f"compare {mailbox}", run, then))

    def replay(self) -> None:
        """Send what is pending; nothing happens when the server is away."""
        if self._may_send() and self.sending:
            job = Job("replay", self._sending.step, patience_s=SENDING_S)
            self.submit(Priority.INTENT, job)

    def _may_send(self) -> bool:
        return self._state in (AccountState.ONLINE, AccountState.CONNECTING)

    def _gather(self) -> None:
        """All is sent: fetch what is to be stored in another account."""
        self._after_sending()

        def run(session: ImapSession) -> None:
            for message in self._store.appends.wanted(self.name):
                try:
                    waiting = gather(session, self._store, message)
                except Gone:
                    self.refresh_all()
                    continue
                for account in waiting:
                    self._emit(Stirred(account))

        if self._store.appends.wanted(self.name):
            self.submit_bulk(Job("gather", run), Priority.INTENT)

    def extend(
        self,
        mailbox: MailboxId,
        what: Callable[[MailboxSync], Outcome],
        ticket: Ticket,
        then: Callable[[TuimailError | None], None],
    ) -> None:
        """Fetch more headers of a mailbox in the way `what` says."""

        def run(session: ImapSession) -> None:
            outcome = what(self._sync(session, mailbox))
            then(None)
            self._report(outcome, mailbox, always=True)

        job = Job(f"extend {mailbox} {ticket.number}", run, then, ticket)
        self.submit(Priority.VISIBLE, job)

    def seek(
        self,
        mailbox: MailboxId,
        what: Callable[[MailboxSync], Outcome],
        ticket: Ticket,
        then: Callable[[TuimailError | None], None],
    ) -> None:
        """Have `what` look for messages on the connection for long work."""

        def run(session: ImapSession) -> None:
            outcome = what(self._sync(session, mailbox))
            then(None)
            if outcome:
                self._report(outcome, mailbox)

        job = Job(f"seek {mailbox} {ticket.number}", run, then, ticket)
        self.submit_bulk(job, Priority.REFRESH)

    # -- inside, on the lanes' threads --------------------------------------

    def _submit(self, lane: Lane, priority: Priority, job: Job) -> None:
        with self._lock:
            away = self._away(priority, bulk=lane is self._bulk)
        if away or not self._started:
            job.failed(Unreachable(self._away_words()))
        else:
            lane.submit(priority, job)

    def _away(self, priority: Priority, *, bulk: bool) -> bool:
        """Whether a job of this kind cannot be done now."""
        if self._state is AccountState.ELSEWHERE:
            # Reading disturbs nobody.
            return priority not in (Priority.OPEN, Priority.PREFETCH)
        return self._state not in (AccountState.ONLINE, AccountState.CONNECTING)

    def _connect(self, listen: Callable[[Untagged], None]) -> ImapSession:
        """A new connection, logged in; what is said unasked goes to `listen`."""
        if self._state is AccountState.OFFLINE:
            raise Unreachable(f"{self.name} is offline.")
        return self._dialer.connect(listen)

    def _away_words(self) -> str:
        if self._state is AccountState.OFFLINE or not self._started:
            return f"{self.name} is offline."
        if self._state is AccountState.ELSEWHERE:
            return ELSEWHERE
        return f"{self.name} cannot be reached: {self._error}"

    def _sync(self, session: ImapSession, mailbox: MailboxId) -> MailboxSync:
        return MailboxSync(session, self._store, mailbox)

    def _standing_jobs(self) -> None:
        """What every fresh connection does: what is on screen, intents, folders."""
        if self._state is not AccountState.ONLINE:
            self._set_unless_offline(AccountState.CONNECTING)
        self.replay()
        self.refresh(self._on_screen or self._inbox(), Priority.VISIBLE)
        self.refresh_all()

    def _inbox(self) -> MailboxId:
        return self._store.mailboxes.inbox(self.name)

    def _after_job(self, session: ImapSession) -> None:
        """Untagged data that came during a job: apply it, and look if need be."""
        news = self._untold.take(self._store)
        for mailbox in news.changed:
            self._emit(MessagesChanged(mailbox, order=True))
        for words in news.alerts:
            said = safe_text(f"{self.name} says: {words}", 500)
            self._emit(Notice(Level.WARNING, said))
        for mailbox in news.stirred:
            self.refresh(mailbox, Priority.VISIBLE)

    def _report(
        self, outcome: Outcome, mailbox: MailboxId, *, always: bool = False
    ) -> None:
        if outcome or always:
            order = bool(outcome.added or outcome.removed or always)
            changed = frozenset(outcome.changed)
            self._emit(MessagesChanged(mailbox, changed, order))
        if outcome.new:
            self._emit(NewMail(mailbox, tuple(outcome.new)))
        self._fill(mailbox)

    def _fill(self, mailbox: MailboxId) -> None:
        """In offline mode every header is kept: go on while there is a gap."""
        if self.config.mode is not Mode.OFFLINE:
            return
        gaps = self._store.messages.gaps(mailbox)
        if gaps and mailbox not in self._store.mailboxes.left_out(self.name):
            self._fill_gap(mailbox, gaps[0])

    def _fill_all(self) -> None:
        """Go on where an earlier run stopped."""
        if self.config.mode is Mode.OFFLINE:
            for box in self._store.mailboxes.all(self.name):
                if self._store.sync.state(box.id).spans:
                    self._fill(box.id)

    def _fill_gap(self, mailbox: MailboxId, gap: Gap) -> None:
        def run(session: ImapSession) -> None:
            outcome = self._sync(session, mailbox).extend(gap.lo, gap.hi)
            self._report(outcome, mailbox)

        self.submit(Priority.PREFETCH, Job(f"fill {mailbox} {gap.hi}", run))

    def _check_daily(self, mailbox: MailboxId) -> None:
        """Once a day compare all that is known with the server, and mend it."""
        if self._store.sync.unchecked_for(mailbox) < CHECK_S:
            return

        def run(session: ImapSession) -> None:
            self._report(mend(session, self._store, mailbox), mailbox)

        self.submit(Priority.PREFETCH, Job(f"check {mailbox}", run))

    def _ask_rights(self, mailbox: MailboxId) -> None:
        if self._permissions.due(mailbox):
            look = self._permissions.look
            job = Job(f"rights {mailbox}", lambda session: look(session, mailbox))
            self.submit(Priority.REFRESH, job)

    def _ask_room(self, mailbox: MailboxId) -> None:
        measure = self._permissions.measure_others
        job = Job(f"room {mailbox}", lambda session: measure(session, mailbox))
        self.submit(Priority.REFRESH, job)

    def _look_around(self, session: ImapSession) -> None:
        """After the folders: what is allowed in those of others, and what room is."""
        self._permissions.look_at_others(session)
        self._permissions.measure(session)

    def _after_sending(self) -> None:
        """What was done may have taken room, or was refused."""
        failed = self._store.accounts.waiting(self.name)[1]
        if failed > self._failures:
            self._permissions.forget()
            self._ask_rights(self._on_screen or self._inbox())
        self._failures = failed

        def run(session: ImapSession) -> None:
            self._permissions.measure(session, soon=True)

        self.submit(Priority.REFRESH, Job("room", run))

    def _count(self, session: ImapSession, mailbox: MailboxId) -> None:
        unseen = session.count(b"UNSEEN", None)
        if self._store.mailboxes.put_unseen(mailbox, unseen):
            self._emit(MailboxesChanged(self.name))

    def _kept(self, stale: list[MailboxId]) -> list[MailboxId]:
        """Of the mailboxes whose counts moved, those that are kept up to date."""
        kept = {self._on_screen, self._inbox()}
        if self.config.mode is Mode.OFFLINE:
            kept |= set(stale) - self._store.mailboxes.left_out(self.name)
        boxes = self._store.mailboxes.all(self.name)
        kept |= {box.id for box in boxes if box.pinned}
        kept |= self._store.mailboxes.named(self.name, self.config.folders)
        return [mailbox for mailbox in stale if mailbox in kept]

    def _watched(self) -> bytes | None:
        mailbox = self._on_screen or self._inbox()
        return self._store.mailboxes.wire_name(mailbox)

    def _stirred(self) -> None:
        if self._state is AccountState.ONLINE:
            self.refresh(self._on_screen or self._inbox(), Priority.VISIBLE)

    def _counted(self, seen: StatusSeen) -> None:
        """A folder that is not on screen has changed on the server."""
        mailbox = self._store.mailboxes.by_wire_name(self.name, seen.wire_name)
        if mailbox is None:
            return
        status = seen.status
        if self._store.mailboxes.put_counts(mailbox, status.messages, status.unseen):
            self._emit(MailboxesChanged(self.name))
        if differs(self._store, mailbox, status) and self._kept([mailbox]):
            self.refresh(mailbox)

    def _broken(self) -> None:
        """The watching connection is dead: is the other one? Ask before a job does."""
        if self._state is AccountState.ONLINE:
            # A command that may take minutes, and hears nothing, is on a dead path too.
            self._work.drop_silent()
            probe = Job("probe", lambda session: session.noop(PROBE_S))
            self.submit(Priority.OPEN, probe)
            self._stirred()

    def _poll(self) -> None:
        if self._state is AccountState.ONLINE:
            self.refresh_all()
            self._list_anew(self._list_anew_s)

    def _news(self, news: LaneNews) -> None:
        match news:
            case Connecting():
                # If the last one died unnoticed, the watching one may have as well.
                self._watch.ask()
                self._set_unless_offline(AccountState.CONNECTING)
            case Connected():
                self._set_unless_offline(AccountState.ONLINE)
                self._watch.go()
            case Lost(error=error, wait_s=wait_s):
                self._watch.rest()
                at = time.time() + wait_s
                self._set_unless_offline(AccountState.WAITING, error, at)
            case Stopped(error=error):
                self._watch.rest()
                self._set_unless_offline(AccountState.REFUSED, error)

    def _set_unless_offline(
        self,
        state: AccountState,
        error: TuimailError | None = None,
        retry_at: float | None = None,
    ) -> None:
        off = (AccountState.OFFLINE, AccountState.ELSEWHERE)
        self._set(state, error, retry_at, unless=off)

    def _set(
        self,
        state: AccountState,
        error: TuimailError | None,
        retry_at: float | None,
        unless: tuple[AccountState, ...] = (),
    ) -> None:
        with self._lock:
            # Looked at in here: it may be told to rest while a connection fails.
            if self._state in unless:
                return
            self._state, self._error, self._retry_at = state, error, retry_at
        self._emit(AccountStateChanged(self.name))
