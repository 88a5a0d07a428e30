"""The command line: what it prints where, and how it ends."""

from __future__ import annotations

import json
import logging
import os
import pty
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mails import mail, mails
from tests.servers.dovecot import PASSWORD, Dovecot, free_ports
from tests.servers.scripted import Scripted
from tuimail import __version__, cli, headless, status
from tuimail.mail.sanitize import is_safe

ROOT = Path(__file__).parent.parent
Tuimail = Callable[..., tuple[int, str, str]]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"TUIMAIL_HOME": str(tmp_path / "home"), "TERM": "xterm"}


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

    def run(*argv: str) -> tuple[int, str, str]:
        code = cli.run(argv, environ)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert all(is_safe(line) for line in (out + err).splitlines())
        return code, out, err

    yield run
    for handler in root.handlers:
        handler.close()


@pytest.fixture
def account(environ: dict[str, str]) -> Callable[..., None]:
    """Writes a configuration with one account on this machine."""

    no_tls = 'security = "none"'

    def write(
        port: int, user: str = "ana", password: str = PASSWORD, tls: str = ""
    ) -> None:
        file = Path(environ["TUIMAIL_HOME"], "config", "config.toml")
        file.parent.mkdir(parents=True, exist_ok=True)
        secret = f'password = "{password}"' if password else ""
        file.write_text(
            f'[[account]]\nname = "work"\naddress = "ana@example.org"\n'
            f'host = "127.0.0.1"\nport = {port}\nuser = "{user}"\n'
            f"{tls or no_tls}\n{secret}\n"
        )
        file.chmod(0o600)

    return write


def in_a_process(*argv: str, **options: object) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TUIMAIL_HOME": "/nowhere"}
    return subprocess.Popen(
        [sys.executable, "-m", "tuimail", *argv],
        env={**env, **options.pop("env", {})},  # type: ignore[dict-item]
        text=True,
        **options,  # type: ignore[call-overload]
    )


# -- without any server ----------------------------------------------------------


def test_the_version_is_told(tuimail: Tuimail) -> None:
    assert tuimail("--version") == (0, f"{__version__}\n", "")


@pytest.mark.parametrize(
    "argv",
    [["list", "--bogus"], ["nonsense"], ["show", "x"], ["demo", "--size", "big"]],
)
def test_wrong_usage_ends_with_2(tuimail: Tuimail, argv: list[str]) -> None:
    code, out, err = tuimail(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("usage:")


@pytest.mark.parametrize("argv", [[], ["list"], ["folders"], ["config", "check"]])
def test_without_an_account_it_says_how_to_begin(
    tuimail: Tuimail, argv: list[str], environ: dict[str, str]
) -> None:
    code, out, err = tuimail(*argv)
    assert (code, out) == (2, "")
    assert f"{environ['TUIMAIL_HOME']}/config/config.toml" in err
    assert "tuimail demo" in err


def test_all_mistakes_of_the_configuration_are_told(
    tuimail: Tuimail, tmp_path: Path
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[view]\nmouse = 1\nprefer = 2\n")
    for argv in (["--config", str(file), "list"], ["list", "--config", str(file)]):
        code, out, err = tuimail(*argv)
        assert (code, out) == (2, "")
        assert [line.split(":")[1] for line in err.splitlines()] == ["2", "3"]


@pytest.mark.parametrize(
    ("argv", "instead"),
    [([], "tuimail list"), (["demo"], "tuimail demo --list")],
)
def test_without_a_terminal_another_way_is_named(
    tuimail: Tuimail, account: Callable[..., None], argv: list[str], instead: str
) -> None:
    account(1)
    code, out, err = tuimail(*argv)
    assert (code, out) == (2, "")
    assert err == f"This needs a terminal; `{instead}` prints the inbox without one.\n"


def test_a_dumb_terminal_is_none() -> None:
    ours, theirs = pty.openpty()
    process = in_a_process(
        "demo",
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={"TERM": "dumb"},
    )
    _, err = process.communicate(timeout=20)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 2
    assert err.startswith("This needs a terminal")


def test_whoever_reads_us_may_leave() -> None:
    process = in_a_process("keys", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(20) == 0


def test_a_bug_is_one_sentence_and_a_log(
    tuimail: Tuimail, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("odd \x1b[2J")

    monkeypatch.setattr(cli, "load", broken)
    code, out, err = tuimail("list")
    file = Path(environ["TUIMAIL_HOME"], "log", "tuimail.log")
    assert (code, out) == (status.BUG, "")
    assert err == f"Something went wrong inside; details are in {file}.\n"
    assert "RuntimeError: odd \\x1b[2J" in file.read_text()


def test_a_home_that_cannot_be_used_is_told_in_a_sentence(
    tuimail: Tuimail, environ: dict[str, str]
) -> None:
    Path(environ["TUIMAIL_HOME"]).write_text("a file")
    code, out, err = tuimail("list")
    assert (code, out) == (1, "")
    assert "cannot be used" in err


def test_the_configuration_in_force_is_shown_without_secrets(
    tuimail: Tuimail, account: Callable[..., None]
) -> None:
    account(143, password="hunter2")
    code, out, err = tuimail("config")
    assert (code, err) == (0, "")
    assert 'host = "127.0.0.1"' in out
    assert "hunter2" not in out


def test_keys_and_themes_are_listed(tuimail: Tuimail) -> None:
    assert "`message.open`" in tuimail("keys")[1]
    assert "tuimail-light        light\n" in tuimail("themes")[1]


def test_the_demo_needs_no_terminal_for_its_list(tuimail: Tuimail) -> None:
    code, out, err = tuimail("demo", "--list", "--json")
    rows = json.loads(out)
    assert (code, err) == (0, "")
    assert len(rows) == 50
    assert out.isascii()


@pytest.mark.parametrize(("code", "kept"), [(status.OK, 0), (status.BUG, 1)])
def test_the_demo_keeps_its_log_after_a_fault_only(
    tuimail: Tuimail,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    kept: int,
) -> None:
    """What is said at the end names a file: it must be there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(cli, "_is_terminal", lambda *given: True)

    def screen(*given: object, **how: object) -> int:
        logging.getLogger("tuimail").error("what happened")
        return code

    monkeypatch.setattr(cli, "_on_screen", screen)
    assert tuimail("demo")[0] == code
    assert len(list(tmp_path.glob("tuimail-demo-*/log/tuimail.log"))) == kept
    assert len(list(tmp_path.glob("tuimail-demo-*/*"))) == kept


def test_the_demo_can_be_drawn(tuimail: Tuimail, tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    code, _, err = tuimail("demo", "--screenshot", str(file), "--size", "80x24")
    assert (code, err) == (0, "")
    assert "</svg>" in file.read_text()


# -- with servers that fail ------------------------------------------------------


def test_a_server_that_is_away_is_69(
    tuimail: Tuimail, account: Callable[..., None]
) -> None:
    account(free_ports(1)[0])
    code, out, err = tuimail("folders", "--json")
    assert code == status.UNREACHABLE
    assert [folder["name"] for folder in json.loads(out)] == ["INBOX"]
    assert "refused the connection" in err
    code, out, err = tuimail("config", "check")
    assert code == status.UNREACHABLE
    assert out.splitlines()[-1].startswith("  FAIL  tcp:")


def test_an_unknown_host_is_told_at_its_step(
    tuimail: Tuimail, environ: dict[str, str]
) -> None:
    file = Path(environ["TUIMAIL_HOME"], "config.toml")
    file.parent.mkdir(parents=True)
    file.write_text(
        '[[account]]\nname = "x"\naddress = "a@b"\nhost = "nowhere.invalid"\n'
        'password_command = ["echo", "pw"]\n'
    )
    code, out, _ = tuimail("--config", str(file), "config", "check")
    assert code == status.UNREACHABLE
    assert "  FAIL  dns:          No address is known for nowhere.invalid" in out


def test_a_missing_password_cannot_be_asked_for_without_a_terminal(
    tuimail: Tuimail, account: Callable[..., None]
) -> None:
    account(free_ports(1)[0], password="")
    code, _, err = tuimail("list")
    assert code == status.REFUSED
    assert "needs its password" in err
    code, out, _ = tuimail("config", "check")
    assert code == status.REFUSED
    assert out.splitlines()[-1].startswith("  FAIL  password:")


def test_a_server_that_does_not_answer_in_time_is_75(
    tuimail: Tuimail, account: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headless, "WAIT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        account(silent.getsockname()[1])
        code, out, err = tuimail("folders")
    assert (code, out.split()) == (status.AGAIN, ["-", "-", "INBOX"])
    assert err == "The server did not answer in time; this is what is here.\n"


def test_what_a_server_says_is_made_safe(
    tuimail: Tuimail, account: Callable[..., None]
) -> None:
    server = Scripted({"LOGIN": b"{tag} NO \x1b[2J\x1b]0;evil\x07 go away\r\n"})
    with server:
        account(server.port)
        code, _, err = tuimail("list")
    assert code == status.REFUSED
    assert "go away" in err


# -- with a server that works ----------------------------------------------------


@pytest.fixture
def box(dovecot: Dovecot, user: str, account: Callable[..., None]) -> str:
    """An account with 120 messages, one of them hostile; gives its user."""
    dovecot.seed(user, mails(119))
    odd = mail(120, Subject="odd \x1b[2J\u202e\x07 [/b]", From="日本語の名前 <a@b.jp>")
    dovecot.seed(user, [odd])
    account(dovecot.imap, user)
    return user


def test_right_steps_are_told_one_by_one(tuimail: Tuimail, box: str) -> None:
    code, out, err = tuimail("config", "check")
    assert (code, err) == (0, "")
    steps = [line.split()[1] for line in out.splitlines() if line.startswith("  ok")]
    assert steps == ["password:", "tcp:", "login:", "capabilities:", "folders:"]


def test_a_server_that_is_not_trusted_is_77_and_gets_no_password(
    tuimail: Tuimail, dovecot: Dovecot, user: str, account: Callable[..., None]
) -> None:
    account(dovecot.imaps, user, tls='security = "tls"')
    code, out, _ = tuimail("config", "check")
    assert code == status.REFUSED
    assert out.splitlines()[-1].startswith("  FAIL  tls:")


def test_an_authority_of_ones_own_is_trusted_when_it_is_named(
    tuimail: Tuimail, dovecot: Dovecot, user: str, account: Callable[..., None]
) -> None:
    account(dovecot.imaps, user, tls=f'ca_file = "{dovecot.root}/cert.pem"')
    code, out, _ = tuimail("config", "check")
    assert code == 0
    assert "  ok    tls:          TLSv1." in out


def test_a_wrong_password_is_77(
    tuimail: Tuimail, dovecot: Dovecot, user: str, account: Callable[..., None]
) -> None:
    account(dovecot.imap, user, "wrong")
    code, _, err = tuimail("list")
    assert code == status.REFUSED
    assert "refused the login" in err
    assert "wrong" not in err.replace("wrong password", "")


def test_folders_are_listed_with_their_counts(tuimail: Tuimail, box: str) -> None:
    code, out, err = tuimail("folders")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == ["120", "120", "INBOX"]
    code, out, _ = tuimail("folders", "--json")
    folders = {folder["name"]: folder for folder in json.loads(out)}
    assert folders["INBOX"]["total"] == 120
    assert folders["Trash"]["role"] == "trash"


def test_the_newest_messages_are_listed_first(tuimail: Tuimail, box: str) -> None:
    code, out, err = tuimail("list", "--limit", "3")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 3
    assert "[/b]" in lines[0]
    assert lines[1].endswith("  message 119")


def test_columns_stay_straight_under_wide_letters(tuimail: Tuimail, box: str) -> None:
    from tuimail.mail.widths import cells

    first, second = tuimail("list", "--limit", "2")[1].splitlines()
    assert cells(first[: first.index("odd")]) == second.index("message 119")


def test_more_than_a_window_is_fetched_when_it_is_asked_for(
    tuimail: Tuimail, box: str
) -> None:
    code, out, err = tuimail("list", "--limit", "500", "--json")
    assert (code, err) == (0, "")
    subjects = [row["subject"] for row in json.loads(out)]
    assert len(subjects) == 120
    assert subjects[-1] == "message 1"


def test_a_message_is_shown_by_the_id_of_the_list(tuimail: Tuimail, box: str) -> None:
    row = json.loads(tuimail("list", "--limit", "2", "--json")[1])[1]
    code, out, err = tuimail("show", str(row["id"]))
    assert (code, err) == (0, "")
    assert "Subject: message 119" in out
    assert out.endswith("\ntext of message 119\n")
    shown = json.loads(tuimail("show", str(row["id"]), "--json")[1])
    assert shown["text"].strip() == "text of message 119"
    assert ["Subject", "message 119"] in shown["header"]
    assert (
        "Message-ID: <m119@example.org>"
        in tuimail("show", "--source", str(row["id"]))[1]
    )


def test_what_was_read_is_shown_without_the_server(tuimail: Tuimail, box: str) -> None:
    rows = json.loads(tuimail("list", "--json")[1])
    tuimail("show", str(rows[1]["id"]))
    code, out, err = tuimail("list", "--offline", "--json")
    assert (code, err) == (0, "")
    assert [row["id"] for row in json.loads(out)] == [row["id"] for row in rows]
    code, out, err = tuimail("show", "--offline", str(rows[1]["id"]))
    assert (code, err) == (0, "")
    assert "text of message 119" in out
    code, out, err = tuimail("show", "--offline", str(rows[5]["id"]))
    assert (code, "text of message" in out) == (status.UNREACHABLE, False)
    assert len(err.splitlines()) == 1


def test_what_is_here_is_listed_when_the_server_is_away(
    tuimail: Tuimail, box: str, account: Callable[..., None]
) -> None:
    before = tuimail("list")[1]
    account(free_ports(1)[0], box)
    code, out, err = tuimail("list")
    assert code == status.UNREACHABLE
    assert out == before
    assert err.endswith("This is what is here.\n")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["list", "--folder", "Nope"], "There is no folder Nope;"),
        (["show", "99999"], "There is no message 99999;"),
    ],
)
def test_what_is_not_there_is_1(
    tuimail: Tuimail, box: str, argv: list[str], said: str
) -> None:
    code, out, err = tuimail(*argv)
    assert (code, out) == (1, "")
    assert err.startswith(said)


def test_an_unknown_account_is_wrong_usage(tuimail: Tuimail, box: str) -> None:
    code, _, err = tuimail("list", "--account", "home")
    assert (code, err) == (2, "There is no account home; there is work.\n")
