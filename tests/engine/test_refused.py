"""What a server does not allow ends in the queue, in words, and never as done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.servers.dovecot import Dovecot
from tuimail.mail.types import Flag, MailboxId
from tuimail.paths import under

LETTER = b"Subject: hello\r\nMessage-ID: <%d@x>\r\n\r\n" + b"x" * 30_000 + b"\r\n"


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for each in made:
        each.service.close()


def opened(desk: Desk, name: str) -> MailboxId:
    """A folder by its name, brought up to date."""
    desk.synced()
    assert desk.service.wait_synced("work", None, 30) is None
    box = next(b for b in desk.service.mailboxes("work") if b.name == name)
    desk.service.open_mailbox(box.id)
    assert desk.service.wait_synced("work", box.id, 30) is None
    return box.id


def failed(desk: Desk) -> str:
    """What the queue says once something has failed."""
    desk.until(lambda: desk.service.account("work").failed > 0)
    return " ".join(each.error for each in desk.service.decisions.live("work"))


def reader(dovecot: Dovecot, user: str, tmp: Path, rights: str) -> tuple[Desk, str]:
    """Somebody with these rights in a mailbox of `user`, and its name."""
    other = dovecot.fresh_user()
    dovecot.seed(user, [LETTER % 1, LETTER % 2], "Team")
    dovecot.share(user, "Team", other, rights)
    return Desk(under(tmp), other, dovecot.imap), f"shared/{user}/Team"


def test_a_copy_over_quota_needs_the_user(
    dovecot: Dovecot, tmp_path: Path, desks: list[Desk]
) -> None:
    user = dovecot.tiny_user()
    dovecot.seed(user, [LETTER % 1])
    desk = Desk(under(tmp_path), user, dovecot.imap)
    desks.append(desk)
    desk.synced()
    row = desk.service.page(desk.inbox)[0]
    target = desk.service.folders.create("work", "Copies")
    desk.service.gestures.copy([row.id], target)
    assert "no room left" in failed(desk)


def test_a_flag_one_may_not_set_is_not_kept_in_silence(
    dovecot: Dovecot, user: str, tmp_path: Path, desks: list[Desk]
) -> None:
    desk, name = reader(dovecot, user, tmp_path, "lrs")
    desks.append(desk)
    box = opened(desk, name)
    rows = [row.id for row in desk.service.page(box)]
    desk.service.gestures.set_flags(rows, add=Flag.FLAGGED)
    assert "may not have the right" in failed(desk)
    desk.service.gestures.set_flags(rows, add=Flag.SEEN)
    desk.until(lambda: not desk.service.account("work").pending)
    assert all(row.seen for row in desk.service.page(box))


@pytest.mark.parametrize("rights", ["lrs", "lrst", "lrse"])
def test_a_removal_one_may_not_make_comes_back(
    dovecot: Dovecot, user: str, tmp_path: Path, desks: list[Desk], rights: str
) -> None:
    desk, name = reader(dovecot, user, tmp_path, rights)
    desks.append(desk)
    box = opened(desk, name)
    row = desk.service.page(box)[0]
    desk.service.gestures.remove([row.id], 0)
    assert "did not remove it" in failed(desk)
    assert len(desk.service.page(box)) == 2


def test_a_move_out_of_a_folder_one_may_only_read_needs_the_user(
    dovecot: Dovecot, user: str, tmp_path: Path, desks: list[Desk]
) -> None:
    desk, name = reader(dovecot, user, tmp_path, "lrs")
    desks.append(desk)
    box = opened(desk, name)
    desk.service.gestures.delete([desk.service.page(box)[0].id])
    assert "You have not the right" in failed(desk)
    assert len(desk.service.page(box)) == 2
