"""One measured run over a maildrop, in a process of its own; prints its costs as JSON.

`python -m tests.bench.pop3_one WHAT PORT USER COUNT FOLDER`, started by
`tests.bench.pop3`. Time begins when the modules are imported.
"""

from __future__ import annotations

import hashlib
import json
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.servers.dovecot import PASSWORD
from tuimail.config import Config, Fetch, OnServer, Pop3Account, Security
from tuimail.engine.events import Event
from tuimail.engine.maildrop import MASS_OK, Maildrop
from tuimail.engine.pop3_account import FIRST_HEADERS
from tuimail.engine.service import MailService
from tuimail.net.auth import Password
from tuimail.net.pop3 import Pop3Session
from tuimail.net.session import Endpoint
from tuimail.paths import Paths, under
from tuimail.store.maildrop import PopState
from tuimail.store.maildrop_tree import MaildropTree
from tuimail.store.store import Store

NAME = "drop"
LOOK_S = 0.02
WINDOW = 50
Costs = dict[str, float]


def account(port: int, user: str, **more: object) -> Pop3Account:
    """The account under test."""
    return Pop3Account(
        NAME,
        "b@example.org",
        "127.0.0.1",
        user,
        port=port,
        security=Security.NONE,
        password=PASSWORD,
        **more,  # type: ignore[arg-type]
    )


def home(folder: str) -> Paths:
    paths = under(Path(folder))
    paths.ensure()
    return paths


def spent() -> float:
    """Processor time of this process, of all its threads."""
    return time.process_time()


def until(
    config: Pop3Account, paths: Paths, done: Callable[[MailService], bool]
) -> float:
    """Seconds from the start of the service until `done`; looked at after events."""
    stirred = threading.Event()

    def hear(event: Event) -> None:
        stirred.set()

    begun = time.perf_counter()
    service = MailService(Config(accounts=(config,)), paths)
    service.subscribe(hear)
    if config.on_server is OnServer.DELETE:
        service.store.maildrops.note(NAME, MASS_OK, "1")
    service.start()
    try:
        while not done(service):
            stirred.wait(0.2)
            stirred.clear()
            time.sleep(LOOK_S)
        return time.perf_counter() - begun
    finally:
        service.close()


def triage(port: int, user: str, count: int, folder: str) -> Costs:
    """A fresh account until every row is in the list."""
    paths = home(folder)
    took = until(
        account(port, user),
        paths,
        lambda s: s.store.messages.known(s.inbox(NAME)).rows >= count,
    )
    return {"s": took}


def state_count(*states: PopState) -> Callable[[MailService], int]:
    """How many messages are in one of the states."""

    def counted(service: MailService) -> int:
        counts = service.store.maildrops.counts(NAME)
        return sum(counts.get(state, 0) for state in states)

    return counted


def fetch(port: int, user: str, count: int, folder: str) -> Costs:
    """A fresh account until every message is a file here."""
    here = state_count(PopState.STORED)
    config = account(port, user, fetch=Fetch.ALL, whole_up_to_mb=0)
    return {"s": until(config, home(folder), lambda s: here(s) >= count)}


def fetch_and_remove(port: int, user: str, count: int, folder: str) -> Costs:
    """The same, each message removed from the server once it is here."""
    gone = state_count(PopState.GONE)
    config = account(
        port, user, fetch=Fetch.ALL, whole_up_to_mb=0, on_server=OnServer.DELETE
    )
    return {"s": until(config, home(folder), lambda s: gone(s) >= count)}


def remove(port: int, user: str, count: int, folder: str) -> Costs:
    """Everything is here already: look, read again, delete; the maildrop alone."""
    config = account(port, user, fetch=Fetch.ALL, on_server=OnServer.DELETE)
    with_drop = _Drop(config, folder)
    with_drop.store.maildrops.note(NAME, MASS_OK, "1")
    drop = with_drop.drop
    begun = time.perf_counter()
    drop.look()
    listed = time.perf_counter() - begun
    session = drop._session
    assert session is not None, "it was just listed"
    before = session.counters.flights
    gone = drop.remove()
    took = time.perf_counter() - begun
    flights = session.counters.flights - before
    with_drop.store.close()
    return {"s": took, "listed_s": listed, "flights": flights, "gone": gone}


def first_rows(port: int, user: str, count: int, folder: str) -> Costs:
    """Round trips after the greeting: up to the listing, and to the first headers."""
    with_drop = _Drop(account(port, user), folder)
    drop = with_drop.drop
    drop.look()
    session = drop._session
    assert session is not None, "it was just listed"
    listed = session.counters.flights
    made = drop.headers(FIRST_HEADERS)
    flights = session.counters.flights - listed
    octets = session.counters.bytes_in
    drop.leave()
    with_drop.store.close()
    return {"listed": listed, "flights": flights, "rows": len(made), "octets": octets}


class _Drop:
    """A maildrop and its store, without the rest of the engine."""

    def __init__(self, config: Pop3Account, folder: str) -> None:
        paths = home(folder)
        self.store = Store(paths.state, paths.cache, paths.data)
        drops = self.store.maildrops
        tree = MaildropTree(
            self.store.maildir(NAME), drops, NAME, lambda folder: False, follow=False
        )
        tree.make(b"INBOX")
        self.drop = Maildrop(config, Password(config), drops, tree)


# -- baselines ---------------------------------------------------------------


def bare_session(port: int, user: str) -> Pop3Session:
    endpoint = Endpoint("127.0.0.1", port, Security.NONE, user)
    session = Pop3Session(endpoint, lambda: PASSWORD)
    session.connect()
    return session


def bare(port: int, user: str, count: int, folder: str) -> Costs:
    """List and read all headers on our own session; nothing is done to the answers."""
    begun = time.perf_counter()
    session = bare_session(port, user)
    numbers = [entry.number for entry in session.listing().entries]
    got = sum(1 for _ in session.tops(numbers))
    took = time.perf_counter() - begun
    session.quit()
    if got != count:
        raise RuntimeError(f"{got} headers of {count}")
    return {"s": took}


def raw(port: int, user: str, count: int, folder: str) -> Costs:
    """The same on a plain socket, with a fixed window of 50 TOPs."""
    begun = time.perf_counter()
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = sock.makefile("rb", 1 << 16)
    for command in (b"", b"USER " + user.encode(), b"PASS " + PASSWORD.encode()):
        if command:
            sock.sendall(command + b"\r\n")
        lines.readline()
    sock.sendall(b"STAT\r\nLIST\r\nUIDL\r\n")
    lines.readline()
    _skip(lines)
    _skip(lines)
    sent = 0
    for answered in range(count):
        more = min(count, answered + WINDOW) - sent
        if more >= WINDOW // 2 or answered == sent:
            tops = [b"TOP %d 0\r\n" % (sent + each + 1) for each in range(more)]
            sock.sendall(b"".join(tops))
            sent += more
        _skip(lines)
    took = time.perf_counter() - begun
    sock.close()
    return {"s": took}


def _skip(lines: object) -> None:
    while lines.readline() != b".\r\n":  # type: ignore[attr-defined]
        pass


def bare_remove(port: int, user: str, count: int, folder: str) -> Costs:
    """List, delete all and quit on our own session; nothing is read again."""
    begun = time.perf_counter()
    session = bare_session(port, user)
    numbers = [entry.number for entry in session.listing().entries]
    before = session.counters.flights
    session.delete(numbers)
    session.quit()
    took = time.perf_counter() - begun
    return {"s": took, "flights": session.counters.flights - before}


def read_again(port: int, user: str, count: int, folder: str) -> Costs:
    """Only read every file of the Maildir, and digest it."""
    begun = time.perf_counter()
    cur = Path(folder).rglob("cur/*")
    octets = 0
    for file in cur:
        data = file.read_bytes()
        hashlib.sha256(data).digest()
        octets += len(data)
    return {"s": time.perf_counter() - begun, "octets": octets}


RUNS = {
    made.__name__: made
    for made in (
        triage,
        fetch,
        fetch_and_remove,
        remove,
        first_rows,
        bare,
        raw,
        bare_remove,
        read_again,
    )
}


def peak_mb() -> float:
    """Most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run one of them."""
    what, port, user, count, folder = sys.argv[1:]
    before = spent()
    costs = RUNS[what](int(port), user, int(count), folder)
    print(json.dumps({**costs, "cpu": spent() - before, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
