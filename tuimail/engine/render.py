"""Have a text rendered by a warm helper process that may be killed at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tuimail.engine.child import Child, ChildFault
from tuimail.engine.render_wire import FINAL, HEAD, request, unpack
from tuimail.mail.text_frame import Frame
from tuimail.mail.types import Part, RenderedText, SafeText

TIMEOUT_S = 2.0
RATE = 1_000_000
"""Octets of text that must be laid out in a second at the least."""
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


class Renderer:
    """One helper process and the right to replace it; any thread, one at a time."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._child = Child("tuimail.engine.render_child")

    def start(self) -> None:
        """Have the helper ready before the first text is wanted."""
        with self._lock:
            self._child.start()

    def close(self) -> None:
        """End the helper."""
        with self._lock:
            self._child.kill()

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
            except (OSError, ChildFault, ValueError):
                self._child.kill()
                return KILLED

    def _ask(self, message: bytes, begun: Callable[[RenderedText], None]) -> bytes:
        deadline = time.monotonic() + self._timeout_s + len(message) / RATE
        self._child.write(message, deadline)
        while True:
            size, which = HEAD.unpack(self._child.read(HEAD.size, deadline))
            if size > ANSWER_MAX:
                raise ChildFault
            answer = self._child.read(size, deadline)
            if which == FINAL:
                return answer
            begun(unpack(answer))
