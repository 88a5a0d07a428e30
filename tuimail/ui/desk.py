"""The main screen as commands see it: panes, what is selected, what can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from tuimail.engine.events import AccountState
from tuimail.engine.views import PLAIN
from tuimail.errors import StoreError
from tuimail.mail.types import Flag, MailboxId, MessageId, Role, SafeText
from tuimail.ui import allowed
from tuimail.ui.commands import registry
from tuimail.ui.lens import Lens
from tuimail.ui.reader import Reader
from tuimail.ui.widgets.folder_tree import FolderTree
from tuimail.ui.widgets.header_list import HeaderList
from tuimail.ui.widgets.message_view import MessageView

if TYPE_CHECKING:
    from datetime import datetime

    from tuimail.engine.events import Weighed
    from tuimail.engine.service import MailService
    from tuimail.ui.app import TuimailApp
    from tuimail.ui.screens.main import MainScreen


def _attached() -> ModuleType:
    from tuimail.ui import attached

    return attached


def _finding() -> ModuleType:
    from tuimail.ui import finding

    return finding


def _choosing() -> ModuleType:
    """With its dialogs; `TuimailApp` loads them when the first frame is out."""
    from tuimail.ui import choosing

    return choosing


class Desk:
    """What a command may use."""

    def __init__(self, screen: MainScreen, service: MailService) -> None:
        self.screen = screen
        self.service = service
        self.tree: FolderTree = screen.folders
        self.list: HeaderList = screen.list
        self.view: MessageView = screen.view
        self.reader = Reader(screen.view, service)
        self.lens = Lens(self)
        self.searched: list[str] = []
        """Queries that were typed, the newest last."""
        self.last: tuple[str, int] | None = None
        """The last command that acted on messages, with its count."""
        self.answer: MailboxId | datetime | None = None
        """What it was told when it asked: the folder, the time."""
        self.repeating = False
        """Whether it is run once more, so that it need not ask."""
        self.count = 0
        """The number typed before the command that is run."""
        self.words = ""
        """What stood behind its name on the `:` line."""
        self._chosen: tuple[MessageId, ...] = ()
        self._doing = ""
        """The command that is run."""
        self._left = ""
        """What of its messages was left alone, and why; ends what is said of it."""
        self.filed: dict[str, MailboxId] = {}
        """By account, the folder that messages were last moved or copied to."""
        self.weighed: dict[str, Weighed] = {}
        """By account, what takes its room, as counted last."""
        self.shared: dict[MailboxId, tuple[tuple[str, str], ...]] = {}
        """Who may do what in the folder of which that is shown just now."""
        self.piped: list[str] = []
        """Commands that parts were given to, the newest last."""
        self.hosts: set[str] = set()
        """Hosts that the user has let links lead to, in this run."""

    @property
    def app(self) -> TuimailApp:
        """The running app."""
        return self.screen.tuimail

    @property
    def pane(self) -> HeaderList | FolderTree | MessageView:
        """The pane that keys go to."""
        panes: dict[str, FolderTree | MessageView] = {
            "folders": self.tree,
            "message": self.view,
        }
        return panes.get(self.screen.place, self.list)

    @property
    def target(self) -> MessageId | None:
        """The one message that is shown or under the cursor."""
        if self.pane is self.view and self.reader.message is not None:
            return self.reader.message
        return self.list.current.id if self.list.current else None

    def run(self, command: str | None, count: int = 0) -> None:
        """Run a command by its id, or say why that cannot be; None is no command."""
        if command is None:
            return
        each = registry.REGISTRY[command]
        reason = _choosing().unavailable(self, each)
        if reason:
            self.say(f"{each.title}: {reason}.")
            return
        self.app.remember(command)
        if each.repeats and not self.repeating:
            self.last, self.answer = (command, count), None
        self.count, self._doing, self._left = count, command, ""
        each.run(self, count)
        self.count, self._doing = 0, ""

    def repeat(self) -> None:
        """Do once more what was done last, to what is chosen now."""
        if self.last is None:
            self.say("Nothing was done yet that could be done again.")
        else:
            self.repeating = True
            try:
                self.run(*self.last)
            finally:
                self.repeating = False

    # -- where ----------------------------------------------------------------

    def go(self, mailbox: MailboxId) -> None:
        """Show a folder."""
        self.reader.show(None, reading=False)
        self.lens.forget()
        shape = self.service.shape(mailbox) if mailbox > 0 else PLAIN
        self.list.show(self.service.rows(mailbox, shape if shape.plain else PLAIN))
        self.tree.point_at(mailbox)
        if mailbox > 0:
            self.service.open_mailbox(mailbox)
        if mailbox < 0 or not shape.plain:
            self.lens.seek(mailbox, shape, keep=False)
        self.to_list()

    def account_name(self) -> str:
        """The account that the shown folder belongs to."""
        listing, here = self.list.listing, self.list.current
        name = listing.mailbox.account if listing else ""
        if not name and here is not None and here.mailbox:
            # A virtual folder is of no account; its messages are.
            box = self.service.mailbox(here.mailbox)
            name = box.account if box is not None else ""
        accounts = self.service.accounts()
        return name or (accounts[0].name if listing and accounts else "")

    def go_role(self, role: Role) -> None:
        """Show this account's folder of a role."""
        for box in self.service.mailboxes(self.account_name()):
            if box.role is role and not box.gone:
                self.go(box.id)
                return
        self.say(f"This account has no folder for {role.value}.")

    def go_virtual(self, name: str) -> None:
        """Show a folder that lies nowhere, by its name."""
        for box in self.service.seeker.virtual():
            if box.name == name:
                self.go(box.id)
                return
        self.say("There is one account only; g i goes to its inbox.")

    def step_folder(self, by: int) -> None:
        """Show the folder below or above this one."""
        boxes = [
            b.id
            for b in self.service.mailboxes(self.account_name())
            if b.selectable and (not b.hidden or b.id == self.list.mailbox)
        ]
        if self.list.mailbox in boxes:
            at = boxes.index(self.list.mailbox) + by
            if 0 <= at < len(boxes):
                self.go(boxes[at])

    def to_folders(self) -> None:
        """Give the folder pane the keys, the cursor on the folder that is shown."""
        self.tree.reload()
        if self.pane is not self.tree and self.list.mailbox is not None:
            self.tree.point_at(self.list.mailbox)
        self.screen.show_pane("folders")

    def to_list(self) -> None:
        """Give the list the keys."""
        self.screen.show_pane("list")

    def next_pane(self) -> None:
        """Go round the panes."""
        order = {"folders": "list", "list": "message", "message": "folders"}
        there = order[self.screen.place]
        {"folders": self.to_folders, "list": self.to_list, "message": self.open}[
            there
        ]()

    def toggle_panes(self) -> None:
        """One pane, or as many as fit."""
        self.screen.toggle_panes()
        if self.screen.columns == 1 and not self.screen.roomy:
            self.say("There is room for one pane only; 100 columns show two.")

    def back(self) -> None:
        """One step out; at the list, `q` ends the program. Esc first cancels."""
        if self.screen.last_key == "escape" and self.reader.cancel():
            return
        if self.pane is self.list:
            self._back_from_list()
            return
        if self.reader.pane.choose_none():
            return
        if self.screen.columns == 1:
            self.reader.show(None, reading=False)
        self.to_list()
        self.follow_cursor()

    def _back_from_list(self) -> None:
        if self.list.clear_marks() or self.app.cancel_expected() or self.lens.leave():
            return
        if self.screen.last_key != "q":
            return
        pending = sum(view.pending for view in self.service.accounts())
        if not pending:
            self.leave()
            return
        changes = "1 change is" if pending == 1 else f"{pending} changes are"
        question = f"{changes} not on the server yet; kept here and sent the next time."

        def answered(yes: bool | None) -> None:
            if yes:
                self.leave()

        from tuimail.ui.screens.dialogs import Confirm

        self.screen.ask(Confirm(question, "leave", "stay"), answered)

    def leave(self) -> None:
        """End the program."""
        self.app.exit(0)

    # -- reading --------------------------------------------------------------

    def open(self) -> None:
        """Read the message under the cursor, or open the folder."""
        if self.pane is self.tree:
            self.tree.choose()
            return
        header = self.list.current
        if header is None:
            return
        again = self.pane is self.view and self.reader.message == header.id
        self.read(header.id)
        if not again:
            self._prefetch()

    def read(self, message: MessageId) -> None:
        """Show a message and give it the keys."""
        known = self.reader.message == message
        self.screen.show_pane("message")
        self.reader.show(message, reading=True)
        if known and self.reader.text is None and not self.reader.waiting:
            # It could not be had before: Enter tries again.
            self.reader.want()

    def show_as(self, how: str) -> None:
        """Show the message another way: its source, all headers, its other text."""
        view = self.service.message(self.target) if self.target is not None else None
        if view is None:
            return
        both = view.has_html and view.has_plain
        if how == "html" and view.structure_known and not both:
            only = "HTML" if view.has_html else "plain text"
            self.say(f"This message has {only} only.")
            return
        self.read(view.header.id)
        self.reader.toggle(how)

    def load_older(self) -> None:
        """Fetch the next older headers that are not here."""
        if self.lens.shape.query or (self.list.mailbox or 0) < 0:
            self.say("This list is what was found. Esc goes back to the folder.")
            return
        mailbox = self.list.mailbox
        # Of conversations, and of another order, the list does not know it.
        gaps = self.service.listing(mailbox).gaps if mailbox is not None else ()
        if mailbox is None or not gaps:
            self.say("All messages of this folder are here.")
            return
        self.app.expect(self.service.want_gap(mailbox, gaps[0]))
        self.say("Fetching older messages …")

    def step(self, by: int) -> None:
        """Read the message below or above."""
        if self.list.move(by):
            self.follow()
        elif by > 0 and self.list.gap_below:
            self.say("The older messages are not here yet.")
        else:
            self.say("There is no further message in this folder.")

    def go_unread(self, forward: bool) -> None:
        """Go to the next unread message; open it when one is open."""
        here = self.list.current
        if here is None or self.list.mailbox is None:
            return
        found = self.list.next_unread(forward)
        if found is None:
            where = "below" if forward else "above"
            self.say(f"No unread message {where}. Home goes to the newest.")
        elif self.list.go_to(found.id):
            self.follow()

    def read_on(self) -> None:
        """A screen on; at the end of a message the next unread one."""
        if not self.pane.page(1) and self.pane is self.view:
            self.go_unread(True)

    def follow_cursor(self) -> None:
        """The cursor rests on another message: preview it where there is a pane."""
        header = self.list.current
        if self.screen.columns > 1 or self.pane is self.view:
            reading = self.pane is self.view
            self.reader.show(header.id if header else None, reading=reading)

    def find_next(self, forward: bool) -> None:
        """The next line with what was looked for."""
        if not self.view.find_next(forward):
            self.say("No further hit. / looks for something else.")

    def toggle_fold(self) -> None:
        """Show long quotes whole, or only their beginning."""
        if self.view.foldable:
            self.view.fold(not self.view.folded)
        else:
            self.say("This text has no long quotes.")

    def choose_lines(self) -> None:
        """Begin to choose lines of the message, or end it."""
        if not self.view.choose_none() and not self.view.choose():
            self.say("There is no text to choose from.")

    def read_heir(self) -> None:
        """What was read is gone from here: on to where the cursor is now."""
        if self.list.current is None:
            self.reader.show(None, reading=False)
            self.to_list()
        else:
            self.follow()

    def follow(self) -> None:
        """Show the message under the cursor, where one is read."""
        header = self.list.current
        if self.pane is self.view and header is not None:
            self.reader.show(header.id, reading=True)
            self._prefetch()

    def _prefetch(self) -> None:
        """The message that will probably be read next."""
        here = self.list.current
        if here is None or self.list.mailbox is None:
            return
        found = self.list.next_unread() or self.list.neighbour()
        if found is not None:
            self.service.prefetch(found.id)

    # -- doing ----------------------------------------------------------------

    def targets(self) -> tuple[MessageId, ...]:
        """What an action is for.

        A conversation of which one message is shown is meant as a whole; a count means
        so many messages from the cursor on. Those in folders where it may not be done
        are left out.
        """
        meant = self._meant()
        kept, why = allowed.permitted(self, self._doing, meant)
        if why and not kept:
            self.say(f"{registry.REGISTRY[self._doing].title}: {why}.")
        elif why:
            self._left = f" {len(meant) - len(kept)} left: {why}."
        return tuple(kept)

    def _meant(self) -> tuple[MessageId, ...]:
        if self._chosen:
            return self._chosen
        if self.pane is self.view and self.reader.message is not None:
            return (self.reader.message,)
        return self.list.chosen(self.count)

    def with_targets(self, messages: Sequence[MessageId], command: str) -> None:
        """Run a command on these messages."""
        if reason := _choosing().unavailable(self, registry.REGISTRY[command]):
            self.say(f"{registry.REGISTRY[command].title}: {reason}.")
            return
        self._chosen, self._doing, self._left = tuple(messages), command, ""
        try:
            registry.REGISTRY[command].run(self, 0)
        finally:
            self._chosen, self._doing = (), ""

    def toggle_flag(self, flag: Flag, on: str, off: str) -> None:
        """Set a flag on all targets, or clear it when all have it."""
        ids = self.targets()
        headers = [h for h in map(self.service.header, ids) if h is not None]
        if not headers:
            return
        clear = all(header.flags & flag for header in headers)
        try:
            if clear:
                self.service.gestures.set_flags(ids, remove=flag)
            else:
                self.service.gestures.set_flags(ids, add=flag)
        except StoreError as error:
            self.say(str(error), trouble=True)
            return
        if len(headers) > 1 or self._left:
            many = (
                f"{len(headers)} messages are" if len(headers) > 1 else "1 message is"
            )
            self.did(f"{many} {off if clear else on}.")
        if flag is Flag.SEEN and clear:
            self.reader.leave_unread()

    def undo(self) -> None:
        """Take the last gesture back."""
        try:
            words = self.service.gestures.undo()
        except StoreError as error:
            self.say(str(error), trouble=True)
            return
        self.app.say(words or SafeText("There is nothing to undo."), alone=True)

    def sync(self) -> None:
        """Ask the server now."""
        for account in self.service.accounts():
            self.service.reconnect(account.name)
        self.say("Asking the server …")

    def toggle_offline(self) -> None:
        """Work without the server, or stop doing so."""
        views = self.service.accounts()
        online = any(view.state is not AccountState.OFFLINE for view in views)
        for view in views:
            self.service.pause(view.name, online)
        self.say("Offline: nothing is sent or fetched." if online else "Going online …")

    def say(self, words: str, *, trouble: bool = False) -> None:
        """A short message that goes by itself and takes no keys."""
        self.app.say(words, trouble=trouble)

    def did(self, words: str, undo: str = "u undoes") -> None:
        """What a gesture did, in the place of what the one before did."""
        self.app.say(f"{words}{self._left}  {undo}", alone=True)
        self._left = ""

    def redraw(self) -> None:
        """Draw everything again."""
        self.app.repaint()

    # -- asking ---------------------------------------------------------------

    def choose_folder(self) -> None:
        """Go to a folder by any letters of its name."""
        _choosing().folder(self)

    def choose_theme(self) -> None:
        """Try and choose a theme."""
        _choosing().theme(self)

    def show_parts(self) -> None:
        """List the parts."""
        _attached().parts(self)

    def show_links(self, number: int = 0) -> None:
        """List the links, or open the one of a number."""
        _attached().links(self, number)

    def save_one(self) -> None:
        """Save one attachment."""
        _attached().save_one(self)

    def save_all(self) -> None:
        """Save all attachments."""
        _attached().save_all(self)

    def show_help(self) -> None:
        """List the commands."""
        _choosing().help_(self)

    def show_palette(self) -> None:
        """Find a command or a folder."""
        _choosing().palette(self)

    def show_accounts(self) -> None:
        """How the accounts stand."""
        _choosing().accounts(self)

    def show_log(self) -> None:
        """What happened lately."""
        _choosing().log(self)

    def ask_command(self, count: int = 0) -> None:
        """The `:` line, with the number typed before it."""
        _choosing().command_line(self, count)

    def ask_find(self) -> None:
        """What to look for in the message."""
        _choosing().find(self)

    def narrow(self, query: str) -> bool:
        """Show only what a query finds of the folder; False when it is no query."""
        self.to_list()
        return self.lens.narrow(query)

    def ask_search(self) -> None:
        """Search everywhere."""
        _finding().search(self)

    def ask_limit(self) -> None:
        """Narrow the list."""
        _finding().limit(self)

    def ask_date(self) -> None:
        """Which day to go to."""
        _choosing().date_(self)
