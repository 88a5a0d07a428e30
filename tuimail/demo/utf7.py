"""Mailbox names as IMAP4rev1 writes them: modified UTF-7 (RFC 3501 §5.1.3)."""

from __future__ import annotations

import base64
import re

_FOREIGN = re.compile(r"[^\x20-\x7e]+|&")


def encode(name: str) -> str:
    """A readable name in ASCII, e.g. `Kraków` as `Krak&APM-w`."""
    return _FOREIGN.sub(lambda run: _shifted(run[0]), name)


def _shifted(run: str) -> str:
    if run == "&":
        return "&-"
    packed = base64.b64encode(run.encode("utf-16-be")).rstrip(b"=")
    return "&" + packed.decode("ascii").replace("/", ",") + "-"
