"""Dialogs: answer a question, say yes or no, read a page.

Everything shown here may come from mail, so it is drawn as runs and never parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tuimail.engine.events import Event
from tuimail.mail.types import SafeText
from tuimail.ui.widgets.lines import LineWidget, Run

HINTS = 8
"""Completions that are shown while one types."""


class Question(ModalScreen[str | None]):
    """Ask for one line; arrows bring back earlier answers, Tab completes.

    What is typed takes the place of `value`, or with `goes_on` goes on behind it.
    """

    DEFAULT_CSS = """
    Question { align: center bottom; background: $background 0%; }
    Question > Vertical { width: 100%; height: auto; border-top: solid $primary;
        background: $background; }
    Question Input { padding: 0 1; background: $surface; }
    Question Static { height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(
        self,
        question: str,
        value: str = "",
        *,
        secret: bool = False,
        complete: Callable[[str], Sequence[str]] | None = None,
        history: Sequence[str] = (),
        goes_on: bool = False,
    ) -> None:
        super().__init__()
        self._question = question
        self._value = value
        self._secret = secret
        self._goes_on = goes_on
        self._complete = complete
        self._earlier = [*history, value]
        self._at = len(history)
        self._offered: Sequence[str] = ()
        self._next = 0

    def compose(self) -> ComposeResult:
        """The question, a line for the answer, and what it might become."""
        with Vertical():
            yield Static(Content(self._question))
            entry = Input(
                self._value,
                password=self._secret,
                select_on_focus=not self._goes_on,
                compact=True,
            )
            entry.cursor_blink = False
            yield entry
            if self._complete is not None:
                yield Static("", id="hint")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what the words typed may become."""
        if self._complete is None or event.value in self._offered:
            return
        self._offered, self._next = self._complete(event.value), 0
        self.query_one("#hint", Static).update(
            Content("  ".join(self._offered[:HINTS]))
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        """Esc gives no answer, Tab completes, arrows go through earlier answers."""
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "tab":
            self._offer()
        elif event.key in ("up", "down"):
            self._recall(-1 if event.key == "up" else 1)
        else:
            return
        event.stop()
        event.prevent_default()

    def _offer(self) -> None:
        """The next completion; round and round."""
        if self._offered:
            self._put(self._offered[self._next])
            self._next = (self._next + 1) % len(self._offered)

    def _recall(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self._earlier) - 1))
        self._put(self._earlier[self._at])

    def _put(self, text: str) -> None:
        entry = self.query_one(Input)
        entry.value = text
        entry.cursor_position = len(text)


class Confirm(ModalScreen[bool]):
    """Ask for yes or no: y or Enter, n or Esc."""

    DEFAULT_CSS = """
    Confirm { align: center bottom; background: $background 0%; }
    Confirm > Static { width: 100%; height: auto; border-top: solid $primary;
        padding: 0 1; background: $background; color: $foreground; }
    """

    def __init__(self, question: str, yes: str, no: str) -> None:
        super().__init__()
        self._words = f"{question}\ny, Enter: {yes}   n, Esc: {no}"

    def compose(self) -> ComposeResult:
        """The question and its two answers."""
        yield Static(Content(self._words))

    def on_key(self, event: events.Key) -> None:
        """Take the answer."""
        if event.key in ("y", "enter"):
            self.dismiss(True)
        elif event.key in ("n", "q", "escape"):
            self.dismiss(False)
        event.stop()
        event.prevent_default()


class Living(ModalScreen[None]):
    """A dialog whose contents change while it is open."""

    def reread(self) -> None:
        """What it tells of has changed."""
        raise NotImplementedError

    def hear(self, event: Event) -> None:
        """The engine told this while it is open, under other dialogs as well."""


class Reading(Living):
    """Lines to be read: the log, how an account stands."""

    DEFAULT_CSS = """
    Reading { align: center middle; background: $background 0%; }
    Reading > Vertical { width: 95%; height: 90%; border: round $primary;
        background: $background; }
    Reading Sheet { height: 1fr; }
    """

    def __init__(
        self,
        title: str,
        lines: Callable[[], Sequence[SafeText]],
        keys: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._keys = keys or {}

    def compose(self) -> ComposeResult:
        """A sheet of lines."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Sheet(self._lines())

    def reread(self) -> None:
        """What it tells of has changed."""
        for sheet in self.query(Sheet):
            sheet.set_lines(self._lines())

    def on_key(self, event: events.Key) -> None:
        """Scroll, leave, or do what a key stands for."""
        sheet = self.query_one(Sheet)
        page = max(1, sheet.size.height - 1)
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "pagedown": page}
        steps |= {"space": page, "pageup": -page, "home": -100_000, "end": 100_000}
        if event.key in steps:
            sheet.move(steps[event.key])
        elif event.key in ("escape", "q", "enter"):
            self.dismiss(None)
        elif (event.character or event.key) in self._keys:
            self._keys[event.character or event.key]()
            self.reread()
        event.stop()
        event.prevent_default()


class Sheet(LineWidget):
    """Lines that can be scrolled."""

    def __init__(self, lines: Sequence[SafeText]) -> None:
        super().__init__()
        self._lines = lines
        self._top = 0

    def set_lines(self, lines: Sequence[SafeText]) -> None:
        """Show other lines at the same place."""
        self._lines = lines
        self.move(0)

    def move(self, by: int) -> None:
        """Scroll by lines."""
        end = max(0, len(self._lines) - self.size.height)
        self._top = max(0, min(self._top + by, end))
        self.refresh()

    def line(self, y: int) -> Iterable[Run]:
        """One line."""
        at = self._top + y
        if at < len(self._lines):
            yield " " + self._lines[at], self.look["text"]

    def on_mouse_scroll_down(self) -> None:
        """Three lines on."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Three lines back."""
        self.move(-3)
