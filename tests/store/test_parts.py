"""Fetched parts: exact, evictable, and never said to be here when they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.build import NONE, SEEN, fill, inbox, open_store, row
from tuimail.mail.types import ContentId, Header, Section
from tuimail.mail.uidset import UIDSet
from tuimail.store.parts import FILE_OCTETS
from tuimail.store.store import Store
from tuimail.store.sync import Batch

TEXT, WHOLE, PICTURE = Section("1"), Section(""), Section("2")


def only(store: Store) -> Header:
    return store.messages.page(inbox(store))[0]


@pytest.mark.parametrize(
    "data",
    [b"", b"a", b"text\r\n" * 5000, os.urandom(50_000), bytes(FILE_OCTETS + 1)],
    ids=["empty", "tiny", "text", "noise", "big"],
)
def test_a_part_comes_back_octet_by_octet(store: Store, data: bytes) -> None:
    fill(store, [1])
    content = only(store).content
    store.parts.put(content, PICTURE, data)
    assert store.parts.get(content, PICTURE) == data
    assert store.parts.size(content, PICTURE) == len(data)
    assert store.parts.sections(content) == {PICTURE}


def test_text_is_kept_small_and_noise_as_it_is(store: Store) -> None:
    fill(store, [1])
    content = only(store).content
    store.parts.put(content, TEXT, b"the same words again\r\n" * 5000)
    assert store.parts.octets() < 10_000
    store.parts.put(content, PICTURE, os.urandom(100_000))
    assert 100_000 < store.parts.octets() < 110_000


def test_a_part_that_is_not_here_is_none(store: Store) -> None:
    nowhere = ContentId(77)
    assert store.parts.get(nowhere, TEXT) is None
    assert store.parts.size(nowhere, TEXT) is None
    assert not store.parts.has(nowhere, TEXT)
    assert store.parts.sections(nowhere) == frozenset()


def test_a_part_in_pieces_is_here_only_when_whole(store: Store) -> None:
    fill(store, [1])
    content = only(store).content
    with store.parts.begin(content, PICTURE) as spool:
        spool.append(b"one ")
        spool.append(b"two")
        assert not store.parts.has(content, PICTURE)
        assert spool.size == 7
        spool.commit()
    assert store.parts.get(content, PICTURE) == b"one two"


def test_a_big_part_in_pieces_is_a_private_file(store: Store, tmp_path: Path) -> None:
    fill(store, [1])
    content = only(store).content
    with store.parts.begin(content, PICTURE) as spool:
        for _ in range(9):
            spool.append(bytes(1024 * 1024))
        spool.commit()
    assert store.parts.get(content, PICTURE) == bytes(9 * 1024 * 1024)
    assert len(list((tmp_path / "cache" / "parts").iterdir())) == 1


def test_an_interrupted_part_leaves_nothing(store: Store, tmp_path: Path) -> None:
    fill(store, [1])
    content = only(store).content
    with store.parts.begin(content, PICTURE) as spool:
        spool.append(b"half")
    assert not store.parts.has(content, PICTURE)
    assert list((tmp_path / "cache" / "parts").iterdir()) == []


def test_replacing_a_big_part_removes_its_file(store: Store, tmp_path: Path) -> None:
    fill(store, [1])
    content = only(store).content
    for _ in range(2):
        store.parts.put(content, PICTURE, bytes(FILE_OCTETS + 1))
    assert len(list((tmp_path / "cache" / "parts").iterdir())) == 1
    store.parts.put(content, PICTURE, b"small")
    assert list((tmp_path / "cache" / "parts").iterdir()) == []


def test_a_big_part_whose_file_was_removed_is_not_here(
    store: Store, tmp_path: Path
) -> None:
    fill(store, [1])
    content = only(store).content
    store.parts.put(content, PICTURE, bytes(FILE_OCTETS + 1))
    for file in (tmp_path / "cache" / "parts").iterdir():
        file.unlink()
    assert store.parts.get(content, PICTURE) is None
    assert not store.parts.has(content, PICTURE)


def test_files_nothing_refers_to_are_swept_at_the_next_start(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    folder = tmp_path / "cache" / "parts"
    (folder / "dead.part").write_bytes(b"x")
    (folder / "old.tmp").write_bytes(b"x")
    os.utime(folder / "old.tmp", (0, 0))
    (folder / "fresh.tmp").write_bytes(b"another process is writing this")
    open_store(tmp_path).close()
    assert [file.name for file in folder.iterdir()] == ["fresh.tmp"]


@pytest.mark.parametrize(
    ("section", "readable"), [(TEXT, True), (WHOLE, True), (PICTURE, False)]
)
def test_a_message_is_readable_with_its_text_or_its_source(
    store: Store, section: Section, readable: bool
) -> None:
    fill(store, [1])
    store.parts.put(only(store).content, section, b"x")
    assert only(store).readable is readable


def test_what_was_used_last_stays_longest(store: Store) -> None:
    fill(store, [1, 2, 3])
    for header in store.messages.page(inbox(store)):
        store.parts.put(header.content, TEXT, os.urandom(10_000))
    newest, middle, oldest = store.messages.page(inbox(store))
    for hour, header in enumerate((middle, oldest, newest)):
        store.parts._touch(header.content, TEXT, hour)
    store.parts.evict(20_000)
    left = [header.readable for header in store.messages.page(inbox(store))]
    assert left == [True, False, True]


def test_eviction_gives_the_room_back(store: Store, tmp_path: Path) -> None:
    fill(store, range(1, 41))
    for header in store.messages.page(inbox(store)):
        store.parts.put(header.content, PICTURE, os.urandom(100_000))
    store._cache.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (tmp_path / "cache" / "cache.db").stat().st_size
    assert store.parts.evict(0) >= 4_000_000
    store._cache.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (tmp_path / "cache" / "cache.db").stat().st_size < before / 20


def test_eviction_within_the_limit_does_nothing(store: Store) -> None:
    fill(store, [1])
    store.parts.put(only(store).content, TEXT, b"text")
    assert store.parts.evict(1_000_000) == 0
    assert only(store).readable


def test_parts_that_an_operation_may_need_are_not_evicted(store: Store) -> None:
    ids = fill(store, [1, 2])
    for header in store.messages.page(inbox(store)):
        store.parts.put(header.content, TEXT, b"text")
    store.operations.queue_flags([ids[1]], SEEN, NONE)
    store.parts.evict(0)
    left = {h.uid: h.readable for h in store.messages.page(inbox(store))}
    assert left == {1: True, 2: False}


def test_evicting_a_picture_leaves_the_text_readable(store: Store) -> None:
    fill(store, [1])
    content = only(store).content
    store.parts.put(content, PICTURE, os.urandom(10_000))
    store.parts._touch(content, PICTURE, 0)
    store.parts.put(content, TEXT, b"text")
    store.parts.evict(5_000)
    assert store.parts.sections(content) == {TEXT}
    assert only(store).readable


def test_a_new_message_never_shows_the_text_of_a_gone_one(store: Store) -> None:
    fill(store, [1])
    store.parts.put(only(store).content, TEXT, b"secret of the old one")
    store.sync.apply(inbox(store), Batch(vanished=UIDSet.of([1])))
    store.sync.apply(inbox(store), Batch(rows=[row(1, message_id="<other@x>")]))
    assert store.parts.get(only(store).content, TEXT) is None
