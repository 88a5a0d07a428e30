"""What the lines above and below the panes say: where one is and how it stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.events import AccountState
from tuimail.engine.service import COUNT_MAX
from tuimail.engine.views import AccountView
from tuimail.ui import allowed, room
from tuimail.ui.commands import registry
from tuimail.ui.format import AWAY, account_words

if TYPE_CHECKING:
    from rich.style import Style

    from tuimail.engine.service import MailService
    from tuimail.engine.views import MessageView, Rows
    from tuimail.ui.screens.main import MainScreen
    from tuimail.ui.widgets.lines import Run

CALM = (AccountState.CONNECTING, AccountState.OFFLINE, AccountState.ELSEWHERE)
SAID = (AccountState.ELSEWHERE,)
"""The words for these states tell all there is to tell."""
SMALL = "too small: 60×15 needed, is {}×{}"


class Standing:
    """Reads the desk when a line is drawn; keeps times, and accounts until news."""

    def __init__(
        self,
        screen: MainScreen,
        service: MailService,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._screen = screen
        self._service = service
        self._clock = clock
        self._away: dict[str, float] = {}
        self._views: list[AccountView] | None = None

    def forget(self) -> None:
        """News have come: read again how the accounts stand.

        That asks the store, too slow for every key while others write to it.
        """
        self._views = None

    def note(self, view: AccountView) -> None:
        """An account's state changed: remember since when it is away."""
        if view.state is AccountState.ONLINE:
            self._away.pop(view.name, None)
        elif view.state in AWAY:
            self._away.setdefault(view.name, self._clock())

    def since(self, view: AccountView) -> str:
        """` since 09:12` for an account that is away; `''` else."""
        began = self._away.get(view.name)
        if began is None or view.state not in AWAY:
            return ""
        return time.strftime(" since %H:%M", time.localtime(began))

    def title_left(self) -> list[Run]:
        """Account, folder, and whose message is read."""
        style, screen = self._style("title"), self._screen
        if screen.too_small:
            width, height = screen.size
            return [(f" {SMALL.format(width, height)}", style)]
        listing = screen.list.listing
        if listing is None:
            return [(" tuimail: no account yet; see config.example.toml", style)]
        box = listing.mailbox
        sign = screen.tuimail.signs["closed"]
        words = f" {box.account} {sign} {box.name}" if box.account else f" {box.name}"
        words += shape_words(screen.list.source, sign)
        message = screen.desk.reader.message
        if screen.place == "message" and message is not None:
            header = self._service.header(message)
            words += f" {sign} {header.sender if header else ''}"
        return [(words, style)]

    def title_right(self) -> list[Run]:
        """The server's counts."""
        listing = self._screen.list.listing
        if listing is None or self._screen.too_small:
            return []
        box = listing.mailbox
        counts = [
            f"{number:,}{word}"
            for number, word in ((box.unread, " unread"), (box.total, ""))
            if number is not None
        ]
        if self._screen.list.away and self._screen.place != "message":
            here = self._screen.list.readable
            enough = "over " if COUNT_MAX <= here < listing.known else ""
            counts.append(f"{enough}{here:,} of {listing.known:,} readable here")
        return [(f" {' · '.join(counts)} ", self._style("title"))]

    def status_left(self) -> list[Run]:
        """How every account stands, and why."""
        runs: list[Run] = [(" ", self._style("status"))]
        if self._views is None:
            self._views = self._service.accounts()
        views = self._views
        for view in views:
            runs += self._account(view, named=len(views) > 1)
        return runs

    def _account(self, view: AccountView, *, named: bool) -> list[Run]:
        plain, trouble = self._style("status"), self._style("trouble")
        good = view.state is AccountState.ONLINE
        calm = plain if view.state in CALM else trouble
        words = account_words(view, self._screen.tuimail.signs, self._clock())
        name = f"{view.name} " if named else ""
        style = self._style("online") if good else calm
        runs: list[Run] = [(f"{name}{words}{self.since(view)}", style)]
        if view.pending:
            runs.append((f" · {view.pending} pending", plain))
        if view.failed:
            need = "needs" if view.failed == 1 else "need"
            runs.append((f" · {view.failed} {need} you (g q)", trouble))
        if full := room.warning(view):
            runs.append((f" · {full}", trouble))
        if kept := self._screen.tuimail.kept.get(view.name):
            runs.append((f" · {kept}", plain))
        if view.detail and not good and view.state not in SAID:
            runs.append((f" · {view.detail}", plain))
        return [*runs, ("  ", plain)]

    def status_right(self) -> list[Run]:
        """What is under way, what is typed and marked, and the position."""
        screen, key = self._screen, self._style("key")
        runs: list[Run] = []
        if screen.tuimail.activity:
            runs.append((f" {screen.tuimail.activity} ", key))
        if screen.typist.waiting:
            runs.append((f" {screen.typist.shown}- ", key))
        if screen.list.marks:
            runs.append((f" {len(screen.list.marks)} marked ", key))
        if screen.place == "message":
            if (chosen := screen.view.chosen) is not None:
                many = chosen[1] - chosen[0] + 1
                lines = "1 line" if many == 1 else f"{many} lines"
                return [*runs, (f" {lines} chosen: Y copies, Esc ends ", key)]
            first, last, count = screen.view.place
            view = screen.view.view
            other = "ctrl+t other text   " if view and _both(view) else ""
            words = f" {other}lines {first}–{last} of {count} "
        else:
            rank, total = screen.list.place
            source = screen.list.source
            # What was found is false when it is nothing: then most of all it is said.
            told = source.covered if source is not None else ""
            covered = f" {told}   " if told else " "
            words = f"{covered}{rank:,} of {total:,} "
        return [*runs, (words, self._style("status"))]

    def hints(self) -> list[tuple[str, str]]:
        """Keys and words for the line of keys."""
        keymap, where = self._screen.tuimail.keymap, self._screen.where
        desk = self._screen.desk
        found = [
            (keymap.shown(each.id), each.hint)
            for each in registry.footer(where)
            if not allowed.reason(desk, each)
        ]
        moves = "j/k", "scroll" if self._screen.place == "message" else "move"
        return [moves, *(hint for hint in found if hint[0])]

    def _style(self, name: str) -> Style:
        return self._screen.tuimail.look[name]


def shape_words(source: Rows | None, sign: str) -> str:
    """How the list differs from the folder as it lies."""
    if source is None:
        return ""
    shape = source.shape
    said: list[str] = [shape.query] if shape.query else []
    if shape.threads:
        said.append("conversations")
    elif shape.sort != "date" or shape.reverse:
        said.append(f"by {shape.sort}{', turned round' if shape.reverse else ''}")
    return "".join(f" {sign} {each}" for each in said)


def _both(view: MessageView) -> bool:
    return view.has_plain and view.has_html
