"""A user, a server, another client and a bad link, in any order.

The model knows what the server has and what the user last wished, flag by flag. The
store must always show the wish, obey its own rules in every state, and in the end the
server must have what the screen shows.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.store.build import ACCOUNT, fill, inbox, open_store
from tuimail.mail.types import UID, FlagSet
from tuimail.store.flags import COLUMNS, layers, union
from tuimail.store.sync import Batch
from tuimail.store.values import FlagJob

UIDS = (1, 2, 3)
NAMES = ("seen", "flagged", "$x")
BITS = {"seen": 1, "flagged": 4}

some_uids = st.sets(st.sampled_from(UIDS), min_size=1)
some_names = st.sets(st.sampled_from(NAMES))


def flags_of(names: set[str]) -> FlagSet:
    bits = sum(BITS[name] for name in names if name in BITS)
    return FlagSet(bits, frozenset(n for n in names if n not in BITS))  # type: ignore[arg-type]


def names_of(flags: FlagSet) -> set[str]:
    return {name for name, bit in BITS.items() if flags.bits & bit} | flags.keywords


class FlagModel(RuleBasedStateMachine):
    """The store between a user and a server."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="tuimail-flags-"))
        self.store = open_store(self.root)
        self.ids = fill(self.store, UIDS, exists=3, unseen=3)
        self.server: dict[int, set[str]] = {uid: set() for uid in UIDS}
        self.wish: dict[tuple[int, str], bool] = {}
        self.unpulled: set[tuple[int, str]] = set()
        self.flying: list[FlagJob] = []
        self.newer: set[tuple[int, str]] = set()

    def teardown(self) -> None:
        self.settle()
        self.store.close()
        shutil.rmtree(self.root)

    def shown(self, uid: int) -> set[str]:
        header = self.store.messages.header(self.ids[uid])
        assert header is not None
        return names_of(FlagSet(header.flags, header.keywords))

    def all_shown(self) -> dict[int, set[str]]:
        return {uid: self.shown(uid) for uid in UIDS}

    def wished(self, before: dict[int, set[str]]) -> None:
        """Whatever a gesture changed on screen is the user's wish now."""
        for uid, names in self.all_shown().items():
            for name in names ^ before[uid]:
                self.newer.add((uid, name))
                if (uid, name) in self.unpulled:
                    self.wish.pop((uid, name), None)
                else:
                    self.wish[uid, name] = name in names

    @rule(uids=some_uids, add=some_names, remove=some_names)
    def gesture(self, uids: set[int], add: set[str], remove: set[str]) -> None:
        before = self.all_shown()
        messages = [self.ids[uid] for uid in uids]
        self.store.operations.queue_flags(messages, flags_of(add), flags_of(remove))
        for uid in UIDS:
            expected = (before[uid] | add) - remove if uid in uids else before[uid]
            assert self.shown(uid) == expected
        self.wished(before)

    @rule()
    def undo(self) -> None:
        before = self.all_shown()
        self.store.operations.undo_last()
        self.wished(before)

    @rule(uid=st.sampled_from(UIDS), name=st.sampled_from(NAMES))
    def other_client(self, uid: int, name: str) -> None:
        self.server[uid] ^= {name}
        self.unpulled.add((uid, name))
        if (uid, name) not in self.pending():
            self.wish.pop((uid, name), None)

    def pending(self) -> set[tuple[int, str]]:
        """Flags the store still wants to send, or is sending."""
        live = set()
        for uid in UIDS:
            columns = self.store._state.row(
                f"SELECT {COLUMNS} FROM msg WHERE id=?", (self.ids[uid],)
            )
            found = layers(columns)
            touched = union(found.flying.touched, found.pending.touched)
            live |= {(uid, name) for name in names_of(touched)}
        return live

    @rule(uids=some_uids)
    def pull(self, uids: set[int]) -> None:
        reports = [(UID(uid), flags_of(self.server[uid]), None) for uid in uids]
        self.store.sync.apply(inbox(self.store), Batch(flags=reports))
        self.unpulled -= {(uid, name) for uid in uids for name in NAMES}

    @rule()
    def claim(self) -> None:
        before = self.all_shown()
        job = next(self.store.operations.claim_flags(ACCOUNT), None)
        assert self.all_shown() == before
        if job is not None:
            self.flying.append(job)
            self.newer -= {(uid, name) for uid in job.rows for name in NAMES}

    def execute(self, job: FlagJob) -> dict[int, FlagSet]:
        """The server carries the command out."""
        for uid in job.rows:
            self.server[uid] = (self.server[uid] | names_of(job.add)) - names_of(
                job.remove
            )
        return {uid: flags_of(self.server[uid]) for uid in job.rows}

    @precondition(lambda self: self.flying)
    @rule(report=st.booleans())
    def confirm(self, report: bool) -> None:
        job = self.flying.pop(0)
        rows = self.execute(job)
        self.store.operations.confirm_flags(job, rows if report else {})
        if report:
            self.unpulled -= {(uid, name) for uid in job.rows for name in NAMES}

    @precondition(lambda self: self.flying)
    @rule(arrived=st.booleans())
    def link_breaks(self, arrived: bool) -> None:
        job = self.flying.pop(0)
        before = self.all_shown()
        if arrived:
            self.execute(job)
        self.store.operations.release_flags(job, "connection lost")
        assert self.all_shown() == before

    @precondition(lambda self: self.flying)
    @rule()
    def refused(self) -> None:
        job = self.flying.pop(0)
        self.store.operations.fail_flags(job, "NO")
        for uid in job.rows:
            for name in names_of(union(job.add, job.remove)):
                # A newer wish for the same as was refused is refused with it.
                same = self.wish.get((uid, name)) is (name in names_of(job.add))
                if same or (uid, name) not in self.newer:
                    self.wish.pop((uid, name), None)

    @rule(again=st.booleans())
    def decide(self, again: bool) -> None:
        """The user looks at the queue and retries or forgets the first failure."""
        failed = [
            entry for entry in self.store.queue.live(ACCOUNT) if entry.state == "failed"
        ]
        if failed:
            queue = self.store.queue
            (queue.retry if again else queue.discard)(failed[0].op)
            self.wish.clear()

    @rule()
    def crash(self) -> None:
        stale, self.flying = self.flying, []
        before = self.all_shown()
        old = self.store
        self.store = open_store(self.root)
        self.store.operations.recover(ACCOUNT)
        assert self.all_shown() == before
        for job in stale:
            old.operations.confirm_flags(job, {})
        assert self.all_shown() == before
        old.close()

    @invariant()
    def rules_hold(self) -> None:
        assert self.store.fsck() == []

    @invariant()
    def what_was_wished_is_shown(self) -> None:
        shown = self.all_shown()
        pending = self.pending()
        for (uid, name), on in self.wish.items():
            if (uid, name) in pending or (uid, name) not in self.unpulled:
                assert (name in shown[uid]) == on

    def settle(self) -> None:
        """The link is good again and nobody does anything: all must agree."""
        while self.flying:
            self.confirm(True)
        for entry in self.store.queue.live(ACCOUNT):
            if entry.state == "held":
                # Under way in two deaths: the user lets it go on.
                self.store.queue.retry(entry.op)
        for _ in range(2):
            for job in self.store.operations.claim_flags(ACCOUNT):
                self.store.operations.confirm_flags(job, self.execute(job))
        for entry in self.store.queue.live(ACCOUNT):
            assert entry.state == "failed"
            self.store.queue.discard(entry.op)
        reports = [(UID(uid), flags_of(self.server[uid]), None) for uid in UIDS]
        self.store.sync.apply(inbox(self.store), Batch(flags=reports))
        assert self.all_shown() == self.server
        assert self.store.accounts.waiting(ACCOUNT) == (0, 0)
        assert list(self.store.operations.claim_flags(ACCOUNT)) == []
        for (uid, name), on in self.wish.items():
            assert (name in self.server[uid]) == on, (uid, name, on)
        assert self.store.fsck() == []


TestFlagModel = FlagModel.TestCase
TestFlagModel.settings = settings(max_examples=40, stateful_step_count=25)
