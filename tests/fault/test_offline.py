"""What was done without a link, against what happened on the server meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.bench import Bench
from tests.fault.scenarios import seed
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Plan
from tuimail.mail.types import Flag, Role


@pytest.fixture
def bench(dovecot: Dovecot, tmp_path: Path) -> Iterator[Bench]:
    """Five messages in the inbox, one in the archive, one in the trash, all known."""
    with Bench(dovecot, tmp_path / "home") as made:
        seed(made)
        yield made


def sent(bench: Bench, verb: bytes) -> list[bytes]:
    """Commands of one kind that went out."""
    return [line for line in bench.proxy.seen.commands if line.startswith(verb)]


def states(bench: Bench) -> list[tuple[str, str]]:
    """What is left in the queue: kind and state."""
    return [(each.kind, each.state) for each in bench.store.queue.live("work")]


def test_a_flag_set_offline_survives_a_restart_and_is_sent_once(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.SEEN)
    bench.restart()
    bench.sync()
    bench.sync()
    assert sent(bench, b"UID STORE") == [b"UID STORE 1 +FLAGS (\\Seen)"]
    assert bench.on_server["INBOX"]["1:seen"] == 1


def test_a_flag_toggled_back_sends_nothing(bench: Bench) -> None:
    for _ in range(3):
        bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.SEEN)
        bench.acts.set_flags(bench.ids("INBOX", 1), remove=Flag.SEEN)
    bench.sync()
    assert sent(bench, b"UID STORE") == []


def test_flags_of_two_clients_are_both_kept(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.FLAGGED)
    with bench.other() as client:
        client.uid("STORE", "1", "+FLAGS", "(\\Answered)")
    bench.sync()
    assert bench.on_server["INBOX"]["1:answered:flagged"] == 1
    assert bench.trouble() == []


def test_a_change_for_a_message_that_is_gone_ends_without_an_error(
    bench: Bench,
) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.FLAGGED)
    bench.acts.archive(bench.ids("INBOX", 2))
    with bench.other() as client:
        client.uid("STORE", "1:2", "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", "1:2")
    bench.sync()
    assert bench.on_server["INBOX"] == Counter("345")
    assert bench.trouble() == []


def test_a_folder_that_can_only_be_read_refuses_in_words(bench: Bench) -> None:
    owner = bench.dovecot.fresh_user()
    bench.dovecot.share(owner, "club", bench.user, "lr")
    from tests.mails import mail

    bench.dovecot.seed(owner, [mail(30)], "club")
    bench.sync()
    name = f"shared/{owner}/club"
    bench.acts.set_flags(bench.ids(name, 30), add=Flag.SEEN)
    bench.acts.archive(bench.ids(name, 30))
    bench.sync()
    assert {state for _, state in states(bench)} == {"failed"}
    assert bench.ids(name, 30), "the message is shown where it is"
    assert bench.store.fsck() == []


def test_two_moves_of_one_message_are_one_command(bench: Bench) -> None:
    ids = bench.ids("INBOX", 1)
    bench.acts.move(ids, bench.box("Archive"))
    bench.acts.move(ids, bench.box("Sent"))
    bench.sync()
    assert sent(bench, b"UID MOVE") == [b'UID MOVE 1 "Sent"']


def test_a_moved_message_keeps_its_identity_and_its_text(bench: Bench) -> None:
    (message,) = bench.ids("INBOX", 1)
    before = bench.store.messages.header(message)
    bench.acts.archive([message])
    bench.restart()
    bench.restart()
    bench.sync()
    after = bench.store.messages.header(message)
    assert before is not None
    assert after is not None
    assert (after.id, after.content) == (before.id, before.content)
    assert after.mailbox == bench.box("Archive")
    assert after.uid is not None


def test_five_hundred_messages_are_moved_by_three_commands(bench: Bench) -> None:
    bench.seed("INBOX", *range(100, 595))
    bench.sync()
    bench.acts.move(bench.ids("INBOX"), bench.box("Archive"))
    count = len(bench.proxy.seen.commands)
    session = bench.session()
    from tuimail.engine.replay import Replay

    replay = Replay(session, bench.store, "work")
    while replay.step() is not None:
        pass
    session.close()
    commands = bench.proxy.seen.commands[count:]
    work = [
        c.split()[0] for c in commands if not c.startswith((b"LOGIN", b"ID", b"EN"))
    ]
    assert work == [b"SELECT", b"STATUS", b"UID"]
    bench.sync()
    assert sum(bench.on_server["Archive"].values()) == 501 - 5 + 5
    assert bench.trouble() == []


def test_of_a_batch_the_message_that_is_gone_is_left_out(bench: Bench) -> None:
    bench.acts.archive(bench.ids("INBOX", 1, 2, 3))
    bench.proxy.plan = Plan(answer=_expunged_before(bench, "2"))
    bench.sync()
    assert bench.on_server == {
        "INBOX": Counter("45"),
        "Archive": Counter("139"),
        "Trash": Counter("7"),
    }
    assert bench.trouble() == []


def _expunged_before(bench: Bench, uid: str):  # type: ignore[no-untyped-def]
    """Another client removes a message right before our MOVE arrives."""
    done = []

    def answer(line: bytes) -> bytes | None:
        if line.startswith(b"UID MOVE") and not done:
            done.append(line)
            with bench.other() as client:
                client.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
                client.uid("EXPUNGE", uid)
        return None

    return answer


def test_what_another_client_moved_elsewhere_stays_there(bench: Bench) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    with bench.other() as client:
        client.uid("MOVE", "1", "Sent")
    bench.sync()
    assert bench.on_server["Sent"] == Counter("1")
    assert bench.on_server["Archive"] == Counter("9")
    assert bench.trouble() == []


def test_without_a_trash_one_is_made_and_nothing_is_removed(bench: Bench) -> None:
    with bench.other() as client:
        client.delete("Trash")
    bench.store.mailboxes.put_listing("work", [])
    for box in bench.store.mailboxes.all("work"):
        assert box.role is not Role.TRASH
    bench.acts.delete(bench.ids("INBOX", 1))
    bench.sync()
    assert bench.on_server["Trash"]["1"] == 1
    assert bench.on_server["INBOX"] == Counter("2345")


def test_removing_for_good_spares_what_another_client_marked(bench: Bench) -> None:
    with bench.other() as client:
        client.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
    bench.acts.remove(bench.ids("INBOX", 1), grace_s=0)
    bench.sync()
    assert bench.on_server["INBOX"] == Counter(["2:deleted", "3", "4", "5"])


def test_what_was_flagged_meanwhile_is_not_removed_but_asked_about(
    bench: Bench,
) -> None:
    bench.acts.remove(bench.ids("INBOX", 1, 2), grace_s=0)
    with bench.other() as client:
        client.uid("STORE", "1", "+FLAGS", "(\\Flagged)")
    bench.sync()
    assert bench.on_server["INBOX"] == Counter(["1:flagged", "3", "4", "5"])
    assert states(bench) == [("expunge", "asking")]
    (entry,) = bench.store.queue.live("work")
    bench.store.queue.discard(entry.op)
    assert bench.trouble() == []


def test_mail_that_came_after_the_trash_was_emptied_survives(bench: Bench) -> None:
    bench.acts.remove(bench.ids("Trash"), grace_s=0)
    bench.seed("Trash", 70)
    bench.sync()
    assert bench.on_server["Trash"] == Counter(["70"])
    assert bench.trouble() == []


def test_nothing_is_removed_from_a_folder_that_was_renumbered(bench: Bench) -> None:
    bench.acts.remove(bench.ids("Archive", 9), grace_s=0)
    with bench.other() as client:
        client.rename("Archive", "Elsewhere")
        client.create("Archive")
    bench.seed("Archive", 90)
    bench.sync()
    assert bench.on_server["Archive"] == Counter(["90"])
    assert bench.on_server["Elsewhere"] == Counter("9")
    assert not sent(bench, b"UID EXPUNGE")


def test_a_move_undone_before_it_was_sent_sends_nothing(bench: Bench) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    bench.acts.undo()
    bench.sync()
    assert not sent(bench, b"UID MOVE")
    assert bench.trouble() == []


def test_a_move_undone_after_it_was_sent_goes_back(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1), add=Flag.FLAGGED)
    bench.acts.archive(bench.ids("INBOX", 1))
    bench.sync()
    assert bench.on_server["Archive"]["1:flagged"] == 1
    bench.acts.undo()
    bench.sync()
    assert bench.on_server["INBOX"]["1:flagged"] == 1
    assert bench.trouble() == []


def test_a_copy_into_a_folder_that_is_gone_asks_and_can_be_made_again(
    bench: Bench,
) -> None:
    made = bench.acts_on_folders.create("work", "Project")
    bench.sync()
    bench.acts.copy(bench.ids("INBOX", 1), made)
    with bench.other() as client:
        client.delete("Project")
    session = bench.session()
    from tuimail.engine.replay import Replay

    replay = Replay(session, bench.store, "work")
    while replay.step() is not None:
        pass
    assert states(bench) == [("copy", "asking")]
    with bench.other() as client:
        client.create("Project")
    bench.store.queue.retry(bench.store.queue.live("work")[0].op)
    session.close()
    bench.sync()
    assert bench.on_server["Project"] == Counter("1")
    assert bench.on_server["INBOX"]["1"] == 1


def refuse(command: bytes, words: bytes):  # type: ignore[no-untyped-def]
    """Answer commands that match in the server's place."""
    import re

    pattern = re.compile(command)
    return lambda line: words if pattern.search(line) else None


def test_one_poisoned_message_does_not_keep_the_others(bench: Bench) -> None:
    bench.seed("INBOX", *range(10, 30))
    bench.sync()
    (poison,) = bench.ids("INBOX", 15)
    header = bench.store.messages.header(poison)
    assert header is not None
    uid = header.uid
    bench.acts.archive(bench.ids("INBOX"))
    bench.proxy.plan = Plan(answer=_refuse_uid(int(uid or 0)))
    bench.sync()
    assert bench.on_server["INBOX"] == Counter(["15"])
    assert states(bench) == [("move", "failed")]
    (entry,) = bench.store.queue.live("work")
    assert "unspeakable" in entry.error
    bench.proxy.plan = Plan()
    bench.restart()
    bench.store.queue.retry(entry.op)
    bench.sync()
    assert "INBOX" not in bench.on_server
    assert bench.trouble() == []


def _refuse_uid(uid: int):  # type: ignore[no-untyped-def]
    from tuimail.mail.uidset import UIDSet

    def answer(line: bytes) -> bytes | None:
        if line.startswith(b"UID MOVE") and uid in UIDSet.parse(line.split()[2]):
            return b"BAD unspeakable"
        return None

    return answer


def test_a_refusal_without_a_reason_is_tried_again_later(bench: Bench) -> None:
    bench.acts.archive(bench.ids("INBOX", 1))
    bench.proxy.plan = Plan(answer=refuse(rb"^UID MOVE", b"NO System Error"))
    bench.sync()
    (entry,) = bench.store.queue.live("work")
    assert entry.state == "queued"
    assert entry.not_before is not None
    assert "System Error" in entry.error
    bench.proxy.plan = Plan()
    bench.store.queue.retry(entry.op)
    bench.sync()
    assert bench.trouble() == []


def test_a_label_the_folder_cannot_keep_fails_in_words(bench: Bench) -> None:
    bench.acts.set_keywords(bench.ids("INBOX", 1), ["work"], [])
    bench.acts.set_flags(bench.ids("INBOX", 2), add=Flag.SEEN)
    bench.proxy.plan = Plan(answer=refuse(rb"STORE .*work", b"NO no keywords here"))
    bench.sync()
    assert states(bench) == [("flag", "failed")]
    assert bench.on_server["INBOX"]["2:seen"] == 1


def test_renumbering_keeps_what_was_wished_for_each_message(bench: Bench) -> None:
    bench.acts.set_flags(bench.ids("INBOX", 1, 2), add=Flag.FLAGGED)
    bench.acts.archive(bench.ids("INBOX", 3))
    _renumber(bench)
    bench.sync()
    bench.sync()
    assert bench.on_server == {
        "INBOX": Counter(["1:flagged", "2:flagged", "4", "5"]),
        "Archive": Counter("39"),
        "Trash": Counter("7"),
    }
    assert bench.trouble() == []


def _renumber(bench: Bench) -> None:
    """The server loses its UIDs, as after a restored backup."""
    home = bench.dovecot.root / "home" / bench.user / "Maildir"
    for index in [*home.glob("dovecot*"), *home.glob("Archive/dovecot*")]:
        if index.is_file():
            index.unlink()
    # Old names would bring the old UIDs back from the index's cache of names.
    for file in list((home / "cur").iterdir()):
        file.rename(file.with_name("9" + file.name))


def test_a_folder_that_another_client_renamed_keeps_its_mail(bench: Bench) -> None:
    bench.seed("Project", 40)
    bench.sync()
    (message,) = bench.ids("Project", 40)
    bench.acts.set_flags([message], add=Flag.FLAGGED)
    with bench.other() as client:
        client.rename("Project", "Done")
    bench.sync()
    assert bench.on_server["Done"] == Counter(["40:flagged"])
    assert bench.ids("Done", 40) == [message]
    assert bench.trouble() == []


def test_a_folder_that_a_listing_left_out_comes_back_as_it_was(bench: Bench) -> None:
    bench.acts.move(bench.ids("INBOX", 1), bench.box("Archive"))
    before = bench.box("Archive")
    kept = [b"INBOX"]
    from tuimail.store.values import Listed

    bench.store.mailboxes.put_listing("work", [Listed(n, "INBOX") for n in kept])
    bench.sync()
    assert bench.box("Archive") == before
    assert bench.on_server["Archive"] == Counter("19")
    assert bench.trouble() == []


def test_a_link_lost_in_every_command_of_a_long_change_still_ends_right(
    bench: Bench,
) -> None:
    bench.seed("INBOX", *range(100, 700))
    bench.sync()
    bench.acts.set_flags(bench.ids("INBOX"), add=Flag.SEEN)
    for _ in range(3):
        bench.proxy.plan = Plan(bench.proxy.seen.events + 320, after=True)
        bench.sync()
    read = bench.on_server["INBOX"]
    assert all(key.endswith(":seen") for key in read)
    assert len(sent(bench, b"UID STORE")) <= 2 + 3
    assert bench.trouble() == []


def test_a_copy_of_what_is_gone_is_not_made_and_waits_for_nothing(
    bench: Bench,
) -> None:
    bench.acts.copy(bench.ids("INBOX", 4), bench.box("Archive"))
    bench.acts.move(bench.ids("Archive", 4), bench.box("Sent"))
    with bench.other() as client:
        client.uid("STORE", "4", "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", "4")
    bench.sync()
    assert bench.trouble() == []


def test_copies_of_copies_go_with_what_they_are_copied_from(bench: Bench) -> None:
    bench.acts.copy(bench.ids("INBOX", 4), bench.box("Archive"))
    bench.acts.copy(bench.ids("Archive", 4), bench.box("Sent"))
    with bench.other() as client:
        client.uid("STORE", "4", "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", "4")
    bench.sync()
    assert bench.trouble() == []
