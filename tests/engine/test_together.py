"""Two tuimails on one store, and errands without a screen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mail, mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tuimail import cli
from tuimail.engine.events import AccountState
from tuimail.mail.types import Flag, FlagSet
from tuimail.paths import Paths, under
from tuimail.store.store import Store

CONFIG = """
[[account]]
type = "imap"
name = "work"
address = "bob@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
user = "{user}"
password = "{password}"
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


@pytest.fixture
def first(dovecot: Dovecot, user: str, paths: Paths) -> Iterator[Desk]:
    dovecot.seed(user, mails(5))
    made = Desk(paths, user, dovecot.imap).synced()
    yield made
    made.service.close()


@pytest.fixture
def second(dovecot: Dovecot, user: str, paths: Paths, first: Desk) -> Iterator[Desk]:
    made = Desk(paths, user, dovecot.imap)
    made.service.start()
    yield made
    made.service.close()


def run(paths: Paths, port: int, user: str, *words: str) -> int:
    """The command line on this home."""
    paths.ensure()
    text = CONFIG.format(port=port, user=user, password=PASSWORD)
    paths.config_file.write_text(text)
    paths.config_file.chmod(0o600)
    return cli.run(words, {"TUIMAIL_HOME": str(paths.config.parent)})


def test_only_one_of_two_programs_talks_to_the_server(second: Desk) -> None:
    assert second.service.account("work").state is AccountState.ELSEWHERE
    assert len(second.service.page(second.inbox)) == 5


def test_what_the_second_does_the_first_sends(first: Desk, second: Desk) -> None:
    row = second.service.page(second.inbox)[0]
    second.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
    assert second.service.account("work").pending == 1
    first.until(lambda: first.service.account("work").pending == 0)
    shown = second.service.header(row.id)
    assert shown is not None
    assert shown.flags & Flag.FLAGGED


def test_when_the_first_ends_the_second_goes_on(first: Desk, second: Desk) -> None:
    first.service.close()
    second.until(lambda: second.service.account("work").state is AccountState.ONLINE)
    row = second.service.page(second.inbox)[0]
    second.service.gestures.archive([row.id])
    second.until(lambda: second.service.account("work").pending == 0)


def test_what_another_left_under_way_during_a_pause_is_ended(
    first: Desk, paths: Paths
) -> None:
    first.until(lambda: first.service.account("work").state is AccountState.ONLINE)
    row = first.service.page(first.inbox)[0]
    first.service.gestures.set_flags([row.id], add=Flag.ANSWERED)
    first.until(lambda: first.service.account("work").pending == 0)
    first.service.pause("work", True)
    other = Store(paths.state, paths.cache, paths.data)
    other.operations.queue_flags([row.id], FlagSet(Flag.FLAGGED), FlagSet())
    assert next(other.operations.claim_flags("work")).rows
    other.close()
    first.service.pause("work", False)
    first.until(lambda: first.service.account("work").pending == 0)


def test_sync_sends_what_waits_and_tells(
    dovecot: Dovecot,
    user: str,
    paths: Paths,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dovecot.seed(user, mails(3))
    assert run(paths, dovecot.imap, user, "sync") == 0
    offline = Desk(paths, user, 1)
    row = offline.service.page(offline.inbox)[0]
    offline.service.gestures.archive([row.id])
    offline.service.close()
    capsys.readouterr()
    assert run(paths, dovecot.imap, user, "sync", "--dry-run") == 0
    assert 'archive "message 3"' in capsys.readouterr().out
    assert run(paths, dovecot.imap, user, "queue", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["state"] == "queued"
    dovecot.seed(user, [mail(9)])
    assert run(paths, dovecot.imap, user, "sync", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["sent"], told["pending"], told["failed"]) == (1, 0, 0)
    assert run(paths, dovecot.imap, user, "queue") == 0
    assert "Nothing is waiting" in capsys.readouterr().out


def test_sync_without_a_server_says_so_and_keeps_what_waits(
    dovecot: Dovecot, user: str, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    dovecot.seed(user, mails(3))
    run(paths, dovecot.imap, user, "sync")
    offline = Desk(paths, user, 1)
    offline.service.gestures.delete([offline.service.page(offline.inbox)[0].id])
    offline.service.close()
    assert run(paths, 1, user, "sync") == 69
    out = capsys.readouterr()
    assert "1 pending" in out.out
    assert "work" in out.err


def test_verify_finds_what_differs_and_changes_nothing(
    dovecot: Dovecot, user: str, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    dovecot.seed(user, mails(3))
    run(paths, dovecot.imap, user, "sync")
    assert run(paths, dovecot.imap, user, "verify") == 0
    desk = Desk(paths, user, 1)
    state = desk.service.store._state
    with state.write(durable=True) as tx:
        tx.execute("UPDATE msg SET s=1 WHERE uid=2")
    desk.service.close()
    capsys.readouterr()
    assert run(paths, dovecot.imap, user, "verify") == 1
    assert "1 have other flags" in capsys.readouterr().out


def test_fsck_finds_the_store_in_order(
    dovecot: Dovecot, user: str, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(paths, 1, user, "fsck") == 0
    assert "in order" in capsys.readouterr().out
