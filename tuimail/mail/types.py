"""The vocabulary: mail data as frozen values, named after the RFCs.

Texts of foreign origin are plain `str` here unless typed `SafeText`; only `SafeText`
may reach a terminal (see `sanitize`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, IntFlag
from typing import NamedTuple, NewType

UID = NewType("UID", int)
"""Unique identifier of a message in a mailbox, 1 … 2^32-1 (RFC 9051 §2.3.1.1)."""
UIDValidity = NewType("UIDValidity", int)
ModSeq = NewType("ModSeq", int)
"""Modification sequence, 1 … 2^63-1 (RFC 7162)."""
MessageId = NewType("MessageId", int)
"""Our own id of a message instance: stable over moves and UIDVALIDITY changes."""
ContentId = NewType("ContentId", int)
"""Our own id of a message's immutable content; copies of one message share it."""
MailboxId = NewType("MailboxId", int)
AccountId = NewType("AccountId", int)
ThreadId = NewType("ThreadId", int)
"""A conversation; may change when mails join it (see `threads`)."""
SafeText = NewType("SafeText", str)
"""Text that may reach the terminal; made only by `sanitize`."""
Section = NewType("Section", str)
"""`''` whole message, `'HEADER'`, `'1.2'`: what FETCH BODY[…] takes."""


class Flag(IntFlag):
    """System flags and the common keywords, as stored (bit 1 must stay SEEN)."""

    NONE = 0
    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16
    FORWARDED = 32
    JUNK = 64
    NOTJUNK = 128


WIRE_FLAGS: dict[str, Flag] = {
    "\\seen": Flag.SEEN,
    "\\answered": Flag.ANSWERED,
    "\\flagged": Flag.FLAGGED,
    "\\deleted": Flag.DELETED,
    "\\draft": Flag.DRAFT,
    "$forwarded": Flag.FORWARDED,
    "$junk": Flag.JUNK,
    "$notjunk": Flag.NOTJUNK,
}
"""Lower-case wire spelling to bit; every other word is a keyword."""

FLAG_WIRE: dict[Flag, str] = {
    Flag.SEEN: "\\Seen",
    Flag.ANSWERED: "\\Answered",
    Flag.FLAGGED: "\\Flagged",
    Flag.DELETED: "\\Deleted",
    Flag.DRAFT: "\\Draft",
    Flag.FORWARDED: "$Forwarded",
    Flag.JUNK: "$Junk",
    Flag.NOTJUNK: "$NotJunk",
}


class FlagSet(NamedTuple):
    """Flags of one message: known bits and the remaining keywords, wire spelling."""

    bits: Flag = Flag.NONE
    keywords: frozenset[str] = frozenset()


class Role(Enum):
    """What a mailbox is for (RFC 6154, RFC 8457)."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    ALL = "all"
    FLAGGED = "flagged"
    IMPORTANT = "important"


class Address(NamedTuple):
    """One mailbox address as its sender wrote it, decoded (RFC 5322 §3.4)."""

    name: str
    addr: str
    """The addr-spec; `''` when there is none."""
    suspect: bool = False
    """True when the field holds residue that does not belong to name or addr."""


class Envelope(NamedTuple):
    """The header fields that a list row and a thread need, decoded but not yet safe."""

    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: int | None = None
    """Date field, seconds since the epoch, clamped; None when unreadable."""
    offset_min: int = 0
    """Zone of the date field, minutes east of UTC."""
    message_id: str = ""
    """With angle brackets, or empty."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    list_id: str = ""


class RowKey(NamedTuple):
    """Place of a message in a mailbox listing: newest first by (arrival, id)."""

    arrival: int
    """INTERNALDATE, seconds since the epoch."""
    id: MessageId


class Header(NamedTuple):
    """One row of a header list, ready to be drawn."""

    id: MessageId
    content: ContentId
    mailbox: MailboxId
    """The mailbox where the user sees it."""
    uid: UID | None
    flags: Flag
    """What is shown: server flags, then what is in flight, then what is pending."""
    keywords: frozenset[str]
    subject: SafeText
    sender: SafeText
    """Display name of the first From address, else its address."""
    sender_addr: SafeText
    suspect: bool
    """The From field does not say plainly who sent this."""
    date: int
    """Date field, else arrival; seconds since the epoch."""
    arrival: int
    size: int
    """RFC822.SIZE in octets."""
    attachment: bool
    pending: bool = False
    failed: bool = False
    unsure: bool = False
    readable: bool = False
    """Its text can be opened without a network."""
    first_line: SafeText | None = None
    """What its text says first; empty when that is nothing, None: not known yet."""

    @property
    def key(self) -> RowKey:
        """Where this row stands in its listing."""
        return RowKey(self.arrival, self.id)

    @property
    def seen(self) -> bool:
        """Whether it is shown as read."""
        return bool(self.flags & Flag.SEEN)


class Standing(NamedTuple):
    """How some messages stand together, for the one line that stands for them."""

    all_read: bool
    date: int
    """Of the newest; 0 for none."""
    newest: MessageId | None
    first_line: SafeText | None
    """Of the newest."""


SHARED = SafeText("*")
"""Owner of folders that belong to nobody (a shared namespace, RFC 2342); no name."""
ROOT = SafeText("/")
"""Owner of what is only the top of a namespace of others, and no folder to open."""


class Mailbox(NamedTuple):
    """A folder as the user sees it. *The UI says "folder"; the code says Mailbox.*"""

    id: MailboxId
    account: str
    name: SafeText
    """Full decoded name with the server's delimiter, e.g. `Lists/python-dev`."""
    delimiter: str
    """`''` when the hierarchy is flat."""
    role: Role | None
    selectable: bool
    subscribed: bool
    total: int | None
    """The server's count plus pending changes; None when never asked."""
    unread: int | None
    pinned: bool = False
    gone: bool = False
    unmade: bool = False
    """The server does not have it yet."""
    owner: SafeText = SafeText("")
    """Whose it is: another user's name, SHARED, ROOT, or `''` for one's own."""
    rights: str | None = None
    """What one may do in it, as `mail.rights` reads it; None: not known."""
    hidden: bool = False
    """Out of the tree by the user's wish."""
    keeps: bool = False
    """It holds what is to be found again, read or not, as kept searches do."""

    @property
    def label(self) -> SafeText:
        """The last level of the name."""
        if self.delimiter and self.delimiter in self.name:
            return SafeText(self.name.rsplit(self.delimiter, 1)[1])
        return self.name

    @property
    def depth(self) -> int:
        """Levels above this one."""
        return self.name.count(self.delimiter) if self.delimiter else 0


class Gap(NamedTuple):
    """UIDs of a mailbox whose headers are not here yet."""

    lo: UID
    hi: UID
    after: RowKey | None
    """The row it follows in the listing; None when it stands above all rows."""
    size: int | None
    """How many messages it holds, when that is known."""


class Listing(NamedTuple):
    """What is known about a mailbox's header list as a whole."""

    mailbox: Mailbox
    known: int
    """Rows in the store."""
    gaps: tuple[Gap, ...]
    loading: bool
    synced_at: int | None
    """When the server last confirmed it; seconds since the epoch."""
    query: SafeText = SafeText("")
    """It holds only what this found; empty for all of the mailbox."""


class Part(NamedTuple):
    """A node of the body structure (RFC 9051 §7.5.2); leaves have no `parts`."""

    section: Section
    """`''` for the root multipart; `'1'` for a message that is one part."""
    media_type: str
    """Lower case, e.g. `text/plain`, `multipart/mixed`."""
    params: tuple[tuple[str, str], ...] = ()
    """Lower-case names; RFC 2231 and encoded words decoded."""
    content_id: str = ""
    encoding: str = "7bit"
    size: int = 0
    """Octets in transfer encoding: what the network will carry."""
    disposition: str = ""
    """`inline`, `attachment`, or `''`."""
    filename: str = ""
    """Decoded name as the sender gave it; not a path, not yet safe."""
    parts: tuple[Part, ...] = ()
    summary: str = ""
    """Of a message within a message: its subject and sender, decoded, not yet safe."""
    location: str = ""
    """Content-Location, by which a page may name it (RFC 2557)."""

    def param(self, name: str) -> str:
        """The parameter's value, or `''`."""
        return next((v for k, v in self.params if k == name), "")


class Style(Enum):
    """What a span of a rendered message is; the theme says how it looks."""

    TEXT = "text"
    QUOTE1 = "quote1"
    QUOTE2 = "quote2"
    QUOTE3 = "quote3"
    QUOTE4 = "quote4"
    SIGNATURE = "signature"
    HEADING = "heading"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"
    LINK = "link"
    NOTE = "note"
    """Said by tuimail, not by the mail."""
    SEAL = "seal"
    """Said by tuimail about signatures; no mail can have it."""
    ALARM = "alarm"
    """As SEAL, where something is wrong."""
    ADDED = "added"
    REMOVED = "removed"


class Span(NamedTuple):
    """A run of text in one style."""

    text: SafeText
    style: Style = Style.TEXT
    link: int = 0
    """Number of the link it belongs to, from 1; 0 for none."""
    picture: int = 0
    """Number of the picture it stands for, from 1; 0 for none. Only while laid out."""


Line = tuple[Span, ...]


class Link(NamedTuple):
    """A link found in a message."""

    number: int
    target: SafeText
    """The real target, whole, as ASCII where it can be."""
    text: SafeText
    warning: SafeText = SafeText("")
    """Why it may not be what it says; empty when nothing speaks against it."""


class RenderedText(NamedTuple):
    """A text part ready for the screen, wrapped to a width."""

    lines: Sequence[Line]
    links: tuple[Link, ...] = ()
    notes: tuple[SafeText, ...] = ()
    """What was cut, hidden or guessed, one sentence each."""
    quotes: tuple[tuple[int, int], ...] = ()
    """Runs of quoted lines: the first, and the one behind the last."""
    more: bool = False
    """It is the beginning only; the whole follows."""
    pictures: tuple[tuple[int, int], ...] = ()
    """Lines below which a picture belongs, each with the picture's number."""


class Canvas(NamedTuple):
    """What pictures are made for: how the terminal takes them, and how much room."""

    way: str
    """`blocks`, `kitty` or `sixel`."""
    columns: int
    rows: int
    cell: tuple[int, int] = (8, 16)
    """Width and height of a cell in pixels."""
    colours: int = 128
    """Of a `sixel` picture."""


class Picture(NamedTuple):
    """A picture scaled for a canvas; it covers whole cells."""

    columns: int
    rows: int
    width: int
    """In pixels; those of `blocks` are half a cell high."""
    height: int
    pixels: bytes = b""
    """Red, green, blue of each pixel, row by row; empty when there are `strips`."""
    strips: tuple[str, ...] = ()
    """Sixel data, one piece for each row of cells, made by us of a palette image."""
