"""First lines come from what is here, or from a server that says them; never a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.test_maildir_session import ACCOUNT, Home
from tests.engine.test_online_mode import online_desk, traces
from tests.engine.test_pop3_account import box, make  # noqa: F401
from tests.engine.test_reading_files import local
from tests.engine.test_service import Desk, on_server
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tests.servers.faults import FULL, FaultProxy
from tuimail.engine.events import AccountState, FirstLinesKnown
from tuimail.engine.reading_files import index_files
from tuimail.mail.types import ContentId, MailboxId, SafeText
from tuimail.paths import Paths, under

BOTH = mail(
    Content_Type='multipart/alternative; boundary="b"',
    body="--b\nContent-Type: text/plain\n\nplain words\n"
    "--b\nContent-Type: text/html\n\n<p>zebra</p>\n--b--\n",
)
SEALED = mail(
    Content_Type='multipart/encrypted; protocol="application/pgp-encrypted";'
    ' boundary="b"',
    body="--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
    "--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\n"
    "secret\n--b--\n",
)
NO_PREVIEW = frozenset((b"PREVIEW", b"PREVIEW=FUZZY", b"SNIPPET=FUZZY"))


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


Start = Callable[..., tuple[Desk, FaultProxy]]


@pytest.fixture
def start(dovecot: Dovecot, user: str, paths: Paths) -> Iterator[Start]:
    """A program behind a proxy that sees every command."""
    proxies: list[FaultProxy] = []
    desks: list[Desk] = []

    def build(
        letters: list[bytes], hidden: frozenset[bytes] = FULL
    ) -> tuple[Desk, FaultProxy]:
        dovecot.seed(user, letters)
        proxy = FaultProxy(dovecot.imap, hidden)
        proxies.append(proxy.__enter__())
        desks.append(Desk(paths, user, proxy.port).synced())
        desks[-1].until(
            lambda: desks[-1].service.account("work").state is AccountState.ONLINE
        )
        return desks[-1], proxy

    yield build
    for desk in desks:
        desk.service.close()
    for proxy in proxies:
        proxy.__exit__()


def lines(desk: Desk, mailbox: MailboxId | None = None) -> list[SafeText | None]:
    return [row.first_line for row in desk.service.page(mailbox or desk.inbox)]


def want(desk: Desk, rows: slice = slice(None)) -> None:
    desk.service.want_first_lines(
        [row.id for row in desk.service.page(desk.inbox)[rows]]
    )


def asked(proxy: FaultProxy) -> list[bytes]:
    return [each for each in proxy.seen.commands if b"PREVIEW" in each]


def bodies(proxy: FaultProxy) -> list[bytes]:
    seen = proxy.seen.commands
    return [c for c in seen if b"BODY" in c and b"HEADER.FIELDS" not in c]


def settled(desk: Desk) -> None:
    """What was asked of the server before is answered."""
    assert desk.service.wait_synced("work", desk.inbox, 30) is None


def test_a_screen_costs_a_command_and_one_for_ten_to_be_worked_out_and_no_text(
    start: Start, dovecot: Dovecot, user: str
) -> None:
    desk, proxy = start(mails(60))
    want(desk, slice(0, 20))
    desk.until(lambda: None not in lines(desk)[:20])
    assert lines(desk)[0] == "text of message 60"
    assert lines(desk)[20] is None
    assert asked(proxy) == [
        b"UID FETCH 41:60 (UID PREVIEW (LAZY))",
        b"UID FETCH 51:60 (UID PREVIEW)",
        b"UID FETCH 41:50 (UID PREVIEW)",
    ]
    assert bodies(proxy) == []
    assert "Seen" not in on_server(dovecot, user, 60)
    assert isinstance(desk.event(FirstLinesKnown), FirstLinesKnown)


def test_each_message_is_asked_for_once(start: Start) -> None:
    desk, proxy = start([*mails(3), SEALED])
    want(desk)
    desk.until(lambda: None not in lines(desk))
    assert lines(desk)[0] == ""
    seen = len(asked(proxy))
    want(desk)
    settled(desk)
    assert len(asked(proxy)) == seen


def test_what_the_server_has_at_hand_costs_one_command(start: Start) -> None:
    desk, proxy = start(mails(3))
    want(desk)
    desk.until(lambda: None not in lines(desk))
    for row in desk.service.page(desk.inbox):
        desk.service.store._state.connection().execute(
            "UPDATE content SET preview=NULL WHERE id=?", (row.content,)
        )
    desk.service._running.first_lines._asked.clear()
    del proxy.seen.commands[:]
    want(desk)
    desk.until(lambda: None not in lines(desk))
    assert len(asked(proxy)) == 1


def test_a_server_that_cannot_say_is_not_asked_at_all(start: Start) -> None:
    desk, proxy = start(mails(3), NO_PREVIEW)
    seen = len(proxy.seen.commands)
    want(desk)
    settled(desk)
    assert asked(proxy) == []
    assert not any(b"FETCH" in each for each in proxy.seen.commands[seen:])
    assert lines(desk) == [None] * 3


def test_a_server_that_refuses_is_asked_once(start: Start) -> None:
    desk, proxy = start(mails(3))
    proxy.plan.answer = lambda line: b"BAD what" if b"PREVIEW" in line else None
    for _ in range(3):
        want(desk)
        settled(desk)
    assert len(asked(proxy)) == 1
    assert lines(desk) == [None] * 3


def test_nothing_is_asked_while_offline_and_it_is_later(start: Start) -> None:
    desk, proxy = start(mails(3))
    desk.service.pause("work", True)
    want(desk)
    desk.service.pause("work", False)
    desk.until(lambda: desk.service.account("work").state is AccountState.ONLINE)
    settled(desk)
    assert asked(proxy) == []
    want(desk)
    desk.until(lambda: None not in lines(desk))


def test_of_two_screens_the_newer_one_counts(start: Start) -> None:
    desk, proxy = start(mails(60))
    want(desk, slice(0, 20))
    want(desk, slice(20, 40))
    desk.until(lambda: None not in lines(desk)[20:40])
    settled(desk)
    worked_out = [each for each in asked(proxy) if each.endswith(b"PREVIEW)")]
    assert b"UID FETCH 31:40 (UID PREVIEW)" in worked_out
    assert b"UID FETCH 21:30 (UID PREVIEW)" in worked_out


def test_a_list_over_several_folders_asks_in_each_of_some(
    start: Start, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.seed(user, [mail(11), mail(12)], "Archive")
    dovecot.seed(user, [mail(21)], "Lists")
    desk, proxy = start(mails(3))
    assert desk.service.wait_synced("work", None, 30) is None
    boxes = {box.name: box.id for box in desk.service.mailboxes("work")}
    for name in ("Archive", "Lists"):
        assert desk.service.wait_synced("work", boxes[SafeText(name)], 30) is None
    rows = {name: desk.service.page(boxes[SafeText(name)]) for name in boxes}
    monkeypatch.setattr("tuimail.engine.first_lines.FOLDERS_MAX", 2)
    desk.service.want_first_lines([row.id for some in rows.values() for row in some])
    desk.until(lambda: None not in lines(desk))
    desk.until(lambda: None not in lines(desk, boxes[SafeText("Archive")]))
    settled(desk)
    assert len(asked(proxy)) == 4
    assert lines(desk, boxes[SafeText("Lists")]) == [None]


def test_a_text_that_is_here_needs_no_server(start: Start) -> None:
    desk, proxy = start([BOTH])
    desk.text()
    desk.until(lambda: lines(desk) == ["plain words"])
    want(desk)
    settled(desk)
    assert asked(proxy) == []


def test_of_a_text_only_one_kind_of_which_is_here_words_are_found_and_shown(
    start: Start,
) -> None:
    desk, _ = start([BOTH], NO_PREVIEW)
    row = desk.service.page(desk.inbox)[0]
    desk.service.want_text(row.id, width=80, prefer="html")
    desk.until(lambda: lines(desk) == ["zebra"])
    desk.until(lambda: desk.service.store.words.texts() == 1)
    assert desk.service.seeker.ids(desk.inbox, "zebra") == [row.id]


def test_a_text_that_was_indexed_before_there_were_first_lines_gets_one(
    start: Start,
) -> None:
    desk, _ = start([mail(1)], NO_PREVIEW)
    content = desk.service.page(desk.inbox)[0].content
    desk.service.store.words.put_texts([(content, "text of message 1")])
    desk.text()
    desk.until(lambda: lines(desk) == ["text of message 1"])


def test_after_quitting_in_online_mode_no_line_is_left(
    dovecot: Dovecot, user: str, paths: Paths, tmp_path: Path
) -> None:
    word = "Zwiebelkuchen"
    dovecot.seed(user, [mail(1, body=f"{word}\n")])
    desk = online_desk(paths, user, dovecot.imap).synced()
    want(desk)
    desk.until(lambda: lines(desk) == [word])
    assert traces(tmp_path, word)
    desk.service.close()
    assert traces(tmp_path, word) == []


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    made.store.accounts.note_kind(ACCOUNT, "local")
    yield made
    made.store.close()


def test_files_give_their_first_lines_as_they_are_read(home: Home) -> None:
    home.put(1, 2)
    home.sync()
    told: list[int] = []
    number = home.store.accounts.find(ACCOUNT)
    while index_files(home.session(), home.store, ACCOUNT, told=told.extend):
        pass
    page = home.store.messages.page(home.store.mailboxes.inbox(ACCOUNT))
    assert sorted(told) == sorted(row.id for row in page)
    assert all(row.first_line for row in page)
    assert number is not None
    assert home.store.first_lines.unread_files(number, 9) == []


def test_files_on_the_screen_go_before_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuimail.engine.reading_files import FileReader

    monkeypatch.setattr(FileReader, "look", lambda *some: None)
    seeking = local(tmp_path)
    service = seeking.service
    inbox = service.inbox("work")
    rows = service.page(inbox)
    service.want_first_lines([row.id for row in rows])
    seeking.until(lambda: all(row.first_line for row in service.page(inbox)))
    assert {row.first_line for row in service.page(inbox)} == {
        "a zebra",
        "text of message 2",
    }


def test_what_waits_in_a_maildrop_is_not_fetched_for_it(
    make: Callable[..., Desk],  # noqa: F811
    dovecot: Dovecot,
    user: str,
) -> None:
    dovecot.seed(user, mails(3))
    desk = make()
    inbox = box(desk)
    desk.until(lambda: len(desk.service.page(inbox)) == 3)
    rows = desk.service.page(inbox)
    desk.service.want_first_lines([row.id for row in rows])
    assert desk.service.wait_synced("drop", inbox, 30) is None
    assert lines(desk, inbox) == [None] * 3
    assert not any(row.readable for row in desk.service.page(inbox))


def test_a_message_that_is_gone_meanwhile_is_no_harm(start: Start) -> None:
    desk, _ = start(mails(3))
    desk.service.want_first_lines([99])  # type: ignore[list-item]
    desk.service.store.first_lines.put([(ContentId(99), SafeText("x"))])
    want(desk)
    desk.until(lambda: None not in lines(desk))
