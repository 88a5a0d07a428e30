"""Snoozed messages of a Maildir and of a maildrop: away, and back by themselves."""

from __future__ import annotations

import mailbox
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.locally import ACCOUNT, WAIT_S, Local, drop, files
from tests.mails import mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.pop_faults import PopFaultProxy
from tuimail.config import MaildirAccount
from tuimail.engine.changes import Changes
from tuimail.engine.events import AccountState, Event, Notice, TextReady
from tuimail.engine.snoozed import Snoozed
from tuimail.mail.types import Flag

Make = Callable[..., Local]
THREE = ["message 1", "message 2", "message 3"]


@pytest.fixture(params=["maildir", "pop3"])
def desk(
    request: pytest.FixtureRequest, dovecot: Dovecot, user: str, tmp_path: Path
) -> Iterator[Local]:
    """An account of either kind, with three messages."""
    if request.param == "maildir":
        made = files(tmp_path, first=mails(3))
    else:
        made = drop(dovecot, user, tmp_path, first=mails(3))
    yield made.start()
    made.close()


def hide(desk: Local, subject: str, seconds: int = 3600) -> None:
    until = int(time.time()) + seconds
    assert desk.service.gestures.snooze([desk.row(subject).id], until) == 1


def later(desk: Local) -> None:
    """Look at a clock that is two hours ahead, and wait until something came back."""
    came = threading.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Notice):
            came.set()

    store = desk.service.store
    changes = Changes(store, {}, lambda event: None)
    thread = Snoozed(store, changes, hear, clock=lambda: time.time() + 7200)
    thread.start()
    assert came.wait(WAIT_S)
    thread.close()


def refreshed(desk: Local) -> None:
    desk.service.reconnect(ACCOUNT)
    assert desk.service.wait_synced(ACCOUNT, None, WAIT_S) is None
    assert desk.service.wait_synced(ACCOUNT, desk.inbox, WAIT_S) is None


def test_it_stays_away_over_looks_and_restarts_and_comes_back(desk: Local) -> None:
    hide(desk, "message 2")
    refreshed(desk)
    box = desk.service.mailbox(desk.inbox)
    assert box is not None
    assert (box.total, box.unread) == (2, 2)
    desk.again()
    assert desk.subjects() == ["message 1", "message 3"]
    later(desk)
    assert desk.subjects() == THREE
    refreshed(desk)
    assert desk.subjects() == THREE


def test_it_comes_back_while_the_account_is_offline(desk: Local) -> None:
    desk.service.pause(ACCOUNT, True)
    hide(desk, "message 2")
    hide(desk, "message 3", -1)
    desk.event(Notice)
    desk.until(lambda: desk.subjects() == ["message 1", "message 3"])
    later(desk)
    assert desk.subjects() == THREE


def test_taken_back_it_is_there_and_moved_it_stays_moved(desk: Local) -> None:
    hide(desk, "message 2")
    assert desk.service.gestures.undo() is not None
    assert desk.subjects() == THREE
    hide(desk, "message 2")
    (away,) = desk.service.seeker.ids(desk.inbox, "is:snoozed")
    desk.service.gestures.archive([away])
    desk.until(desk.settled)
    assert desk.service.store.snoozing.next_due() is None
    refreshed(desk)
    assert desk.subjects("Archive") == ["message 2"]
    # Undone it is in the inbox, and out of sight there until its time.
    assert desk.service.gestures.undo() is not None
    desk.until(desk.settled)
    refreshed(desk)
    assert desk.subjects("Archive") == []
    assert desk.subjects() == ["message 1", "message 3"]
    later(desk)
    assert desk.subjects() == THREE


def test_a_flag_reaches_it_where_it_is(desk: Local) -> None:
    hide(desk, "message 2")
    (away,) = desk.service.seeker.ids(desk.inbox, "is:snoozed")
    desk.service.gestures.set_flags([away], add=Flag.FLAGGED)
    desk.until(desk.settled)
    refreshed(desk)
    assert "message 2" not in desk.subjects()
    later(desk)
    assert desk.row("message 2").flags & Flag.FLAGGED


def test_a_message_that_waits_on_the_server_can_be_read_while_it_is_away(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    desk = drop(dovecot, user, tmp_path, first=mails(3)).start()
    hide(desk, "message 2")
    (away,) = desk.service.seeker.ids(desk.inbox, "is:snoozed")
    desk.service.want_text(away, width=80)
    desk.event(TextReady)
    refreshed(desk)
    assert "message 2" not in desk.subjects()
    later(desk)
    assert desk.row("message 2").readable
    assert not desk.row("message 1").readable
    desk.close()


def test_without_a_server_a_waiting_message_goes_and_comes(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    with PopFaultProxy(dovecot.pop3) as proxy:
        desk = drop(dovecot, user, tmp_path, first=mails(3), port=proxy.port).start()
    desk.again(waiting=False)
    state = AccountState.WAITING
    desk.until(lambda: desk.service.account(ACCOUNT).state is state)
    hide(desk, "message 2")
    desk.again(waiting=False)
    assert desk.subjects() == ["message 1", "message 3"]
    later(desk)
    assert desk.subjects() == THREE
    assert not desk.row("message 2").readable
    desk.close()


def test_what_another_program_takes_away_meanwhile_does_not_come_back(
    tmp_path: Path,
) -> None:
    desk = files(tmp_path, first=mails(3)).start()
    hide(desk, "message 2")
    assert isinstance(desk.account, MaildirAccount)
    box = mailbox.Maildir(str(desk.account.path))
    for key, message in box.items():
        if message["Subject"] == "message 2":
            box.remove(key)
    refreshed(desk)
    assert desk.service.store.snoozing.next_due() is None
    assert desk.subjects() == ["message 1", "message 3"]
    desk.close()


def test_numbers_that_are_lost_bring_nothing_back_too_early(tmp_path: Path) -> None:
    desk = files(tmp_path, first=mails(3)).start()
    hide(desk, "message 2")
    desk.service.close()
    lists = list(desk.paths.data.rglob("*.uids")) + list(
        desk.paths.state.rglob("*.uids")
    )
    assert lists
    for each in lists:
        each.unlink()
    desk.open().start()
    desk.come("message 4")
    desk.until(lambda: desk.subjects() == ["message 1", "message 3", "message 4"])
    later(desk)
    assert desk.subjects() == [*THREE, "message 4"]
    desk.close()


def test_what_is_gone_from_the_server_unfetched_does_not_come_back(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    import poplib

    desk = drop(dovecot, user, tmp_path, first=mails(3)).start()
    hide(desk, "message 2")
    client = poplib.POP3("127.0.0.1", dovecot.pop3)
    client.user(user)
    client.pass_(PASSWORD)
    client.dele(2)
    client.quit()
    # Twice: one listing is no proof.
    refreshed(desk)
    refreshed(desk)
    desk.until(lambda: desk.service.store.snoozing.next_due() is None)
    assert desk.subjects() == ["message 1", "message 3"]
    desk.close()
