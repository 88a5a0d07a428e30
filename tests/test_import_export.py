"""Mail from files into accounts and out again: each message once, with its flags."""

from __future__ import annotations

import errno
import imaplib
import logging
import mailbox
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mails import mail, with_attachment
from tests.servers.dovecot import PASSWORD, Dovecot, free_ports
from tuimail import cli
from tuimail.engine.exporting import Export
from tuimail.errors import StoreError
from tuimail.mail import mbox
from tuimail.mail.sanitize import is_safe
from tuimail.mail.types import Flag, FlagSet

ROOT = Path(__file__).parent.parent
Tuimail = Callable[..., tuple[int, str, str]]
NOON = 1_795_521_600
SEEN = FlagSet(Flag.SEEN)
STARRED = FlagSet(Flag.SEEN | Flag.FLAGGED | Flag.ANSWERED, frozenset({"garden"}))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The Maildir of the account `files`."""
    box = mailbox.Maildir(tmp_path / "tree")
    box.add_folder("Archive")
    return tmp_path / "tree"


@pytest.fixture
def environ(tmp_path: Path, tree: Path) -> dict[str, str]:
    """One account of files."""
    home = tmp_path / "home"
    config = home / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        '[[account]]\ntype = "maildir"\nname = "files"\naddress = "ana@example.org"\n'
        f'path = "{tree}"\n'
    )
    config.chmod(0o600)
    return {"TUIMAIL_HOME": str(home), "TERM": "xterm"}


@pytest.fixture
def tuimail(
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Tuimail]:
    """Runs a command line; gives status, output, and what went to standard error."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)

    def run(*argv: object) -> tuple[int, str, str]:
        code = cli.run([str(each) for each in argv], environ)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert all(is_safe(line) for line in (out + err).splitlines())
        return code, out, err

    yield run
    for handler in root.handlers:
        handler.close()


def on_imap(environ: dict[str, str], port: int, user: str) -> None:
    """Add the account `work` on a server."""
    config = Path(environ["TUIMAIL_HOME"], "config", "config.toml")
    with config.open("a") as file:
        file.write(
            '[[account]]\nname = "work"\naddress = "ana@example.org"\n'
            f'host = "127.0.0.1"\nport = {port}\nuser = "{user}"\n'
            f'security = "none"\npassword = "{PASSWORD}"\n'
        )


@contextmanager
def logged_in(dovecot: Dovecot, user: str) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    client.login(user, PASSWORD)
    try:
        yield client
    finally:
        client.logout()


def box(path: Path, *numbers: int, flags: FlagSet = SEEN) -> Path:
    """An mbox with messages of these numbers."""
    path.write_bytes(b"".join(mbox.entry(mail(n), flags, NOON + n) for n in numbers))
    return path


def into(account: str, folder: str = "Archive") -> tuple[str, ...]:
    return ("--account", account, "--folder", folder)


def held(tree: Path, folder: str = ".Archive") -> list[mailbox.MaildirMessage]:
    """The messages of a folder, by number."""
    found = list(mailbox.Maildir(tree / folder, create=False))
    return sorted(found, key=lambda m: int(m["Subject"].rsplit(" ", 1)[-1]))


def numbers(tree: Path, folder: str = ".Archive") -> list[int]:
    return [int(m["Subject"].rsplit(" ", 1)[-1]) for m in held(tree, folder)]


# -- in ------------------------------------------------------------------------------


def test_an_mbox_goes_into_a_folder(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    file = box(tmp_path / "box", 1, 2, flags=STARRED)
    assert tuimail("import", file, *into("files")) == (
        0,
        "files: Archive: 2 imported\n",
        "",
    )
    first, second = held(tree)
    assert first.get_payload() == "text of message 1\n"
    assert set(first.get_flags()) >= set("FRS")
    assert [first.get_date(), second.get_date()] == [NOON + 1, NOON + 2]


def test_the_same_again_is_nothing_new(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    file = box(tmp_path / "box", 1, 2)
    tuimail("import", file, *into("files"))
    box(file, 1, 2, 3)
    code, out, err = tuimail("import", file, *into("files"))
    assert (code, err) == (0, "")
    assert out.startswith("files: Archive: 1 imported, 2 were imported before")
    assert numbers(tree) == [1, 2, 3]


def test_again_is_again_when_it_is_asked_for(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    file = box(tmp_path / "box", 1, 2)
    tuimail("import", file, *into("files"))
    tuimail("import", file, *into("files"), "--again")
    assert numbers(tree) == [1, 1, 2, 2]


def test_another_folder_has_a_memory_of_its_own(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    file = box(tmp_path / "box", 1)
    tuimail("import", file, *into("files"))
    tuimail("import", file, *into("files", "INBOX"))
    assert (numbers(tree), numbers(tree, "")) == ([1], [1])


def foreign(root: Path) -> Path:
    """A Maildir of another program with a folder in it."""
    top = mailbox.Maildir(root)
    message = mailbox.MaildirMessage(mail(1))
    message.set_flags("RS")
    message.set_date(NOON)
    message.set_subdir("cur")
    top.add(message)
    top.add_folder("Lists").add(mail(2))
    top.add_folder("Lists.python").add(mail(3))
    return root


def test_a_maildir_goes_into_one_folder(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    assert tuimail("import", foreign(tmp_path / "old"), *into("files"))[0] == 0
    assert numbers(tree) == [1, 2, 3]
    first, second, _ = held(tree)
    assert (first.get_flags(), second.get_flags()) == ("RS", "")
    assert first.get_date() == NOON


def test_its_folders_come_along_when_they_are_asked_for(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    source = foreign(tmp_path / "old")
    assert tuimail("import", source, *into("files"), "--folders")[0] == 0
    assert numbers(tree) == [1]
    assert numbers(tree, ".Archive.Lists") == [2]
    assert numbers(tree, ".Archive.Lists.python") == [3]


def test_single_messages_are_read_mail_of_their_date(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "one.EML").write_bytes(mail(1))
    (folder / "two.eml").write_bytes(mail(2))
    (folder / "notes.txt").write_text("nothing")
    (tmp_path / "three.eml").write_bytes(mail(3))
    done = tuimail("import", folder, tmp_path / "three.eml", *into("files"))
    assert done[0] == 0
    assert numbers(tree) == [1, 2, 3]
    assert {m.get_flags() for m in held(tree)} == {"S"}
    assert held(tree)[0].get_date() == 1_795_418_460


def test_a_server_gets_them_with_flags_and_dates(
    tuimail: Tuimail,
    environ: dict[str, str],
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    dovecot.seed(user, [])
    on_imap(environ, dovecot.imap, user)
    file = box(tmp_path / "box", *range(1, 251), flags=STARRED)
    code, out, err = tuimail("import", file, *into("work", "INBOX"))
    assert (code, out, err) == (0, "work: INBOX: 250 imported\n", "")
    with logged_in(dovecot, user) as client:
        assert client.select("INBOX")[1] == [b"250"]
        row = str(client.fetch("7", "(FLAGS INTERNALDATE BODY[TEXT])"))
    assert "\\Answered" in row
    assert "garden" in row
    assert "24-Nov-2026" in row
    assert "text of message 7\\r\\n" in row


# -- what goes wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["nowhere"], "nowhere cannot be read (No such file or directory)"),
        (["notes.txt"], "notes.txt is no mbox: it does not begin with a `From ` line"),
        (["empty"], "empty is no Maildir"),
        (["box", "nowhere"], "nowhere cannot be read"),
        (["box", "--folder", "Nonsense"], "`tuimail folders --account files` lists"),
        (["box", "--account", "nobody"], "There is no account nobody; there is files"),
    ],
)
def test_what_cannot_be_begun_is_said_and_nothing_is_imported(
    tuimail: Tuimail, tree: Path, tmp_path: Path, argv: list[str], said: str
) -> None:
    box(tmp_path / "box", 1)
    (tmp_path / "notes.txt").write_text("hello\n")
    (tmp_path / "empty").mkdir()
    given = [a if a[0] == "-" or a[0].isupper() else str(tmp_path / a) for a in argv]
    if "nobody" in argv:
        given[-1] = "nobody"
    rest = [] if "--folder" in argv else ["--folder", "Archive"]
    code, out, err = tuimail("import", *given, *rest)
    assert (code, out) == (2 if "nobody" in argv else 1, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert numbers(tree) == []


def test_one_that_is_too_large_is_said_and_the_others_come(
    tuimail: Tuimail, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuimail.engine import importing, mail_files

    monkeypatch.setattr(importing, "LARGEST", 1 << 20)
    monkeypatch.setattr(mail_files, "LARGEST", 1 << 20)
    big = mbox.entry(mail(2, body="x" * (1 << 20)), SEEN, NOON)
    file = box(tmp_path / "box", 1)
    file.write_bytes(file.read_bytes() + big + file.read_bytes().replace(b"1", b"3"))
    code, out, err = tuimail("import", file, *into("files"))
    assert code == 1
    assert "message 2 (at octet 2" in err
    assert "is larger than 1 MB; it was left out." in err
    assert out == "files: Archive: 2 imported, 1 left out\n"
    assert numbers(tree) == [1, 3]


def test_a_server_that_is_away_gets_them_later(
    tuimail: Tuimail,
    environ: dict[str, str],
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    config = Path(environ["TUIMAIL_HOME"], "config", "config.toml")
    local = config.read_text()
    on_imap(environ, free_ports(1)[0], user)
    file = box(tmp_path / "box", 1, 2)
    code, out, err = tuimail("import", file, *into("work", "INBOX"))
    assert (code, out) == (69, "work: INBOX: 2 imported\n")
    assert "2 wait to be stored" in err
    assert "`tuimail sync`" in err
    dovecot.seed(user, [])
    config.write_text(local)
    on_imap(environ, dovecot.imap, user)
    assert tuimail("sync", "--account", "work")[0] == 0
    with logged_in(dovecot, user) as client:
        assert client.select("INBOX")[1] == [b"2"]


def test_a_full_disk_leaves_what_was_imported_and_says_how_much(
    tuimail: Tuimail, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuimail.engine import importing
    from tuimail.store.vault import Vault

    monkeypatch.setattr(importing, "BATCH", 2)
    add, kept = Vault.add, []

    def full(vault: Vault, account: str, folder: str, data: bytes) -> str:
        if len(kept) == 3:
            raise StoreError("The message could not be kept; check the free space.")
        kept.append(data)
        return add(vault, account, folder, data)

    monkeypatch.setattr(Vault, "add", full)
    file = box(tmp_path / "box", 1, 2, 3, 4, 5)
    code, out, err = tuimail("import", file, *into("files"))
    assert (code, out) == (1, "files: Archive: 2 imported\n")
    assert "check the free space" in err
    monkeypatch.setattr(Vault, "add", add)
    tuimail("import", file, *into("files"))
    assert numbers(tree) == [1, 2, 3, 4, 5]


# -- out -----------------------------------------------------------------------------


@pytest.fixture
def filled(tuimail: Tuimail, tree: Path, tmp_path: Path) -> Path:
    """The account `files`, with 120 messages in its Archive."""
    box(tmp_path / "in", *range(1, 121), flags=STARRED)
    tuimail("import", tmp_path / "in", *into("files"))
    return tree


@pytest.mark.parametrize("kind", ["mbox", "maildir", "eml"])
def test_what_is_written_is_imported_again_as_it_was(
    tuimail: Tuimail, filled: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "out"
    told = tuimail("export", *into("files"), "--to", out, "--format", kind)
    assert told == (0, f"files: Archive: 120 written to {out}\n", "")
    tuimail("import", out, *into("files", "INBOX"))
    before, after = held(filled), held(filled, "")
    assert [m.as_bytes() for m in after] == [m.as_bytes() for m in before]
    if kind != "eml":
        assert [m.get_flags() for m in after] == [m.get_flags() for m in before]
        assert [m.get_date() for m in after] == [m.get_date() for m in before]
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_an_mbox_of_ours_is_one_for_others(
    tuimail: Tuimail, filled: Path, tmp_path: Path
) -> None:
    tuimail("export", *into("files"), "--to", tmp_path / "out")
    theirs = list(mailbox.mbox(tmp_path / "out", create=False))
    assert [m["Subject"] for m in theirs] == [f"message {n}" for n in range(1, 121)]
    assert {m.get_flags() for m in theirs} == {"ROAF"}
    assert theirs[0]["X-Keywords"] == "garden"


def test_a_maildir_of_ours_is_one_for_others(
    tuimail: Tuimail, filled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    tuimail("export", *into("files"), "--to", out, "--format", "maildir")
    assert numbers(out, "") == list(range(1, 121))
    assert set(held(out, "")[0].get_flags()) >= set("FRS")


def test_single_files_are_named_by_number_and_subject(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    hostile = mail(2, Subject="../../etc/\x1b[31mpasswd")
    (tmp_path / "two.eml").write_bytes(hostile)
    box(tmp_path / "one", 1)
    tuimail("import", tmp_path / "one", tmp_path / "two.eml", *into("files"))
    out = tmp_path / "out"
    tuimail("export", *into("files"), "--to", out, "--format", "eml")
    first, second = sorted(os.listdir(out))
    assert {first[:5], second[:5]} == {"0001 ", "0002 "}
    assert "message 1.eml" in first + second
    assert is_safe(first + second)
    assert ".." not in first + second


def test_a_server_is_read_to_its_first_message_and_its_cache_is_left_alone(
    tuimail: Tuimail,
    environ: dict[str, str],
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    wanted = [mail(n) for n in range(1, 320)]
    wanted.append(with_attachment(600_000))
    dovecot.seed(user, wanted)
    on_imap(environ, dovecot.imap, user)
    told = tuimail("export", *into("work", "INBOX"), "--to", tmp_path / "out")
    assert told[:2] == (0, f"work: INBOX: 320 written to {tmp_path / 'out'}\n")
    with (tmp_path / "out").open("rb") as stream:
        found = [each.octets for each in mbox.read(stream, 1 << 20)]
    assert sorted(found) == sorted(o.replace(b"\r\n", b"\n") for o in wanted)
    rows = tuimail("list", "--account", "work", "--offline", "--json")[1]
    assert '"readable_offline": true' not in rows


def test_a_maildrop_is_written_with_what_waits_and_what_was_imported(
    tuimail: Tuimail,
    environ: dict[str, str],
    dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    dovecot.seed(user, [mail(1), with_attachment(600_000), mail(3)])
    config = Path(environ["TUIMAIL_HOME"], "config", "config.toml")
    with config.open("a") as file:
        file.write(
            '[[account]]\ntype = "pop3"\nname = "drop"\naddress = "a@example.org"\n'
            f'host = "127.0.0.1"\nport = {dovecot.pop3}\nuser = "{user}"\n'
            f'security = "none"\npassword = "{PASSWORD}"\n'
        )
    file = box(tmp_path / "in", 7)
    assert tuimail("import", file, *into("drop", "INBOX"))[0] == 0
    out = tmp_path / "out"
    code, told, _ = tuimail("export", *into("drop", "INBOX"), "--to", out)
    assert (code, told) == (0, f"drop: INBOX: 4 written to {out}\n")
    with out.open("rb") as stream:
        found = {each.octets for each in mbox.read(stream, 1 << 20)}
    wanted = [mail(1), with_attachment(600_000), mail(3), mail(7)]
    assert found == {octets.replace(b"\r\n", b"\n") for octets in wanted}


@pytest.mark.parametrize("kind", ["mbox", "maildir", "eml"])
def test_nothing_is_overwritten(
    tuimail: Tuimail, filled: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "out"
    out.symlink_to(tmp_path / "nowhere")
    code, told, err = tuimail("export", *into("files"), "--to", out, "--format", kind)
    assert (code, told) == (1, "")
    assert "exists already, and nothing is overwritten; choose another name." in err
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_is_missing_is_named(
    tuimail: Tuimail, tree: Path, tmp_path: Path
) -> None:
    out = tmp_path / "no" / "out"
    code, told, err = tuimail("export", *into("files"), "--to", out)
    assert (code, told) == (1, "")
    assert err == f"There is no folder {out.parent}; make it first.\n"


def test_what_came_into_its_place_meanwhile_stays(tmp_path: Path) -> None:
    with Export(tmp_path / "out", "mbox", 0) as export:
        (tmp_path / "out").write_text("mine")
        with pytest.raises(StoreError, match="File exists"):
            export.finish()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("kind", ["mbox", "maildir", "eml"])
def test_a_full_disk_leaves_no_half_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(StoreError, match="No space left on device"),
        Export(tmp_path / "out", kind, 1) as export,
    ):
        export.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_away_gives_no_half_of_a_folder(
    tuimail: Tuimail, environ: dict[str, str], tmp_path: Path
) -> None:
    on_imap(environ, free_ports(1)[0], "nobody")
    out = tmp_path / "out"
    code, told, _ = tuimail("export", *into("work", "INBOX"), "--to", out)
    assert (code, told) == (69, "")
    assert not out.exists()


# -- killed ------------------------------------------------------------------------


@pytest.mark.parametrize("account", ["files", "work"])
def test_killed_in_the_middle_and_run_again_each_message_is_there_once(
    tuimail: Tuimail,
    environ: dict[str, str],
    dovecot: Dovecot,
    user: str,
    tree: Path,
    tmp_path: Path,
    account: str,
) -> None:
    dovecot.seed(user, [])
    on_imap(environ, dovecot.imap, user)
    count = 600
    file = box(tmp_path / "box", *range(1, count + 1))
    argv = ["import", str(file), *into(account, "INBOX")]
    environment = {**os.environ, **environ, "PYTHONPATH": str(ROOT)}

    def there() -> list[int]:
        if account == "files":
            return numbers(tree, "")
        with logged_in(dovecot, user) as client:
            total = int(client.select("INBOX")[1][0] or 0)
            what = "BODY[HEADER.FIELDS (SUBJECT)]"
            rows = client.fetch("1:*", what)[1] if total else []
        found = [int(r[1].split()[-1]) for r in rows if isinstance(r, tuple)]
        assert len(found) == total
        return sorted(found)

    for least in (1, 150):
        process = subprocess.Popen(
            [sys.executable, "-m", "tuimail", *argv], env=environment
        )
        while process.poll() is None and len(there()) < least:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 0 < len(there()) < count
    assert tuimail(*argv)[0] == 0
    assert there() == list(range(1, count + 1))
