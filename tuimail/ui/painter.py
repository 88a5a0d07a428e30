"""An App that sends only what changed, and no frame the terminal did not ask for.

Textual queues frames without limit: on a slow line keys held for seconds are repainted
for minutes. Here a frame is written when the terminal has answered for the one before;
what changed meanwhile goes out as one difference, so the newest state wins.
"""

from __future__ import annotations

import os
import time
from typing import TypeVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from textual.strip import Strip

from tuimail.ui.drawn import Drawn
from tuimail.ui.frame import Frame

T = TypeVar("T")
ANSWER_S = 2.0
"""A terminal that is silent for so long does not answer such questions."""
ASK = "\x1b[6n"
PATIENCE = 3
"""Unanswered questions after which none is asked any more."""


class PaintedApp(App[T]):
    """Replaces Textual's private `_display`; a contract test guards the seam."""

    def __init__(self) -> None:
        super().__init__()
        self._frame: Frame | None = None
        self._asked = False
        self._asked_at = 0.0
        self._waiting = False
        self._unanswered = 0
        self._pictures: dict[int, Drawn] = {}

    @property
    def paints(self) -> bool:
        """Whether what is sent goes through the frame, which knows pictures."""
        return os.environ.get("TUIMAIL_PAINT") != "textual"

    @property
    def color_depth(self) -> ColorSystem:
        """The colours of the terminal."""
        return self.console._color_system or ColorSystem.TRUECOLOR

    def hang(self, number: int, picture: Drawn) -> None:
        """Have a picture in the terminal; rows marked with its number are its own."""
        self._pictures[number] = picture
        self.tell(picture.before)

    def take_down(self, number: int) -> None:
        """A picture is needed no more."""
        picture = self._pictures.pop(number, None)
        if picture is not None:
            self.tell(picture.after)

    def repaint(self) -> None:
        """Send the whole screen again: something else has written on it."""
        for picture in self._pictures.values():
            self.tell(picture.before)
        if self._frame is not None:
            self._frame.forget()
        self.refresh(layout=True)

    def on_mount(self) -> None:
        """See to it that the screen is whole again after another program had it."""
        self.app_resume_signal.subscribe(self, self._resumed, immediate=True)

    def _resumed(self, app: App[object]) -> None:
        """The terminal is ours again; the answer to a question went to nobody."""
        self._asked = False
        self.repaint()

    def tell(self, sequence: str) -> None:
        """Send the terminal something that changes no cell: a bell, a title."""
        driver = self._driver
        if sequence and driver is not None and not self.is_headless and _heard(driver):
            driver.write(sequence)
            driver.flush()

    def part(self) -> None:
        """The end: no write waits any more, whether or not there is a terminal."""
        thread = getattr(self._driver, "_writer_thread", None)
        if thread is not None:
            thread._queue.maxsize = 0

    def _display(
        self, screen: Screen[object], renderable: RenderableType | None
    ) -> None:
        if not self.paints or not isinstance(renderable, (LayoutUpdate, ChopsUpdate)):
            super()._display(screen, renderable)
            return
        try:
            if self._batch_count or not self._can_write():
                return
            self._take(renderable)
            self._send()
        finally:
            self.post_display_hook()

    def on_event_answer(self) -> None:
        """The terminal has digested the last frame."""
        self._asked = False
        self._unanswered = 0
        self._send()

    async def on_event(self, event: events.Event) -> None:
        """Take the terminal's answers; everything else goes its usual way."""
        if isinstance(event, events.CursorPosition):
            self.on_event_answer()
        else:
            await super().on_event(event)

    def _can_write(self) -> bool:
        return bool(
            self._running
            and not self._closed
            and not self.is_headless
            and self._driver is not None
            and not self._driver.is_inline
            and _heard(self._driver)
        )

    def _take(self, update: LayoutUpdate | ChopsUpdate) -> None:
        frame = self._frame
        if frame is None or (frame.width, frame.height) != self.size:
            frame = Frame(self.size.width, self.size.height, self.color_depth)
            frame.pictures, self._frame = self._pictures, frame
        if isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips, update.region.y):
                frame.put(update.region.x, y, strips)
        else:
            _put_chops(frame, update)

    def _send(self) -> None:
        frame, driver = self._frame, self._driver
        if frame is None or driver is None or self._asked or not self._can_write():
            return
        changes = frame.update()
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        if not changes and cursor == self._previous_cursor_position:
            return
        self._previous_cursor_position = cursor
        self._begin_update()
        driver.write(f"{changes}\x1b[{cursor.y + 1};{cursor.x + 1}H")
        self._end_update()
        # An answer from row 1 looks like a function key, so none is asked for there.
        if changes and cursor.y > 0 and self._unanswered < PATIENCE:
            self._asked = True
            driver.write(ASK)
            self._wait_for_answer()
        driver.flush()

    def _wait_for_answer(self) -> None:
        """See to it that a silent terminal gets its next frame all the same.

        One timer serves many frames: one for each would cost more than the frame.
        """
        self._asked_at = time.monotonic()
        if not self._waiting:
            self._waiting = True
            self.set_timer(ANSWER_S, self._give_up_waiting)

    def _give_up_waiting(self) -> None:
        self._waiting = False
        if not self._asked:
            return
        left = self._asked_at + ANSWER_S - time.monotonic()
        if left > 0:
            self._waiting = True
            self.set_timer(left, self._give_up_waiting)
            return
        self._asked = False
        self._unanswered += 1
        self._send()


def _heard(driver: Driver) -> bool:
    """Whether what is written still goes anywhere.

    The driver's thread ends when the terminal is gone; its queue then fills, and
    whoever writes waits for ever.
    """
    thread = getattr(driver, "_writer_thread", None)
    return thread is None or bool(thread.is_alive())


def _put_chops(frame: Frame, update: ChopsUpdate) -> None:
    """Apply a partial update: spans of rows, each from the strips that cross it."""
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(
            update.chop_ends[y], update.chops[y].items(), strict=False
        ):
            if strip is None or x > x2 or end <= x1:
                continue
            whole = x2 > x >= x1 and end <= x2
            frame.put(x, y, [strip if whole else _cut(strip, min(end, x2) - x)])


def _cut(strip: Strip, length: int) -> Strip:
    return strip.crop(0, length)
