"""Muted conversations: known by any of their mails, until they are unmuted."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.store.build import NONE, SEEN, inbox, open_store
from tests.store.test_threads import letter, put
from tuimail.mail.types import Flag
from tuimail.store.store import Store
from tuimail.store.sync import Batch


def test_a_whole_conversation_is_muted(store: Store) -> None:
    first, answer, other = put(
        store, letter(1, "a"), letter(2, "b", "a"), letter(3, "c")
    )
    assert store.muting.muted([first, answer, other]) == frozenset()
    assert store.muting.mute([answer]) == 2
    assert store.muting.muted([first, answer, other]) == {first, answer}


def test_a_new_mail_of_it_is_muted_before_it_is_taken_in(store: Store) -> None:
    (first,) = put(store, letter(1, "a"))
    store.muting.mute([first])
    batch = Batch(rows=[letter(2, "b", "a"), letter(3, "c", "z")])
    answer, other = store.sync.apply(inbox(store), batch).added
    assert store.muting.muted([answer, other]) == {answer}


def test_an_answer_to_an_answer_is_muted_by_its_conversation(store: Store) -> None:
    (first,) = put(store, letter(1, "a"))
    store.muting.mute([first])
    put(store, letter(2, "b", "a"))
    (late,) = put(store, letter(3, "c", "b"))
    assert store.muting.muted([late]) == {late}


def test_unmuting_lets_all_of_it_be_heard(store: Store) -> None:
    first, answer = put(store, letter(1, "a"), letter(2, "b", "a"))
    store.muting.mute([first])
    store.muting.unmute([answer])
    assert store.muting.muted([first, answer]) == frozenset()


def test_unmuting_by_an_answer_works_when_the_first_mail_is_gone(store: Store) -> None:
    first, answer = put(store, letter(1, "a"), letter(2, "b", "a"))
    store.muting.mute([first])
    store.threads.forget([1, 2])
    store.muting.unmute([answer])
    assert store.muting.muted([first, answer]) == frozenset()


def test_muting_outlives_the_cache(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    put(store, letter(1, "a"), letter(2, "b", "a"))
    first = store.messages.page(inbox(store))[-1].id
    store.muting.mute([first])
    store.close()
    shutil.rmtree(tmp_path / "cache")
    store = open_store(tmp_path)
    (late,) = store.sync.apply(inbox(store), Batch(rows=[letter(3, "c", "b")])).added
    assert store.muting.muted([late]) == {late}
    store.close()


def test_what_has_no_message_id_cannot_be_muted(store: Store) -> None:
    from tuimail.mail.types import Envelope

    nameless = letter(1, "a", envelope=Envelope(subject="x"))
    (message,) = put(store, nameless)
    assert store.muting.mute([message]) == 0
    assert store.muting.muted([message]) == frozenset()


def test_what_nobody_did_is_passed_over_by_an_undo(store: Store) -> None:
    first, second = put(store, letter(1, "a"), letter(2, "b"))
    store.operations.queue_flags([first], SEEN, NONE)
    store.operations.queue_flags([second], SEEN, NONE, undoable=False)
    undone = store.operations.undo_last()
    assert undone is not None
    assert undone.messages == (first,)
    header = store.messages.header(second)
    assert header is not None
    assert header.flags & Flag.SEEN
    assert store.operations.undo_last() is None
