"""Messages found by a query: words in the index, everything else in the rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.store.build import inbox, row
from tuimail.engine.finding import as_typed
from tuimail.mail.query import parse
from tuimail.mail.types import Address, ContentId, Envelope, Flag, FlagSet, MailboxId
from tuimail.store.conditions import Scope
from tuimail.store.store import Store
from tuimail.store.values import Batch

TODAY = date(2026, 2, 18)
ANN = Address("Ann Lee", "ann.lee@example.org")
BOB = Address("Bob", "bob@other.example")
ME = Address("Me", "me@example.org")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "state", tmp_path / "cache", tmp_path / "data")
    envelopes = [
        Envelope("Invoice for March", (ANN,), to=(ME,), message_id="<1@x>"),
        Envelope("Re: Invoice for March", (BOB,), to=(ANN,), message_id="<2@x>"),
        Envelope("Café am Ring", (BOB,), cc=(ME,), message_id="<3@x>"),
        Envelope("会議室の予約", (ANN,), list_id="python-dev.python.org"),
        Envelope("Anniversary", (Address("", "joanna@example.org"),)),
    ]
    flags = [FlagSet(), FlagSet(Flag.SEEN), FlagSet(Flag.FLAGGED, frozenset(("Work",)))]
    rows = [
        row(uid, envelope=each, size=1000 * uid, attach=uid == 2)
        for uid, each in enumerate(envelopes, 1)
    ]
    rows = [each._replace(flags=flags[n % 3]) for n, each in enumerate(rows)]
    store.sync.apply(inbox(store), Batch(rows=rows))
    while store.words.step():
        pass
    return store


def found(store: Store, text: str, **how: object) -> list[int]:
    query = as_typed(parse(text, TODAY))
    scope = Scope((inbox(store),), own=((1, "me@example.org"),))
    ids = store.search.find(query, scope, **how)  # type: ignore[arg-type]
    return [int(store.messages.header(each).uid) for each in ids]  # type: ignore


@pytest.mark.parametrize(
    ("query", "uids"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("invoice", [2, 1]),
        ("inv", [2, 1]),
        ('"inv"', []),
        ('subject:"invoice for"', [2, 1]),
        ("from:ann", [4, 1]),
        ("from:ann.lee@example.org", [4, 1]),
        ("to:ann", [2]),
        ("ann", [5, 4, 2, 1]),
        ("to:me", [3, 1]),
        ("cafe", [3]),
        ("CAFÉ", [3]),
        ("会議", [4]),
        ("室", [4]),
        ("list:python-dev", [4]),
        ("has:attachment", [2]),
        ("is:unread", [4, 3, 1]),
        ("is:flagged", [3]),
        ("tag:work", [3]),
        ("id:2@x", [2]),
        ("size:>3000", [5, 4]),
        ("size:<2k -invoice", []),
        ("from:ann -invoice", [4]),
        ("from:bob OR from:joanna", [5, 3, 2]),
        ("(invoice OR café) is:unread", [3, 1]),
        ("before:1971", [5, 4, 3, 2, 1]),
        ("after:1971", []),
    ],
)
def test_a_query_finds_what_it_says(store: Store, query: str, uids: list[int]) -> None:
    assert found(store, query) == uids


@pytest.mark.parametrize(
    ("sort", "uids"),
    [
        ("size", [5, 4, 3, 2, 1]),
        ("sender", [4, 1, 3, 2, 5]),
        ("subject", [5, 3, 2, 1, 4]),
        ("flags", [3, 4, 1, 5, 2]),
        ("to-me", [3, 1, 5, 4, 2]),
        ("list", [4, 5, 3, 2, 1]),
    ],
)
def test_a_list_is_sorted_and_the_newest_comes_first_of_equals(
    store: Store, sort: str, uids: list[int]
) -> None:
    assert found(store, "", sort=sort) == uids


def test_a_sort_is_turned_round(store: Store) -> None:
    assert found(store, "", sort="size", reverse=True) == [1, 2, 3, 4, 5]
    assert found(store, "", reverse=True) == [1, 2, 3, 4, 5]


def test_the_beginning_of_an_order_is_its_beginning(store: Store) -> None:
    assert found(store, "", limit=2) == [5, 4]


def test_texts_are_found_when_they_are_indexed(store: Store) -> None:
    assert found(store, "zebra") == []
    content = store.messages.page(inbox(store))[0].content
    store.words.put_texts([(content, "Der Zebrastreifen, frisch gestrichen")])
    assert found(store, "zebra") == [5]
    assert found(store, "body:gestrichen -anniversary") == []
    assert found(store, '"zebrastreifen frisch"') == [5]


def test_a_text_is_indexed_once(store: Store) -> None:
    content = store.messages.page(inbox(store))[0].content
    store.words.put_texts([(content, "zebra")])
    store.words.put_texts([(content, "zebra again")])
    assert found(store, "again") == []
    assert store.words.texts() == 1


def test_the_index_begins_anew_when_the_cache_was_deleted(
    store: Store, tmp_path: Path
) -> None:
    store.close()
    for file in (tmp_path / "cache").glob("cache.db*"):
        file.unlink()
    again = Store(tmp_path / "state", tmp_path / "cache", tmp_path / "data")
    assert again.words.behind() == 5
    while again.words.step():
        pass
    assert found(again, "invoice") == [2, 1]
    again.close()


def test_an_index_of_another_store_is_not_used(store: Store, tmp_path: Path) -> None:
    store.close()
    other = Store(tmp_path / "other", tmp_path / "cache", tmp_path / "data")
    other.sync.apply(inbox(other), Batch(rows=[row(1)]))
    assert other.words.mark == 0
    assert found(other, "invoice") == []
    other.close()


def test_all_folders_are_one_list(store: Store) -> None:
    query = as_typed(parse("from:ann", TODAY))
    assert len(store.search.find(query, Scope())) == 2
    assert len(store.search.find(query, Scope((MailboxId(77), MailboxId(78))))) == 0


def test_what_is_found_is_counted_with_what_is_unread_of_it(store: Store) -> None:
    assert store.search.count(parse("from:ann", TODAY), Scope()) == (2, 2)
    assert store.search.count(parse("nowhere", TODAY), Scope()) == (0, 0)


def test_senders_are_groups_with_their_numbers(store: Store) -> None:
    groups = store.search.groups(parse("", TODAY), Scope(), "sender")
    assert [(g.key, g.messages, g.unread, g.octets) for g in groups] == [
        ("ann.lee@example.org", 2, 2, 5000),
        ("bob@other.example", 2, 1, 5000),
        ("joanna@example.org", 1, 0, 5000),
    ]
    lists = store.search.groups(parse("", TODAY), Scope(), "list")
    assert [(g.key, g.messages) for g in lists] == [("python-dev.python.org", 1)]


def test_nobody_is_me_when_no_address_is_known(store: Store) -> None:
    query = parse("to:me", TODAY)
    assert len(store.search.find(query, Scope())) == 0


@pytest.mark.parametrize("text", ['"', "a'b", "x) OR (y", 'a" OR "b', "NEAR", "*"])
def test_no_text_is_taken_for_a_command_of_the_index(store: Store, text: str) -> None:
    from tuimail.mail.query_terms import Field, Words

    for field in Field:
        store.search.find(Words(field, (text,), True), Scope())


def test_an_empty_text_is_not_asked_for_again(store: Store) -> None:
    store.words.put_texts([(ContentId(1), "")])
    assert store.words.texts() == 1
