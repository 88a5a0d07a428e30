"""What may follow the keys typed so far."""

from __future__ import annotations

from collections.abc import Sequence

from tuimail.mail.sanitize import fit
from tuimail.mail.types import SafeText
from tuimail.ui.widgets.lines import LineWidget, Run

COLUMNS = 4


class WhichKey(LineWidget):
    """The continuations of a key sequence, over the lines at the bottom."""

    DEFAULT_CSS = """
    WhichKey { dock: bottom; height: 4; display: none; border-top: solid $primary;
        layer: above; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.choices: Sequence[tuple[str, str]] = ()

    def show(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer keys and what each does."""
        self.choices = choices
        self.styles.height = 2 + -(-len(choices) // COLUMNS)
        self.display = True
        self.refresh()

    def hide(self) -> None:
        """Go away."""
        self.display = False

    def line(self, y: int) -> list[Run]:
        """Four to a line: key and title; on the last line how to leave."""
        if y * COLUMNS >= len(self.choices):
            return [(" Esc leaves it", self.look["dim"])] if y else []
        width = max(18, (self.size.width - 1) // COLUMNS)
        runs: list[Run] = [(" ", self.look["text"])]
        for key, title in self.choices[y * COLUMNS : (y + 1) * COLUMNS]:
            words = fit(SafeText(f" {title}"), width - 3)
            runs += [
                (f"{key:>2}", self.look["field"]),
                (words + " ", self.look["text"]),
            ]
        return runs
