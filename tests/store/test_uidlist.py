"""UIDs of files: never two for one, never one for two, whatever happens to the list."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.store import uidlist
from tuimail.store.uidlist import UidList


def test_uids_grow_and_stay(tmp_path: Path) -> None:
    file = tmp_path / "uids"
    assert UidList(file).of(["a", "b"]) == {"a": 1, "b": 2}
    assert UidList(file).of(["b", "c", "a"]) == {"a": 1, "b": 2, "c": 3}


def test_a_uid_of_a_message_that_is_gone_is_never_given_again(tmp_path: Path) -> None:
    file = tmp_path / "uids"
    UidList(file).of(["a", "b"])
    assert UidList(file).of(["c"]) == {"c": 3}


def test_the_list_is_written_anew_when_most_of_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uidlist, "_SPARE", 10)
    file = tmp_path / "uids"
    other = UidList(file)
    other.of(["x"])
    mine = UidList(file)
    mine.of(map(str, range(50)))
    validity = mine.uidvalidity
    mine.of(["7"])
    assert file.read_bytes().count(b"\n") == 2
    assert other.of(["7", "new"]) == {"7": 9, "new": 52}
    assert other.uidvalidity == validity


def test_a_line_that_was_cut_off_is_as_if_it_had_not_been(tmp_path: Path) -> None:
    file = tmp_path / "uids"
    UidList(file).of(["a"])
    with file.open("ab") as opened:
        opened.write(b'2 "b')
    assert UidList(file).of(["c", "b"]) == {"c": 2, "b": 3}


@pytest.mark.parametrize(
    "rubbish", [b"", b"\xff\0nonsense\n", b"tuimail-uids 9 x\n", b"5 {\n"]
)
def test_a_list_that_cannot_be_read_is_begun_anew(
    tmp_path: Path, rubbish: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "uids"
    monkeypatch.setattr(uidlist.time, "time", lambda: 1000)
    before = UidList(file)
    before.of(["a"])
    file.write_bytes(rubbish)
    monkeypatch.setattr(uidlist.time, "time", lambda: 2000)
    after = UidList(file)
    assert after.of(["b"]) == {"b": 1}
    assert (before.uidvalidity, after.uidvalidity) == (1000, 2000)


def test_two_programs_agree(tmp_path: Path) -> None:
    file = tmp_path / "uids"
    found: list[dict[str, int]] = []

    def run(start: int) -> None:
        mine = UidList(file)
        for at in range(30):
            keys = [str(n) for n in range(at + 1)]
            found.append(dict(mine.of(keys if start else reversed(keys))))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    merged: dict[str, int] = {}
    for each in found:
        for key, uid in each.items():
            assert merged.setdefault(key, uid) == uid
    assert len(set(merged.values())) == 30


def test_a_full_disk_gives_no_uid(tmp_path: Path) -> None:
    (tmp_path / "uids").mkdir()
    with pytest.raises(uidlist.StoreError, match="cannot be kept"):
        UidList(tmp_path / "uids").of(["a"])


@given(st.lists(st.text(st.characters(exclude_categories=[]), max_size=9), unique=True))
def test_any_name_can_be_a_key(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    file = tmp_path_factory.mktemp("u") / "uids"
    first = UidList(file).of(keys)
    assert UidList(file).of(keys) == first
    assert os.stat(file).st_mode & 0o77 == 0
