"""Choose one of many: the lines, and the dialog that narrows them by typing.

Everything shown here may come from mail, so it is drawn as runs and never parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
DIGITS = tuple("0123456789")
NAMED = 3
"""Letters from which on a line is found by what else it is called: fewer are a key."""
SCATTERED = 1000
"""Score from which on a word was found by its letters only."""


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One line to choose."""

    label: SafeText
    value: T
    detail: SafeText = SafeText("")  # noqa: RUF009  a NewType, no call at run time
    enabled: bool = True
    heading: bool = False
    """Not to be chosen: it names the lines below it."""
    about: SafeText = SafeText("")  # noqa: RUF009
    """Said in full below the lines while the cursor is here; also searched."""
    names: SafeText = SafeText("")  # noqa: RUF009
    """What else one may call it: searched first, and shown nowhere. A line with names
    is not found by letters that are scattered over it."""


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
        total += SCATTERED + place
    return total


class Choices(LineWidget):
    """The lines of a picker."""

    def __init__(self) -> None:
        super().__init__()
        self.items: Sequence[Item[object]] = ()
        self.cursor = 0
        self._top = 0

    def set_items(self, items: Sequence[Item[object]], cursor: int = 0) -> None:
        """Show other lines; the cursor goes to the first, or where it is told."""
        self.items, self.cursor, self._top = items, cursor, 0
        self.move(0)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.move(0)

    def move(self, by: int) -> None:
        """Move the cursor, over headings."""
        step = -1 if by < 0 else 1
        end = len(self.items)
        at = max(0, min(self.cursor + by, end - 1))
        while 0 <= at < end and self.items[at].heading:
            at += step
        if 0 <= at < end:
            self.cursor = at
        if not self.size.height:
            return
        height = self.size.height
        first = self.cursor
        if first and self.items[first - 1].heading:
            first -= 1
        self._top = max(self.cursor - height + 1, min(self._top, first))
        self.refresh()

    @property
    def current(self) -> Item[object] | None:
        """The line under the cursor, when it can be taken."""
        if not self.items:
            return None
        item = self.items[self.cursor]
        return None if item.heading or not item.enabled else item

    def line(self, y: int) -> Iterable[Run]:
        """Label on the left, detail on the right."""
        at = self._top + y
        if not self.items and y == 0:
            return [("  Nothing fits what you typed.", self.look["dim"])]
        if at >= len(self.items):
            return ()
        item, width = self.items[at], self.size.width
        style: Style = self.look["text" if item.enabled else "dim"]
        if item.heading:
            return [(fit(item.label, width), self.look["heading"])]
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
    """Choose one of many: type to narrow, arrows to move, Enter to take.

    With `keys`, which may be none, it is a page: `/` lets one type, `q` closes it, and
    each of these keys does its own to the line under the cursor, and closes it as well.
    `extra` may make a last line of what was typed.
    With `number`, which gives the number of a line, digits lead there. `footer` may
    depend on the line.
    """

    DEFAULT_CSS = """
    Picker { align: center middle; background: $background 0%; }
    Picker > Vertical { width: 90%; max-width: 100; height: 80%; border: round $primary;
        background: $background; }
    Picker Input { padding: 0 1; background: $surface; }
    Picker Choices { height: 1fr; }
    Picker Static { height: auto; padding: 0 1; color: $foreground; }
    Picker #about { min-height: 1; max-height: 10; text-style: bold; }
    """

    def __init__(
        self,
        title: str,
        items: Sequence[Item[T]],
        *,
        highlighted: Callable[[T], None] = lambda value: None,
        footer: str | Callable[[T], str] = "Enter takes it   Esc closes",
        keys: Mapping[str, Callable[[T], None]] | None = None,
        start: int = 0,
        extra: Callable[[str], Item[T] | None] = lambda words: None,
        number: Callable[[T], int] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._items = items
        self._highlighted = highlighted
        self._footer = footer
        self._keys = keys
        self._start = start
        self._extra = extra
        self._number = number
        self._digits = ""
        self._typing = keys is None
        self._choices = Choices()

    def compose(self) -> ComposeResult:
        """A line to type into, the lines to choose from."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            entry = Input(placeholder="type to search", compact=True)
            entry.cursor_blink = False
            entry.display = self._typing
            entry.disabled = not self._typing
            yield entry
            yield self._choices
            if any(item.about for item in self._items):
                yield Static("", id="about")
            words = self._footer
            yield Static(Content(words if isinstance(words, str) else ""), id="footer")

    def on_mount(self) -> None:
        """Show all."""
        self._narrow("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow to what was typed."""
        self._narrow(event.value)

    def on_input_submitted(self) -> None:
        """Enter takes the line under the cursor."""
        self.choose()

    def on_key(self, event: events.Key) -> None:
        """Move, leave, or do what a key stands for."""
        steps = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10, "ctrl+n": 1}
        steps |= {"ctrl+p": -1, "tab": 1, "shift+tab": -1}
        if not self._typing:
            steps |= {"j": 1, "k": -1, "space": 10}
        if event.key in steps:
            self._choices.move(steps[event.key])
            self._tell()
        elif event.key == "escape" and self._typing and self._keys is not None:
            self._type(False)
        elif event.key == "escape" or (not self._typing and event.key == "q"):
            self.dismiss(None)
        elif not self._typing:
            self._act(event.character or "", event.key)
        else:
            return
        event.stop()
        event.prevent_default()

    def choose(self) -> None:
        """Take the line under the cursor, if it can be taken."""
        item = self._choices.current
        if item is not None:
            self.dismiss(item.value)  # type: ignore[arg-type]

    def _type(self, typing: bool) -> None:
        """Let letters be typed on a page, or show all of it again."""
        self._typing = typing
        entry = self.query_one(Input)
        entry.value = ""
        entry.display = typing
        entry.disabled = not typing
        self.set_focus(entry if typing else None)

    def _act(self, character: str, key: str) -> None:
        if character == "/":
            self._type(True)
            return
        if self._number is not None and character in DIGITS:
            self._go(character)
            return
        self._digits = ""
        item = self._choices.current
        if key == "enter":
            self.choose()
        elif item is not None and self._keys and character in self._keys:
            self.app.call_later(self._keys[character], item.value)
            self.dismiss(None)

    def _go(self, digit: str) -> None:
        """To the line whose number is being typed; another number begins anew."""
        assert self._number is not None
        numbers = [str(self._number(item.value)) for item in self._items]
        for typed in (self._digits + digit, digit):
            if typed in numbers:
                self._digits = typed
                self._choices.move(numbers.index(typed) - self._choices.cursor)
                self._tell()
                return

    def _narrow(self, words: str) -> None:
        if not words:
            self._choices.set_items(self._items, self._start)  # type: ignore[arg-type]
            self._tell()
            return
        scored = [
            ((score >= SCATTERED, not item.enabled, score), at, item)
            for at, item in enumerate(self._items)
            if not item.heading and (score := _score(words, item)) is not None
        ]
        scored.sort(key=lambda each: each[:2])
        found = [item for _, _, item in scored]
        if (extra := self._extra(words)) is not None:
            found.append(extra)
        self._choices.set_items(found)  # type: ignore[arg-type]
        self._tell()

    def _tell(self) -> None:
        item = self._choices.current
        if item is not None:
            self._highlighted(item.value)  # type: ignore[arg-type]
            if callable(self._footer):
                words = self._footer(item.value)  # type: ignore[arg-type]
                self.query_one("#footer", Static).update(Content(words))
        choices = self._choices
        about = choices.items[choices.cursor].about if choices.items else ""
        for line in self.query("#about").results(Static):
            line.update(Content(about))


def _score(words: str, item: Item[T]) -> int | None:
    """As `fuzzy`; of what is said about a line only whole words count."""
    if len(words) >= NAMED and _named(words.casefold().split(), item.names.split()):
        return -1
    score = fuzzy(words, f"{item.label} {item.detail}")
    if item.names and score is not None and score >= SCATTERED:
        score = None
    if score is None or score >= SCATTERED:
        about = item.about.casefold()
        if about and all(word in about for word in words.casefold().split()):
            return SCATTERED - 1
    return score


def _named(words: Sequence[str], names: Sequence[str]) -> bool:
    """Whether every word begins a name; never without names."""
    return bool(words) and all(
        any(name.startswith(word) for name in names) for word in words
    )
