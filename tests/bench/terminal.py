"""Run a program in a pseudo-terminal and see when it writes what."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

Questions = tuple[tuple[re.Pattern[bytes], bytes], ...]
QUESTIONS: Questions = (
    (re.compile(rb"\x1b\[6n"), b"\x1b[12;1R"),
    (re.compile(rb"\x1b\]11;\?"), b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
    (re.compile(rb"\x1b\[c"), b"\x1b[?62;22c"),
)


class Program:
    """A program on a terminal of its own; answers what terminals are asked."""

    def __init__(
        self,
        argv: list[str],
        env: dict[str, str],
        size: tuple[int, int] = (120, 40),
        questions: Questions = QUESTIONS,
    ) -> None:
        self._questions = questions
        self.start = time.perf_counter()
        width, height = size
        window = struct.pack("HHHH", height, width, 0, 0)
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, window)
            os.execvpe(argv[0], argv, env)
        self.output = b""
        self.last_at = self.start

    def until(self, wanted: bytes, timeout_s: float = 60.0) -> float:
        """Seconds from the start until some octets have been written."""
        end = time.perf_counter() + timeout_s
        while wanted not in self.output:
            if time.perf_counter() > end:
                raise TimeoutError(self.output[-500:])
            self.pump(0.05)
        return self.last_at - self.start

    def quiet(self, seconds: float = 0.3) -> None:
        """Wait until nothing has been written for a while."""
        while self.pump(seconds):
            pass

    def pump(self, seconds: float) -> int:
        """Read what comes within a time; gives how many octets came first."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return 0
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return 0
        self.last_at = time.perf_counter()
        for question, answer in self._questions:
            for _ in question.findall(data):
                os.write(self._master, answer)
        self.output += data
        return len(data)

    def press(self, keys: bytes) -> float:
        """Type; gives the time."""
        os.write(self._master, keys)
        return time.perf_counter()

    def cost_of(self, keys: bytes) -> int:
        """Octets written because of some keys."""
        self.quiet()
        before = len(self.output)
        self.press(keys)
        self.quiet()
        return len(self.output) - before

    def memory(self) -> tuple[int, int]:
        """Resident memory in kB: of the program, and of its children."""
        return rss(self.pid), sum(rss(pid) for pid in children(self.pid))

    def queued(self) -> float:
        """Seconds in which its main thread could have run and had no core."""
        with open(f"/proc/{self.pid}/task/{self.pid}/schedstat") as file:
            return int(file.read().split()[1]) / 1e9

    def finish(self) -> None:
        """Answer it until it ends by itself."""
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.pump(0.02)
        os.close(self._master)

    def end(self) -> None:
        """Kill it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)


def rss(pid: int) -> int:
    """Resident memory of a process in kB."""
    with open(f"/proc/{pid}/status") as file:
        found = re.search(r"VmRSS:\s+(\d+)", file.read())
    return int(found[1]) if found else 0


def children(pid: int) -> list[int]:
    """Direct children of a process."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            found += [int(word) for word in file.read().split()]
    return found
