"""A maildrop on a real server, cut and killed: nothing is lost, nothing comes twice."""

from __future__ import annotations

import hashlib
import imaplib
import mailbox
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mails import mail, mails
from tests.net.test_pop3 import ODD_BODIES, opened
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.pop_faults import PopFaultProxy
from tests.servers.scripted_pop import ScriptedPop
from tuimail.config import OnServer, Pop3Account, Security
from tuimail.engine.maildrop import MASS_OK, Maildrop
from tuimail.errors import (
    Away,
    Gone,
    ServerFault,
    TuimailError,
    Unreachable,
    Unsupported,
)
from tuimail.mail.types import Flag, FlagSet
from tuimail.net.auth import Password
from tuimail.store.maildir_names import Entry
from tuimail.store.maildrop import Maildrops, PopItem, PopState, Removal
from tuimail.store.maildrop_tree import MaildropTree
from tuimail.store.store import Store

FLAGGED, NOTHING = FlagSet(Flag.FLAGGED), FlagSet()
INBOX, TRASH = b"INBOX", b"Trash"
DAY_S = 86_400
NO_IDS = frozenset([b"UIDL", b"PIPELINING"])
"""Hidden; the proxy answers at once, so nothing may be on its way before."""


class Rig:
    """One account's side of a maildrop, without threads."""

    def __init__(self, root: Path, account: Pop3Account) -> None:
        self.store = Store(root / "state", root / "cache", root / "data")
        self.now = 1_800_000_000.0
        self.account = account
        self.tree = MaildropTree(
            root / "mail",
            self.store.maildrops,
            account.name,
            lambda folder: folder == TRASH,
            follow=account.delete_when_deleted,
        )
        for folder in (INBOX, TRASH):
            self.tree.make(folder)
        self.drop = Maildrop(
            account,
            Password(account),
            self.store.maildrops,
            self.tree,
            lambda: self.now,
        )

    def triage(self) -> None:
        """Look, and have all headers."""
        self.drop.leave()
        self.drop.look()
        while self.drop.headers(50):
            pass

    def poll(self) -> None:
        """All that is done by itself, with every message fetched."""
        self.triage()
        while self.drop.nameless and self.drop.drain():
            self.drop.look()
        while wanted := self.drop.waiting():
            self.drop.fetch_many(wanted[:20])
        self.drop.remove()
        self.drop.leave()

    def entries(self, folder: bytes = INBOX) -> list[Entry]:
        return sorted(self.tree.scan(folder))

    def entry(self, number: int) -> Entry:
        """The message whose subject has this number."""
        for item in self.items():
            if b"message %d\r\n" % number in self.header(item):
                entries = [*self.entries(), *self.entries(TRASH)]
                return next(e for e in entries if e.key == item.key)
        raise LookupError(number)

    def header(self, item: PopItem) -> bytes:
        file = self.tree.find(item)
        if file is not None:
            return file.read_bytes()
        full = self.store.maildrops.by_key(self.account.name, item.key)
        return full.header_block if full else b""

    def items(self) -> list[PopItem]:
        return list(self.store.maildrops.items(self.account.name).values())

    def states(self) -> Counter[PopState]:
        return Counter(item.state for item in self.items())

    def octets(self) -> list[bytes]:
        """All messages that are here, in all folders."""
        files = [self.tree.file(f, e) for f in (INBOX, TRASH) for e in self.entries(f)]
        return sorted(file.read_bytes() for file in files if file is not None)

    def close(self) -> None:
        self.drop.abort()
        self.store.close()


Make = Callable[..., Rig]


@pytest.fixture
def make(dovecot: Dovecot, user: str, tmp_path: Path) -> Iterator[Make]:
    """Rigs for one maildrop, each in a folder of its own or in one that is there."""
    made: list[Rig] = []

    def build(port: int = 0, where: str = "here", **settings: object) -> Rig:
        account = Pop3Account(
            *("drop", "ann@example.org", "127.0.0.1", user),
            port=port or dovecot.pop3,
            security=Security.NONE,
            password=PASSWORD,
        )
        account = replace(account, **settings)  # type: ignore[arg-type]
        made.append(Rig(tmp_path / where, account))
        return made[-1]

    yield build
    for rig in made:
        rig.close()


def left(dovecot: Dovecot, user: str) -> list[bytes]:
    """What is on the server."""
    found = []
    with opened(dovecot, user) as session:
        for entry in session.listing().entries:
            taken = bytearray()
            session.retrieve(entry.number, taken.extend)
            found.append(bytes(taken))
    return sorted(found)


# -- headers before messages ----------------------------------------------


def test_headers_come_and_no_message_does(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(120))
    rig = make()
    rig.triage()
    assert rig.states() == {PopState.WAITING: 120}
    assert len(rig.entries()) == 120
    assert rig.octets() == []


def test_the_newest_headers_come_first(make: Make, dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(30))
    rig = make()
    rig.drop.look()
    assert len(rig.drop.headers(10)) == 10
    waiting = [i for i in rig.items() if i.state is PopState.WAITING]
    numbers = {int(rig.header(i).split(b"message ")[1].split()[0]) for i in waiting}
    assert numbers == set(range(21, 31))


def test_a_message_keeps_its_place_and_flags_when_it_is_fetched(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    rig = make()
    rig.triage()
    waiting = rig.entry(2)
    marked = rig.tree.set_flags(INBOX, waiting, FLAGGED, NOTHING)
    assert marked is not None
    item = rig.tree.item(marked)
    assert item is not None
    fetched = rig.drop.fetch(item)
    assert (fetched.key, fetched.letters) == (waiting.key, "F")
    assert rig.octets() == [mail(2)]


def test_what_is_filed_while_it_waits_is_fetched_into_its_folder(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    rig = make()
    rig.triage()
    moved = rig.tree.move(INBOX, rig.entry(1), TRASH)
    assert moved is not None
    item = rig.tree.item(moved)
    assert item is not None
    rig.drop.fetch(item)
    assert [e.key for e in rig.entries(TRASH)] == [moved.key]
    assert len(rig.entries()) == 1


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_a_message_is_stored_octet_by_octet(
    make: Make, dovecot: Dovecot, user: str, body: bytes
) -> None:
    dovecot.seed(user, [mail(1), b"Subject: odd\r\n\r\n" + body])
    rig = make()
    rig.poll()
    assert rig.octets() == left(dovecot, user)
    digests = {item.digest for item in rig.items()}
    assert digests == {hashlib.sha256(each).digest() for each in rig.octets()}


def test_a_file_that_was_stored_and_not_written_down_is_not_fetched_again(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    rig = make()
    rig.triage()
    rig.store.maildrops.renew = lambda *stored: None  # type: ignore[method-assign]
    rig.drop.fetch_many(rig.drop.waiting()[:2])
    del rig.store.maildrops.renew
    assert rig.states() == {PopState.WAITING: 3}
    with PopFaultProxy(dovecot.pop3) as proxy:
        again = make(proxy.port)
        again.poll()
        assert sum(c.startswith(b"RETR") for c in proxy.seen.commands) == 1
    assert again.states() == {PopState.STORED: 3}
    assert again.octets() == sorted(mails(3))


# -- removal --------------------------------------------------------------


def test_by_default_nothing_is_removed(make: Make, dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(5))
    rig = make()
    rig.poll()
    assert len(left(dovecot, user)) == 5
    rig.tree.remove(INBOX, rig.entry(1))
    rig.poll()
    assert len(left(dovecot, user)) == 5
    assert len(rig.octets()) == 4


def test_download_and_delete_leaves_the_server_empty(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(15))
    rig = make(on_server=OnServer.DELETE)
    rig.poll()
    assert left(dovecot, user) == []
    assert rig.octets() == sorted(mails(15))


@pytest.mark.parametrize("harm", ["cut short", "changed", "gone"])
def test_a_message_whose_file_is_not_what_came_stays_on_the_server(
    make: Make, dovecot: Dovecot, user: str, harm: str
) -> None:
    dovecot.seed(user, mails(3))
    rig = make()
    rig.poll()
    file = rig.tree.file(INBOX, rig.entry(2))
    assert file is not None
    if harm == "gone":
        file.unlink()
    else:
        data = file.read_bytes()
        file.write_bytes(data[:-1] if harm == "cut short" else data[:-1] + b"?")
    rig.drop = make(on_server=OnServer.DELETE).drop
    rig.poll()
    assert left(dovecot, user) == [mail(2)]


def test_a_message_that_waits_is_removed_when_it_is_deleted_for_good(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    rig = make()
    rig.triage()
    rig.tree.remove(INBOX, rig.entry(2))
    assert len(rig.entries()) == 2
    rig.drop.remove()
    assert left(dovecot, user) == [mail(1), mail(3)]
    assert rig.octets() == []


@pytest.mark.parametrize(("follow", "kept"), [(True, [1, 3]), (False, [1, 2, 3])])
def test_what_is_put_into_the_trash_here_goes_there_when_that_is_wished(
    make: Make, dovecot: Dovecot, user: str, follow: bool, kept: list[int]
) -> None:
    dovecot.seed(user, mails(3))
    rig = make(delete_when_deleted=follow)
    rig.poll()
    rig.tree.move(INBOX, rig.entry(2), TRASH)
    rig.poll()
    assert left(dovecot, user) == [mail(n) for n in kept]
    assert len(rig.octets()) == 3


def test_what_is_taken_out_of_the_trash_again_stays(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    rig = make(delete_when_deleted=True)
    rig.poll()
    moved = rig.tree.move(INBOX, rig.entry(2), TRASH)
    assert moved is not None
    rig.tree.move(TRASH, moved, INBOX)
    rig.poll()
    assert len(left(dovecot, user)) == 2


def test_deletions_made_offline_go_after_seven_days_with_the_old_ones(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    """Exactly those go: what is old, what was deleted; what is flagged stays."""
    dovecot.seed(user, mails(6))
    rig = make(delete_after_days=7)
    rig.poll()
    rig.tree.set_flags(INBOX, rig.entry(5), FLAGGED, NOTHING)
    for _ in range(3):
        rig.now += 3 * DAY_S
        dovecot.seed(user, [mail(100 + int(rig.now))])
        rig.triage()
        rig.drop.leave()
    rig.tree.remove(INBOX, rig.entry(100 + int(rig.now)))
    rig.poll()
    kept = [each.split(b"message ")[1].split()[0] for each in left(dovecot, user)]
    last = int(rig.now)
    recent = [100 + last - 6 * DAY_S, 100 + last - 3 * DAY_S]
    assert sorted(map(int, kept)) == [5, *recent]


def test_many_removals_wait_for_the_users_word(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(30))
    rig = make(on_server=OnServer.DELETE)
    rig.poll()
    assert rig.drop.held_back == 30
    assert len(left(dovecot, user)) == 30
    rig.store.maildrops.note("drop", MASS_OK, "1")
    rig.poll()
    assert left(dovecot, user) == []


# -- cuts and deaths ------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_cut_at_every_event_everything_is_here_once_and_the_server_empty(
    make: Make, dovecot: Dovecot, after: bool
) -> None:
    for at in range(1, 500):
        user = dovecot.fresh_user()
        dovecot.seed(user, mails(2))
        with PopFaultProxy(dovecot.pop3) as proxy:
            proxy.plan.at, proxy.plan.after = at, after
            rig = make(proxy.port, f"{at}", user=user, on_server=OnServer.DELETE)
            try:
                rig.poll()
            except TuimailError:
                rig.drop.leave()
            cut, proxy.plan.at = proxy.seen.cuts, 0
            assert set(mails(2)) <= {*rig.octets(), *left(dovecot, user)}
            rig.poll()
            rig.poll()
        assert rig.octets() == mails(2)
        assert left(dovecot, user) == []
        rig.close()
        if not cut:
            break
    assert at > 40


CALLS = ("fsync", "rename", "unlink", "replace")
WRITES = ("add", "renew", "note")


@pytest.mark.parametrize("way", ["wire", "disk"])
def test_killed_at_every_event_everything_is_here_once(
    make: Make, dovecot: Dovecot, way: str
) -> None:
    """By each line that passes, and by each call that changes the disk."""
    for at in range(1, 500):
        user = dovecot.fresh_user()
        dovecot.seed(user, mails(2))
        with PopFaultProxy(dovecot.pop3) as proxy:
            child = os.fork()
            if child == 0:
                _die_in_a_poll(make, proxy, user, way, at)
            proxy.plan.at = at if way == "wire" else 0
            _, status = os.waitpid(child, 0)
        died = os.WIFSIGNALED(status)
        rig = make(where=f"{way}{at}", user=user, on_server=OnServer.DELETE)
        assert set(mails(2)) <= {*rig.octets(), *left(dovecot, user)}
        rig.poll()
        rig.poll()
        assert rig.octets() == mails(2)
        assert left(dovecot, user) == []
        rig.close()
        if not died:
            break
    assert at > 12


def _die_in_a_poll(
    make: Make, proxy: PopFaultProxy, user: str, way: str, at: int
) -> None:
    """In a child: poll until the n-th event, and die by a signal there."""
    seen = 0

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **keywords: object) -> object:
            nonlocal seen
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **keywords)

        return call

    if way == "disk":
        for name in CALLS:
            setattr(os, name, dying(getattr(os, name)))
        for name in WRITES:
            setattr(Maildrops, name, dying(getattr(Maildrops, name)))
    try:
        rig = make(proxy.port, f"{way}{at}", user=user, on_server=OnServer.DELETE)
        rig.poll()
    except (Unreachable, Away):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(0)


def test_a_long_maildrop_over_a_link_that_breaks_is_fetched_without_repeats(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(400))
    with PopFaultProxy(dovecot.pop3) as proxy:
        rig = make(proxy.port)
        tries = 0
        while tries < 100:
            tries += 1
            proxy.plan.at = proxy.seen.events + 2500
            try:
                rig.poll()
                break
            except TuimailError:
                continue
        asked = Counter(c for c in proxy.seen.commands if c.startswith(b"RETR"))
    assert 2 < tries < 99
    assert len(rig.octets()) == 400
    # What was asked for and on its way when the link broke is asked for again.
    assert sum(asked.values()) <= 400 + 20 * tries


# -- servers with other ideas ----------------------------------------------


def test_without_the_answer_to_quit_the_next_time_tells(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    with PopFaultProxy(dovecot.pop3) as proxy:
        rig = make(proxy.port, on_server=OnServer.DELETE)
        proxy.plan.answer = lambda line: b"-ERR later" if line == b"QUIT" else None
        rig.poll()
        assert rig.states() == {PopState.STORED: 3}
        assert len(left(dovecot, user)) == 3
        proxy.plan.answer = lambda line: None
        rig.poll()
    assert left(dovecot, user) == []
    assert rig.octets() == sorted(mails(3))


def test_all_new_ids_bring_nothing_twice(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(12))
    with PopFaultProxy(dovecot.pop3) as proxy:
        rig = make(proxy.port)
        rig.triage()
        item = rig.tree.item(rig.entry(7))
        assert item is not None
        rig.drop.fetch(item)
        keys = {entry.key for entry in rig.entries()}
        proxy.plan.rewrite = new_ids
        before = len(proxy.seen.commands)
        rig.triage()
        later = proxy.seen.commands[before:]
    assert {entry.key for entry in rig.entries()} == keys
    assert rig.states() == {PopState.WAITING: 11, PopState.STORED: 1}
    assert not any(command.startswith(b"RETR") for command in later)


def new_ids(line: bytes) -> bytes:
    words = line.split()
    if len(words) == 2 and words[0].isdigit() and len(words[1]) > 12:
        return b"%s moved-%s\r\n" % (words[0], words[1])
    return line


def test_an_empty_maildrop_once_is_not_believed(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(30))
    rig = make()
    rig.poll()
    keys = {entry.key for entry in rig.entries()}
    with PopFaultProxy(dovecot.pop3) as proxy:
        empty = {b"STAT": b"+OK 0 0", b"LIST": b"+OK\r\n.", b"UIDL": b"+OK\r\n."}
        proxy.plan.answer = empty.get
        other = make(proxy.port)
        other.triage()
        proxy.plan.answer = lambda line: None
        before = len(proxy.seen.commands)
        other.poll()
        asked = proxy.seen.commands[before:]
    assert not [c for c in asked if c[:4] in (b"RETR", b"TOP ")]
    assert {entry.key for entry in other.entries()} == keys


def test_without_ids_keeping_is_refused_and_says_what_to_do(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    with PopFaultProxy(dovecot.pop3, NO_IDS) as proxy:
        proxy.plan.answer = lambda line: b"-ERR what?" if line == b"UIDL" else None
        rig = make(proxy.port)
        with pytest.raises(Unsupported, match="download_and_delete"):
            rig.drop.look()


def test_without_ids_everything_is_fetched_and_removed(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(4))
    with PopFaultProxy(dovecot.pop3, NO_IDS) as proxy:
        proxy.plan.answer = lambda line: (
            b"-ERR what?" if line in (b"UIDL", b"QUIT") else None
        )
        rig = make(proxy.port, on_server=OnServer.DELETE)
        rig.triage()
        rig.drop.drain()
        assert len(left(dovecot, user)) == 4
        proxy.plan.answer = lambda line: b"-ERR what?" if line == b"UIDL" else None
        rig.poll()
    assert left(dovecot, user) == []
    assert rig.octets() == sorted(mails(4))


def test_ids_refused_for_today_conclude_nothing(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    rig = make()
    rig.poll()
    with PopFaultProxy(dovecot.pop3, frozenset([b"PIPELINING"])) as proxy:
        proxy.plan.answer = lambda line: b"-ERR busy" if line == b"UIDL" else None
        other = make(proxy.port)
        with pytest.raises(ServerFault, match="UIDL"):
            other.drop.look()
    assert rig.states() == {PopState.STORED: 2}


def test_without_top_messages_show_by_their_size(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    with PopFaultProxy(dovecot.pop3, frozenset([b"TOP"])) as proxy:
        proxy.plan.answer = lambda line: b"-ERR?" if line[:3] == b"TOP" else None
        rig = make(proxy.port)
        rig.triage()
        assert rig.states() == {PopState.WAITING: 2}
        assert sorted(i.size for i in rig.items()) == sorted(map(len, mails(2)))
        rig.poll()
    assert rig.octets() == sorted(mails(2))


def test_messages_of_one_id_are_both_fetched_and_stay(
    tmp_path: Path,
) -> None:
    letters = {1: mail(1), 2: mail(2)}
    with ScriptedPop(
        {
            "STAT": b"+OK 2 %d\r\n" % sum(map(len, letters.values())),
            "LIST": b"+OK\r\n"
            + b"".join(b"%d %d\r\n" % (n, len(x)) for n, x in letters.items())
            + b".\r\n",
            "UIDL": b"+OK\r\n1 same\r\n2 same\r\n.\r\n",
            "TOP": [
                b"+OK\r\n" + letters[n].split(b"\r\n\r\n")[0] + b"\r\n\r\n.\r\n"
                for n in (2, 1)
            ],
            "RETR": [b"+OK\r\n" + letters[n] + b".\r\n" for n in (2, 1)],
        }
    ) as server:
        rig = Rig(tmp_path, scripted(server.port))
        rig.poll()
        assert rig.octets() == sorted(letters.values())
        assert "DELE" not in server.verbs
        rig.close()


def test_a_user_who_deletes_for_good_what_was_removed_once_is_not_asked_again(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    rig = make(delete_when_deleted=True)
    rig.poll()
    rig.tree.remove(INBOX, rig.entry(1))
    assert {i.removal for i in rig.items()} == {Removal.NO, Removal.ANYWAY}
    rig.poll()
    assert left(dovecot, user) == [mail(2)]
    rig.poll()
    assert rig.states()[PopState.GONE] == 1


# -- other programs ---------------------------------------------------------


def test_python_reads_what_was_fetched_with_its_flags(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    rig = make()
    rig.poll()
    rig.tree.set_flags(INBOX, rig.entry(2), FLAGGED, NOTHING)
    rig.tree.move(INBOX, rig.entry(3), TRASH)
    box = mailbox.Maildir(str(rig.tree.root), create=False)
    found = {m["Subject"]: m.get_flags() for m in box}
    assert found == {"message 1": "", "message 2": "F"}
    trash = box.get_folder("Trash")
    assert [m["Subject"] for m in trash] == ["message 3"]
    # What Python writes is read here: another flag, another message.
    key = next(key for key, m in box.iteritems() if m["Subject"] == "message 1")
    message = box[key]
    message.add_flag("RS")
    box[key] = message
    assert {e.key: e.letters for e in rig.entries()}[key] == "RS"


def test_a_mail_server_reads_what_was_fetched_with_flags_and_keywords(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, [mail(1), b"Subject: odd\r\n\r\n" + ODD_BODIES["dots"]])
    rig = make()
    rig.poll()
    words = FlagSet(Flag.ANSWERED, frozenset({"work"}))
    rig.tree.set_flags(INBOX, rig.entry(1), words, NOTHING)
    other = dovecot.fresh_user()
    dovecot.adopt(other, rig.tree.root)
    with imaplib.IMAP4("127.0.0.1", dovecot.imap) as client:
        client.login(other, PASSWORD)
        client.select("INBOX")
        found = client.fetch("1:*", "(FLAGS BODY.PEEK[])")[1]
    texts = sorted(part[1] for part in found if isinstance(part, tuple))
    assert texts == rig.octets()
    said = b" ".join(p[0] if isinstance(p, tuple) else p for p in found if p)
    assert b"\\Answered" in said
    assert b"work" in said


# -- ids that are given twice ------------------------------------------------


def maildrop_of(letter: bytes) -> ScriptedPop:
    """A maildrop of one message, which has the id `a` whatever it is."""
    head = letter.split(b"\r\n\r\n")[0]
    return ScriptedPop(
        {
            "STAT": b"+OK 1 %d\r\n" % len(letter),
            "LIST": b"+OK\r\n1 %d\r\n.\r\n" % len(letter),
            "UIDL": b"+OK\r\n1 a\r\n.\r\n",
            "TOP": b"+OK\r\n" + head + b"\r\n\r\n.\r\n",
            "RETR": b"+OK\r\n" + letter + b".\r\n",
        }
    )


@pytest.mark.parametrize("way", ["stored", "deleted here", "removed before"])
def test_an_id_that_means_another_message_of_the_same_size_removes_nothing(
    tmp_path: Path, way: str
) -> None:
    first, second = mail(1), mail(2)
    assert len(first) == len(second)
    with maildrop_of(first) as server:
        account = scripted(server.port)
        rig = Rig(tmp_path, replace(account, on_server=OnServer.KEEP))
        rig.poll()
    (item,) = rig.items()
    if way == "deleted here":
        rig.tree.remove(INBOX, rig.entry(1))
    elif way == "removed before":
        gone = item._replace(state=PopState.GONE)
        rig.store.maildrops.renew("drop", [gone], ("state",))
    rig.close()
    with maildrop_of(second) as server:
        rig = Rig(tmp_path, scripted(server.port))
        rig.poll()
        rig.poll()
        assert "DELE" not in server.verbs
        rig.close()


def test_what_is_still_the_same_message_is_removed(tmp_path: Path) -> None:
    with maildrop_of(mail(1)) as server:
        rig = Rig(tmp_path, replace(scripted(server.port), on_server=OnServer.KEEP))
        rig.poll()
        rig.close()
    with maildrop_of(mail(1)) as server:
        rig = Rig(tmp_path, scripted(server.port))
        rig.poll()
        assert server.verbs.count("DELE") == 1
        rig.close()


def scripted(port: int) -> Pop3Account:
    return Pop3Account(
        *("drop", "ann@example.org", "127.0.0.1", "ann"),
        port=port,
        security=Security.NONE,
        password="x",
        on_server=OnServer.DELETE,
    )


def test_the_same_octets_under_two_ids_are_one_file_and_both_go(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, [mail(1), mail(1), mail(2)])
    rig = make(on_server=OnServer.DELETE)
    rig.poll()
    assert rig.octets() == [mail(1), mail(2)]
    assert len(rig.entries()) == 2
    assert left(dovecot, user) == []


def test_a_copy_of_what_is_here_says_so_when_it_is_opened(
    make: Make, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, [mail(1), mail(1)])
    rig = make()
    rig.triage()
    one, two = rig.drop.waiting()
    rig.drop.fetch(one)
    with pytest.raises(Gone, match="not shown twice"):
        rig.drop.fetch(two)
    assert len(rig.entries()) == 1
    rig.tree.remove(INBOX, rig.entries()[0])
    assert rig.states() == {PopState.PURGED: 2}
