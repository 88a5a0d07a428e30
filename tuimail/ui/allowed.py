"""What rights, and the kind of an account, make impossible, command by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.config import ImapAccount, MaildirAccount, Pop3Account
from tuimail.mail.rights import Act, forbidden
from tuimail.mail.types import Mailbox, MailboxId, MessageId

if TYPE_CHECKING:
    from tuimail.ui.commands.registry import Command
    from tuimail.ui.desk import Desk

ACTS = {
    "message.delete": Act.DELETE,
    "message.remove": Act.DELETE,
    "message.archive": Act.DELETE,
    "message.move": Act.DELETE,
    "message.file": Act.DELETE,
    "message.junk": Act.DELETE,
    "message.toggle-read": Act.SEEN,
    "message.flag": Act.FLAG,
    "thread.archive": Act.DELETE,
    "thread.delete": Act.DELETE,
    "thread.move": Act.DELETE,
    "thread.toggle-read": Act.SEEN,
    "thread.flag": Act.FLAG,
    "mailbox.read-all": Act.SEEN,
    "mailbox.empty": Act.DELETE,
    "mailbox.create": Act.CREATE,
    "mailbox.rename": Act.REMOVE,
    "mailbox.move": Act.REMOVE,
    "mailbox.delete": Act.REMOVE,
    "mailbox.share": Act.GRANT,
}
"""What each command does to the folder that is shown, or to the one it is about."""
_HERE = "all of it is here already"
_SHOWN = "folders that lie here are always shown"
FILES = {
    "mailbox.share": "files are shared by their own rights",
    "mailbox.subscribe": _SHOWN,
    "mailbox.pin": _HERE,
    "mailbox.download": _HERE,
    "mailbox.prepare": _HERE,
}
"""What makes no sense where the mail lies here in a Maildir, and why."""
MAILDROP = {
    "mailbox.share": "a maildrop (POP3) has one inbox and shares nothing",
    "mailbox.subscribe": _SHOWN,
    "mailbox.pin": 'of a maildrop g D fetches, and fetch = "all" does so always',
}
"""The same for POP3."""
_NO_DROP = "only what waits in a maildrop (POP3) can be left there"
SERVER = {"message.leave": _NO_DROP}
"""The same for IMAP; for a Maildir as well."""
DROPS = {
    "mailbox.show-left": "there is no POP3 account",
    "mailbox.allow-removal": "there is no POP3 account",
}
"""What is for all maildrops together."""


def reason(desk: Desk, each: Command) -> str:
    """Why a command is not allowed here, without a full stop; `''` when it is."""
    act = ACTS.get(each.id)
    box = meant(desk) if each.id.startswith("mailbox.") else shown(desk)
    if why := _senseless(desk, each.id, box):
        return why
    if act is None:
        return ""
    if box is not None and act is Act.CREATE:
        # It is made beside the one that is meant.
        box = parent(desk, box)
    return forbidden(box.rights, act) if box is not None else ""


def _senseless(desk: Desk, command: str, box: Mailbox | None) -> str:
    """Why a command makes no sense for an account of this kind; `''` when it does."""
    accounts = desk.service.config.accounts
    if command in DROPS and not any(isinstance(a, Pop3Account) for a in accounts):
        return DROPS[command]
    if box is None:
        return ""
    match next((a for a in accounts if a.name == box.account), None):
        case MaildirAccount():
            return FILES.get(command) or SERVER.get(command, "")
        case Pop3Account():
            return MAILDROP.get(command, "")
        case ImapAccount():
            return SERVER.get(command, "")
    return ""


def on_server(desk: Desk, box: Mailbox) -> bool:
    """Whether a folder is one of a server (IMAP), and does not lie here."""
    accounts = desk.service.config.accounts
    return any(isinstance(a, ImapAccount) for a in accounts if a.name == box.account)


def permitted(
    desk: Desk, command: str, messages: tuple[MessageId, ...]
) -> tuple[tuple[MessageId, ...], str]:
    """Those of the messages that a command may act on, and why not on the others.

    They may lie in several folders; in words without a full stop, `''` for no reason.
    """
    act = ACTS.get(command)
    if act is None or not _mixed(desk):
        return messages, ""
    lying = desk.service.store.messages.shown_in(messages)
    why: dict[MailboxId, str] = {}
    for box in map(desk.service.mailbox, set(lying.values())):
        if box is not None and (reason := forbidden(box.rights, act)):
            why[box.id] = f"in {box.name} {reason}"
    kept = tuple(each for each in messages if lying.get(each) not in why)
    return kept, next(iter(why.values()), "")


def _mixed(desk: Desk) -> bool:
    """Whether what is meant may lie in several folders."""
    listing = desk.list.listing
    return listing is not None and listing.mailbox.id <= 0


def shown(desk: Desk) -> Mailbox | None:
    """The folder whose list is on the screen; of a virtual one that of the row.

    None where several are meant: which of them may be acted on is seen then.
    """
    box = desk.list.listing.mailbox if desk.list.listing else None
    if box is None or box.id > 0:
        return box
    if desk.list.marks:
        return None
    here = desk.list.current
    return desk.service.mailbox(here.mailbox) if here and here.mailbox else None


def meant(desk: Desk) -> Mailbox | None:
    """The folder under the cursor of the folder pane, else the one that is shown."""
    if desk.pane is desk.tree:
        box = desk.tree.current.mailbox if desk.tree.current else None
    else:
        box = desk.list.listing.mailbox if desk.list.listing else None
    # What lies nowhere is not made, renamed or shared.
    return box if box is not None and box.id > 0 else None


def parent(desk: Desk, box: Mailbox) -> Mailbox | None:
    """The folder that one lies in; None on the first level."""
    above = box.name[: -len(box.label) - 1] if box.depth else ""
    return by_name(desk, box.account, above) if above else None


def by_name(desk: Desk, account: str, name: str) -> Mailbox | None:
    """A folder of an account by its whole name."""
    boxes = desk.service.mailboxes(account)
    return next((b for b in boxes if b.name == name and not b.gone), None)
