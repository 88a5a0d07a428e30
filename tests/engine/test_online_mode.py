"""An account in online mode leaves nothing of its mail on the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_service import Desk, on_server, words
from tests.mails import mail, with_attachment
from tests.servers.dovecot import Dovecot
from tuimail.config import Config, Mode
from tuimail.engine.service import MailService
from tuimail.engine.views import Scope
from tuimail.mail.types import Flag
from tuimail.paths import Paths, under
from tuimail.store.store import Store

SECRET = "Zwiebelkuchen"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


def online_desk(paths: Paths, user: str, port: int) -> Desk:
    desk = Desk(paths, user, port)
    account = replace(desk.service.config.accounts[0], mode=Mode.ONLINE)
    desk.service.close()
    desk.service = MailService(Config(accounts=(account,)), paths)
    desk.service.subscribe(desk._hear)
    return desk


def traces(top: Path, word: str) -> list[Path]:
    """Files below a folder that hold a word."""
    files = [file for file in top.rglob("*") if file.is_file()]
    return [file for file in files if word.encode() in file.read_bytes()]


def rules_hold(paths: Paths) -> bool:
    store = Store(paths.state, paths.cache, paths.data)
    broken = store.fsck()
    store.close()
    return broken == []


@pytest.fixture
def desk(dovecot: Dovecot, user: str, paths: Paths) -> Desk:
    letters = [
        mail(number, Subject=f"{SECRET} {number}", body=f"{SECRET}body {number}\n")
        for number in range(1, 30)
    ]
    dovecot.seed(user, [*letters, with_attachment(9_000_000)])
    return online_desk(paths, user, dovecot.imap).synced()


def test_while_it_runs_mail_is_read_as_ever(desk: Desk) -> None:
    assert f"{SECRET}body 29" in words(desk.text(1))
    desk.service.close()


def test_after_quitting_no_word_of_the_mail_is_left(desk: Desk, tmp_path: Path) -> None:
    desk.text(1)
    assert traces(tmp_path, SECRET)
    desk.service.close()
    assert traces(tmp_path, SECRET) == []
    assert traces(tmp_path, "example.org") == []


def test_after_quitting_no_attachment_is_left(desk: Desk, paths: Paths) -> None:
    downloads = desk.service.downloads
    desk.service.download(downloads.plan(Scope(desk.inbox, attachments=True)))
    folder = paths.cache / "parts"
    desk.until(lambda: any(folder.glob("*.part")))
    desk.service.close()
    assert list(folder.iterdir()) == []


def test_the_names_of_folders_stay(desk: Desk, paths: Paths) -> None:
    desk.service.wait_synced("work", None, 20)
    before = [box.name for box in desk.service.mailboxes("work")]
    desk.service.close()
    assert rules_hold(paths)
    store = Store(paths.state, paths.cache, paths.data)
    assert [box.name for box in store.mailboxes.all("work")] == before
    store.close()


def test_what_a_killed_run_left_is_gone_at_the_next_start(
    desk: Desk, paths: Paths, user: str, tmp_path: Path
) -> None:
    desk.text(1)
    for presence in desk.service._passing._here.values():
        presence.leave()  # as the kernel does it
    desk.service._passing._here.clear()
    desk.service.close()
    assert traces(tmp_path, SECRET)
    later = online_desk(paths, user, 1)
    assert later.service.page(later.inbox) == []
    later.service.close()
    assert traces(tmp_path, SECRET) == []


def test_a_change_that_is_not_sent_is_kept_and_sent_the_next_time(
    desk: Desk, paths: Paths, dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    desk.service.pause("work", True)
    row = desk.service.page(desk.inbox)[-1]
    desk.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
    desk.service.close()
    later = online_desk(paths, user, dovecot.imap).synced()
    later.until(lambda: later.service.account("work").pending == 0)
    later.service.close()
    assert "Flagged" in on_server(dovecot, user, 1)
    assert traces(tmp_path, SECRET) == []
    assert rules_hold(paths)


def test_the_mail_comes_again_at_the_next_start(
    desk: Desk, paths: Paths, dovecot: Dovecot, user: str
) -> None:
    desk.service.close()
    later = online_desk(paths, user, dovecot.imap).synced()
    assert len(later.service.page(later.inbox)) == 30
    later.service.close()
    assert rules_hold(paths)


def test_the_mail_stays_while_another_program_shows_it(
    desk: Desk, paths: Paths, user: str, dovecot: Dovecot, tmp_path: Path
) -> None:
    other = online_desk(paths, user, dovecot.imap)
    assert len(other.service.page(other.inbox)) == 30
    desk.service.close()
    assert len(other.service.page(other.inbox)) == 30
    other.service.close()
    assert traces(tmp_path, SECRET) == []
