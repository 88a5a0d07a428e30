"""Where mail of a sender or a list goes: learned by what is moved, and forgotten."""

from __future__ import annotations

import pytest

from tests.store.build import fill, inbox
from tuimail.mail.types import MailboxId, MessageId
from tuimail.store.habits import HALF_LIFE_S, Habits
from tuimail.store.store import Store
from tuimail.store.values import Listed


class Clock:
    now = 2_000_000_000

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def boxes(store: Store) -> list[MailboxId]:
    names = ["INBOX", "Ann", "Work"]
    listed = [Listed(name.encode(), name, "/") for name in names]
    ids = store.mailboxes.put_listing("home", listed)
    return [ids[name.encode()] for name in names]


@pytest.fixture
def mail(store: Store, boxes: list[MailboxId]) -> list[MessageId]:
    return list(fill(store, range(1, 4)).values())


def made(store: Store, clock: Clock) -> Habits:
    return Habits(store._state, clock)


def test_once_is_no_habit_and_twice_is(
    store: Store, boxes: list[MailboxId], mail: list[MessageId]
) -> None:
    habits = made(store, Clock())
    habits.learn(mail[:1], boxes[1])
    assert habits.suggest(mail) == {}
    habits.learn(mail[1:2], boxes[1])
    assert habits.suggest(mail[2:]) == {mail[2]: [boxes[1]]}


def test_what_is_done_more_often_stands_first(
    store: Store, boxes: list[MailboxId], mail: list[MessageId]
) -> None:
    habits = made(store, Clock())
    for target in (boxes[1], boxes[1], boxes[2], boxes[2], boxes[2]):
        habits.learn(mail[:1], target)
    assert habits.suggest(mail[:1]) == {mail[0]: [boxes[2], boxes[1]]}


def test_a_habit_fades_by_halves(
    store: Store, boxes: list[MailboxId], mail: list[MessageId]
) -> None:
    clock = Clock()
    habits = made(store, clock)
    for _ in range(5):
        habits.learn(mail[:1], boxes[1])
    clock.now += HALF_LIFE_S
    assert habits.suggest(mail[:1]) == {mail[0]: [boxes[1]]}
    clock.now += HALF_LIFE_S
    assert habits.suggest(mail[:1]) == {}


def test_the_folder_it_lies_in_is_not_suggested(
    store: Store, boxes: list[MailboxId], mail: list[MessageId]
) -> None:
    habits = made(store, Clock())
    for _ in range(2):
        habits.learn(mail[:1], inbox(store))
    assert habits.suggest(mail) == {}


def test_several_targets_are_one_gesture(
    store: Store, boxes: list[MailboxId], mail: list[MessageId]
) -> None:
    targets = {mail[0]: boxes[1], mail[1]: boxes[2]}
    assert store.operations.queue_filing(targets) is not None
    assert store.messages.shown_in(mail[:2]) == targets
    assert store.operations.undo_last() is not None
    assert set(store.messages.shown_in(mail[:2]).values()) == {boxes[0]}
