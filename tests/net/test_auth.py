"""Where passwords come from, and what is said when there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tuimail.config import ImapAccount
from tuimail.errors import Refused
from tuimail.net import auth
from tuimail.net.auth import NEEDED, Password, from_command, from_file, from_keyring


def printing(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_the_first_line_of_the_command_is_the_password() -> None:
    assert from_command(printing(r"print('pa ss \nuser: ann')"), "work") == "pa ss "


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    said = from_command(
        (sys.executable, "-c", "import sys; print(sys.argv[1])", "$(id); `id`"), "work"
    )
    assert said == "$(id); `id`"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (printing("import sys; sys.exit('no such entry\\x1b[2J')"), "no such entry"),
        (printing("pass"), "printed nothing"),
        (("/nonexistent/pass",), "could not be run"),
    ],
)
def test_a_command_that_fails_is_told_in_a_sentence(
    argv: tuple[str, ...], words: str
) -> None:
    with pytest.raises(Refused, match=words) as told:
        from_command(argv, "work")
    assert "\x1b" not in str(told.value)


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "COMMAND_S", 0.2)
    with pytest.raises(Refused, match="took over"):
        from_command(printing("import time; time.sleep(60)"), "work")


def private(path: Path, content: str, mode: int = 0o600) -> Path:
    path.write_text(content)
    path.chmod(mode)
    return path


def test_a_private_file_holds_the_password_on_its_first_line(tmp_path: Path) -> None:
    assert from_file(private(tmp_path / "p", "geheim ß\r\nmore\n")) == "geheim ß"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(Refused, match="chmod 600"):
        from_file(private(tmp_path / "p", "geheim", mode))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path / "p", "geheim")
    os.chown(path, 12345, -1)
    with pytest.raises(Refused, match="somebody else"):
        from_file(path)


def test_what_is_no_readable_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    private(tmp_path / "empty", "")
    for name, words in (
        ("absent", "could not be read"),
        ("", "is no file|directory"),
        ("pipe", "is no file"),
        ("empty", "is empty"),
    ):
        with pytest.raises(Refused, match=words):
            from_file(tmp_path / name)


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a `keyring` package that a test fills."""
    package = tmp_path / "modules" / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    return package / "__main__.py"


def test_the_keyring_is_asked_for_host_and_user(keyring: Path) -> None:
    keyring.write_text("import sys; print('|'.join(sys.argv[1:]))")
    found = from_keyring("imap.example.org", "ann")
    assert found == "get|tuimail imap.example.org|ann"


@pytest.mark.parametrize(
    "code",
    [
        "raise RuntimeError('org.freedesktop.DBus.Error.ServiceUnknown')",
        "import time; time.sleep(60)",
        "open('/dev/tty').readline()",
        "pass",
    ],
    ids=["raises", "hangs", "asks", "is silent"],
)
def test_a_keyring_in_distress_is_passed_over_in_silence(
    keyring: Path,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(auth, "KEYRING_S", 1.0)
    keyring.write_text(code)
    with pytest.raises(Refused, match="The keyring gave no password") as told:
        from_keyring("imap.example.org", "ann")
    assert told.value.code == NEEDED
    assert capfd.readouterr() == ("", "")


def account(**values: object) -> ImapAccount:
    return ImapAccount("work", "ann@example.org", "h", "ann", **values)  # type: ignore[arg-type]


def test_without_any_source_the_user_is_asked() -> None:
    password = Password(account())
    with pytest.raises(Refused) as told:
        password()
    assert told.value.code == NEEDED
    password.answer("typed")
    assert password() == "typed"


def test_a_refused_password_is_found_anew(tmp_path: Path) -> None:
    path = private(tmp_path / "p", "old")
    password = Password(account(password_file=path))
    assert password() == "old"
    path.write_text("new")
    assert password() == "old"
    password.forget()
    assert password() == "new"


def test_a_password_is_not_seen_where_its_holder_is_shown() -> None:
    password = Password(account(password="geheim"))
    assert password() == "geheim"
    assert "geheim" not in f"{password!r} {password} {account(password='geheim')!r}"
