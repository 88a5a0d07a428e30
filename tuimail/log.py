"""The log: a file that turns over, never the terminal; secrets stay out of it."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler

from tuimail.paths import Paths

_SECRET = re.compile(r"(?i)\b(LOGIN|AUTHENTICATE)\b .*")


class _Redacted(logging.Formatter):
    """Takes credentials out of every line, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(r"\1 ***", super().format(record))


def open_log(paths: Paths, level: int = logging.INFO) -> None:
    """Log to `tuimail.log`, a megabyte at a time, three of them kept."""
    file = paths.log / "tuimail.log"
    handler = RotatingFileHandler(file, maxBytes=1_000_000, backupCount=2)
    handler.setFormatter(
        _Redacted("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
