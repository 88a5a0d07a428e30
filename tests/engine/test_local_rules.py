"""Rules over a Maildir that other programs deliver to, and over a maildrop."""

from __future__ import annotations

import mailbox
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.locally import ACCOUNT, WAIT_S, Local, drop, files
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tests.servers.pop_faults import PopFaultProxy
from tuimail.config import Fetch, MaildirAccount, Pop3Account, Rule
from tuimail.engine import rule_deeds
from tuimail.engine.events import Announced, Notice, TextReady
from tuimail.engine.rules import Rules
from tuimail.mail.types import Flag

READ = Rule("read", "subject:report", mark=("read", "flagged"), label="rep")
FILED = Rule("filed", "subject:digest", move="Lists", stop=True)
JUNK = Rule("junk", "subject:pills", junk=True)
LATER = Rule("later", "subject:later", snooze="2d")
AWAY = Rule("away", "subject:trash", delete=True)
ALL = (READ, FILED, JUNK, LATER, AWAY)
Make = Callable[..., Local]


@pytest.fixture(params=["maildir", "pop3"])
def make(
    request: pytest.FixtureRequest, dovecot: Dovecot, user: str, tmp_path: Path
) -> Iterator[Make]:
    """An account of either kind, with two old messages and these rules."""
    made: list[Local] = []

    def build(*rules: Rule, waiting: bool = True) -> Local:
        first = [mail(1), mail(2, Subject="an old report")]
        if request.param == "maildir":
            desk = files(tmp_path, *rules, first=first)
        else:
            desk = drop(dovecot, user, tmp_path, *rules, first=first)
        made.append(desk)
        return desk.start(waiting=waiting)

    yield build
    for desk in made:
        desk.close()


def test_new_mail_is_marked_filed_junked_put_off_and_thrown_away(make: Make) -> None:
    desk = make(*ALL)
    desk.come("a report", "a digest", "the pills", "for later", "to trash", "plain")
    desk.until(
        lambda: (
            desk.subjects()
            == sorted(["message 1", "an old report", "a report", "plain"])
        )
    )
    desk.until(lambda: desk.row("a report").seen)
    found = desk.row("a report")
    assert found.flags & Flag.FLAGGED
    assert found.keywords == {"rep"}
    assert not desk.row("an old report").seen
    assert desk.subjects("Lists") == ["a digest"]
    assert desk.subjects("Junk") == ["the pills"]
    assert desk.subjects("Trash") == ["to trash"]
    assert desk.row("the pills", "Junk").flags & Flag.JUNK
    assert desk.service.store.snoozing.next_due() is not None
    desk.until(desk.settled)
    desk.service.reconnect(ACCOUNT)
    assert desk.service.wait_synced(ACCOUNT, None, WAIT_S) is None
    assert desk.subjects("Lists") == ["a digest"]
    assert desk.row("a report").keywords == {"rep"}


def test_what_a_rule_did_is_taken_back_by_the_history(make: Make) -> None:
    desk = make(*ALL)
    desk.come("a digest")
    desk.until(lambda: desk.subjects("Lists") == ["a digest"])
    desk.until(desk.settled)
    history = desk.service.store.queue.history(ACCOUNT)
    (past,) = [each for each in history if each.entries[0].rule == "filed"]
    assert desk.service.gestures.undo(past.group) is not None
    desk.until(lambda: desk.subjects("Lists") == [])
    desk.until(desk.settled)
    desk.service.reconnect(ACCOUNT)
    assert desk.service.wait_synced(ACCOUNT, desk.inbox, WAIT_S) is None
    # Back in the inbox it is no new mail.
    assert "a digest" in desk.subjects()


def test_a_death_between_the_listing_and_the_rules_loses_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make(*ALL)
    monkeypatch.setattr(Rules, "came", lambda self, news: None)
    desk.come("a digest")
    monkeypatch.undo()
    assert desk.subjects("Lists") == []
    desk.again()
    desk.until(lambda: desk.subjects("Lists") == ["a digest"])


def test_mail_that_came_while_the_program_did_not_run_is_new_mail(make: Make) -> None:
    desk = make(*ALL)
    desk.service.close()
    desk.deliver(mail(9, Subject="a digest"))
    desk.open().start()
    desk.until(lambda: desk.subjects("Lists") == ["a digest"])


def test_what_lay_there_at_the_first_start_is_left_alone(make: Make) -> None:
    desk = make(READ)
    desk.come("no", "a report")
    desk.until(lambda: desk.row("a report").seen)
    assert not desk.row("an old report").seen


def test_applied_by_hand_it_does_it_to_all_that_is_here(make: Make) -> None:
    desk = make(READ)
    (match,) = desk.service.rules.matches("read")
    assert desk.service.rules.apply(match) == 1
    assert desk.row("an old report").seen
    assert desk.service.gestures.undo() is not None
    assert not desk.row("an old report").seen


def test_what_was_moved_since_it_was_listed_is_left_there(make: Make) -> None:
    desk = make(Rule("all", "subject:message OR subject:report", move="Lists"))
    (match,) = desk.service.rules.matches("all")
    assert len(match.messages) == 2
    desk.service.gestures.archive([desk.row("message 1").id])
    assert desk.service.rules.apply(match) == 1
    desk.until(desk.settled)
    assert desk.subjects("Archive") == ["message 1"]
    assert desk.subjects("Lists") == ["an old report"]


BODY = Rule("body", "body:tram", move="Lists")


def test_words_in_a_file_that_was_just_delivered_are_found(tmp_path: Path) -> None:
    desk = files(tmp_path, BODY, first=mails(2)).start()
    desk.come("by tram", body="we go by tram\n")
    desk.come("by bus", body="we go by bus\n")
    desk.until(lambda: desk.subjects("Lists") == ["by tram"])
    assert "by bus" in desk.subjects()
    desk.close()


def test_words_that_must_not_be_in_a_text_are_looked_for_first(tmp_path: Path) -> None:
    rule = Rule("not", "subject:by -tram", move="Lists")
    desk = files(tmp_path, rule, first=mails(2)).start()
    desk.come("by rail", body="we go by tram\n")
    desk.come("by bus", body="we go by bus\n")
    desk.until(lambda: desk.subjects("Lists") == ["by bus"])
    assert "by rail" in desk.subjects()
    desk.close()


def test_a_rule_waits_for_a_text_on_the_server_and_fetches_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    desk = drop(dovecot, user, tmp_path, BODY, READ, first=mails(2)).start()
    desk.come("by tram", "a report", body="we go by tram\n")
    desk.until(lambda: desk.row("a report").seen)
    assert not any(row.readable for row in desk.rows())
    assert desk.subjects("Lists") == []
    match = desk.service.rules.matches("body")[0]
    assert (len(match.messages), match.blind) == (0, 4)
    assert "texts of 4 messages are not here" in desk.service.rules.words(match)[1]
    # After a restart it still waits; read, the message goes.
    desk.again()
    desk.service.want_text(desk.row("by tram").id, width=80)
    desk.event(TextReady)
    desk.until(lambda: desk.subjects("Lists") == ["by tram"])
    assert "a report" in desk.subjects()
    desk.close()


def test_where_all_is_fetched_a_rule_over_texts_needs_nobody(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    desk = drop(dovecot, user, tmp_path, BODY, first=mails(2))
    desk.service.close()
    assert isinstance(desk.account, Pop3Account)
    desk.account = replace(desk.account, fetch=Fetch.ALL)
    desk.open().start()
    desk.come("by tram", body="we go by tram\n")
    desk.until(lambda: desk.subjects("Lists") == ["by tram"])
    desk.close()


def test_a_rule_that_a_header_decides_does_not_wait_for_the_text(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    anywhere = Rule("any", "tram", move="Lists")
    neither = Rule("neither", "subject:nothing body:tram", delete=True)
    desk = drop(dovecot, user, tmp_path, anywhere, neither, first=mails(1)).start()
    desk.come("by tram", body="we go\n")
    desk.until(lambda: desk.subjects("Lists") == ["by tram"])
    desk.close()


def test_rules_work_while_the_maildrop_is_away(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    with PopFaultProxy(dovecot.pop3) as proxy:
        desk = drop(
            dovecot, user, tmp_path, FILED, READ, first=mails(1), port=proxy.port
        ).start()
        desk.come("one report")
        desk.until(lambda: desk.row("one report").seen)
        desk.service.close()
        desk.deliver(mail(9, Subject="a digest"))
        desk.open().start()
        desk.until(lambda: desk.subjects("Lists") == ["a digest"])
        desk.until(desk.settled)
    desk.again(waiting=False)
    assert desk.subjects("Lists") == ["a digest"]
    desk.close()


def test_what_no_folder_was_there_for_is_filed_when_there_is_one(make: Make) -> None:
    desk = make(Rule("new", "subject:digest", move="Digests"), READ)
    desk.come("a digest", "a report")
    told = desk.event(Notice)
    assert isinstance(told, Notice)
    assert "there is no folder Digests" in told.text
    desk.until(lambda: desk.row("a report").seen)
    (held,) = desk.service.rules.held()
    assert desk.service.header(held.messages[0]) == desk.row("a digest")
    assert "no folder Digests" in held.problem
    desk.again()
    assert "a digest" in desk.subjects()
    desk.service.folders.create(ACCOUNT, "Digests")
    desk.until(lambda: desk.subjects("Digests") == ["a digest"])
    assert desk.service.rules.held() == []


def test_a_folder_that_another_program_makes_is_as_good(tmp_path: Path) -> None:
    desk = files(tmp_path, Rule("new", "subject:digest", move="Digests")).start()
    desk.come("a digest")
    desk.event(Notice)
    assert isinstance(desk.account, MaildirAccount)
    mailbox.Maildir(str(desk.account.path)).add_folder("Digests")
    desk.service.reconnect(ACCOUNT)
    desk.until(lambda: desk.subjects("Digests") == ["a digest"])
    desk.close()


def test_many_are_held_until_the_user_says_so(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_deeds, "MOST", 2)
    desk = make(FILED)
    desk.service.close()
    subjects = ("digest 1", "digest 2", "digest 3", "plain")
    desk.deliver(*(mail(50 + n, Subject=s) for n, s in enumerate(subjects)))
    desk.open().start()
    told = desk.event(Notice)
    assert isinstance(told, Notice)
    assert "it fits 3 new messages" in told.text
    desk.again()
    # Two more are few: they are filed, and those that are held stay.
    desk.come("digest 4", "digest 5")
    desk.until(lambda: desk.subjects("Lists") == ["digest 4", "digest 5"])
    (held,) = desk.service.rules.held()
    assert len(held.messages) == 3
    assert desk.service.rules.words(held)[0] == "3 new held"
    assert desk.service.rules.apply(held) == 3
    desk.until(lambda: len(desk.subjects("Lists")) == 5)
    assert desk.service.rules.held() == []
    assert desk.service.gestures.undo() is not None
    desk.until(lambda: len(desk.subjects("Lists")) == 2)
    assert "plain" in desk.subjects()


def test_many_are_many_when_they_come_one_after_the_other(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_deeds, "MOST", 2)
    desk = make(FILED)
    desk.come("digest 1", "digest 2")
    desk.until(lambda: len(desk.subjects("Lists")) == 2)
    desk.come("digest 3")
    desk.event(Notice)
    (held,) = desk.service.rules.held()
    assert len(held.messages) == 1
    desk.service.rules.let_go(held)
    assert desk.service.rules.held() == []
    assert "digest 3" in desk.subjects()


def test_what_the_user_moves_away_waits_no_more(make: Make) -> None:
    desk = make(Rule("new", "subject:digest", move="Digests"))
    desk.come("a digest")
    desk.event(Notice)
    desk.service.gestures.archive([desk.row("a digest").id])
    assert desk.service.rules.held() == []
    desk.service.folders.create(ACCOUNT, "Digests")
    assert desk.service.rules.settled(WAIT_S)
    assert desk.subjects("Archive") == ["a digest"]


def test_what_is_filed_elsewhere_is_not_told_of(make: Make) -> None:
    desk = make(*ALL)
    desk.service.announce()
    desk.come("a digest", "a report", "plain")
    told = desk.event(Announced)
    assert isinstance(told, Announced)
    assert (told.messages, told.subject) == (1, "plain")


CHILD = """
import sys
from pathlib import Path
from tuimail.config import Config, MaildirAccount, Rule
from tuimail.engine.service import MailService
from tuimail.paths import under
rule = Rule("filed", "subject:digest", mark=("read",), move="Lists")
files = MaildirAccount("here", Path(sys.argv[1]), poll_seconds=1)
config = Config(accounts=(files,), rules=(rule,))
service = MailService(config, under(Path(sys.argv[2])))
service.subscribe(lambda event: print("event", flush=True))
service.start()
sys.stdin.read()
"""


def test_killed_again_and_again_every_message_is_filed_once(tmp_path: Path) -> None:
    filed = Rule("filed", "subject:digest", mark=("read",), move="Lists")
    desk = files(tmp_path, filed, first=mails(3)).start()
    desk.service.close()
    subjects = [f"{'digest' if n % 2 else 'plain'} {n}" for n in range(24)]
    desk.deliver(*(mail(100 + n, Subject=s) for n, s in enumerate(subjects)))
    assert isinstance(desk.account, MaildirAccount)
    home = tmp_path / "home"
    for lines in (2, 4, 6, 8):
        argv = [sys.executable, "-c", CHILD, str(desk.account.path), str(home)]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            for _ in range(lines):
                child.stdout.readline()
            child.kill()
    desk.open().start()
    wanted = sorted(each for each in subjects if "digest" in each)
    desk.until(lambda: desk.subjects("Lists") == wanted)
    desk.until(desk.settled)
    assert all(row.seen for row in desk.rows("Lists"))
    others = [each for each in subjects if "plain" in each]
    assert desk.subjects() == sorted(["message 1", "message 2", "message 3", *others])
    there = mailbox.Maildir(str(desk.account.path))
    assert len(there) == 15
    assert len(there.get_folder("Lists")) == 12
    desk.close()
