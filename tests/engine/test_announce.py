"""What is told of new mail: once, in one sentence, and by a command that may fail."""

from __future__ import annotations

import logging
import os
import select
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mails
from tests.servers.dovecot import Dovecot
from tuimail.config import NotifySettings
from tuimail.engine import announce
from tuimail.engine.announce import Announcer, Told, run_command
from tuimail.engine.events import Announced, Event, NewMail
from tuimail.mail.types import (
    ContentId,
    Flag,
    Header,
    Mailbox,
    MailboxId,
    MessageId,
    Role,
    SafeText,
)
from tuimail.paths import under

ROLES = {
    6: Role.ARCHIVE,
    1: Role.INBOX,
    2: Role.JUNK,
    3: Role.TRASH,
    4: Role.SENT,
    5: Role.DRAFTS,
}


def header(number: int, sender: str, *, box: int = 1, seen: bool = False) -> Header:
    flags = Flag.SEEN if seen else Flag(0)
    return Header(
        *(MessageId(number), ContentId(number), MailboxId(box), None, flags),
        *(frozenset(), SafeText(f"about {number}"), SafeText(sender)),
        *(SafeText("a@example.org"), False, number, number, 100, False),
    )


class Table:
    """Messages by number, in folders of some roles."""

    def __init__(self, *headers: Header) -> None:
        self.headers = {each.id: each for each in headers}

    def header(self, message: MessageId) -> Header | None:
        return self.headers.get(message)

    def mailbox(self, mailbox: MailboxId) -> Mailbox | None:
        role = ROLES[mailbox]
        return Mailbox(
            mailbox, "work", SafeText(role.value), "/", role, True, True, 9, 9
        )


class Ears:
    """An announcer for a table, and what it said."""

    def __init__(
        self,
        tmp_path: Path,
        *headers: Header,
        command: tuple[str, ...] = (),
        settled: Callable[[float], object] = lambda timeout_s: None,
    ) -> None:
        self.said: list[Announced] = []
        self._came = threading.Condition()
        store = tmp_path / "state.db"
        store.touch()
        told = Told(tmp_path / "told", store)
        self.announcer = Announcer(
            *(Table(*headers), NotifySettings(command=command), self._hear, told, 0.05),
            settled=settled,
        )

    def _hear(self, event: Event) -> None:
        assert isinstance(event, Announced)
        with self._came:
            self.said.append(event)
            self._came.notify_all()

    def tell(self, *numbers: int, box: int = 1) -> None:
        messages = tuple(MessageId(number) for number in numbers)
        self.announcer(NewMail(MailboxId(box), messages))

    def after(self, count: int) -> list[str]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.said) >= count, 10)
        return [each.words for each in self.said]


def test_several_at_once_are_one_sentence(tmp_path: Path) -> None:
    ears = Ears(tmp_path, header(1, "Bob"), header(2, "Ann Lee"), header(3, "Bob"))
    ears.tell(1)
    ears.tell(2, 3)
    assert ears.after(1) == ["3 new messages: Bob, Ann Lee"]


def test_one_message_is_told_with_its_subject(tmp_path: Path) -> None:
    ears = Ears(tmp_path, header(1, "Bob"))
    ears.tell(1)
    assert ears.after(1) == ["Bob: about 1"]


def test_of_many_senders_three_are_named(tmp_path: Path) -> None:
    ears = Ears(tmp_path, *(header(n, f"S{n}") for n in range(1, 6)))
    ears.tell(1, 2, 3, 4, 5)
    assert ears.after(1) == ["5 new messages: S5, S4, S3 and 2 more"]


def test_read_mail_and_folders_without_news_are_passed_over(tmp_path: Path) -> None:
    quiet = [header(10 + box, "Spam", box=box) for box in (2, 3, 4, 5)]
    ears = Ears(tmp_path, *quiet, header(1, "Read", seen=True), header(2, "Ann"))
    for each in quiet:
        ears.tell(each.id, box=each.mailbox)
    ears.tell(1, 2)
    assert ears.after(1) == ["Ann: about 2"]


def test_nothing_is_told_twice(tmp_path: Path) -> None:
    ears = Ears(tmp_path, header(1, "Bob"), header(2, "Ann"))
    ears.tell(1)
    ears.after(1)
    ears.tell(1, 2)
    assert ears.after(2)[1] == "Ann: about 2"


def test_what_was_filed_elsewhere_meanwhile_is_not_told_of(tmp_path: Path) -> None:
    moved = header(1, "Bob", box=2)
    ears = Ears(tmp_path, moved, header(2, "Ann"))
    ears.tell(1, 2)
    assert ears.after(1) == ["Ann: about 2"]


def test_rules_have_their_turn_before_and_slow_ones_hold_nothing_back(
    tmp_path: Path,
) -> None:
    waited: list[float] = []

    def settled(timeout_s: float) -> bool:
        """As rules that are not done in time."""
        waited.append(timeout_s)
        return False

    ears = Ears(tmp_path, header(1, "Bob"), settled=settled)
    ears.tell(1)
    assert ears.after(1) == ["Bob: about 1"]
    assert waited == [announce.RULES_S]


def test_nothing_is_told_again_after_a_restart(tmp_path: Path) -> None:
    ears = Ears(tmp_path, header(5, "Bob"))
    ears.tell(5)
    ears.after(1)
    ears.announcer.close()
    later = Ears(tmp_path, header(5, "Bob"), header(6, "Ann"))
    later.tell(5, 6)
    assert later.after(1) == ["Ann: about 6"]


def test_a_store_begun_anew_is_told_of_from_its_first_message(tmp_path: Path) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    old.touch()
    new.touch()
    assert Told(tmp_path / "told", old).first(ContentId(9))
    assert not Told(tmp_path / "told", old).first(ContentId(8))
    assert Told(tmp_path / "told", new).first(ContentId(1))


def test_a_command_finds_the_facts_in_its_environment(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = f'printf "%s|" "$TUIMAIL_ACCOUNT" "$TUIMAIL_FOLDER" "$TUIMAIL_FROM" \
"$TUIMAIL_SUBJECT" "$TUIMAIL_COUNT" >{out}.new; mv {out}.new {out}'
    ears = Ears(tmp_path, header(1, "$(id)"), command=("sh", "-c", script))
    ears.tell(1)
    ears.after(1)
    ears.announcer.close(10)
    assert out.read_text() == "work|inbox|$(id)|about 1|1|"


def test_a_command_that_hangs_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announce, "COMMAND_S", 0.3)
    pid = tmp_path / "pid"
    words = run_command(["sh", "-c", f"sleep 60 & echo $! >{pid}; wait"], {})
    assert "was stopped" in words
    assert ends(int(pid.read_text()))


def ends(pid: int) -> bool:
    """Whether a process that was told to die does; the kernel may take a moment."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    return bool(select.select([process], [], [], 10)[0])


def test_a_command_is_in_a_session_without_our_terminal() -> None:
    leads_its_session = "[ \"$(cut -d' ' -f6 /proc/$$/stat)\" = $$ ]"
    assert run_command(["sh", "-c", leads_its_session], {}) == ""


def test_what_is_wrong_with_a_command_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    ears = Ears(tmp_path, header(1, "B"), header(2, "A"), command=("/no/such",))
    for number in (1, 2):
        ears.tell(number)
        ears.after(number)
    ears.announcer.close(10)
    assert sum("notify.command" in each.message for each in caplog.records) == 1


def test_mail_that_arrives_is_told_of_by_the_service(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.seed(user, mails(3))
    desk = Desk(under(tmp_path), user, dovecot.imap)
    desk.service.announce()
    desk.synced()
    dovecot.seed(user, [b"From: Ann <a@x.org>\r\nSubject: hi\r\n\r\nx\r\n"])
    assert desk.service.wait_synced("work", desk.inbox, 20) is None
    said = desk.event(Announced)
    desk.service.close()
    assert isinstance(said, Announced)
    assert (said.words, said.messages) == ("Ann: hi", 1)
