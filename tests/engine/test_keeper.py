"""What is kept without being asked for: pinned folders, and offline accounts whole."""

from __future__ import annotations

import imaplib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mail, mails, with_attachment
from tests.servers.dovecot import PASSWORD, Dovecot
from tuimail.config import Config, Mode, ViewSettings
from tuimail.engine.events import KeepingOn, Notice
from tuimail.engine.service import MailService
from tuimail.mail.types import MailboxId
from tuimail.paths import Paths, under
from tuimail.store.mailboxes import LEFT_OUT


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


def desk_of(paths: Paths, user: str, port: int, mode: Mode, limit_mb: int = 0) -> Desk:
    desk = Desk(paths, user, port)
    account = replace(desk.service.config.accounts[0], mode=mode)
    desk.service.close()
    view = ViewSettings(cache_limit_mb=limit_mb)
    desk.service = MailService(Config(accounts=(account,), view=view), paths)
    desk.service.subscribe(desk._hear)
    return desk


def folder(desk: Desk, name: str) -> MailboxId:
    (found,) = desk.service.store.mailboxes.named("work", [name])
    return found


def rested(desk: Desk) -> bool:
    kept = [event for event in desk.heard if isinstance(event, KeepingOn)]
    return bool(kept) and not kept[-1].words


def all_readable(desk: Desk, mailbox: MailboxId, count: int) -> bool:
    rows = desk.service.page(mailbox, limit=500)
    return len(rows) == count and all(row.readable for row in rows)


def test_the_texts_of_a_pinned_folder_come_by_themselves(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, [mail(101), mail(102)])
    dovecot.seed(user, mails(12), "Lists")
    desk = desk_of(paths, user, dovecot.imap, Mode.DISCONNECTED).synced()
    assert desk.service.wait_synced("work", None, 20) is None
    lists = folder(desk, "Lists")
    desk.service.pin(lists, True)
    desk.until(lambda: all_readable(desk, lists, 12))
    assert not any(row.readable for row in desk.service.page(desk.inbox))
    desk.service.close()


def test_new_mail_of_a_pinned_folder_comes_with_its_text(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(2), "Lists")
    desk = desk_of(paths, user, dovecot.imap, Mode.DISCONNECTED).synced()
    assert desk.service.wait_synced("work", None, 20) is None
    lists = folder(desk, "Lists")
    desk.service.pin(lists, True)
    desk.until(lambda: all_readable(desk, lists, 2))
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    client.login(user, PASSWORD)
    client.append("Lists", None, None, mail(3))
    client.logout()
    desk.service.reconnect("work")
    desk.until(lambda: all_readable(desk, lists, 3))
    desk.service.close()


def test_an_offline_account_is_here_whole(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, [*mails(260), with_attachment(30_000)])
    dovecot.seed(user, mails(70), "Lists")
    desk = desk_of(paths, user, dovecot.imap, Mode.OFFLINE).synced()
    assert desk.service.wait_synced("work", None, 20) is None
    lists = folder(desk, "Lists")
    desk.until(
        lambda: all_readable(desk, lists, 70) and all_readable(desk, desk.inbox, 261)
    )
    desk.until(lambda: rested(desk))
    row = next(r for r in desk.service.page(desk.inbox, limit=500) if r.attachment)
    assert desk.service.store.parts.sections(row.content) == {"1", "2"}
    desk.service.close()


def test_an_offline_account_stops_at_the_limit_and_says_so(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    noise = "".join(f"{number * 7919 % 1_000_003:06d}" for number in range(50_000))
    body = "\n".join(noise[at : at + 70] for at in range(0, len(noise), 70))
    dovecot.seed(user, [mail(number, body=body) for number in range(1, 25)])
    desk = desk_of(paths, user, dovecot.imap, Mode.OFFLINE, limit_mb=1).synced()
    told = desk.event(Notice)
    assert isinstance(told, Notice)
    assert "cache_limit_mb" in told.text
    assert any(not row.readable for row in desk.service.page(desk.inbox))
    desk.service.close()


def test_a_folder_that_is_left_out_of_an_offline_account_stays_on_the_server(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(3))
    dovecot.seed(user, mails(12), "Big")
    known = desk_of(paths, user, dovecot.imap, Mode.DISCONNECTED).synced()
    assert known.service.wait_synced("work", None, 20) is None
    big = folder(known, "Big")
    known.service.store.mailboxes.set_setting(big, LEFT_OUT, "yes")
    known.service.close()
    desk = desk_of(paths, user, dovecot.imap, Mode.OFFLINE).synced()
    desk.until(lambda: all_readable(desk, desk.inbox, 3) and rested(desk))
    box = desk.service.mailbox(big)
    assert box is not None
    assert not desk.service.kept(box)
    assert not any(row.readable for row in desk.service.page(big))
    desk.service.pin(big, True)
    assert desk.service.kept(box)
    assert not box.pinned
    desk.until(lambda: all_readable(desk, big, 12))
    desk.service.close()
