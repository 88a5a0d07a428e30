"""The index of local mail, made anew from the files, is the index there was."""

from __future__ import annotations

import mailbox
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_maildrop import INBOX, Make, Rig, make  # noqa: F401
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tests.servers.pop_faults import PopFaultProxy
from tuimail.config import Config, MaildirAccount
from tuimail.engine.rebuild import rebuild
from tuimail.engine.role import EngineLock
from tuimail.engine.service import MailService
from tuimail.errors import StoreError
from tuimail.mail.types import Flag, FlagSet, Header
from tuimail.paths import Paths, under
from tuimail.store.maildrop import PopState
from tuimail.store.store import Store

FLAGGED = FlagSet(Flag.FLAGGED)


def heard(words: str) -> None:
    """What is said on the way."""


# -- files -----------------------------------------------------------------


@pytest.fixture
def account(tmp_path: Path) -> MaildirAccount:
    root = tmp_path / "Maildir"
    box = mailbox.Maildir(str(root))
    lists = box.add_folder("Lists")
    for number in range(1, 260):
        message = mailbox.MaildirMessage(mail(number).replace(b"\r\n", b"\n"))
        message.set_flags("FS" if number % 3 == 0 else "")
        (lists if number > 250 else box).add(message)
    return MaildirAccount("files", root)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = under(tmp_path / "home")
    found.ensure()
    return found


@pytest.fixture
def service(account: MaildirAccount, paths: Paths) -> Iterator[MailService]:
    made = MailService(Config(accounts=(account,)), paths)
    yield made
    made.close()


def rows(store: Store, name: str = "files") -> dict[str, list[Header]]:
    return {
        str(box.name): store.messages.page(box.id, limit=1000)
        for box in store.mailboxes.all(name)
    }


def test_all_messages_are_there_with_their_flags(
    service: MailService, account: MaildirAccount
) -> None:
    assert service.rebuild("files", heard) == 259
    found = rows(service.store)
    assert {name: len(some) for name, some in found.items()} == {
        "INBOX": 250,
        "Lists": 9,
    }
    flagged = [row for row in found["INBOX"] if row.flags & Flag.FLAGGED]
    assert len(flagged) == 250 // 3
    assert service.fsck() == []


def test_made_anew_over_an_index_that_is_there_everything_stays_itself(
    service: MailService,
) -> None:
    service.rebuild("files", heard)
    before = rows(service.store)
    service.rebuild("files", heard)
    assert rows(service.store) == before
    assert service.fsck() == []


def test_an_index_that_is_lost_is_made_anew(
    service: MailService, account: MaildirAccount, paths: Paths
) -> None:
    service.rebuild("files", heard)
    before = rows(service.store)
    service.close()
    shutil.rmtree(paths.state)
    again = MailService(Config(accounts=(account,)), paths)
    again.rebuild("files", heard)
    after = rows(again.store)
    again.close()

    def looks(found: dict[str, list[Header]]) -> list[tuple[object, ...]]:
        return sorted(
            (name, str(row.subject), row.flags, row.arrival, row.size)
            for name, some in found.items()
            for row in some
        )

    assert looks(after) == looks(before)


def test_beside_another_program_it_is_refused(
    service: MailService, account: MaildirAccount, paths: Paths
) -> None:
    other = EngineLock(paths.run, "files")
    assert other.take()
    with pytest.raises(StoreError, match="Another tuimail"):
        service.rebuild("files", heard)
    other.release()


# -- a maildrop -------------------------------------------------------------


def lost(rig: Rig, root: Path) -> None:
    """The store is gone; the files are there."""
    rig.close()
    shutil.rmtree(root / "state")


def test_after_the_loss_of_the_index_nothing_is_fetched_twice(
    make: Make,  # noqa: F811
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    dovecot.seed(user, mails(12))
    rig = make(path=tmp_path / "here" / "mail")
    rig.triage()
    for number in (3, 7):
        item = rig.tree.item(rig.entry(number))
        assert item is not None
        rig.drop.fetch(item)
    rig.tree.set_flags(INBOX, rig.entry(7), FLAGGED, FlagSet())
    rig.drop.leave()
    lost(rig, tmp_path / "here")
    with PopFaultProxy(dovecot.pop3) as proxy:
        rig = make(proxy.port, path=tmp_path / "here" / "mail")
        rebuild(rig.store, rig.account, tmp_path, heard)
        rig.triage()
        assert not [c for c in proxy.seen.commands if c[:4] == b"RETR"]
    assert rig.states() == {PopState.STORED: 2, PopState.WAITING: 10}
    assert len(rig.entries()) == 12
    assert rig.octets() == [mail(3), mail(7)]
    assert rig.entry(7).letters == "F"
    assert not any(item.uidl.startswith("file:") for item in rig.items())
