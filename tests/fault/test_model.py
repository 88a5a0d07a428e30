"""A user, another client, a bad link and sudden deaths, in any order.

Whatever happens: in the end screen, store and server agree, nothing is waiting, no
message is there more often than somebody made it, and none is gone that nobody removed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.fault.bench import ACCOUNT, Bench, Killed
from tests.fault.scenarios import seed
from tests.servers.dovecot import Dovecot, available
from tests.servers.faults import FULL, NO_MOVE, Plan
from tuimail.mail.types import Flag, MessageId

FOLDERS = ("INBOX", "Archive", "Sent")
EXAMPLES = int(os.environ.get("TUIMAIL_MODEL_RUNS", "12"))
_SERVERS: list[Dovecot] = []

folders = st.sampled_from(FOLDERS)
places = st.integers(0, 7)
flags = st.sampled_from((Flag.SEEN, Flag.FLAGGED, Flag.ANSWERED))


def server() -> Dovecot:
    """One Dovecot for all runs."""
    if not _SERVERS:
        made = Dovecot()
        made.start()
        _SERVERS.append(made)
    return _SERVERS[0]


class Offline(RuleBasedStateMachine):
    """One account."""

    @initialize(hidden=st.sampled_from((FULL, NO_MOVE)))
    def begin(self, hidden: frozenset[bytes]) -> None:
        root = Path(tempfile.mkdtemp(prefix="tuimail-model-"))
        self.bench = Bench(server(), root / "home", hidden)
        self.bench.__enter__()
        seed(self.bench)
        self.copies = 0
        self.removed: set[str] = set()
        self.next = 100

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            try:
                self.quiesce()
            finally:
                self.bench.__exit__()

    def some(self, folder: str, place: int) -> list[MessageId]:
        """One or two messages of a folder, if it holds any."""
        box = self.bench.box(folder)
        rows = self.bench.store.messages.page(box, limit=50)
        return [row.id for row in rows[place : place + 1 + place % 2]]

    def number(self, message: MessageId) -> str:
        header = self.bench.store.messages.header(message)
        assert header is not None
        return header.subject.rsplit(" ", 1)[-1]

    # -- the user ------------------------------------------------------------

    @rule(folder=folders, place=places, flag=flags, on=st.booleans())
    def flag(self, folder: str, place: int, flag: Flag, on: bool) -> None:
        ids = self.some(folder, place)
        if on:
            self.bench.acts.set_flags(ids, add=flag)
        else:
            self.bench.acts.set_flags(ids, remove=flag)

    @rule(folder=folders, place=places, to=folders)
    def move(self, folder: str, place: int, to: str) -> None:
        ids = self.some(folder, place)
        if ids:
            self.bench.acts.move(ids, self.bench.box(to))

    @rule(folder=folders, place=places, to=folders)
    def copy(self, folder: str, place: int, to: str) -> None:
        ids = self.some(folder, place)
        if ids:
            self.copies += len(ids)
            self.bench.acts.copy(ids, self.bench.box(to))

    @rule(folder=folders, place=places)
    def delete(self, folder: str, place: int) -> None:
        self.bench.acts.delete(self.some(folder, place))

    @rule(folder=folders, place=places)
    def remove(self, folder: str, place: int) -> None:
        ids = self.some(folder, place)
        self.removed |= {self.number(message) for message in ids}
        self.bench.acts.remove(ids, grace_s=0)

    @rule()
    def undo(self) -> None:
        self.bench.acts.undo()

    # -- the other client ----------------------------------------------------

    @rule(folder=folders)
    def mail_comes(self, folder: str) -> None:
        self.next += 1
        self.bench.seed(folder, self.next)

    @rule(folder=folders, uid=st.integers(1, 6), flag=flags, on=st.booleans())
    def other_flags(self, folder: str, uid: int, flag: Flag, on: bool) -> None:
        name = {Flag.SEEN: "\\Seen", Flag.FLAGGED: "\\Flagged"}.get(flag, "\\Answered")
        with self.bench.other(folder) as client:
            client.uid("STORE", str(uid), "+FLAGS" if on else "-FLAGS", f"({name})")

    @rule(folder=folders, uid=st.integers(1, 6), to=folders)
    def other_moves(self, folder: str, uid: int, to: str) -> None:
        if folder != to:
            with self.bench.other(folder) as client:
                client.uid("MOVE", str(uid), to)

    @rule(folder=folders, uid=st.integers(1, 6))
    def other_removes(self, folder: str, uid: int) -> None:
        with self.bench.other(folder) as client:
            _, found = client.uid("FETCH", str(uid), "(BODY.PEEK[HEADER])")
            for part in found:
                if isinstance(part, tuple):
                    line = part[1].split(b"Subject: message ")[1]
                    self.removed.add(line.split(b"\r\n")[0].decode())
            client.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
            client.uid("EXPUNGE", str(uid))

    # -- link and life -------------------------------------------------------

    @rule()
    def sync(self) -> None:
        self.bench.sync()

    @rule(at=st.integers(1, 60), after=st.booleans())
    def sync_with_a_cut(self, at: int, after: bool) -> None:
        self.bench.proxy.plan = Plan(self.bench.proxy.seen.events + at, after=after)
        self.bench.sync()

    @rule(at=st.integers(1, 30))
    def sync_with_a_death(self, at: int) -> None:
        self.bench.kill_at = self.bench.commits + at
        try:
            self.bench.sync()
        except Killed:
            self.bench.restart()
        self.bench.kill_at = 0

    @rule()
    def restart(self) -> None:
        self.bench.restart()

    @rule()
    def rules_hold(self) -> None:
        assert self.bench.store.fsck() == []

    def quiesce(self) -> None:
        """Everything calm: nothing is left, and nobody has lost anything."""
        bench = self.bench
        bench.proxy.plan = Plan()
        bench.kill_at = 0
        bench.sync()
        for entry in bench.store.queue.live(ACCOUNT):
            assert entry.state in ("asking", "failed"), entry
            bench.store.queue.discard(entry.op)
        bench.sync()
        assert bench.trouble() == []
        there = [
            key.split(":")[0]
            for messages in bench.on_server.values()
            for key, count in messages.items()
            for _ in range(count)
        ]
        assert len(there) <= len(set(there)) + self.copies
        sent = {str(n) for n in (1, 2, 3, 4, 5, 7, 9, *range(101, self.next + 1))}
        assert sent - self.removed <= set(there)


if available():
    TestOffline = Offline.TestCase
    TestOffline.settings = settings(
        max_examples=EXAMPLES,
        stateful_step_count=20,
        suppress_health_check=list(HealthCheck),
    )


def teardown_module() -> None:
    """End the server."""
    for each in _SERVERS:
        each.remove()
