"""Moves of many messages at once: each goes its own way, and comes back by it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.build import fill, inbox, open_store
from tuimail.mail.types import MailboxId, MessageId, Role
from tuimail.store.store import Store
from tuimail.store.values import Listed, TransferOutcome

THEN = 5_000_000_000
NAMES = (b"INBOX", b"Archive", b"Work")


def boxes(store: Store) -> list[MailboxId]:
    """The three folders of the account."""
    roles = {b"Archive": Role.ARCHIVE}
    listed = [Listed(each, each.decode(), "/", roles.get(each)) for each in NAMES]
    found = store.mailboxes.put_listing("home", listed)
    return [found[each] for each in NAMES]


def places(store: Store, ids: list[MessageId]) -> list[MailboxId | None]:
    """Where each is shown; None: out of sight."""
    shown = store.messages.shown_in(ids)
    return [shown.get(each) for each in ids]


@pytest.mark.parametrize("hidden", [False, True])
def test_one_gesture_takes_what_lies_here_and_there(store: Store, hidden: bool) -> None:
    here, archive, work = boxes(store)
    ids = list(fill(store, range(1, 7)).values())
    store.operations.queue_move(ids[4:], work)
    if hidden:
        store.snoozing.snooze([ids[0], ids[5]], THEN)
    before = places(store, ids)
    recorded = store.operations.queue_move(ids, archive)
    assert recorded is not None
    assert recorded.mailboxes == {here, work, archive}
    assert sorted(recorded.messages) == sorted(ids)
    assert places(store, ids) == [archive] * 6
    assert store.fsck() == []
    store.operations.undo_last()
    assert places(store, ids) == before
    assert store.snoozing.next_due() == (THEN if hidden else None)
    assert store.fsck() == []


def test_messages_that_are_there_already_are_left_alone(store: Store) -> None:
    here, archive, _ = boxes(store)
    ids = list(fill(store, range(1, 5)).values())
    store.operations.queue_move(ids[:2], archive)
    recorded = store.operations.queue_move(ids, archive)
    assert recorded is not None
    assert sorted(recorded.messages) == sorted(ids[2:])
    assert recorded.mailboxes == {here, archive}
    assert store.operations.queue_move(ids, archive) is None


def test_whose_a_folder_is_is_told_without_its_counts(store: Store) -> None:
    assert store.mailboxes.account(inbox(store)) == "home"
    assert store.mailboxes.account(MailboxId(999)) is None


CHOSEN = st.lists(st.integers(0, 4), min_size=1, max_size=5, unique=True)
GESTURES = st.lists(
    st.tuples(st.sampled_from(["move", "file", "snooze"]), CHOSEN, st.integers(0, 2)),
    max_size=6,
)


@settings(max_examples=40)
@given(GESTURES)
def test_every_undo_gives_back_what_was_shown_before(
    gestures: list[tuple[str, list[int], int]],
) -> None:
    with tempfile.TemporaryDirectory() as root:
        store = open_store(Path(root))
        folders = boxes(store)
        ids = list(fill(store, range(1, 6)).values())
        shown = [places(store, ids)]
        for kind, chosen, folder in gestures:
            some = [ids[each] for each in chosen]
            if kind == "move":
                done = store.operations.queue_move(some, folders[folder])
            elif kind == "file":
                each_its_own = {m: folders[n % 3] for n, m in enumerate(some, folder)}
                done = store.operations.queue_filing(each_its_own)
            else:
                done = store.snoozing.snooze(some, THEN + folder)
            if done is not None:
                shown.append(places(store, ids))
            assert store.fsck() == []
        while len(shown) > 1:
            assert places(store, ids) == shown.pop()
            store.operations.undo_last()
            assert store.fsck() == []
        assert places(store, ids) == shown.pop()
        store.close()


def test_why_a_part_failed_is_told_when_the_rest_is_done(store: Store) -> None:
    _, archive, _ = boxes(store)
    ids = list(fill(store, range(1, 4)).values())
    store.operations.queue_move(ids, archive)
    for later, failed in ((ids[1:], True), ([], False)):
        job = store.transfers.claim("home", 1, later)
        assert job is not None
        job = store.transfers.begin(job, None)
        outcome = TransferOutcome(arrived={} if failed else dict.fromkeys(job.rows))
        if failed:
            outcome = TransferOutcome(
                failed=set(job.rows), error="It is full.", error_class="fixable"
            )
        store.transfers.conclude(job, outcome)
    (entry,) = store.queue.live("home")
    assert (entry.state, entry.error, entry.messages) == ("asking", "It is full.", 1)
    store.queue.retry(entry.op)
    job = store.transfers.claim("home", 1)
    assert job is not None
    job = store.transfers.begin(job, None)
    store.transfers.conclude(job, TransferOutcome(arrived=dict.fromkeys(job.rows)))
    assert store.queue.live("home") == []


def test_a_refusal_after_many_commands_that_went_well_is_the_first_one(
    store: Store,
) -> None:
    """What is refused is tried a few times before it fails; so is the last part."""
    _, archive, _ = boxes(store)
    ids = list(fill(store, range(1, 6)).values())
    store.operations.queue_move(ids, archive)
    for sent in range(1, 5):
        job = store.transfers.claim("home", 1, ids[sent:])
        assert job is not None
        assert job.tries <= 1
        job = store.transfers.begin(job, None)
        store.transfers.conclude(job, TransferOutcome(arrived=dict.fromkeys(job.rows)))
    for refused in range(3):
        job = store.transfers.claim("home", 1)
        assert job is not None
        assert job.tries == 1 + refused
        job = store.transfers.begin(job, None)
        store.transfers.conclude(job, TransferOutcome(again=set(job.rows), error="no"))
