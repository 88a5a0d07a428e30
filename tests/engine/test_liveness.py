"""Dead paths that look alive: what notices them, and how soon mail comes again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tuimail.engine import account as account_module
from tuimail.engine.events import AccountState, Event, NewMail
from tuimail.net import imap
from tuimail.paths import under

RECOVERY_S = 5.0
"""Bar: seconds from the key to a fresh list, once the network is back."""


@pytest.fixture
def proxy(dovecot: Dovecot, user: str) -> Iterator[Proxy]:
    dovecot.seed(user, mails(5))
    with Proxy(dovecot.imap) as made:
        yield made


@pytest.fixture
def desk(proxy: Proxy, user: str, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(under(tmp_path), user, proxy.port)
    yield made
    made.service.close()


def state(desk: Desk) -> AccountState:
    return desk.service.account("work").state


def swallowed(proxy: Proxy, before: int) -> None:
    """Wait until the client has said something more."""
    end = time.monotonic() + 10
    while proxy.from_client == before:
        assert time.monotonic() < end
        time.sleep(0.005)


def quiet(desk: Desk) -> None:
    """Wait until the working connection is asked nothing more: rights, room, lists."""
    lane = desk.service._running.accounts["work"]._work
    end, seen = time.monotonic() + 10, 0
    while seen < 20:
        assert time.monotonic() < end
        busy = lane._in_hand is not None or lane._queue._heap
        seen = 0 if busy else seen + 1
        time.sleep(0.005)


def watched(desk: Desk) -> None:
    """Wait until the watching connection idles and nothing is under way."""
    watch = desk.service._running.accounts["work"]._watch
    end = time.monotonic() + 10
    while watch._session is None or watch._session.selected is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    assert desk.service.wait_synced("work", desk.inbox, 20) is None


def test_the_key_brings_mail_within_seconds_when_the_network_is_back(
    desk: Desk, proxy: Proxy, dovecot: Dovecot, user: str
) -> None:
    desk.synced()
    quiet(desk)
    before = proxy.from_client
    proxy.silent = True
    desk.service.open_mailbox(desk.inbox)
    swallowed(proxy, before)
    dovecot.seed(user, [mail(6)])
    proxy.silent = False
    pressed = time.monotonic()
    desk.service.reconnect("work")
    desk.until(lambda: len(desk.service.page(desk.inbox)) == 6)
    assert time.monotonic() - pressed <= RECOVERY_S


def test_the_key_leaves_a_good_connection_online(desk: Desk) -> None:
    desk.synced()
    desk.service.reconnect("work")
    assert desk.service.wait_synced("work", desk.inbox, 20) is None
    assert state(desk) is AccountState.ONLINE


def test_the_key_ends_an_attempt_that_hangs(desk: Desk, proxy: Proxy) -> None:
    proxy.silent = True
    desk.service.start()
    dialer = desk.service._running.accounts["work"]._dialer
    end = time.monotonic() + 10
    while not dialer._begun:
        assert time.monotonic() < end
        time.sleep(0.005)
    while not proxy.from_server:
        assert time.monotonic() < end
        time.sleep(0.005)
    proxy.silent = False
    pressed = time.monotonic()
    desk.service.reconnect("work")
    desk.until(lambda: len(desk.service.page(desk.inbox)) == 5)
    assert time.monotonic() - pressed <= RECOVERY_S


def test_after_sleep_mail_is_pushed_again(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    desk.synced()
    watched(desk)
    account = desk.service._running.accounts["work"]
    asleep = account._watch._session
    account.woke()
    end = time.monotonic() + 10
    while account._watch._session in (None, asleep):
        assert time.monotonic() < end
        time.sleep(0.005)
    watched(desk)
    dovecot.seed(user, [mail(6)])
    desk.until(lambda: len(desk.service.page(desk.inbox)) == 6)


def test_a_silent_watch_is_noticed_by_who_uses_the_program(
    desk: Desk, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "DONE_S", 0.3)
    monkeypatch.setattr(account_module, "PROBE_S", 0.3)
    desk.synced()
    watched(desk)
    watch = desk.service._running.accounts["work"]._watch
    proxy.silent = True
    desk.service.in_use()
    assert state(desk) is AccountState.ONLINE
    watch._clock = lambda: time.monotonic() + 31
    desk.service.in_use()
    desk.until(lambda: state(desk) is not AccountState.ONLINE)


def test_a_dead_path_is_noticed_in_the_middle_of_a_long_command(
    desk: Desk, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move may take two minutes; the watch shows earlier that nobody answers."""
    monkeypatch.setattr(imap, "DONE_S", 0.3)
    monkeypatch.setattr(account_module, "SENDING_S", 0.2)
    desk.synced()
    watched(desk)
    quiet(desk)
    account = desk.service._running.accounts["work"]
    before = proxy.from_client
    proxy.silent = True
    desk.service.gestures.archive([desk.service.page(desk.inbox)[0].id])
    swallowed(proxy, before)
    account._watch._clock = lambda: time.monotonic() + 31
    desk.service.in_use()
    # The command itself is given up after 30 seconds at the earliest.
    assert desk.within(20, lambda: state(desk) is not AccountState.ONLINE)


def test_pushed_mail_is_there_after_three_round_trips(
    desk: Desk, proxy: Proxy, dovecot: Dovecot, user: str
) -> None:
    desk.synced()
    watched(desk)
    assert desk.service.wait_synced("work", None, 20) is None
    work = desk.service._running.accounts["work"]._work._session
    assert work is not None
    before = work.counters.flights
    listed: list[int] = []

    def hear(event: Event) -> None:
        if isinstance(event, NewMail):
            listed.append(len(desk.service.page(desk.inbox)))
            listed.append(work.counters.flights - before)

    desk.service.subscribe(hear)
    dovecot.seed(user, [mail(6)])
    desk.until(lambda: len(listed) == 2)
    assert listed[0] == 6
    assert listed[1] <= 3


def test_the_figures_of_a_dead_path_add_up_to_a_minute() -> None:
    from tuimail.engine.idle import PROVE_S

    assert PROVE_S + imap.DONE_S + account_module.PROBE_S <= 60
