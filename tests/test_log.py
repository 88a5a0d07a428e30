"""The log: no secret and no control character goes in, and the terminal is let be."""

from __future__ import annotations

import logging
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuimail.log import log_file, open_log
from tuimail.paths import Paths, under


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paths]:
    """An open log; how logging was is put back."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    made = under(tmp_path)
    made.ensure()
    open_log(made)
    yield made
    for handler in root.handlers:
        handler.close()


@pytest.mark.parametrize(
    "line",
    [
        "sent A1 LOGIN ana hunter2",
        "sent A1 login ana hunter2",
        "sent A1 AUTHENTICATE PLAIN hunter2",
        "+PASS hunter2",
    ],
)
def test_credentials_are_taken_out(paths: Paths, line: str) -> None:
    logging.getLogger("tuimail.net").warning("%s", line)
    text = log_file(paths).read_text()
    assert "hunter2" not in text
    assert "***" in text


def test_what_a_server_says_cannot_steer_the_terminal_that_shows_the_log(
    paths: Paths,
) -> None:
    logging.warning("it said %s", "\x1b]0;hello\x07 \x9b2J \r\x7f")
    raw = log_file(paths).read_bytes()
    assert rb"\x1b]0;hello\x07 \x9b2J \x0d\x7f" in raw
    assert not set(raw) & {0x1B, 0x07, 0x0D, 0x7F, 0xC2}


def test_a_lone_surrogate_can_be_logged(paths: Paths) -> None:
    logging.warning("odd \udcff")
    assert "odd \\udcff" in log_file(paths).read_text()


def test_a_thread_that_dies_is_logged_and_prints_nothing(
    paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    thread = threading.Thread(target=lambda: 1 / 0, name="lane")
    thread.start()
    thread.join()
    assert "lane died" in log_file(paths).read_text()
    assert "ZeroDivisionError" in log_file(paths).read_text()
    assert capfd.readouterr().err == ""


def test_a_log_that_cannot_be_written_prints_nothing(
    paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    log_file(paths).mkdir()
    logging.error("lost")
    assert capfd.readouterr().err == ""


def test_the_log_turns_over(paths: Paths) -> None:
    for _ in range(25):
        logging.warning("x" * 100_000)
    names = sorted(file.name for file in paths.log.iterdir())
    assert names == ["tuimail.log", "tuimail.log.1", "tuimail.log.2"]
    assert all(file.stat().st_size <= 1_000_000 for file in paths.log.iterdir())
    assert stat.S_IMODE(paths.log.stat().st_mode) == 0o700
