"""Several accounts, a link that is slow, a password that is wrong now."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_service import WAIT_S, Desk, on_server
from tests.mails import mails
from tests.servers.dovecot import Dovecot
from tests.servers.faults import FaultProxy, Plan
from tuimail.config import Config, ImapAccount
from tuimail.engine.events import AccountState
from tuimail.engine.service import MailService
from tuimail.mail.types import Flag
from tuimail.paths import under


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[FaultProxy]:
    with FaultProxy(dovecot.imap) as made:
        yield made


@pytest.fixture
def desk(
    dovecot: Dovecot, user: str, proxy: FaultProxy, tmp_path: Path
) -> Iterator[Desk]:
    dovecot.seed(user, mails(3))
    made = Desk(under(tmp_path), user, proxy.port).synced()
    yield made
    made.service.close()


def test_a_server_that_is_away_holds_up_no_other(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.seed(user, mails(3))
    paths = under(tmp_path)
    desk = Desk(paths, user, dovecot.imap)
    work = desk.service.config.accounts[0]
    desk.service.close()
    away = replace(work, name="away", port=1)
    desk.service = MailService(Config(accounts=(away, work)), paths)
    desk.service.subscribe(desk._hear)
    desk.synced()
    waiting = AccountState.WAITING
    desk.until(lambda: desk.service.account("away").state is waiting)
    row = desk.service.page(desk.inbox)[0]
    desk.service.gestures.archive([row.id])
    desk.until(lambda: desk.service.account("work").pending == 0)
    assert desk.service.account("work").state is AccountState.ONLINE
    desk.service.close()


def test_a_connection_that_fails_while_one_goes_offline_changes_nothing(
    desk: Desk,
) -> None:
    account = desk.service._running.accounts["work"]

    class Overtaken:
        """A lock that another thread had just before, to go offline."""

        def __enter__(self) -> None:
            account._state, account._lock = AccountState.OFFLINE, lock

        def __exit__(self, *exc: object) -> None:
            pass

    lock, account._lock = account._lock, Overtaken()  # type: ignore[assignment]
    account._set_unless_offline(AccountState.WAITING)
    assert account.view().state is AccountState.OFFLINE


def test_a_copy_into_another_account_is_fetched_and_stored_at_once(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.seed(user, mails(3))
    paths = under(tmp_path)
    desk = Desk(paths, user, dovecot.imap)
    work = desk.service.config.accounts[0]
    assert isinstance(work, ImapAccount)
    desk.service.close()
    home = replace(work, name="home", user=dovecot.fresh_user())
    desk.service = MailService(Config(accounts=(work, home)), paths)
    desk.service.subscribe(desk._hear)
    desk.synced()
    there = desk.service.inbox("home")
    assert desk.service.wait_synced("home", there, WAIT_S) is None
    row = desk.service.page(desk.inbox)[0]
    desk.service.gestures.copy([row.id], there)
    assert desk.service.account("home").pending == 1
    desk.until(lambda: desk.service.account("home").pending == 0)
    assert "FLAGS" in on_server(dovecot, home.user, 1)
    desk.service.close()


def test_what_is_changed_back_while_it_is_under_way_ends_as_wished(
    desk: Desk, proxy: FaultProxy, dovecot: Dovecot, user: str
) -> None:
    """Read is on the wire; the user makes it unread before the answer is here."""
    (row,) = desk.service.page(desk.inbox)[-1:]
    shown: list[bool] = []
    back = threading.Event()
    stores = 0

    def change_back(line: bytes) -> bytes:
        nonlocal stores
        # By the line alone: the last command may be that of another connection.
        if re.match(rb"\w+ OK .*Store completed", line):
            stores += 1
            if stores == 1:
                desk.service.gestures.set_flags([row.id], remove=Flag.SEEN)
                back.set()
        # Lines of other connections pass meanwhile: only what was wished counts.
        wished = back.is_set()
        header = desk.service.header(row.id)
        shown.append(bool(wished and header and header.seen))
        return line

    proxy.plan = Plan(rewrite=change_back)
    desk.service.gestures.set_flags([row.id], add=Flag.SEEN)
    desk.until(lambda: stores == 2 and desk.service.account("work").pending == 0)
    assert not any(shown)
    assert "Seen" not in on_server(dovecot, user, 1)


def test_a_password_that_is_wrong_now_is_tried_once_by_each_and_nothing_is_lost(
    desk: Desk, proxy: FaultProxy
) -> None:
    logins = 0

    def refuse(line: bytes) -> bytes | None:
        nonlocal logins
        if not re.match(rb"(LOGIN|AUTHENTICATE)", line, re.I):
            return None
        logins += 1
        return b"NO [AUTHENTICATIONFAILED] it was changed"

    refused = AccountState.REFUSED
    proxy.plan = Plan(answer=refuse)
    desk.service._running.accounts["work"].woke()
    desk.until(lambda: desk.service.account("work").state is refused)

    def more_than(tried: int) -> Callable[[], bool]:
        return lambda: logins > tried

    tried = 0
    while tried < logins:
        # All connections were lost, and another may still be at its one try.
        tried = logins
        desk.within(1, more_than(tried))
    assert tried <= 3
    row = desk.service.page(desk.inbox)[0]
    desk.service.gestures.archive([row.id])
    desk.service.want_text(row.id, width=80)
    assert desk.within(2, more_than(tried)) is False
    assert desk.service.account("work").pending == 1
    assert "it was changed" in desk.service.account("work").detail
    proxy.plan = Plan()
    desk.service.reconnect("work")
    desk.until(lambda: desk.service.account("work").pending == 0)
