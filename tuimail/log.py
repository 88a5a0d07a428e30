"""The log: a file that turns over, never the terminal; secrets stay out of it."""

from __future__ import annotations

import logging
import re
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tuimail.paths import Paths

FILE_OCTETS = 1_000_000
OLDER_FILES = 2
_SECRET = re.compile(r"(?i)\b(LOGIN|AUTHENTICATE|PASS|AUTH) [^\n]*")
_CONTROLS = {
    code: f"\\x{code:02x}"
    for code in (*range(32), *range(127, 160))
    if chr(code) not in "\n\t"
}
"""What a server says may hold orders to the terminal in which the log is read."""


class Redacted(logging.Formatter):
    """Takes credentials and control characters out of every line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, tracebacks included."""
        words = super().format(record).translate(_CONTROLS)
        return _SECRET.sub(r"\1 ***", words)


def log_file(paths: Paths) -> Path:
    """Where the log is."""
    return paths.log / "tuimail.log"


def silence() -> None:
    """Nothing that is logged reaches the terminal, not even without a log file."""
    logging.lastResort = None
    logging.raiseExceptions = False


def open_log(paths: Paths, level: int = logging.INFO) -> None:
    """Log to a file, a megabyte at a time, three of them kept.

    What nobody caught, in a thread or while an object was thrown away, goes there too.
    """
    silence()
    handler = RotatingFileHandler(
        log_file(paths),
        maxBytes=FILE_OCTETS,
        backupCount=OLDER_FILES,
        encoding="utf-8",
        errors="backslashreplace",
        delay=True,
    )
    handler.setFormatter(
        Redacted("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    threading.excepthook = _thread_died
    sys.unraisablehook = _unraisable


def _thread_died(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "a thread"
    if args.exc_value is not None:
        logging.error("%s died", name, exc_info=args.exc_value)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    logging.error("%s in %r", args.err_msg or "ignored", args.object)
    if args.exc_value is not None:
        logging.error("it was", exc_info=args.exc_value)
