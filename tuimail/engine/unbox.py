"""Open boxes within mail in a process that may be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tuimail.engine.crypto import Opened
from tuimail.mail.sealed import State, Verdict
from tuimail.mail.types import SafeText

LIMIT_S = 15.0
_UNREADABLE = SafeText("This box cannot be read; it can be saved as it is.")


def unbox(data: bytes, kind: str) -> Opened:
    """What is in a box of `kind` (`tnef` or `uu`), as a MIME entity."""
    package = Path(__file__).resolve().parent.parent.parent
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tuimail.engine.unbox_child", kind],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "PYTHONPATH": str(package)},
            cwd="/",
            timeout=LIMIT_S,
            start_new_session=True,
            check=False,
        )
        octets = done.stdout if done.returncode == 0 else b""
    except (OSError, subprocess.TimeoutExpired):
        octets = b""
    said = SafeText("") if octets else _UNREADABLE
    return Opened(octets, Verdict(State.NOT_CHECKED, said))
