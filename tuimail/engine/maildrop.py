"""One maildrop: look what is in it, fetch, and remove what may go; one connection.

    look      connect and list; what a listing means is `pop3_plan.read`
    headers   the headers of the newest messages that have none here yet
    fetch     one message into the Maildir, synced, before anything else is believed
    remove    what is due, each after its file was read again; QUIT carries it out
    leave     end the connection, removing nothing

Used by one thread at a time, but for `abort`. What the network does raises Away, so
that work on the files goes on. Source: RFC 1939; RFC 2449.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tuimail.config import OnServer, Pop3Account
from tuimail.engine.endpoint import endpoint_of
from tuimail.engine.pop3_plan import (
    GUARD,
    SIZE_TOLERANCE,
    Id,
    Reading,
    due,
    marks,
    mass,
    missing,
    read,
    same,
)
from tuimail.engine.taking import Taking, digest_of
from tuimail.errors import (
    Away,
    Busy,
    Gone,
    Refused,
    ServerFault,
    Unreachable,
    Unsupported,
)
from tuimail.net.auth import Password
from tuimail.net.pop3 import Pop3Session
from tuimail.net.pop3_values import Top, UidlState
from tuimail.store.maildir_names import Entry, entry_of
from tuimail.store.maildrop import Maildrops, PopItem, PopState, Removal
from tuimail.store.maildrop_tree import MaildropTree

log = logging.getLogger(__name__)
FRESH_S = 5.0
"""A listing that young is not asked for again."""
TOGETHER = 200
"""Messages fetched on one connection when they are to be removed: then they are."""
NOTED_TOGETHER = 25
"""Files that are stored before that is written down; a name tells them meanwhile."""
SAME = "The same message is here already; it is not shown twice."
LISTED = ("size", "last_listed", "absent", "age_s")
HEADED = ("state", "header", "arrival", "fingerprint")
STORED = ("state", "key", "header", "fingerprint", "digest", "octets", "stored_at")
"""What each step writes down; the rest is the user's."""
LISTED_AT = "listed"
MASS_OK = "mass"
"""Under this name it is noted that removing many at a time was allowed."""


class Maildrop:
    """The server's side of one POP3 account."""

    def __init__(
        self,
        account: Pop3Account,
        secret: Password,
        drops: Maildrops,
        tree: MaildropTree,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._account = account
        self._secret = secret
        self._drops = drops
        self._tree = tree
        self._clock = clock
        self._session: Pop3Session | None = None
        self._dialing_at = 0.0
        """When the connection that is being made was begun; 0 for none."""
        self._looked_at = 0.0
        self._login_at = -1e9
        self._delay_s = 0.0
        self._fetched = 0
        self._seen: set[Id] = set()
        """Of these something was seen on this connection: their ids mean them."""
        self._headless: list[Id] = []
        """Messages whose headers are still to be fetched, the newest last."""
        self._adopted = False
        self._version = -1
        """Of what is written down about the maildrop, as far as it was read."""
        self._ties: Counter[int] = Counter()
        """Arrivals, and how many groups of headers had one like it."""
        self.reading = Reading({})
        """The last listing."""
        self.nameless: list[tuple[int, int | None]] = []
        """Numbers and sizes, where the server gives no ids."""
        self.closed: str = ""
        """Why nothing may be asked of the server; empty when it may."""
        self.held_back = 0
        """Removals that wait for the user's word, so many are they."""

    # -- connection ---------------------------------------------------------

    def look(self) -> Reading:
        """List the maildrop. Raises Busy, Unreachable, Refused, ServerFault."""
        if self._session is not None and time.monotonic() - self._looked_at < FRESH_S:
            return self.reading
        self._connect()
        assert self._session is not None, "connected above"
        try:
            listing = self._session.listing()
            if listing.uidl is UidlState.REFUSED:
                raise ServerFault(
                    "The server gives no message ids (UIDL) just now; nothing is"
                    " concluded from that."
                )
            nameless = listing.uidl is UidlState.UNSUPPORTED
            if nameless and self._account.on_server is not OnServer.DELETE:
                raise Unsupported(
                    f"{self._account.host} gives messages no ids (UIDL), so what stays"
                    " there cannot be told from what is new; set on_server ="
                    ' "download_and_delete" to fetch and remove everything.'
                )
            self.nameless = [(e.number, e.size) for e in listing.entries if nameless]
            if nameless:
                listing = listing._replace(entries=[], strays=1)
            name, now = self._account.name, int(self._clock())
            previous = int(self._drops.noted(name, LISTED_AT) or 0)
            self._version = self._drops.version(name)
            self.reading = read(self._drops.items(name), listing, now, previous)
        except BaseException:
            self._break()
            raise
        self._drops.add(name, self.reading.new)
        self._drops.renew(name, self.reading.changed, LISTED)
        self._adopt()
        if self.reading.forgotten:
            self._drops.forget(name, self.reading.forgotten)
            self._version += 1
        # They are written down: of the many that are listed one copy is enough.
        self.reading.new, self.reading.changed = [], []
        self._drops.note(name, LISTED_AT, str(now))
        self._headless = [i.id for i in self.reading.newest(PopState.LISTED)][::-1]
        self._looked_at = time.monotonic()
        return self.reading

    @property
    def connected(self) -> bool:
        """There is a connection, and its listing counts."""
        return self._session is not None

    def stale(self) -> None:
        """Somebody presses for what is new: the last listing is old, however young."""
        self._looked_at = -1e9

    def leave(self) -> None:
        """End the connection; nothing is removed by that."""
        session, self._session = self._session, None
        self.reading, self._headless = Reading({}), []
        if session is not None:
            session.quit(timeout_s=5.0)

    def hang_up(self, older_s: float) -> bool:
        """From another thread: break a connection that is silent for so long."""
        session, begun = self._session, self._dialing_at
        if session is None or not begun or time.monotonic() - begun < older_s:
            return False
        session.abort()
        return True

    def abort(self) -> None:
        """From another thread: break what is under way."""
        session = self._session
        if session is not None:
            session.abort()

    # -- headers and messages -----------------------------------------------

    def headers(self, count: int) -> list[PopItem]:
        """Fetch headers of the newest messages without; gives what waits now.

        Empty when there is nothing more.
        """
        wanted = [self.reading.items[id] for id in self._headless[: -count - 1 : -1]]
        if not wanted:
            return []
        by_number = {self.reading.numbers[item.id]: item for item in wanted}
        with self._told() as session:
            try:
                tops = session.tops(by_number)
                made = [self._with_header(by_number[top.number], top) for top in tops]
                made = self._in_order(made)
            except Unsupported:
                made = [self._bare(item) for item in wanted]
        del self._headless[-len(wanted) :]
        known = self._recognised(made)
        self._write(known, HEADED)
        self._seen.update(item.id for item in made if item.header)
        # All were known by another id: they are shown already.
        return [item for item in known if item.shown] or self.headers(count)

    def waiting(self) -> list[PopItem]:
        """What could be fetched, newest first, as the user has left it."""
        self._renew()
        return [i for i in self.reading.newest(PopState.WAITING) if i.shown]

    def fetch(
        self,
        item: PopItem,
        progress: Callable[[int, int], None] = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Entry:
        """Store a message in the folder where it is shown.

        It survives a power cut once this returns. Raises Away, Gone, Cancelled, and
        StoreError when the disk refuses; then nothing is here, and all is there.
        """
        if item.id not in self.reading.numbers or self._session is None:
            self._look_again(item)
        taking = self._taking(item, progress, cancelled)
        with self._told() as session, taking:
            session.retrieve(self.reading.numbers[item.id], taking)
            stored, entry = taking.commit()
        self._note([stored])
        if entry is None:
            raise Gone(SAME)
        return entry

    def fetch_many(self, items: Sequence[PopItem]) -> list[tuple[PopItem, Entry]]:
        """Store some messages, asked for together; gives those that came.

        One that the server does not give now is left for the next listing.
        """
        by_number = {self.reading.numbers[item.id]: item for item in items}
        wanted = [(number, item.size) for number, item in by_number.items()]
        got: list[tuple[PopItem, Entry | None]] = []
        with self._told() as session, ExitStack() as open_now:
            takings: dict[int, Taking] = {}

            def begin(number: int) -> Taking:
                open_now.close()
                taking = takings[number] = self._taking(by_number[number])
                open_now.enter_context(taking)
                return taking

            noted = 0
            try:
                for came in session.retrieve_many(wanted, begin):
                    if came.error is not None:
                        log.info("%s: %s", self._account.name, came.error)
                        self.reading.numbers.pop(by_number[came.number].id, None)
                        continue
                    taking, fresh = takings[came.number], got[noted:]
                    again = any(taking.digest == item.digest for item, _ in fresh)
                    if again or len(fresh) == NOTED_TOGETHER:
                        self._note([item for item, _ in fresh])
                        noted = len(got)
                    with suppress(Gone):
                        got.append(taking.commit())
            finally:
                self._note([item for item, _ in got[noted:]])
        return [(item, entry) for item, entry in got if entry is not None]

    @property
    def full(self) -> bool:
        """So much was fetched that what is due should go before more is."""
        deleting = self._account.on_server is OnServer.DELETE
        return deleting and self._fetched >= TOGETHER

    # -- removal ------------------------------------------------------------

    def remove(self) -> int:
        """Remove from the server what is due; gives how many went.

        What is to be removed because it is here is read again first. Without the
        server's word at the end nobody knows, and the next listing tells.
        """
        self._renew()
        wanted = due(self.reading, self._account)
        allowed = self._drops.noted(self._account.name, MASS_OK) is not None
        self.held_back = 0 if allowed else mass(wanted, self.reading)
        if self.held_back:
            wanted = [i for i in wanted if self._of_user(i)]
        files = self._tree.files({item.key for item in wanted})
        ready = [item for item in wanted if self._may_go(item, files)]
        ready = self._meant(ready)
        if not ready:
            return 0
        numbers = {self.reading.numbers[item.id]: item for item in ready}
        with self._told() as session:
            refused = session.delete(numbers)
            # The numbers are void from here on, whatever the answer.
            self._session = None
            if not session.quit():
                log.info("%s: no answer to QUIT", self._account.name)
                return 0
        gone = [
            item._replace(state=PopState.GONE, header=None)
            for number, item in numbers.items()
            if number not in refused
        ]
        self._write(gone, ("state", "header"))
        return len(gone)

    def drain(self) -> int:
        """From a server without ids: fetch some messages and remove them; how many.

        What is fetched again, because the server did not remove it, is known by its
        content and not stored twice.
        """
        allowed = self._drops.noted(self._account.name, MASS_OK) is not None
        self.held_back = (
            0 if allowed or len(self.nameless) <= GUARD else len(self.nameless)
        )
        wanted = [] if self.held_back else self.nameless[:TOGETHER]
        if not wanted:
            return 0
        now, name = int(self._clock()), self._account.name
        got: dict[int, PopItem] = {}
        with self._told() as session, ExitStack() as open_now:
            takings: list[Taking] = []

            def begin(number: int) -> Taking:
                open_now.close()
                size = dict(wanted)[number] or 0
                takings.append(self._taking(PopItem("", 0, "", size=size)))
                open_now.enter_context(takings[-1])
                return takings[-1]

            for came in session.retrieve_many(wanted, begin):
                if came.error is None:
                    item = takings[-1].commit_nameless()._replace(first_seen=now)
                    self._drops.renew(name, [item], STORED)
                    got[came.number] = item
            files = self._tree.files({item.key for item in got.values()})
            good = [n for n, i in got.items() if self._may_go(i, files)]
            refused = session.delete(good)
            self._session = None
            if not session.quit():
                return 0
        gone = [got[n]._replace(state=PopState.GONE) for n in good if n not in refused]
        self._drops.renew(name, gone, ("state", "header"))
        return len(gone)

    # -- inside -------------------------------------------------------------

    def _connect(self) -> None:
        self.leave()
        if self.closed:
            raise Unreachable(self.closed)
        wait = self._login_at + self._delay_s - time.monotonic()
        if wait > 0:
            raise Busy(
                f"{self._account.host} wants {self._delay_s:.0f} s between two logins.",
                code="LOGIN-DELAY",
                wait_s=wait,
            )
        where, oauth = endpoint_of(self._account), self._account.oauth
        session = Pop3Session(where, self._secret, oauth=oauth)
        self._session = session
        self._dialing_at = time.monotonic()
        try:
            session.connect()
            self._login_at = time.monotonic()
            self._delay_s = session.login_delay_s
        except BaseException as error:
            self._break()
            if isinstance(error, Refused):
                self._secret.forget()
            raise
        finally:
            self._dialing_at = 0.0
        self._fetched = 0
        self._seen.clear()

    def _meant(self, items: list[PopItem]) -> list[PopItem]:
        """Those whose ids still mean what they meant when we saw the messages.

        A server must not give an id to another message (RFC 1939 §7), and some do. So
        what was not seen on this connection is looked at before it is removed. Without
        TOP only the sizes tell.
        """
        unseen = {
            self.reading.numbers[item.id]: item
            for item in items
            if item.id not in self._seen and item.fingerprint is not None
        }
        others: set[Id] = set()
        with self._told() as session, suppress(Unsupported):
            for top in session.tops(unseen):
                item = unseen[top.number]
                if top.error is None and marks(top.header, 0)[0] == item.fingerprint:
                    self._seen.add(item.id)
                else:
                    others.add(item.id)
        if others:
            log.warning(
                "%s: %d ids mean other messages", self._account.name, len(others)
            )
        self.reading.doubtful |= others
        return [item for item in items if item.id not in others]

    def _taking(
        self,
        item: PopItem,
        progress: Callable[[int, int], None] = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Taking:
        now = self._drops.by_key(self._account.name, item.key) or item
        return Taking(self._tree, now, int(self._clock()), progress, cancelled)

    def _note(self, stored: list[PopItem]) -> None:
        self._write(stored, STORED)
        self._fetched += len(stored)
        self._seen.update(item.id for item in stored)

    def _adopt(self) -> None:
        """A file that is here and not written down: the program died in between."""
        if self._adopted:
            return
        self._adopted = True
        items = self.reading.items.values()
        waiting = [item for item in items if item.state is PopState.WAITING]
        files = self._tree.files({item.key for item in waiting})
        found = []
        for item in waiting:
            file = files.get(item.key)
            digest, octets = digest_of(file) if file is not None else (b"", 0)
            if digest and octets >= item.size * (1 - SIZE_TOLERANCE):
                found.append(
                    item._replace(
                        state=PopState.STORED,
                        header=None,
                        digest=digest,
                        octets=octets,
                        stored_at=int(self._clock()),
                    )
                )
        self._write(found, STORED)

    def _write(self, items: list[PopItem], what: tuple[str, ...]) -> None:
        """Write down how messages stand now."""
        self._drops.renew(self._account.name, items, what)
        # Headers are written down; of a hundred thousand they are many megabytes.
        self.reading.take(item._replace(header=None) for item in items)
        # Our own change is no reason to read everything again.
        self._version += bool(items)

    def _look_again(self, item: PopItem) -> None:
        with self._away():
            self.look()
        if item.id not in self.reading.numbers:
            raise Gone("This message is no longer on the server.")

    def _renew(self) -> None:
        """What the user did meanwhile counts."""
        version = self._drops.version(self._account.name)
        if version == self._version:
            return
        self.reading.take(
            item
            for id, item in self._drops.items(self._account.name).items()
            if id in self.reading.numbers
        )
        self._version = version

    @contextmanager
    def _told(self) -> Iterator[Pop3Session]:
        """The connection; when it breaks, that is told as Away."""
        session = self._session
        if session is None:
            raise Away("There is no connection to the maildrop.")
        try:
            with self._away():
                yield session
        except (Gone, Unsupported):
            raise
        except BaseException:
            # In the middle of an answer: nothing more can be read from this one.
            self._break()
            raise

    @contextmanager
    def _away(self) -> Iterator[None]:
        try:
            yield
        except (Unreachable, Refused) as error:
            raise Away(str(error), code=error.code, text=error.text) from error

    def _break(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _with_header(self, item: PopItem, top: Top) -> PopItem:
        if top.error is not None:
            return self._bare(item)
        mark, came = marks(top.header, item.first_seen)
        return item.with_header(top.header, came, mark)

    def _in_order(self, made: list[PopItem]) -> list[PopItem]:
        """Let what came in one second stand in the order of the maildrop.

        Of equal times a list shows last what it knew first, and the newest come first.
        """
        ordered = [i._replace(arrival=i.arrival - self._ties[i.arrival]) for i in made]
        self._ties.update({item.arrival for item in made})
        return ordered

    def _bare(self, item: PopItem) -> PopItem:
        """The server gives no header: it is shown by its size."""
        return item._replace(state=PopState.WAITING, arrival=item.first_seen)

    def _recognised(self, made: Sequence[PopItem]) -> list[PopItem]:
        """The same, but those that the server only calls by another name now."""
        kept: list[PopItem] = []
        missed = missing(self.reading)
        for item in made:
            old = same(missed, item)
            if old is None:
                kept.append(item)
                continue
            self._drops.forget(self._account.name, [item.id])
            self._version += 1
            self._drops.rekey(self._account.name, old.id, item)
            del self.reading.items[old.id]
            renamed = old._replace(
                uidl=item.uidl, occ=item.occ, size=item.size, absent=0
            )
            self.reading.take([renamed])
        return kept

    def _of_user(self, item: PopItem) -> bool:
        return self.reading.items[item.id].removal is not Removal.NO

    def _may_go(self, item: PopItem, files: Mapping[str, Path]) -> bool:
        """Whether a message may be removed: it is here, whole, or unwanted.

        `files` tells where messages were a moment ago.
        """
        if item.removal is Removal.ANYWAY:
            return True
        file = files.get(item.key)
        if file is None or not file.exists():
            file = self._tree.find(item)
        if file is None or item.octets < item.size * (1 - SIZE_TOLERANCE):
            return False
        aged = item.removal is Removal.SAFE and not self._of_user(item)
        flagged = "F" in entry_of(file.name).letters
        if aged and flagged and self._keeps_flagged():
            return False
        return digest_of(file) == (item.digest, item.octets)

    def _keeps_flagged(self) -> bool:
        return self._account.keep_flagged and self._account.on_server is OnServer.KEEP
