"""What leaves the cache first, what never leaves, and that nothing else changes."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.build import ACCOUNT, FLAGGED, NONE, SEEN, fill, inbox, open_store, row
from tuimail.mail.types import UID, FlagSet, Header, Section
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.values import Listed

TEXT, PICTURE = Section("1"), Section("2")
SIZE = 10_000


def rows(store: Store) -> dict[int, Header]:
    page = store.messages.page(inbox(store))
    return {header.uid: header for header in page if header.uid is not None}


def put(
    store: Store, uid: int, section: Section, *, ahead: bool = False, size: int = SIZE
) -> None:
    store.parts.put(rows(store)[uid].content, section, os.urandom(size), ahead=ahead)


def left(store: Store) -> set[tuple[int, str]]:
    return {
        (uid, section)
        for uid, header in rows(store).items()
        for section in store.parts.sections(header.content)
    }


def recent(store: Store, uid: int) -> None:
    """A message that arrived a minute ago."""
    at = int(time.time()) - 60
    batch = Batch(rows=[row(uid, arrival=at)], span=UIDSet.of([uid]))
    store.sync.apply(inbox(store), batch)


def test_attachments_leave_before_texts_that_were_used_longer_ago(store: Store) -> None:
    fill(store, [1])
    put(store, 1, TEXT)
    store.parts._touch(rows(store)[1].content, TEXT, 1)
    put(store, 1, PICTURE)
    store.parts.evict(SIZE + 500)
    assert left(store) == {(1, TEXT)}


def test_what_was_never_opened_leaves_before_what_was(store: Store) -> None:
    fill(store, [1, 2])
    put(store, 1, TEXT)
    store.parts._touch(rows(store)[1].content, TEXT, 1)
    put(store, 2, TEXT, ahead=True)
    store.parts.evict(SIZE + 500)
    assert left(store) == {(1, TEXT)}


def test_opening_what_was_fetched_ahead_makes_it_stay_longer(store: Store) -> None:
    fill(store, [1, 2])
    for uid in (1, 2):
        put(store, uid, TEXT, ahead=True)
    store.parts.get(rows(store)[1].content, TEXT)
    store.parts.evict(SIZE + 500)
    assert left(store) == {(1, TEXT)}


def test_small_texts_of_the_last_months_leave_last(store: Store) -> None:
    fill(store, [1])
    recent(store, 2)
    put(store, 2, TEXT, ahead=True)
    put(store, 1, TEXT)
    store.parts.evict(SIZE + 500)
    assert left(store) == {(2, TEXT)}


def test_a_big_text_of_today_is_a_text_like_any_other(store: Store) -> None:
    fill(store, [1])
    recent(store, 2)
    put(store, 2, TEXT, ahead=True, size=3 * SIZE)
    put(store, 1, TEXT)
    store.parts.evict(SIZE + 500)
    assert left(store) == {(1, TEXT)}


def test_parts_of_pinned_folders_stay(store: Store) -> None:
    fill(store, [1])
    listed = [Listed(b"INBOX", "INBOX"), Listed(b"Kept", "Kept")]
    kept = store.mailboxes.put_listing(ACCOUNT, listed)[b"Kept"]
    (number,) = store.sync.apply(kept, Batch(rows=[row(7)], span=UIDSet.of([7]))).added
    place = store.messages.place(number)
    assert place is not None
    store.parts.put(place.content, TEXT, os.urandom(SIZE))
    put(store, 1, TEXT)
    store.mailboxes.pin(kept, True)
    store.parts.evict(0)
    assert store.parts.has(place.content, TEXT)
    assert left(store) == set()


def test_the_message_on_screen_stays(store: Store) -> None:
    fill(store, [1, 2])
    for uid in (1, 2):
        put(store, uid, TEXT)
    store.parts.evict(0, keep=[rows(store)[2].content])
    assert left(store) == {(2, TEXT)}


def test_nothing_more_leaves_than_has_to(store: Store) -> None:
    fill(store, range(1, 11))
    for uid in range(1, 11):
        put(store, uid, PICTURE)
    store.parts.evict(5 * SIZE + 500)
    assert len(left(store)) == 5


@pytest.mark.parametrize("limit", [-1, 0])
def test_a_limit_that_cannot_be_met_ends(store: Store, limit: int) -> None:
    ids = fill(store, [1])
    put(store, 1, TEXT)
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    assert store.parts.evict(limit) == 0


UIDS = (1, 2, 3, 4)
uid = st.sampled_from(UIDS)
step = st.one_of(
    st.tuples(st.just("put"), uid, st.sampled_from([TEXT, PICTURE]), st.booleans()),
    st.tuples(st.just("flag"), uid, st.sampled_from([SEEN, FLAGGED]), st.booleans()),
    st.tuples(st.just("evict"), st.integers(0, 30_000)),
    st.tuples(st.just("send")),
    st.tuples(st.just("gone"), uid),
)


class Life:
    """A store and its server under a list of steps."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ids = fill(store, UIDS)
        self.server = dict.fromkeys(UIDS, FlagSet())
        self.wished = dict.fromkeys(UIDS, 0)

    def put(self, uid: int, section: Section, ahead: bool) -> None:
        if uid in self.server:
            put(self.store, uid, section, ahead=ahead, size=8000)

    def flag(self, uid: int, flag: FlagSet, on: bool) -> None:
        if uid not in self.server:
            return
        add, remove = (flag, NONE) if on else (NONE, flag)
        self.store.operations.queue_flags([self.ids[uid]], add, remove)
        self.wished[uid] = (self.wished[uid] | add.bits) & ~remove.bits

    def evict(self, limit: int) -> None:
        waiting = {uid for uid, header in rows(self.store).items() if header.pending}
        before = {each for each in left(self.store) if each[0] in waiting}
        self.store.parts.evict(limit)
        assert before <= left(self.store)

    def send(self) -> None:
        for job in list(self.store.operations.claim_flags(ACCOUNT)):
            for number in job.rows:
                bits = (self.server[number].bits | job.add.bits) & ~job.remove.bits
                self.server[number] = FlagSet(bits)
            reports = {UID(number): self.server[number] for number in job.rows}
            self.store.operations.confirm_flags(job, reports)

    def gone(self, uid: int) -> None:
        if self.server.pop(uid, None) is not None:
            batch = Batch(vanished=UIDSet.of([uid]))
            self.store.sync.apply(inbox(self.store), batch)


@settings(max_examples=60)
@given(st.lists(step, max_size=25))
def test_eviction_at_any_moment_changes_no_wish_and_no_rule(
    steps: list[object],
) -> None:
    with tempfile.TemporaryDirectory() as root:
        store = open_store(Path(root))
        life = Life(store)
        for name, *values in steps:  # type: ignore[misc, attr-defined]
            getattr(life, name)(*values)
            assert store.fsck() == []
        life.send()
        assert store.accounts.waiting(ACCOUNT) == (0, 0)
        for number, flags in life.server.items():
            assert flags.bits == life.wished[number]
        for number, header in rows(store).items():
            assert header.readable == ((number, TEXT) in left(store))
        store.close()
