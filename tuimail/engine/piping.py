"""Give octets to a program and take what it answers: bounded, and never stuck."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tuimail.errors import Cancelled, LaunchError

OUTPUT_MAX = 1024 * 1024
"""Octets of the answer that are kept."""
LIMIT_S = 60.0
LOOK_S = 0.1
_CHUNK = 65_536


class Answer(NamedTuple):
    """What a program answered."""

    output: bytes
    """Standard output and error, as they came."""
    status: int
    cut: bool
    """There was more of it."""


def pipe(
    argv: Sequence[str],
    data: bytes,
    environ: Mapping[str, str],
    cancelled: Callable[[], bool],
    limit_s: float = LIMIT_S,
) -> Answer:
    """Run a program with `data` on its standard input, to its end.

    Raises LaunchError when it cannot be started or takes longer than `limit_s`,
    Cancelled when somebody asks for it; the program is ended then.
    """
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise LaunchError(f"{argv[0]} could not be started: {said}.") from error
    talk = _Talk(child, data)
    end = time.monotonic() + limit_s
    try:
        while talk.step():
            if cancelled():
                raise Cancelled("Cancelled.")
            if time.monotonic() > end:
                raise LaunchError(
                    f"{argv[0]} took over {limit_s:.0f} s and was stopped."
                )
    finally:
        talk.close()
    return Answer(b"".join(talk.kept), child.returncode, talk.cut)


class _Talk:
    """Both pipes of a program, none of them waited for longer than a moment."""

    def __init__(self, child: subprocess.Popen[bytes], data: bytes) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._child = child
        self._input, self._output = child.stdin, child.stdout
        os.set_blocking(self._input.fileno(), False)
        self._rest = memoryview(data)
        self.kept: list[bytes] = []
        self._room = OUTPUT_MAX
        self.cut = False
        if not data:
            self._input.close()

    def step(self) -> bool:
        """Write and read what can be; False when the program has ended."""
        # Asked before looking: what it said last is there once it has ended.
        running = self._child.poll() is None
        writing = [] if self._input.closed else [self._input]
        ready, writable, _ = select.select([self._output], writing, [], LOOK_S)
        if writable:
            self._write()
        if ready:
            piece = os.read(self._output.fileno(), _CHUNK)
            self._keep(piece)
            return bool(piece)
        # What it left running may hold the pipe open for ever.
        return running

    def _write(self) -> None:
        try:
            self._rest = self._rest[os.write(self._input.fileno(), self._rest) :]
        except BlockingIOError:
            return
        except OSError:
            # It does not want to read any more.
            self._rest = memoryview(b"")
        if not self._rest:
            self._input.close()

    def _keep(self, piece: bytes) -> None:
        self.cut = self.cut or len(piece) > self._room
        if self._room:
            self.kept.append(piece[: self._room])
            self._room -= len(self.kept[-1])

    def close(self) -> None:
        """The program ends, if it has not; it gets a moment after its last word."""
        self._input.close()
        self._output.close()
        try:
            self._child.wait(LOOK_S * 5)
        except subprocess.TimeoutExpired:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
