"""The main screen: folders, list and message in as many panes as the width allows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.timer import Timer
from textual.widget import Widget

from tuimail.engine.events import (
    AccountState,
    AccountStateChanged,
    Counted,
    Event,
    FirstLinesKnown,
    Found,
    Indexed,
    MailboxesChanged,
    MessagesChanged,
    PictureReady,
    Progress,
    TextFailed,
    TextReady,
    ThreadsChanged,
)
from tuimail.mail.types import MessageId, RowKey
from tuimail.ui.commands import registry
from tuimail.ui.commands.registry import Where
from tuimail.ui.desk import Desk
from tuimail.ui.keymap import Typed, Typist, key_of, shown
from tuimail.ui.standing import Standing
from tuimail.ui.widgets.bars import Bar, KeyBar
from tuimail.ui.widgets.folder_tree import FolderTree
from tuimail.ui.widgets.header_list import HeaderList
from tuimail.ui.widgets.message_view import MessageView
from tuimail.ui.widgets.which_key import WhichKey

if TYPE_CHECKING:
    from tuimail.engine.service import MailService
    from tuimail.ui.app import TuimailApp

T = TypeVar("T")
TWO_PANES, THREE_PANES = 100, 160
WIDE = 200
"""Width from which on three panes leave the list room for more than subjects."""
SMALLEST = (60, 15)
REST_S = 0.15
"""Seconds the cursor must rest before its message is shown beside the list."""
COUNT_S = 3.0
"""Seconds after a change until virtual folders are counted."""
WHICH_S = 0.4
"""Seconds until the continuations of a key sequence are shown."""
PLACES = {
    "folders": Where.FOLDERS,
    "list": Where.LIST,
    "message": Where.MESSAGE,
}


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
        &.-two MessageView { display: block; border-left: solid $panel; }
        &.-three FolderTree { display: block; }
        &.-three HeaderList { width: 76; }
        &.-three.-wide HeaderList { width: 94; }
        &.-three MessageView { display: block; border-left: solid $panel; }
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
        self._which: Timer | None = None
        self._dialogs = 0
        self._single = False
        self._rest: Timer | None = None
        self._sought: int | None = None
        self._counting: Timer | None = None
        self.standing = said = Standing(self, service)
        self._bars = (
            Bar(said.title_left, said.title_right, "title", id="title"),
            Bar(said.status_left, said.status_right, "status", id="status"),
            KeyBar(said.hints, id="keys"),
        )
        self._told: tuple[object, ...] = ()
        """What of the list the bars were last told."""
        self._which_key = WhichKey()

    @cached_property
    def typist(self) -> Typist:
        """What has been typed and is no command yet."""
        return Typist(self.tuimail.keymap)

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
        if self._single or not self.roomy:
            return 1
        fit = 3 if self.size.width >= THREE_PANES else 2
        return min(fit, self._service.config.view.panes)

    @property
    def roomy(self) -> bool:
        """There is room for more than one pane."""
        return self.size.width >= TWO_PANES

    @property
    def too_small(self) -> bool:
        """Nothing useful fits into this terminal."""
        return self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]

    def compose(self) -> ComposeResult:
        """Title, panes, status, keys."""
        # Known before the panes are styled, so that they are styled once.
        self.update_classes(self._fitting() | self._placing(), update=False)
        title, status, hints = self._bars
        yield title
        with Horizontal(id="panes"):
            yield self.folders
            yield self.list
            yield self.view
        yield status
        yield hints

    def on_mount(self) -> None:
        """Show the first account's inbox from the store, before any network."""
        self._set_columns()
        self.folders.reload()
        self.show_pane("list")
        accounts = self._service.accounts()
        if accounts:
            inbox = self._service.inbox(accounts[0].name)
            self.list.show(self._service.rows(inbox))
            self.folders.point_at(inbox)
        self.set_interval(30, self._tick)

    def on_resize(self) -> None:
        """As many panes as fit."""
        self._set_columns()

    def show_pane(self, place: str) -> None:
        """Give a pane the keys, and show it where there is only room for one."""
        self.place = place
        self.update_classes(self._placing())
        panes: dict[str, Widget] = {"folders": self.folders, "list": self.list}
        panes.get(place, self.view).focus()
        self.refresh_bars()

    def toggle_panes(self) -> None:
        """One pane, or as many as fit."""
        self._single = not self._single
        self._set_columns()
        self.refresh_bars()

    def _set_columns(self) -> None:
        self.update_classes(self._fitting())
        self.call_after_refresh(self.desk.reader.resized)
        self.call_after_refresh(self.desk.follow_cursor)
        self.on_header_list_cursor_moved()

    def _fitting(self) -> dict[str, bool]:
        """Classes for what fits into the terminal."""
        names = ("-one", "-two", "-three")
        fitting = {name: self.columns == n for n, name in enumerate(names, 1)}
        return fitting | {"-small": self.too_small, "-wide": self.size.width >= WIDE}

    def _placing(self) -> dict[str, bool]:
        """Classes for the pane that keys go to."""
        return {f"-{name}": name == self.place for name in PLACES}

    # -- keys -----------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Keys, sequences and counts to commands."""
        event.stop()
        event.prevent_default()
        try:
            self.type_key(key_of(event.key, event.character))
        finally:
            self.tuimail.key_done(self)

    def type_key(self, key: str) -> None:
        """One key, as typed."""
        self.last_key = key
        self._service.in_use()
        self._act(self.typist.type(self.where, key))

    def _act(self, typed: Typed) -> None:
        """Run what was typed, or wait for the rest of it."""
        if self._which is not None:
            self._which.stop()
            self._which = None
        if typed.waiting:
            self._which = self.set_timer(WHICH_S, self._show_which)
        else:
            self._which_key.hide()
        self._freeze()
        if typed.command:
            self.desk.run(typed.command, typed.count)
        elif typed.unknown:
            self.tuimail.say(f"{typed.unknown} does nothing here. ? lists the keys.")
        self._tell_bars()

    def _show_which(self) -> None:
        self._which = None
        typed = self.typist.rest(self.where)
        if typed.command:
            self._act(typed)
        elif self.typist.keys:
            longer = self.tuimail.keymap.longer(self.where, self.typist.keys)
            if not self._which_key.is_attached:
                self.mount(self._which_key)
            self._which_key.show(
                [(shown(key), registry.REGISTRY[name].title) for key, name in longer]
            )

    def _freeze(self) -> None:
        """The list keeps its order while keys or a dialog are under way."""
        if self._dialogs or self.typist.waiting:
            self.list.frozen = True
        else:
            self.list.thaw()
            self.desk.lens.thawed()

    def ask(
        self, dialog: ModalScreen[T], answered: Callable[[T | None], object]
    ) -> None:
        """Open a dialog, free of toasts; the list keeps its order meanwhile."""
        self.tuimail.hush()
        self._dialogs += 1
        self._freeze()

        def done(answer: T | None) -> None:
            self._dialogs -= 1
            answered(answer)
            self._freeze()
            self.refresh_bars()

        self.app.push_screen(dialog, done)

    # -- events ---------------------------------------------------------------

    def on_engine_event(self, event: Event) -> None:
        """Read again what an event says has changed."""
        match event:
            case MessagesChanged(mailbox=mailbox, changed=changed, order=order):
                source = self.list.source
                if source is not None and source.concerns(mailbox):
                    self.list.invalidate(changed, order)
                    if order and (source.mailbox < 0 or not source.shape.plain):
                        self.desk.lens.changed()
                    self._follow_search()
                    if self.desk.reader.message in changed:
                        self.desk.reader.renew()
            case FirstLinesKnown(messages=messages):
                self.list.know(messages)
            case MailboxesChanged():
                self.folders.reload()
                self._count_soon()
                self.list.invalidate(frozenset((MessageId(0),)), order=False)
            case AccountStateChanged(account=account):
                self._account_changed(account)
            case TextReady():
                self.desk.reader.on_ready(event)
            case TextFailed():
                self.desk.reader.on_failed(event)
            case PictureReady():
                self.desk.reader.gallery.on_ready(event)
            case Found():
                self.desk.lens.on_found(event)
            case Counted():
                self.folders.reload()
            case Indexed():
                # Of searches that are kept as folders.
                self._count_soon()
            case ThreadsChanged():
                if self.desk.lens.shape.threads:
                    self.desk.lens.changed()
            case Progress():
                self.desk.reader.on_progress(event)
            case _:
                pass

    def _count_soon(self) -> None:
        """Have virtual folders counted, when there has been quiet for a moment."""
        if self._counting is None:
            self._counting = self.set_timer(COUNT_S, self._count)

    def _count(self) -> None:
        self._counting = None
        self._service.seeker.count()

    def _account_changed(self, account: str) -> None:
        view = self._service.account(account)
        self.standing.note(view)
        self.list.note_state()
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
        self._rest = self.set_timer(REST_S, self._rested)
        # A key that moves the cursor has told it already.
        if self._told != (self.list.place, self.list.listing, self.list.readable):
            self._tell_bars()

    def _rested(self) -> None:
        """The cursor stays here: so this is what is looked at."""
        self.desk.follow_cursor()
        self.list.want_first_lines()

    def on_header_list_opened(self) -> None:
        """Read it."""
        self.place = "list"
        self.list.focus()
        self.desk.open()

    def on_folder_tree_selected(self, event: FolderTree.Selected) -> None:
        """Show the folder."""
        self.desk.go(event.mailbox)

    def on_folder_tree_dropped(self, event: FolderTree.Dropped) -> None:
        """Move there what the mouse holds."""
        held, self.list.dragged = self.list.dragged, ()
        if held:
            from tuimail.ui import filing

            filing.move_to(self.desk, held, event.mailbox)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click may have moved the focus."""
        places = {"tree": "folders", "list": "list", "view": "message"}
        place = places.get(event.widget.id or "")
        if place is not None and place != self.place:
            self.show_pane(place)

    def _tick(self) -> None:
        """Ages and times go on."""
        self.list.refresh()
        self.refresh_bars()

    def refresh_bars(self) -> None:
        """What the lines above and below say may have changed."""
        self.standing.forget()
        self._tell_bars()

    def _tell_bars(self) -> None:
        """The same after a key alone: how the accounts stand comes with the news."""
        self._told = self.list.place, self.list.listing, self.list.readable
        for bar in self._bars:
            bar.renew()
        listing = self.list.listing
        if listing is not None:
            self.tuimail.entitle(listing.mailbox.name, listing.mailbox.unread)
