"""A part whose fetch ended early: what has come is not fetched again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import with_attachment
from tests.servers.faults import FaultProxy
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer
from tuimail.engine.events import Event, Failed, Progress, Saved
from tuimail.engine.fetch import BULK_SLICE, Begun, Pieces
from tuimail.mail.types import ContentId, Section
from tuimail.paths import under

OCTETS = 6 * BULK_SLICE
KEY = (ContentId(1), Section("2"), 0, ())


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    store = MailStore()
    store.add("INBOX").add(with_attachment(OCTETS), (), datetime.now(UTC))
    server = DemoServer(store)
    with FaultProxy(server.start()) as made:
        yield made
    server.stop()


@pytest.fixture
def desk(proxy: FaultProxy, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(under(tmp_path), "ana", proxy.port, password="demo").synced()
    yield made
    made.service.close()


def save(desk: Desk, path: Path) -> int:
    row = desk.service.page(desk.inbox)[0]
    return desk.service.save(row.id, Section("2"), path)


def ended(desk: Desk, ticket: int) -> Event:
    def found() -> list[Event]:
        return [
            each
            for each in list(desk.heard)
            if isinstance(each, (Saved, Failed)) and each.ticket == ticket
        ]

    desk.until(lambda: bool(found()))
    return found()[0]


def offsets(proxy: FaultProxy) -> list[int]:
    """Where the slices began that were asked for."""
    lines = b"\n".join(proxy.seen.commands)
    return [int(each) for each in re.findall(rb"BODY\.PEEK\[2\]<(\d+)\.", lines)]


def test_after_a_broken_link_a_fetch_goes_on_where_it_ended(
    desk: Desk, proxy: FaultProxy, tmp_path: Path
) -> None:
    def cut_once(line: bytes) -> None:
        if b"<%d." % (4 * BULK_SLICE) in line and not proxy.seen.cuts:
            proxy.seen.cuts += 1
            proxy.cut()

    proxy.plan.answer = cut_once
    file = tmp_path / "big.pdf"
    assert isinstance(ended(desk, save(desk, file)), Failed)
    before = offsets(proxy)
    desk.service.reconnect("work")
    desk.until(lambda: isinstance(ended(desk, save(desk, file)), Saved))
    again = offsets(proxy)[len(before) :]
    # The two slices on their way may have come or not.
    assert 2 * BULK_SLICE <= min(again) <= 4 * BULK_SLICE
    assert file.stat().st_size == OCTETS // 57 * 57


def test_after_a_cancel_a_fetch_goes_on_where_it_ended(
    desk: Desk, proxy: FaultProxy, tmp_path: Path
) -> None:
    file = tmp_path / "big.pdf"
    tickets: list[int] = []

    def hear(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 2 * BULK_SLICE and tickets:
            desk.service.cancel(event.ticket)

    tickets.append(0)
    desk.service.subscribe(hear)
    assert isinstance(ended(desk, save(desk, file)), Failed)
    before = offsets(proxy)
    tickets.clear()
    assert isinstance(ended(desk, save(desk, file)), Saved)
    again = offsets(proxy)[len(before) :]
    assert min(again) >= 2 * BULK_SLICE
    assert len(before) + len(again) <= 9
    assert file.stat().st_size == OCTETS // 57 * 57


def beginning(*sizes: int) -> Pieces:
    made = Pieces()
    for size in sizes:
        made.add(bytes(size))
    return made


def test_only_whole_slices_are_kept() -> None:
    begun = Begun()
    begun.keep(KEY, beginning(10, 10, 4), 10)
    assert begun.take(KEY).octets == 20
    assert begun.take(KEY).octets == 0


def test_of_a_beginning_that_is_too_big_the_first_slices_stay() -> None:
    begun = Begun(25)
    begun.keep(KEY, beginning(10, 10, 10), 10)
    assert begun.take(KEY).octets == 20


def test_older_beginnings_leave_for_newer_ones() -> None:
    begun = Begun(25)
    other = (ContentId(2), *KEY[1:])
    begun.keep(KEY, beginning(10, 10), 10)
    begun.keep(other, beginning(10), 10)
    assert begun.take(KEY).octets == 0
    assert begun.take(other).octets == 10
