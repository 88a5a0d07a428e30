"""What the service hands to the screen and the command line, ready to be shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tuimail.config import Rule
from tuimail.engine.events import AccountState
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import (
    Address,
    Header,
    Listing,
    MailboxId,
    MessageId,
    SafeText,
    Section,
)

if TYPE_CHECKING:
    from tuimail.store.values import Room as Room
    from tuimail.store.values import Weight as Weight

if TYPE_CHECKING:
    # Late: a list is looked at long after the first frame.
    from tuimail.mail.lists import MailingList

NOTHING = SafeText("")


class AccountView(NamedTuple):
    """An account and how it stands."""

    name: str
    address: str
    state: AccountState
    detail: SafeText = NOTHING
    """Why it is in this state, one sentence; empty when online."""
    retry_at: float | None = None
    """Wall clock of the next try, when waiting."""
    pending: int = 0
    """Gestures not yet on the server."""
    failed: int = 0
    needs_password: bool = False
    local: bool = False
    """Its mail lies here as files; there is no server."""
    maildrop: bool = False
    """It is a POP3 account: its mail lies here, and some still on the server."""
    rooms: tuple[Room, ...] = ()
    """How much room there is on its server, where that is known."""
    shared_rooms: tuple[Room, ...] = ()
    """The same for folders of others that were opened."""
    unknown: SafeText = NOTHING
    """Why rights or room are not known though the server offers them."""


class Recipients(NamedTuple):
    """Whom a message is for, for one line."""

    name: SafeText
    """The first of them, and how many more."""
    mine: str
    """`+` to the user alone, `T` to others as well, `C` a copy, or `''`."""

    @classmethod
    def of(
        cls, to: Sequence[Address], cc: Sequence[Address], own: Collection[str]
    ) -> Recipients:
        """Of the two fields as they came; `own` are the user's addresses, in small."""
        everybody = [*to, *cc]
        first = (
            safe_text(everybody[0].name or everybody[0].addr, 100) if everybody else ""
        )
        more = f" +{len(everybody) - 1}" if len(everybody) > 1 else ""
        if any(each.addr.casefold() in own for each in to):
            return cls(SafeText(first + more), "T" if more else "+")
        copied = any(each.addr.casefold() in own for each in cc)
        return cls(SafeText(first + more), "C" if copied else "")


class PartView(NamedTuple):
    """One part of a message as the parts list shows it."""

    section: Section
    media_type: SafeText
    name: SafeText
    """The sender's name for it, made safe to show; may be empty."""
    size: int
    """Octets, estimated after transfer decoding."""
    attachment: bool
    here: bool
    """Its bytes are in the cache."""
    shown: bool
    """It is the text part that is shown by default."""
    summary: SafeText = SafeText("")
    """Of a message within the message: its subject and sender."""


class MessageView(NamedTuple):
    """A message as far as the store knows it."""

    header: Header
    fields: tuple[tuple[SafeText, SafeText], ...]
    """From, To, Cc, Date, Subject …: name and value, in the order to show."""
    badges: tuple[SafeText, ...]
    """What should make one doubt who sent this, one sentence each."""
    parts: tuple[PartView, ...]
    has_plain: bool
    has_html: bool
    structure_known: bool
    list: MailingList | None = None
    """What it says of the list it came by, once it was opened."""
    checked_by: SafeText = NOTHING
    """The server that claims to have checked the sender, and is not trusted yet."""


class Item(NamedTuple):
    """One part that is not here."""

    message: MessageId
    section: Section
    octets: int
    """As the server gave it; 0 when it is not known."""
    text: bool
    """With it the message can be read."""


class Plan(NamedTuple):
    """What is to be fetched, in order."""

    items: tuple[Item, ...] = ()
    known: int = 0
    """Messages that were looked at."""
    readable: int = 0
    """Those of them that can be read already."""

    @property
    def messages(self) -> int:
        """Messages of which something is to be fetched."""
        return len({item.message for item in self.items})

    @property
    def octets(self) -> int:
        """What will cross the network, about."""
        return sum(item.octets for item in self.items)


class Scope(NamedTuple):
    """Which messages: one folder, some messages, or the last days of an account."""

    mailbox: MailboxId | None = None
    messages: tuple[MessageId, ...] = ()
    account: str = ""
    days: int = 0
    attachments: bool = False
    leaving: bool = False
    """Of an account: its inbox, pinned folders and flagged messages, small first."""


FOUND = MailboxId(-1)
"""The virtual folder of what was searched for last; see `engine.virtual`."""
SORTS = ("date", "sender", "subject", "size", "flags", "to-me", "list")
GROUPS = ("", "day", "sender", "list")


class Shape(NamedTuple):
    """Which messages of a folder are shown, and in what order."""

    query: SafeText = NOTHING
    """As typed; everything when empty."""
    sort: str = "date"
    """What they are ordered by; see `engine.finding`."""
    reverse: bool = False
    threads: bool = False
    """As conversations."""
    group: str = ""
    """Headings between them: day, sender, list, or none."""

    def kept(self) -> str:
        """What of it a folder keeps, as text: all but the query."""
        return f"{self.sort} {int(self.reverse)} {int(self.threads)} {self.group}"

    @classmethod
    def of(cls, kept: str) -> Shape:
        """The shape that `kept` gave; the plain one for anything else."""
        words = [*kept.split(" "), "", "", "", ""][:4]
        if words[0] not in SORTS or words[3] not in GROUPS:
            return cls()
        return cls(NOTHING, words[0], words[1] == "1", words[2] == "1", words[3])

    @property
    def plain(self) -> bool:
        """The folder as it lies, newest first."""
        return self._replace(group="") == Shape() and self.group in ("", "day")


PLAIN = Shape()
"""A folder as it lies."""


class Senders(NamedTuple):
    """Which senders or lists: those of a folder, or of what a query finds in it."""

    mailbox: MailboxId
    by: str = "sender"
    """`sender` or `list`."""
    query: str = ""


class Whole(NamedTuple):
    """All mail of one sender or one list that is listed."""

    key: str
    """Address in small letters, or List-Id, as it came: not to be shown."""
    name: SafeText
    """As the newest of them says it; empty when that is the address."""
    address: SafeText
    """The key, safe to show."""
    messages: int
    unread: int
    octets: int
    newest: int
    """When the newest arrived, seconds since the epoch."""
    pending: int = 0
    """Of how many something is not on the server yet."""


class Branch(NamedTuple):
    """Where a message stands in its conversation."""

    thread: int
    depth: int
    """0 for the one that began it."""
    size: int = 0
    """Of the first row: how many messages it has here; 0 for the others."""
    folded: bool = False
    """Of the first row: the others are not shown."""
    orphan: bool = False
    """What it answers is not here."""


class Rows(Protocol):
    """An order of messages that a list shows; see `engine.rows`."""

    mailbox: MailboxId

    @property
    def shape(self) -> Shape:
        """What was asked for."""

    @property
    def covered(self) -> SafeText:
        """What was looked through for it, in words; empty where that is plain."""

    @property
    def threaded(self) -> bool:
        """Whether it shows conversations."""

    @property
    def folded(self) -> Collection[int]:
        """Conversations of which only the first message is shown."""

    def thread(self, message: MessageId) -> list[MessageId]:
        """The messages of its conversation in this list, in their order."""

    def parent(self, message: MessageId) -> MessageId | None:
        """What a message answers, as far as that is in this list."""

    def fold(self, threads: Iterable[int] | None) -> None:
        """Show only the first message of these conversations, or of all (None)."""

    def listing(self) -> Listing:
        """What is known of it as a whole."""

    def page(
        self,
        *,
        after: Header | None = None,
        before: Header | None = None,
        oldest: bool = False,
        limit: int = 64,
    ) -> list[Header]:
        """Up to `limit` rows: the first ones, next to a row, or the last."""

    def rank(self, row: Header) -> int:
        """How many rows stand above a row."""

    def row(self, message: MessageId) -> Header | None:
        """The row of a message; None when it is not in this list."""

    def next_unread(self, row: Header, forward: bool = True) -> Header | None:
        """The nearest unread row below (`forward`) or above a row."""

    def neighbour(self, row: Header, forward: bool = True) -> Header | None:
        """The row right below or above a row."""

    def branch(self, message: MessageId) -> Branch | None:
        """Where a row stands in its conversation; None in a plain list."""

    def concerns(self, mailbox: MailboxId) -> bool:
        """Whether changes of a folder may change this list."""

    def ids(self) -> Collection[MessageId]:
        """Every message of the list."""

    def still(self, messages: Collection[MessageId]) -> set[MessageId]:
        """Those of these messages that have not gone elsewhere, or for good."""

    def forget(self, messages: Iterable[MessageId]) -> None:
        """Rows have left by the user's own act."""


class Match(NamedTuple):
    """What a rule would do now in one folder."""

    rule: Rule
    account: str
    mailbox: MailboxId | None
    """None: there is no such folder."""
    messages: tuple[MessageId, ...] = ()
    blind: int = 0
    """Messages whose text is asked for and not here: they do not match."""
    problem: str = ""
    """Why the rule is held; empty when it is not."""
    new: bool = False
    """Only new mail that waits for it, and not all that it fits."""
