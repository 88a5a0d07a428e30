"""Conversations in the store: as the model says, over restarts and lost caches."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.mail.conversations import arrivals, drawn, mail
from tests.store.build import ACCOUNT, inbox, open_store, row
from tuimail.mail.threads import Conversations, Item
from tuimail.mail.types import UID, Envelope, MailboxId, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.database import Database
from tuimail.store.opening import open_cache
from tuimail.store.schema import CACHE
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.thread_rows import stored
from tuimail.store.threading import (
    Step,
    forget,
    join_subjects,
    put_off_subjects,
    take_in,
)
from tuimail.store.threads import PIECE, Order
from tuimail.store.values import Listed


def letter(
    number: int,
    message_id: str,
    *references: str,
    subject: str = "",
    **more: Any,
) -> Any:
    envelope = Envelope(
        subject=subject or f"subject {number}",
        date=1000 + number * 60,
        message_id=f"<{message_id}@x>",
        references=tuple(f"<{each}@x>" for each in references),
    )
    values = {"hdr_hash": message_id.encode().ljust(16), "envelope": envelope, **more}
    return row(number, **values)


def put(store: Store, *rows: Any, box: MailboxId | None = None) -> list[MessageId]:
    """Store messages and bring the conversations up to date."""
    span = UIDSet.of(each.uid for each in rows)
    target = box or inbox(store)
    added = store.sync.apply(target, Batch(rows=list(rows), span=span)).added
    while store.threads.catch_up():
        pass
    return list(added)


def shape(order: Order, names: dict[MessageId, Any]) -> list[str]:
    return ["." * line.depth + str(names[line.message]) for line in order]


def box(store: Store, name: str) -> MailboxId:
    wire_name = name.encode()
    return store.mailboxes.put_listing(ACCOUNT, [Listed(wire_name, name)])[wire_name]


def test_the_conversation_with_the_newest_message_comes_first(store: Store) -> None:
    rows = [
        letter(1, "a"),
        letter(2, "b"),
        letter(3, "c", "a"),
        letter(4, "d"),
        letter(5, "e", "a", "c"),
        letter(6, "f", "b"),
    ]
    names = dict(zip(put(store, *rows), "123456", strict=True))
    wanted = ["2", ".6", "1", ".3", "..5", "4"]
    assert shape(store.threads.order(inbox(store)), names) == wanted
    assert shape(store.threads.top(inbox(store)), names) == wanted


def test_what_is_not_taken_in_yet_stands_alone(store: Store) -> None:
    rows = [letter(1, "a"), letter(2, "b", "a")]
    added = store.sync.apply(inbox(store), Batch(rows=rows)).added
    assert store.threads.behind() == 2
    for order in (store.threads.order(inbox(store)), store.threads.top(inbox(store))):
        assert list(order.depths) == [0, 0]
        assert list(order.messages) == list(added)[::-1]
    assert store.threads.catch_up(1) == 1
    assert store.threads.catch_up(1) == 1
    assert store.threads.catch_up(1) == 0
    assert list(store.threads.order(inbox(store)).depths) == [0, 1]


def test_a_conversation_goes_over_all_folders(store: Store) -> None:
    sent = box(store, "Sent")
    (first,) = put(store, letter(1, "a"))
    (answer,) = put(store, letter(2, "b", "a"), box=sent)
    (last,) = put(store, letter(3, "c", "b"))
    of = store.threads.of([first, answer, last])
    assert len(set(of.values())) == 1
    tree = store.threads.tree(of[first])
    assert list(tree) == [
        (first, of[first], 0, None, False),
        (answer, of[first], 1, first, False),
        (last, of[first], 2, answer, False),
    ]
    # In the inbox the answer is missing; the last one stands below the first.
    assert list(store.threads.order(inbox(store))) == [
        (first, of[first], 0, None, False),
        (last, of[first], 1, first, True),
    ]
    assert sorted(store.threads.messages([of[first]])) == [first, answer, last]
    assert store.threads.messages([of[first]], sent) == [answer]


def test_some_messages_are_put_in_order_as_well(store: Store) -> None:
    rows = [letter(1, "a"), letter(2, "b", "a"), letter(3, "c", "b"), letter(4, "d")]
    added = put(store, *rows)
    names = dict(zip(added, "1234", strict=True))
    order = store.threads.order([added[2], added[0], MessageId(999)])
    assert shape(order, names) == ["1", ".3"]


def test_the_top_of_a_list_is_the_beginning_of_the_whole(store: Store) -> None:
    rows = [letter(n, f"m{n}", f"h{n // 5}") for n in range(1, 1501)]
    put(store, *rows)
    whole = list(store.threads.order(inbox(store)))
    assert len(whole) == 1500
    top = list(store.threads.top(inbox(store), 50))
    assert 50 <= len(top) < 1500
    assert whole[: len(top)] == top


def test_one_goes_from_conversation_to_conversation(store: Store) -> None:
    rows = [letter(n, f"m{n}", f"h{n % 100}") for n in range(1, 401)]
    put(store, *rows)
    order = store.threads.order(inbox(store))
    firsts = list(dict.fromkeys(order.threads))
    heads = [next(line.message for line in order if line.thread == t) for t in firsts]
    walked = [heads[0]]
    while (following := store.threads.neighbour(inbox(store), walked[-1])) is not None:
        walked.append(following)
    assert walked == heads
    back = [heads[-1]]
    while (
        before := store.threads.neighbour(inbox(store), back[-1], forward=False)
    ) is not None:
        back.append(before)
    assert back[::-1] == heads
    assert store.threads.neighbour(inbox(store), MessageId(9999)) is None


def test_copies_of_one_message_stand_together(store: Store) -> None:
    put(store, letter(1, "a"), letter(2, "b", "a"))
    copy = letter(1, "a", arrival=1001)._replace(uid=UID(9))
    put(store, copy)
    order = store.threads.order(inbox(store))
    contents = [store.messages.header(m) for m in map(MessageId, order.messages)]
    assert [h.uid for h in contents if h is not None] == [1, 9, 2]
    assert list(order.depths) == [0, 0, 1]
    assert list(order) == list(store.threads.top(inbox(store)))
    assert list(order) == list(store.threads.tree(order[0].thread))


def test_a_lost_cache_is_made_again(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    put(store, letter(1, "a"), letter(2, "b", "a"))
    before = list(store.threads.order(inbox(store)))
    store.close()
    shutil.rmtree(tmp_path / "cache")
    store = open_store(tmp_path)
    assert store.threads.behind() == 2
    while store.threads.catch_up():
        pass
    assert list(store.threads.order(inbox(store))) == before
    store.close()


def test_another_state_begins_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    put(store, letter(1, "a"), letter(2, "b", "a"))
    store.close()
    shutil.rmtree(tmp_path / "state")
    store = open_store(tmp_path)
    put(store, letter(1, "c"), letter(2, "d"))
    assert list(store.threads.order(inbox(store)).depths) == [0, 0]
    store.close()


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    put(store, letter(1, "a"), letter(2, "b", "a"))
    store.close()
    store = open_store(tmp_path)
    assert store.threads.behind() == 0
    assert store.threads.catch_up() == 0
    store.close()


def test_messages_that_are_gone_are_swept_out(store: Store) -> None:
    put(store, letter(1, "a"), letter(2, "b", "a"), letter(3, "c"))
    store.sync.apply(inbox(store), Batch(vanished=UIDSet.of([1, 3])))
    assert list(store.threads.order(inbox(store)).depths) == [0]
    assert store.threads.sweep() == 2
    assert store.threads.sweep() == 0
    assert store._cache.value("SELECT count(*) FROM thread") == 1
    # The keys of a conversation stay while one of its messages does.
    assert store._cache.value("SELECT count(*) FROM thread_key") == 2


def test_an_emptied_account_leaves_nothing(store: Store) -> None:
    put(store, letter(1, "a"), letter(2, "b", "a"))
    assert store.empty(ACCOUNT)
    for table in ("thread", "thread_key", "thread_joined"):
        assert store._cache.value(f"SELECT count(*) FROM {table}") == 0


def test_a_header_that_was_mended_is_taken_in_by_the_next_sweep(store: Store) -> None:
    put(store, letter(1, "a"), letter(2, "b", problem="unreadable"))
    assert list(store.threads.order(inbox(store)).depths) == [0, 0]
    put(store, letter(2, "b", "a"))
    store.threads.sweep()
    assert list(store.threads.order(inbox(store)).depths) == [0, 1]


def test_what_is_joined_by_its_subject_waits_until_all_else_is_in(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path)
    rows = [
        letter(1, "a", subject="plan"),
        letter(2, "b", subject="Re: plan"),
        letter(3, "c", "b", subject="Re: plan"),
        letter(4, "d", subject="Re: plan"),
    ]
    store.sync.apply(inbox(store), Batch(rows=rows))
    home = frozenset(filter(None, [store.accounts.find(ACCOUNT)]))
    assert store.threads.step(2) == Step(2, home)
    assert list(store.threads.order(inbox(store)).depths) == [0, 0, 0, 0]
    # The program ends in the middle of it.
    store.close()
    store = open_store(tmp_path)
    assert store.threads.step(5) == Step(2, home)
    assert store.threads.step(5) == Step(0, home)
    assert list(store.threads.order(inbox(store)).depths) == [0, 1, 2, 1]
    assert store.threads.step(5) == Step(0, frozenset())
    # From now on each as it comes.
    late = letter(5, "e", subject="AW: plan")
    store.sync.apply(inbox(store), Batch(rows=[late]))
    assert store.threads.step(1).contents == 1
    assert list(store.threads.order(inbox(store)).depths) == [0, 1, 2, 1, 1]
    store.close()


def test_others_may_write_between_the_pieces_of_a_batch(store: Store) -> None:
    rows = [letter(n, f"m{n}", f"h{n % 9}") for n in range(1, 2 * PIECE + 5)]
    store.sync.apply(inbox(store), Batch(rows=rows))
    written = []

    def write() -> None:
        with store._cache.write(durable=False) as tx:
            tx.execute("INSERT OR REPLACE INTO meta VALUES('x', ?)", (len(written),))
        written.append(store.threads.behind())

    assert store.threads.step(4 * PIECE, write).contents == len(rows)
    # Nothing is half done meanwhile: all is taken in at the end.
    assert written == [len(rows)] * 3
    assert store.threads.behind() == 0


def test_of_two_that_take_in_the_same_the_slower_one_changes_nothing(
    store: Store,
) -> None:
    rows = [letter(n, f"m{n}", f"h{n % 9}") for n in range(1, 31)]
    store.sync.apply(inbox(store), Batch(rows=rows))
    first = iter([True])

    def meanwhile() -> None:
        if next(first, False):
            store.threads.step(20, meanwhile)

    assert store.threads.step(30, meanwhile).contents == 30
    assert store.threads.behind() == 10
    while store.threads.catch_up():
        pass
    assert len(set(store.threads.order(inbox(store)).threads)) == 9


# -- as the model -------------------------------------------------------------


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return open_cache(tmp_path_factory.mktemp("cache") / "cache.db", CACHE)[0]


def partition(cache: Database) -> list[list[int]]:
    rows = cache.rows(
        "SELECT t.content_id, ifnull(j.thread_id, t.group_id) FROM thread t"
        " LEFT JOIN thread_joined j ON j.group_id=t.group_id"
    )
    found: dict[int, list[int]] = {}
    for content, thread in rows:
        found.setdefault(thread, []).append(content)
    return sorted(sorted(each) for each in found.values())


def clear(cache: Database) -> None:
    with cache.write(durable=False) as tx:
        for table in ("thread", "thread_key", "thread_joined"):
            tx.execute(f"DELETE FROM {table}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals())
def test_the_tables_hold_what_the_model_says(
    cache: Database, made: tuple[Sequence[Item], Sequence[Sequence[Item]]]
) -> None:
    mails, batches = made
    clear(cache)
    model = Conversations()
    for batch in batches:
        model.add(batch)
        with cache.write(durable=False) as tx:
            take_in(tx, batch, [1] * len(batch))
        wanted = sorted(sorted(p.number for p in t) for t in model.threads())
        assert partition(cache) == wanted
        groups = dict(cache.rows("SELECT content_id, group_id FROM thread"))
        keys = dict(cache.rows("SELECT key, group_id FROM thread_key"))
        for each in _all(cache):
            for key in filter(None, (each.key, *each.references)):
                assert keys[key] == groups[each.number]
    with cache.write(durable=False) as tx:
        forget(tx, [each.number for each in mails])
    for table in ("thread", "thread_key", "thread_joined"):
        assert cache.value(f"SELECT count(*) FROM {table}") == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals())
def test_subjects_that_were_put_off_join_what_they_join_at_once(
    cache: Database, made: tuple[Sequence[Item], Sequence[Sequence[Item]]]
) -> None:
    _, batches = made
    clear(cache)
    model = Conversations()
    with cache.write(durable=False) as tx:
        put_off_subjects(tx)
        for batch in batches:
            model.add(batch)
            take_in(tx, batch, [1] * len(batch))
        join_subjects(tx)
    wanted = sorted(sorted(p.number for p in t) for t in model.threads())
    assert partition(cache) == wanted


def _all(cache: Database) -> list[Item]:
    columns = "content_id, 0, key, refs, date, base, loose"
    return [stored(each) for each in cache.rows(f"SELECT {columns} FROM thread")]


def test_hostile_merging_renames_the_smaller_one(cache: Database) -> None:
    clear(cache)
    many = [mail(n, f"m{n}", "hub") for n in range(1, 301)]
    few = [mail(n, f"m{n}", "other") for n in range(301, 303)]
    bridge = mail(303, "b", "hub", "other")
    with cache.write(durable=False) as tx:
        take_in(tx, [*many, *few], [1] * 302)
        take_in(tx, [bridge], [1])
    assert cache.rows("SELECT DISTINCT group_id FROM thread") == [(1,)]


def test_the_places_are_drawn_as_the_model_draws_them(store: Store) -> None:
    rows = [letter(1, "a"), letter(2, "c", "a", "b"), letter(3, "d", "a")]
    names = dict(zip(put(store, *rows), (1, 2, 3), strict=True))
    model = Conversations()
    model.add([mail(1, "a"), mail(2, "c", "a", "b"), mail(3, "d", "a")])
    (wanted,) = model.threads()
    order = store.threads.order(inbox(store))
    assert shape(order, names) == [each.rstrip("?") for each in drawn(wanted)]
    assert [line.missing for line in order] == [place.missing for place in wanted]
