"""Rules over a real server: new mail only, once, and through the journal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_service import WAIT_S, Desk
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tuimail.config import ImapAccount, Mode, Rule
from tuimail.engine import rule_deeds
from tuimail.engine.events import NewMail, Notice
from tuimail.engine.service import MailService
from tuimail.engine.views import Match
from tuimail.mail.types import Flag, Header
from tuimail.paths import under

OWN = (
    Rule("read", "subject:report", mark=("read", "flagged"), label="rep", stop=True),
    Rule("away", "subject:report", delete=True),
    Rule("late", "subject:later", archive=True, snooze="2d"),
    Rule("lost", "subject:lost", move="Nowhere"),
)


def made(
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
    own: tuple[Rule, ...] = OWN,
    mode: Mode = Mode.DISCONNECTED,
) -> Desk:
    desk = Desk(under(tmp_path), user, dovecot.imap)
    account = desk.service.config.accounts[0]
    assert isinstance(account, ImapAccount)
    account = replace(account, mode=mode)
    config = desk.service.config._replace(accounts=(account,), rules=own)
    desk.service.close()
    desk.service = MailService(config, under(tmp_path))
    desk.service.subscribe(desk._hear)
    return desk.synced()


@pytest.fixture
def desk(dovecot: Dovecot, user: str, tmp_path: Path) -> Iterator[Desk]:
    dovecot.seed(user, [*mails(2), mail(3, Subject="old report")])
    desk = made(dovecot, user, tmp_path)
    yield desk
    assert desk.service.store.fsck() == []
    desk.service.close()


def come(desk: Desk, dovecot: Dovecot, user: str, *subjects: str) -> None:
    news = [mail(90 + n, Subject=words) for n, words in enumerate(subjects)]
    dovecot.seed(user, news)
    assert desk.service.wait_synced("work", desk.inbox, WAIT_S) is None
    desk.event(NewMail)


def row(desk: Desk, subject: str) -> Header:
    rows = desk.service.page(desk.inbox)
    return next(each for each in rows if each.subject == subject)


def test_new_mail_is_marked_and_no_further_rule_sees_it(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    come(desk, dovecot, user, "new report")
    desk.until(lambda: row(desk, "new report").seen)
    found = row(desk, "new report")
    assert found.keywords == {"rep"}
    assert not row(desk, "old report").seen
    past = desk.service.store.queue.history("work")
    assert [each.entries[0].rule for each in past] == ["read"]
    assert desk.service.gestures.undo() is None
    assert desk.service.gestures.undo(past[0].group) is not None
    assert not row(desk, "new report").seen


def test_mail_is_filed_and_put_out_of_sight_and_both_are_taken_back(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    come(desk, dovecot, user, "for later")
    desk.until(lambda: desk.service.store.snoozing.next_due() is not None)
    past = desk.service.store.queue.history("work")
    group = next(e.group for e in past if e.entries[0].rule == "late")
    desk.service.gestures.undo(group)
    assert row(desk, "for later").subject == "for later"
    assert desk.service.store.snoozing.next_due() is None


def test_a_rule_without_its_folder_is_held_and_told(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    come(desk, dovecot, user, "is lost")
    told = desk.event(Notice)
    assert isinstance(told, Notice)
    assert 'Rule "lost" is held: there is no folder Nowhere in work' in told.text
    assert "1 message waits for it." in told.text
    assert desk.service.rules.waiting("work") == {"lost": 1}
    assert row(desk, "is lost").subject == "is lost"


def test_many_new_messages_at_once_are_left_alone(
    desk: Desk, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_deeds, "MOST", 1)
    come(desk, dovecot, user, "a later", "b later")
    told = desk.event(Notice)
    assert isinstance(told, Notice)
    assert "it fits 2 new messages" in told.text
    assert row(desk, "a later").subject == "a later"


def test_a_dry_run_changes_nothing_and_applying_is_one_gesture(desk: Desk) -> None:
    first = desk.service.rules.matches("read")[0]
    assert [desk.service.header(m) for m in first.messages] == [row(desk, "old report")]
    assert not row(desk, "old report").seen
    assert desk.service.rules.apply(first) == 1
    assert row(desk, "old report").seen
    assert desk.service.gestures.undo() is not None
    assert not row(desk, "old report").seen


def test_what_the_rules_have_seen_they_do_not_see_again(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    come(desk, dovecot, user, "new report")
    desk.until(lambda: row(desk, "new report").seen)
    assert desk.service.rules.settled(WAIT_S)
    past = desk.service.store.queue.history("work")
    desk.service.gestures.undo(past[0].group)
    again = NewMail(desk.inbox, (row(desk, "new report").id,))
    desk.service.rules.came(again)
    assert desk.service.rules.settled(WAIT_S)
    assert not row(desk, "new report").seen


def test_a_rule_that_asks_for_texts_says_what_is_not_here(desk: Desk) -> None:
    body = OWN[0]._replace(query="body:text")
    match = desk.service.rules._match(body, "work")
    assert (match.messages, match.blind) == ((), 3)


@pytest.mark.parametrize("mode", [Mode.DISCONNECTED, Mode.OFFLINE])
def test_a_rule_over_texts_waits_until_they_are_here(
    dovecot: Dovecot, user: str, tmp_path: Path, mode: Mode
) -> None:
    dovecot.seed(user, mails(2))
    flagged = Rule("tram", "body:tram", mark=("flagged",))
    desk = made(dovecot, user, tmp_path, (flagged,), mode)
    dovecot.seed(user, [mail(90, Subject="how", body="we go by tram\n")])
    assert desk.service.wait_synced("work", desk.inbox, WAIT_S) is None
    desk.event(NewMail)
    assert desk.service.rules.settled(WAIT_S)
    if mode is Mode.DISCONNECTED:
        # Nobody has read it, and the rule fetches nothing.
        assert not row(desk, "how").readable
        desk.service.want_text(row(desk, "how").id, width=80)
    desk.until(lambda: bool(row(desk, "how").flags & Flag.FLAGGED))
    desk.service.close()


def test_a_death_in_the_middle_leaves_new_mail_to_the_next_run(
    desk: Desk,
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = threading.Event()

    def die(self: rule_deeds.Deeds, match: Match, say: object) -> None:
        tried.set()
        raise RuntimeError("the end")

    monkeypatch.setattr(rule_deeds.Deeds, "by_itself", die)
    come(desk, dovecot, user, "new report")
    assert tried.wait(WAIT_S)
    desk.service.close()
    monkeypatch.undo()
    desk.service = made(dovecot, user, tmp_path).service
    desk.until(lambda: row(desk, "new report").seen)
