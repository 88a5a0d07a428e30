"""Messages of one second stand by their UIDs, in whatever order their headers come."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.build import fill, inbox, row, uids_shown
from tuimail.mail.types import UID, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch

SECOND = 1_700_000_000


def window(store: Store, lo: int, hi: int, top: int) -> tuple[MessageId, ...]:
    """Headers of the UIDs from `lo` to `hi`, which all arrived in one second."""
    rows = [row(uid, arrival=SECOND) for uid in range(lo, hi + 1)]
    span = UIDSet([(lo, hi)])
    batch = Batch(rows=rows, span=span, uidnext=top + 1)
    return store.sync.apply(inbox(store), batch).added


def test_older_headers_that_come_later_stand_below(store: Store) -> None:
    window(store, 151, 200, top=200)
    window(store, 101, 150, top=200)
    window(store, 1, 100, top=200)
    assert uids_shown(store) == list(range(200, 0, -1))


def test_after_a_time_away_the_newest_window_still_stands_above(store: Store) -> None:
    window(store, 1, 20, top=20)
    window(store, 41, 60, top=60)
    window(store, 21, 40, top=60)
    assert uids_shown(store) == list(range(60, 0, -1))


def test_new_mail_keeps_no_ids(store: Store) -> None:
    window(store, 1, 20, top=20)
    for uid in range(21, 30):
        window(store, uid, uid, top=uid)
    assert store._state.value("SELECT count(*) FROM kept_ids") == 0


def test_new_mail_of_the_same_second_stands_above(store: Store) -> None:
    window(store, 11, 20, top=20)
    window(store, 21, 22, top=22)
    window(store, 1, 10, top=22)
    assert uids_shown(store) == list(range(22, 0, -1))


def test_a_numbering_with_great_steps_gets_ordinary_ids(store: Store) -> None:
    top = 4_000_000_000
    (first,) = window(store, top, top, top=top)
    assert first == 1


def test_a_message_that_went_away_and_is_back_gets_an_id_of_its_own(
    store: Store,
) -> None:
    """Its row is that of the move, whose outcome nobody knows."""
    (moved,) = window(store, 20, 20, top=20)
    with store._state.write(durable=False) as tx:
        tx.execute("UPDATE msg SET uid=NULL, absent=3 WHERE id=?", (moved,))
        tx.execute("UPDATE mailbox SET held=held-1")
    (again,) = window(store, 20, 20, top=20)
    assert again > moved


def test_a_new_numbering_of_the_server_takes_no_id_that_was_kept(store: Store) -> None:
    old = window(store, 11, 20, top=20)
    store.sync.new_generation(inbox(store), None)
    new = window(store, 11, 20, top=20)
    assert not set(old) & set(new)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12)), max_size=8),
    st.lists(st.integers(0, 2), min_size=60, max_size=60),
)
def test_any_windows_give_the_order_of_arrival_and_uid(
    store: Store, windows: list[tuple[int, int]], arrivals: list[int]
) -> None:
    box = inbox(store)
    store.sync.apply(box, Batch(vanished=UIDSet([(1, 100)])))
    store.sync.new_generation(box, None)
    known: set[int] = set()
    for lo, size in windows:
        uids = range(lo, lo + size)
        rows = [row(uid, arrival=SECOND + arrivals[uid]) for uid in uids]
        span = UIDSet([(lo, lo + size - 1)])
        store.sync.apply(box, Batch(rows=rows, span=span, uidnext=60))
        known |= set(uids)
    shown = [(h.arrival, h.uid) for h in store.messages.page(box, limit=100)]
    wanted = [(SECOND + arrivals[uid], UID(uid)) for uid in known]
    assert shown == sorted(wanted, reverse=True)
    ids = [h.id for h in store.messages.page(box, limit=100)]
    assert len(set(ids)) == len(ids)


def test_ids_go_on_above_what_is_kept(store: Store) -> None:
    first = window(store, 51, 60, top=60)
    other = fill(store, [100])
    assert other[100] > max(first)
