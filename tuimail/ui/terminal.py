"""What the terminal is like, asked before the screen is taken over."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty
from collections.abc import Mapping

ANSWER_S = 1.0
"""A terminal on this machine answers within milliseconds, or not at all."""
LATE_S = 0.05
_COLOR = re.compile(
    rb"\x1b\]11;rgb:([0-9a-fA-F]{2,4})/([0-9a-fA-F]{2,4})/([0-9a-fA-F]{2,4})"
)


def background_is_dark(environ: Mapping[str, str]) -> bool | None:
    """Whether the background is dark; None when the terminal does not say.

    By COLORFGBG, else by asking (OSC 11), with device attributes asked behind it: a
    terminal that does not know the first question answers the second at once.
    """
    hint = environ.get("COLORFGBG", "").rpartition(";")[2]
    if hint.isdigit():
        return int(hint) < 7 or int(hint) == 8
    # Over a slow line the answer could come late, as keys typed into the program.
    remote = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    silent = environ.get("TERM", "") in ("linux", "dumb", "")
    if remote or silent or not sys.stdin.isatty():
        return None
    found = _COLOR.search(_ask(b"\x1b]11;?\x1b\\\x1b[c"))
    if found is None:
        return None
    red, green, blue = (int(part[:2], 16) for part in found.groups())
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128


def _ask(question: bytes) -> bytes:
    """The terminal's answer, until the one about its attributes has come."""
    handle = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(handle)
    except termios.error:
        return b""
    answer = b""
    try:
        tty.setcbreak(handle)
        os.write(sys.stdout.fileno(), question)
        end = time.monotonic() + ANSWER_S
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([handle], [], [], left)
            if ready:
                answer += os.read(handle, 1024)
            if re.search(rb"\x1b\[\?[\d;]*c", answer):
                end = min(end, time.monotonic() + LATE_S)
            if _COLOR.search(answer) and answer.endswith(b"c"):
                break
    except OSError:
        return b""
    finally:
        termios.tcsetattr(handle, termios.TCSANOW, before)
    return answer
