"""The line to search: results follow every key, Tab completes, errors stay calm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, Static

from tuimail.mail.query_complete import Completion
from tuimail.mail.types import SafeText

HINTS = 6
REST_S = 0.02
"""Seconds after a key until it is looked for: the next one may be there already."""


class SearchLine(ModalScreen[str | None]):
    """Ask for a query; `typed` is told what stands there after every key.

    `typed` gives a sentence to show below, e.g. what is wrong with a word. Enter takes
    only that with which `fault` finds none.
    """

    DEFAULT_CSS = """
    SearchLine { align: center bottom; background: $background 0%; }
    SearchLine > Vertical { width: 100%; height: auto; border-top: solid $primary;
        background: $background; }
    SearchLine Input { padding: 0 1; background: $surface; }
    SearchLine Static { height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(
        self,
        title: Callable[[], str],
        typed: Callable[[str], str],
        complete: Callable[[str, int], Sequence[Completion]],
        fault: Callable[[str], str],
        *,
        value: str = "",
        history: Sequence[str] = (),
        keys: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._typed = typed
        self._complete = complete
        self._fault = fault
        self._value = value
        self._earlier = [*history, value]
        self._at = len(history)
        self._keys = keys or {}
        self._rest: Timer | None = None
        self._offered: Sequence[Completion] = ()
        self._next = 0

    def compose(self) -> ComposeResult:
        """What is searched, a line for the words, and what can be said of them."""
        with Vertical():
            yield Static(Content(self._title()), id="where")
            entry = Input(self._value, select_on_focus=bool(self._value), compact=True)
            entry.cursor_blink = False
            yield entry
            yield Static("", id="said")
            yield Static("", id="hint")

    def on_mount(self) -> None:
        """What stands there already is looked for as well."""
        self.say(SafeText("Enter keeps what is found   Tab completes   Esc goes back"))

    def say(self, words: SafeText) -> None:
        """Show a sentence below the line; servers may answer when it has gone."""
        for said in self.query("#said").results(Static):
            said.update(Content(words))

    def on_input_changed(self, event: Input.Changed) -> None:
        """A key was typed: look for it when no other follows at once."""
        self._wait_no_more()
        self._rest = self.set_timer(REST_S, self._look)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps what was found; what cannot be looked for is told."""
        if self._wait_no_more():
            self._look()
        fault = self._fault(event.value)
        if fault:
            self.say(SafeText(fault))
        else:
            self.dismiss(event.value)

    def _wait_no_more(self) -> bool:
        """Whether a key had not been looked for yet."""
        rest, self._rest = self._rest, None
        if rest is not None:
            rest.stop()
        return rest is not None

    def _look(self) -> None:
        self._rest = None
        entry = self.query_one(Input)
        text = entry.value
        self.say(SafeText(self._typed(text)))
        if any(each.text == text for each in self._offered):
            return
        self._offered, self._next = self._complete(text, entry.cursor_position), 0
        words = "   ".join(
            f"{each.word} {each.about}".strip() for each in self._offered[:HINTS]
        )
        self.query_one("#hint", Static).update(Content(words))

    def on_key(self, event: events.Key) -> None:
        """Esc goes back, Tab completes, arrows bring back earlier searches."""
        if event.key == "escape":
            self._wait_no_more()
            self.dismiss(None)
        elif event.key == "tab":
            self._offer()
        elif event.key in ("up", "down"):
            self._recall(-1 if event.key == "up" else 1)
        elif event.key in self._keys:
            self._keys[event.key]()
            self.query_one("#where", Static).update(Content(self._title()))
            self._look()
        else:
            return
        event.stop()
        event.prevent_default()

    def _offer(self) -> None:
        if self._offered:
            self._put(self._offered[self._next].text)
            self._next = (self._next + 1) % len(self._offered)

    def _recall(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self._earlier) - 1))
        self._put(self._earlier[self._at])

    def _put(self, text: str) -> None:
        entry = self.query_one(Input)
        entry.value = text
        entry.cursor_position = len(text)
