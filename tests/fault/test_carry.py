"""From one account to another: each message once, and never nowhere."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from tests.fault.bench import ACCOUNT, Killed
from tests.fault.pair import HOME, Pair
from tests.mails import mail
from tests.servers.dovecot import Dovecot
from tests.servers.faults import BARE, FULL, NO_MOVE, Plan
from tuimail.engine.fetch import PartFetcher, Wish
from tuimail.engine.queue_words import what
from tuimail.mail.bodystructure import body_structure
from tuimail.mail.headers import parse_envelope
from tuimail.mail.mime import parse
from tuimail.mail.types import UID, Flag, FlagSet, Section
from tuimail.store import appends
from tuimail.store.values import Row

EVERY = int(os.environ.get("TUIMAIL_CARRY_EVERY", "29"))
"""Which points are cut; 1 for all."""


def filled(pair: Pair) -> Pair:
    pair.put(ACCOUNT, "INBOX", 1, 2, 3)
    pair.put(HOME, "INBOX", 8)
    pair.sync()
    return pair


@pytest.fixture
def pair(dovecot: Dovecot, tmp_path: Path) -> Iterator[Pair]:
    with Pair(dovecot, tmp_path / "home") as made:
        yield filled(made)


def move(pair: Pair, count: int = 2) -> None:
    """Take the oldest messages home, one of them read before."""
    rows = pair.rows(ACCOUNT)[:count]
    pair.acts.set_flags(rows[:1], add=Flag.SEEN)
    pair.acts.move(rows, pair.place(HOME, "INBOX"))


def test_it_shows_at_once_and_is_there_in_the_end(pair: Pair) -> None:
    move(pair)
    assert pair.numbers(ACCOUNT) == "3"
    assert pair.numbers(HOME) == "1 2 8"
    pair.sync()
    assert pair.held(ACCOUNT)["INBOX"] == Counter("3")
    assert pair.held(HOME)["INBOX"] == Counter(["1:seen", "2", "8"])
    assert pair.unfinished() == []


def test_a_copy_leaves_the_message_where_it_is(pair: Pair) -> None:
    pair.acts.copy(pair.rows(ACCOUNT)[:1], pair.place(HOME, "INBOX"))
    pair.sync()
    assert pair.held(ACCOUNT)["INBOX"] == Counter("123")
    assert pair.held(HOME)["INBOX"] == Counter("18")
    assert pair.unfinished() == []


@pytest.mark.parametrize("server", [FULL, NO_MOVE], ids=["full", "plain"])
@pytest.mark.parametrize("fault", ["before", "after", "kill"])
def test_whatever_breaks_it_arrives_once_and_is_never_nowhere(
    dovecot: Dovecot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: frozenset[bytes],
    fault: str,
) -> None:
    # What a dead program left is swept at once, not a day later.
    monkeypatch.setattr(appends, "_ORPHAN_S", -1)
    at, struck = 3, True
    while struck:
        with Pair(dovecot, tmp_path / str(at), server) as pair:
            filled(pair)
            start = pair.proxy.seen.events
            if fault == "kill":
                pair.kill_at = pair.commits + at
            else:
                pair.proxy.plan = Plan(start + at, after=fault == "after")
            try:
                move(pair)
            except Killed:
                pair.restart()
                move(pair, len(pair.rows(ACCOUNT)) - 1)
            while pair.unfinished():
                pair.sync(rounds=1, broken=True)
                assert min(pair.copies(1), pair.copies(2)) >= 1, f"{fault} {at}"
                if struck := bool(pair.deaths or pair.proxy.seen.cuts):
                    pair.sync()
                    break
            else:
                struck = bool(pair.deaths or pair.proxy.seen.cuts)
            assert pair.unfinished() == [], f"{fault} {at}"
            assert sorted(pair.held(HOME)["INBOX"]) == ["1:seen", "2", "8"]
            assert pair.held(ACCOUNT)["INBOX"] == Counter("3"), f"{fault} {at}"
        at += EVERY


def test_taken_back_before_it_is_sent_nothing_is_sent(pair: Pair) -> None:
    move(pair)
    pair.acts.undo()
    assert (pair.numbers(ACCOUNT), pair.numbers(HOME)) == ("1 2 3", "8")
    before = len(pair.proxy.seen.commands)
    pair.sync()
    sent = pair.proxy.seen.commands[before:]
    assert not [line for line in sent if re.match(rb"(UID FETCH .*BODY|APPEND)", line)]
    assert pair.unfinished() == []


def test_taken_back_when_all_is_done_it_goes_back(pair: Pair) -> None:
    move(pair)
    pair.sync()
    pair.acts.undo()
    assert (pair.numbers(ACCOUNT), pair.numbers(HOME)) == ("1 2 3", "8")
    pair.sync()
    assert pair.held(ACCOUNT)["INBOX"] == Counter(["1:seen", "2", "3"])
    assert pair.held(HOME)["INBOX"] == Counter("8")
    assert pair.unfinished() == []


def test_taken_back_half_way_there_is_one_and_it_is_here(pair: Pair) -> None:
    move(pair, 1)
    for account in (ACCOUNT, HOME):
        pair._turn(account)
    assert pair.copies(1) == 2
    pair.acts.undo()
    pair.sync()
    assert pair.held(ACCOUNT)["INBOX"] == Counter(["1:seen", "2", "3"])
    assert pair.held(HOME)["INBOX"] == Counter("8")
    assert pair.unfinished() == []


def test_discarded_it_stays_where_it_is(pair: Pair) -> None:
    move(pair)
    (entry,) = pair.store.queue.live(HOME)
    assert pair.store.queue.discard(entry.op)
    assert (pair.numbers(ACCOUNT), pair.numbers(HOME)) == ("1 2 3", "8")
    pair.sync()
    assert pair.unfinished() == []


def test_deleted_for_good_before_it_arrived_it_is_deleted_where_it_lies(
    pair: Pair,
) -> None:
    move(pair, 1)
    pair.acts.remove(pair.rows(HOME)[:1], grace_s=0)
    assert (pair.numbers(ACCOUNT), pair.numbers(HOME)) == ("2 3", "8")
    pair.sync()
    assert pair.copies(1) == 0
    assert pair.unfinished() == []


def test_what_another_program_took_away_first_is_gone_and_no_riddle(
    pair: Pair,
) -> None:
    move(pair, 1)
    with pair.other() as client:
        client.uid("STORE", "1", "+FLAGS", "\\Deleted")
        client.expunge()
    pair.sync()
    assert (pair.numbers(ACCOUNT), pair.numbers(HOME)) == ("2 3", "8")
    assert pair.unfinished() == []


def test_a_folder_that_is_gone_needs_the_user_and_nothing_leaves(pair: Pair) -> None:
    pair.put(HOME, "Garden", 40)
    pair.sync()
    pair.acts.move(pair.rows(ACCOUNT)[:1], pair.place(HOME, "Garden"))
    user, pair.user = pair.user, pair.users[HOME]
    with pair.other() as client:
        client.delete("Garden")
    pair.user = user
    pair.sync()
    assert pair.copies(1) == 1
    states = {e.kind: e.state for a in pair.users for e in pair.store.queue.live(a)}
    assert states["append"] in ("asking", "queued")
    assert states["expunge"] == "queued"


def test_an_answer_that_was_lost_makes_no_second_message(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """The server stored it, without UIDPLUS, and the link broke before it said so."""
    with Pair(dovecot, tmp_path / "bare", BARE) as pair:
        filled(pair)
        pair.acts.copy(pair.rows(ACCOUNT)[:1], pair.place(HOME, "INBOX"))
        pair._turn(ACCOUNT)
        stored = []

        def lose(line: bytes) -> bytes:
            asked = pair.proxy.seen.commands[-1]
            if asked.startswith(b"APPEND") and not stored and b" OK " in line:
                stored.append(line)
                pair.proxy.cut()
            return line

        pair.proxy.plan = Plan(rewrite=lose)
        pair.sync()
        assert stored
        assert pair.copies(1) == 2
        assert pair.held(HOME)["INBOX"] == Counter("18")
        assert pair.unfinished() == []


def test_a_text_can_be_read_while_the_message_is_on_its_way(pair: Pair) -> None:
    """Its octets are in the vault, and the message it came from is gone."""
    move(pair, 1)
    pair._turn(ACCOUNT)
    with pair.other() as client:
        client.uid("STORE", "1", "+FLAGS", "\\Deleted")
        client.expunge()
    pair._turn(ACCOUNT)
    (message,) = pair.rows(HOME)[:1]
    place = pair.store.messages.place(message)
    assert place is not None
    found = PartFetcher(pair.store).cached(Wish(place, Section("1"), 0))
    assert found is not None
    assert b"text of message 1" in found
    pair.sync()
    assert pair.held(HOME)["INBOX"] == Counter(["1:seen", "8"])


def test_a_full_cache_takes_nothing_from_what_is_on_its_way(pair: Pair) -> None:
    pair.put(ACCOUNT, "INBOX", *range(50, 100))
    pair.sync()
    pair.acts.move(pair.rows(ACCOUNT), pair.place(HOME, "INBOX"))
    pair._turn(ACCOUNT)
    pair.store.parts.evict(0)
    pair.sync()
    assert sum(pair.held(HOME)["INBOX"].values()) == 54
    assert pair.unfinished() == []


def test_the_queue_names_both_accounts(pair: Pair) -> None:
    move(pair)
    there = [what(e) for e in pair.store.queue.live(HOME)]
    here = [what(e) for e in pair.store.queue.live(ACCOUNT) if e.kind != "flag"]
    assert there == ["move 2 messages  work: INBOX → home: INBOX"]
    assert here == ["take away, once moved, 2 messages  INBOX → home: INBOX"]


def new_message(pair: Pair, number: int) -> None:
    """A message that lies on no server, as an import brings it."""
    octets = mail(number)
    header = octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    row = Row(
        uid=UID(1),
        arrival=1_700_000_000,
        size=len(octets),
        flags=FlagSet(Flag.SEEN),
        modseq=None,
        envelope=parse_envelope(header),
        structure=body_structure(parse(octets)),
        attach=False,
        hdr_hash=blake2b(header, digest_size=16).digest(),
    )
    assert pair.store.appends.queue_new(pair.place(HOME, "INBOX"), row, octets)


def test_a_message_from_a_file_shows_is_read_and_is_stored_once(pair: Pair) -> None:
    new_message(pair, 77)
    assert pair.numbers(HOME) == "77 8"
    message = pair.rows(HOME)[-1]
    place = pair.store.messages.place(message)
    assert place is not None
    found = PartFetcher(pair.store).cached(Wish(place, Section("1"), 0))
    assert found is not None
    assert b"text of message 77" in found
    pair.restart()
    pair.sync()
    pair.sync()
    assert pair.held(HOME)["INBOX"] == Counter(["77:seen", "8"])
    assert pair.unfinished() == []


def test_a_message_from_a_file_taken_back_is_nowhere(pair: Pair) -> None:
    new_message(pair, 77)
    pair.acts.undo()
    assert pair.numbers(HOME) == "8"
    pair.sync()
    assert pair.held(HOME)["INBOX"] == Counter("8")
