"""What goes into the store and comes out of it, besides the types of `mail`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tuimail.mail.types import (
    UID,
    ContentId,
    Envelope,
    Flag,
    FlagSet,
    MailboxId,
    MessageId,
    ModSeq,
    Role,
    SafeText,
    UIDValidity,
)
from tuimail.mail.uidset import UIDSet


class Listed(NamedTuple):
    """A mailbox as the server listed it; counts are None where it gave none."""

    wire_name: bytes
    name: str
    """Decoded, not yet safe."""
    delimiter: str = ""
    role: Role | None = None
    attributes: frozenset[str] = frozenset()
    subscribed: bool = True
    selectable: bool = True
    messages: int | None = None
    unseen: int | None = None
    uidvalidity: int | None = None
    uidnext: int | None = None
    owner: str = ""
    """Whose it is, as `mail.types.Mailbox.owner`; not yet safe."""
    rights: str | None = None
    """What one may do in it; None: not said, what was known stays."""


class Room(NamedTuple):
    """How much there is of something on a server (RFC 9208)."""

    root: str
    """What is counted together; safe once it comes out of the store."""
    resource: str
    """STORAGE (in KiB), MESSAGE …"""
    used: int
    most: int

    @property
    def percent(self) -> int:
        """How full it is; 0 for a limit of 0, which servers give for none."""
        return 100 * self.used // self.most if self.most else 0


class Weight(NamedTuple):
    """What the listed messages of one folder, or of one sender, take."""

    name: SafeText
    octets: int
    messages: int


class SyncState(NamedTuple):
    """How far a mailbox has been applied; the start of the next synchronisation."""

    gen: int
    """Our own epoch of its UIDs; pass it back in `Batch.gen`."""
    uidvalidity: UIDValidity | None
    uidnext: int | None
    modseq: ModSeq | None
    """Everything up to here is in the rows; None when unknown or unsupported."""
    spans: UIDSet
    """UIDs among which every existing message has a row."""
    messages: int | None
    """The server's last count."""
    unseen: int | None
    synced_at: int | None


class Row(NamedTuple):
    """One message as the server described it in a header fetch."""

    uid: UID
    arrival: int
    """INTERNALDATE, seconds since the epoch."""
    size: int
    flags: FlagSet
    modseq: ModSeq | None
    envelope: Envelope
    structure: bytes | None
    """BODYSTRUCTURE as it came."""
    attach: bool
    hdr_hash: bytes
    """Digest of the raw header block; `b""` when there was none to digest."""
    problem: str = ""
    """Why the header could not be read; such a row is replaced by a better one."""


FlagChange = tuple[UID, FlagSet, ModSeq | None]
"""Flags of a message as the server reports them."""


class Batch(NamedTuple):
    """What one exchange with the server taught about a mailbox; applied as a whole."""

    rows: Sequence[Row] = ()
    flags: Sequence[FlagChange] = ()
    """UIDs without a row are ignored."""
    vanished: UIDSet = UIDSet()
    span: UIDSet = UIDSet()
    """UIDs that are covered from now on, whether messages were found there or not."""
    gen: int | None = None
    """The generation this was read in; a batch of another one is refused."""
    uidvalidity: UIDValidity | None = None
    uidnext: int | None = None
    modseq: int | None = None
    """New "applied through"; 0 forgets it (NOMODSEQ); None leaves it."""
    exists: int | None = None
    unseen: int | None = None
    """The server's counts. In a batch of flags and removals that gives neither, the
    counts move by what it changes; a batch with `exists` or a span leaves `unseen`."""
    synced: bool = False
    """The mailbox is now up to date with the server: stamps `synced_at`."""
    news: bool = False
    """What is new here has come to the mailbox since it was looked at last."""


class Applied(NamedTuple):
    """What a batch changed on the screen."""

    added: tuple[MessageId, ...] = ()
    changed: tuple[MessageId, ...] = ()
    """Rows whose flags or texts differ now."""
    removed: tuple[MessageId, ...] = ()
    refused: int = 0
    """Rows with numbers no server may send; they were left out."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class Place(NamedTuple):
    """Where the server holds a message."""

    message: MessageId
    account: str
    """The account's name."""
    mailbox: MailboxId
    wire_name: bytes
    gen: int
    uid: UID | None
    """None while its address is not known, e.g. after a UIDVALIDITY change."""
    content: ContentId
    size: int


class StoredContent(NamedTuple):
    """The immutable side of a message."""

    id: ContentId
    size: int
    envelope: Envelope
    """Decoded, not safe to show."""
    structure: bytes | None
    attachment: bool
    problem: str


class FlagJob(NamedTuple):
    """One flag change to send: the same for all its messages, in one mailbox."""

    mailbox: MailboxId
    wire_name: bytes
    gen: int
    rows: dict[UID, MessageId]
    add: FlagSet
    remove: FlagSet
    ops: tuple[int, ...]
    """Journal entries it carries out."""
    epoch: int

    @property
    def uids(self) -> UIDSet:
        """The messages to name in the command."""
        return UIDSet.of(self.rows)


class Undone(NamedTuple):
    """What an undo put back."""

    group: int
    """The gesture that was undone."""
    messages: tuple[MessageId, ...]
    add: FlagSet
    """Flags that were set again (on at least one message)."""
    remove: FlagSet
    mailboxes: frozenset[MailboxId] = frozenset()
    """Mailboxes whose lists changed by it."""
    moved: int = 0
    """Messages that went back to where they were."""
    away: int = 0
    """Of those, messages that are out of sight again, as they had been."""
    copies: int = 0
    """Copies that were taken back."""
    lost: int = 0
    """Messages that had been removed for good: they do not come back."""
    folders: tuple[str, ...] = ()
    """Names of folders whose making, renaming or deleting was taken back."""
    gone: tuple[str, ...] = ()
    """Names of folders that have been deleted: they do not come back."""


class NewMessage(NamedTuple):
    """A message that lies on no server, from a file."""

    row: Row
    octets: bytes
    digest: bytes
    """SHA-256 of the message whatever its line ends: what tells it from others."""


class Recorded(NamedTuple):
    """A gesture that was written down."""

    group: int
    messages: tuple[MessageId, ...]
    mailboxes: frozenset[MailboxId]
    """Mailboxes whose lists changed by it."""


class Evidence(NamedTuple):
    """How a mailbox stood before a command that must not be repeated."""

    uidvalidity: int
    uidnext: int


class AppendJob(NamedTuple):
    """One message to be stored in a mailbox by one command."""

    op: int
    message: MessageId
    """The row that shows it already."""
    account: str
    target: MailboxId
    target_name: bytes
    blob: str
    """Its key in the vault."""
    flags: FlagSet
    arrival: int
    """INTERNALDATE, seconds since the epoch."""
    size: int
    tries: int
    before: Evidence | None
    """The target before the command; what came later has at least this UID."""
    epoch: int


class TransferJob(NamedTuple):
    """Messages of one mailbox to be moved, copied or removed by one command."""

    kind: str
    """move, copy or expunge."""
    mailbox: MailboxId
    wire_name: bytes
    gen: int
    target: MailboxId | None
    target_name: bytes
    rows: dict[UID, tuple[int, MessageId]]
    """Journal entry and message by UID."""
    copied: dict[UID, int]
    """Those that a broken-off move has copied already, with the UID of the copy."""
    guard: dict[UID, Flag]
    """For removals: the flags that the user saw."""
    epoch: int
    tries: int = 0
    """How often its commands went out before."""
    before: Evidence | None = None
    """The target before the command; what came later has at least this UID."""

    @property
    def uids(self) -> UIDSet:
        """The messages to name in the command."""
        return UIDSet.of(self.rows)

    def part(self, uids: Collection[int]) -> TransferJob:
        """The same for some of the messages."""
        return self._replace(rows={u: v for u, v in self.rows.items() if u in uids})


@dataclass(slots=True)
class TransferOutcome:
    """What became of the messages of a job, by UID; what is not named stays open."""

    arrived: dict[int, int | None] = field(default_factory=dict)
    """Done; with the UID in the target where that is known."""
    gone: set[int] = field(default_factory=set)
    """No longer in the mailbox, and not in the target."""
    again: set[int] = field(default_factory=set)
    """Nothing happened: to be sent again."""
    failed: set[int] = field(default_factory=set)
    error: str = ""
    error_class: str = ""
    """`fixable` asks the user; anything else only tells."""
    wait_s: int = 0
    """Seconds before `again` is tried."""
    uidvalidity: int = 0
    """Of the target, as the server said with the UIDs; 0 when it did not."""


class FolderJob(NamedTuple):
    """One change of a folder to send."""

    op: int
    kind: str
    """mkbox, mvbox, rmbox or subscribe."""
    mailbox: MailboxId
    wire_name: bytes
    name: str
    new_name: bytes
    """For a rename."""
    subscribe: bool
    messages: int | None
    """How many it held when the user decided to delete it."""
    unsure: bool
    """An earlier try may have reached the server."""
    uidvalidity: int | None
    """As last seen: what tells the folder from another one of its name."""
    epoch: int
    tries: int = 0


class QueueEntry(NamedTuple):
    """A journal entry that is not finished, for the queue view."""

    op: int
    group: int
    kind: str
    mailbox: MailboxId | None
    mailbox_name: SafeText
    """Where the messages were, or the folder it is about."""
    target_name: SafeText
    """Where they go; empty when nowhere."""
    verb: str
    """What the user called it: move, archive, delete, junk …"""
    state: str
    """queued, held, running, unsure, waiting, asking, failed."""
    messages: int
    """How many messages are still to be done."""
    first: MessageId | None
    subject: SafeText
    """Subject of the first one."""
    add: FlagSet
    remove: FlagSet
    error: SafeText
    created: int
    tries: int
    not_before: int | None = None
    """Not tried before; seconds since the epoch."""
    rule: str = ""
    """The rule that did it; empty for the user."""

    @property
    def moving(self) -> bool:
        """It is sent as soon as there is a link."""
        here = self.state in ("queued", "running", "unsure")
        return here and self.not_before is None


class PastGesture(NamedTuple):
    """A gesture as the history lists it."""

    group: int
    created: int
    entries: tuple[QueueEntry, ...]
    undone: bool
    messages: int
