"""A POP3 account in the running engine: the files work on, whatever the server does."""

from __future__ import annotations

import contextlib
import mailbox
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mail, mails
from tests.net.test_pop3 import opened
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.pop_faults import PopFaultProxy
from tests.servers.scripted_pop import ScriptedPop
from tuimail.config import Config, Fetch, OnServer, Pop3Account, Security
from tuimail.engine.events import (
    AccountState,
    Event,
    Finished,
    Found,
    NewMail,
    Notice,
    TextFailed,
    TextReady,
)
from tuimail.engine.maildrop import MASS_OK
from tuimail.engine.rows import FoundRows
from tuimail.engine.service import MailService
from tuimail.engine.views import Scope, Shape
from tuimail.mail.types import Flag, Header, MailboxId, SafeText
from tuimail.paths import Paths, under
from tuimail.store.maildrop import PopState

MakeDesk = Callable[..., Desk]
LATER = b"-ERR [SYS/TEMP] later"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


@pytest.fixture
def make(dovecot: Dovecot, user: str, paths: Paths) -> Iterator[MakeDesk]:
    """A service with the account `drop`, and `work` by IMAP for the same user."""
    made: list[Desk] = []

    def build(*, wait: bool = True, **settings: object) -> Desk:
        desk = Desk(paths, user, dovecot.imap)
        work = desk.service.config.accounts[0]
        desk.service.close()
        drop = Pop3Account(
            *("drop", "bob@example.org", "127.0.0.1", user),
            port=dovecot.pop3,
            security=Security.NONE,
            password=PASSWORD,
        )
        drop = replace(drop, **settings)  # type: ignore[arg-type]
        desk.service = MailService(Config(accounts=(drop, work)), paths)
        desk.service.subscribe(desk._hear)
        desk.service.start()
        made.append(desk)
        # Its own folders are listed whatever the server does.
        desk.until(lambda: len(desk.service.mailboxes("drop")) >= 5)
        if wait:
            desk.until(lambda: state(desk) is AccountState.ONLINE)
        return desk

    yield build
    for desk in made:
        desk.service.close()


def state(desk: Desk) -> AccountState:
    return desk.service.account("drop").state


def box(desk: Desk, name: str = "INBOX") -> MailboxId:
    boxes = {str(each.name): each.id for each in desk.service.mailboxes("drop")}
    return boxes[name]


def rows(desk: Desk, name: str = "INBOX") -> list[Header]:
    with contextlib.suppress(KeyError):
        return desk.service.page(box(desk, name), limit=1000)
    return []


def numbers(desk: Desk, name: str = "INBOX") -> list[int]:
    return sorted(int(r.subject.rsplit(" ", 1)[-1]) for r in rows(desk, name))


def row(desk: Desk, number: int, name: str = "INBOX") -> Header:
    ends = f"message {number}"
    return next(r for r in rows(desk, name) if str(r.subject).endswith(ends))


def large(number: int, octets: int) -> bytes:
    """A message with an attachment of this size."""
    head, _, body = mail(number).partition(b"\r\n\r\n")
    parts = [
        b"Content-Type: text/plain\r\n\r\n" + body,
        b"Content-Type: application/octet-stream; name=a.bin\r\n\r\n"
        + (b"x" * 70 + b"\r\n") * (octets // 72),
    ]
    kept = [x for x in head.split(b"\r\n") if not x.lower().startswith(b"content-")]
    kept.append(b'Content-Type: multipart/mixed; boundary="b"')
    joined = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"\r\n".join(kept) + b"\r\n\r\n" + joined + b"--b--\r\n"


def files(paths: Paths, folder: str = "") -> list[bytes]:
    root = paths.data / "maildir" / "drop" / folder / "cur"
    return sorted(file.read_bytes() for file in root.iterdir())


def left(dovecot: Dovecot, user: str) -> int:
    with opened(dovecot, user) as session:
        return len(session.listing().entries)


def text(desk: Desk, message: Header, *, fetch: bool = True) -> Event:
    ticket = desk.service.want_text(message.id, width=80, fetch=fetch)

    def answer() -> Event | None:
        kinds = (TextReady, TextFailed)
        answers = (e for e in desk.heard if isinstance(e, kinds) and e.ticket == ticket)
        return next(answers, None)

    desk.until(lambda: answer() is not None)
    found = answer()
    assert found is not None
    return found


def test_headers_are_listed_and_nothing_else_is_fetched(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(130))
    desk = make()
    desk.until(lambda: len(rows(desk)) == 130)
    assert numbers(desk) == list(range(1, 131))
    assert files(paths) == []
    assert not any(r.readable for r in rows(desk))
    assert [e for e in desk.heard if isinstance(e, NewMail)] == []


def test_opening_a_message_fetches_it_whole(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, [large(1, 500_000), mail(2)])
    desk = make()
    desk.until(lambda: len(rows(desk)) == 2)
    one = next(r for r in rows(desk) if r.size > 500_000)
    glance = text(desk, one, fetch=False)
    assert isinstance(glance, TextFailed)
    assert "waits on the server" in glance.reason
    assert files(paths) == []
    assert isinstance(text(desk, one), TextReady)
    assert len(files(paths)) == 1
    kept = next(r for r in rows(desk) if r.id == one.id)
    assert kept.readable
    assert kept.attachment
    view = desk.service.message(one.id)
    assert view is not None
    assert view.parts


def test_everything_is_fetched_when_that_is_wished_but_what_is_large(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, [*mails(2), large(3, 1_500_000)])
    desk = make(fetch=Fetch.ALL, whole_up_to_mb=1)
    desk.until(lambda: [r.readable for r in rows(desk)].count(True) == 2)
    assert files(paths) == sorted(mails(2))
    assert isinstance(
        text(desk, next(r for r in rows(desk) if not r.readable)), TextReady
    )
    assert len(files(paths)) == 3


def test_a_download_brings_messages_as_files(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(12))
    desk = make()
    desk.until(lambda: len(rows(desk)) == 12)
    plan = desk.service.downloads.plan(Scope(mailbox=box(desk)))
    desk.service.download(plan)
    desk.event(Finished)
    assert files(paths) == sorted(mails(12))
    assert desk.service.store.parts.octets() == 0


def test_with_the_server_away_the_files_can_be_worked_on(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(3))
    with PopFaultProxy(dovecot.pop3) as proxy:
        desk = make(port=proxy.port)
        desk.until(lambda: len(rows(desk)) == 3)
        assert isinstance(text(desk, row(desk, 1)), TextReady)
        desk.service.close()
    desk = make(port=proxy.port, wait=False)
    desk.until(lambda: state(desk) is AccountState.WAITING)
    assert isinstance(text(desk, row(desk, 1)), TextReady)
    assert isinstance(text(desk, row(desk, 2)), TextFailed)
    desk.service.gestures.set_flags([row(desk, 2).id], add=Flag.FLAGGED)
    desk.service.gestures.move([row(desk, 1).id, row(desk, 3).id], box(desk, "Archive"))
    desk.until(lambda: desk.service.account("drop").pending == 0)
    assert numbers(desk) == [2]
    assert numbers(desk, "Archive") == [1, 3]
    assert files(paths, ".Archive") == [mail(1)]
    assert row(desk, 2).flags & Flag.FLAGGED


def test_a_message_deleted_unfetched_goes_from_the_server_when_the_trash_is_emptied(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(3))
    desk = make()
    desk.until(lambda: len(rows(desk)) == 3)
    desk.service.gestures.move([row(desk, 2).id], box(desk, "Trash"))
    desk.until(lambda: numbers(desk, "Trash") == [2])
    desk.until(lambda: desk.service.account("drop").pending == 0)
    assert left(dovecot, user) == 3
    desk.service.gestures.grace_s = 0
    desk.service.gestures.remove([row(desk, 2, "Trash").id])
    gone = PopState.GONE
    counts = desk.service.store.maildrops.counts
    desk.until(lambda: counts("drop").get(gone) == 1)
    assert left(dovecot, user) == 2
    assert files(paths) == []


def test_a_waiting_message_can_be_moved_to_another_account(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    other = dovecot.fresh_user()
    dovecot.seed(other, mails(2))
    desk = make(user=other)
    desk.until(lambda: len(rows(desk)) == 2)
    inbox = desk.service.inbox("work")
    desk.service.wait_synced("work", inbox, 20)
    desk.service.gestures.move([row(desk, 2).id], inbox)
    desk.until(lambda: numbers(desk) == [1])
    desk.until(
        lambda: all(desk.service.account(a).pending == 0 for a in ("drop", "work"))
    )
    desk.until(lambda: len(desk.service.page(inbox)) == 1)
    with opened(dovecot, user) as session:
        assert session.stat().octets == len(mail(2))


@pytest.mark.parametrize("fetch", list(Fetch))
def test_new_mail_is_told_of_once_the_old_is_known(
    make: MakeDesk, dovecot: Dovecot, user: str, fetch: Fetch
) -> None:
    dovecot.seed(user, mails(3))
    desk = make(fetch=fetch)
    store = desk.service.store
    desk.until(lambda: store.maildrops.noted("drop", "triaged") is not None)
    dovecot.seed(user, [mail(4)])
    desk.service.reconnect("drop")
    inbox = box(desk)

    def told() -> list[NewMail]:
        new = (event for event in desk.heard if isinstance(event, NewMail))
        return [event for event in new if event.mailbox == inbox]

    desk.until(lambda: bool(told()))
    desk.until(lambda: numbers(desk) == [1, 2, 3, 4])
    assert [event.messages for event in told()] == [(row(desk, 4).id,)]


def test_many_removals_are_asked_about_and_then_done(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(40))
    desk = make(fetch=Fetch.ALL, on_server=OnServer.DELETE)
    notice = desk.event(Notice)
    assert isinstance(notice, Notice)
    assert ":allow-removal" in notice.text
    assert left(dovecot, user) == 40
    assert desk.service.held_removals("drop") == 40
    desk.service.allow_removal("drop")
    counts = desk.service.store.maildrops.counts
    desk.until(lambda: counts("drop").get(PopState.GONE) == 40)
    assert left(dovecot, user) == 0
    assert files(paths) == sorted(mails(40))


@pytest.mark.parametrize(
    ("answers", "expected", "said"),
    [
        ({"PASS": b"-ERR [AUTH] no\r\n"}, AccountState.REFUSED, "no"),
        ({"PASS": b"-ERR [IN-USE] busy\r\n"}, AccountState.WAITING, "Another program"),
        ({"PASS": b"-ERR [SYS/TEMP] later\r\n"}, AccountState.WAITING, "later"),
        ({"UIDL": b"-ERR not today\r\n"}, AccountState.WAITING, "UIDL"),
        ({"STAT": b"-ERR broken\r\n"}, AccountState.WAITING, "broken"),
    ],
)
def test_a_maildrop_that_lets_nobody_in_says_why(
    make: MakeDesk, answers: dict[str, bytes], expected: AccountState, said: str
) -> None:
    with ScriptedPop(answers) as server:  # type: ignore[arg-type]
        desk = make(port=server.port, wait=False)
        desk.until(lambda: state(desk) is expected)
        assert said in desk.service.account("drop").detail


def test_a_message_moves_from_a_server_into_a_folder_here(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    other = dovecot.fresh_user()
    dovecot.seed(other, mails(1))
    dovecot.seed(user, mails(2))
    desk = make(user=other)
    inbox = desk.service.inbox("work")
    desk.service.wait_synced("work", inbox, 20)
    desk.until(lambda: len(rows(desk)) == 1)
    message = next(r for r in desk.service.page(inbox) if str(r.subject).endswith("2"))
    desk.service.gestures.move([message.id], box(desk, "Archive"))
    accounts = ("drop", "work")
    desk.until(lambda: not any(desk.service.account(a).pending for a in accounts))
    assert files(paths, ".Archive") == [mail(2)]
    assert left(dovecot, user) == 1


def test_what_is_left_on_the_server_is_not_shown_until_that_is_wished(
    make: MakeDesk, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    desk = make()
    desk.until(lambda: len(rows(desk)) == 3)
    assert isinstance(text(desk, row(desk, 1)), TextReady)
    assert desk.service.leave_on_server([row(desk, 1).id, row(desk, 2).id])
    desk.until(lambda: numbers(desk) == [1, 3])
    assert "1 were left" in desk.service.maildrop("drop")
    desk.service.reconnect("drop")
    assert desk.service.show_left("drop") == 1
    desk.until(lambda: numbers(desk) == [1, 2, 3])
    assert left(dovecot, user) == 3


def test_waiting_for_an_account_is_waiting_for_its_maildrop(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    """What `tuimail sync` does: it must not end before anything has come."""
    dovecot.seed(user, mails(70))
    desk = make(wait=False, fetch=Fetch.ALL)
    assert desk.service.wait_synced("drop", None, 60) is None
    assert files(paths) == sorted(mails(70))


def test_waiting_for_an_account_tells_that_its_maildrop_is_away(
    make: MakeDesk,
) -> None:
    with ScriptedPop({"PASS": b"-ERR [SYS/TEMP] later\r\n"}) as server:
        desk = make(wait=False, port=server.port)
        error = desk.service.wait_synced("drop", None, 60)
        assert "later" in str(error)


def test_a_link_that_breaks_among_headers_is_made_again_and_files_go_on(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(200))
    with PopFaultProxy(dovecot.pop3) as proxy:
        proxy.plan.at = 1300
        desk = make(wait=False, port=proxy.port)
        desk.until(lambda: state(desk) is AccountState.WAITING)
        assert proxy.seen.cuts == 1
        proxy.plan.answer = lambda line: LATER if line[:4] == b"PASS" else None
        some = len(rows(desk))
        assert 0 < some < 200
        # What another program puts here shows, though headers were on their way.
        box = mailbox.Maildir(str(paths.data / "maildir" / "drop"))
        box.add(mail(999).replace(b"\r\n", b"\n"))
        desk.until(lambda: 999 in numbers(desk))
        proxy.plan.answer = lambda line: None
        desk.service.reconnect("drop")
        desk.until(lambda: len(rows(desk)) == 201)


def test_a_link_that_breaks_in_a_message_shows_in_the_account(
    make: MakeDesk, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    with PopFaultProxy(dovecot.pop3) as proxy:
        desk = make(port=proxy.port)
        desk.until(lambda: len(rows(desk)) == 3)
        assert desk.service.wait_synced("drop", None, 60) is None
    # The proxy is gone, and with it the link.
    assert isinstance(text(desk, row(desk, 1)), TextFailed)
    desk.until(lambda: state(desk) is AccountState.WAITING)


def test_removal_is_not_allowed_before_it_is_asked_about(
    make: MakeDesk, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    desk = make()
    assert desk.service.allow_removal("drop") == 0
    assert desk.service.store.maildrops.noted("drop", MASS_OK) is None


def test_a_tree_that_is_not_mounted_is_not_made_anew(
    make: MakeDesk, dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.seed(user, mails(2))
    disk = tmp_path / "disk"
    disk.mkdir()
    desk = make(path=disk / "mail", fetch=Fetch.ALL)
    desk.until(lambda: [r.readable for r in rows(desk)] == [True, True])
    desk.service.close()
    disk.rename(tmp_path / "elsewhere")
    disk.mkdir()
    desk = make(wait=False, path=disk / "mail", fetch=Fetch.ALL)
    desk.until(lambda: state(desk) is AccountState.WAITING)
    assert "mount it" in desk.service.account("drop").detail
    assert numbers(desk) == [1, 2]
    assert list(disk.iterdir()) == []


def test_a_search_fetches_nothing_that_waits(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(5))
    desk = make()
    desk.until(lambda: len(rows(desk)) == 5)
    assert isinstance(text(desk, row(desk, 1)), TextReady)
    # As while many files are still to be read into the index.
    desk.service.store.words.clear()
    desk.service.store.words.read_through.clear()
    ticket = desk.service.find(box(desk), Shape(SafeText("body:text")))

    def told() -> list[FoundRows]:
        found = [e for e in desk.heard if isinstance(e, Found) and e.ticket == ticket]
        return [e.rows for e in found if isinstance(e.rows, FoundRows)]

    desk.until(lambda: any("files searched too" in r.covered for r in told()))
    assert [len(each) for each in told()][-1] == 1
    assert len(files(paths)) == 1


def test_a_message_that_waits_is_fetched_to_be_copied(
    make: MakeDesk, dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(3))
    desk = make()
    desk.until(lambda: len(rows(desk)) == 3)
    desk.service.gestures.copy([row(desk, 2).id], box(desk, "Archive"))
    desk.until(lambda: desk.service.account("drop").pending == 0)
    assert files(paths) == files(paths, ".Archive") == [mail(2)]
    desk.until(lambda: numbers(desk, "Archive") == [2])
    assert row(desk, 2).readable
    assert numbers(desk) == [1, 2, 3]
