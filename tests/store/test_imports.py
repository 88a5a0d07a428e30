"""The memory of messages from files."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.store.build import ACCOUNT, SEEN, row
from tuimail.store.store import Store
from tuimail.store.values import NewMessage, Recorded


def take(store: Store, *uids: int, again: bool = False) -> Recorded | None:
    """Take messages into the inbox."""
    new = [
        NewMessage(row(uid, flags=SEEN), b"%d" % uid, sha256(b"%d" % uid).digest())
        for uid in uids
    ]
    return store.imports.queue(store.mailboxes.inbox(ACCOUNT), new, again=again)


def shown(store: Store) -> list[int]:
    page = store.messages.page(store.mailboxes.inbox(ACCOUNT))
    return sorted(int(each.subject.split()[-1]) for each in page)


def kept(store: Store) -> int:
    return len(store.vault.keys(ACCOUNT, "unsent"))


def test_what_is_taken_is_shown_and_kept(store: Store) -> None:
    recorded = take(store, 1, 2, 3)
    assert recorded is not None
    assert len(recorded.messages) == 3
    assert (shown(store), kept(store)) == ([1, 2, 3], 3)


def test_it_is_taken_once(store: Store) -> None:
    take(store, 1, 2)
    assert take(store, 1, 2) is None
    take(store, 2, 3, 3)
    assert (shown(store), kept(store)) == ([1, 2, 3], 3)


def test_again_takes_all_of_them(store: Store) -> None:
    take(store, 1)
    take(store, 1, 1, again=True)
    assert shown(store) == [1, 1, 1]


def test_what_was_taken_back_is_not_remembered(store: Store) -> None:
    recorded = take(store, 1, 2)
    assert recorded is not None
    store.operations.undo(recorded.group)
    assert shown(store) == []
    take(store, 1, 2)
    assert shown(store) == [1, 2]


def test_of_what_was_discarded_only_what_is_stored_is_remembered(store: Store) -> None:
    take(store, 1, 2)
    for stored in (True, False):
        job = store.appends.claim(ACCOUNT, store.operations.epoch)
        assert job is not None
        assert store.appends.begin(job, None)
        if stored:
            store.appends.stored(job, 7, 1)
        else:
            store.appends.failed(job, "refused")
    (entry,) = store.queue.live(ACCOUNT)
    assert store.queue.discard(entry.op)
    assert shown(store) == [1]
    take(store, 1, 2)
    assert shown(store) == [1, 2]


def test_what_cannot_be_written_down_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError("no space")

    monkeypatch.setattr("tuimail.store.imports.record_new", refuse)
    with pytest.raises(OSError, match="no space"):
        take(store, 1, 2)
    assert kept(store) == 0


def test_one_that_is_refused_is_told_of_when_the_others_are_stored(
    store: Store,
) -> None:
    take(store, 1, 2, 3, 4, 5)
    for number in range(5):
        job = store.appends.claim(ACCOUNT, store.operations.epoch)
        assert job is not None
        assert job.tries <= 1 + (number == 2)
        assert store.appends.begin(job, None)
        if number == 1:
            store.appends.failed(job, "It is too big.", "fixable")
        else:
            store.appends.stored(job, 7 + number, 1)
    (entry,) = store.queue.live(ACCOUNT)
    assert (entry.state, entry.error, entry.messages) == ("asking", "It is too big.", 1)
