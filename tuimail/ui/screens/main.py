"""The main screen: folders, list and message in as many panes as the width allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.timer import Timer
from textual.widget import Widget

from tuimail.engine.events import (
    AccountState,
    AccountStateChanged,
    Event,
    MailboxesChanged,
    MessagesChanged,
    OperationsChanged,
    Progress,
    TextFailed,
    TextReady,
)
from tuimail.mail.types import MessageId, RowKey
from tuimail.ui.commands import registry
from tuimail.ui.commands.registry import Where
from tuimail.ui.desk import Desk
from tuimail.ui.format import account_words
from tuimail.ui.keymap import normal, shown
from tuimail.ui.widgets.bars import Bar, KeyBar
from tuimail.ui.widgets.folder_tree import FolderTree
from tuimail.ui.widgets.header_list import HeaderList
from tuimail.ui.widgets.lines import LineWidget, Run
from tuimail.ui.widgets.message_view import MessageView

if TYPE_CHECKING:
    from tuimail.engine.service import MailService
    from tuimail.ui.app import TuimailApp

T = TypeVar("T")
TWO_PANES, THREE_PANES = 100, 160
SMALLEST = (50, 10)
REST_S = 0.15
"""Seconds the cursor must rest before its message is shown beside the list."""
WHICH_S = 0.4
"""Seconds until the continuations of a key sequence are shown."""
PLACES = {
    "folders": Where.FOLDERS,
    "list": Where.LIST,
    "message": Where.MESSAGE,
}


class WhichKey(LineWidget):
    """The continuations of what was typed."""

    DEFAULT_CSS = """
    WhichKey { dock: bottom; height: 4; display: none; border-top: solid $primary;
        layer: above; }
    """
    choices: Sequence[tuple[str, str]] = ()

    def line(self, y: int) -> list[Run]:
        """Four to a line: key and title."""
        width = max(18, self.size.width // 4)
        runs: list[Run] = [(" ", self.look["text"])]
        for key, title in self.choices[y * 4 : y * 4 + 4]:
            words = f" {title}"[: width - 3].ljust(width - 3)
            runs += [(f"{key:>2}", self.look["field"]), (words, self.look["text"])]
        return runs


class MainScreen(Screen[None]):
    """One to three panes, a title, a status line and the keys."""

    AUTO_FOCUS = "#list"
    DEFAULT_CSS = """
    MainScreen {
        layers: below above; background: $background;
        #panes { height: 1fr; }
        FolderTree { width: 26; display: none; }
        HeaderList { width: 1fr; }
        MessageView { width: 1fr; display: none; }
        &.-two HeaderList { width: 52%; }
        &.-two MessageView { display: block; }
        &.-three FolderTree { display: block; }
        &.-three HeaderList { width: 76; }
        &.-three MessageView { display: block; }
        &.-one.-folders FolderTree { display: block; width: 100%; }
        &.-one.-folders HeaderList { display: none; }
        &.-one.-message MessageView { display: block; width: 100%; }
        &.-one.-message HeaderList { display: none; }
        &.-two.-folders FolderTree { display: block; }
        &.-two.-folders MessageView { display: none; }
        &.-two.-folders HeaderList { width: 1fr; }
        &.-small #panes { display: none; }
    }
    """

    def __init__(self, service: MailService) -> None:
        super().__init__()
        self._service = service
        self.folders = FolderTree(service, id="tree")
        self.list = HeaderList(service, id="list")
        self.view = MessageView(id="view")
        self.desk = Desk(self, service)
        self.place = "list"
        """The pane that keys go to."""
        self.last_key = ""
        self._typed: tuple[str, ...] = ()
        self._count = ""
        self._which: Timer | None = None
        self._rest: Timer | None = None
        self._sought: int | None = None

    # -- layout ---------------------------------------------------------------

    @property
    def tuimail(self) -> TuimailApp:
        """The app this screen belongs to."""
        return cast("TuimailApp", self.app)

    @property
    def where(self) -> Where:
        """The place commands are looked up for."""
        return PLACES[self.place]

    @property
    def columns(self) -> int:
        """How many panes there are side by side."""
        width = self.size.width
        fit = 3 if width >= THREE_PANES else 2 if width >= TWO_PANES else 1
        return min(fit, self._service.config.view.panes)

    def compose(self) -> ComposeResult:
        """Title, panes, status, keys."""
        yield Bar(self._title_left, self._title_right, "title", id="title")
        with Horizontal(id="panes"):
            yield self.folders
            yield self.list
            yield self.view
        yield Bar(self._status_left, self._status_right, "status", id="status")
        yield KeyBar(self._hints, id="keys")
        yield WhichKey()

    def on_mount(self) -> None:
        """Show the first account's inbox from the store, before any network."""
        self._set_columns()
        self.folders.reload()
        self.show_pane("list")
        accounts = self._service.accounts()
        if accounts:
            inbox = self._service.inbox(accounts[0].name)
            self.list.show(inbox)
            self.folders.point_at(inbox)
        self.set_interval(30, self._tick)

    def on_resize(self) -> None:
        """As many panes as fit."""
        self._set_columns()
        self.call_after_refresh(self.desk.reader.resized)

    def show_pane(self, place: str) -> None:
        """Give a pane the keys, and show it where there is only room for one."""
        self.place = place
        for name in PLACES:
            self.set_class(name == place, f"-{name}")
        panes: dict[str, Widget] = {"folders": self.folders, "list": self.list}
        panes.get(place, self.view).focus()
        self._refresh_bars()

    def _set_columns(self) -> None:
        for name, count in (("-one", 1), ("-two", 2), ("-three", 3)):
            self.set_class(self.columns == count, name)
        small = self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]
        self.set_class(small, "-small")
        self.query_one("#keys").display = self.size.height >= 16
        self.call_after_refresh(self.desk.follow_cursor)

    # -- keys -----------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Keys, sequences and counts to commands."""
        character = event.character
        printable = (
            character is not None and character.isprintable() and character != " "
        )
        key = normal(character if printable and character else event.key)
        event.stop()
        event.prevent_default()
        self.type_key(key)

    def type_key(self, key: str) -> None:
        """One key, as typed."""
        self.last_key = key
        if not self._typed and (
            key.isdigit() and (self._count or self._may_count(key))
        ):
            self._count += key
            return
        typed = (*self._typed, key)
        keymap = self.tuimail.keymap
        command = keymap.find(self.where, typed)
        if command is not None:
            count = int(self._count[:5] or 0)
            self._end_sequence()
            registry.REGISTRY[command].run(self.desk, count)
        elif keymap.longer(self.where, typed):
            self._begin_sequence(typed)
        else:
            self._end_sequence()
            if len(typed) > 1 and key != "escape":
                self.tuimail.say(
                    f"{''.join(typed)} does nothing here. ? lists the keys."
                )
        self._refresh_bars()

    def _may_count(self, key: str) -> bool:
        """Digits that are keys of their own count only behind another digit."""
        return self.tuimail.keymap.find(self.where, (key,)) is None and key != "0"

    def _begin_sequence(self, typed: tuple[str, ...]) -> None:
        self._typed = typed
        self.list.frozen = True
        if self._which is None:
            self._which = self.set_timer(WHICH_S, self._show_which)

    def _end_sequence(self) -> None:
        self._typed, self._count = (), ""
        if self._which is not None:
            self._which.stop()
            self._which = None
        self.query_one(WhichKey).display = False
        self.list.thaw()

    def _show_which(self) -> None:
        which = self.query_one(WhichKey)
        longer = self.tuimail.keymap.longer(self.where, self._typed)
        which.choices = [
            (shown(key), registry.REGISTRY[command].title) for key, command in longer
        ]
        which.display = True
        which.refresh()

    def ask(
        self, dialog: ModalScreen[T | None], answered: Callable[[T | None], None]
    ) -> None:
        """Open a dialog; the list keeps its order while it is open."""
        self.list.frozen = True

        def done(answer: T | None) -> None:
            self.list.thaw()
            answered(answer)
            self._refresh_bars()

        self.app.push_screen(dialog, done)

    # -- events ---------------------------------------------------------------

    def on_engine_event(self, event: Event) -> None:
        """Read again what an event says has changed."""
        match event:
            case MessagesChanged(mailbox=mailbox, changed=changed, order=order):
                if mailbox == self.list.mailbox:
                    self.list.invalidate(changed, order)
                    self._follow_search()
                    if self.desk.reader.message in changed:
                        self.desk.reader.renew()
            case MailboxesChanged():
                self.folders.reload()
                self.list.invalidate(frozenset((MessageId(0),)), order=False)
            case AccountStateChanged(account=account):
                self._account_changed(account)
            case TextReady():
                self.desk.reader.on_ready(event)
            case TextFailed():
                self.desk.reader.on_failed(event)
            case Progress():
                self.desk.reader.on_progress(event)
            case OperationsChanged():
                pass
        self._refresh_bars()

    def _account_changed(self, account: str) -> None:
        view = self._service.account(account)
        if view.state is AccountState.ONLINE:
            self.list.ask_again()
        if view.needs_password:
            self.tuimail.ask_password(account)

    def go_to_time(self, epoch: int) -> None:
        """Go to the newest message that arrived by then, also when it comes later."""
        self._sought = epoch
        self._follow_search(keep=True)

    def _follow_search(self, keep: bool = False) -> None:
        if self._sought is None or self.list.mailbox is None:
            return
        key = RowKey(self._sought, MessageId(2**62))
        found = self._service.neighbour(self.list.mailbox, key)
        if found is not None:
            self.list.go_to(found.id)
        if not keep:
            self._sought = None

    def on_header_list_cursor_moved(self) -> None:
        """Preview the message once the cursor rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self.desk.follow_cursor)
        self._refresh_bars()

    def on_header_list_opened(self) -> None:
        """Read it."""
        self.place = "list"
        self.list.focus()
        self.desk.open()

    def on_folder_tree_selected(self, event: FolderTree.Selected) -> None:
        """Show the folder."""
        self.desk.go(event.mailbox)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click may have moved the focus."""
        places = {"tree": "folders", "list": "list", "view": "message"}
        place = places.get(event.widget.id or "")
        if place is not None and place != self.place:
            self.show_pane(place)

    def _tick(self) -> None:
        """Ages go on."""
        self.list.refresh()
        self._refresh_bars()

    # -- bars -----------------------------------------------------------------

    def _refresh_bars(self) -> None:
        for bar in self.query("Bar, KeyBar"):
            bar.refresh()

    def _style(self, name: str) -> Style:
        return self.tuimail.look[name]

    def _title_left(self) -> list[Run]:
        style = self._style("title")
        if self.has_class("-small"):
            words = f" too small: {SMALLEST[0]}×{SMALLEST[1]} needed"
            return [(words, style)]
        listing = self.list.listing
        if listing is None:
            return [(" tuimail: no account yet; see config.example.toml", style)]
        box = listing.mailbox
        words = f" {box.account} {self.tuimail.signs['closed']} {box.name}"
        if self.place == "message" and self.desk.reader.message is not None:
            header = self._service.header(self.desk.reader.message)
            words += (
                f" {self.tuimail.signs['closed']} {header.sender if header else ''}"
            )
        return [(words, style)]

    def _title_right(self) -> list[Run]:
        listing = self.list.listing
        if listing is None or self.has_class("-small"):
            return []
        box = listing.mailbox
        unread = "" if box.unread is None else f"{box.unread:,} unread"
        total = "" if box.total is None else f" · {box.total:,} "
        return [(unread + total, self._style("title"))]

    def _status_left(self) -> list[Run]:
        look = self._style
        runs: list[Run] = [(" ", look("status"))]
        now = time.time()
        views = self._service.accounts()
        for view in views:
            good = view.state is AccountState.ONLINE
            waits = view.state in (AccountState.CONNECTING, AccountState.OFFLINE)
            style = look("online" if good else "status" if waits else "trouble")
            name = f"{view.name} " if len(views) > 1 else ""
            runs.append((name + account_words(view, self.tuimail.signs, now), style))
            if view.pending:
                runs.append((f" {view.pending} pending", look("status")))
            if view.failed:
                runs.append((f" {view.failed} failed", look("trouble")))
            if view.detail and not good:
                runs.append((f" {view.detail}", look("status")))
            runs.append(("  ", look("status")))
        return runs

    def _status_right(self) -> list[Run]:
        look = self._style
        runs: list[Run] = []
        if self._typed or self._count:
            runs.append((f" {self._count}{''.join(self._typed)}- ", look("key")))
        if self.list.marks:
            runs.append((f" {len(self.list.marks)} marked ", look("key")))
        if self.place == "message":
            first, last, count = self.view.place
            words = f" lines {first}–{last} of {count} "
        else:
            rank, total = self.list.place
            words = f" {rank:,} of {total:,} "
        return [*runs, (words, look("status"))]

    def _hints(self) -> list[tuple[str, str]]:
        keymap = self.tuimail.keymap
        hints = [
            (keymap.shown(each.id), each.hint) for each in registry.footer(self.where)
        ]
        moves = "j/k", "scroll" if self.place == "message" else "move"
        return [moves, *(hint for hint in hints if hint[0])]
