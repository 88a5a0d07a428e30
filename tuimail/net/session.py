"""Values that cross the border between a protocol session and the engine.

`net.imap.ImapSession` gives these; the engine knows no wire syntax.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tuimail.config import Security
from tuimail.mail.types import UID, Flag, FlagSet, ModSeq, Role, UIDValidity
from tuimail.mail.uidset import UIDSet


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how to connect, without any secret."""

    host: str
    port: int
    security: Security
    user: str
    fingerprint: str = ""
    """SHA-256 of the certificate in hex; the only check when given."""
    insecure: bool = False
    """Plain text to a host that is not loopback was allowed by the user."""
    ca_file: str = ""
    send_id: bool = True
    protocol: str = "IMAP"
    """Or `POP3`; only for the words of errors."""


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of a mailbox (STATUS, RFC 9051 §6.3.11); None where not given."""

    messages: int | None = None
    unseen: int | None = None
    uidnext: int | None = None
    uidvalidity: int | None = None
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class ListedMailbox:
    """One LIST response, with STATUS where the server adds it (RFC 5819)."""

    wire_name: bytes
    """As on the wire: what SELECT takes."""
    name: str
    """Decoded from modified UTF-7; not yet safe."""
    delimiter: str
    attributes: frozenset[str]
    """Lower case, e.g. `\\noselect`."""
    role: Role | None
    subscribed: bool
    status: Status | None = None
    owner: str = ""
    """Whose it is (NAMESPACE, RFC 2342): `mail.types.SHARED`, ROOT or a user's name;
    `''` for one's own. Not yet safe."""
    rights: str | None = None
    """What the user may do in it, where LIST says so (RFC 8440)."""

    @property
    def selectable(self) -> bool:
        """Whether it can be opened."""
        return not self.attributes & {"\\noselect", "\\nonexistent"}


class Grant(NamedTuple):
    """What somebody may do in a mailbox (RFC 4314)."""

    who: str
    """A user, `anyone`, or with a `-` before it: what is denied. Not yet safe."""
    rights: str


class Quota(NamedTuple):
    """How much there is of something (RFC 9208 §3.1)."""

    root: str
    """What is counted together; not yet safe."""
    resource: str
    """STORAGE (in KiB), MESSAGE, MAILBOX …, in upper case."""
    used: int
    most: int


@dataclass(frozen=True, slots=True)
class Resume:
    """What we hold of a mailbox, for a quick resynchronisation (RFC 7162)."""

    uidvalidity: UIDValidity
    modseq: ModSeq
    known: UIDSet


class FetchRow(NamedTuple):
    """One FETCH response; a field is None when the row does not carry it."""

    seq: int
    uid: UID | None = None
    flags: FlagSet | None = None
    modseq: ModSeq | None = None
    arrival: int | None = None
    """INTERNALDATE, seconds since the epoch."""
    size: int | None = None
    structure: bytes | None = None
    """BODYSTRUCTURE as it came, literals inline."""
    header: bytes | None = None
    """Raw octets of BODY[HEADER.FIELDS (…)] or BODY[HEADER]."""
    body: bytes | None = None
    """Octets of any other BODY[section]."""
    origin: int = 0
    """Offset at which `body` begins, when a slice was asked for."""
    sections: tuple[tuple[bytes, bytes], ...] = ()
    """Name (upper case) and octets of every BODY[section]; of header rows none."""
    preview: bytes | None = None
    """How its text begins (RFC 8970); None also where the server will not say."""
    problem: str = ""
    """Why the rest of the row could not be read."""


@dataclass(frozen=True, slots=True)
class Exists:
    """`* n EXISTS`."""

    count: int


@dataclass(frozen=True, slots=True)
class Expunged:
    """`* n EXPUNGE`: only a sequence number, so it tells that a listing is due."""

    seq: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """`* VANISHED` (RFC 7162 §3.2.10)."""

    uids: UIDSet
    earlier: bool


@dataclass(frozen=True, slots=True)
class FlagsSeen:
    """An unsolicited FETCH with FLAGS."""

    row: FetchRow


@dataclass(frozen=True, slots=True)
class StatusSeen:
    """An untagged STATUS or LIST that nobody asked for (NOTIFY)."""

    wire_name: bytes
    status: Status


@dataclass(frozen=True, slots=True)
class Alert:
    """`[ALERT]` text the user must see (RFC 9051 §7.1), raw."""

    text: str


Untagged = Exists | Expunged | Vanished | FlagsSeen | StatusSeen | Alert
"""What a session reports besides answers, in wire order."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The state of a mailbox right after SELECT."""

    exists: int
    uidvalidity: UIDValidity
    uidnext: int | None
    modseq: ModSeq | None
    """HIGHESTMODSEQ; None when the server has none for it (NOMODSEQ, 0)."""
    readonly: bool
    permanent: Flag
    keywords_allowed: bool
    resumed: bool = False
    """QRESYNC data was given: `vanished` and `changed` are complete."""
    vanished: UIDSet = field(default_factory=UIDSet)
    changed: tuple[FetchRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    """What a connection has cost so far."""

    bytes_in: int = 0
    bytes_out: int = 0
    commands: int = 0
    flights: int = 0
    """Waits for an answer: round trips."""
