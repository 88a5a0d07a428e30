"""What a listing of a maildrop means: what is new, what is gone, what may go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.config import OnServer, Pop3Account
from tuimail.engine.pop3_plan import (
    DAY_S,
    FORGET_S,
    Reading,
    arrival,
    due,
    fingerprint,
    mass,
    missing,
    read,
    same,
)
from tuimail.net.pop3_values import Entry, Flaw, Listing, Stat, UidlState
from tuimail.store.maildrop import PopItem, PopState, Removal

NOW = 1_800_000_000
ACCOUNT = Pop3Account("drop", "ann@example.org", "pop.example.org", "ann")
DELETING = replace(ACCOUNT, on_server=OnServer.DELETE)
Known = dict[tuple[str, int], PopItem]


def listing(*uidls: str, flaw: Flaw = Flaw.NONE, strays: int = 0) -> Listing:
    entries = [Entry(n, 100, uidl, flaw) for n, uidl in enumerate(uidls, 1)]
    stat = Stat(len(entries), 100 * len(entries))
    return Listing(stat, entries, UidlState.GIVEN, strays)


def names(count: int, start: int = 0) -> list[str]:
    return [f"u{n}" for n in range(start, start + count)]


def stored(uidl: str, **more: object) -> PopItem:
    item = PopItem(uidl, 0, f"key-{uidl}", PopState.STORED, size=100, octets=100)
    return item._replace(last_listed=NOW - 60, **more)  # type: ignore[arg-type]


def known(*items: PopItem) -> Known:
    return {item.id: item for item in items}


def again(reading: Reading, found: Listing, times: int = 1) -> Reading:
    for turn in range(times):
        reading = read(reading.items, found, NOW + 60 * turn, NOW)
    return reading


def test_what_is_listed_first_is_new_and_has_a_key_of_its_own() -> None:
    reading = read({}, listing("a", "b"), NOW, NOW - 60)
    assert [item.state for item in reading.new] == [PopState.LISTED] * 2
    assert len({item.key for item in reading.new}) == 2
    assert reading.numbers == {("a", 0): 1, ("b", 0): 2}


def test_the_newest_come_first() -> None:
    reading = read({}, listing("a", "b", "c"), NOW, NOW - 60)
    assert [i.uidl for i in reading.newest(PopState.LISTED)] == ["c", "b", "a"]


def test_one_empty_answer_takes_nothing_away() -> None:
    first = read({}, listing(*names(500)), NOW, NOW - 60)
    empty = again(first, listing())
    assert len(empty.items) == 500
    back = again(empty, listing(*names(500)))
    assert [item.key for item in back.items.values()] == [
        item.key for item in first.items.values()
    ]


@pytest.mark.parametrize(("missing", "listings"), [(3, 2), (400, 3)])
def test_a_waiting_message_is_gone_when_listings_agree(
    missing: int, listings: int
) -> None:
    first = read({}, listing(*names(500)), NOW, NOW - 60)
    short = listing(*names(500 - missing))
    assert len(again(first, short, listings - 1).items) == 500
    assert len(again(first, short, listings).items) == 500 - missing


def test_an_answer_that_contradicts_itself_takes_nothing_away() -> None:
    first = read({}, listing(*names(5)), NOW, NOW - 60)
    assert len(again(first, listing("u0", strays=1), 9).items) == 5


def test_what_is_here_is_remembered_for_a_month_after_it_left_the_server() -> None:
    items = known(stored("a"), stored("b"))
    soon = read(items, listing("b"), NOW, NOW - 60)
    soon = read(soon.items, listing("b"), NOW + 60, NOW - 60)
    assert ("a", 0) in soon.items
    late = read(soon.items, listing("b"), NOW + FORGET_S + DAY_S, NOW - 60)
    assert late.forgotten == [("a", 0)]


def test_a_message_without_an_id_is_left_alone() -> None:
    entries = [Entry(1, 100, "", Flaw.MISSING), Entry(2, 100, "b", Flaw.NONE)]
    found = Listing(Stat(2, 200), entries, UidlState.GIVEN, 0)
    reading = read({}, found, NOW, NOW - 60)
    assert (reading.unnamed, reading.numbers) == (1, {("b", 0): 2})


def test_messages_of_one_id_are_told_apart_and_never_removed() -> None:
    reading = read({}, listing("a", "a", flaw=Flaw.DUPLICATE), NOW, NOW - 60)
    assert set(reading.numbers) == {("a", 0), ("a", 1)}
    reading.take(
        i._replace(state=PopState.STORED, removal=Removal.ANYWAY)
        for i in reading.items.values()
    )
    assert due(reading, DELETING) == []


def sized(octets: int) -> Listing:
    entries = [Entry(1, octets, "a", Flaw.NONE)]
    return Listing(Stat(1, octets), entries, UidlState.GIVEN, 0)


@pytest.mark.parametrize("state", [PopState.STORED, PopState.PURGED, PopState.GONE])
@pytest.mark.parametrize("octets", [10, 97, 103, 90_000])
def test_another_message_under_a_known_id_is_never_removed(
    state: PopState, octets: int
) -> None:
    items = known(stored("a", state=state, removal=Removal.ANYWAY))
    for _ in range(3):
        reading = read(items, sized(octets), NOW, NOW - 60)
        assert due(reading, DELETING) == []
        items = reading.items


def test_an_id_that_was_gone_and_is_listed_again_is_never_removed() -> None:
    items = known(stored("a", state=PopState.GONE))
    items = read(items, listing("b"), NOW, NOW - 60).items
    for _ in range(3):
        reading = read(items, listing("a", "b"), NOW, NOW - 60)
        assert [item.uidl for item in due(reading, DELETING)] == []
        items = reading.items


# -- age ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jump", "most"),
    [(3600, 3600), (365 * DAY_S, 7 * DAY_S), (-365 * DAY_S, 0)],
    ids=["an hour", "a year ahead", "a year back"],
)
def test_a_clock_that_jumps_ages_a_message_little(jump: int, most: int) -> None:
    reading = read(known(stored("a")), listing("a"), NOW - 60 + jump, NOW - 60)
    assert reading.items["a", 0].age_s == most


def test_a_message_ages_from_when_it_came_here() -> None:
    lately = known(stored("a", stored_at=NOW - 90))
    reading = read(lately, listing("a"), NOW, NOW - 6 * DAY_S)
    assert reading.items["a", 0].age_s == 90


def test_what_only_waits_does_not_age() -> None:
    first = read({}, listing("a"), NOW, NOW - 60)
    assert (
        read(first.items, listing("a"), NOW + DAY_S, NOW - 60).items["a", 0].age_s == 0
    )


@pytest.mark.parametrize("days", [1, 7])
def test_after_its_days_a_message_is_due(days: int) -> None:
    account = replace(ACCOUNT, delete_after_days=days)
    young = stored("a", age_s=days * DAY_S - 61)
    old = stored("b", age_s=days * DAY_S - 60)
    reading = read(known(young, old), listing("a", "b"), NOW, NOW - 60)
    assert [item.uidl for item in due(reading, account)] == ["b"]


# -- what is due -----------------------------------------------------------

KEPT = Removal.NO, Removal.SAFE, Removal.ANYWAY
DELETED = replace(ACCOUNT, delete_when_deleted=True)


@pytest.mark.parametrize(
    ("account", "state", "wanted", "gives"),
    [
        (ACCOUNT, PopState.STORED, Removal.NO, None),
        (ACCOUNT, PopState.PURGED, Removal.NO, None),
        (ACCOUNT, PopState.WAITING, Removal.ANYWAY, Removal.ANYWAY),
        (ACCOUNT, PopState.STORED, Removal.SAFE, Removal.SAFE),
        (ACCOUNT, PopState.GONE, Removal.NO, Removal.ANYWAY),
        (ACCOUNT, PopState.SKIPPED, Removal.NO, None),
        (DELETING, PopState.STORED, Removal.NO, Removal.SAFE),
        (DELETING, PopState.PURGED, Removal.NO, Removal.ANYWAY),
        (DELETING, PopState.WAITING, Removal.NO, None),
        (DELETING, PopState.WAITING, Removal.SAFE, None),
        (DELETING, PopState.SKIPPED, Removal.NO, None),
        (DELETED, PopState.STORED, Removal.NO, None),
        (DELETED, PopState.PURGED, Removal.NO, Removal.ANYWAY),
        (DELETED, PopState.WAITING, Removal.NO, None),
    ],
)
def test_what_may_go_from_the_server(
    account: Pop3Account, state: PopState, wanted: Removal, gives: Removal | None
) -> None:
    item = stored("a", state=state, removal=wanted)
    reading = read(known(item), listing("a"), NOW, NOW - 60)
    found = due(reading, account)
    assert [each.removal for each in found] == ([] if gives is None else [gives])


@pytest.mark.parametrize(
    ("count", "listed", "asked"),
    [(100, 300, 0), (101, 300, 101), (20, 20, 0), (21, 21, 21), (21, 43, 0)],
)
def test_many_removals_by_a_rule_are_asked_about(
    count: int, listed: int, asked: int
) -> None:
    items = known(*(stored(uidl) for uidl in names(count)))
    reading = read(items, listing(*names(listed)), NOW, NOW - 60)
    assert mass(due(reading, DELETING), reading) == asked


def test_what_the_user_deletes_is_not_asked_about() -> None:
    items = known(*(stored(u, removal=Removal.ANYWAY) for u in names(500)))
    reading = read(items, listing(*names(500)), NOW, NOW - 60)
    assert mass(due(reading, ACCOUNT), reading) == 0


STATES = st.sampled_from(list(PopState))
ITEM = st.builds(
    lambda number, state, removal, age: stored(
        f"u{number}", state=state, removal=removal, age_s=age
    ),
    st.integers(0, 9),
    STATES,
    st.sampled_from(list(Removal)),
    st.integers(0, 90 * DAY_S),
)
ACCOUNTS = st.builds(
    Pop3Account,
    *map(st.just, ("drop", "a@example.org", "pop.example.org", "a")),
    on_server=st.sampled_from(list(OnServer)),
    delete_after_days=st.integers(0, 60),
    delete_when_deleted=st.booleans(),
    keep_flagged=st.booleans(),
)


@given(st.lists(ITEM), st.lists(st.integers(0, 12)), ACCOUNTS)
def test_nothing_goes_that_never_came_and_nobody_deleted(
    items: list[PopItem], listed: list[int], account: Pop3Account
) -> None:
    before = known(*items)
    found = listing(*(f"u{n}" for n in dict.fromkeys(listed)))
    reading = read(before, found, NOW, NOW - 60)
    for item in due(reading, account):
        was = before[item.id]
        assert item.id in reading.numbers
        here = was.state in (PopState.STORED, PopState.PURGED, PopState.GONE)
        assert here or was.removal is Removal.ANYWAY
        if item.removal is Removal.ANYWAY and was.removal is not Removal.ANYWAY:
            assert was.state in (PopState.PURGED, PopState.GONE)


@given(st.lists(ITEM), st.lists(st.lists(st.integers(0, 12)), max_size=4))
def test_what_is_here_is_never_forgotten_soon(
    items: list[PopItem], listings: list[list[int]]
) -> None:
    now = known(*items)
    for turn, numbers in enumerate(listings):
        found = listing(*(f"u{n}" for n in dict.fromkeys(numbers)))
        now = read(now, found, NOW + 3600 * turn, NOW - 60).items
    for item in known(*items).values():
        if item.state in (PopState.STORED, PopState.PURGED, PopState.GONE):
            assert now[item.id].key == item.key


# -- recognising -----------------------------------------------------------

HEADER = b"Received: by a; Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@x>\r\n\r\n"


def test_a_message_under_a_new_id_is_recognised_once() -> None:
    old = stored("old", fingerprint=fingerprint(HEADER))
    reading = read(known(old), listing("new", "more"), NOW, NOW - 60)
    missed = missing(reading)
    fresh = [
        reading.items[id]._replace(fingerprint=fingerprint(HEADER))
        for id in reading.numbers
    ]
    found = [same(missed, each) for each in fresh]
    assert [each and each.uidl for each in found] == ["old", None]


@pytest.mark.parametrize(("size", "found"), [(100, True), (102, True), (110, False)])
def test_a_size_may_differ_a_little(size: int, found: bool) -> None:
    old = stored("old", fingerprint=fingerprint(HEADER), size=size)
    reading = read(known(old), listing("new"), NOW, NOW - 60)
    fresh = reading.items["new", 0]._replace(fingerprint=fingerprint(HEADER))
    assert (same(missing(reading), fresh) is not None) is found


def test_what_is_still_listed_is_another_message() -> None:
    old = stored("old", fingerprint=fingerprint(HEADER))
    reading = read(known(old), listing("old", "new"), NOW, NOW - 60)
    assert missing(reading) == {}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HEADER, 1793613600),
        (b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\n", 1793613600),
        (b"Subject: x\r\n\r\n", NOW),
        (b"Date: Mon, 2 Nov 2096 10:00:00 +0000\r\n\r\n", NOW),
        (b"", NOW),
    ],
    ids=["received", "date", "neither", "in the future", "nothing"],
)
def test_when_a_message_came(header: bytes, expected: int) -> None:
    assert arrival(header, NOW) == expected
