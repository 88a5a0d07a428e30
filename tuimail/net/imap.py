"""An IMAP session: what the engine asks of a server, one method each.

Blocking, and used by one thread, but for `wake` and `abort`. Only UID commands after a
SELECT, BODY.PEEK, ±FLAGS; no EXPUNGE without UIDs, no CLOSE.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tuimail.errors import AccountError, Cancelled, ServerFault, Unreachable
from tuimail.mail.query_imap import Asking
from tuimail.mail.types import FLAG_WIRE, UID, FlagSet, ModSeq, Section
from tuimail.mail.uidset import UIDSet
from tuimail.net import imap_fetch, imap_search, names
from tuimail.net.imap_change import Changer
from tuimail.net.imap_link import Link
from tuimail.net.imap_list import Kind, Lister, Namespaces
from tuimail.net.imap_login import (
    Step,
    identify_and_enable,
    log_in,
    open_link,
)
from tuimail.net.imap_parse import parse_count, parse_fetch, parse_search
from tuimail.net.imap_rights import Permits
from tuimail.net.imap_search import SEARCH_S
from tuimail.net.imap_select import Selection
from tuimail.net.imap_thread import Threaded, parse_thread
from tuimail.net.imap_wire import Response, check
from tuimail.net.session import (
    Counters,
    Endpoint,
    Exists,
    Expunged,
    FetchRow,
    ListedMailbox,
    Resume,
    Selected,
    Untagged,
    Vanished,
)

QUIET_S = 0.3
DONE_S = 10.0
"""Time for the end of IDLE: an answer that costs a server nothing."""
"""A push comes as several lines; it is over after so much silence."""
PUSHED_MAX = 1000
"""Responses heard in one IDLE before it is ended: a server may never be quiet."""
KNOWN_MAX = 7000
"""Octets of a UID set in SELECT; a whole command should stay below 8192 (RFC 7162)."""
T = TypeVar("T")
_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|~]{1,100}")


class ImapSession:
    """One connection to one account's server."""

    local = False
    """Its mail lies elsewhere: what is fetched is worth keeping."""

    def __init__(
        self,
        endpoint: Endpoint,
        secret: Callable[[], str],
        *,
        on_untagged: Callable[[Untagged], None] = lambda event: None,
        on_step: Step = lambda step, words: None,
        connect_timeout_s: float = 15.0,
        response_timeout_s: float = 30.0,
    ) -> None:
        self.endpoint = endpoint
        self.selected: bytes | None = None
        """Wire name of the selected mailbox."""
        self.opened: Selected | None = None
        """How it stood when it was selected: what may be changed in it."""
        self.enabled: frozenset[str] = frozenset()
        self._secret = secret
        self._tell = on_untagged
        self._exists = 0
        self._step = on_step
        self._timeouts = connect_timeout_s, response_timeout_s
        self._link: Link | None = None
        self._aborted = False
        self._namespaces: Namespaces = {}

    def connect(self) -> None:
        """Connect, secure, log in. Raises Refused, Unreachable, Unsupported …"""
        secret = self._secret()
        connect_s, answer_s = self._timeouts
        link = open_link(
            self.endpoint,
            self._hear,
            connect_s=connect_s,
            answer_s=answer_s,
            step=self._step,
            begun=self._begun,
            given_up=lambda: self._aborted,
        )
        try:
            log_in(link, self.endpoint, secret, self._step)
            self.enabled = identify_and_enable(link, self.endpoint)
        except BaseException:
            link.transport.close()
            raise

    def _begun(self, link: Link) -> None:
        """From here on `abort` reaches the connection."""
        self._link = link
        if self._aborted:
            link.transport.abort()

    @property
    def link(self) -> Link:
        """The connection; Unreachable when there is none."""
        if self._link is None:
            raise Unreachable("There is no connection.")
        return self._link

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server can do for this user, in upper case."""
        return self.link.capabilities

    @property
    def counters(self) -> Counters:
        """What this connection has cost so far."""
        return self.link.transport.counters if self._link else Counters()

    @property
    def change(self) -> Changer:
        """Commands that move, copy, remove and store, and those for mailboxes."""
        return Changer(self.link)

    @property
    def permits(self) -> Permits:
        """Who may do what, and how much room is left."""
        return Permits(self.link)

    @property
    def sees_others(self) -> bool:
        """The server has folders of others, as far as a listing has shown by now."""
        return any(each.kind is not Kind.OWN for each in self._namespaces.values())

    # -- mailboxes ----------------------------------------------------------

    def list_mailboxes(self, *, with_status: bool) -> list[ListedMailbox]:
        """All mailboxes, with their counts on request."""
        lister = Lister(self.link, self.selected, self._condstore, self._namespaces)
        return lister.mailboxes(with_status=with_status)

    def select(
        self, wire_name: bytes, *, resume: Resume | None = None, readonly: bool = False
    ) -> Selected:
        """Open a mailbox; with `resume` the server tells what changed (QRESYNC)."""
        verb = b"EXAMINE " if readonly else b"SELECT "
        command = verb + names.quoted(wire_name)
        resumes = resume is not None and "QRESYNC" in self.enabled
        if resumes:
            assert resume is not None
            command += _qresync(resume)
        elif "CONDSTORE" in self.capabilities:
            command += b" (CONDSTORE)"
        selection = Selection(self.link.unasked)
        response = self.link.run([command], selection.take)[0]
        self.selected = self.opened = None
        check(response, f"to open the folder {names.decode(wire_name)}")
        self.selected = wire_name
        selected = selection.selected(response, resume if resumes else None)
        self._exists = selected.exists
        self.opened = selected
        return selected

    def unselect(self) -> None:
        """Leave the selected mailbox, where that can be done by itself (RFC 3691)."""
        if self.selected is not None and "UNSELECT" in self.capabilities:
            check(self.link.run([b"UNSELECT"])[0], "to leave the folder")
            self.selected = self.opened = None

    # -- messages -----------------------------------------------------------

    def fetch_newest(self, count: int) -> list[FetchRow]:
        """Headers of the last `count` messages, by sequence number."""
        exists = self._exists
        if not exists:
            return []
        first = max(1, exists - count + 1)
        return imap_fetch.headers_by_number(self.link, first, exists, self._items)

    def fetch_oldest(self, count: int) -> list[FetchRow]:
        """Headers of the first `count` messages, by sequence number."""
        exists = self._exists
        if not exists:
            return []
        last = min(count, exists)
        return imap_fetch.headers_by_number(self.link, 1, last, self._items)

    def fetch_headers(self, uids: UIDSet) -> list[FetchRow]:
        """Headers of these UIDs; a row that cannot be read says so in `problem`."""
        return imap_fetch.headers_by_uid(self.link, uids, self._items)

    def fetch_flags(
        self, uids: UIDSet, *, changed_since: ModSeq | None = None
    ) -> list[FetchRow]:
        """Flags of these UIDs, or only of those changed since (RFC 7162)."""
        return imap_fetch.flags(self.link, uids, changed_since, self._condstore)

    def fetch_section(
        self, uid: UID, section: Section, *, offset: int = 0, length: int | None = None
    ) -> bytes:
        """Octets of a section; Gone when the message is not there any more."""
        return imap_fetch.section(self.link, uid, section, offset, length)

    def fetch_sections(
        self, uid: UID, sections: Sequence[Section]
    ) -> dict[Section, bytes]:
        """Octets of several sections by one command; what is not there is left out."""
        return imap_fetch.sections(self.link, uid, sections)

    def fetch_slices(
        self,
        uid: UID,
        section: Section,
        size: int,
        *,
        start: int = 0,
        slice_octets: int = 262_144,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[bytes]:
        """A big section piece by piece from `start` on; stops when cancelled."""
        asked = imap_fetch.Range(start, size, slice_octets)
        return imap_fetch.slices(self.link, uid, section, asked, cancelled)

    @property
    def gives_previews(self) -> bool:
        """The server can say how texts begin."""
        return not self.capabilities.isdisjoint(imap_fetch.PREVIEWS)

    def fetch_previews(self, uids: UIDSet, *, lazy: bool) -> dict[UID, bytes]:
        """How texts begin (RFC 8970); `lazy`: only those that the server has at hand.

        What it does not say is left out; a server that cannot is not asked.
        """
        known = [
            w for name, w in imap_fetch.PREVIEWS.items() if name in self.capabilities
        ]
        if not known:
            return {}
        at_hand, worked_out = known[0]
        return imap_fetch.previews(self.link, uids, at_hand if lazy else worked_out)

    def search_uids(self, criteria: bytes, *, within: UIDSet | None = None) -> UIDSet:
        """UIDs that match. Criteria are written by us; no user text goes in here."""
        found = UIDSet()
        for part in within.chunks(max_count=2**32) if within is not None else (None,):
            found = found | self._search(b"ALL", criteria, part)
        return found

    def count(self, criteria: bytes, within: UIDSet | None = None) -> int:
        """How many messages match."""
        counts: list[int] = []

        def take(response: Response) -> bool:
            counts.append(_believed(parse_count, response))
            return True

        self._run_search(b"COUNT", criteria, within, take)
        return sum(counts)

    def search(
        self, asking: Asking, *, cancelled: Callable[[], bool] = lambda: False
    ) -> UIDSet:
        """UIDs that match what a user looks for; see `net.imap_search.search`.

        A server cannot be stopped: `cancelled` is asked once; `abort` ends the rest.
        """
        if cancelled():
            raise Cancelled("Cancelled.")
        return imap_search.search(self.link, asking)

    def sort(self, order: bytes, asking: Asking, most: int) -> list[UID]:
        """The first UIDs in an order; see `net.imap_search.sort`."""
        return imap_search.sort(self.link, order, asking, most)

    def thread(self, criteria: bytes = b"ALL") -> list[Threaded] | None:
        """The server's own conversations of what matches (RFC 5256).

        None where the server does not do so by References. ServerFault for an answer
        that cannot be read.
        """
        if "THREAD=REFERENCES" not in self.capabilities:
            return None
        found: list[list[Threaded]] = []

        def take(response: Response) -> bool:
            if response.text[:6].upper() != b"THREAD":
                return False
            found.append(_believed(parse_thread, response))
            return True

        command = b"UID THREAD REFERENCES UTF-8 " + criteria
        check(self.link.run([command], take, timeout_s=SEARCH_S)[0], "to thread")
        if len(found) > 1:
            raise ServerFault("The server answered twice.")
        return found[0] if found else []

    def store_flags(
        self, uids: UIDSet, *, add: FlagSet, remove: FlagSet
    ) -> list[FetchRow]:
        """Set and clear flags; gives the rows the server answered with.

        A server ignores silently what the user may not do: only the rows tell.
        """
        rows: list[FetchRow] = []

        def take(response: Response) -> bool:
            row = parse_fetch(response.text)
            if row is None or row.uid is None or row.uid not in uids:
                return False
            rows.append(row)
            return True

        changes = [(b"+FLAGS ", wire_flags(add)), (b"-FLAGS ", wire_flags(remove))]
        for part in uids.chunks():
            flight = [
                b"UID STORE " + part.wire() + b" " + verb + b"(" + words + b")"
                for verb, words in changes
                if words
            ]
            for response in self.link.run(flight, take):
                check(response, "to change the flags")
        return rows

    # -- waiting and ending -------------------------------------------------

    def idle(self, timeout_s: float) -> None:
        """Wait until the server says something, `wake` is called, or time is up.

        What it said went to `on_untagged`. Unreachable when the connection is lost.
        """
        link = self.link
        link.settle()
        tags = link.send(b"IDLE")
        answer = link.collect(tags, stop_at_continuation=True)[0]
        if answer.tag != b"+":
            check(answer, "to push news")
            raise ServerFault("The server ended IDLE before it began.")
        # What came together with the continuation is in the buffer already.
        if link.transport.stirred(timeout_s):
            heard = 0
            while heard < PUSHED_MAX and link.transport.stirred(QUIET_S):
                link.hear()
                heard += 1
        link.transport.allow(DONE_S)
        link.transport.send(b"DONE\r\n", 0)
        check(link.collect(tags, timeout_s=DONE_S)[0], "to push news")

    def notify(self) -> bool:
        """Have the counts of all folders told as they change (NOTIFY, RFC 5465).

        They come as `StatusSeen`, in IDLE as well. False when the server will not.
        """
        events = b"(MessageNew MessageExpunge FlagChange)"
        command = b"NOTIFY SET (selected %s) (personal %s)" % (events, events)
        if "NOTIFY" not in self.link.capabilities:
            return False
        return self.link.run([command])[0].status == b"OK"

    def noop(self, timeout_s: float | None = None) -> None:
        """Ask for nothing: finds out whether the connection lives."""
        response = self.link.run([b"NOOP"], timeout_s=timeout_s)[0]
        check(response, "even to do nothing")

    @property
    def silent_s(self) -> float:
        """Seconds since octets last went either way; 0 without a connection."""
        return self._link.transport.silent_s if self._link is not None else 0.0

    def logout(self) -> None:
        """Say goodbye and close."""
        with contextlib.suppress(AccountError):
            self.link.run([b"LOGOUT"], timeout_s=2.0)
        self.close()

    def close(self) -> None:
        """Close the connection without a word."""
        if self._link is not None:
            self._link.transport.close()

    def wake(self) -> None:
        """From another thread: let `idle` return."""
        if self._link is not None:
            self._link.transport.wake()

    def abort(self) -> None:
        """From another thread: break the connection, or the attempt to make one."""
        self._aborted = True
        if self._link is not None:
            self._link.transport.abort()

    # -- inside -------------------------------------------------------------

    @property
    def _condstore(self) -> bool:
        return "CONDSTORE" in self.capabilities

    @property
    def _items(self) -> bytes:
        return imap_fetch.ITEMS + (b" MODSEQ" if self._condstore else b"")

    def _hear(self, event: Untagged) -> None:
        """Keep the number of messages right, then pass the event on."""
        match event:
            case Exists(count=count):
                self._exists = count
            case Expunged():
                self._exists = max(0, self._exists - 1)
            case Vanished(uids=uids, earlier=False):
                self._exists = max(0, self._exists - len(uids))
        self._tell(event)

    def _search(self, what: bytes, criteria: bytes, within: UIDSet | None) -> UIDSet:
        found: list[UIDSet] = []

        def take(response: Response) -> bool:
            found.append(_believed(parse_search, response))
            return True

        self._run_search(what, criteria, within, take)
        return found[0] if len(found) == 1 else _union(found)

    def _run_search(
        self,
        what: bytes,
        criteria: bytes,
        within: UIDSet | None,
        take: Callable[[Response], bool],
    ) -> None:
        command = b"UID SEARCH "
        if "ESEARCH" in self.capabilities:
            command += b"RETURN (" + what + b") "
        command += (b"UID " + within.wire() + b" " if within else b"") + criteria
        imap_search.ask(self.link, [command], take)


def _qresync(resume: Resume) -> bytes:
    known = resume.known.wire()
    # Left out, the server takes it as all UIDs: more to hear, but never too long.
    if not known or len(known) > KNOWN_MAX:
        return b" (QRESYNC (%d %d))" % (resume.uidvalidity, resume.modseq)
    return b" (QRESYNC (%d %d %s))" % (resume.uidvalidity, resume.modseq, known)


def _believed(read: Callable[[bytes], T], response: Response) -> T:
    """What a search found; "nothing" must not be read out of nonsense."""
    try:
        return read(response.text)
    except ValueError as error:
        raise ServerFault("The server's search result cannot be read.") from error


def _union(sets: list[UIDSet]) -> UIDSet:
    return UIDSet(each for found in sets for each in found.ranges)


def wire_flags(flags: FlagSet) -> bytes:
    """Flags as STORE takes them; keywords that no server can take are left out."""
    words = [word for bit, word in FLAG_WIRE.items() if flags.bits & bit]
    words += sorted(k for k in flags.keywords if _KEYWORD.fullmatch(k))
    return " ".join(words).encode("ascii")
