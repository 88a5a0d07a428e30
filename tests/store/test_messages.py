"""Pages by key: newest first, no row twice, none left out, all by index."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.build import ACCOUNT, NONE, SEEN, fill, inbox, row, uids_shown
from tuimail.mail.types import MailboxId, MessageId, RowKey
from tuimail.store import ingest, messages
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.values import Listed


def test_pages_join_without_a_seam(store: Store) -> None:
    fill(store, range(1, 101))
    box = inbox(store)
    page = store.messages.page(box, limit=30)
    seen = list(page)
    while page:
        page = store.messages.page(box, after=page[-1].key, limit=30)
        seen += page
    assert [header.uid for header in seen] == list(range(100, 0, -1))


def test_pages_upwards_are_newest_first_too(store: Store) -> None:
    fill(store, range(1, 101))
    box = inbox(store)
    oldest = store.messages.page(box, oldest=True, limit=10)
    above = store.messages.page(box, before=oldest[0].key, limit=10)
    assert [header.uid for header in oldest] == list(range(10, 0, -1))
    assert [header.uid for header in above] == list(range(20, 10, -1))


def test_a_key_whose_row_is_gone_still_marks_its_place(store: Store) -> None:
    fill(store, [1, 2, 3, 4])
    box = inbox(store)
    key = RowKey(1003, MessageId(0))
    below = store.messages.page(box, after=key)
    assert [header.uid for header in below] == [2, 1]


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=25), st.integers(1, 7))
def test_equal_arrivals_keep_one_order(
    store: Store, arrivals: list[int], limit: int
) -> None:
    name = f"box {len(store.mailboxes.all(ACCOUNT))}"
    box = store.mailboxes.put_listing(
        ACCOUNT,
        [
            *(
                Listed(store.mailboxes.wire_name(b.id), b.name)
                for b in store.mailboxes.all(ACCOUNT)
            ),
            Listed(name.encode(), name),
        ],
    )[name.encode()]
    rows = [row(uid, arrival=at) for uid, at in enumerate(arrivals, 1)]
    store.sync.apply(box, Batch(rows=rows))
    whole = store.messages.page(box, limit=100)
    keys = [(header.arrival, header.id) for header in whole]
    assert keys == sorted(keys, reverse=True)
    for rank, header in enumerate(whole):
        below = store.messages.page(box, after=header.key, limit=limit)
        above = store.messages.page(box, before=header.key, limit=limit)
        assert below == whole[rank + 1 : rank + 1 + limit]
        assert above == whole[max(0, rank - limit) : rank]
        assert store.messages.rank(box, header.key) == rank


def test_neighbours_in_both_directions(store: Store) -> None:
    fill(store, [1, 2, 3])
    box = inbox(store)
    middle = store.messages.page(box)[1].key
    below = store.messages.neighbour(box, middle)
    above = store.messages.neighbour(box, middle, False)
    assert below is not None
    assert above is not None
    assert (below.uid, above.uid) == (1, 3)
    assert store.messages.neighbour(box, below.key) is None
    assert store.messages.neighbour(box, above.key, False) is None


def test_next_unread_goes_by_what_is_shown(store: Store) -> None:
    ids = fill(store, range(1, 8))
    box = inbox(store)
    store.operations.queue_flags([ids[u] for u in (2, 3, 5, 6)], SEEN, NONE)
    middle = store.messages.header(ids[4])
    assert middle is not None
    below = store.messages.next_unread(box, middle.key)
    above = store.messages.next_unread(box, middle.key, False)
    assert below is not None
    assert above is not None
    assert (below.uid, above.uid) == (1, 7)


def test_rows_asked_for_come_in_that_order(store: Store) -> None:
    ids = fill(store, [1, 2, 3])
    wanted = [ids[3], MessageId(999), ids[1]]
    assert [h.uid for h in store.messages.headers(wanted)] == [3, 1]


def test_what_does_not_exist_is_nothing(store: Store) -> None:
    nowhere, nothing = MailboxId(99), MessageId(99)
    assert store.messages.page(nowhere) == []
    assert store.messages.known(nowhere).rows == 0
    assert store.messages.header(nothing) is None
    assert store.messages.place(nothing) is None
    assert store.messages.content(nothing) is None
    assert store.messages.structure(nothing) is None


def test_a_place_tells_where_to_fetch_from(store: Store) -> None:
    ids = fill(store, [7])
    place = store.messages.place(ids[7])
    assert place is not None
    assert (place.account, place.wire_name, place.uid) == (ACCOUNT, b"INBOX", 7)
    assert (place.gen, place.size) == (1, 500)


def test_a_row_without_a_date_shows_its_arrival(store: Store) -> None:
    one = row(1)
    undated = row(2, envelope=type(one.envelope)(subject="x"))
    store.sync.apply(inbox(store), Batch(rows=[one, undated]))
    assert [h.date for h in store.messages.page(inbox(store))] == [1002, 1001]
    assert uids_shown(store) == [2, 1]


QUERIES = {
    "newest": f"{messages._HEADER} WHERE m.view_id=1 {messages._DOWN}",
    "oldest": f"{messages._HEADER} WHERE m.view_id=1 {messages._UP}",
    "below": f"{messages._HEADER} WHERE m.view_id=1 {messages._BELOW} {messages._DOWN}",
    "above": f"{messages._HEADER} WHERE m.view_id=1 {messages._ABOVE} {messages._UP}",
    "unread": f"{messages._HEADER} WHERE m.view_id=1 AND (m.eff & 1)=0"
    f" {messages._BELOW} {messages._DOWN}",
    "ends": messages._ENDS,
    "rank from the top": messages._RANK_FROM_TOP,
    "rank from the end": messages._RANK_FROM_END,
    "place": messages._PLACE,
    "known uids": ingest._KNOWN,
}


@pytest.mark.parametrize("name", QUERIES)
def test_hot_queries_scan_and_sort_nothing(store: Store, name: str) -> None:
    sql = QUERIES[name]
    values = [1] * (3 if "?3" in sql else sql.count("?"))
    plan = [row[3] for row in store._state.rows(f"EXPLAIN QUERY PLAN {sql}", values)]
    bad = [
        line
        for line in plan
        if re.match(r"SCAN (?!j\b|CONSTANT ROW)", line) or "TEMP B-TREE" in line
    ]
    assert bad == []
    if name == "unread":
        assert any("msg_unseen" in line for line in plan)
    if name == "known uids":
        assert any("uid=?" in line for line in plan)
