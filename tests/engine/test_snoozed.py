"""Snoozed messages over a real server: the server is told nothing, they come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import WAIT_S, Desk
from tests.mails import mails
from tests.servers.dovecot import Dovecot
from tuimail.engine.changes import Changes
from tuimail.engine.events import Event, Notice
from tuimail.engine.snoozed import Snoozed
from tuimail.errors import StoreError
from tuimail.mail.types import Flag
from tuimail.paths import Paths, under


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


@pytest.fixture
def desk(dovecot: Dovecot, user: str, paths: Paths) -> Iterator[Desk]:
    dovecot.seed(user, mails(5))
    made = Desk(paths, user, dovecot.imap).synced()
    yield made
    assert made.service.store.fsck() == []
    made.service.close()


def test_it_stays_away_over_a_refresh_and_no_count_shows_it(desk: Desk) -> None:
    first = desk.service.page(desk.inbox)[0].id
    assert desk.service.gestures.snooze([first], int(time.time()) + 3600) == 1
    assert desk.service.wait_synced("work", desk.inbox, WAIT_S) is None
    box = desk.service.mailbox(desk.inbox)
    assert box is not None
    assert (box.total, box.unread) == (4, 4)
    assert first not in [row.id for row in desk.service.page(desk.inbox)]
    assert desk.service.account("work").pending == 0


def test_what_is_due_comes_back_by_itself_and_is_told(desk: Desk) -> None:
    rows = [row.id for row in desk.service.page(desk.inbox)]
    desk.service.gestures.snooze(rows[1:2], int(time.time()) - 1)
    told = desk.event(Notice)
    assert isinstance(told, Notice)
    assert "Back again" in told.text
    assert [row.id for row in desk.service.page(desk.inbox)] == rows


def test_what_came_due_while_the_program_did_not_run_comes_back(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(3))
    first = Desk(paths, user, dovecot.imap).synced()
    rows = [row.id for row in first.service.page(first.inbox)]
    first.service.gestures.snooze(rows[:1], int(time.time()) + 3600)
    first.service.close()
    again = Desk(paths, user, dovecot.imap)
    store = again.service.store
    came, heard = threading.Event(), list[Event]()

    def hear(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Notice):
            came.set()

    changes = Changes(store, {}, hear)
    thread = Snoozed(store, changes, hear, clock=lambda: time.time() + 7200)
    thread.start()
    assert came.wait(WAIT_S)
    thread.close()
    assert [row.id for row in again.service.page(again.inbox)] == rows
    again.service.close()


def test_what_cannot_be_brought_back_is_not_tried_without_a_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.service.page(desk.inbox)[0].id
    desk.service.gestures.snooze([first], int(time.time()) + 3600)
    often, tries = threading.Event(), list[int]()

    def full(now: int) -> None:
        tries.append(now)
        if len(tries) > 3:
            often.set()
        raise StoreError("The disk is full.")

    store = desk.service.store
    monkeypatch.setattr(store.snoozing, "due", full)
    changes = Changes(store, {}, lambda event: None)
    thread = Snoozed(
        store, changes, lambda event: None, clock=lambda: time.time() + 7200
    )
    thread.start()
    assert not often.wait(0.5)
    assert tries
    thread.close()


def test_a_flag_on_a_snoozed_message_reaches_the_server(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    first = desk.service.page(desk.inbox)[0]
    desk.service.gestures.snooze([first.id], int(time.time()) + 3600)
    desk.service.gestures.set_flags([first.id], add=Flag.FLAGGED)
    desk.until(lambda: desk.service.account("work").pending == 0)
    header = desk.service.header(first.id)
    assert header is not None
    assert header.flags & Flag.FLAGGED
