"""Whole senders and lists: counted and found letter by letter."""

from __future__ import annotations

from datetime import date

from tests.store.build import SEEN, inbox, row
from tuimail.mail.query import parse
from tuimail.mail.types import Address, Envelope, Flag, FlagSet, MessageId
from tuimail.mail.uidset import UIDSet
from tuimail.store.conditions import Scope
from tuimail.store.store import Store
from tuimail.store.sync import Batch, Row

EVERYTHING = parse("", date(2026, 11, 28))
LATEST = 2**40


def letter(uid: int, address: str, **more: object) -> Row:
    list_id = str(more.pop("list_id", ""))
    envelope = Envelope(
        subject=f"subject {uid}",
        from_=(Address(f"Name {uid}", address),),
        date=1000 + uid,
        message_id=f"<{uid}@x>",
        list_id=list_id,
    )
    return row(uid, envelope=envelope, message_id=f"<{uid}@x>", **more)


def put(store: Store, *rows: Row) -> dict[int, MessageId]:
    span = UIDSet([(1, len(rows))])
    added = store.sync.apply(inbox(store), Batch(rows=list(rows), span=span)).added
    return dict(enumerate(added, 1))


def members(store: Store, by: str, *keys: str, last: int = LATEST) -> list[MessageId]:
    return store.senders.members(EVERYTHING, Scope((inbox(store),)), by, keys, last)


def test_an_address_is_not_found_in_a_longer_one(store: Store) -> None:
    ids = put(
        store,
        letter(1, "ann@x.org"),
        letter(2, "ann@x.org.evil.example"),
        letter(3, "joe.ann@x.org"),
        letter(4, "Ann@X.org"),
        letter(5, "ann@x.or"),
    )
    assert members(store, "sender", "ann@x.org") == [ids[4], ids[1]]
    assert members(store, "sender", "ann@x.org.evil.example") == [ids[2]]
    groups = store.senders.groups(EVERYTHING, Scope((inbox(store),)), "sender")
    assert (groups[0].key, groups[0].messages) == ("ann@x.org", 2)
    assert len(groups) == 4


def test_a_list_is_not_found_in_a_longer_one(store: Store) -> None:
    ids = put(
        store,
        letter(1, "a@x", list_id="dev.example.org"),
        letter(2, "b@x", list_id="dev.example.org.evil.example"),
        letter(3, "c@x"),
        letter(4, "d@x", list_id="Python <Dev.example.org>"),
    )
    assert members(store, "list", "dev.example.org") == [ids[4], ids[1]]
    groups = store.senders.groups(EVERYTHING, Scope((inbox(store),)), "list")
    assert [(g.key, g.messages) for g in groups] == [
        ("dev.example.org", 2),
        ("dev.example.org.evil.example", 1),
    ]


def test_what_came_after_the_count_is_left_out(store: Store) -> None:
    ids = put(store, letter(1, "ann@x"), letter(2, "ann@x"))
    assert store.senders.last() == ids[2]
    assert members(store, "sender", "ann@x", last=ids[1]) == [ids[1]]


def test_a_senders_numbers_are_those_of_its_messages(store: Store) -> None:
    ids = put(
        store,
        letter(1, "ann@x", size=100, flags=SEEN),
        letter(2, "ann@x", size=30, arrival=5000),
        letter(3, "bob@x"),
    )
    store.operations.queue_flags([ids[1]], FlagSet(Flag.FLAGGED), FlagSet())
    (ann, bob) = store.senders.groups(EVERYTHING, Scope((inbox(store),)), "sender")
    assert ann == ("ann@x", "Name 2", 2, 1, 130, 5000, 1)
    assert bob.pending == 0


def test_several_senders_are_found_together(store: Store) -> None:
    ids = put(store, letter(1, "a@x"), letter(2, "b@x"), letter(3, "c@x"))
    assert members(store, "sender", "a@x", "c@x") == [ids[3], ids[1]]
    assert members(store, "sender") == []
