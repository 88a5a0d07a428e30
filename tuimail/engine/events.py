"""What the engine tells: invalidations that carry identities, not payload.

Events come from any thread; the screen re-reads what it shows from the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from tuimail.mail.types import (
    MailboxId,
    MessageId,
    Picture,
    RenderedText,
    SafeText,
    Section,
)

if TYPE_CHECKING:
    # Late: a list is looked at long after the first frame.
    from tuimail.mail.lists import MailingList

if TYPE_CHECKING:
    from tuimail.engine.views import Match, Plan, Rows, Whole
    from tuimail.mail.statistics import Figures
    from tuimail.store.values import Weight

NOTHING = SafeText("")


class AccountState(Enum):
    """How an account stands with its server."""

    OFFLINE = "offline"
    """By the user's wish."""
    CONNECTING = "connecting"
    ONLINE = "online"
    WAITING = "waiting"
    """The server could not be reached; tried again at `retry_at`."""
    REFUSED = "refused"
    """Needs the user: wrong password, untrusted certificate."""
    ELSEWHERE = "elsewhere"
    """Another tuimail is connected for it; what is done here is sent by that one."""


@dataclass(frozen=True, slots=True)
class OfAccount:
    """What is told about one account; two kinds of it are never equal."""

    account: str


class AccountStateChanged(OfAccount):
    """The state of `account` changed; ask `service.account(name)`."""

    __slots__ = ()


class MailboxesChanged(OfAccount):
    """Folders or their counts changed."""

    __slots__ = ()


class MessagesChanged(NamedTuple):
    """Rows of a mailbox changed: re-read what is shown."""

    mailbox: MailboxId
    changed: frozenset[MessageId] = frozenset()
    """Rows whose content changed, when it is only that."""
    order: bool = True
    """Rows came or went, so positions may differ."""


class FirstLinesKnown(NamedTuple):
    """What the texts of these rows say first has become known."""

    messages: frozenset[MessageId]


class TextReady(NamedTuple):
    """A text asked for with `service.want_text` is rendered."""

    message: MessageId
    ticket: int
    text: RenderedText
    more: bool = False
    """Something of it is still on its way; it will come with another event."""


class TextFailed(NamedTuple):
    """A text asked for could not be had; `reason` says why and what to do."""

    message: MessageId
    ticket: int
    reason: SafeText


class PictureReady(NamedTuple):
    """A picture asked for with `service.want_pictures`, or why it is not shown."""

    message: MessageId
    ticket: int
    number: int
    """As in the text's `pictures`; 0 when it is about all of them."""
    name: SafeText
    attached: bool
    """It belongs below the text, unless the text has a place for it."""
    picture: Picture | None
    words: SafeText = NOTHING
    """Why there is none; empty for one that is too small to be meant to be seen."""


class Progress(NamedTuple):
    """How far a ticket is; `total` 0 when unknown. Octets or messages."""

    ticket: int
    done: int
    total: int
    label: SafeText
    told: bool = False
    """The label changes as it goes on and is to be shown, too."""


class Saved(NamedTuple):
    """A part was saved to `path`."""

    message: MessageId
    section: Section
    ticket: int
    path: str
    doubt: SafeText = NOTHING
    """What does not fit about it, now that its content is known."""


class Held(NamedTuple):
    """A part is here and was not opened: `words` say why."""

    message: MessageId
    section: Section
    ticket: int
    words: SafeText
    may: bool
    """It may be opened when the user is sure; otherwise it is only saved."""


class Foreground(NamedTuple):
    """A program needs the terminal: `service.run_here` runs it, off the screen."""

    ticket: int
    argv: tuple[str, ...]
    file: str
    """A file of ours that it looks at; empty for none."""


class Piped(NamedTuple):
    """A command has answered."""

    ticket: int
    title: SafeText
    text: SafeText
    """Its output, many lines."""
    words: SafeText
    """What is to be said of it; may be empty."""


class Failed(NamedTuple):
    """A ticket other than a text ended without a result."""

    ticket: int
    reason: SafeText


class ListKnown(NamedTuple):
    """How the list is left that a message came by, before anything is sent."""

    ticket: int
    list: MailingList
    vouched: bool
    """A trusted server found the signature good that covers these fields (RFC 8058)."""


class Shared(NamedTuple):
    """Who may do what in a folder was asked for, and is known."""

    ticket: int
    mailbox: MailboxId
    people: tuple[tuple[str, str], ...]
    """Name, safe to show, and letters (RFC 4314)."""


class Weighed(NamedTuple):
    """What takes the room of an account was asked for, and is known."""

    ticket: int
    account: str
    folders: tuple[Weight, ...]
    senders: tuple[Weight, ...]


class Planned(NamedTuple):
    """What a download would fetch was asked for, and is known."""

    ticket: int
    plan: Plan


class Finished(NamedTuple):
    """A ticket ended well; `words` say what is different now."""

    ticket: int
    words: SafeText


class KeepingOn(NamedTuple):
    """What an account brings here by itself; no words when there is nothing more."""

    account: str
    words: SafeText


class OperationsChanged(OfAccount):
    """The journal of an account changed: counts of pending and failed differ."""

    __slots__ = ()


class ThreadsChanged(OfAccount):
    """Mails were put into conversations: lists of these may be in another order."""

    __slots__ = ()


class Stirred(OfAccount):
    """What another account did lets this one go on."""

    __slots__ = ()


class Found(NamedTuple):
    """What a list asked for with `service.find`."""

    ticket: int
    rows: Rows
    more: bool = False
    """It is the beginning only; all of it follows."""


class Counted(NamedTuple):
    """What virtual folders hold."""

    counts: dict[MailboxId, tuple[int, int]]
    """Messages, and unread ones."""


class Indexed(NamedTuple):
    """Words of all that is here are in the index: searches may find more."""


class Grouped(NamedTuple):
    """Senders or lists were counted, as `counting.senders` was asked to."""

    ticket: int
    rows: tuple[Whole, ...]
    last: int
    """The content that was known last when it was counted."""


class Measured(NamedTuple):
    """The figures that `counting.statistics` was asked for."""

    ticket: int
    figures: Figures


class Tried(NamedTuple):
    """What rules would do now, as `counting.rules` was asked; held mail first."""

    ticket: int
    matches: tuple[Match, ...]


class Decided(NamedTuple):
    """What was to be done with whole senders is done, with so many messages."""

    ticket: int
    messages: int
    words: SafeText = NOTHING
    """What is to be said, when it is not the number."""


class NewMail(NamedTuple):
    """New messages arrived while we watched."""

    mailbox: MailboxId
    messages: tuple[MessageId, ...]


class Announced(NamedTuple):
    """New mail of one account is to be told of; see `service.announce`."""

    account: SafeText
    folder: SafeText
    """Where the newest of them is."""
    sender: SafeText
    """Who sent them, the newest first, some by name."""
    subject: SafeText
    """Of the newest."""
    messages: int
    """How many."""
    words: SafeText
    """All of it in one short line."""


class Level(Enum):
    """How much a notice matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Notice(NamedTuple):
    """One sentence for the user."""

    level: Level
    text: SafeText


Event = (
    AccountStateChanged
    | MailboxesChanged
    | MessagesChanged
    | FirstLinesKnown
    | TextReady
    | TextFailed
    | PictureReady
    | Progress
    | Saved
    | Held
    | Foreground
    | Piped
    | Failed
    | ListKnown
    | Planned
    | Shared
    | Weighed
    | KeepingOn
    | Finished
    | OperationsChanged
    | ThreadsChanged
    | Stirred
    | Found
    | Counted
    | Indexed
    | Grouped
    | Measured
    | Decided
    | Tried
    | NewMail
    | Announced
    | Notice
)
