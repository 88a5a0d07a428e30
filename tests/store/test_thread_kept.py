"""The kept order of a mailbox is the order that is worked out from nothing."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.build import FLAGGED, NONE, inbox, open_store
from tests.store.test_threads import box, letter, put
from tuimail.mail.types import MailboxId, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store import thread_kept, thread_news
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.thread_blocks import look, read
from tuimail.store.thread_kept import Kept
from tuimail.store.thread_order import Line, Shown, ordered
from tuimail.store.thread_rows import everything

THEN = 5_000_000_000


def whole(store: Store, mailbox: MailboxId) -> list[Line]:
    """The order, worked out from all there is."""
    found = store._state.rows(
        "SELECT id, content_id, internaldate FROM msg WHERE view_id=?", (mailbox,)
    )
    rows = [Shown(*row) for row in found]
    return list(ordered(rows, *everything(store._cache, rows)))


@contextmanager
def opened() -> Iterator[tuple[Store, MailboxId, MailboxId]]:
    """A store with two folders."""
    with tempfile.TemporaryDirectory() as root:
        store = open_store(Path(root))
        yield store, inbox(store), box(store, "Other")
        store.close()


LETTERS = st.sampled_from("abcdef")
MAIL = st.tuples(
    LETTERS,
    st.lists(LETTERS, max_size=2),
    st.sampled_from(["x", "Re: x", "y", "Re: y"]),
    st.integers(0, 9),
)
SOME = st.lists(st.integers(0, 11), min_size=1, max_size=3)
STEPS = st.one_of(
    st.tuples(st.just("come"), st.lists(MAIL, min_size=1, max_size=4)),
    st.tuples(st.just("elsewhere"), st.lists(MAIL, min_size=1, max_size=2)),
    st.tuples(st.just("join"), st.integers(1, 4)),
    st.tuples(st.just("sweep"), st.none()),
    st.tuples(st.just("away"), SOME),
    st.tuples(st.just("back"), SOME),
    st.tuples(st.just("hide"), SOME),
    st.tuples(st.just("flag"), SOME),
    st.tuples(st.just("gone"), SOME),
    st.tuples(st.just("undo"), st.none()),
)


class Life:
    """What may happen to two folders."""

    def __init__(self, store: Store, here: MailboxId, there: MailboxId) -> None:
        self.store, self.here, self.there = store, here, there
        self.number = 0
        self.ids: list[MessageId] = []

    def happen(self, kind: str, what: object) -> None:
        """One step."""
        store = self.store
        match kind, what:
            case (("come" | "elsewhere"), list(mails)):
                target = self.here if kind == "come" else self.there
                store.sync.apply(target, Batch(rows=[self.row(*m) for m in mails]))
                found = store._state.rows("SELECT id FROM msg ORDER BY id")
                self.ids = [MessageId(number) for (number,) in found]
            case "join", int(limit):
                store.threads.step(limit)
            case "sweep", _:
                store.threads.sweep()
            case "undo", _:
                store.operations.undo_last()
            case _, list(places) if self.ids:
                some = [self.ids[each % len(self.ids)] for each in places]
                self.do(kind, list(dict.fromkeys(some)))
            case _:
                pass

    def do(self, kind: str, some: list[MessageId]) -> None:
        """Something is done to these messages."""
        store = self.store
        match kind:
            case "away":
                store.operations.queue_move(some, self.there)
            case "back":
                store.operations.queue_move(some, self.here)
            case "hide":
                store.snoozing.snooze(some, THEN)
            case "flag":
                store.operations.queue_flags(some, FLAGGED, NONE)
            case _:
                rows = [store.messages.header(each) for each in some]
                uids = [row.uid for row in rows if row is not None and row.uid]
                store.sync.apply(self.here, Batch(vanished=UIDSet.of(uids)))

    def row(self, own: str, above: list[str], subject: str, arrival: int) -> object:
        """A header; of one name there may be several mails."""
        self.number += 1
        return letter(
            self.number,
            own,
            *above,
            subject=subject,
            arrival=2000 + arrival,
            hdr_hash=str(self.number).encode().ljust(16),
        )


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=14))
def test_whatever_happens_it_is_the_order_of_all(
    steps: list[tuple[str, object]],
) -> None:
    with opened() as (store, here, there):
        life = Life(store, here, there)
        kept = {
            each: Kept(store._state, store._cache, each, 2) for each in (here, there)
        }
        for kind, what in steps:
            life.happen(kind, what)
            for mailbox, order in kept.items():
                assert list(order.order()) == whole(store, mailbox)


def nothing_more_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on an order can only be mended."""

    def never(*_: object) -> None:
        raise AssertionError("all was read")

    monkeypatch.setattr(thread_kept, "read", never)


def many(store: Store, count: int) -> None:
    put(store, *[letter(n, f"m{n}", f"h{n // 3}") for n in range(1, count + 1)])


def test_while_nothing_changes_it_is_the_same_object(store: Store) -> None:
    many(store, 30)
    order = store.threads.order(inbox(store))
    assert store.threads.mended(inbox(store)) is order
    assert store.threads.order(inbox(store)) is order
    # A flag changes no order.
    store.operations.queue_flags([MessageId(order.messages[3])], FLAGGED, NONE)
    assert store.threads.order(inbox(store)) is order


def test_what_was_given_out_stays_as_it_was(store: Store) -> None:
    many(store, 30)
    order = store.threads.order(inbox(store))
    before = list(order)
    put(store, letter(31, "late", "h1"))
    assert list(order) == before
    assert len(store.threads.order(inbox(store))) == 31


def test_a_new_message_takes_no_reading_of_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(store, 1500)
    store.threads.order(inbox(store))
    nothing_more_is_read_whole(monkeypatch)
    put(store, letter(1501, "late", "h7"))
    store.operations.queue_move([MessageId(5), MessageId(900)], box(store, "Other"))
    order = store.threads.order(inbox(store))
    assert list(order) == whole(store, inbox(store))
    assert order.threads[0] == order.threads[3]


def test_another_process_may_have_made_the_change(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(store, 1500)
    store.threads.order(inbox(store))
    state, cache = store._state.path.parent, store._cache.path.parent
    other = Store(state, cache, state.parent / "data")
    put(other, letter(1501, "late", "h7"))
    other.close()
    nothing_more_is_read_whole(monkeypatch)
    assert list(store.threads.order(inbox(store))) == whole(store, inbox(store))


def test_who_has_missed_too_much_reads_all(store: Store) -> None:
    many(store, 30)
    kept = Kept(store._state, store._cache, inbox(store))
    kept.order()
    for number in range(31, 31 + thread_news.KEPT + 2):
        put(store, letter(number, f"m{number}", "h1"))
    assert thread_news.since(store._cache, 1) is None
    assert list(kept.order()) == whole(store, inbox(store))


def test_when_most_has_changed_all_is_read(store: Store) -> None:
    many(store, 1500)
    here, there = inbox(store), box(store, "Other")
    store.threads.order(here)
    store.operations.queue_move([MessageId(n) for n in range(1, 1400, 3)], there)
    assert store.threads.mended(here) is None
    assert list(store.threads.order(here)) == whole(store, here)
    assert store.threads.mended(here) is not None


def test_only_a_few_mailboxes_are_kept(store: Store) -> None:
    boxes = [inbox(store), box(store, "One"), box(store, "Two")]
    for each in boxes:
        store.threads.order(each)
    kept = [store.threads.mended(each) is not None for each in boxes]
    assert kept == [False, True, True]


def test_blocks_are_cut_when_they_grow(store: Store) -> None:
    many(store, 10)
    state, here = store._state, inbox(store)
    blocks = read(state, here, 4)
    assert [len(list(block.shown())) for block in blocks] == [4, 6]
    put(store, *[letter(n, f"n{n}") for n in range(11, 19)])
    changed = look(state, here, blocks, 4)
    assert [len(list(block.shown())) for block in changed.blocks] == [4, 4, 4, 6]
    assert [len(changed.come), changed.left] == [8, set()]
    again = look(state, here, changed.blocks, 4)
    assert again == (changed.blocks, [], set())
    assert read(state, here, 4)[0].sums == changed.blocks[0].sums


def test_a_change_in_a_large_folder_costs_milliseconds(store: Store) -> None:
    many(store, 20_000)
    store.threads.order(inbox(store))
    put(store, letter(20_001, "late", "h7"))
    begun = time.thread_time()
    store.threads.order(inbox(store))
    assert time.thread_time() - begun < 0.1
