"""Dialogs: choose one of many by typing, answer a question, read a list.

Everything shown here may come from mail, so it is drawn as runs and never parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tuimail.mail.sanitize import cells, fit
from tuimail.mail.types import SafeText
from tuimail.ui.widgets.lines import LineWidget, Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One line to choose."""

    label: SafeText
    value: T
    detail: SafeText = SafeText("")  # noqa: RUF009  a NewType, no call at run time
    enabled: bool = True


def fuzzy(words: str, label: str) -> int | None:
    """How well all words occur in a label, smaller is better; None when one does not.

    A word occurs when its letters do, in order; whole and early matches come first.
    """
    total = 0
    low = label.casefold()
    for word in words.casefold().split():
        at = low.find(word)
        if at >= 0:
            total += at
            continue
        place = -1
        for letter in word:
            place = low.find(letter, place + 1)
            if place < 0:
                return None
        total += 100 + place
    return total


class Choices(LineWidget):
    """The lines of a picker."""

    def __init__(self) -> None:
        super().__init__()
        self.items: Sequence[Item[object]] = ()
        self.cursor = 0
        self._top = 0

    def set_items(self, items: Sequence[Item[object]]) -> None:
        """Show other lines; the cursor goes to the first."""
        self.items, self.cursor, self._top = items, 0, 0
        self.refresh()

    def move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor = max(0, min(self.cursor + by, len(self.items) - 1))
        height = max(1, self.size.height)
        self._top = max(self.cursor - height + 1, min(self._top, self.cursor))
        self.refresh()

    def line(self, y: int) -> Iterable[Run]:
        """Label on the left, detail on the right."""
        at = self._top + y
        if not self.items and y == 0:
            return [("  Nothing fits what you typed.", self.look["dim"])]
        if at >= len(self.items):
            return ()
        item, width = self.items[at], self.size.width
        style: Style = self.look["text" if item.enabled else "dim"]
        if at == self.cursor:
            style = self.look["selected"]
        detail = item.detail
        room = max(10, width - cells(detail) - 4)
        if room < 12:
            room, detail = width - 2, SafeText("")
        sign = "> " if at == self.cursor else "  "
        return [
            (sign, style),
            (fit(item.label, room), style),
            (" " + detail + " ", style),
        ]

    def on_click(self, event: events.Click) -> None:
        """Choose the line that was clicked."""
        self.move(self._top + event.y - self.cursor)
        screen = self.screen
        if isinstance(screen, Picker):
            screen.choose()


class Picker(ModalScreen[T | None], Generic[T]):
    """Choose one of many: type to narrow, arrows to move, Enter to take."""

    DEFAULT_CSS = """
    Picker { align: center middle; background: $background 0%; }
    Picker > Vertical { width: 90%; max-width: 100; height: 80%; border: round $primary;
        background: $background; }
    Picker Input { padding: 0 1; background: $surface; }
    Picker Choices { height: 1fr; }
    Picker Static { height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(
        self,
        title: str,
        items: Sequence[Item[T]],
        *,
        highlighted: Callable[[T], None] = lambda value: None,
        footer: str = "Enter takes it   Esc closes",
        typed: str = "",
    ) -> None:
        super().__init__()
        self._title = title
        self._items = items
        self._highlighted = highlighted
        self._footer = footer
        self._typed = typed

    def compose(self) -> ComposeResult:
        """A line to type into, the lines to choose from."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            entry = Input(self._typed, placeholder="type to search", compact=True)
            entry.cursor_blink = False
            yield entry
            yield Choices()
            yield Static(Content(self._footer))

    def on_mount(self) -> None:
        """Show all."""
        self._narrow(self._typed)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow to what was typed."""
        self._narrow(event.value)

    def on_input_submitted(self) -> None:
        """Enter takes the line under the cursor."""
        self.choose()

    def on_key(self, event: events.Key) -> None:
        """Move, or leave."""
        steps = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10, "ctrl+n": 1}
        steps |= {"ctrl+p": -1, "tab": 1, "shift+tab": -1}
        if event.key in steps:
            self._choices.move(steps[event.key])
            self._tell()
        elif event.key == "escape":
            self.dismiss(None)
        else:
            return
        event.stop()
        event.prevent_default()

    def choose(self) -> None:
        """Take the line under the cursor, if it can be taken."""
        items = self._choices.items
        if items and items[self._choices.cursor].enabled:
            self.dismiss(items[self._choices.cursor].value)  # type: ignore[arg-type]

    @property
    def _choices(self) -> Choices:
        return self.query_one(Choices)

    def _narrow(self, words: str) -> None:
        scored = [
            (score, at, item)
            for at, item in enumerate(self._items)
            if (score := fuzzy(words, f"{item.label} {item.detail}")) is not None
        ]
        if words:
            scored.sort(key=lambda each: each[:2])
        self._choices.set_items([item for _, _, item in scored])  # type: ignore[misc]
        self._tell()

    def _tell(self) -> None:
        items = self._choices.items
        if items:
            self._highlighted(items[self._choices.cursor].value)  # type: ignore[arg-type]


class Question(ModalScreen[str | None]):
    """Ask for one line."""

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
        complete: Callable[[str], str] = lambda text: "",
    ) -> None:
        super().__init__()
        self._question = question
        self._value = value
        self._secret = secret
        self._complete = complete

    def compose(self) -> ComposeResult:
        """The question and a line for the answer."""
        with Vertical():
            yield Static(Content(self._question))
            entry = Input(self._value, password=self._secret, compact=True)
            entry.cursor_blink = False
            yield entry

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        """Esc gives no answer, Tab completes."""
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "tab":
            entry = self.query_one(Input)
            entry.value = self._complete(entry.value) or entry.value
            entry.cursor_position = len(entry.value)
        else:
            return
        event.stop()
        event.prevent_default()


class Reading(ModalScreen[None]):
    """Lines to be read: the log, how an account stands."""

    DEFAULT_CSS = """
    Reading { align: center middle; background: $background 0%; }
    Reading > Vertical { width: 95%; height: 90%; border: round $primary;
        background: $background; }
    Reading Sheet { height: 1fr; }
    """

    def __init__(self, title: str, lines: Sequence[SafeText]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """A sheet of lines."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Sheet(self._lines)

    def on_key(self, event: events.Key) -> None:
        """Scroll, or leave."""
        sheet = self.query_one(Sheet)
        page = max(1, sheet.size.height - 1)
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "pagedown": page}
        steps |= {"space": page, "pageup": -page, "home": -100_000, "end": 100_000}
        if event.key in steps:
            sheet.move(steps[event.key])
        elif event.key in ("escape", "q", "enter"):
            self.dismiss(None)
        event.stop()


class Sheet(LineWidget):
    """Lines that can be scrolled."""

    def __init__(self, lines: Sequence[SafeText]) -> None:
        super().__init__()
        self._lines = lines
        self._top = 0

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
