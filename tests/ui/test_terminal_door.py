"""The real program in a pseudo-terminal over mail and a server that mean harm.

Every octet it writes is held against what it may write at all.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bench.terminal import Program
from tests.mail.vectors import vectors
from tuimail.demo.hostile import messages
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer
from tuimail.paths import under

ROOT = Path(__file__).parent.parent.parent
NAMES = (
    "\x1b]52;c;cHduZWQ=\x07",
    "a\x1b[2Jb",
    "\u202egnp.exe",
    "[@click=app.quit]x[/]",
    "\x9b31m",
)
CONFIG = """
[[account]]
type = "imap"
name = "b"
address = "b@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
user = "ana"
password = "demo"
[view]
theme = "tuimail-dark"
[notify]
bell = true
desktop = "{desktop}"
"""
FILES = """
[[account]]
type = "maildir"
name = "files"
path = "{path}"
[view]
theme = "tuimail-dark"
mark_read_seconds = 0
"""
PROGRAMS, OPENED_S = 2, 60.0
WORDS = rb"(?:(?!\xc2[\x80-\x9f])[ -~\x80-\xff])*"
"""Neither C0 nor, in UTF-8, C1 controls."""
FIELD = rb"(?:(?!\xc2[\x80-\x9f]|;)[ -~\x80-\xff])*"
ALLOWED = re.compile(
    rb"\x1b\[[0-9;]*[HmKLMXCrnc]"  # places, styles, erasing, scrolling, questions
    rb"|\x1b\[\?[0-9;]+(?:[hl]|\$p)"  # modes of the terminal, set by Textual
    rb"|\x1b\[[<>=][0-9;]*[a-z]"  # the keyboard protocol
    rb"|\x1b\[[0-9;]+ q"  # the shape of the cursor
    rb"|\x1b\]22;default(?:\x07|\x1b\\)"  # the shape of the pointer
    rb"|\x1b\]11;\?\x1b\\"  # what is the background?
    rb"|\x1b\]8;;(?:https?://[!-~]*|mailto:[!-~]*)?\x1b\\"  # links
    rb"|\x1b\]2;(?:tuimail(?:: " + WORDS + rb")?)?\x1b\\"  # the title
    rb"|\x1b\[2[23];2t"  # keep the old title, and take it back
    rb"|\x1b\]9;tuimail: " + FIELD + rb"\x1b\\"  # a notice
    rb"|\x1b\]777;notify;tuimail;" + FIELD + rb"\x1b\\"
    rb"|\x07"  # the bell
    rb"|\x1b[78=>]|\x1b\(B|[\r\n]"
)


def hostile_store() -> MailStore:
    """All odd messages of the demo in the inbox, and folders with odd names."""
    store = MailStore()
    now = datetime(2026, 11, 23, tzinfo=UTC)
    inbox = store.add("INBOX")
    for make in messages():
        inbox.add(make(now), (), now)
    for name in NAMES:
        store.add(name)
    return store


def left_over(output: bytes) -> list[str]:
    """What is neither allowed sequence nor printable text."""
    rest = ALLOWED.sub(b"", output).decode("utf-8", "replace")
    return sorted({c for c in rest if not c.isprintable() and c not in "\u200c\u200d"})


@pytest.fixture
def server() -> Iterator[DemoServer]:
    made = DemoServer(hostile_store())
    made.start()
    yield made
    made.stop()


@pytest.fixture(params=["osc9"])
def program(
    tmp_path: Path, server: DemoServer, request: pytest.FixtureRequest
) -> Iterator[Program]:
    port = server.port
    made = started(tmp_path, CONFIG.format(port=port, desktop=request.param))
    yield made
    made.end()


def started(tmp_path: Path, config: str) -> Program:
    """The real program with a configuration of its own."""
    paths = under(tmp_path)
    paths.ensure()
    paths.config_file.write_text(config)
    paths.config_file.chmod(0o600)
    env = {
        "PATH": "/usr/bin:/bin",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "TUIMAIL_HOME": str(tmp_path),
        "HOME": str(tmp_path),
    }
    return Program([sys.executable, "-m", "tuimail"], env)


def test_no_mail_folder_or_server_text_controls_the_terminal(program: Program) -> None:
    program.until(b"plan")
    program.quiet(1.0)
    for keys in (b"\r", *[b"J"] * 20, b"p", b"\x1b", b"q", b"c", b"\x1b", b"f", b"jjj"):
        program.press(keys)
        program.quiet(0.15)
    program.press(b"Q")
    program.quiet(1.0)
    assert len(program.output) > 10_000
    assert left_over(program.output) == []


@pytest.fixture
def maildirs(tmp_path: Path) -> list[Path]:
    """Every message that was made to do harm, in files that nobody has read."""
    folders = [tmp_path / f"mail{number}" for number in range(PROGRAMS)]
    for folder in folders:
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True)
    for number, (_, data) in enumerate(vectors()):
        name = f"{1_700_000_000 + number}.v.host:2,"
        path = folders[number % PROGRAMS] / "cur" / name
        path.write_bytes(data)
        # Each arrived at a time of its own, so none comes above one that is read.
        os.utime(path, (1_700_000_000 + number,) * 2)
    return folders


def test_no_message_made_to_do_harm_controls_the_terminal(
    tmp_path: Path, maildirs: list[Path]
) -> None:
    """Each is opened as a reader opens it, one after the other, until it is read."""
    programs = [
        started(tmp_path / folder.name[-1], FILES.format(path=folder))
        for folder in maildirs
    ]
    try:
        for program, folder in zip(programs, maildirs, strict=True):
            program.until(b"]2;tuimail: INBOX (%d" % unread(folder))
            program.quiet(1.0)
            opened(program, folder, b"gg\r")
        while any(map(unread, maildirs)):
            for program, folder in zip(programs, maildirs, strict=True):
                if unread(folder):
                    opened(program, folder, b"J")
        for program in programs:
            program.press(b"Q")
            program.quiet(0.5)
    finally:
        for program in programs:
            program.end()
    assert {left for each in programs for left in left_over(each.output)} == set()


def opened(program: Program, maildir: Path, keys: bytes) -> None:
    """Go to the next message and wait until it is read."""
    left = unread(maildir)
    end = time.monotonic() + OPENED_S
    program.press(keys)
    while unread(maildir) == left:
        assert time.monotonic() < end, f"{left} left: {program.output[-500:]!r}"
        program.pump(0.01)


def unread(maildir: Path) -> int:
    """Messages that were not opened: to open one marks it read."""
    return sum(
        "S" not in path.name.rpartition(",")[2] for path in maildir.glob("cur/*")
    )


def test_markup_of_a_mail_is_shown_as_written(program: Program) -> None:
    program.until(b"[@click=app.quit]x[/]")
    program.until(b"[/b] plan")


@pytest.mark.parametrize("program", ["osc9", "osc777"], indirect=True)
def test_no_new_mail_controls_the_terminal(
    program: Program, server: DemoServer
) -> None:
    program.until(b"plan")
    program.quiet(1.0)
    now = datetime.now(UTC)
    for number, make in enumerate(messages()):
        server.deliver("INBOX", make(now), (), now + timedelta(seconds=number))
    program.until(b"new messages: ")
    program.quiet(1.0)
    assert b"\x07" in program.output
    assert left_over(program.output) == []


def test_the_title_is_set_and_given_back(program: Program) -> None:
    program.until(b"plan")
    program.until(b"\x1b]2;tuimail: INBOX (")
    program.quiet(1.0)
    assert b"\x1b[22;2t" in program.output
    program.press(b"Q")
    program.until(b"\x1b]2;\x1b\\\x1b[23;2t")
