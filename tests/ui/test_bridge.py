"""Events on their way to the screen: nothing is lost, little is repeated."""

from __future__ import annotations

import threading

from textual.message import Message

from tuimail.engine.events import (
    AccountStateChanged,
    Level,
    MessagesChanged,
    Notice,
    Progress,
    TextFailed,
)
from tuimail.mail.types import MailboxId, MessageId, SafeText
from tuimail.ui.bridge import GAP_S, Bridge, merged

BOX, OTHER = MailboxId(1), MailboxId(2)


def ids(*numbers: int) -> frozenset[MessageId]:
    return frozenset(MessageId(number) for number in numbers)


class Ears:
    """What a bridge needs of an app."""

    def __init__(self) -> None:
        self.knocks = 0

    def post_message(self, message: Message) -> bool:
        self.knocks += 1
        return True


class Clock:
    """Time that goes when it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def bridge() -> tuple[Bridge, Ears, Clock]:
    ears, clock = Ears(), Clock()
    return Bridge(ears, clock), ears, clock  # type: ignore[arg-type]


def notice(words: str) -> Notice:
    return Notice(Level.INFO, SafeText(words))


def test_rows_of_one_mailbox_come_as_one_change() -> None:
    events = [
        MessagesChanged(BOX, ids(1), order=False),
        MessagesChanged(OTHER, ids(9), order=False),
        MessagesChanged(BOX, ids(2), order=True),
    ]
    assert merged(events) == [
        MessagesChanged(BOX, ids(1, 2), order=True),
        MessagesChanged(OTHER, ids(9), order=False),
    ]


def test_a_change_of_any_row_swallows_those_that_name_theirs() -> None:
    events = [MessagesChanged(BOX, ids(1), order=False), MessagesChanged(BOX)]
    assert merged(list(events)) == [MessagesChanged(BOX, frozenset(), order=True)]


def test_of_one_tickets_progress_the_last_report_counts() -> None:
    events = [Progress(7, done, 100, SafeText("x")) for done in (1, 2, 3)]
    events.append(Progress(8, 1, 100, SafeText("y")))
    assert merged(list(events)) == events[2:]


def test_news_without_content_comes_once_and_sentences_each() -> None:
    state, words = AccountStateChanged("work"), notice("a")
    assert merged([state, words, state, notice("b")]) == [state, words, notice("b")]


def test_many_events_knock_once() -> None:
    hub, ears, _ = bridge()
    for _ in range(100):
        hub(notice("x"))
    assert ears.knocks == 1


def test_after_a_delivery_the_next_waits_its_time() -> None:
    hub, ears, clock = bridge()
    hub(notice("a"))
    assert hub.wait_s() == 0
    hub.take()
    hub(notice("b"))
    assert ears.knocks == 2
    assert 0 < hub.wait_s() <= GAP_S
    clock.now += GAP_S
    assert hub.wait_s() == 0


def test_a_text_that_somebody_waits_for_does_not_wait() -> None:
    hub, ears, _ = bridge()
    hub(notice("a"))
    hub.take()
    hub(notice("b"))
    hub(TextFailed(MessageId(1), 1, SafeText("gone")))
    assert ears.knocks == 3
    assert hub.wait_s() == 0


def test_no_event_of_any_thread_is_lost() -> None:
    hub, _, _ = bridge()
    taken: list[object] = []

    def tell(name: int) -> None:
        for number in range(200):
            hub(notice(f"{name} {number}"))

    threads = [threading.Thread(target=tell, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += hub.take()
    taken += hub.take()
    assert len(taken) == 800
