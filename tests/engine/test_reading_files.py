"""Texts of local mail are found, though no cache has them."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_maildir_session import ACCOUNT, INBOX, Home
from tests.engine.test_server_search import Seeking
from tests.mails import mail
from tuimail.config import Config, MaildirAccount
from tuimail.engine.reading_files import BATCH, FileReader, index_files
from tuimail.engine.service import MailService
from tuimail.mail.query_terms import Field, Words
from tuimail.paths import under
from tuimail.store.conditions import Scope
from tuimail.store.words import NEWEST


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    made.store.accounts.note_kind(ACCOUNT, "local")
    yield made
    made.store.close()


def read_all(home: Home) -> int:
    session, batches = home.session(), 0
    while index_files(session, home.store, ACCOUNT):
        batches += 1
    return batches


def found(home: Home, word: str) -> int:
    return len(home.store.search.find(Words(Field.BODY, (word,)), Scope()))


def test_texts_are_read_in_small_batches_and_once(home: Home) -> None:
    home.put(*range(1, 2 * BATCH + 2))
    home.sync()
    assert home.store.words.unread_texts() == []
    assert read_all(home) == 3
    assert found(home, "text") == 2 * BATCH + 1
    assert read_all(home) == 0


def test_a_file_that_is_gone_ends_nothing(home: Home) -> None:
    home.put(1, 2)
    home.sync()
    next(iter((home.root / "mail").rglob("*x1.host*"))).unlink()
    assert read_all(home) == 1
    assert found(home, "text") == 1


def test_all_folders_are_read(home: Home) -> None:
    home.put(1)
    home.put(2, folder=b"Archive")
    home.sync()
    session = home.session()
    session.select(INBOX)
    assert index_files(session, home.store, ACCOUNT)
    assert home.store.words.texts() == home.store.words.contents()


def test_what_comes_while_many_are_read_is_read_as_well(home: Home) -> None:
    """Also what is older than all that was looked through, as fetched mail may be."""
    for first in range(1, 561, 80):
        home.put(*range(first, first + 80))
        home.sync()
    with home.store._state.write(durable=False) as tx:
        tx.execute("UPDATE content SET text_here=0 WHERE id=1")
    session, last, batches = home.session(), NEWEST, 0
    while (found := index_files(session, home.store, ACCOUNT, last)) is not None:
        last, batches = found, batches + 1
        if batches == 10:
            home.put(900, 901)
            home.sync()
        if last < 30:
            with home.store._state.write(durable=False) as tx:
                tx.execute("UPDATE content SET text_here=1 WHERE id=1")
    assert home.store.words.texts() == home.store.words.contents() == 562
    assert batches <= 562 // BATCH + 3


def local(tmp_path: Path) -> Seeking:
    """A program with an account of files in which a zebra is."""
    root = tmp_path / "Maildir"
    box = mailbox.Maildir(str(root))
    box.add(mail(1, body="a zebra\n"))
    box.add(mail(2))
    seeking = Seeking(tmp_path / "home")
    seeking.service.close()
    config = Config(accounts=(MaildirAccount("work", root),))
    paths = under(tmp_path / "home")
    seeking.service = MailService(config, paths)
    seeking.service.subscribe(seeking._hear)
    return seeking.synced()


def test_a_word_in_a_file_is_found_before_it_is_in_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileReader, "look", lambda *some: None)
    seeking = local(tmp_path)
    rows = seeking.settled(seeking.ask("zebra"), "texts: 0 % here; files searched too")
    assert [row.subject for row in rows.page()] == ["message 1"]
    sorted_by_size = seeking.ask("", sort="size")
    assert len(seeking.first(sorted_by_size, lambda rows: True)) == 2
    seeking.service.close()


def test_a_word_in_a_file_is_found_in_the_running_program(tmp_path: Path) -> None:
    seeking = local(tmp_path)
    seeking.until(lambda: seeking.service.store.words.texts() == 2)
    rows = seeking.settled(seeking.ask("zebra"), "texts: 100 % here")
    assert [row.subject for row in rows.page()] == ["message 1"]
    seeking.service.close()
