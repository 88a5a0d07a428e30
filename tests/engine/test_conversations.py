"""Conversations over a real server: joined by themselves, muted, gone through."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_service import Desk, on_server
from tests.servers.dovecot import Dovecot
from tests.store.build import inbox, open_store
from tests.store.test_threads import letter
from tuimail.engine.events import Event, NewMail, ThreadsChanged
from tuimail.engine.joining import BATCH, MANY, Joiner
from tuimail.mail.types import Flag, MessageId, Role
from tuimail.paths import under
from tuimail.store.sync import Batch
from tuimail.store.threading import Step

WAIT_S = 30.0


def raw(number: int, *references: int) -> bytes:
    above = " ".join(f"<{each}@x>" for each in references)
    return (
        f"Message-ID: <{number}@x>\r\nSubject: about {number}\r\n"
        f"Date: Mon, 1 Jan 2024 00:{number:02}:00 +0000\r\nFrom: ann@example.org\r\n"
        + (f"References: {above}\r\n" if above else "")
        + "\r\ntext\r\n"
    ).encode()


@pytest.fixture
def desk(dovecot: Dovecot, user: str, tmp_path: Path) -> Iterator[Desk]:
    dovecot.seed(user, [raw(1), raw(2), raw(3, 1), raw(4, 1, 3)])
    made = Desk(under(tmp_path), user, dovecot.imap)
    made.synced()
    made.until(lambda: made.service.store.threads.behind() == 0)
    yield made
    made.service.close()


def uids(desk: Desk, messages: list[MessageId]) -> list[int | None]:
    headers = [desk.service.header(message) for message in messages]
    return [header.uid for header in headers if header is not None]


def test_headers_that_came_are_joined_and_it_is_told(desk: Desk) -> None:
    assert ThreadsChanged("work") in desk.heard
    order = desk.service.threads.top(desk.inbox)
    assert uids(desk, [line.message for line in order]) == [1, 3, 4, 2]
    assert list(order.depths) == [0, 1, 2, 0]
    assert list(desk.service.threads.order(desk.inbox)) == list(order)


def test_a_gesture_takes_a_whole_conversation(desk: Desk) -> None:
    first = desk.service.threads.top(desk.inbox)[0].message
    whole = desk.service.thread_messages(first, desk.inbox)
    assert uids(desk, whole) == [1, 3, 4]
    assert desk.service.gestures.archive(whole[1:]) == 2
    assert uids(desk, desk.service.thread_messages(first, desk.inbox)) == [1]
    assert len(desk.service.thread_messages(first)) == 3
    assert desk.service.thread_messages(MessageId(999)) == []


def test_one_goes_up_and_on(desk: Desk) -> None:
    lines = list(desk.service.threads.top(desk.inbox))
    threads = desk.service.threads
    assert threads.parent(lines[2].message) == lines[1].message
    assert threads.parent(lines[0].message) is None
    assert threads.parent(MessageId(999)) is None
    assert threads.neighbour(desk.inbox, lines[1].message) == lines[3].message
    back = threads.neighbour(desk.inbox, lines[3].message, forward=False)
    assert back == lines[0].message


def test_new_mail_of_a_muted_conversation_is_read_and_not_told(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    lines = list(desk.service.threads.top(desk.inbox))
    assert desk.service.threads.mute([lines[1].message])
    muted = desk.service.threads.muted([line.message for line in lines])
    assert muted == {line.message for line in lines[:3]}
    dovecot.seed(user, [raw(5, 1, 3, 4), raw(6)])
    assert desk.service.wait_synced("work", desk.inbox, WAIT_S) is None
    desk.event(NewMail)
    told = [m for e in desk.heard if isinstance(e, NewMail) for m in e.messages]
    assert uids(desk, told) == [6]
    rows = {row.uid: row for row in desk.service.page(desk.inbox)}
    assert rows[5].flags & Flag.SEEN
    assert not rows[6].flags & Flag.SEEN
    assert desk.service.gestures.undo() is None
    desk.service.wait_sent("work", WAIT_S)
    assert "Seen" in on_server(dovecot, user, 5)
    assert "Seen" not in on_server(dovecot, user, 6)


def test_what_is_unmuted_is_told_again(desk: Desk, dovecot: Dovecot, user: str) -> None:
    first = desk.service.threads.top(desk.inbox)[0].message
    desk.service.threads.mute([first])
    desk.service.threads.unmute([first])
    dovecot.seed(user, [raw(5, 1)])
    assert desk.service.wait_synced("work", desk.inbox, WAIT_S) is None
    news = desk.event(NewMail)
    assert isinstance(news, NewMail)
    assert uids(desk, list(news.messages)) == [5]


def test_a_sent_answer_belongs_to_its_conversation(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, [raw(7, 1)], "Sent")
    sent = desk.service.folders.of_role("work", Role.SENT)
    assert desk.service.wait_synced("work", sent, WAIT_S) is None
    desk.until(lambda: desk.service.store.threads.behind() == 0)
    first = desk.service.threads.top(desk.inbox)[0].message
    assert len(desk.service.thread_messages(first)) == 4
    assert len(desk.service.thread_messages(first, desk.inbox)) == 3


def test_the_work_is_done_in_batches_and_told_at_its_end(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    rows = [letter(n, f"m{n}", "top") for n in range(1, 2 * BATCH + 10)]
    store.sync.apply(inbox(store), Batch(rows=rows))
    told, heard = threading.Event(), list[Event]()

    def hear(event: Event) -> None:
        heard.append(event)
        if store.threads.behind() == 0:
            told.set()

    joiner = Joiner(store, hear)
    joiner.start()
    assert told.wait(WAIT_S)
    assert set(heard) == {ThreadsChanged("home")}
    assert len(set(store.threads.order(inbox(store)).threads)) == 1
    told.clear()
    store.sync.apply(inbox(store), Batch(rows=[letter(3 * BATCH, "late", "top")]))
    joiner.look()
    assert told.wait(WAIT_S)
    joiner.close()
    store.close()


def test_what_comes_in_many_small_batches_is_taken_in_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    done, steps = threading.Event(), list[int]()
    step = store.threads.step

    def counted(*args: Any) -> Step:
        found = step(*args)
        steps.append(found.contents)
        # More comes as soon as the first are in, as from a server.
        number = len(steps)
        if number == 1:
            for first in range(1000, 3000, 500):
                rows = [letter(n, f"m{n}", "top") for n in range(first, first + 500)]
                store.sync.apply(inbox(store), Batch(rows=rows))
                joiner.look()
        if not found.contents:
            done.set()
        return found

    monkeypatch.setattr(store.threads, "step", counted)
    rows = [letter(n, f"m{n}", "top") for n in range(1, MANY + 1)]
    store.sync.apply(inbox(store), Batch(rows=rows))
    joiner = Joiner(store, lambda event: None)
    joiner.start()
    assert done.wait(WAIT_S)
    joiner.close()
    assert steps[:3] == [MANY, 2000, 0]
    store.close()


def test_closing_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    rows = [letter(n, f"m{n}", "top") for n in range(1, 5 * BATCH)]
    store.sync.apply(inbox(store), Batch(rows=rows))
    joiner = Joiner(store, lambda event: None)
    joiner.start()
    joiner.close()
    while store.threads.catch_up():
        pass
    assert len(set(store.threads.order(inbox(store)).threads)) == 1
    store.close()
