"""An account of files in the running engine: lanes, watch, journal, other accounts."""

from __future__ import annotations

import inspect
import mailbox
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk, on_server, words
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tuimail.config import Config, MaildirAccount
from tuimail.engine.events import AccountState
from tuimail.engine.maildir_change import MaildirChange
from tuimail.engine.maildir_session import MaildirSession
from tuimail.engine.service import MailService
from tuimail.mail.types import Flag, MailboxId
from tuimail.net.imap import ImapSession
from tuimail.net.imap_change import Changer
from tuimail.paths import Paths, under


def deliver(root: Path, number: int) -> None:
    """As another program does."""
    box = mailbox.Maildir(str(root))
    box.add(mail(number).replace(b"\r\n", b"\n"))


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path / "home")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "Maildir"
    mailbox.Maildir(str(root)).add_folder("Archive")
    for number in range(1, 4):
        deliver(root, number)
    return root


@pytest.fixture
def desk(dovecot: Dovecot, user: str, paths: Paths, tree: Path) -> Iterator[Desk]:
    """A server's account, `work`, and one of files, `files`."""
    dovecot.seed(user, mails(2))
    made = Desk(paths, user, dovecot.imap)
    work = made.service.config.accounts[0]
    made.service.close()
    files = MaildirAccount("files", tree)
    made.service = MailService(Config(accounts=(files, work)), paths)
    made.service.subscribe(made._hear)
    made.synced()
    assert made.service.wait_synced("files", inbox(made), 20) is None
    assert made.service.wait_synced("files", None, 20) is None
    yield made
    made.service.close()


def inbox(desk: Desk) -> MailboxId:
    return desk.service.inbox("files")


def numbers(desk: Desk, name: str = "INBOX", account: str = "files") -> list[int]:
    boxes = {str(box.name): box.id for box in desk.service.mailboxes(account)}
    rows = desk.service.page(boxes[name])
    return sorted(int(row.subject.rsplit(" ", 1)[-1]) for row in rows)


def test_it_is_listed_and_read(desk: Desk) -> None:
    assert numbers(desk) == [1, 2, 3]
    row = desk.service.page(inbox(desk))[0]
    desk.service.want_text(row.id, width=80)
    event = desk.event(type(desk.text()))
    assert "text of message" in words(event)


def test_mail_that_another_program_delivers_appears_by_itself(
    desk: Desk, tree: Path
) -> None:
    desk.service.open_mailbox(inbox(desk))
    deliver(tree, 9)
    desk.until(lambda: numbers(desk) == [1, 2, 3, 9])


def test_what_is_done_is_done_to_the_files(desk: Desk, tree: Path) -> None:
    rows = desk.service.page(inbox(desk))
    desk.service.gestures.set_flags([rows[0].id], add=Flag.FLAGGED)
    desk.service.gestures.archive([rows[0].id])
    desk.until(lambda: desk.service.account("files").pending == 0)
    (message,) = list(mailbox.Maildir(str(tree / ".Archive")))
    assert message.get_flags() == "F"
    assert len(mailbox.Maildir(str(tree))) == 2


def test_a_message_moves_from_a_server_to_the_files(desk: Desk, tree: Path) -> None:
    row = desk.service.page(desk.inbox)[0]
    desk.service.gestures.move([row.id], inbox(desk))
    for name in ("files", "work"):
        desk.until(lambda name=name: desk.service.account(name).pending == 0)  # type: ignore[misc]
    assert len(mailbox.Maildir(str(tree))) == 4
    assert len(desk.service.page(desk.inbox)) == 1


def test_a_message_moves_from_the_files_to_a_server(
    desk: Desk, tree: Path, dovecot: Dovecot, user: str
) -> None:
    row = desk.service.page(inbox(desk))[0]
    desk.service.gestures.move([row.id], desk.inbox)
    for name in ("work", "files"):
        desk.until(lambda name=name: desk.service.account(name).pending == 0)  # type: ignore[misc]
    assert len(mailbox.Maildir(str(tree))) == 2
    assert "FLAGS" in on_server(dovecot, user, 3)


def test_a_tree_that_is_away_is_told_and_found_again(desk: Desk, tree: Path) -> None:
    away = tree.with_name("unmounted")
    tree.rename(away)
    desk.service.reconnect("files")
    waiting = AccountState.WAITING
    desk.until(lambda: desk.service.account("files").state is waiting)
    assert "check `path`" in desk.service.account("files").detail
    assert numbers(desk) == [1, 2, 3]
    away.rename(tree)
    desk.service.reconnect("files")
    desk.until(lambda: desk.service.account("files").state is AccountState.ONLINE)
    assert numbers(desk) == [1, 2, 3]


@pytest.mark.parametrize(
    ("ours", "theirs"), [(MaildirSession, ImapSession), (MaildirChange, Changer)]
)
def test_the_methods_are_those_of_a_servers_session(ours: type, theirs: type) -> None:
    for name, method in vars(ours).items():
        known = getattr(theirs, name, None)
        if name[0] == "_" or not inspect.isfunction(method) or known is None:
            continue
        mine = inspect.signature(method)
        assert mine.parameters.keys() == inspect.signature(known).parameters.keys()
    used = {"select", "fetch_headers", "fetch_flags", "search_uids", "idle", "noop"}
    if ours is MaildirSession:
        assert used <= vars(ours).keys()


def test_a_message_that_another_program_takes_away_and_brings_back_is_shown(
    desk: Desk, tree: Path
) -> None:
    file = next(f for f in (tree / "new").iterdir() if b"message 2\n" in f.read_bytes())
    aside = tree.parent / file.name
    file.rename(aside)
    desk.until(lambda: numbers(desk) == [1, 3])
    aside.rename(file)
    desk.until(lambda: numbers(desk) == [1, 2, 3])
