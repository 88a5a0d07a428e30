"""Mail as files, beside other programs that do what they like with them."""

from __future__ import annotations

import mailbox
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuimail.errors import StoreError
from tuimail.mail.types import Flag, FlagSet
from tuimail.store.maildir import Entry, Maildir

INBOX = b"INBOX"
LETTER = b"Subject: a letter\r\n\r\nwords\r\n"
SEEN = FlagSet(Flag.SEEN)
NOTHING = FlagSet()


@pytest.fixture
def box(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "mail")
    made.make(INBOX)
    return made


def only(box: Maildir, folder: bytes = INBOX) -> Entry:
    (entry,) = box.scan(folder)
    return entry


def octets(box: Maildir, entry: Entry, folder: bytes = INBOX) -> bytes:
    file = box.file(folder, entry)
    assert file is not None
    return file.read_bytes()


# -- delivery -------------------------------------------------------------------


@pytest.mark.parametrize("whole", [LETTER, b"", b"\0\n\r\n.\xff" * 1000])
def test_a_message_is_kept_octet_by_octet(box: Maildir, whole: bytes) -> None:
    pieces = [whole[:7], whole[7:]]
    box.deliver(INBOX, iter(pieces), SEEN, 1_000_000_000)
    entry = only(box)
    assert octets(box, entry) == whole
    assert f",S={len(whole)}" in entry.key
    file = box.file(INBOX, entry)
    assert file is not None
    assert int(file.stat().st_mtime) == 1_000_000_000


def test_a_delivery_that_fails_leaves_nothing(box: Maildir) -> None:
    def pieces() -> Iterator[bytes]:
        yield LETTER
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        box.deliver(INBOX, pieces())
    assert box.scan(INBOX) == []
    assert list((box.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("at", range(1, 7))
def test_killed_in_a_delivery_the_message_is_there_or_it_is_not(
    box: Maildir, at: int
) -> None:
    """Killed at each system call that matters; never half a message."""
    child = os.fork()
    if child == 0:
        calls = 0

        def dying(real: object) -> object:
            def call(*args: object, **keywords: object) -> object:
                nonlocal calls
                calls += 1
                if calls == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **keywords)  # type: ignore[operator]

            return call

        for name in ("open", "utime", "fsync", "rename", "fdopen"):
            setattr(os, name, dying(getattr(os, name)))
        box.deliver(INBOX, LETTER, SEEN, 1_000_000_000)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert [octets(box, entry) for entry in box.scan(INBOX)] in ([], [LETTER])


def test_what_a_dead_program_left_half_written_goes_later(box: Maildir) -> None:
    old, young = box.root / "tmp" / "old", box.root / "tmp" / "young"
    old.touch()
    young.touch()
    os.utime(old, (0, time.time() - 40 * 3600))
    box.tidy(INBOX)
    assert [p.name for p in (box.root / "tmp").iterdir()] == ["young"]


# -- flags ----------------------------------------------------------------------


def test_flags_are_letters_in_the_name(box: Maildir) -> None:
    entry = box.deliver(INBOX, LETTER)
    marked = box.set_flags(INBOX, entry, FlagSet(Flag.SEEN | Flag.FLAGGED), NOTHING)
    assert marked is not None
    assert only(box).name.endswith(":2,FS")
    box.set_flags(INBOX, marked, NOTHING, SEEN)
    assert box.flags(INBOX, only(box).letters) == FlagSet(Flag.FLAGGED)


def test_letters_that_mean_nothing_here_stay(box: Maildir) -> None:
    (box.root / "cur" / "1.x.host:2,Xqz").write_bytes(LETTER)
    box.set_flags(INBOX, only(box), SEEN, NOTHING)
    assert only(box).letters == "SXqz"


def test_a_message_that_nobody_has_seen_leaves_new_when_it_is_marked(
    box: Maildir,
) -> None:
    (box.root / "new" / "1.x.host").write_bytes(LETTER)
    entry = only(box)
    assert entry.fresh
    box.set_flags(INBOX, entry, SEEN, NOTHING)
    assert not only(box).fresh


def test_keywords_have_letters_that_others_know(box: Maildir) -> None:
    (box.root / "dovecot-keywords").write_text("0 work\n3 $Junk\n")
    (box.root / "cur" / "1.x.host:2,Sad").write_bytes(LETTER)
    assert box.flags(INBOX, only(box).letters) == FlagSet(
        Flag.SEEN | Flag.JUNK, frozenset({"work"})
    )
    box.set_flags(INBOX, only(box), FlagSet(keywords=frozenset({"urgent"})), NOTHING)
    assert only(box).letters == "Sabd"
    assert "1 urgent" in (box.root / "dovecot-keywords").read_text()
    work = FlagSet(keywords=frozenset({"WORK"}))
    box.set_flags(INBOX, only(box), NOTHING, work)
    assert only(box).letters == "Sbd"


def test_a_keyword_for_which_no_letter_is_left_is_not_kept(box: Maildir) -> None:
    for number in range(27):
        entry = only(box) if number else box.deliver(INBOX, LETTER)
        word = FlagSet(keywords=frozenset({f"w{number}"}))
        box.set_flags(INBOX, entry, word, NOTHING)
    kept = box.flags(INBOX, only(box).letters).keywords
    assert len(kept) == 26
    assert "w26" not in kept


def test_a_message_that_another_program_renamed_is_found(box: Maildir) -> None:
    entry = box.deliver(INBOX, LETTER)
    cur = box.root / "cur"
    (cur / entry.name).rename(cur / f"{entry.key}:2,R")
    box.set_flags(INBOX, entry, SEEN, NOTHING)
    assert only(box).letters == "RS"


def test_a_message_that_another_program_removed_is_gone(box: Maildir) -> None:
    entry = box.deliver(INBOX, LETTER)
    (box.root / "cur" / entry.name).unlink()
    box.make(b"Other")
    assert box.file(INBOX, entry) is None
    assert box.set_flags(INBOX, entry, SEEN, NOTHING) is None
    assert box.move(INBOX, entry, b"Other") is None
    assert box.copy(INBOX, entry, b"Other") is None
    assert box.remove(INBOX, entry) is False


# -- folders --------------------------------------------------------------------


@pytest.fixture(params=["side by side", "nested", "nested, inbox inside"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Maildir:
    root = tmp_path / "tree"
    inbox = root / "INBOX" if "inside" in request.param else root
    for path in (inbox, root / (".Lists" if request.param[0] == "s" else "Lists")):
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True)
    return Maildir(root)


def below(tree: Maildir, *levels: str) -> bytes:
    return tree.delimiter.join(levels).encode()


def test_folders_are_found_made_renamed_and_deleted(tree: Maildir) -> None:
    python = below(tree, "Lists", "python")
    tree.make(python)
    assert sorted(tree.folders()) == sorted([INBOX, b"Lists", python])
    kept = tree.deliver(python, LETTER)
    tree.rename(b"Lists", b"Old")
    moved = below(tree, "Old", "python")
    assert sorted(tree.folders()) == sorted([INBOX, b"Old", moved])
    assert octets(tree, kept, moved) == LETTER
    tree.remove_folder(moved)
    assert sorted(tree.folders()) == sorted([INBOX, b"Old"])


def test_a_message_moves_and_keeps_its_key(tree: Maildir) -> None:
    entry = tree.deliver(INBOX, LETTER, SEEN)
    moved = tree.move(INBOX, entry, b"Lists")
    assert tree.scan(INBOX) == []
    assert only(tree, b"Lists") == moved
    assert moved is not None
    assert moved.key == entry.key


def test_a_keyword_goes_along_with_a_message(tree: Maildir) -> None:
    tree.deliver(b"Lists", LETTER, FlagSet(keywords=frozenset({"other"})))
    work = FlagSet(keywords=frozenset({"work"}))
    entry = tree.deliver(INBOX, LETTER, work)
    moved = tree.move(INBOX, entry, b"Lists")
    assert moved is not None
    assert tree.flags(b"Lists", moved.letters) == work


def test_a_message_whose_key_is_taken_moves_under_another(tree: Maildir) -> None:
    entry = tree.deliver(INBOX, LETTER)
    taken = tree.path(b"Lists") / "cur" / entry.name
    taken.write_bytes(b"another")
    moved = tree.move(INBOX, entry, b"Lists")
    assert moved is not None
    assert tree.scan(INBOX) == []
    assert octets(tree, moved, b"Lists") == LETTER
    assert taken.read_bytes() == b"another"


def test_a_copy_is_a_file_of_its_own(tree: Maildir) -> None:
    entry = tree.deliver(INBOX, LETTER, SEEN, 1_000_000_000)
    copied = tree.copy(INBOX, entry, b"Lists")
    assert copied is not None
    assert copied.key != entry.key
    assert octets(tree, copied, b"Lists") == LETTER
    file = tree.file(b"Lists", copied)
    assert file is not None
    assert file.stat().st_nlink == 1
    assert int(file.stat().st_mtime) == 1_000_000_000


@pytest.mark.parametrize(
    "name", [b"", b"..", b"a/../b", b".hidden", b"cur", b"a//b", b"a\0b", b"../x"]
)
def test_no_name_leads_out_of_the_tree(tree: Maildir, name: bytes) -> None:
    with pytest.raises(StoreError, match="cannot be named"):
        tree.path(name if tree.nested else name.replace(b"a/", b"a."))


def test_the_inbox_cannot_be_deleted(box: Maildir) -> None:
    with pytest.raises(StoreError, match="inbox"):
        box.remove_folder(INBOX)


def test_a_folder_does_not_take_the_place_of_another(tree: Maildir) -> None:
    tree.make(b"New")
    with pytest.raises(StoreError, match="already"):
        tree.rename(b"Lists", b"New")


def test_links_and_folders_among_the_messages_are_no_messages(box: Maildir) -> None:
    (box.root / "cur" / "link").symlink_to("/etc/passwd")
    (box.root / "cur" / "folder").mkdir()
    (box.root / "cur" / ".hidden").touch()
    assert box.scan(INBOX) == []


# -- changes --------------------------------------------------------------------


def test_a_change_shows_in_the_stamp(box: Maildir) -> None:
    cur = box.root / "cur"
    os.utime(cur, ns=(0, time.time_ns() - 10_000_000_000))
    os.utime(box.root / "new", ns=(0, time.time_ns() - 10_000_000_000))
    before = box.stamp(INBOX)
    assert before[2] == 1
    box.deliver(INBOX, LETTER)
    after = box.stamp(INBOX)
    assert after[:2] != before[:2]
    assert after[2] == 0, "a further change might have the same time"


# -- other programs -------------------------------------------------------------


def test_python_reads_what_we_write_and_we_read_what_it_writes(box: Maildir) -> None:
    box.deliver(INBOX, LETTER, FlagSet(Flag.SEEN | Flag.FLAGGED))
    theirs = mailbox.Maildir(str(box.root))
    (message,) = list(theirs)
    assert message["Subject"] == "a letter"
    assert message.get_flags() == "FS"
    made = mailbox.MaildirMessage(b"Subject: theirs\n\nx\n")
    made.add_flag("R")
    made.set_subdir("cur")
    theirs.add(made)
    letters = {entry.letters for entry in box.scan(INBOX)}
    assert letters == {"FS", "R"}


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("+-"), st.sampled_from("SFRTDwork")), max_size=12
    )
)
def test_flags_are_in_the_end_what_was_asked_for(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    box = Maildir(tmp_path_factory.mktemp("m"))
    box.make(INBOX)
    entry = box.deliver(INBOX, LETTER)
    wanted: set[str] = set()
    bits = {"S": Flag.SEEN, "F": Flag.FLAGGED, "R": Flag.ANSWERED, "T": Flag.DELETED}
    bits["D"] = Flag.DRAFT
    for sign, name in steps:
        change = (
            FlagSet(bits[name]) if name in bits else FlagSet(keywords=frozenset({name}))
        )
        pair = (change, NOTHING) if sign == "+" else (NOTHING, change)
        (wanted.add if sign == "+" else wanted.discard)(name)
        changed = box.set_flags(INBOX, entry, *pair)
        assert changed is not None
        entry = changed
    found = box.flags(INBOX, only(box).letters)
    assert {n for n, bit in bits.items() if found.bits & bit} | found.keywords == wanted
