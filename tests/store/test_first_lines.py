"""First lines are kept with the content, once, and go where it goes."""

from __future__ import annotations

from collections.abc import Iterable

from tests.store.build import ACCOUNT, fill, inbox, row
from tuimail.mail.types import ContentId, MessageId, SafeText, Section
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.values import Listed

TEXT = Section("1")
HELLO, NONE = SafeText("Hello"), SafeText("")


def lines(store: Store) -> list[SafeText | None]:
    return [header.first_line for header in store.messages.page(inbox(store))]


def content(store: Store, message: MessageId) -> ContentId:
    found = store.messages.header(message)
    assert found is not None
    return found.content


def put(store: Store, message: MessageId, line: SafeText) -> frozenset[MessageId]:
    return store.first_lines.put([(content(store, message), line)])


def unknown(store: Store, ids: Iterable[MessageId]) -> list[int]:
    return [each.uid for each in store.first_lines.unknown(ids)]


def test_a_row_comes_with_its_first_line(store: Store) -> None:
    ids = fill(store, range(1, 4))
    assert put(store, ids[2], HELLO) == {ids[2]}
    assert put(store, ids[1], NONE) == frozenset()
    assert lines(store) == [None, HELLO, NONE]
    found = store.messages.in_order([ids[2], ids[1], MessageId(99)])
    assert [each.first_line for each in found] == [HELLO, NONE, NONE]


def test_what_is_known_stays_and_nothing_becomes_something(store: Store) -> None:
    ids = fill(store, [1])
    put(store, ids[1], NONE)
    assert put(store, ids[1], HELLO) == {ids[1]}
    assert put(store, ids[1], SafeText("other")) == frozenset()
    assert put(store, ids[1], NONE) == frozenset()
    assert lines(store) == [HELLO]


def test_all_rows_of_a_content_are_told(store: Store) -> None:
    listed = [Listed(name, name.decode(), "/") for name in (b"INBOX", b"B")]
    other = store.mailboxes.put_listing(ACCOUNT, listed)[b"B"]
    ids = fill(store, [1])
    batch = Batch(rows=[row(1)], span=UIDSet([(1, 1)]))
    (copy,) = store.sync.apply(other, batch).added
    assert content(store, copy) == content(store, ids[1])
    assert put(store, ids[1], HELLO) == {ids[1], copy}


def test_only_what_is_neither_known_nor_here_is_to_be_asked_for(store: Store) -> None:
    ids = fill(store, range(1, 6))
    put(store, ids[1], HELLO)
    put(store, ids[2], NONE)
    store.parts.put(content(store, ids[3]), TEXT, b"text", text=True)
    store.sync.apply(inbox(store), Batch(vanished=UIDSet([(5, 5)])))
    assert unknown(store, ids.values()) == [4]
    assert unknown(store, []) == []
    (found,) = store.first_lines.unknown([ids[4]])
    assert (found.account, found.mailbox) == (ACCOUNT, inbox(store))


def test_a_renumbered_folder_is_not_asked_by_its_old_numbers(store: Store) -> None:
    ids = fill(store, [1, 2], uidvalidity=1)
    put(store, ids[1], HELLO)
    store.sync.new_generation(inbox(store), 2)  # type: ignore[arg-type]
    assert unknown(store, ids.values()) == []
    batch = Batch(
        rows=[row(8, message_id="<1@example.org>", arrival=1001)],
        span=UIDSet([(8, 8)]),
        uidvalidity=2,  # type: ignore[arg-type]
    )
    store.sync.apply(inbox(store), batch)
    by_uid = {h.uid: h.first_line for h in store.messages.page(inbox(store))}
    assert by_uid[8] == HELLO


def test_texts_here_are_read_once_in_a_run_newest_first(store: Store) -> None:
    ids = fill(store, range(1, 6))
    for number in (1, 2, 4, 5):
        store.parts.put(content(store, ids[number]), TEXT, b"text", text=True)
    put(store, ids[4], HELLO)
    wanted = [content(store, ids[number]) for number in (5, 2, 1)]
    found = store.first_lines.unread_texts(2)
    found += store.first_lines.unread_texts(2)
    assert found == wanted
    assert store.first_lines.unread_texts(2) == []


def test_a_line_outlives_the_text_it_was_made_of(store: Store) -> None:
    ids = fill(store, [1])
    store.parts.put(content(store, ids[1]), TEXT, b"text" * 100, text=True)
    put(store, ids[1], HELLO)
    store.parts.forget([content(store, ids[1])])
    assert lines(store) == [HELLO]


def test_in_another_account_it_is_known_as_well(store: Store) -> None:
    ids = fill(store, [1])
    put(store, ids[1], HELLO)
    target = store.mailboxes.inbox("other")
    store.appends.queue_carry([ids[1]], target)
    (moved,) = store.messages.page(target)
    assert moved.first_line == HELLO
