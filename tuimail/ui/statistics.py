"""Figures of the mail that is listed here, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.engine.events import Event, Failed, Measured
from tuimail.mail.types import SafeText
from tuimail.ui.format import SIGNS
from tuimail.ui.screens.dialogs import Reading, Sheet

if TYPE_CHECKING:
    from tuimail.mail.statistics import Figures
    from tuimail.ui.desk import Desk

FOOTER = SafeText("t this account / all   r again   j k Space scroll   Esc close")
COUNTING = SafeText("counting …")


def statistics(desk: Desk) -> None:
    """Of the account that is shown, or of all."""
    desk.screen.ask(StatisticsScreen(desk), lambda nothing: None)


class StatisticsScreen(Reading):
    """A page that is worked out while something else may be done."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._account = desk.account_name()
        self._figures: Figures | None = None
        self._failed = SafeText("")
        self._ticket = 0
        keys = {"t": self._turn, "r": self._measure}
        super().__init__("Statistics", self._text, keys)

    def on_mount(self) -> None:
        """Have it worked out."""
        self._measure()

    def on_resize(self) -> None:
        """For another width."""
        self.call_after_refresh(self.show)

    def reread(self) -> None:
        """The figures are of the time they were asked for; `r` asks again."""

    def show(self) -> None:
        """What is known now."""
        for sheet in self.query(Sheet):
            sheet.set_lines(self._text())

    def hear(self, event: Event) -> None:
        """The figures are there, or why they are not."""
        match event:
            case Measured(ticket=ticket) if ticket == self._ticket:
                self._figures = event.figures
            case Failed(ticket=ticket) if ticket == self._ticket:
                self._failed = event.reason
            case _:
                return
        self.show()

    def _measure(self) -> None:
        self._figures, self._failed = None, SafeText("")
        self._ticket = self._desk.service.counting.statistics(self._account)
        self.show()

    def _turn(self) -> None:
        """This account, or all."""
        shown = self._desk.account_name()
        views = self._desk.service.accounts()
        first = views[0].name if views else ""
        self._account = "" if self._account else shown or first
        self._measure()

    def _text(self) -> list[SafeText]:
        if self._figures is None:
            return [self._failed or COUNTING]
        # Late: only whoever looks at figures needs it.
        from tuimail.mail.plots import lines

        of = self._account or "all accounts"
        width = self.query_one(Sheet).size.width - 3
        ascii = self._desk.app.signs is SIGNS["ascii"]
        return [FOOTER, SafeText(""), *lines(self._figures, of, width, ascii=ascii)]
