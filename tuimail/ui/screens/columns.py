"""The dialog in which columns are taken in and out, and moved; the list follows."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tuimail.config import COLUMNS, columns_problem
from tuimail.mail.types import SafeText
from tuimail.ui.screens.picker import Choices, Item

Columns = tuple[str, ...]
NONE: Columns = ()
KEYS = "Space in/out   J K move   r the usual   Enter keep   Esc back"
MOVES = {"j": 1, "down": 1, "k": -1, "up": -1}
SHIFTS = {"J": 1, "shift+down": 1, "K": -1, "shift+up": -1}


class ColumnsDialog(ModalScreen[Columns | None]):
    """Gives the columns that were chosen; none to have those of other folders."""

    DEFAULT_CSS = """
    ColumnsDialog { align: center bottom; background: $background 0%; }
    ColumnsDialog > Vertical { width: 100%; max-width: 100; height: auto;
        border: round $primary; background: $background; }
    ColumnsDialog Choices { height: 12; }
    ColumnsDialog Static { height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(
        self,
        name: str,
        chosen: Columns,
        usual: Columns,
        changed: Callable[[Columns], object],
    ) -> None:
        """`name` of the folder; `usual` are those of others; `changed` hears a try."""
        super().__init__()
        self._name = name
        self._usual = usual
        self._changed = changed
        self._choices = Choices()
        self._order: list[str] = []
        self._in: set[str] = set()
        self._begin(chosen)

    def _begin(self, chosen: Columns) -> None:
        self._order = [*chosen, *(name for name in COLUMNS if name not in chosen)]
        self._in = set(chosen)

    @property
    def chosen(self) -> Columns:
        """The columns that are in, in their order."""
        return tuple(name for name in self._order if name in self._in)

    def compose(self) -> ComposeResult:
        """Every column, and the keys."""
        with Vertical() as box:
            box.border_title = Content(f"Columns of {self._name}")
            yield self._choices
            yield Static(Content(KEYS), id="footer")

    def on_mount(self) -> None:
        """Show them."""
        self._show(0)

    def _show(self, cursor: int) -> None:
        items = [
            Item(
                SafeText(f"[{'x' if n in self._in else ' '}] {n:<10}  {COLUMNS[n]}"), n
            )
            for n in self._order
        ]
        self._choices.set_items(items, cursor)  # type: ignore[arg-type]

    def on_key(self, event: events.Key) -> None:
        """Move, take in or out, shift, keep or leave."""
        event.stop()
        event.prevent_default()
        key = event.character if event.key not in MOVES | SHIFTS else event.key
        if event.key == "escape" or key == "q":
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(NONE if self.chosen == self._usual else self.chosen)
        elif key in MOVES:
            self._choices.move(MOVES[key])
        elif key in SHIFTS:
            self._shift(SHIFTS[key])
        elif key in (" ", "x"):
            self._toggle()
        elif key == "r":
            self._begin(self._usual)
            self._try(0)

    def _toggle(self) -> None:
        at = self._choices.cursor
        wanted = self._in ^ {self._order[at]}
        words = columns_problem([name for name in self._order if name in wanted])
        if words:
            self.query_one("#footer", Static).update(Content(words))
            return
        self._in = wanted
        self._try(at)

    def _shift(self, by: int) -> None:
        at = self._choices.cursor
        to = max(0, min(at + by, len(self._order) - 1))
        self._order.insert(to, self._order.pop(at))
        self._try(to)

    def _try(self, cursor: int) -> None:
        self.query_one("#footer", Static).update(Content(KEYS))
        self._show(cursor)
        self._changed(self.chosen)
