"""The cache stays within its limit without anybody asking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.build import fill, inbox, open_store
from tuimail.engine.room import MB, Room
from tuimail.engine.worker import Worker
from tuimail.mail.types import Header, Section
from tuimail.store.store import Store

PICTURE = Section("2")


class AtOnce(Worker):
    """Does the work where it is given, and counts it."""

    def __init__(self) -> None:
        super().__init__("at once")
        self.runs = 0

    def submit(self, priority: int, work: object) -> None:
        self.runs += 1
        work()  # type: ignore[operator]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    fill(opened, range(1, 6))
    yield opened
    assert opened.fsck() == []
    opened.close()


def headers(store: Store) -> list[Header]:
    return store.messages.page(inbox(store))


def keep(store: Store, room: Room, number: int, octets: int = MB // 2) -> None:
    content = headers(store)[number].content
    store.parts.put(content, PICTURE, os.urandom(octets))
    room.added(octets)


def test_what_is_too_much_is_dropped_when_it_comes(store: Store) -> None:
    room = Room(store, AtOnce(), 1)
    for number in range(5):
        keep(store, room, number)
    assert store.parts.octets() <= MB


def test_what_was_too_much_before_is_dropped_at_the_first_look(store: Store) -> None:
    room = Room(store, AtOnce(), 1)
    for header in headers(store):
        store.parts.put(header.content, PICTURE, os.urandom(MB // 2))
    room.check()
    assert store.parts.octets() <= MB


def test_without_a_limit_nothing_is_dropped(store: Store) -> None:
    room = Room(store, AtOnce(), 0)
    for number in range(5):
        keep(store, room, number)
    room.check()
    assert store.parts.octets() > 2 * MB
    assert not room.full


def test_the_message_on_screen_is_not_taken_away(store: Store) -> None:
    room = Room(store, AtOnce(), 1)
    shown = headers(store)[0]
    room.on_screen = shown.id
    for number in range(5):
        keep(store, room, number)
    assert store.parts.has(shown.content, PICTURE)


def test_within_the_limit_the_disk_is_not_asked(store: Store) -> None:
    worker = AtOnce()
    room = Room(store, worker, 10)
    keep(store, room, 0)
    assert worker.runs == 0


def test_what_may_not_leave_is_not_looked_at_all_the_time(store: Store) -> None:
    worker = AtOnce()
    room = Room(store, worker, 1)
    store.mailboxes.pin(inbox(store), True)
    for number in range(5):
        keep(store, room, number)
    runs = worker.runs
    for _ in range(20):
        room.added(100)
    assert worker.runs == runs
    assert room.full
