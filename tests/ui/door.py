"""The real program over mail in files, each opened, in a pseudo-terminal.

Every octet it writes is held against what it may write at all.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.bench.terminal import QUESTIONS, Program, Questions
from tuimail.paths import under

ROOT = Path(__file__).parent.parent.parent
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


def left_over(output: bytes) -> list[str]:
    """What is neither allowed sequence nor printable text."""
    rest = ALLOWED.sub(b"", output).decode("utf-8", "replace")
    return sorted({c for c in rest if not c.isprintable() and c not in "\u200c\u200d"})


def started(
    tmp_path: Path,
    config: str,
    size: tuple[int, int] = (120, 40),
    questions: Questions = QUESTIONS,
) -> Program:
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
    return Program([sys.executable, "-m", "tuimail"], env, size, questions)


def opened(folder: Path, mails: Iterable[bytes]) -> list[str]:
    """Open each message, as one reads a folder; gives what was not allowed."""
    maildirs = filled(folder, mails)
    programs = [
        started(folder / f"home{number}", FILES.format(path=maildir))
        for number, maildir in enumerate(maildirs)
    ]
    try:
        for program, maildir in zip(programs, maildirs, strict=True):
            program.until(b"]2;tuimail: INBOX (%d" % unread(maildir))
            program.quiet(1.0)
            read_one(program, maildir, b"gg\r")
        while any(map(unread, maildirs)):
            for program, maildir in zip(programs, maildirs, strict=True):
                if unread(maildir):
                    read_one(program, maildir, b"J")
        for program in programs:
            program.press(b"Q")
            program.quiet(0.5)
    finally:
        for program in programs:
            program.end()
    return sorted({left for each in programs for left in left_over(each.output)})


def filled(folder: Path, mails: Iterable[bytes]) -> list[Path]:
    """A Maildir for each program, with messages that nobody has read."""
    maildirs = [folder / f"mail{number}" for number in range(PROGRAMS)]
    for maildir in maildirs:
        for name in ("tmp", "new", "cur"):
            (maildir / name).mkdir(parents=True)
    for number, data in enumerate(mails):
        name = f"{1_700_000_000 + number}.v.host:2,"
        path = maildirs[number % PROGRAMS] / "cur" / name
        path.write_bytes(data)
        # Each arrived at a time of its own, so none comes above one that is read.
        os.utime(path, (1_700_000_000 + number,) * 2)
    return maildirs


def read_one(program: Program, maildir: Path, keys: bytes) -> None:
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
