"""A POP3 session: what the engine asks of a maildrop, one method each (RFC 1939).

Blocking, and used by one thread, but for `abort`. Nothing is removed before `quit` has
its answer: whoever leaves in another way leaves the maildrop as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from tuimail.errors import (
    AccountError,
    Gone,
    ServerFault,
    Unreachable,
    Unsupported,
)
from tuimail.net.pop3_login import SLOW, Step, Timing, log_in, login_delay, open_link
from tuimail.net.pop3_values import (
    MESSAGES_MAX,
    HeaderBlock,
    Listing,
    Retrieved,
    Stat,
    Top,
    UidlState,
    read_listing,
    read_stat,
)
from tuimail.net.pop3_wire import FLIGHT_OCTETS, Flight, Pop3Link, Reply, Sink, fault
from tuimail.net.session import Counters, Endpoint

MESSAGE_MAX = 512 * 1024 * 1024
HEADER_MAX = 1024 * 1024
TOP_MAX = 64 * 1024 * 1024
"""Octets of one answer to TOP: some servers send the whole message."""
LISTING_MAX = 128 * 1024 * 1024
LINE_ROOM = 600
"""Octets that a line of LIST or UIDL is given in the budget of the answer."""
QUIT_S = 120.0
"""Patience with QUIT: it is then that the server removes."""
UNKNOWN_SIZE = FLIGHT_OCTETS // 4


class Pop3Session:
    """One connection to one account's maildrop."""

    def __init__(
        self,
        endpoint: Endpoint,
        secret: Callable[[], str],
        *,
        oauth: bool = False,
        on_step: Step = lambda step, words: None,
        connect_timeout_s: float = 15.0,
        response_timeout_s: float = 30.0,
    ) -> None:
        self.endpoint = replace(endpoint, protocol="POP3")
        self._secret = secret
        self._oauth = oauth
        self._step = on_step
        self._timeouts = connect_timeout_s, response_timeout_s
        self._link: Pop3Link | None = None
        self._aborted = False

    def connect(self) -> None:
        """Connect, secure, log in. Raises Refused, Busy, Unreachable, Unsupported."""
        secret = self._secret()
        connect_s, answer_s = self._timeouts
        timing = Timing(
            connect_s, answer_s, self._step, self._begun, lambda: self._aborted
        )
        link = open_link(self.endpoint, timing)
        try:
            log_in(link, self.endpoint, secret, oauth=self._oauth, step=self._step)
        except BaseException:
            link.transport.close()
            raise

    def _begun(self, link: Pop3Link) -> None:
        """From here on `abort` reaches the connection."""
        self._link = link
        if self._aborted:
            link.transport.abort()

    @property
    def link(self) -> Pop3Link:
        """The connection; Unreachable when there is none."""
        if self._link is None:
            raise Unreachable("There is no connection.")
        return self._link

    @property
    def capabilities(self) -> dict[str, tuple[str, ...]]:
        """What the server can do for this user: name to words, in upper case."""
        return self.link.capabilities

    @property
    def login_delay_s(self) -> float:
        """Seconds the server wants between two logins (LOGIN-DELAY)."""
        return login_delay(self.link)

    @property
    def counters(self) -> Counters:
        """What this connection has cost so far."""
        return self.link.transport.counters if self._link else Counters()

    @property
    def silent_s(self) -> float:
        """Seconds since octets last went either way; 0 without a connection."""
        return self._link.transport.silent_s if self._link is not None else 0.0

    # -- the maildrop -------------------------------------------------------

    def stat(self) -> Stat:
        """How many messages there are, and how many octets."""
        return self._stat(self.link.ask(b"STAT", slow=SLOW))

    def listing(self) -> Listing:
        """Number, size and unique id of every message, in one flight where it can be.

        ServerFault when the server refuses LIST, or lists what cannot be.
        """
        link = self.link
        link.settle()
        together = link.pipelines
        if together:
            link.send(b"STAT", b"LIST", b"UIDL", multi=(False, True, True))
        stat = self._stat(link.reply(SLOW)) if together else self.stat()
        most = min(LISTING_MAX, LINE_ROOM * (stat.messages + 1000))
        reply = link.reply(SLOW) if together else self._long(b"LIST")
        if not reply.ok:
            raise fault(reply, "The server refused to list the messages.")
        sizes = link.text(most)
        reply = link.reply(SLOW) if together else self._long(b"UIDL")
        uidls = link.text(most) if reply.ok else None
        # Announced, and refused today: that must not look like ids that are gone.
        known = "UIDL" in link.capabilities
        refused = UidlState.REFUSED if known or reply.code else UidlState.UNSUPPORTED
        return read_listing(stat, sizes, uidls, refused)

    def tops(self, numbers: Iterable[int]) -> Iterator[Top]:
        """Headers of these messages, in their order, many commands in one flight.

        Unsupported when the server has no TOP. One that sends the bodies as well is
        asked for one at a time from then on; leave the iteration to have no more.
        """
        flight = Flight(self.link, multi=True)
        if "TOP" not in self.capabilities:
            # Perhaps it has it all the same; fifty refusals would not tell more.
            flight.room = 1
        known = "TOP" in self.capabilities
        asks = ((number, b"TOP %d 0" % number, 0) for number in numbers)
        for number, reply in flight.answers(asks):
            if not reply.ok and not known:
                raise fault(reply, "The server gives no headers (TOP).", Unsupported)
            known = True
            top = _top(self.link, number, reply)
            if top.body:
                flight.room = 1
            yield top

    def retrieve(self, number: int, sink: Sink, *, limit: int = MESSAGE_MAX) -> int:
        """A message, octet by octet as the server has it; gives their number.

        `sink` takes pieces of some 64 KiB. Gone when there is no such message;
        ServerFault when it has more than `limit` octets, the connection is over then.
        """
        reply = self._long(b"RETR %d" % number)
        if not reply.ok:
            raise _missing(reply, number)
        return self.link.body(sink, limit)

    def retrieve_many(
        self,
        wanted: Iterable[tuple[int, int | None]],
        open_sink: Callable[[int], Sink],
        *,
        limit: int = MESSAGE_MAX,
    ) -> Iterator[Retrieved]:
        """Messages by number and listed size, asked for ahead up to a mebibyte.

        `open_sink` is called for each when its octets are about to come.
        """
        flight = Flight(self.link, multi=True)
        asks = (
            (number, b"RETR %d" % number, UNKNOWN_SIZE if size is None else size)
            for number, size in wanted
        )
        for number, reply in flight.answers(asks):
            if reply.ok:
                octets = self.link.body(open_sink(number), limit)
                yield Retrieved(number, octets)
            else:
                yield Retrieved(number, 0, _missing(reply, number))

    def delete(self, numbers: Iterable[int]) -> dict[int, AccountError]:
        """Mark messages to be removed by `quit`; gives those refused, and why."""
        asks = ((number, b"DELE %d" % number, 0) for number in numbers)
        return {
            number: _missing(reply, number)
            for number, reply in Flight(self.link).answers(asks)
            if not reply.ok
        }

    def noop(self) -> None:
        """Ask for nothing: finds out whether the connection lives."""
        reply = self.link.ask(b"NOOP")
        if not reply.ok:
            raise fault(reply, "The server refused even to do nothing.")

    # -- ending -------------------------------------------------------------

    def quit(self, timeout_s: float = QUIT_S) -> bool:
        """Let the server remove what was deleted, and close.

        False when it did not confirm: then some, all or none of it may be gone, and
        only the next listing tells.
        """
        try:
            slow = timeout_s / self.link.timeout_s
            return self.link.ask(b"QUIT", slow=slow).ok
        except AccountError:
            return False
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection without a word: nothing is removed."""
        if self._link is not None:
            self._link.transport.close()

    def abort(self) -> None:
        """From another thread: break the connection, or the attempt to make one."""
        self._aborted = True
        if self._link is not None:
            self._link.transport.abort()

    # -- inside -------------------------------------------------------------

    def _long(self, command: bytes) -> Reply:
        return self.link.ask(command, multi=True, slow=SLOW)

    def _stat(self, reply: Reply) -> Stat:
        if not reply.ok:
            raise fault(reply, "The server refused to count the messages.")
        stat = read_stat(reply.words)
        if stat is None:
            raise ServerFault("The server's count of messages cannot be read.")
        if stat.messages > MESSAGES_MAX:
            raise ServerFault(f"The server claims to have {stat.messages:,} messages.")
        return stat


def _top(link: Pop3Link, number: int, reply: Reply) -> Top:
    if not reply.ok:
        return Top(number, b"", error=_missing(reply, number))
    block = HeaderBlock(HEADER_MAX)
    link.body(block, TOP_MAX)
    return Top(number, block.octets, block.rest, block.cut)


def _missing(reply: Reply, number: int) -> AccountError:
    return fault(reply, f"The server refused message {number}.", Gone)
