"""What the user marks is shown at once, kept, sent once, and never lost."""

from __future__ import annotations

from pathlib import Path

from tests.store.build import (
    ACCOUNT,
    FLAGGED,
    NONE,
    SEEN,
    fill,
    inbox,
    open_store,
    row,
)
from tuimail.mail.types import UID, Flag, FlagSet, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.values import FlagJob, Listed


def shown(store: Store, message: MessageId) -> Flag:
    header = store.messages.header(message)
    assert header is not None
    return header.flags


def jobs(store: Store) -> list[FlagJob]:
    return list(store.operations.claim_flags(ACCOUNT))


def claim(store: Store) -> FlagJob:
    return next(store.operations.claim_flags(ACCOUNT))


def test_a_gesture_is_shown_and_pending(store: Store) -> None:
    ids = fill(store, [1])
    assert store.operations.queue_flags([ids[1]], SEEN, NONE)
    header = store.messages.header(ids[1])
    assert header is not None
    assert (header.seen, header.pending) == (True, True)
    assert store.accounts.waiting(ACCOUNT) == (1, 0)


def test_a_gesture_that_changes_nothing_is_none(store: Store) -> None:
    ids = fill(store, [1])
    assert store.operations.queue_flags([ids[1]], NONE, SEEN) is None
    assert store.operations.queue_flags([MessageId(99)], SEEN, NONE) is None
    assert store.accounts.waiting(ACCOUNT) == (0, 0)


def test_a_gesture_taken_back_before_it_was_sent_leaves_nothing(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.operations.queue_flags([ids[1]], NONE, SEEN)
    assert jobs(store) == []
    assert store.accounts.waiting(ACCOUNT) == (0, 0)


def test_one_job_carries_all_messages_of_one_change(store: Store) -> None:
    ids = fill(store, [1, 2, 3])
    store.operations.queue_flags([ids[1], ids[3]], SEEN, NONE)
    store.operations.queue_flags([ids[2]], SEEN, NONE)
    (job,) = jobs(store)
    assert job.uids == UIDSet([(1, 3)])
    assert (job.add, job.remove) == (SEEN, NONE)
    assert (job.wire_name, job.gen) == (b"INBOX", 1)


def test_different_changes_are_different_jobs_oldest_first(store: Store) -> None:
    ids = fill(store, [1, 2])
    store.operations.queue_flags([ids[1], ids[2]], SEEN, NONE)
    store.operations.queue_flags([ids[1]], FLAGGED, NONE)
    both = FlagSet(Flag.SEEN | Flag.FLAGGED)
    assert [(job.uids.wire(), job.add) for job in jobs(store)] == [
        (b"1", both),
        (b"2", SEEN),
    ]


def test_a_confirmed_change_is_done_and_stays_shown(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.operations.confirm_flags(claim(store), {})
    header = store.messages.header(ids[1])
    assert header is not None
    assert (header.seen, header.pending) == (True, False)
    assert store.queue.live(ACCOUNT) == []
    assert jobs(store) == []


def test_the_servers_report_wins_over_what_was_sent(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    reported = FlagSet(Flag.SEEN | Flag.ANSWERED, frozenset({"$x"}))
    store.operations.confirm_flags(claim(store), {1: reported})
    header = store.messages.header(ids[1])
    assert header is not None
    assert (header.flags, header.keywords) == (reported.bits, {"$x"})


def test_an_empty_report_means_no_flags(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.operations.confirm_flags(claim(store), {1: FlagSet()})
    assert shown(store, ids[1]) == Flag.NONE


def test_a_click_during_the_flight_is_shown_and_sent_after(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    job = claim(store)
    store.operations.queue_flags([ids[1]], NONE, SEEN)
    assert shown(store, ids[1]) == Flag.NONE
    assert jobs(store) == []
    store.operations.confirm_flags(job, {1: SEEN})
    assert shown(store, ids[1]) == Flag.NONE
    assert claim(store).remove == SEEN


def test_after_a_broken_link_the_last_wish_is_sent_even_if_it_looks_done(
    store: Store,
) -> None:
    """The first command may have arrived: the server may have the flag."""
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.operations.release_flags(claim(store), "connection lost")
    store.operations.queue_flags([ids[1]], NONE, SEEN)
    assert shown(store, ids[1]) == Flag.NONE
    assert claim(store).remove == SEEN


def test_after_a_broken_link_a_flag_is_set_again_even_if_it_looks_set(
    store: Store,
) -> None:
    ids = fill(store, [1])
    store.sync.apply(inbox(store), Batch(flags=[(UID(1), SEEN, None)]))
    store.operations.queue_flags([ids[1]], NONE, SEEN)
    store.operations.release_flags(claim(store), "connection lost")
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    assert claim(store).add == SEEN


def test_a_click_in_a_flight_that_broke_wins(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    job = claim(store)
    store.operations.queue_flags([ids[1]], NONE, SEEN)
    store.operations.release_flags(job, "")
    assert shown(store, ids[1]) == Flag.NONE
    again = claim(store)
    assert (again.add, again.remove) == (NONE, SEEN)


def test_a_refused_change_shows_the_servers_truth_and_stays(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.operations.fail_flags(claim(store), "NO \x1b[31mread-only")
    header = store.messages.header(ids[1])
    assert header is not None
    assert (header.seen, header.failed, header.pending) == (False, True, False)
    assert store.accounts.waiting(ACCOUNT) == (0, 1)
    (entry,) = store.queue.live(ACCOUNT)
    assert (entry.state, entry.messages, entry.add) == ("failed", 1, SEEN)
    assert entry.subject == "subject 1"
    assert "read-only" in entry.error
    assert "\x1b" not in entry.error


def test_why_a_part_was_refused_is_told_when_the_rest_is_done(store: Store) -> None:
    ids = fill(store, [1, 2])
    store.operations.queue_flags([ids[1], ids[2]], SEEN, NONE)
    store.operations.queue_flags([ids[2]], FLAGGED, NONE)
    first, second = jobs(store)
    store.operations.fail_flags(first, "NO read-only")
    store.operations.confirm_flags(second, {})
    (entry,) = store.queue.live(ACCOUNT)
    assert (entry.state, entry.messages) == ("failed", 1)
    assert "read-only" in entry.error
    assert store.queue.retry(entry.op)
    store.operations.confirm_flags(claim(store), {})
    assert store.queue.live(ACCOUNT) == []


def test_a_failed_change_can_be_tried_again(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    job = claim(store)
    store.operations.fail_flags(job, "NO")
    assert store.queue.retry(job.ops[0])
    assert shown(store, ids[1]) == Flag.SEEN
    store.operations.confirm_flags(claim(store), {})
    assert store.accounts.waiting(ACCOUNT) == (0, 0)


def test_a_failed_change_can_be_forgotten(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    job = claim(store)
    store.operations.fail_flags(job, "NO")
    assert store.queue.discard(job.ops[0])
    header = store.messages.header(ids[1])
    assert header is not None
    assert (header.seen, header.failed) == (False, False)
    assert store.operations.undo_last() is None


def test_what_is_under_way_cannot_be_discarded(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    job = claim(store)
    assert not store.queue.discard(job.ops[0])
    assert not store.queue.retry(job.ops[0])
    assert not store.queue.discard(12345)


def test_undo_takes_an_unsent_gesture_out_of_the_queue(store: Store) -> None:
    ids = fill(store, [1, 2])
    store.operations.queue_flags([ids[1], ids[2]], SEEN, FLAGGED)
    undone = store.operations.undo_last()
    assert undone is not None
    assert set(undone.messages) == {ids[1], ids[2]}
    assert undone.remove == SEEN
    assert shown(store, ids[1]) == Flag.NONE
    assert store.accounts.waiting(ACCOUNT) == (0, 0)
    assert store.operations.undo_last() is None


def test_undo_of_a_sent_gesture_sends_the_opposite(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.operations.confirm_flags(claim(store), {})
    store.operations.undo_last()
    assert shown(store, ids[1]) == Flag.NONE
    assert claim(store).remove == SEEN


def test_undo_changes_only_what_the_gesture_changed(store: Store) -> None:
    ids = fill(store, [1, 2])
    store.sync.apply(inbox(store), Batch(flags=[(UID(1), SEEN, None)]))
    store.operations.queue_flags([ids[1], ids[2]], SEEN, NONE)
    store.operations.undo_last()
    assert (shown(store, ids[1]), shown(store, ids[2])) == (Flag.SEEN, Flag.NONE)


def test_undo_goes_back_gesture_by_gesture(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.operations.queue_flags([ids[1]], FLAGGED, NONE)
    store.operations.queue_flags([ids[1]], NONE, SEEN)
    seen = []
    while store.operations.undo_last():
        seen.append(shown(store, ids[1]))
    assert seen == [Flag.SEEN | Flag.FLAGGED, Flag.SEEN, Flag.NONE]


def test_old_gestures_can_be_left_out_of_undo(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    assert store.operations.undo_last(since=2**40) is None


def test_a_gesture_over_two_folders_is_one_undo(store: Store) -> None:
    other = store.mailboxes.put_listing(ACCOUNT, [Listed(b"a", "a")])[b"a"]
    here, there = fill(store, [1]), fill(store, [9], other)
    store.operations.queue_flags([here[1], there[9]], SEEN, NONE)
    assert store.accounts.waiting(ACCOUNT) == (1, 0)
    assert {job.wire_name for job in jobs(store)} == {b"INBOX", b"a"}
    store.operations.undo_last()
    assert shown(store, there[9]) == Flag.NONE


def test_keywords_go_the_same_way(store: Store) -> None:
    ids = fill(store, [1])
    work, home = FlagSet(0, frozenset({"work"})), FlagSet(0, frozenset({"home"}))
    store.operations.queue_flags([ids[1]], work, NONE)
    job = claim(store)
    store.operations.queue_flags([ids[1]], home, work)
    header = store.messages.header(ids[1])
    assert header is not None
    assert header.keywords == {"home"}
    store.operations.confirm_flags(job, {})
    job = claim(store)
    assert (job.add, job.remove) == (home, work)
    store.operations.confirm_flags(job, {})
    header = store.messages.header(ids[1])
    assert header is not None
    assert header.keywords == {"home"}


def test_a_vanished_message_ends_what_was_queued_for_it(store: Store) -> None:
    ids = fill(store, [1, 2])
    store.operations.queue_flags([ids[1], ids[2]], SEEN, NONE)
    store.sync.apply(inbox(store), Batch(vanished=UIDSet.of([1])))
    assert claim(store).uids == UIDSet.of([2])


def test_a_message_that_vanishes_in_flight_stays_until_the_answer(
    store: Store,
) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    job = claim(store)
    applied = store.sync.apply(inbox(store), Batch(vanished=UIDSet.of([1])))
    assert applied.removed == (ids[1],)
    assert store.messages.page(inbox(store)) == []
    store.operations.release_flags(job, "")
    assert store.accounts.waiting(ACCOUNT) == (0, 0)


def test_a_tombstone_the_server_lists_again_comes_back(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    job = claim(store)
    store.sync.apply(inbox(store), Batch(vanished=UIDSet.of([1])))
    applied = store.sync.apply(inbox(store), Batch(rows=[row(1)]))
    assert applied.added == (ids[1],)
    store.operations.confirm_flags(job, {})
    assert shown(store, ids[1]) == Flag.SEEN


def test_messages_without_an_address_wait(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.sync.new_generation(inbox(store), None)
    assert jobs(store) == []
    moved = row(11, message_id="<1@example.org>", arrival=1001)
    store.sync.apply(inbox(store), Batch(rows=[moved]))
    assert claim(store).uids == UIDSet.of([11])


def test_accounts_do_not_send_each_others_changes(store: Store) -> None:
    ids = fill(store, [1], store.mailboxes.inbox("work"))
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    assert jobs(store) == []
    assert store.accounts.waiting(ACCOUNT) == (0, 0)
    assert store.accounts.waiting("work") == (1, 0)


def test_a_released_job_is_not_given_twice_in_one_round(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    given = 0
    for job in store.operations.claim_flags(ACCOUNT):
        store.operations.release_flags(job, "")
        given += 1
    assert given == 1


def test_many_messages_are_cut_into_commands(store: Store) -> None:
    ids = fill(store, range(1, 1202))
    store.operations.queue_flags(list(ids.values()), SEEN, NONE)
    assert [len(job.rows) for job in jobs(store)] == [500, 500, 201]


def test_a_gesture_survives_the_end_of_the_program(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    ids = fill(first, [1])
    first.operations.queue_flags([ids[1]], SEEN, NONE)
    first.close()
    second = open_store(tmp_path)
    assert shown(second, ids[1]) == Flag.SEEN
    assert claim(second).add == SEEN
    second.close()


def test_what_a_dead_run_had_under_way_is_sent_again(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    ids = fill(first, [1])
    first.operations.queue_flags([ids[1]], SEEN, NONE)
    lost = claim(first)
    second = open_store(tmp_path)
    job = claim(second)
    assert job.rows == lost.rows
    first.operations.confirm_flags(lost, {1: FLAGGED})
    assert shown(second, ids[1]) == Flag.SEEN
    assert second.accounts.waiting(ACCOUNT) == (1, 0)
    second.operations.confirm_flags(job, {})
    assert second.accounts.waiting(ACCOUNT) == (0, 0)
    assert second.fsck() == []
    first.close()
    second.close()


def test_what_is_held_after_two_deaths_does_not_undo_what_was_wished_later(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path)
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    for death in range(2):
        claim(store)
        if death:
            store.operations.queue_flags([ids[1]], NONE, SEEN)
        store.close()
        store = open_store(tmp_path)
        store.operations.recover(ACCOUNT)
    assert shown(store, ids[1]) == Flag.NONE
    job = claim(store)
    assert (job.add, job.remove) == (NONE, SEEN)
    assert shown(store, ids[1]) == Flag.NONE
    store.operations.confirm_flags(job, {UID(1): NONE})
    assert store.queue.live(ACCOUNT) == []
    assert store.fsck() == []
    store.close()
