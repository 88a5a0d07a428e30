"""The sample mailboxes and what arrives."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests.demo.conftest import NOW
from tuimail.demo import files
from tuimail.demo.compose import flowed
from tuimail.demo.letters import FOLDER, ancestors, read
from tuimail.demo.mailstore import DemoMessage, MailStore
from tuimail.demo.run import start_demo
from tuimail.demo.sample import arrivals, sample_store, work_store
from tuimail.demo.special import BUILDS
from tuimail.mail.bodystructure import body_structure
from tuimail.paths import under


def everything(store: MailStore) -> list[DemoMessage]:
    return [m for box in store.boxes.values() for m in box.messages.values()]


@pytest.fixture(scope="module")
def store() -> MailStore:
    return sample_store(NOW)


def test_the_same_moment_gives_the_same_mail(store: MailStore) -> None:
    again = sample_store(NOW)
    assert list(again.boxes) == list(store.boxes)
    pairs = zip(everything(store), everything(again), strict=True)
    assert all(a.raw == b.raw and a.date == b.date for a, b in pairs)


def test_nothing_came_after_now(store: MailStore) -> None:
    for message in everything(store) + everything(work_store(NOW)):
        assert message.date <= NOW


def test_every_message_can_be_made_and_taken_apart(store: MailStore) -> None:
    for message in everything(store):
        assert body_structure(message.tree).startswith(b"(")


def test_line_ends_are_those_of_mail(store: MailStore) -> None:
    for message in everything(store):
        assert message.raw.count(b"\n") == message.raw.count(b"\r\n")


def test_there_is_something_to_do(store: MailStore) -> None:
    inbox = store.boxes["INBOX"]
    assert 100 <= len(inbox.messages) <= 140
    assert 10 <= inbox.unseen() <= 15
    assert 280 <= len(everything(store)) <= 360


def test_the_newest_message_is_last(store: MailStore) -> None:
    for name, box in store.boxes.items():
        dates = [message.date for message in box.messages.values()]
        assert dates == sorted(dates), name


def test_big_mail_is_not_made_until_it_is_read() -> None:
    store = sample_store(NOW)
    made = [m for m in everything(store) if isinstance(m.source, bytes)]
    assert made == []


def test_the_thread_of_nine_hangs_together() -> None:
    book = {letter.get("id"): letter for letter in read("list")}
    last = book["wide-9"]
    assert ancestors(last, book)[0] == book["wide-1"].message_id
    assert sum(key.startswith("wide-") for key in book) == 9


@pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.txt")))
def test_letters_name_only_what_there_is(name: str) -> None:
    for letter in read(name):
        assert letter.get("from"), letter
        assert letter.moment(NOW) <= NOW
        assert letter.get("build", "patch") in BUILDS
        for attached in letter.every("attach"):
            assert attached.rsplit(" ", 1)[1] in files.KINDS
        if letter.get("html"):
            assert (FOLDER / "html" / f"{letter.get('html')}.html").is_file()


def test_mail_arrives_every_twenty_seconds_without_an_end() -> None:
    first = list(islice(arrivals(NOW), 40))
    steps = {b.moment - a.moment for a, b in pairwise(first)}
    assert steps == {timedelta(seconds=20)}
    assert len({each.mailbox for each in first}) > 1


def test_the_demo_starts_and_leaves_nothing_behind(tmp_path: Path) -> None:
    config, stop = start_demo(under(tmp_path))
    stop()
    assert [account.name for account in config.accounts] == ["personal", "work"]
    assert all(account.host == "127.0.0.1" for account in config.accounts)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_needs_neither_the_screen_nor_the_engine() -> None:
    check = (
        "import sys, tuimail.demo.run;"
        "print([m for m in ('textual','imapclient','sqlite3','tuimail.engine',"
        "'tuimail.net','tuimail.ui') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_long_lines_flow_and_tables_do_not() -> None:
    long = "x" * 70
    text = f"{long}\nend\n\n   tea  1\n   soup 2\n> {long}\nanswer\n-- \nAna\n"
    assert flowed(text) == (
        f"{long} \nend\n\n    tea  1\n    soup 2\n> {long}\nanswer\n-- \nAna\n"
    )
