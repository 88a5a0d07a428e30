"""A list that tells what goes on while it is open, with a key for each decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tuimail.mail.sanitize import cells, fit
from tuimail.mail.types import SafeText, Span
from tuimail.mail.wrap import wrap
from tuimail.ui.screens.dialogs import Living
from tuimail.ui.widgets.lines import LineWidget, Run

BELOW_LINES = 3
TICK_S = 1.0


class Entry(NamedTuple):
    """One thing that is told of."""

    key: int
    """What it is known by while the list changes."""
    label: SafeText
    detail: SafeText
    below: tuple[SafeText, ...] = ()
    """Sentences under it, dim."""
    trouble: bool = False


class Entries(LineWidget):
    """Entries of one line and what stands below each."""

    def __init__(self, empty: SafeText) -> None:
        super().__init__()
        self._empty = empty
        self._entries: Sequence[Entry] = ()
        self._lines: list[tuple[int, SafeText]] = []
        """Number of the entry and the text of each line; `''` for its first."""
        self._cursor = 0
        self._top = 0

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self._entries[self._cursor] if self._entries else None

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these; the cursor stays on its entry, or in its place."""
        here = self.current
        self._entries = entries
        keys = [each.key for each in entries]
        if here is not None and here.key in keys:
            self._cursor = keys.index(here.key)
        self._lay_out()

    def on_resize(self) -> None:
        """Wrap again."""
        self._lay_out()

    def move(self, by: int) -> None:
        """Move the cursor by entries."""
        self._cursor = max(0, min(self._cursor + by, len(self._entries) - 1))
        mine = [y for y, (at, _) in enumerate(self._lines) if at == self._cursor]
        if mine and self.size.height:
            last = mine[-1] - self.size.height + 1
            self._top = max(last, min(self._top, mine[0]))
            self._top = min(self._top, mine[0])
        self.refresh()

    def line(self, y: int) -> Iterable[Run]:
        """What it is and how it stands; below it what more there is to say."""
        if not self._entries:
            return [("  " + self._empty, self.look["dim"])] if y == 1 else []
        if self._top + y >= len(self._lines):
            return []
        at, below = self._lines[self._top + y]
        if below:
            return [("    " + below, self.look["dim"])]
        return self._first(self._entries[at], at == self._cursor)

    def _first(self, entry: Entry, here: bool) -> Iterable[Run]:
        style = self.look["trouble" if entry.trouble else "text"]
        if here:
            style = self.look["selected"]
        room = max(10, self.size.width - cells(entry.detail) - 4)
        yield "> " if here else "  ", style
        yield fit(entry.label, room), style
        yield f" {entry.detail} ", style

    def _lay_out(self) -> None:
        width = max(20, self.size.width - 6)
        self._lines = []
        for at, entry in enumerate(self._entries):
            self._lines.append((at, SafeText("")))
            for said in entry.below:
                self._lines += [
                    (at, SafeText("".join(span.text for span in piece)))
                    for piece in wrap([Span(said)], width)[:BELOW_LINES]
                ]
        self.move(0)


class Ledger(Living):
    """Entries, read again when something changes; keys act on the one chosen."""

    DEFAULT_CSS = """
    Ledger { align: center middle; background: $background 0%; }
    Ledger > Vertical { width: 95%; height: 90%; border: round $primary;
        background: $background; }
    Ledger Entries { height: 1fr; }
    Ledger Static { height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(
        self,
        title: str,
        entries: Callable[[], Sequence[Entry]],
        keys: Mapping[str, Callable[[int], object]],
        *,
        footer: str,
        empty: SafeText,
    ) -> None:
        super().__init__()
        self._title = title
        self._read = entries
        self._keys = keys
        self._footer = footer
        self._list = Entries(empty)

    def compose(self) -> ComposeResult:
        """The entries, and what the keys do."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield self._list
            yield Static(Content(self._footer))

    def on_mount(self) -> None:
        """Read now, and every second: ages go on."""
        self._list.set_entries(self._read())
        self.set_interval(TICK_S, self.reread)

    def reread(self) -> None:
        """What it tells of has changed."""
        if self.is_mounted:
            self._list.set_entries(self._read())

    def on_key(self, event: events.Key) -> None:
        """Move, leave, or do what a key stands for."""
        page = max(1, self._list.size.height // 2)
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "pagedown": page}
        steps |= {"space": page, "pageup": -page, "home": -100_000, "end": 100_000}
        act = self._keys.get(event.character or "") or self._keys.get(event.key)
        if event.key in steps:
            self._list.move(steps[event.key])
        elif event.key in ("escape", "q"):
            self.dismiss(None)
        elif act is not None and self._list.current is not None:
            act(self._list.current.key)
            self.reread()
        event.stop()
        event.prevent_default()
