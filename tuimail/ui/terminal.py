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

ANSWER_S = 0.15
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
    if environ.get("TERM", "") in ("linux", "dumb", "") or not sys.stdin.isatty():
        return None
    found = _COLOR.search(_ask(b"\x1b]11;?\x1b\\\x1b[c"))
    if found is None:
        return None
    red, green, blue = (int(part[:2], 16) for part in found.groups())
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128


def _ask(question: bytes) -> bytes:
    """The terminal's answer; keys typed meanwhile are lost, so the wait is short."""
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
                break
    except OSError:
        return b""
    finally:
        termios.tcsetattr(handle, termios.TCSANOW, before)
    return answer
