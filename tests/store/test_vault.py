"""Messages that exist nowhere else: in an open format, whole or not at all."""

from __future__ import annotations

import mailbox
import os
from pathlib import Path

import pytest

from tuimail.errors import StoreError
from tuimail.store.vault import Vault

MAIL = b"Subject: kept\r\n\r\n\xff\x00text\r\n"


def test_a_message_is_read_as_it_was_added(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "mail")
    key = vault.add("home", "Drafts", MAIL)
    assert vault.read("home", "Drafts", key) == MAIL


def test_other_programs_read_it_as_a_maildir(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "mail")
    vault.add("home", "", MAIL)
    vault.add("home", "Drafts", MAIL)
    found = mailbox.Maildir(tmp_path / "mail" / "home", create=False)
    assert [message["subject"] for message in found] == ["kept"]
    assert found.list_folders() == ["Drafts"]


def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path / "mail")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        vault.add("home", "", MAIL)
    assert [path for path in (tmp_path / "mail").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", ".", "", "x" * 300, "ü\0"])
def test_no_name_leads_out_of_the_vault(tmp_path: Path, name: str) -> None:
    vault = Vault(tmp_path / "mail")
    key = vault.add(name, name, MAIL)
    path = vault.path(name, name, key)
    assert path.resolve().is_relative_to((tmp_path / "mail").resolve())
    assert len(path.relative_to(tmp_path / "mail").parts) in (3, 4)
    assert path.read_bytes() == MAIL


def test_names_that_look_alike_on_the_disk_stay_apart(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "mail")
    key = vault.add("a/b", "", MAIL)
    with pytest.raises(StoreError, match="cannot be read"):
        vault.read("a_b", "", key)


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", ".hidden"])
def test_what_is_no_key_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        Vault(tmp_path / "mail").path("home", "", key)
