"""The service as the screen uses it: over a real server, without one, and after one."""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.mails import mail, mails, with_attachment
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Proxy
from tuimail.config import Config, ImapAccount, Security
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer
from tuimail.engine.events import (
    AccountState,
    Event,
    Failed,
    Finished,
    NewMail,
    Saved,
    TextFailed,
    TextReady,
)
from tuimail.engine.neighbour import Neighbours
from tuimail.engine.service import MailService
from tuimail.errors import Unreachable
from tuimail.mail.types import Flag, MailboxId, Section
from tuimail.paths import Paths, under

WAIT_S = 60.0


class Desk:
    """A service with ears."""

    def __init__(self, paths: Paths, user: str, port: int, password: str = PASSWORD):
        account = ImapAccount(
            "work",
            "bob@example.org",
            "127.0.0.1",
            user,
            port=port,
            security=Security.NONE,
            password=password,
        )
        paths.ensure()
        self.service = MailService(Config(accounts=(account,)), paths)
        self.heard: list[Event] = []
        self._changed = threading.Condition()
        self.service.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        with self._changed:
            self.heard.append(event)
            self._changed.notify_all()

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something heard has made it true."""
        with self._changed:
            assert self._changed.wait_for(true, WAIT_S)

    def within(self, seconds: float, true: Callable[[], bool]) -> bool:
        """Whether something heard makes it true soon."""
        with self._changed:
            return self._changed.wait_for(true, seconds)

    def event(self, kind: type[Event]) -> Event:
        """Wait for an event of a kind."""
        self.until(lambda: any(isinstance(e, kind) for e in self.heard))
        return next(e for e in self.heard if isinstance(e, kind))

    @property
    def inbox(self) -> MailboxId:
        return self.service.inbox("work")

    def synced(self) -> Desk:
        """Online, with a fresh inbox."""
        self.service.start()
        assert self.service.wait_synced("work", self.inbox, WAIT_S) is None
        return self

    def text(self, number: int = 0) -> Event:
        """Ask for the text of a row and wait for the answer."""
        row = self.service.page(self.inbox)[number]
        self.service.want_text(row.id, width=80)
        self.until(
            lambda: any(isinstance(e, (TextReady, TextFailed)) for e in self.heard)
        )
        return next(e for e in self.heard if isinstance(e, (TextReady, TextFailed)))


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


@pytest.fixture
def desk(dovecot: Dovecot, user: str, paths: Paths) -> Iterator[Desk]:
    dovecot.seed(user, mails(30))
    made = Desk(paths, user, dovecot.imap)
    yield made
    made.service.close()


def words(event: Event) -> str:
    assert isinstance(event, TextReady), event
    return "\n".join("".join(s.text for s in line) for line in event.text.lines)


def on_server(dovecot: Dovecot, user: str, uid: int) -> str:
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    client.login(user, PASSWORD)
    client.select("INBOX", readonly=True)
    flags = str(client.uid("FETCH", str(uid), "(FLAGS)"))
    client.logout()
    return flags


def test_the_inbox_is_there_after_the_first_contact(desk: Desk) -> None:
    desk.synced()
    assert len(desk.service.page(desk.inbox)) == 30
    assert desk.service.account("work").state is AccountState.ONLINE


def test_a_text_is_fetched_when_it_is_asked_for_and_kept(desk: Desk) -> None:
    desk.synced()
    row = desk.service.page(desk.inbox)[0]
    assert not row.readable
    assert "text of message 30" in words(desk.text())
    kept = desk.service.header(row.id)
    assert kept is not None
    assert kept.readable


def test_reading_a_text_does_not_mark_it_read_by_itself(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    desk.synced().text()
    assert "Seen" not in on_server(dovecot, user, 30)


def test_a_flag_shows_at_once_and_reaches_the_server(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    desk.synced()
    row = desk.service.page(desk.inbox)[0]
    desk.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
    shown = desk.service.header(row.id)
    assert shown is not None
    assert shown.flags & Flag.FLAGGED
    desk.until(lambda: desk.service.account("work").pending == 0)
    assert "Flagged" in on_server(dovecot, user, 30)


def test_undo_takes_a_sent_flag_back(desk: Desk, dovecot: Dovecot, user: str) -> None:
    desk.synced()
    row = desk.service.page(desk.inbox)[0]
    desk.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
    desk.until(lambda: desk.service.account("work").pending == 0)
    assert desk.service.gestures.undo() == "Undone: flag on 1 message"
    desk.until(lambda: desk.service.account("work").pending == 0)
    assert "Flagged" not in on_server(dovecot, user, 30)


def test_without_a_server_the_list_and_read_texts_are_there(
    desk: Desk, user: str, paths: Paths
) -> None:
    desk.synced().text()
    desk.service.close()
    later = Desk(paths, user, 1)
    assert len(later.service.page(later.inbox)) == 30
    later.service.start()
    assert "text of message 30" in words(later.text())
    later.service.close()


def test_a_text_that_is_not_here_says_why(desk: Desk, user: str, paths: Paths) -> None:
    desk.synced()
    desk.service.close()
    later = Desk(paths, user, 1)
    later.service.start()
    answer = later.text()
    assert isinstance(answer, TextFailed)
    assert "not here" in answer.reason
    later.service.close()


def test_a_flag_set_offline_survives_a_restart_and_is_sent_then(
    desk: Desk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    desk.synced()
    desk.service.close()
    offline = Desk(paths, user, 1)
    row = offline.service.page(offline.inbox)[0]
    offline.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
    offline.service.close()
    online = Desk(paths, user, dovecot.imap).synced()
    online.until(lambda: online.service.account("work").pending == 0)
    online.service.close()
    assert "Flagged" in on_server(dovecot, user, 30)


def test_a_wrong_password_is_said_and_nothing_is_lost(
    desk: Desk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    desk.synced()
    desk.service.close()
    refused = Desk(paths, user, dovecot.imap, password="wrong")
    refused.service.start()
    refused.until(lambda: refused.service.account("work").state is AccountState.REFUSED)
    assert "refused the login" in refused.service.account("work").detail
    assert len(refused.service.page(refused.inbox)) == 30
    refused.service.close()


def test_a_lost_line_is_taken_up_again(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(5))
    with Proxy(dovecot.imap) as proxy:
        desk = Desk(paths, user, proxy.port).synced()
        proxy.cut()
        dovecot.seed(user, [mail(6)])
        assert desk.service.wait_synced("work", desk.inbox, WAIT_S) is None
        assert len(desk.service.page(desk.inbox)) == 6
        desk.service.close()


def test_new_mail_appears_by_itself(desk: Desk, dovecot: Dovecot, user: str) -> None:
    desk.synced()
    desk.service.open_mailbox(desk.inbox)
    desk.until(lambda: desk.service.account("work").state is AccountState.ONLINE)
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    client.login(user, PASSWORD)
    client.append("INBOX", None, None, b"Subject: just in\r\n\r\nx\r\n")
    client.logout()
    desk.event(NewMail)
    assert desk.service.page(desk.inbox)[0].subject == "just in"


def test_an_attachment_is_saved_byte_for_byte_and_never_over_another(
    dovecot: Dovecot, user: str, paths: Paths, tmp_path: Path
) -> None:
    dovecot.seed(user, [with_attachment(500_000)])
    desk = Desk(paths, user, dovecot.imap).synced()
    row = desk.service.page(desk.inbox)[0]
    target = tmp_path / "big.pdf"
    target.write_bytes(b"mine")
    desk.service.save(row.id, Section("2"), target)
    saved = desk.event(Saved)
    assert isinstance(saved, Saved)
    assert saved.path.endswith("big (2).pdf")
    assert target.read_bytes() == b"mine"
    assert set(Path(saved.path).read_bytes()) == {0}
    assert Path(saved.path).stat().st_mode & 0o777 == 0o600
    desk.service.close()


def test_a_place_that_cannot_be_written_is_said(desk: Desk, tmp_path: Path) -> None:
    desk.synced()
    row = desk.service.page(desk.inbox)[0]
    desk.service.save(row.id, Section("1"), tmp_path / "no" / "such" / "x.txt")
    failed = desk.event(Failed)
    assert isinstance(failed, Failed)
    assert "Could not write" in failed.reason


def test_a_server_that_is_away_leaves_a_time_of_the_next_try(
    user: str, paths: Paths
) -> None:
    desk = Desk(paths, user, 1)
    desk.service.start()
    desk.until(lambda: desk.service.account("work").state is AccountState.WAITING)
    view = desk.service.account("work")
    assert view.retry_at is not None
    assert "refused the connection" in view.detail
    with pytest.raises(Unreachable):
        raise desk.service.wait_synced("work", desk.inbox, WAIT_S) or AssertionError
    desk.service.close()


def test_closing_is_quick_while_a_server_is_silent(
    dovecot: Dovecot, desk: Desk
) -> None:
    desk.synced()
    done = threading.Event()
    threading.Thread(target=lambda: (desk.service.close(), done.set())).start()
    assert done.wait(5)


def test_online_again_after_a_pause(desk: Desk) -> None:
    desk.synced()
    desk.service.pause("work", True)
    assert desk.service.account("work").state is AccountState.OFFLINE
    desk.service.pause("work", False)
    desk.until(lambda: desk.service.account("work").state is AccountState.ONLINE)


def test_every_message_appears_by_itself_from_a_server_of_few_words(
    paths: Paths,
) -> None:
    store = MailStore()
    inbox = store.add("INBOX")
    now = datetime.now(UTC)
    inbox.add(mail(1), (), now)
    server = DemoServer(store)
    desk = Desk(paths, "ana", server.start(), password="demo").synced()
    desk.service.open_mailbox(desk.inbox)
    for number in (2, 3, 4):
        server.deliver("INBOX", mail(number), (), now + timedelta(seconds=number))
        desk.until(
            lambda wanted=number: len(desk.service.page(desk.inbox)) == wanted  # type: ignore[misc]
        )
    desk.service.close()
    server.stop()


def test_mail_in_a_folder_that_nobody_looks_at_is_counted_by_itself(
    dovecot: Dovecot, user: str, desk: Desk
) -> None:
    """NOTIFY: the watch is on the inbox, and the next poll is minutes away."""
    desk.synced()
    desk.service.open_mailbox(desk.inbox)
    assert desk.service.wait_synced("work", None, WAIT_S) is None

    def count() -> int | None:
        boxes = {box.name: box for box in desk.service.mailboxes("work")}
        return boxes["Archive"].total

    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    client.login(user, PASSWORD)
    assert count() == 0
    # The first may come before the watch is there.
    for number in range(1, 20):
        client.append("Archive", None, None, mail(number))  # type: ignore[arg-type]
        if desk.within(1, lambda: count() != 0):
            break
    client.logout()
    assert count()


def test_after_sleep_dead_connections_are_made_again_at_once(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(5))
    now = [1000.0]
    with Proxy(dovecot.imap) as proxy:
        desk = Desk(paths, user, proxy.port).synced()
        running = desk.service._running
        accounts = running.accounts
        neighbours = Neighbours(
            desk.service.store, accounts, lambda event: None, lambda: now[0]
        )
        proxy.silent = True
        now[0] += 1
        neighbours.look()
        assert desk.service.account("work").state is AccountState.ONLINE
        now[0] += 3600
        desk.heard.clear()
        proxy.silent = False
        neighbours.look()
        desk.until(lambda: desk.service.account("work").state is AccountState.ONLINE)
        row = desk.service.page(desk.inbox)[0]
        desk.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
        desk.until(lambda: desk.service.account("work").pending == 0)
        desk.service.close()


def test_all_headers_of_a_folder_come_when_they_are_asked_for(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(700))
    desk = Desk(paths, user, dovecot.imap).synced()
    assert desk.service.listing(desk.inbox).gaps
    ticket = desk.service.want_all(desk.inbox)
    desk.until(lambda: any(isinstance(e, Finished) for e in desk.heard))
    (end,) = [e for e in desk.heard if isinstance(e, Finished)]
    assert end.ticket == ticket
    assert desk.service.listing(desk.inbox).known == 700
    assert not desk.service.listing(desk.inbox).gaps
    desk.service.close()
