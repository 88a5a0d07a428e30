"""The program as a whole: start, signals, faults, and what it leaves behind."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.screen import play, shown
from tuimail.config import Config, ViewSettings
from tuimail.ui.app import TuimailApp

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import sys
from pathlib import Path
from tuimail.config import Config, ImapAccount, Security, ViewSettings
from tuimail.engine.service import MailService
from tuimail.log import open_log
from tuimail.paths import under
from tuimail.ui.app import TuimailApp, run

paths = under(Path(sys.argv[1]))
paths.ensure()
open_log(paths)
account = ImapAccount(
    "work", "bob@example.org", "127.0.0.1", "bob", port=1,
    security=Security.NONE, password="x",
)
config = Config(accounts=(account,))
if len(sys.argv) > 2:
    def fault(self, name):
        secret = "words of a mail"
        raise ValueError(secret)
    TuimailApp.wear = fault
service = MailService(config, paths)
status = run(service, config, paths)
service.close()
sys.exit(status)
"""
PATIENCE_S = 20.0


class Terminal:
    """The real program behind a real terminal line."""

    def __init__(self, handle: int, process: int) -> None:
        self.handle = handle
        self.process = process
        self.wrote = b""

    def until(self, words: bytes) -> None:
        """Read until the program has written some words."""
        end = time.monotonic() + PATIENCE_S
        while words not in self.wrote:
            assert time.monotonic() < end, self.wrote[-500:]
            self._read(0.5)

    def status(self) -> int:
        """Read to the end; the exit status."""
        end = time.monotonic() + PATIENCE_S
        while True:
            self._read(0.05)
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                self._read(0.05)
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, self.wrote[-500:]

    def hang_up(self) -> None:
        """The connection is lost."""
        os.close(self.handle)
        self.handle = -1

    def _read(self, patience_s: float) -> None:
        if self.handle < 0:
            select.select([], [], [], patience_s)
            return
        ready, _, _ = select.select([self.handle], [], [], patience_s)
        try:
            self.wrote += os.read(self.handle, 65536) if ready else b""
        except OSError:
            return


@contextmanager
def terminal(home: Path, *words: str, **environ: str) -> Iterator[Terminal]:
    process, handle = pty.fork()
    if process == 0:
        kept = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        kept |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **environ}
        kept |= {"COLUMNS": "80", "LINES": "24"}
        argv = [sys.executable, "-c", PROGRAM, str(home), *words]
        os.execve(sys.executable, argv, kept)
    line = Terminal(handle, process)
    try:
        yield line
    finally:
        try:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        if line.handle >= 0:
            line.hang_up()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with terminal(tmp_path) as line:
        line.until(b"help")
        os.kill(line.process, number)
        assert line.status() == 128 + number
        assert b"\x1b[?1049l" in line.wrote


def test_a_terminal_that_goes_away_ends_it(tmp_path: Path) -> None:
    with terminal(tmp_path) as line:
        line.until(b"help")
        line.hang_up()
        assert line.status() == 128 + signal.SIGHUP


def test_q_ends_it_with_success(tmp_path: Path) -> None:
    with terminal(tmp_path) as line:
        line.until(b"help")
        os.write(line.handle, b"q")
        assert line.status() == 0


def test_a_fault_says_one_sentence_and_no_word_of_a_mail(tmp_path: Path) -> None:
    with terminal(tmp_path, "fault") as line:
        line.until(b"help")
        os.write(line.handle, b"gT")
        assert line.status() == 70
    said = line.wrote.rpartition(b"\x1b[?1049l")[2]
    assert b"tuimail stopped by a fault of its own" in said
    log = (tmp_path / "log" / "tuimail.log").read_text()
    assert "ValueError" in log
    assert "in fault" in log
    assert b"words of a mail" not in line.wrote
    assert "words of a mail" not in log


def test_no_color_sends_no_colour(tmp_path: Path) -> None:
    with terminal(tmp_path, NO_COLOR="1", COLORTERM="truecolor") as line:
        line.until(b"help")
        os.write(line.handle, b"q")
        assert line.status() == 0
    assert b"38;2;" not in line.wrote
    assert b"48;2;" not in line.wrote
    assert b"38;5;" not in line.wrote


def test_programs_started_later_still_see_no_color(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert os.environ["NO_COLOR"] == "1"
        assert app.look.name == "mono"

    play(tmp_path, story, view=ViewSettings(theme="auto"))


def test_an_unknown_theme_is_told_and_another_worn(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert any("no theme 'purple'" in each for each in app.problems)
        assert app.look.name in app.looks

    play(tmp_path, story, view=ViewSettings(theme="purple"))


def test_nothing_is_connected_before_the_first_frame(tmp_path: Path) -> None:
    from tuimail.engine.service import MailService
    from tuimail.paths import under

    paths = under(tmp_path)
    paths.ensure()
    service = MailService(Config(), paths)
    app = TuimailApp(service, Config(), paths)
    assert app.bridge not in service._listeners
    service.close()


def test_without_an_account_every_key_is_harmless(tmp_path: Path) -> None:
    import asyncio

    from tuimail.engine.service import MailService
    from tuimail.paths import under

    paths = under(tmp_path)
    paths.ensure()
    config = Config(view=ViewSettings(theme="mono"))
    service = MailService(config, paths)
    app = TuimailApp(service, config, paths)

    async def run() -> None:
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await pilot.pause()
            assert "no account yet" in shown(app)[0]
            for command in app.keymap.keys:
                if command not in ("app.quit", "view.back"):
                    app.main.desk.run(command)
                    await pilot.pause()
                    await pilot.press("escape", "escape")
            assert app.is_running

    try:
        asyncio.run(run())
    finally:
        service.close()
