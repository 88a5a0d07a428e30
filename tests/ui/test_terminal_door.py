"""The real program in a pseudo-terminal over mail and a server that mean harm.

Every octet it writes is held against what it may write at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bench.terminal import Program
from tests.mail.vectors import vectors
from tests.ui.door import left_over, opened, started
from tuimail.demo.hostile import messages
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer

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


def test_no_message_made_to_do_harm_controls_the_terminal(tmp_path: Path) -> None:
    """Each is opened as a reader opens it, one after the other, until it is read."""
    assert opened(tmp_path, (data for _, data in vectors())) == []


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
