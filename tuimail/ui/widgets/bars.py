"""The line on top says where one is, the two below how it stands, and the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.style import Style

from tuimail.mail.sanitize import cells, cut
from tuimail.ui.widgets.lines import LineWidget, Run


class Telling(LineWidget):
    """A line that is drawn again only when it says something else."""

    _told: Sequence[Run] | None = None

    def said(self) -> Iterable[Run]:
        """What it has to say now."""
        raise NotImplementedError

    def line(self, y: int) -> Iterable[Run]:
        """What it has to say, remembered."""
        self._told = list(self.said())
        return self._told

    def renew(self) -> None:
        """Draw it again if it has to say something else."""
        if self._told is None or list(self.said()) != self._told:
            self.refresh()


class Bar(Telling):
    """One line: runs on the left, runs on the right; the left gives way."""

    DEFAULT_CSS = "Bar { height: 1; }"

    def __init__(
        self,
        left: Callable[[], Sequence[Run]],
        right: Callable[[], Sequence[Run]],
        style: str,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._left = left
        self._right = right
        self._style = style

    def base(self, y: int) -> Style:
        """The bar's own background."""
        return self.look[self._style]

    def said(self) -> Iterable[Run]:
        """Left runs cut to what the right ones leave; an ellipsis tells of it."""
        right = list(self._right())
        room = max(0, self.size.width - sum(cells(text) for text, _ in right))
        used = 0
        for text, style in self._left():
            fits = cells(text.rstrip()) <= room - used - 1
            piece = cut(text, room - used) if fits else _short(text, room - used - 1)
            used += cells(piece)
            yield piece, style
            if not fits:
                break
        yield " " * max(0, room - used), self.base(0)
        yield from right


def _short(text: str, width: int) -> str:
    return f"{cut(text, width - 1)}\u2026" if width > 0 else ""


class KeyBar(Telling):
    """The keys that work here: as many as fit whole, `? help` always among them."""

    DEFAULT_CSS = "KeyBar { height: 1; }"

    def __init__(
        self, hints: Callable[[], Sequence[tuple[str, str]]], id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._hints = hints

    def base(self, y: int) -> Style:
        """The bar's own background."""
        return self.look["status"]

    def said(self) -> Iterable[Run]:
        """Key and word of each command, the most important first."""
        last = ("?", "help")
        room = self.size.width - _hint_cells(last) - 1
        yield " ", self.look["status"]
        for hint in self._hints():
            size = _hint_cells(hint)
            if size > room - 1:
                break
            room -= size
            yield from self._hint(hint)
        yield " " * max(0, room - 1), self.look["status"]
        yield from self._hint(last)

    def _hint(self, hint: tuple[str, str]) -> Iterable[Run]:
        yield hint[0], self.look["key"]
        yield f" {hint[1]}  ", self.look["status"]


def _hint_cells(hint: tuple[str, str]) -> int:
    return cells(hint[0]) + cells(hint[1]) + 3
