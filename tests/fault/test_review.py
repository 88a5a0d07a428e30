"""Wishes that cannot be carried out as meant: nothing blocks, nothing is repeated."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.bench import ACCOUNT, Bench
from tests.fault.scenarios import seed
from tests.servers.dovecot import Dovecot
from tests.servers.faults import BARE, Plan
from tuimail.engine import transfer
from tuimail.engine.queue_words import past, what
from tuimail.engine.replay import Replay
from tuimail.engine.transfer import Transfer, evidence
from tuimail.errors import TuimailError
from tuimail.mail.types import Flag
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.store import transfers
from tuimail.store.values import Evidence, TransferJob


@pytest.fixture
def bench(dovecot: Dovecot, tmp_path: Path) -> Iterator[Bench]:
    with Bench(dovecot, tmp_path / "home") as made:
        seed(made)
        yield made


def replay(bench: Bench) -> None:
    """Send what is pending over one connection, and no more."""
    session = bench.session()
    try:
        work = Replay(session, bench.store, ACCOUNT)
        while work.step() is not None:
            pass
    finally:
        session.close()


def states(bench: Bench) -> list[tuple[str, str]]:
    return [(each.kind, each.state) for each in bench.store.queue.live(ACCOUNT)]


def test_a_death_while_a_target_was_refused_is_no_riddle(bench: Bench) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    job = bench.store.transfers.claim(ACCOUNT, bench.store.operations.epoch)
    assert job is not None
    bench.store.transfers.begin(job, None)
    bench.restart()
    bench.sync()
    assert bench.on_server["Archive"] == Counter("19")
    assert bench.trouble() == []


def test_a_folder_that_cannot_be_opened_keeps_no_other_waiting(bench: Bench) -> None:
    bench.acts.move(bench.ids("Archive", 9), bench.box("Sent"))
    bench.acts.archive(bench.ids("INBOX", 1))
    bench.proxy.plan = Plan(
        answer=lambda line: (
            b"NO [SERVERBUG] broken index"
            if re.match(rb'SELECT "Archive"', line)
            else None
        )
    )
    replay(bench)
    assert bench.on_server["Archive"]["1"] == 1
    (entry,) = bench.store.queue.live(ACCOUNT)
    assert entry.not_before is not None
    assert "broken index" in entry.error


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("command", [b"UID MOVE 1 ", b"UID MOVE 2 ", b"UID MOVE 3 "])
def test_of_many_moves_in_a_row_the_one_that_is_cut_is_found(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, command: bytes, after: bool
) -> None:
    """Only the first of them asks how the target stands."""
    monkeypatch.setattr(transfers, "MESSAGES_MAX", 1)
    before = bench.on_server["Archive"]
    cut: list[bytes] = []

    def answer(line: bytes) -> bytes | None:
        if line.startswith(command) and not cut:
            cut.append(line)
            bench.proxy.plan = Plan(
                at=bench.proxy.seen.events + (2 if after else 0), after=after
            )
        return None

    bench.acts.archive(bench.ids("INBOX", 1, 2, 3))
    bench.proxy.plan = Plan(answer=answer)
    with contextlib.suppress(TuimailError):
        replay(bench)
    assert cut
    bench.proxy.plan = Plan()
    bench.sync()
    assert bench.on_server["Archive"] == before + Counter("123")
    assert bench.on_server["INBOX"].keys() & {"1", "2", "3"} == set()
    assert bench.trouble() == []
    asked = [c for c in bench.proxy.seen.commands if c.startswith(b'STATUS "Archive')]
    assert len(asked) <= 3


def test_what_was_moved_into_a_folder_that_is_deleted_then_goes_back(
    bench: Bench,
) -> None:
    bench.acts.move(bench.ids("INBOX", 1), bench.box("Archive"))
    bench.acts.copy(bench.ids("INBOX", 2), bench.box("Archive"))
    bench.acts_on_folders.delete(bench.box("Archive"))
    assert len(bench.ids("INBOX")) == 5
    bench.sync()
    assert bench.on_server["INBOX"] == Counter("12345")
    assert states(bench) == []
    assert bench.store.fsck() == []


def test_a_folder_deleted_before_it_was_made_gives_its_messages_back(
    bench: Bench,
) -> None:
    made = bench.acts_on_folders.create(ACCOUNT, "Garden")
    bench.acts.move(bench.ids("INBOX", 1), made)
    bench.acts_on_folders.delete(made)
    assert bench.ids("INBOX", 1)
    bench.sync()
    assert bench.on_server["INBOX"]["1"] == 1
    assert bench.trouble() == []


def test_undoing_a_new_folder_gives_its_messages_back(bench: Bench) -> None:
    made = bench.acts_on_folders.create(ACCOUNT, "Garden")
    bench.acts.move(bench.ids("INBOX", 1), made)
    groups = [each.group for each in bench.store.queue.history(ACCOUNT)]
    bench.acts.undo(min(groups))
    assert bench.ids("INBOX", 1)
    bench.sync()
    assert bench.trouble() == []


def test_undoing_a_deletion_that_was_sent_says_that_the_folder_is_gone(
    bench: Bench,
) -> None:
    bench.seed("Project", 40)
    bench.sync()
    bench.acts.copy(bench.ids("INBOX", 1), bench.box("Project"))
    bench.sync()
    bench.acts_on_folders.delete(bench.box("Project"))
    bench.sync()
    said = bench.acts.undo()
    assert said == "The folder Project cannot come back: it is deleted"


@pytest.mark.parametrize("act", ["copy", "move", "flag"])
def test_taking_back_what_went_with_a_deleted_folder_leaves_nothing_pending(
    bench: Bench, act: str
) -> None:
    bench.seed("Project", 40)
    bench.sync()
    if act == "copy":
        bench.acts.copy(bench.ids("INBOX", 1), bench.box("Project"))
    elif act == "move":
        bench.acts.move(bench.ids("INBOX", 1), bench.box("Project"))
    else:
        bench.acts.set_flags(bench.ids("Project"), add=Flag.FLAGGED)
    bench.sync()
    bench.acts_on_folders.delete(bench.box("Project"))
    bench.sync()
    bench.acts.undo()
    bench.acts.undo()
    bench.sync()
    assert states(bench) == []
    assert bench.store.fsck() == []


def test_a_folder_made_again_before_it_was_deleted_is_there(bench: Bench) -> None:
    bench.seed("Project", 40)
    bench.sync()
    bench.acts_on_folders.delete(bench.box("Project"))
    made = bench.acts_on_folders.create(ACCOUNT, "Project")
    replay(bench)
    bench.acts.move(bench.ids("INBOX", 1), made)
    bench.sync()
    assert bench.on_server["Project"] == Counter("1")
    assert bench.trouble() == []


def test_a_copy_that_cannot_be_found_is_not_made_again(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    with Bench(dovecot, tmp_path / "bare", BARE) as bench:
        seed(bench)
        bench.acts.copy(bench.ids("INBOX", 1), bench.box("Archive"))
        bench.proxy.plan = Plan(
            rewrite=lambda line: re.sub(rb"RFC822.SIZE \d+", b"RFC822.SIZE 7", line)
        )
        replay(bench)
        replay(bench)
        copies = [c for c in bench.proxy.seen.commands if c.startswith(b"UID COPY")]
        assert len(copies) == 1
        assert states(bench) == [("copy", "asking")]


def test_a_move_that_is_said_to_be_done_and_is_not_waits(bench: Bench) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    bench.proxy.plan = Plan(
        answer=lambda line: b"OK done" if line.startswith(b"UID MOVE") else None
    )
    replay(bench)
    moves = [c for c in bench.proxy.seen.commands if c.startswith(b"UID MOVE")]
    assert len(moves) == 1
    (entry,) = bench.store.queue.live(ACCOUNT)
    assert entry.not_before is not None
    bench.proxy.plan = Plan()
    bench.store.queue.retry(entry.op)
    bench.sync()
    assert bench.trouble() == []


def test_a_renamed_folder_that_was_open_leaves_the_inbox_writable(
    bench: Bench,
) -> None:
    bench.seed("Project", 40)
    bench.sync()
    session = bench.session()
    session.select(b"Project")
    bench.acts_on_folders.rename(bench.box("Project"), "Done")
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.SEEN)
    bench.acts.archive(bench.ids("INBOX", 2))
    work = Replay(session, bench.store, ACCOUNT)
    while work.step() is not None:
        pass
    session.close()
    assert states(bench) == []
    bench.sync()
    assert bench.trouble() == []


def test_an_unsure_move_out_of_a_renumbered_folder_is_still_carried_out(
    bench: Bench,
) -> None:
    bench.acts.archive(bench.ids("INBOX", 3))
    at = bench.proxy.seen.events
    bench.proxy.plan = Plan(answer=lambda line: _cut(bench, line))
    bench.sync(rounds=1, broken=True)
    bench.proxy.plan = Plan()
    assert states(bench) == [("move", "unsure")]
    assert bench.proxy.seen.events > at
    home = bench.dovecot.root / "home" / bench.user / "Maildir"
    for index in home.glob("dovecot*"):
        index.unlink()
    for file in list((home / "cur").iterdir()):
        file.rename(file.with_name("9" + file.name))
    # Fewer messages than before: the old number of ours may name nothing now.
    bench.sync()
    bench.sync()
    assert bench.on_server["Archive"] == Counter("39")
    assert bench.on_server["INBOX"] == Counter("1245")
    assert bench.trouble() == []


def _cut(bench: Bench, line: bytes) -> bytes | None:
    """Break the link before a MOVE reaches the server."""
    if line.startswith(b"UID MOVE"):
        bench.proxy.cut()
    return None


def test_an_unsure_move_to_a_folder_that_is_gone_asks(bench: Bench) -> None:
    bench.seed("Project", 40)
    bench.sync()
    bench.acts.move(bench.ids("INBOX", 3), bench.box("Project"))
    bench.proxy.plan = Plan(answer=lambda line: _cut(bench, line))
    bench.sync(rounds=1, broken=True)
    bench.proxy.plan = Plan()
    with bench.other() as client:
        client.delete("Project")
    replay(bench)
    assert states(bench) == [("move", "asking")]
    assert bench.on_server["INBOX"]["3"] == 1


def test_the_history_lists_a_gesture_once_and_not_its_taking_back(
    bench: Bench,
) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.FLAGGED)
    bench.sync()
    bench.acts.undo()
    bench.sync()
    (gesture,) = bench.store.queue.history(ACCOUNT)
    assert gesture.undone
    assert past(gesture).endswith("(undone)")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(True, "subscribe to Archive"), (False, "unsubscribe from Archive")],
)
def test_the_queue_says_which_way_a_subscription_goes(
    bench: Bench, wanted: bool, words: str
) -> None:
    bench.acts_on_folders.subscribe(bench.box("Archive"), not wanted)
    bench.sync()
    bench.acts_on_folders.subscribe(bench.box("Archive"), wanted)
    (entry,) = bench.store.queue.live(ACCOUNT)
    assert what(entry) == words


def broken_move(bench: Bench, copy: bool = False) -> None:
    """Archive or copy a message; the link breaks before the server has done it."""
    if copy:
        bench.acts.copy(bench.ids("INBOX", 1), bench.box("Archive"))
    else:
        bench.acts.archive(bench.ids("INBOX", 1))
    job = bench.store.transfers.claim(ACCOUNT, bench.store.operations.epoch)
    assert job is not None
    session = bench.session()
    status = evidence(session, b"Archive")
    session.close()
    bench.store.transfers.suspend(
        bench.store.transfers.begin(job, status), "the link broke"
    )


def late(bench: Bench, command: str) -> None:
    """The server was still at what it had been told before the link broke."""
    with bench.other() as client:
        client.uid("MOVE", command, "Archive")


def test_a_server_that_is_still_moving_has_taken_nothing_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_move(bench)
    present = Transfer._present

    def then(transfer: Transfer, job: TransferJob) -> UIDSet:
        late(bench, "1")
        return present(transfer, job)

    monkeypatch.setattr(Transfer, "_present", then)
    replay(bench)
    assert states(bench) == []
    assert bench.acts.undo()
    monkeypatch.undo()
    replay(bench)
    assert bench.on_server["INBOX"]["1"] == 1
    assert bench.on_server["Archive"]["1"] == 0


def test_a_copy_that_came_through_late_is_not_made_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_move(bench, copy=True)
    standing = transfer.evidence

    def then(session: ImapSession, target: bytes) -> Evidence:
        with bench.other() as client:
            client.uid("COPY", "1", "Archive")
        return standing(session, target)

    monkeypatch.setattr(transfer, "evidence", then)
    replay(bench)
    assert states(bench) == []
    assert bench.on_server["Archive"]["1"] == 1
    assert bench.on_server["INBOX"]["1"] == 1


def test_a_move_sent_again_too_early_is_found_by_the_older_evidence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_move(bench)
    standing = transfer.evidence

    def then(session: ImapSession, target: bytes) -> Evidence:
        late(bench, "1")
        return standing(session, target)

    monkeypatch.setattr(transfer, "evidence", then)
    replay(bench)
    monkeypatch.undo()
    # Nothing was moved, as it seemed: it is tried again, later.
    with bench.store._state.write(durable=False) as tx:
        tx.execute("UPDATE op SET not_before=NULL")
    replay(bench)
    assert states(bench) == []
    assert bench.acts.undo()
    replay(bench)
    assert bench.on_server["INBOX"]["1"] == 1
    assert bench.on_server["Archive"]["1"] == 0
