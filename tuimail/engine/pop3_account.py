"""One POP3 account: its files here, and the maildrop that is looked at now and then.

The files are worked on at once, whatever the network does. One lane alone talks to
the maildrop: look, headers, messages if all are wanted, then what is due to be removed;
each step is a job of its own, so that a message somebody wants to read goes between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, cast

from tuimail.config import Fetch, Pop3Account
from tuimail.engine.account import ELSEWHERE, Account, Bulk
from tuimail.engine.backoff import wait_s
from tuimail.engine.dialing import MaildropDialer
from tuimail.engine.events import (
    AccountState,
    Level,
    MailboxesChanged,
    MessagesChanged,
    NewMail,
    Notice,
)
from tuimail.engine.jobs import Job, Priority
from tuimail.engine.lane import Connected, Connecting, LaneNews
from tuimail.engine.maildrop import MASS_OK, Maildrop
from tuimail.engine.retrieve import take_in
from tuimail.engine.sync_imap import MailboxSync, select_known
from tuimail.errors import (
    Away,
    Busy,
    Refused,
    StoreError,
    TuimailError,
    Unreachable,
    Unsupported,
)
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Role, SafeText
from tuimail.net import names
from tuimail.store.maildir_names import Entry
from tuimail.store.maildrop import PopItem, PopState
from tuimail.store.maildrop_tree import MaildropTree

if TYPE_CHECKING:
    from collections.abc import Collection

    from tuimail.engine.pop3_session import Pop3Files
    from tuimail.mail.types import MailboxId, MessageId
    from tuimail.net.imap import ImapSession

FIRST_HEADERS = 50
MOST_HEADERS = 500
FETCH_TOGETHER = 100
FETCH_OCTETS = 4 * 1024 * 1024
LINGER_S = 30.0
"""A maildrop is locked while we are connected."""
AGAIN_S = 300.0
"""Wait after an answer that makes no sense."""
FOLDERS = (b"INBOX", b"Archive", b"Junk", b"Sent", b"Trash")
TRIAGED = "triaged"
TREE = "tree"
"""Under these names it is noted: all headers were here once; where the files are."""
SETTLED_S = 30.0
"""A look at the maildrop that young is not repeated for a single folder."""
MB = 1 << 20


Waiter = Callable[["TuimailError | None"], None]


class MaildropAccount(Account):
    """The engine of one POP3 account."""

    config: Pop3Account
    _dialer: MaildropDialer

    def _dial(self) -> MaildropDialer:
        assert isinstance(self.config, Pop3Account)
        assert self.secret is not None, "a server wants a password"
        drops = self._store.maildrops
        self._store.accounts.note_kind(self.name, "pop3")
        self._rng = Random()
        self._timer: threading.Timer | None = None
        self._failures = 0
        self._chunk = FIRST_HEADERS
        self._triaged = drops.noted(self.name, TRIAGED) is not None
        self._seen_version = 0
        self._loading = False
        """Headers come, and are shown as they do."""
        self._settled_at = -1e9
        self._waiters: list[Waiter] = []
        """Who wants to know when this look at the maildrop is over."""
        self._waiters_lock = threading.Lock()
        tree = MaildropTree(
            self.config.path or self._store.maildir(self.name),
            drops,
            self.name,
            _is_trash,
            follow=self.config.delete_when_deleted,
        )
        self.drop = Maildrop(self.config, self.secret, drops, tree)
        lists = self._store.uid_lists(self.name)
        return MaildropDialer(tree, lists, self.drop)

    def _bulk_connection(self) -> Bulk:
        return Bulk(partial(self._dialer.reach, lambda event: None), LINGER_S)

    # -- life ---------------------------------------------------------------

    def start(self) -> None:
        """Make the folders where there were none before, and begin."""
        tree, drops = self._dialer.tree, self._store.maildrops
        root = str(tree.root)
        try:
            # A tree that was there and is not may be a disk that is not mounted.
            if not tree.exists(b"INBOX") and drops.noted(self.name, TREE) != root:
                for folder in FOLDERS:
                    tree.make(folder)
            if tree.exists(b"INBOX"):
                drops.note(self.name, TREE, root)
        except StoreError as error:
            # The lanes find no tree, and say so again when they try.
            self._warn(str(error))
        super().start()

    def close(self) -> None:
        """End; what is due to be removed stays on the server until the next time."""
        self._wait_no_more()
        super().close()

    def pause(self, paused: bool) -> None:
        """Leave the maildrop alone until told otherwise."""
        self._wait_no_more()
        if paused:
            self.drop.closed = f"{self.name} is offline."
        super().pause(paused)
        if not paused:
            self.drop.closed = "" if self._role.held else ELSEWHERE

    def reconnect(self) -> None:
        """Look now."""
        if not self.elsewhere:
            self._failures = 0
            self.drop.stale()
            self._dialer.hang_up()
            self._standing_jobs()

    def allow_removal(self) -> int:
        """The user allows what was held back; gives how many messages that are."""
        count = self.drop.held_back
        if count:
            # Not in advance: the question is what protects from a wrong rule.
            self._store.maildrops.note(self.name, MASS_OK, "1")
            self.look()
        return count

    @property
    def held_removals(self) -> int:
        """Messages that are not removed from the server before the user allows it."""
        return self.drop.held_back

    def leave_on_server(self, messages: Collection[MessageId]) -> bool:
        """Show these waiting messages no more; those that are here stay."""

        def run(session: ImapSession) -> None:
            files = cast("Pop3Files", session)
            for message in messages:
                place = self._store.messages.place(message)
                if place is not None and place.uid is not None:
                    select_known(session, self._store, place.mailbox)
                    files.skip(place.uid)
                    self.refresh(place.mailbox, Priority.VISIBLE)

        self.submit(Priority.INTENT, Job(f"skip {id(messages)}", run))
        return True

    def show_left(self) -> int:
        """Show again what was left on the server; gives how many messages."""
        count = self._store.maildrops.show_skipped(self.name)
        self.refresh(self._inbox(), Priority.VISIBLE)
        return count

    def maildrop(self) -> SafeText:
        """What waits on the server, and what becomes of it."""
        counts = self._store.maildrops.counts(self.name)
        left = counts.get(PopState.SKIPPED, 0)
        coming = counts.get(PopState.LISTED, 0)
        words = f"{counts.get(PopState.WAITING, 0) + coming:,} wait on the server."
        words += f" The headers of {coming:,} are still to come." if coming else ""
        words += f" {left:,} were left there and are not shown." if left else ""
        return safe_text(f"{words} {self.config.policy}", 400)

    def _lead(self) -> bool:
        held = super()._lead()
        if self._state is not AccountState.OFFLINE:
            self.drop.closed = "" if held else ELSEWHERE
        return held

    # -- the maildrop -------------------------------------------------------

    def look(self) -> None:
        """See what is in the maildrop, soon."""
        self._wait_no_more()
        if self._role.held and not self.drop.closed:
            self._bulk.submit(Priority.REFRESH, Job("look", self._look, self._failed))

    def settle(self, mailbox: MailboxId | None, then: Waiter) -> None:
        """Files and maildrop: all that is done by itself, or for a folder its list."""

        if mailbox not in (None, self._inbox()):
            # Nothing of the maildrop shows there but what was put there here.
            super().settle(mailbox, then)
            return

        def listed(error: TuimailError | None) -> None:
            away = self.drop.closed
            young = time.monotonic() - self._settled_at < SETTLED_S
            if error is None and mailbox is not None and young:
                shown(None)
                return
            if error is not None or away:
                then(error or Unreachable(away))
                return
            with self._waiters_lock:
                self._waiters.append(then if mailbox is None else shown)
            self.look()

        def shown(error: TuimailError | None) -> None:
            if error is None and mailbox is not None:
                self.refresh(mailbox, then=then)
            else:
                then(error)

        self.refresh_all(listed)

    def submit_bulk(self, job: Job, priority: Priority = Priority.OPEN) -> None:
        """Run a job that may want the maildrop; when that is away, the account says so.

        It would otherwise count as online until the next look.
        """

        def failed(error: TuimailError) -> None:
            if isinstance(error, Away):
                self.look()
            job.failed(error)

        super().submit_bulk(replace(job, failed=failed), priority)

    def _look(self, session: ImapSession) -> None:
        if self._state is not AccountState.ONLINE:
            self._set_unless_offline(AccountState.CONNECTING)
        try:
            reading = self.drop.look()
        except TuimailError as error:
            self._failed(error)
            return
        self._failures = 0
        self._set_unless_offline(AccountState.ONLINE)
        if reading.unnamed:
            self._warn(
                f"{self.name}: {reading.unnamed} messages have no usable id on the"
                " server; they are left alone there and not shown."
            )
        self._emit(MailboxesChanged(self.name))
        self._chunk = FIRST_HEADERS
        self._go_on(self._headers)

    def _go_on(self, step: object) -> None:
        run = cast("partial[None]", step)
        name = getattr(step, "__name__", "step")
        self._bulk.submit(Priority.PREFETCH, Job(name, run, self._failed))

    def _drain(self, session: ImapSession) -> None:
        gone = self.drop.drain()
        self._say_held_back()
        if gone:
            self.refresh(self._inbox(), Priority.VISIBLE)
            self.look()
        else:
            self._tell(None)

    def _headers(self, session: ImapSession) -> None:
        if self.drop.nameless:
            self._go_on(self._drain)
            return
        came = self.drop.headers(self._chunk)
        self._loading = bool(came)
        if came:
            self._chunk = min(2 * self._chunk, MOST_HEADERS)
            self._take_in(session, came)
            self._go_on(self._headers)
            return
        if not self._triaged:
            # After the refreshes that wait: what they find is no news.
            self.refresh(self._inbox(), Priority.VISIBLE, self._triage_done)
        self._go_on(self._fetch_more)

    def _take_in(self, session: ImapSession, came: list[PopItem]) -> None:
        """Show these without a look at all the others: there may be very many."""
        inbox = self._inbox()
        uids = cast("Pop3Files", session).headed(came)
        added = take_in(session, self._store, inbox, uids, news=self._triaged)
        box = self._store.mailboxes.get(inbox)
        unread = sum("S" not in item.letters for item in came)
        if box is not None:
            self._store.mailboxes.put_unseen(inbox, (box.unread or 0) + unread)
        self._emit(MessagesChanged(inbox, order=True))
        if self._triaged and added:
            self._emit(NewMail(inbox, added))

    def _triage_done(self, error: TuimailError | None) -> None:
        if error is None:
            self._triaged = True
            self._store.maildrops.note(self.name, TRIAGED, "1")

    def _fetch_more(self, session: ImapSession) -> None:
        wanted = self._wanted() if self.config.fetch is Fetch.ALL else []
        if wanted and not self.drop.full:
            got = self.drop.fetch_many(wanted)
            self._taken(session, got)
            self._go_on(self._fetch_more)
        else:
            self._go_on(self._remove)

    def _wanted(self) -> list[PopItem]:
        limit = self.config.whole_up_to_mb * MB or None
        chosen, octets = [], 0
        for item in self.drop.waiting():
            if limit is None or item.size <= limit:
                chosen.append(item)
                octets += item.size
            if len(chosen) >= FETCH_TOGETHER or octets >= FETCH_OCTETS:
                break
        return chosen

    def _taken(self, session: ImapSession, got: list[tuple[PopItem, Entry]]) -> None:
        """Say in the store what the fetched messages are."""
        files = cast("Pop3Files", session)
        for folder in {item.folder for item, _ in got}:
            mailbox = self._store.mailboxes.by_wire_name(self.name, folder)
            if mailbox is None:
                continue
            entries = {e.key: e for item, e in got if item.folder == folder}
            uids = files.arrived(folder, entries)
            take_in(session, self._store, mailbox, uids)
            self._emit(MessagesChanged(mailbox, order=True))

    def _remove(self, session: ImapSession) -> None:
        full = self.drop.full
        gone = self.drop.remove()
        self._say_held_back()
        if gone and full:
            # More is waiting: the next connection goes on.
            self.look()
        else:
            self._tell(None)

    def _wishes(self, session: ImapSession) -> None:
        """The user wants something removed."""
        if self.drop.connected:
            self._remove(session)
        else:
            self._look(session)

    def _tell(self, error: TuimailError | None) -> None:
        """The round is over."""
        if error is None:
            self._settled_at = time.monotonic()
        with self._waiters_lock:
            waiters, self._waiters = self._waiters, []
        for then in waiters:
            then(error)

    def _say_held_back(self) -> None:
        if self.drop.held_back:
            self._warn(
                f"{self.drop.held_back:,} messages are due to be removed from"
                f" {self.config.host}; type :allow-removal to allow it from now on."
            )

    def _failed(self, error: TuimailError) -> None:
        """The maildrop could not be asked: try again by oneself when that may help."""
        self._loading = False
        self._note_failure(error)
        self._tell(error)

    def _note_failure(self, error: TuimailError) -> None:
        match error:
            case Refused() | Unsupported():
                self._set_unless_offline(AccountState.REFUSED, error)
                return
            case Busy(wait_s=wait):
                pass
            case Unreachable() | Away():
                self._failures += 1
                wait = wait_s(self._failures, self._rng)
            case _:
                wait = AGAIN_S
        state = AccountState.WAITING
        self._set_unless_offline(state, error, time.time() + wait)
        if self._started and self._role.held:
            self._wait_no_more()
            self._timer = threading.Timer(wait, self.look)
            self._timer.daemon = True
            self._timer.start()

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _warn(self, words: str) -> None:
        self._emit(Notice(Level.WARNING, safe_text(words, 400)))

    # -- what differs from a server that is always asked ----------------------

    def _away(self, priority: Priority, *, bulk: bool) -> bool:
        """The files are here; only another process in charge keeps us from them."""
        reading = (Priority.OPEN, Priority.PREFETCH)
        return self._state is AccountState.ELSEWHERE and priority not in reading

    def _may_send(self) -> bool:
        return self._role.held

    def _gather(self) -> None:
        """All is done that could be: a copy of what waits needs the message here."""
        super()._gather()
        wanted = self._store.transfers.without_octets(self.name)

        def run(session: ImapSession) -> None:
            files = cast("Pop3Files", session)
            for op, messages in wanted.items():
                for message in messages:
                    place = self._store.messages.place(message)
                    if place is not None and place.uid is not None:
                        select_known(session, self._store, place.mailbox)
                        files.bring(place.uid)
                        take_in(session, self._store, place.mailbox, [place.uid])
                        rows = frozenset((message,))
                        self._emit(MessagesChanged(place.mailbox, rows, order=False))
                self._store.queue.retry(op)
            self.replay()

        if wanted and not self.drop.closed:
            self.submit_bulk(Job("messages to copy", run), Priority.INTENT)

    def _standing_jobs(self) -> None:
        self.replay()
        self.refresh(self._on_screen or self._inbox(), Priority.VISIBLE)
        self.refresh_all()
        self.look()

    def _after_job(self, session: ImapSession) -> None:
        super()._after_job(session)
        version = self._store.maildrops.version(self.name)
        if version != self._seen_version:
            self._seen_version = version
            if self._store.maildrops.unwanted(self.name) and not self.drop.closed:
                wishes = Job("wishes", self._wishes, self._failed)
                self._bulk.submit(Priority.REFRESH, wishes)

    def _sync(self, session: ImapSession, mailbox: MailboxId) -> MailboxSync:
        # The first listing is no news, however much there is.
        return MailboxSync(session, self._store, mailbox, news=self._triaged)

    def _stirred(self) -> None:
        if not self._loading:
            self.refresh(self._on_screen or self._inbox(), Priority.VISIBLE)

    def _broken(self) -> None:
        self._stirred()

    def _poll(self) -> None:
        self.refresh_all()
        self.look()

    def _news(self, news: LaneNews) -> None:
        match news:
            case Connecting():
                self._watch.ask()
            case Connected():
                self._watch.go()
            case _:
                super()._news(news)


def _is_trash(folder: bytes) -> bool:
    return names.role_by_name(names.decode(folder), ".") is Role.TRASH
