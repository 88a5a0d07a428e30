"""What the rights one has in a folder make impossible, command by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.mail.rights import Act, forbidden
from tuimail.mail.types import Mailbox

if TYPE_CHECKING:
    from tuimail.ui.commands.registry import Command
    from tuimail.ui.desk import Desk

ACTS = {
    "message.delete": Act.DELETE,
    "message.remove": Act.DELETE,
    "message.archive": Act.DELETE,
    "message.move": Act.DELETE,
    "message.junk": Act.DELETE,
    "message.toggle-read": Act.SEEN,
    "message.flag": Act.FLAG,
    "mailbox.read-all": Act.SEEN,
    "mailbox.empty": Act.DELETE,
    "mailbox.create": Act.CREATE,
    "mailbox.rename": Act.REMOVE,
    "mailbox.move": Act.REMOVE,
    "mailbox.delete": Act.REMOVE,
    "mailbox.share": Act.GRANT,
}
"""What each command does to the folder that is shown, or to the one it is about."""


def reason(desk: Desk, each: Command) -> str:
    """Why a command is not allowed here, without a full stop; `''` when it is."""
    act = ACTS.get(each.id)
    if act is None:
        return ""
    box = meant(desk) if each.id.startswith("mailbox.") else shown(desk)
    if box is not None and act is Act.CREATE:
        # It is made beside the one that is meant.
        box = parent(desk, box)
    return forbidden(box.rights, act) if box is not None else ""


def shown(desk: Desk) -> Mailbox | None:
    """The folder whose list is on the screen; of a virtual one that of the row."""
    box = desk.list.listing.mailbox if desk.list.listing else None
    if box is None or box.id > 0:
        return box
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
