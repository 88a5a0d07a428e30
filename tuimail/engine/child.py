"""A warm helper process that may be killed at any moment, and the pipes to it.

It looks at mail nobody vouches for; whatever goes wrong there ends with the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import subprocess
import sys
import time
from pathlib import Path

PIPE_OCTETS = 1024 * 1024


class ChildFault(Exception):
    """The helper died or took too long."""


class Child:
    """One process that runs a module of ours; one caller at a time."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Have it running; raises OSError."""
        self._running()

    def write(self, message: bytes, deadline: float) -> None:
        """Send all of it by a time of `time.monotonic`; raises ChildFault, OSError."""
        stdin = self._running().stdin
        assert stdin is not None
        left = memoryview(message)
        while left:
            _, ready, _ = select.select([], [stdin.fileno()], [], _left(deadline))
            if not ready:
                raise ChildFault
            left = left[os.write(stdin.fileno(), left) :]

    def read(self, size: int, deadline: float) -> bytes:
        """Exactly so many octets by that time; raises ChildFault, OSError."""
        stdout = self._running().stdout
        assert stdout is not None
        handle = stdout.fileno()
        data = bytearray()
        while len(data) < size:
            ready, _, _ = select.select([handle], [], [], _left(deadline))
            piece = os.read(handle, min(1 << 20, size - len(data))) if ready else b""
            if not piece:
                raise ChildFault
            data += piece
        return bytes(data)

    def interrupt(self) -> None:
        """End it while somebody may be talking to it, from any thread."""
        process = self._process
        if process is not None:
            process.kill()

    def kill(self) -> None:
        """End it, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = _spawn(self._module)
        return self._process


def _spawn(module: str) -> subprocess.Popen[bytes]:
    """Start a helper with an environment that holds no secret."""
    package = Path(__file__).resolve().parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "PYTHONPATH": str(package), **_zone()},
        cwd="/",
        bufsize=0,
        start_new_session=True,
    )
    assert process.stdin is not None
    os.set_blocking(process.stdin.fileno(), False)
    assert process.stdout is not None
    for pipe in (process.stdin, process.stdout):
        # Two megabytes in pieces of 64 KiB are many turns of both processes.
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
    return process


def _zone() -> dict[str, str]:
    """The user's zone, for invitations."""
    zone = os.environ.get("TZ")
    return {} if zone is None else {"TZ": zone}


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
