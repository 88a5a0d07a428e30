"""What the screen and the command line call: mail without a wait.

Every method answers from the store at once; whatever needs the server is begun and
ends with an event. Events are told on the thread on which they happen.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tuimail.config import Config, ImapAccount, Mode, columns_problem
from tuimail.engine.events import (
    AccountState,
    Event,
    Failed,
    Finished,
    MessagesChanged,
    Progress,
    TextFailed,
    TextReady,
)
from tuimail.engine.passing import Passing
from tuimail.engine.rows import FolderRows, FoundRows
from tuimail.engine.views import (
    PLAIN,
    AccountView,
    MessageView,
    Plan,
    Recipients,
    Rows,
    Shape,
)
from tuimail.errors import TuimailError, Unreachable
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import (
    Canvas,
    Gap,
    Header,
    Listing,
    Mailbox,
    MailboxId,
    MessageId,
    RenderedText,
    Role,
    RowKey,
    SafeText,
    Section,
    Standing,
)
from tuimail.paths import Paths
from tuimail.store.mailboxes import LEFT_OUT
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.engine.account import Account
    from tuimail.engine.announce import Announcer
    from tuimail.engine.conversations import Conversations
    from tuimail.engine.counting import Counting
    from tuimail.engine.decisions import Decisions
    from tuimail.engine.download import Downloads
    from tuimail.engine.folder_gestures import FolderGestures
    from tuimail.engine.gestures import Gestures
    from tuimail.engine.jobs import Ticket
    from tuimail.engine.rules import Rules
    from tuimail.engine.running import Running
    from tuimail.engine.seeking import Seeker
    from tuimail.engine.sync_imap import MailboxSync, Outcome
    from tuimail.mail.lists import MailingList, Mailto

OLDEST_COUNT = 200
"""Headers fetched around a place far down a mailbox."""
TICKETS_KEPT = 200
OUTGOING = (Role.SENT, Role.DRAFTS)
"""Roles of folders where one knows who wrote it."""
COUNT_MAX = 10_000
"""More is not counted where somebody waits for it."""
TEXT_WAIT_S = 120.0


class MailService:
    """All accounts of one program run, their store, and what is under way."""

    def __init__(self, config: Config, paths: Paths) -> None:
        """Open the store; nothing is connected. Raises StoreError with a remedy."""
        self.config = config
        self.store = Store(paths.state, paths.cache, paths.data)
        self.notices = self.store.notices
        """Sentences about what was mended when the store was opened."""
        self._listeners: list[Callable[[Event], None]] = []
        self._tickets: dict[int, Ticket] = {}
        self._loading: dict[MailboxId, int] = {}
        self._made: Running | None = None
        self._run = paths.run
        self._told_file = paths.state / "told"
        self._announcer: Announcer | None = None
        online = [a.name for a in config.accounts if a.mode is Mode.ONLINE]
        self._passing = Passing(self.store, paths.run, online)

    def subscribe(self, listener: Callable[[Event], None]) -> None:
        """Have `listener` told every event, on whatever thread it happens."""
        self._listeners.append(listener)

    def announce(self) -> None:
        """Have new mail told of: `Announced` events, and the user's command."""
        from tuimail.engine.announce import Announcer, Told

        told = Told(self._told_file, self._told_file.with_name("state.db"))
        self._announcer = Announcer(
            *(self, self.config.notify, self._emit, told),
            settled=lambda timeout_s: self.rules.settled(timeout_s),
        )
        self.subscribe(self._announcer)

    def load(self, then: Callable[[], None]) -> None:
        """Load what talks to servers on a thread of its own; calls `then` there."""
        from tuimail.engine.loading import load

        load(then)

    def start(self, *, sending: bool = True) -> None:
        """Begin to talk to the servers; without `sending` nothing is changed there."""
        self._running.start(sending=sending)

    def close(self) -> None:
        """End all threads and connections; what is pending stays in the journal."""
        if self._announcer is not None:
            self._announcer.close()
        if self._made is not None:
            self._made.close()
        self._passing.leave()
        self.store.close()

    # -- what is known ------------------------------------------------------

    def accounts(self) -> list[AccountView]:
        """Every account and how it stands, in the order of the configuration."""
        return [self.account(account.name) for account in self.config.accounts]

    def account(self, name: str) -> AccountView:
        """One account; KeyError when there is none of that name."""
        if self._made is not None:
            return self._made.accounts[name].view()
        addresses = {each.name: each.address for each in self.config.accounts}
        pending, failed = self.store.accounts.waiting(name)
        state = AccountState.CONNECTING
        return AccountView(name, addresses[name], state, pending=pending, failed=failed)

    def mailboxes(self, account: str) -> list[Mailbox]:
        """Folders of an account: inbox, then roles, then by name."""
        return self.store.mailboxes.all(account)

    def inbox(self, account: str) -> MailboxId:
        """The account's inbox, which always exists."""
        return self.store.mailboxes.inbox(account)

    def mailbox(self, mailbox: MailboxId) -> Mailbox | None:
        """One folder, also a virtual one."""
        if mailbox < 0:
            return self._running.seeker.mailbox(mailbox)
        return self.store.mailboxes.get(mailbox)

    def listing(self, mailbox: MailboxId) -> Listing:
        """What is known about a folder's header list as a whole."""
        known = self.store.messages.known(mailbox)
        folder = self.mailbox(mailbox)
        assert folder is not None, "a listing is asked for folders that were given out"
        loading = self._loading.get(mailbox, 0) > 0
        return Listing(folder, known.rows, known.gaps, loading, known.synced_at)

    def rows(self, mailbox: MailboxId, shape: Shape = PLAIN) -> Rows:
        """What a list shows of a folder at once: all of it, as it lies.

        Of a virtual folder, and in another shape, nothing until `find` has answered.
        """
        if mailbox > 0:
            return FolderRows(self, mailbox, shape)
        box = self.mailbox(mailbox)
        assert box is not None, "a virtual folder that was given out"
        return FoundRows(self, box, shape, array("q"), loading=True)

    def find(
        self,
        mailbox: MailboxId,
        shape: Shape,
        *,
        account: str = "",
        marked: Collection[MessageId] = (),
    ) -> int:
        """Find what a list is to show; gives a ticket, ends with Found or Failed.

        In a folder, or in what a virtual one stands for; `FOUND` is everywhere, or one
        `account`. What was asked before is forgotten. Raises QueryError with the place
        of the word at fault.
        """
        return self._running.seeker.find(mailbox, shape, account, marked)

    def shape(self, mailbox: MailboxId) -> Shape:
        """How a folder was shown the last time."""
        return Shape.of(self.store.mailboxes.setting(mailbox, "shape") or "")

    def keep_shape(self, mailbox: MailboxId, shape: Shape) -> None:
        """Show a folder so the next time as well."""
        kept = None if shape._replace(query=PLAIN.query) == PLAIN else shape.kept()
        if kept != self.store.mailboxes.setting(mailbox, "shape"):
            self.store.mailboxes.set_setting(mailbox, "shape", kept)

    def columns(self, mailbox: MailboxId) -> tuple[str, ...]:
        """The columns of a folder's list: its own, else the usual ones."""
        kept = tuple((self._kept_columns(mailbox) or "").split())
        if kept and not columns_problem(kept):
            return kept
        return self.usual_columns(mailbox)

    def usual_columns(self, mailbox: MailboxId) -> tuple[str, ...]:
        """The columns of the configuration; sent mail and drafts say whom it is for."""
        columns = self.config.view.columns
        box = self.store.mailboxes.get(mailbox) if mailbox > 0 else None
        if box is None or box.role not in OUTGOING or "to" in columns:
            return columns
        return tuple("to" if each == "from" else each for each in columns)

    def keep_columns(self, mailbox: MailboxId, columns: tuple[str, ...]) -> None:
        """Show a folder with these columns from now on; with none: the usual ones."""
        kept = " ".join(columns) or None
        if mailbox > 0:
            self.store.mailboxes.set_setting(mailbox, "columns", kept)
        else:
            # A virtual folder has no settings of its own.
            self.store.set_meta(f"columns {mailbox}", kept or "")

    def _kept_columns(self, mailbox: MailboxId) -> str | None:
        if mailbox > 0:
            return self.store.mailboxes.setting(mailbox, "columns")
        return self.store.get_meta(f"columns {mailbox}")

    def recipients(self, messages: Iterable[MessageId]) -> dict[MessageId, Recipients]:
        """Whom each of these messages is for; for a screenful."""
        own = {each.address.casefold() for each in self.config.accounts}
        found = self.store.messages.recipients(messages)
        return {each: Recipients.of(to, cc, own) for each, (to, cc) in found.items()}

    @property
    def seeker(self) -> Seeker:
        """Virtual folders, saved searches, senders and lists."""
        return self._running.seeker

    @property
    def counting(self) -> Counting:
        """Whole senders and lists, and figures of all mail."""
        return self._running.counting

    def readable(self, mailbox: MailboxId) -> int:
        """How many messages of a folder can be read without a server, to COUNT_MAX."""
        return self.store.keeping.readable(mailbox, COUNT_MAX)

    def page(
        self,
        mailbox: MailboxId,
        *,
        after: RowKey | None = None,
        before: RowKey | None = None,
        oldest: bool = False,
        limit: int = 64,
    ) -> list[Header]:
        """Up to `limit` rows, newest first: the top, next to a key, or the last."""
        return self.store.messages.page(
            mailbox, after=after, before=before, oldest=oldest, limit=limit
        )

    def header(self, message: MessageId) -> Header | None:
        """One row; None when the message is gone."""
        return self.store.messages.header(message)

    def headers(self, messages: Collection[MessageId]) -> list[Header]:
        """These rows, without those that are gone."""
        found = self.store.messages.in_order(messages)
        return [header for header in found if header.content]

    def standing(self, messages: Iterable[MessageId]) -> Standing:
        """How these messages stand together; for one line."""
        return self.store.messages.standing(messages)

    def list_of(self, message: MessageId) -> str:
        """The List-Id of a message; empty when it came by no list. Not safe to show."""
        return self.store.messages.list_of(message)

    def rank(self, mailbox: MailboxId, key: RowKey) -> int:
        """How many known rows stand above a key."""
        return self.store.messages.rank(mailbox, key)

    def next_unread(
        self, mailbox: MailboxId, key: RowKey, forward: bool = True
    ) -> Header | None:
        """The nearest unread row below (`forward`) or above a key."""
        return self.store.messages.next_unread(mailbox, key, forward)

    def unread(self, mailbox: MailboxId) -> list[MessageId]:
        """Every message of a mailbox that is known and shown as unread."""
        return self.store.messages.unread(mailbox)

    def neighbour(
        self, mailbox: MailboxId, key: RowKey, forward: bool = True
    ) -> Header | None:
        """The row right below or above a key."""
        return self.store.messages.neighbour(mailbox, key, forward)

    def message(self, message: MessageId) -> MessageView | None:
        """All that is known of a message before any text of it."""
        from tuimail.engine.present import message_view
        from tuimail.mail.reading import HEADER_FIELDS
        from tuimail.mail.structure import parse_structure

        header = self.store.messages.header(message)
        content = self.store.messages.content(message)
        if header is None or content is None:
            return None
        structure = parse_structure(content.structure) if content.structure else None
        if structure is not None and self._made is not None:
            structure = self._made.texts.seals.expanded(content.id, structure)
        here = self.store.parts.sections(content.id)
        prefer = self.prefers(header.sender_addr)
        told, trusted = b"", ""
        if HEADER_FIELDS in here:
            told = self.store.parts.get(content.id, HEADER_FIELDS) or b""
            box = self.store.mailboxes.get(header.mailbox)
            trusted = self.trusted_server(box.account) if box is not None else ""
        return message_view(
            *(header, content.envelope, structure, here, prefer), told, trusted
        )

    def trusted_server(self, account: str) -> str:
        """The server whose Authentication-Results an account believes; `''` for none.

        As configured, or as the user said once (RFC 8601 §5).
        """
        from tuimail.engine.listmail import trusted_server

        return trusted_server(self.config, self.store, account)

    def trust_server(self, account: str, server: str) -> None:
        """Believe what a server says of senders; `''` to believe none."""
        from tuimail.engine.listmail import trust_server

        trust_server(self.store, account, server)

    def prefers(self, sender: str) -> str:
        """`plain` or `html`: how mail of an address is shown when it has both."""
        kept = self.store.get_meta(f"prefer {sender.lower()}") if sender else None
        return kept if kept in ("plain", "html") else self.config.view.prefer

    def prefer(self, sender: str, text: str) -> None:
        """From now on show mail of this address as `plain` or `html`."""
        self.store.set_meta(f"prefer {sender.lower()}", text)

    @cached_property
    def threads(self) -> Conversations:
        """Conversations: lists in their order, their trees, muting."""
        from tuimail.engine.conversations import Conversations

        return Conversations(self.store)

    def thread_messages(
        self, message: MessageId, mailbox: MailboxId | None = None
    ) -> list[MessageId]:
        """A message's whole conversation, in a mailbox or in the whole account."""
        return self.threads.messages(message, mailbox)

    # -- wishes -------------------------------------------------------------

    def open_mailbox(self, mailbox: MailboxId) -> None:
        """Say that a folder is on screen: it is refreshed first, and watched."""
        self._of(mailbox).show(mailbox)

    def want_gap(self, mailbox: MailboxId, gap: Gap) -> int:
        """Fetch the newest headers of a gap; gives a ticket."""
        return self._extend(mailbox, lambda sync: sync.extend(gap.lo, gap.hi))

    def want_all(self, mailbox: MailboxId) -> int:
        """Fetch all headers of a folder, the newest first, until it is cancelled.

        Gives a ticket; tells Progress, ends with Finished or Failed.
        """
        ticket = self._ticket()

        def go_on(error: TuimailError | None) -> None:
            listing = self.listing(mailbox)
            if error is not None:
                self._emit(Failed(ticket.number, safe_text(str(error), 300)))
            if error is not None or ticket.cancelled:
                return
            if not listing.gaps:
                words = safe_text(f"All {listing.known:,} headers are here.")
                self._emit(Finished(ticket.number, words))
                return
            total = max(listing.known, listing.mailbox.total or 0)
            label = SafeText("Headers")
            self._emit(Progress(ticket.number, listing.known, total, label))
            gap = listing.gaps[0]
            self._extend(mailbox, lambda sync: sync.extend(gap.lo, gap.hi), go_on)

        go_on(None)
        return ticket.number

    def want_oldest(self, mailbox: MailboxId) -> int:
        """Fetch the oldest headers; gives a ticket."""
        return self._extend(mailbox, lambda sync: sync.oldest(OLDEST_COUNT))

    def want_date(self, mailbox: MailboxId, day: date) -> int:
        """Fetch headers that arrived just before the end of `day`; gives a ticket."""
        from tuimail.engine.present import imap_date

        after = imap_date(day + timedelta(days=1))
        return self._extend(mailbox, lambda sync: sync.around(after, OLDEST_COUNT))

    def want_text(
        self,
        message: MessageId,
        *,
        width: int,
        prefer: str = "plain",
        section: Section | None = None,
        source: bool = False,
        full_headers: bool = False,
        fetch: bool = True,
        whole: bool = False,
        pictures: bool = False,
    ) -> int:
        """Get a text of a message, rendered; ends with TextReady or TextFailed.

        Without `fetch` a message that waits in a maildrop stays there. Of a long text
        the first 2 MiB are given, or 16 MiB of the `whole`. With `pictures` it says
        where the message's own belong; `want_pictures` gets them.
        """
        from tuimail.engine.texts import Wanted

        wanted = Wanted(
            *(message, width, prefer, section, source, full_headers, fetch),
            whole=whole,
            pictures=pictures,
        )
        ticket = self._ticket()
        self._running.room.on_screen = message
        self._running.texts.want(wanted, ticket)
        return ticket.number

    def want_pictures(
        self,
        message: MessageId,
        section: Section | None,
        numbers: frozenset[int],
        canvas: Canvas,
    ) -> int:
        """Get the attached pictures of a message, and those of these numbers.

        Of the message within it when a `section` names one. Each comes by itself, with
        PictureReady; nothing but parts of the message is ever fetched.
        """
        from tuimail.engine.pictures import Album

        ticket = self._ticket()
        album = Album(message, section, numbers, canvas)
        self._running.pictures.want(album, ticket)
        return ticket.number

    def want_first_lines(self, messages: Collection[MessageId]) -> None:
        """Say that these rows are on the screen, and want their texts' first lines.

        They come by themselves where a text is here; else a server is asked that can
        say them. Tells FirstLinesKnown. No text is fetched.
        """
        if self._made is not None:
            self._made.first_lines.want(messages)

    def prefetch(self, message: MessageId) -> None:
        """Have the text of a message here that will probably be read next."""
        header = self.store.messages.header(message)
        sender = header.sender_addr if header is not None else ""
        self._running.texts.prefetch(message, self.prefers(sender))

    def save(self, message: MessageId, section: Section, path: Path) -> int:
        """Save a part under a free name near `path`; ends with Saved or Failed."""
        ticket = self._ticket()
        self._running.saver.save(message, section, path, ticket)
        return ticket.number

    def look_at_list(self, message: MessageId) -> int:
        """Find out how the list of a message is left; ends with ListKnown or Failed."""
        ticket = self._ticket()
        self._running.lists.look(message, ticket)
        return ticket.number

    def leave_list(self, found: MailingList) -> int:
        """Send the one request that leaves a list; ends with Finished or Failed."""
        ticket = self._ticket()
        self._running.lists.leave(found, ticket)
        return ticket.number

    def draft(self, account: str, to: Mailto) -> SafeText:
        """Put the letter a mailto asks for among the drafts; gives its folder's name.

        Raises AccountError when its addresses cannot be written.
        """
        from tuimail.engine.letters import draft

        found = next(each for each in self.config.accounts if each.name == account)
        crlf = isinstance(found, ImapAccount)
        written = draft(found.address, to, int(time.time()), crlf=crlf)
        target = self.folders.of_role(account, Role.DRAFTS)
        self.gestures.take_in(target, [written])
        box = self.mailbox(target)
        return box.name if box is not None else safe_text("Drafts", 60)

    def save_all(
        self, message: MessageId, sections: Sequence[Section], folder: Path
    ) -> int:
        """Save parts into a folder; ends with Finished or Failed, one sentence."""
        ticket = self._ticket()
        self._running.saver.save_all(message, sections, folder, ticket)
        return ticket.number

    def open_part(
        self, message: MessageId, section: Section, *, sure: bool = False
    ) -> int:
        """Open a part with a program; also one that is doubted when the user is `sure`.

        Ends with Finished, Foreground, Held or Failed.
        """
        ticket = self._ticket()
        self._running.opener.open(message, section, ticket, sure=sure)
        return ticket.number

    def pipe(self, message: MessageId, section: Section, line: str) -> int:
        """Give a part to a command; ends with Piped or Failed."""
        ticket = self._ticket()
        self._running.opener.pipe(message, section, line, ticket)
        return ticket.number

    def open_link(self, url: str) -> int:
        """Open a link as `mail.urls` gives it; ends as `open_part` does."""
        ticket = self._ticket()
        self._running.opener.link(url, ticket)
        return ticket.number

    def open_page(self, message: MessageId, section: Section, *, remote: bool) -> int:
        """Show an HTML part in the browser; `remote`: with pictures from elsewhere."""
        ticket = self._ticket()
        self._running.opener.page(message, section, ticket, remote=remote)
        return ticket.number

    @property
    def has_browser(self) -> bool:
        """Whether a link could be opened here."""
        return self._running.opener.has_browser

    def run_here(self, argv: tuple[str, ...], file: str) -> SafeText:
        """Run a program on the terminal, to its end; gives what went wrong.

        The screen must have stepped aside. `file` is removed afterwards.
        """
        return safe_text(self._running.opener.run_here(argv, file), 300)

    def clip(self, text: str) -> None:
        """Copy a text by programs; the terminal has to be told besides."""
        self._running.opener.clip(text)

    def cancel(self, ticket: int) -> None:
        """Stop what a ticket stands for; one that has ended is ignored."""
        found = self._tickets.get(ticket)
        if found is not None:
            found.cancel()
            self._running.downloads.look()

    @property
    def downloads(self) -> Downloads:
        """Fetching ahead what will be read without a network."""
        return self._running.downloads

    def download(self, plan: Plan) -> int:
        """Fetch what was planned; gives a ticket, ends with Finished or Failed."""
        return self._running.downloads.start(plan, self._ticket()).number

    # -- what a person does ---------------------------------------------------

    @property
    def gestures(self) -> Gestures:
        """What a person does with messages."""
        return self._running.gestures

    def suggest(self, messages: Sequence[MessageId]) -> list[MailboxId]:
        """Folders where mail like these messages went before, best first, up to 3."""
        votes: Counter[MailboxId] = Counter()
        for folders in self.store.habits.suggest(messages).values():
            for place, folder in enumerate(folders):
                votes[folder] += 3 - place
        return [folder for folder, _ in votes.most_common(3)]

    @property
    def folders(self) -> FolderGestures:
        """What a person does with folders."""
        return self._running.folders

    @property
    def rules(self) -> Rules:
        """What is done by itself with new mail, and with what is here when asked."""
        return self._running.rules

    @property
    def decisions(self) -> Decisions:
        """What a person decides about the queue."""
        return self._running.decisions

    def pin(self, mailbox: MailboxId, pinned: bool) -> None:
        """Keep a folder up to date and its texts here, or no longer.

        An account in offline mode keeps all folders: one that is not to be kept is
        left out there.
        """
        folder = self.store.mailboxes.get(mailbox)
        if folder is not None and self.keeps_all(folder.account):
            out = None if pinned else "yes"
            self.store.mailboxes.set_setting(mailbox, LEFT_OUT, out)
        else:
            self.store.mailboxes.pin(mailbox, pinned)
        if pinned and folder is not None and folder.account in self._running.keepers:
            self._of(mailbox).refresh(mailbox)
            self._running.keepers[folder.account].look()

    def keeps_all(self, account: str) -> bool:
        """Whether an account keeps every folder that is not left out."""
        modes = {each.name: each.mode for each in self.config.accounts}
        return modes.get(account) is Mode.OFFLINE and account in self._running.keepers

    def kept(self, mailbox: Mailbox) -> bool:
        """Whether the texts of a folder are kept here by themselves."""
        if not self.keeps_all(mailbox.account):
            return mailbox.pinned
        return mailbox.id not in self.store.mailboxes.left_out(mailbox.account)

    def hide(self, mailbox: MailboxId, hidden: bool) -> None:
        """Leave a folder out of the tree, or no longer."""
        from tuimail.engine.events import MailboxesChanged

        self.store.mailboxes.hide(mailbox, hidden)
        folder = self.store.mailboxes.get(mailbox)
        if folder is not None:
            self._emit(MailboxesChanged(folder.account))

    def look_at_sharing(self, mailbox: MailboxId) -> int:
        """Ask who may do what in a folder; ends with Shared or Failed."""
        ticket = self._ticket()
        self._running.sharing.look(mailbox, ticket)
        return ticket.number

    def give_rights(self, mailbox: MailboxId, who: str, rights: str) -> int:
        """Let somebody do this in a folder and nothing else; Finished or Failed."""
        ticket = self._ticket()
        self._running.sharing.give(mailbox, who, rights, ticket)
        return ticket.number

    def octets(self, mailbox: MailboxId) -> int:
        """What the messages of a folder that are listed here take; reads each row."""
        return self.store.rooms.weight(mailbox)

    def weigh(self, account: str, limit: int = 10) -> int:
        """Find out which folders and senders take the most room; ends with Weighed."""
        ticket = self._ticket()
        self._running.weigh(account, limit, ticket)
        return ticket.number

    def in_use(self) -> None:
        """A key was pressed: servers unheard for long are asked for an answer."""
        if self._made is not None:
            for account in self._made.accounts.values():
                account.in_use()

    def reconnect(self, account: str) -> None:
        """Try to reach the server now, and refresh."""
        self._accounts[account].reconnect()

    def leave_on_server(self, messages: Iterable[MessageId]) -> bool:
        """Show waiting messages of a maildrop no more; False where there is none."""
        owners: dict[str, list[MessageId]] = {}
        for message in messages:
            place = self.store.messages.place(message)
            if place is not None:
                owners.setdefault(place.account, []).append(message)
        done = [self._accounts[a].leave_on_server(m) for a, m in owners.items()]
        return any(done)

    def maildrop(self, account: str) -> SafeText:
        """What waits in the maildrop of an account; counts, so not for every key."""
        return self._accounts[account].maildrop()

    def show_left(self, account: str) -> int:
        """Show again what was left in a maildrop; gives how many messages."""
        return self._accounts[account].show_left()

    def allow_removal(self, account: str) -> int:
        """Let a rule remove many messages of a maildrop; gives how many waited."""
        return self._accounts[account].allow_removal()

    def held_removals(self, account: str) -> int:
        """Messages of a maildrop that wait for that to be allowed."""
        return self._accounts[account].held_removals

    def pause(self, account: str, paused: bool) -> None:
        """Work without the server, or stop doing so."""
        self._accounts[account].pause(paused)

    def answer_password(self, account: str, password: str) -> None:
        """The user typed the password: kept in memory only, and tried at once."""
        secret = self._accounts[account].secret
        assert secret is not None, "only a server asks for a password"
        secret.answer(password)
        self._accounts[account].reconnect()

    def fsck(self) -> list[str]:
        """Check the local store's own rules; one sentence for each broken one."""
        return self.store.fsck()

    def rebuild(self, account: str, say: Callable[[str], None]) -> int | None:
        """Make the index of an account of files anew; how many messages it has.

        None for an account on a server: what is here of it can be fetched again.
        Raises StoreError, and AccountError when the files are not there.
        """
        from tuimail.engine.rebuild import rebuild

        found = next(each for each in self.config.accounts if each.name == account)
        if isinstance(found, ImapAccount):
            return None
        return rebuild(self.store, found, self._run, say)

    def wait_synced(
        self, account: str, mailbox: MailboxId | None, timeout_s: float
    ) -> TuimailError | None:
        """For the command line: wait until a folder, or the folder list, is fresh.

        Gives what went wrong, or None. Raises TimeoutError after `timeout_s` seconds.
        """
        engine = self._accounts[account]
        return _waited(lambda then: engine.settle(mailbox, then), timeout_s)

    def wait_sent(self, account: str, timeout_s: float) -> None:
        """For the command line: wait while what is pending is being sent.

        What waits for its time, or for the user, is not waited for.
        """
        stirred = threading.Event()
        self.subscribe(lambda event: stirred.set())
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            stirred.clear()
            moving = any(entry.moving for entry in self.decisions.live(account))
            if not moving or self.account(account).state is not AccountState.ONLINE:
                return
            stirred.wait(1.0)

    def compare(self, mailbox: MailboxId, timeout_s: float = TEXT_WAIT_S) -> list[str]:
        """For the command line: what here is not as on the server, in sentences.

        Raises AccountError when the server cannot be asked, TimeoutError when it does
        not answer in time.
        """
        found: list[str] = []
        engine = self._of(mailbox)
        error = _waited(lambda then: engine.compare(mailbox, found, then), timeout_s)
        if error is not None:
            raise error
        return found

    def wait_octets(self, message: MessageId) -> bytes:
        """For the command line: all octets of a message, fetched if need be.

        Raises AccountError when they cannot be had.
        """
        from tuimail.engine.exporting import fetching, here

        kept = here(self.store, message)
        place = self.store.messages.place(message)
        if kept is not None or place is None:
            return kept or b""
        found: list[bytes] = []
        engine = self._accounts[place.account]

        def begin(then: Callable[[TuimailError | None], None]) -> None:
            def done(octets: bytes) -> None:
                found.append(octets)
                then(None)

            engine.submit_bulk(fetching(self.store, message, done, then))

        error = _waited(begin, None)
        if error is not None:
            raise error
        return found[0]

    def wait_text(
        self, message: MessageId, *, width: int, source: bool = False
    ) -> RenderedText:
        """For the command line: wait for a text. Raises Unreachable with the reason."""
        ended = threading.Event()
        result: list[TextReady | TextFailed] = []

        def hear(event: Event) -> None:
            if isinstance(event, (TextReady, TextFailed)):
                result.append(event)
                ended.set()

        self.subscribe(hear)
        self._running.worker.start()
        prefer = self.config.view.prefer
        self.want_text(message, width=width, prefer=prefer, source=source)
        if not ended.wait(TEXT_WAIT_S):
            raise Unreachable("The text did not come in time.")
        if isinstance(result[0], TextFailed):
            raise Unreachable(result[0].reason)
        return result[0].text

    # -- inside -------------------------------------------------------------

    @property
    def _running(self) -> Running:
        """Connections and threads. Late: the first frame needs nothing of them."""
        if self._made is None:
            from tuimail.engine.running import Running

            self._made = Running(self, self._emit, self._run)
        return self._made

    @property
    def _accounts(self) -> dict[str, Account]:
        return self._running.accounts

    def _emit(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _of(self, mailbox: MailboxId) -> Account:
        account = self.store.mailboxes.account(mailbox)
        assert account is not None, "folders are never deleted from the store"
        return self._accounts[account]

    def _ticket(self) -> Ticket:
        from tuimail.engine.jobs import Ticket

        ticket = Ticket()
        self._tickets[ticket.number] = ticket
        if len(self._tickets) > TICKETS_KEPT:
            del self._tickets[next(iter(self._tickets))]
        return ticket

    def _extend(
        self,
        mailbox: MailboxId,
        what: Callable[[MailboxSync], Outcome],
        then: Callable[[TuimailError | None], None] = lambda error: None,
    ) -> int:
        ticket = self._ticket()
        self._loading[mailbox] = self._loading.get(mailbox, 0) + 1

        def ended(error: TuimailError | None) -> None:
            self._loading[mailbox] = max(0, self._loading[mailbox] - 1)
            if error is not None:
                self._emit(Failed(ticket.number, safe_text(str(error), 300)))
            self._emit(MessagesChanged(mailbox))
            then(error)

        self._of(mailbox).extend(mailbox, what, ticket, ended)
        return ticket.number


def _waited(
    begin: Callable[[Callable[[TuimailError | None], None]], None],
    timeout_s: float | None,
) -> TuimailError | None:
    """Begin something and wait until it tells how it ended."""
    ended = threading.Event()
    result: list[TuimailError | None] = []

    def then(error: TuimailError | None) -> None:
        result.append(error)
        ended.set()

    begin(then)
    if not ended.wait(timeout_s):
        raise TimeoutError
    return result[0]
