"""Snoozed messages: out of sight until their time, and back where they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.build import FLAGGED, NONE, fill, inbox, open_store, uids_shown
from tuimail.mail.types import MailboxId, Role
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.values import Listed

THEN = 5_000_000_000


@pytest.fixture
def archive(store: Store) -> MailboxId:
    listed = [
        Listed(b"INBOX", "INBOX", "/", None),
        Listed(b"Archive", "Archive", "/", Role.ARCHIVE),
    ]
    return store.mailboxes.put_listing("home", listed)[b"Archive"]


def test_a_snoozed_message_is_hidden_until_its_time(store: Store) -> None:
    ids = fill(store, range(1, 4))
    assert store.snoozing.snooze([ids[2]], THEN) is not None
    assert uids_shown(store) == [3, 1]
    assert store.fsck() == []
    assert store.snoozing.due(THEN - 1).messages == ()
    assert store.snoozing.next_due() == THEN
    back = store.snoozing.due(THEN)
    assert (back.messages, back.mailboxes) == ((ids[2],), {inbox(store)})
    assert uids_shown(store) == [3, 2, 1]
    assert store.snoozing.next_due() is None


def test_counts_of_the_server_are_told_without_snoozed_ones(store: Store) -> None:
    ids = fill(store, range(1, 4), exists=3, unseen=3)
    store.snoozing.snooze([ids[2]], THEN)
    box = store.mailboxes.get(inbox(store))
    assert box is not None
    assert (box.total, box.unread) == (2, 2)


def test_nothing_is_sent_to_the_server(store: Store) -> None:
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    store.snoozing.due(THEN)
    assert store.queue.live("home") == []


def test_it_stays_hidden_over_a_restart(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    store.close()
    store = open_store(tmp_path)
    assert uids_shown(store) == [3, 1]
    store.snoozing.due(THEN)
    assert uids_shown(store) == [3, 2, 1]
    store.close()


def test_an_undo_brings_it_back_and_the_one_before_stays(store: Store) -> None:
    ids = fill(store, range(1, 4))
    store.operations.queue_flags([ids[1]], FLAGGED, NONE)
    store.snoozing.snooze([ids[2]], THEN)
    assert store.operations.undo_last() is not None
    assert uids_shown(store) == [3, 2, 1]
    assert store.snoozing.next_due() is None
    undone = store.operations.undo_last()
    assert undone is not None
    assert undone.remove == FLAGGED


def test_undoing_another_time_gives_the_time_before(store: Store) -> None:
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    store.snoozing.snooze([ids[2]], THEN + 9)
    assert store.snoozing.until(ids.values()) == {ids[2]: THEN + 9}
    store.operations.undo_last()
    assert store.snoozing.until(ids.values()) == {ids[2]: THEN}
    assert uids_shown(store) == [3, 1]


def test_bringing_it_back_now_can_be_undone(store: Store) -> None:
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    assert store.snoozing.unsnooze(list(ids.values())) is not None
    assert uids_shown(store) == [3, 2, 1]
    store.operations.undo_last()
    assert uids_shown(store) == [3, 1]
    assert store.snoozing.unsnooze([ids[1]]) is None


def test_moving_a_snoozed_message_shows_it_there(
    store: Store, archive: MailboxId
) -> None:
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    store.operations.queue_move([ids[2]], archive)
    assert uids_shown(store) == [3, 1]
    assert uids_shown(store, archive) == [2]
    store.operations.undo_last()
    assert (uids_shown(store), uids_shown(store, archive)) == ([3, 1], [])
    assert store.snoozing.until([ids[2]]) == {ids[2]: THEN}


def test_moving_it_to_where_it_lies_brings_it_back(store: Store) -> None:
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    assert store.operations.queue_move([ids[2]], inbox(store)) is not None
    assert uids_shown(store) == [3, 2, 1]
    assert store.queue.live("home") == []


def test_one_that_was_moved_and_not_sent_comes_back_where_it_was_put(
    store: Store, archive: MailboxId
) -> None:
    ids = fill(store, range(1, 4))
    store.operations.queue_move([ids[2]], archive)
    store.snoozing.snooze([ids[2]], THEN)
    assert uids_shown(store, archive) == []
    store.snoozing.due(THEN)
    assert uids_shown(store, archive) == [2]


def test_one_that_is_removed_elsewhere_is_forgotten(store: Store) -> None:
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    store.sync.apply(inbox(store), Batch(vanished=UIDSet([(2, 2)])))
    assert store.snoozing.next_due() is None
    store.operations.undo_last()
    assert uids_shown(store) == [3, 1]


def test_a_snoozed_message_can_be_removed_for_good(store: Store) -> None:
    ids = fill(store, range(1, 4))
    store.snoozing.snooze([ids[2]], THEN)
    assert store.operations.queue_removal([ids[2]]) is not None
    assert store.snoozing.next_due() is None
    assert uids_shown(store) == [3, 1]
