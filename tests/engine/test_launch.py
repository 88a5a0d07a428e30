"""Programs are run by words, away from the terminal, and what they do wrong is told."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from tuimail.config import OpenSettings
from tuimail.engine.launch import Launcher, Program, clip_commands, feed, scrubbed
from tuimail.engine.piping import OUTPUT_MAX, pipe
from tuimail.engine.private_files import PREFIX, PrivateFiles
from tuimail.errors import Cancelled, LaunchError

ODD = "$(touch x) `id`; & | < > ' \" \\ %s {}.pdf"
"""A name that would do a lot in a shell."""


class Complaints:
    """What was told, as soon as it is."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._told = threading.Event()

    def __call__(self, words: str) -> None:
        self.heard.append(words)
        self._told.set()

    def first(self) -> str:
        assert self._told.wait(10)
        return self.heard[0]


def script(folder: Path, name: str, body: str) -> str:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that is looked into first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def launcher(
    complain: Complaints | None = None,
    settings: OpenSettings | None = None,
    **environ: str,
) -> Launcher:
    made = {"PATH": os.environ["PATH"], **environ}
    return Launcher(settings or OpenSettings(), made, complain or Complaints())


# -- which program ------------------------------------------------------------


def test_the_exact_type_wins_over_a_pattern_that_stands_before() -> None:
    programs = (("image/*", ("feh",)), ("image/svg+xml", ("inkscape", "{}")))
    chooser = launcher(settings=OpenSettings(programs))
    file = "/t/a"
    assert chooser.for_file(file, "image/svg+xml").argv == ("inkscape", "/t/a")
    assert chooser.for_file(file, "image/png").argv == ("feh", "/t/a")


def test_the_file_takes_the_place_of_the_braces() -> None:
    chooser = launcher(settings=OpenSettings((("*/*", ("x", "--in={}", "-q")),)))
    assert chooser.for_file("/t/a", "a/b").argv == ("x", "--in=/t/a", "-q")


def test_what_needs_the_terminal_is_known_or_said() -> None:
    programs = (("text/*", ("/usr/bin/less", "{}")), ("a/*", ("vd9",)), ("b/*", ("x",)))
    chooser = launcher(settings=OpenSettings(programs, terminal=("vd9",)))
    file = "/t/a"
    assert chooser.for_file(file, "text/plain").terminal
    assert chooser.for_file(file, "a/a").terminal
    assert not chooser.for_file(file, "b/a").terminal


@pytest.mark.skipif(os.uname().sysname == "Darwin", reason="open is always there")
def test_without_a_screen_there_is_no_program_but_a_configured_one() -> None:
    file = "/t/a"
    with pytest.raises(
        LaunchError, match=r"no screen here .* none for a/b in \[open\]"
    ):
        launcher(SSH_CONNECTION="1").for_file(file, "a/b")
    assert launcher(DISPLAY=":0").for_file(file, "a/b").argv == ("xdg-open", "/t/a")
    assert launcher().for_link("https://x.example/") is None


@pytest.mark.parametrize(
    ("value", "argv"),
    [
        ("firefox", ("firefox", "u")),
        ("/opt/helpers/browser.sh", ("/opt/helpers/browser.sh", "u")),
        ("firefox --new-tab:w3m", ("firefox", "--new-tab", "u")),
        ("sh -c 'x %s'", None),
        ("firefox %s", None),
        ("x;reboot", None),
        ("$(id)", None),
        ("-x", None),
        ("", None),
    ],
)
def test_of_the_browser_in_the_environment_plain_words_are_taken(
    value: str, argv: tuple[str, ...] | None
) -> None:
    found = launcher(BROWSER=value).for_link("u")
    assert (found and found.argv) == argv


def test_a_configured_browser_wins() -> None:
    chooser = launcher(settings=OpenSettings(browser=("w3m",)), BROWSER="firefox")
    assert chooser.for_link("u") == Program(("w3m", "u"), terminal=True)


# -- running -------------------------------------------------------------------


def test_a_file_reaches_the_program_as_one_word(tmp_path: Path, bin_: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    viewer = script(bin_, "viewer", f'printf "%s|" "$#" "$1" > {told}')
    file = PrivateFiles({"XDG_RUNTIME_DIR": str(tmp_path)}).place(ODD, b"x")
    launcher().start(Program((viewer, str(file))), "a/b")
    assert told.read_text() == f"1|{file}|"
    assert not list(Path().glob("x"))


def test_a_program_has_no_terminal_and_a_session_of_its_own(
    tmp_path: Path, bin_: Path
) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    body = f"for n in 0 1 2; do readlink /proc/$$/fd/$n; done > {told}.x;"
    body += f" ps -o sid= -p $$ >> {told}.x; cat {told}.x > {told}"
    launcher().start(Program((script(bin_, "viewer", body),)), "")
    lines = told.read_text().split()
    assert lines[0] == "/dev/null"
    assert lines[2] == "/dev/null"
    assert int(lines[3]) != os.getsid(0)


def test_a_program_that_fails_at_once_is_told_of(bin_: Path) -> None:
    complaints = Complaints()
    script(bin_, "xdg-open", "exit 3")
    made = launcher(complaints, DISPLAY=":0")
    program = made.for_file("/t/a", "application/pdf")
    made.start(program, "application/pdf")
    assert complaints.first() == (
        "xdg-open ended with status 3: no program for application/pdf;"
        " set [open] in the configuration."
    )


def test_a_program_that_is_not_there_is_told_of() -> None:
    with pytest.raises(LaunchError, match=r"^nowhere9 is not installed; set \[open\]"):
        launcher().start(Program(("nowhere9", "x")), "a/b")


def test_a_program_on_the_terminal_is_waited_for(tmp_path: Path, bin_: Path) -> None:
    told = tmp_path / "told"
    viewer = script(bin_, "pager", f"echo $1 > {told}; exit 4")
    assert launcher().run_here((viewer, "a b")) == "pager ended with status 4."
    assert told.read_text() == "a b\n"


def test_secrets_are_not_passed_on() -> None:
    kept = {"PATH": "p", "SSH_AUTH_SOCK": "s", "XAUTHORITY": "x", "COMPASS": "n"}
    secret = {
        "MAIL_PASSWORD": "1",
        "TUIMAIL_HOME": "2",
        "GITHUB_TOKEN": "3",
        "AWS_SECRET_ACCESS_KEY": "4",
        "pass": "5",
        "OPENAI_API_KEY": "6",
    }
    assert scrubbed(kept | secret) == kept


def test_clipboards_are_those_that_can_be_reached(
    bin_: Path,
) -> None:
    for name in ("tmux", "wl-copy", "xclip"):
        script(bin_, name, "")
    here = {"WAYLAND_DISPLAY": "w"}
    assert [argv[0] for argv in clip_commands(here)] == ["wl-copy"]
    there = {**here, "TMUX": "t", "SSH_CONNECTION": "c"}
    assert clip_commands(there) == [("tmux", "load-buffer", "-w", "-")]
    assert clip_commands({}) == []


def test_a_text_is_fed_to_a_program(tmp_path: Path, bin_: Path) -> None:
    taker = script(bin_, "taker", f"cat > {tmp_path}/taken")
    assert feed((taker,), b"words", {"PATH": os.environ["PATH"]}) == ""
    assert (tmp_path / "taken").read_bytes() == b"words"


# -- private files ----------------------------------------------------------------


def test_a_private_file_is_ours_alone_and_read_only(tmp_path: Path) -> None:
    files = PrivateFiles({"XDG_RUNTIME_DIR": str(tmp_path)})
    file = files.place("a.pdf", b"octets")
    assert file.read_bytes() == b"octets"
    assert file.is_absolute()
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    for folder in (file.parent, file.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert files.place("a.pdf", b"other") != file


def test_private_files_go_one_by_one_and_all_at_the_end(tmp_path: Path) -> None:
    files = PrivateFiles({"XDG_RUNTIME_DIR": str(tmp_path)})
    first, second = files.place("a", b"1"), files.place("b", b"2")
    files.remove(str(first))
    assert not first.exists()
    assert second.exists()
    files.close()
    assert list(tmp_path.iterdir()) == []


def test_what_killed_runs_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    # No process has a number above 2^22.
    dead = tmp_path / f"{PREFIX}99999999-abc_12"
    dead.mkdir()
    (dead / "file").touch(0o400)
    kept = [
        tmp_path / f"{PREFIX}{os.getpid()}-abc_12",
        tmp_path / f"{PREFIX}x-abc",
        tmp_path / "other",
        elsewhere,
    ]
    for folder in kept:
        folder.mkdir(exist_ok=True)
    link = tmp_path / f"{PREFIX}99999998-link"
    link.symlink_to(elsewhere)
    PrivateFiles({"XDG_RUNTIME_DIR": str(tmp_path)}).sweep()
    assert not dead.exists()
    assert all(folder.exists() for folder in kept)
    assert (elsewhere / "precious").exists()


# -- pipes ------------------------------------------------------------------------


ENVIRON = {"PATH": os.environ["PATH"]}


def never() -> bool:
    return False


def test_a_pipe_gives_both_outputs_and_the_status(bin_: Path) -> None:
    counter = script(bin_, "counter", "wc -c; echo trouble >&2; exit 2")
    answer = pipe((counter,), b"x" * 300_000, ENVIRON, never)
    assert answer.output.split() == [b"300000", b"trouble"]
    assert (answer.status, answer.cut) == (2, False)


def test_a_pipe_whose_reader_stops_early_is_no_trouble(bin_: Path) -> None:
    answer = pipe(("head", "-c", "3"), b"x" * 3_000_000, ENVIRON, never)
    assert answer.output == b"xxx"


def test_an_endless_answer_is_cut_and_stopped(bin_: Path) -> None:
    with pytest.raises(LaunchError, match="yes took over 1 s and was stopped"):
        pipe(("yes",), b"", ENVIRON, never, limit_s=1)


def test_a_long_answer_is_read_to_its_end_and_its_beginning_kept() -> None:
    answer = pipe(("cat",), b"y" * (OUTPUT_MAX + 5), ENVIRON, never)
    assert (len(answer.output), answer.cut, answer.status) == (OUTPUT_MAX, True, 0)


def test_a_pipe_that_is_cancelled_ends_its_program(tmp_path: Path, bin_: Path) -> None:
    begun = tmp_path / "begun"
    sleeper = script(bin_, "sleeper", f"echo $$ > {begun}; exec sleep 100")
    with pytest.raises(Cancelled):
        pipe((sleeper,), b"", ENVIRON, lambda: begun.exists() and begun.stat().st_size)
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)


def test_what_a_program_leaves_running_holds_nobody_up(bin_: Path) -> None:
    leaver = script(bin_, "leaver", "sleep 4 & echo done")
    assert pipe((leaver,), b"", ENVIRON, never, limit_s=3).output == b"done\n"


@pytest.mark.parametrize("line", ["", "   ", "echo 'open", "a\0b"])
def test_what_is_no_command_line_is_said(line: str) -> None:
    with pytest.raises(LaunchError):
        launcher().words(line)


def test_a_command_line_is_words_and_nothing_for_a_shell() -> None:
    line = "grep -c 'a b' $HOME *.txt | less"
    assert launcher().words(line)[2:] == ("a b", "$HOME", "*.txt", "|", "less")
