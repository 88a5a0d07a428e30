"""Figures of all mail: what is counted, and what is left out."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pytest

from tests.store.build import ACCOUNT, SEEN, fill, inbox, row
from tests.store.test_senders import letter, put
from tuimail.mail.statistics import DAYS, SLOT_S, WEEKS, times
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.values import Listed

TODAY = date(2026, 11, 28)


def at(day: date, hour: int = 12) -> int:
    return int(datetime(day.year, day.month, day.day, hour).timestamp())


def test_mail_is_counted_by_day_hour_weekday_and_week(store: Store) -> None:
    yesterday, old = TODAY - timedelta(1), TODAY - timedelta(DAYS)
    put(
        store,
        letter(1, "ann@x", arrival=at(TODAY, 9), size=10),
        letter(2, "ann@x", arrival=at(yesterday, 9), flags=SEEN, size=20),
        letter(3, "bob@x", arrival=at(old), list_id="A list <L.x>", size=5),
    )
    box = inbox(store)
    found = store.statistics.measure({box: "INBOX"}, [box], TODAY)
    assert (found.messages, found.unread, found.octets) == (3, 2, 35)
    assert found.times.days[-2:] == (1, 1)
    assert sum(found.times.days) == 2
    assert (found.times.hours[9], found.times.hours[12]) == (2, 1)
    assert found.times.weekdays[TODAY.weekday()] == 1
    assert found.times.weeks[-1] == (date(2026, 11, 23), 2, 1)
    assert [(each.name, each.messages) for each in found.senders] == [
        ("ann@x", 2),
        ("bob@x", 1),
    ]
    assert found.lists == (("l.x", 1, 1, 5),)
    assert found.folders == (("INBOX", 3, 2, 35),)


def test_a_message_in_two_folders_is_one_message_in_the_figures(store: Store) -> None:
    fill(store, [1, 2])
    store.mailboxes.put_listing(
        ACCOUNT, [Listed(b"INBOX", "INBOX", "/"), Listed(b"All", "All", "/")]
    )
    everything = next(b for b in store.mailboxes.all(ACCOUNT) if b.name == "All").id
    copies = [row(1), row(2)]
    store.sync.apply(everything, Batch(rows=copies, span=UIDSet([(1, 2)])))
    names = {inbox(store): "INBOX", everything: "All"}
    found = store.statistics.measure(names, list(names), TODAY)
    assert found.messages == 2
    assert [share.messages for share in found.folders] == [2, 2]


def test_folders_that_nothing_arrives_in_count_by_their_size_only(store: Store) -> None:
    fill(store, [1])
    found = store.statistics.measure({inbox(store): "Sent"}, [], TODAY)
    assert (found.messages, found.senders) == (0, ())
    assert found.folders[0].octets == 500


def test_nothing_at_all_can_be_measured(store: Store) -> None:
    found = store.statistics.measure({}, [], TODAY)
    assert found.messages == 0
    assert len(found.times.weeks) == WEEKS


@pytest.mark.parametrize("slot", [-(2**60), 2**60, 10**12])
def test_times_outside_of_the_calendar_are_left_out(slot: int) -> None:
    assert sum(times([(slot, 1, 1)], TODAY).hours) == 0


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_hours_are_those_of_the_clock_where_we_are(
    store: Store, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        put(store, letter(1, "a@x", arrival=at(TODAY, 7) + SLOT_S - 1))
        box = inbox(store)
        found = store.statistics.measure({box: "INBOX"}, [box], TODAY)
        assert found.times.hours[7] == 1
        assert found.times.days[-1] == 1
    finally:
        monkeypatch.undo()
        time.tzset()
