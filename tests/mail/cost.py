"""How the time of some work grows with its size."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

FLOOR_S = 0.03
"""Below this the clock and the other processes tell more than the code."""


def cost(work: Callable[[], object]) -> float:
    """Processor seconds of this thread in the fastest of two runs.

    Without the collector: it goes through all that earlier tests have left, and only
    when much is made, so that a large run seems to grow faster than it does.
    """
    best = 9e9
    for _ in range(2):
        gc.disable()
        try:
            begun = time.thread_time()
            work()
            best = min(best, time.thread_time() - begun)
        finally:
            gc.enable()
    return best


def grows_linearly(work: Callable[[int], object], size: int) -> bool:
    """Whether four times the size takes about four times as long, and not sixteen.

    A busy machine can make one look wrong, so there are several.
    """
    for _ in range(4):
        large = cost(lambda: work(size))
        if large < FLOOR_S or large < 9 * cost(lambda: work(size // 4)):
            return True
    return False
