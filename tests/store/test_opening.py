"""Files of the store: made privately, checked, updated, and never thrown away."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.store.build import fill, open_store
from tuimail.errors import StoreError
from tuimail.mail.types import MailboxId, Section
from tuimail.store.opening import open_state
from tuimail.store.schema import STATE


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_anything(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = open_store(tmp_path)
        ids = fill(store, [1])
        header = store.messages.header(ids[1])
        assert header is not None
        store.parts.put(header.content, Section(""), b"x" * (9 * 1024 * 1024))
        store.vault.add("home", "", b"mail")
        paths = list(tmp_path.rglob("*"))
        loose = [p for p in paths if mode(p) != (0o700 if p.is_dir() else 0o600)]
        store.close()
    finally:
        os.umask(before)
    assert loose == []


def test_a_damaged_state_is_kept_and_a_new_one_started(tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    store = open_store(tmp_path)
    aside = tmp_path / "state" / "state.db.damaged-1"
    assert aside.read_bytes() == b"this is no database" * 100
    assert any(str(aside) in sentence for sentence in store.notices)
    assert store.fsck() == []
    store.close()


def test_a_second_damaged_state_does_not_overwrite_the_first(tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    for words in (b"one" * 500, b"two" * 500):
        path.parent.mkdir(exist_ok=True)
        for each in path.parent.glob("state.db*"):
            if "damaged" not in each.name:
                each.unlink()
        path.write_bytes(words)
        open_store(tmp_path).close()
    assert (path.parent / "state.db.damaged-1").read_bytes().startswith(b"one")
    assert (path.parent / "state.db.damaged-2").read_bytes().startswith(b"two")


def test_damage_met_while_reading_is_mended_at_the_next_start(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    fill(store, range(1, 1000))
    store.close()
    path = tmp_path / "state" / "state.db"
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half:] = b"\xaa" * (len(data) - half)
    path.write_bytes(data)
    damaged = open_store(tmp_path)
    assert damaged.notices == ()
    with pytest.raises(StoreError, match="damaged"):
        damaged.messages.page(MailboxId(1), limit=1000)
    damaged.close()
    mended = open_store(tmp_path)
    assert (tmp_path / "state" / "state.db.damaged-1").exists()
    assert mended.fsck() == []
    mended.close()


def test_a_damaged_cache_is_rebuilt_and_headers_stay(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    ids = fill(store, [1])
    header = store.messages.header(ids[1])
    assert header is not None
    store.parts.put(header.content, Section("1"), b"text", text=True)
    store.close()
    (tmp_path / "cache" / "cache.db").write_bytes(b"rubbish" * 1000)
    again = open_store(tmp_path)
    header = again.messages.header(ids[1])
    assert header is not None
    assert not header.readable
    assert "emptied" in again.notices[0]
    again.close()


def test_a_deleted_cache_leaves_nothing_marked_as_readable(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    ids = fill(store, [1])
    header = store.messages.header(ids[1])
    assert header is not None
    store.parts.put(header.content, Section("1"), b"text", text=True)
    readable = store.messages.header(ids[1])
    assert readable is not None
    assert readable.readable
    store.close()
    for file in (tmp_path / "cache").glob("cache.db*"):
        file.unlink()
    again = open_store(tmp_path)
    header = again.messages.header(ids[1])
    assert header is not None
    assert not header.readable
    assert again.notices == ()
    again.close()


def test_a_store_of_a_newer_program_is_refused_untouched(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    path = tmp_path / "state" / "state.db"
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version={STATE.version + 1}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer tuimail"):
        open_store(tmp_path)
    assert path.read_bytes() == before


def test_a_foreign_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE bookmarks(url)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store of tuimail"):
        open_store(tmp_path)
    assert path.read_bytes() == before


def test_a_cache_of_a_newer_program_is_rebuilt(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with sqlite3.connect(tmp_path / "cache" / "cache.db") as newer:
        newer.execute("PRAGMA user_version=99")
    newer.close()
    store = open_store(tmp_path)
    assert "newer" in store.notices[0]
    store.close()


def test_an_update_keeps_a_copy_and_the_rows(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    ids = fill(store, [1, 2])
    store.close()
    path = tmp_path / "state" / "state.db"
    step = "ALTER TABLE msg ADD COLUMN colour TEXT"
    newer = STATE._replace(migrations=(*STATE.migrations, step))
    database, notice = open_state(path, newer)
    assert notice == ""
    assert database.rows("SELECT id, colour FROM msg ORDER BY id") == [
        (ids[1], None),
        (ids[2], None),
    ]
    assert (path.parent / f"state.db.bak-{STATE.version}").stat().st_size > 0
    database.close()


def test_a_failed_update_leaves_the_old_version(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    path = tmp_path / "state" / "state.db"
    steps = (*STATE.migrations, "DROP TABLE draft; CREATE TABLE msg(x)")
    with pytest.raises(StoreError):
        open_state(path, STATE._replace(migrations=steps))
    store = open_store(tmp_path)
    assert store.fsck() == []
    store.close()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path)


def test_settings_are_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.get_meta("hint") is None
    store.set_meta("hint", "seen")
    store.close()
    again = open_store(tmp_path)
    assert again.get_meta("hint") == "seen"
    again.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.get_meta("hint")


def test_a_store_at_rest_answers_as_before(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    ids = fill(store, [1, 2])
    store.rest()
    assert [row.id for row in store.messages.page(MailboxId(1))] == [ids[2], ids[1]]
    store.close()
    store.rest()
