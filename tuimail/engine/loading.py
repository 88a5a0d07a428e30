"""Loads what talks to servers beside the screen, which keeps hearing keys meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable


def load(then: Callable[[], None]) -> None:
    """Load it on a thread of its own, and call `then` there at the end."""
    threading.Thread(target=_load, args=(then,), name="loading", daemon=True).start()


def _load(then: Callable[[], None]) -> None:
    from tuimail.engine import running  # noqa: F401

    then()
