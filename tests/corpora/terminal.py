"""All foreign messages and pages, opened one after the other in a pseudo-terminal.

`python -m tests.corpora.terminal FOLDER` says how many, and what was not allowed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.corpora.sweep import messages, pages
from tests.ui.door import opened

PAGE = b"From: page@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


def foreign(corpora: Path) -> list[bytes]:
    """Every message, and every page as a message."""
    found = [data for _, data in messages(corpora)]
    return found + [PAGE + data for _, data in pages(corpora)]


def main() -> None:
    """Open them all; raises AssertionError when one cannot be opened."""
    mails = foreign(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        left = opened(Path(folder), mails)
    print(f"{len(mails)} opened, not allowed: {left}")


if __name__ == "__main__":
    main()
