"""Have a text rendered by a warm helper process that may be killed at any moment."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tuimail.engine.render_wire import FINAL, HEAD, request, unpack
from tuimail.mail.body import Frame
from tuimail.mail.types import Part, RenderedText, SafeText

TIMEOUT_S = 2.0
RATE = 1_000_000
"""Octets of text that must be laid out in a second at the least."""
PIPE_OCTETS = 1024 * 1024
ANSWER_MAX = 256 * 1024 * 1024
KILLED = RenderedText(
    (),
    notes=(
        SafeText(
            "This text took too long to lay out and was given up."
            " Press ctrl+r for its source."
        ),
    ),
)
"""What is shown instead of a text that could not be rendered."""


class RenderFault(Exception):
    """The helper died or took too long."""


class Renderer:
    """One helper process and the right to replace it; any thread, one at a time."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Have the helper ready before the first text is wanted."""
        with self._lock:
            self._alive()

    def close(self) -> None:
        """End the helper."""
        with self._lock:
            self._kill()

    def render(
        self,
        data: bytes,
        part: Part,
        frame: Frame,
        begun: Callable[[RenderedText], None] = lambda text: None,
    ) -> RenderedText:
        """The text as lines; a note in place of it when the helper failed at it.

        Of a long text `begun` is told the beginning, before the rest is laid out.
        """
        with self._lock:
            try:
                message = request(data, part, frame)
                return unpack(self._ask(message, begun))
            except (OSError, RenderFault, ValueError):
                self._kill()
                return KILLED

    def _ask(self, message: bytes, begun: Callable[[RenderedText], None]) -> bytes:
        child = self._alive()
        deadline = time.monotonic() + self._timeout_s + len(message) / RATE
        assert child.stdin is not None
        self._write(child.stdin.fileno(), message, deadline)
        while True:
            size, which = HEAD.unpack(self._read(child, HEAD.size, deadline))
            if size > ANSWER_MAX:
                raise RenderFault
            answer = self._read(child, size, deadline)
            if which == FINAL:
                return answer
            begun(unpack(answer))

    def _write(self, handle: int, message: bytes, deadline: float) -> None:
        left = memoryview(message)
        while left:
            _, ready, _ = select.select([], [handle], [], _left(deadline))
            if not ready:
                raise RenderFault
            left = left[os.write(handle, left) :]

    def _read(
        self, child: subprocess.Popen[bytes], size: int, deadline: float
    ) -> bytes:
        assert child.stdout is not None
        handle = child.stdout.fileno()
        data = bytearray()
        while len(data) < size:
            ready, _, _ = select.select([handle], [], [], _left(deadline))
            piece = os.read(handle, min(1 << 20, size - len(data))) if ready else b""
            if not piece:
                raise RenderFault
            data += piece
        return bytes(data)

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = _spawn()
        return self._child

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        child.wait()


def _spawn() -> subprocess.Popen[bytes]:
    """Start a helper with an environment that holds no secret."""
    package = Path(__file__).resolve().parent.parent.parent
    child = subprocess.Popen(
        [sys.executable, "-m", "tuimail.engine.render_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "PYTHONPATH": str(package), **_zone()},
        cwd="/",
        bufsize=0,
        start_new_session=True,
    )
    assert child.stdin is not None
    os.set_blocking(child.stdin.fileno(), False)
    assert child.stdout is not None
    for pipe in (child.stdin, child.stdout):
        # Two megabytes in pieces of 64 KiB are many turns of both processes.
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
    return child


def _zone() -> dict[str, str]:
    """The user's zone, for invitations."""
    zone = os.environ.get("TZ")
    return {} if zone is None else {"TZ": zone}


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
