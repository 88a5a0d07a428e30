"""A thread with a priority queue: most urgent first, one at a time."""

from __future__ import annotations

import heapq
import logging
import threading
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Queue(Generic[T]):
    """Waiting work by priority, then age; any thread may add or take."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str, T]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, priority: int, name: str, item: T) -> bool:
        """Add work; False when the same work already waits as urgently."""
        with self._changed:
            for waiting in self._heap:
                if waiting[2] == name and waiting[0] <= priority:
                    return False
            heapq.heappush(self._heap, (priority, next(self._numbers), name, item))
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float | None) -> T | None:
        """The most urgent work; None when nothing came in time or on closing."""
        with self._changed:
            if not self._heap and not self._closed:
                self._changed.wait(timeout_s)
            return heapq.heappop(self._heap)[3] if self._heap else None

    def drain(self) -> list[T]:
        """Take everything that waits, most urgent first."""
        with self._changed:
            items = [item for *_, item in sorted(self._heap, key=lambda w: w[:2])]
            self._heap.clear()
            return items

    def poke(self) -> None:
        """Let a waiting `take` return."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """No more waiting: `take` returns at once from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Worker:
    """Runs local work (rendering, writing files) off the screen's thread."""

    def __init__(self, name: str) -> None:
        self._queue: Queue[Callable[[], None]] = Queue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._names = count()

    def start(self) -> None:
        """Begin; work submitted before is run now. Again is no harm."""
        if not self._thread.is_alive():
            self._thread.start()

    def submit(self, priority: int, work: Callable[[], None]) -> None:
        """Run `work` soon, in the worker's thread."""
        self._queue.put(priority, f"work {next(self._names)}", work)

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop after the work in hand; what still waits is dropped."""
        self._stopping.set()
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            work = self._queue.take(None)
            if work is not None:
                guarded(work, "local work")


def guarded(work: Callable[[], None], what: str) -> bool:
    """Run `work`; a bug in it is logged and must not end the thread.

    This is the one place where every exception is caught. True when it ended well.
    """
    try:
        work()
    except Exception:
        log.exception("%s failed", what)
        return False
    return True
