"""Local mail through the engine: what works on a server works on files."""

from __future__ import annotations

import mailbox
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.mails import mail, with_attachment
from tuimail.engine import maildir_session
from tuimail.engine.changes import Changes
from tuimail.engine.folder_gestures import FolderGestures
from tuimail.engine.gestures import Gestures
from tuimail.engine.listing import refresh_listing
from tuimail.engine.maildir_session import MaildirSession
from tuimail.engine.replay import Replay
from tuimail.engine.sync_imap import MailboxSync
from tuimail.errors import Cancelled, Gone, Unreachable
from tuimail.mail.query import parse
from tuimail.mail.query_imap import imap_search
from tuimail.mail.structure import leaves, parse_structure
from tuimail.mail.types import Flag, FlagSet, MailboxId, MessageId, Section
from tuimail.mail.uidset import UIDSet
from tuimail.store.maildir import Maildir
from tuimail.store.store import Store

ACCOUNT = "here"
INBOX = b"INBOX"


class Home:
    """A Maildir tree, a store, and what a person does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = Maildir(root / "mail")
        for name in (INBOX, b"Archive", b"Trash"):
            self.tree.make(name)
        self.store = Store(root / "state", root / "cache", root / "data")
        self.store.accounts.id(ACCOUNT)
        changes = Changes(self.store, {}, lambda event: None)
        self.folders = FolderGestures(self.store, changes)
        self.acts = Gestures(self.store, changes, self.folders)

    def session(self) -> MaildirSession:
        session = MaildirSession(Maildir(self.root / "mail"), self.root / "uids")
        session.connect()
        return session

    def put(self, *numbers: int, folder: bytes = INBOX, flags: str = "") -> None:
        """As another program delivers: LF, and without a size in the name."""
        path = self.tree.path(folder)
        for number in numbers:
            where = "cur" if flags else "new"
            name = f"{1_700_000_000 + number}.x{number}.host"
            name += f":2,{flags}" if flags else ""
            octets = mail(number).replace(b"\r\n", b"\n")
            (path / where / name).write_bytes(octets)

    def sync(self) -> None:
        session = self.session()
        refresh_listing(session, self.store, ACCOUNT)
        replay = Replay(session, self.store, ACCOUNT)
        for _ in range(100):
            try:
                if replay.step() is None:
                    break
            except Gone:
                self._read(session)
        else:
            raise AssertionError("the replay does not end")
        refresh_listing(session, self.store, ACCOUNT)
        self._read(session)

    def _read(self, session: MaildirSession) -> None:
        for box in self.store.mailboxes.all(ACCOUNT):
            if box.selectable and not box.unmade:
                MailboxSync(session, self.store, box.id).refresh(100)

    def box(self, name: str) -> MailboxId:
        boxes = self.store.mailboxes.all(ACCOUNT)
        return next(box.id for box in boxes if box.name == name)

    def ids(self, name: str = "INBOX", *numbers: int) -> list[MessageId]:
        rows = self.store.messages.page(self.box(name), limit=1000)
        by_number = {int(row.subject.rsplit(" ", 1)[-1]): row.id for row in rows}
        return [by_number[n] for n in numbers or sorted(by_number)]

    def shown(self, name: str = "INBOX") -> list[int]:
        rows = self.store.messages.page(self.box(name), limit=1000)
        return sorted(int(row.subject.rsplit(" ", 1)[-1]) for row in rows)

    def lies(self, folder: str = "INBOX") -> Counter[str]:
        """What another program sees: numbers with their flags."""
        path = str(self.tree.path(folder.encode()))
        found: Counter[str] = Counter()
        for message in mailbox.Maildir(path):
            number = str(message["Subject"]).rsplit(" ", 1)[-1]
            found[number + message.get_flags()] += 1
        return found

    def trouble(self) -> list[str]:
        live = self.store.queue.live(ACCOUNT)
        return self.store.fsck() + [f"{e.kind} {e.state} {e.error}" for e in live]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    made.put(1, 2, 3)
    made.sync()
    yield made
    made.store.close()


def test_what_lies_there_is_listed(home: Home) -> None:
    assert home.shown() == [1, 2, 3]
    names = {str(box.name) for box in home.store.mailboxes.all(ACCOUNT)}
    assert names == {"INBOX", "Archive", "Trash"}
    assert home.trouble() == []


def archive(home: Home) -> None:
    home.acts.archive(home.ids("INBOX", 1, 2))


def read_and_archive(home: Home) -> None:
    home.acts.set_flags(home.ids("INBOX", 1), add=Flag.SEEN)
    archive(home)


def copy(home: Home) -> None:
    home.acts.copy(home.ids("INBOX", 1), home.box("Archive"))


def delete_for_good(home: Home) -> None:
    home.acts.remove(home.ids("INBOX", 1), grace_s=0)


def make_and_fill(home: Home) -> None:
    made = home.folders.create(ACCOUNT, "Garden")
    home.acts.move(home.ids("INBOX", 3), made)


def there_and_back(home: Home) -> None:
    archive(home)
    home.sync()
    home.acts.undo()


@pytest.mark.parametrize(
    ("act", "inbox", "archive"),
    [
        (archive, "3", "1 2"),
        (read_and_archive, "3", "1S 2"),
        (copy, "1 2 3", "1"),
        (delete_for_good, "2 3", ""),
        (make_and_fill, "1 2", ""),
        (there_and_back, "1 2 3", ""),
    ],
)
def test_a_gesture_ends_as_files(
    home: Home, act: Callable[[Home], None], inbox: str, archive: str
) -> None:
    act(home)
    home.sync()
    assert home.lies() == Counter(inbox.split())
    assert home.lies("Archive") == Counter(archive.split())
    assert home.trouble() == []


def test_a_label_is_a_keyword_that_others_know(home: Home) -> None:
    home.acts.set_keywords(home.ids("INBOX", 1), ["work"], [])
    home.sync()
    path = home.tree.path(INBOX)
    assert "work" in (path / "dovecot-keywords").read_text()
    (row,) = [r for r in home.store.messages.page(home.box("INBOX")) if r.keywords]
    assert row.keywords == {"work"}
    assert home.trouble() == []


def test_what_others_do_shows_at_the_next_look(home: Home) -> None:
    path = home.tree.path(INBOX)
    theirs = mailbox.Maildir(str(path))
    for key, message in list(theirs.items()):
        number = str(message["Subject"]).rsplit(" ", 1)[-1]
        if number == "1":
            theirs.remove(key)
        elif number == "2":
            message.set_subdir("cur")
            message.add_flag("S")
            theirs[key] = message
    home.put(4)
    home.sync()
    assert home.shown() == [2, 3, 4]
    seen = {r.subject: r.seen for r in home.store.messages.page(home.box("INBOX"))}
    assert seen["message 2"]
    assert not seen["message 3"]
    assert home.trouble() == []


def test_a_message_that_another_program_moved_first_is_left_where_it_is(
    home: Home,
) -> None:
    session = home.session()
    session.select(INBOX)
    home.acts.archive(home.ids("INBOX", 1))
    path = home.tree.path(INBOX)
    (file,) = (path / "new").glob("*.x1.host")
    file.rename(home.tree.path(b"Trash") / "cur" / f"{file.name}:2,")
    home.sync()
    assert home.lies("Trash") == Counter("1")
    assert home.lies("Archive") == Counter()
    assert home.trouble() == []


def test_a_lost_list_of_uids_loses_no_message_and_no_wish(home: Home) -> None:
    known = home.ids()
    home.acts.archive(home.ids("INBOX", 2))
    for file in (home.root / "uids").iterdir():
        file.unlink()
    home.put(5)
    home.sync()
    home.sync()
    assert home.lies() == Counter(["1", "3", "5"])
    assert home.lies("Archive") == Counter("2")
    assert set(home.ids("INBOX", 1, 3)) <= set(known)
    assert home.trouble() == []


def test_parts_are_read_from_the_file(home: Home) -> None:
    octets = with_attachment(200_000).replace(b"\r\n", b"\n")
    (home.tree.path(INBOX) / "cur" / "1800000000.big.host:2,").write_bytes(octets)
    session = home.session()
    session.select(INBOX)
    (row,) = session.fetch_newest(1)
    assert row.uid is not None
    assert row.size == len(octets)
    parts = leaves(parse_structure(row.structure or b""))
    assert len(parts) == 2
    whole = session.fetch_section(row.uid, parts[1].section)
    assert len(whole) == parts[1].size
    assert whole in octets
    pieces = session.fetch_slices(row.uid, Section(""), row.size, slice_octets=9999)
    assert b"".join(pieces) == octets


def test_a_change_ends_the_wait(home: Home) -> None:
    told = []
    session = MaildirSession(
        Maildir(home.root / "mail"), home.root / "uids", told.append
    )
    session.select(INBOX)
    home.put(9)
    session.idle(30)
    assert len(told) == 1
    session.wake()
    session.idle(30)
    assert len(told) == 1


def test_a_change_is_told_of_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildir_session, "WATCH_S", 0.01)
    told = []
    tree = Maildir(home.root / "mail")
    session = MaildirSession(tree, home.root / "uids", told.append)
    session.select(INBOX)
    home.put(9)
    for part in ("cur", "new"):
        # Long enough ago that the file system's clock cannot hide a second change.
        os.utime(tree.root / part, (1_700_000_000, 1_700_000_000))
    session.idle(30)
    session.idle(0.2)
    session.idle(0.2)
    assert len(told) == 1


def test_a_tree_that_is_not_mounted_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"no Maildir .*; check `path`"):
        MaildirSession(Maildir(tmp_path / "nowhere"), tmp_path).connect()


def test_a_tree_that_goes_away_in_the_middle_is_away_and_refuses_nothing(
    home: Home,
) -> None:
    """What is under way waits for it, as for a server; nothing counts as removed."""
    tree = Maildir(home.root / "mail")
    session = MaildirSession(tree, home.root / "uids")
    session.select(INBOX)
    every = UIDSet.of(session.here().entries)
    deleted = FlagSet(Flag.DELETED)
    session.store_flags(every, add=deleted, remove=FlagSet())
    before = len(session.here().entries)
    away = tree.root.with_name("unmounted")
    folder = session.here()
    tree.root.rename(away)
    session.here = lambda: folder  # type: ignore[method-assign]
    with pytest.raises(Unreachable, match="mount it"):
        session.change.expunge(every)
    with pytest.raises(Unreachable, match="mount it"):
        session.store_flags(every, add=FlagSet(), remove=deleted)
    assert len(folder.entries) == before


def test_a_folder_that_is_gone_is_told_as_gone(home: Home) -> None:
    with pytest.raises(Gone, match="no folder Nowhere"):
        home.session().select(b"Nowhere")


def test_only_the_messages_named_are_removed(home: Home) -> None:
    """Another program has marked one as deleted; it is not ours to remove."""
    home.put(7, flags="T")
    home.sync()
    home.acts.remove(home.ids("INBOX", 1), grace_s=0)
    home.sync()
    assert home.lies() == Counter(["2", "3", "7T"])
    session = home.session()
    session.select(INBOX)
    assert session.search_uids(b"ALL") == UIDSet([(2, 4)])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("body:message", [3, 2, 1]),
        ('body:"message 2"', [2]),
        ("subject:message -body:2", [3, 1]),
        ("from:ann2 OR cc:nobody", [2]),
        ("list:nothing", []),
        # Not for the file to say: that is looked at afterwards.
        ("is:unread body:3", [3]),
    ],
)
def test_files_are_looked_through_for_words(
    home: Home, text: str, found: list[int]
) -> None:
    session = home.session()
    session.select(INBOX)
    asking = imap_search(parse(text, date(2026, 11, 28)))
    assert session.search(asking) == UIDSet.of(found)


def test_looking_through_files_ends_when_it_is_to(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = home.session()
    session.select(INBOX)
    asking = imap_search(parse("body:message", date(2026, 11, 28)))
    with pytest.raises(Cancelled):
        session.search(asking, cancelled=lambda: True)
    monkeypatch.setattr(maildir_session, "SEARCH_S", -1.0)
    assert session.search(asking) == UIDSet()
