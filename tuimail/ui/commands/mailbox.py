"""What one does with folders and accounts."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from tuimail.mail.types import Role
from tuimail.ui.commands.registry import Where, command

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


def _keeping() -> ModuleType:
    """Late: the first frame does not need it."""
    from tuimail.ui import keeping

    return keeping


@command("mailbox.go", "Go to folder", "c", hint="folder", rank=15)
def go(desk: Desk, count: int) -> None:
    """Go to a folder: type any letters of its name."""
    desk.choose_folder()


@command("mailbox.inbox", "Inbox", "g i")
def inbox(desk: Desk, count: int) -> None:
    """Go to the inbox of this account."""
    desk.go_role(Role.INBOX)


@command("mailbox.drafts", "Drafts", "g d")
def drafts(desk: Desk, count: int) -> None:
    """Go to the drafts."""
    desk.go_role(Role.DRAFTS)


@command("mailbox.sent", "Sent", "g s")
def sent(desk: Desk, count: int) -> None:
    """Go to the sent mail."""
    desk.go_role(Role.SENT)


@command("mailbox.archive", "Archive", "g a")
def archive(desk: Desk, count: int) -> None:
    """Go to the archive."""
    desk.go_role(Role.ARCHIVE)


@command("mailbox.junk", "Junk", "g j")
def junk(desk: Desk, count: int) -> None:
    """Go to the junk folder."""
    desk.go_role(Role.JUNK)


@command("mailbox.trash", "Trash", "g t")
def trash(desk: Desk, count: int) -> None:
    """Go to the trash."""
    desk.go_role(Role.TRASH)


@command("mailbox.next", "Next folder", "J", "]", where=Where.LIST | Where.FOLDERS)
def next_(desk: Desk, count: int) -> None:
    """The folder below this one."""
    desk.step_folder(1)


@command(
    "mailbox.previous", "Previous folder", "K", "[", where=Where.LIST | Where.FOLDERS
)
def previous(desk: Desk, count: int) -> None:
    """The folder above this one."""
    desk.step_folder(-1)


@command("mailbox.date", "Go to date", "g /", where=Where.MAIL)
def date(desk: Desk, count: int) -> None:
    """Go to the messages of a day, however far back; fetched when not here."""
    desk.ask_date()


@command("mailbox.older", "Load older", "g o", where=Where.LIST)
def older(desk: Desk, count: int) -> None:
    """Fetch the next older messages that are not here."""
    desk.load_older()


@command("mailbox.load-all", "Load all headers", "g O", where=Where.LIST)
def load_all(desk: Desk, count: int) -> None:
    """Fetch all headers of this folder, so that marks and senders have all of it."""
    _keeping().load_all(desk)


@command("mailbox.sync", "Sync now", "$", "f5")
def sync(desk: Desk, count: int) -> None:
    """Ask the server for what is new, now."""
    desk.sync()


@command("mailbox.offline", "Online / offline", "ctrl+o")
def offline(desk: Desk, count: int) -> None:
    """Work without the server, or stop doing so."""
    desk.toggle_offline()


@command("mailbox.download", "Download", "g D", where=Where.ALL)
def download(desk: Desk, count: int) -> None:
    """Fetch texts of a folder, of marked messages or of the last days, for later."""
    _keeping().download(desk)


@command("mailbox.pin", "Pin", "g p", where=Where.LIST | Where.FOLDERS)
def pin(desk: Desk, count: int) -> None:
    """Keep the texts of a folder here and up to date, or no longer."""
    _keeping().pin(desk)


@command("mailbox.prepare", "Prepare to leave", "g P")
def prepare(desk: Desk, count: int) -> None:
    """Fetch what one will want to read without a network, the most useful first."""
    _keeping().prepare(desk)


@command("mailbox.fold", "Fold", "z", where=Where.FOLDERS, hint="fold", rank=5)
def fold(desk: Desk, count: int) -> None:
    """Hide or show the folders below this one."""
    desk.tree.fold()


@command(
    "mailbox.subscribed",
    "Subscribed / all",
    "A",
    where=Where.FOLDERS,
    hint="subscribed/all",
    rank=6,
)
def subscribed(desk: Desk, count: int) -> None:
    """Show subscribed folders only, or all."""
    desk.tree.toggle_subscribed()


@command("mailbox.accounts", "Accounts", "g c")
def accounts(desk: Desk, count: int) -> None:
    """How each account stands, why, and what can be done about it."""
    desk.show_accounts()


@command("mailbox.allow-removal", "Allow removal from a maildrop")
def allow_removal(desk: Desk, count: int) -> None:
    """Let a rule remove many messages from a POP3 server; it is asked for once."""
    _keeping().allow_removal(desk)


@command("mailbox.show-left", "Show what was left")
def show_left(desk: Desk, count: int) -> None:
    """Show again the messages that were left on a POP3 server."""
    _keeping().show_left(desk)


@command("mailbox.create", "New folder", "n", keyed=Where.FOLDERS, hint="new", rank=7)
def create_folder(desk: Desk, count: int) -> None:
    """Make a folder; it asks for the name."""
    from tuimail.ui import folders

    folders.create(desk)


@command("mailbox.rename", "Rename folder", "R", keyed=Where.FOLDERS)
def rename_folder(desk: Desk, count: int) -> None:
    """Give the folder another name; those below it follow."""
    from tuimail.ui import folders

    folders.rename(desk)


@command("mailbox.move", "Move folder", "M", keyed=Where.FOLDERS)
def move_folder(desk: Desk, count: int) -> None:
    """Move the folder into another one; those below it go with it."""
    from tuimail.ui import folders

    folders.move(desk)


@command("mailbox.hide", "Hide / show folder", "H", keyed=Where.FOLDERS)
def hide_folder(desk: Desk, count: int) -> None:
    """Leave the folder out of the tree and of next folder, or no longer."""
    from tuimail.ui import folders

    folders.hide(desk)


@command("mailbox.hidden", "Show hidden folders", "g H")
def hidden_folders(desk: Desk, count: int) -> None:
    """Show the hidden folders in the tree, or no longer."""
    from tuimail.ui import folders

    folders.show_hidden(desk)


@command("mailbox.info", "Folder info", "i", keyed=Where.FOLDERS)
def info_of_folder(desk: Desk, count: int) -> None:
    """Whose the folder is, what one may do in it, what it holds."""
    from tuimail.ui import sharing

    sharing.info(desk)


@command("mailbox.share", "Sharing", "g W")
def share_folder(desk: Desk, count: int) -> None:
    """Who may do what in the folder; let somebody in, or out."""
    from tuimail.ui import sharing

    sharing.share(desk)


@command("mailbox.delete", "Delete folder", "D", keyed=Where.FOLDERS)
def delete_folder(desk: Desk, count: int) -> None:
    """Delete the folder and those below it, after a question that counts."""
    from tuimail.ui import folders

    folders.delete(desk)


@command("mailbox.subscribe", "Subscribe / unsubscribe", "S", keyed=Where.FOLDERS)
def subscribe(desk: Desk, count: int) -> None:
    """Put the folder on the list of subscribed ones, or take it off."""
    from tuimail.ui import folders

    folders.subscribe(desk)


@command("mailbox.empty", "Empty trash or junk", "g E")
def empty(desk: Desk, count: int) -> None:
    """Delete for good what is known of the trash or junk folder, after a question."""
    from tuimail.ui import folders

    folders.empty(desk)


@command("mailbox.read-all", "Mark all as read", "g r")
def mark_all_read(desk: Desk, count: int) -> None:
    """Mark every message that is known of this folder as read."""
    from tuimail.ui import folders

    folders.read_all(desk)


@command("mailbox.queue", "Queue", "g q")
def queue(desk: Desk, count: int) -> None:
    """What is not on the server yet, and why; try again, hold or discard it."""
    from tuimail.ui import queued

    queued.queue(desk)


@command("mailbox.rules", "Rules")
def rules(desk: Desk, count: int) -> None:
    """What each rule would do with the mail that is here; Enter applies one."""
    from tuimail.ui import ruling

    ruling.show(desk)


@command("mailbox.history", "History", "g h")
def history(desk: Desk, count: int) -> None:
    """What was done lately; each can be taken back."""
    from tuimail.ui import queued

    queued.history(desk)


@command("mailbox.senders", "Senders", "g w")
def senders(desk: Desk, count: int) -> None:
    """Who wrote what is listed here, one line each; decide about all of one at once."""
    from tuimail.ui import senders

    senders.senders(desk)


@command("mailbox.lists", "Mailing lists", "g l")
def lists(desk: Desk, count: int) -> None:
    """Mailing lists it came by, one line each; decide about all of one at once."""
    from tuimail.ui import senders

    senders.lists(desk)


@command("mailbox.statistics", "Statistics", "g S")
def statistics(desk: Desk, count: int) -> None:
    """Mail by day, hour and week, top senders and lists, sizes of folders."""
    from tuimail.ui import statistics

    statistics.statistics(desk)
