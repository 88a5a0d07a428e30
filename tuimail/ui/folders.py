"""Folders made, renamed, deleted, subscribed to, emptied, and read as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.errors import AccountError, StoreError
from tuimail.mail.rights import Act, allows, forbidden
from tuimail.mail.types import Flag, Mailbox, MailboxId, Role, SafeText
from tuimail.ui.allowed import by_name
from tuimail.ui.allowed import meant as _meant
from tuimail.ui.filing import counted
from tuimail.ui.screens.dialogs import Confirm, Question
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

NO_FOLDER = "Go to a folder first: c finds one."


def create(desk: Desk) -> None:
    """Ask for a name and make a folder; the place of the current one is given."""
    branch, box = desk.tree.current, _meant(desk)
    in_tree = desk.pane is desk.tree and branch is not None
    account = branch.account if in_tree and branch else desk.account_name()
    parent = box.name[: len(box.name) - len(box.label)] if box else ""

    def answered(name: str | None) -> None:
        if not name or not name.strip():
            return
        if words := _no_place(desk, account, name.strip(), box):
            desk.say(words, trouble=True)
            return
        made: list[MailboxId] = []
        create = desk.service.folders.create
        if _tried(desk, lambda: made.append(create(account, name))):
            desk.did(f"Made the folder {name.strip()}.")
            if desk.pane is desk.tree:
                desk.tree.reload()
                desk.tree.point_at(made[0])

    desk.screen.ask(Question("Name of the new folder", parent, goes_on=True), answered)


def rename(desk: Desk) -> None:
    """Ask for another name."""
    box = _meant(desk)
    if box is None or box.role is Role.INBOX:
        desk.say("The inbox keeps its name." if box else NO_FOLDER)
        return

    def answered(name: str | None) -> None:
        if name and name.strip() and name.strip() != box.name:
            done = _tried(desk, lambda: desk.service.folders.rename(box.id, name))
            if done:
                desk.did(f"{box.name} is now {name.strip()}.")

    question = f"New name of {box.name}"
    desk.screen.ask(Question(question, box.name, goes_on=True), answered)


def move(desk: Desk) -> None:
    """Pick the folder to move one into; those below it go with it."""
    box = _meant(desk)
    if box is None or box.role is Role.INBOX or not box.delimiter:
        desk.say("This folder keeps its place." if box else NO_FOLDER)
        return
    above, inside = box.name[: -len(box.label)], box.name + box.delimiter
    boxes = [
        each
        for each in desk.service.mailboxes(box.account)
        if not each.gone and not each.name.startswith(inside) and each.id != box.id
    ]
    items = [Item(SafeText("(top level)"), "", enabled=bool(above))]
    items += [
        Item(each.name, name, SafeText(""), name != above and _may_hold(each))
        for each in boxes
        for name in (each.name + box.delimiter,)
    ]

    def to(place: str | None) -> None:
        if place is not None:
            name = place + box.label
            if _tried(desk, lambda: desk.service.folders.rename(box.id, name)):
                desk.did(f"{box.name} is now {name}.")

    desk.screen.ask(Picker(f"Move the folder {box.name} into", items), to)


def hide(desk: Desk) -> None:
    """Leave a folder out of the tree, or no longer."""
    box = _meant(desk)
    if box is None or box.role is Role.INBOX:
        desk.say("The inbox is always shown." if box else NO_FOLDER)
    elif _tried(desk, lambda: desk.service.hide(box.id, not box.hidden)):
        shown = f"{box.name} is shown again."
        keys = desk.app.keymap.shown("mailbox.hidden")
        gone = f"{box.name} is hidden.  {keys} shows hidden folders"
        desk.say(shown if box.hidden else gone)


def show_hidden(desk: Desk) -> None:
    """Show the hidden folders in the tree, or no longer."""
    desk.tree.toggle_hidden()
    shown = desk.tree.with_hidden
    desk.say("Hidden folders are shown." if shown else "Hidden folders are left out.")
    if shown:
        desk.to_folders()


def _may_hold(box: Mailbox) -> bool:
    return not box.unmade and allows(box.rights, Act.CREATE)


def _no_place(desk: Desk, account: str, name: str, beside: Mailbox | None) -> str:
    """Why no folder of this name can be made; `''` when nothing is known against it."""
    delimiter = beside.delimiter if beside else ""
    above, parent = name, None
    while parent is None and delimiter in above and delimiter:
        # What is missing on the way is made as well, in the nearest that is there.
        above = above.rpartition(delimiter)[0]
        parent = by_name(desk, account, above)
    if parent is None or allows(parent.rights, Act.CREATE):
        return ""
    return f"{parent.name}: {forbidden(parent.rights, Act.CREATE)}."


def delete(desk: Desk) -> None:
    """Delete a folder and those below it, after a question that says what is lost."""
    box = _meant(desk)
    if box is None or box.role is Role.INBOX:
        desk.say("The inbox cannot be deleted." if box else NO_FOLDER)
        return
    boxes = [each for each in (*_below(desk, box), box) if each.selectable]

    def delete_all() -> None:
        for each in boxes:
            desk.service.folders.delete(each.id)

    def answered(yes: bool | None) -> None:
        if yes and _tried(desk, delete_all):
            gone = {each.id for each in boxes}
            if desk.list.mailbox in gone:
                desk.go(desk.service.inbox(box.account))
            more = len(boxes) - 1
            also = f" and {more} below it" if more else ""
            undo = "u undoes while it is not sent" + ", one by one" * bool(more)
            desk.did(f"Deleted the folder {box.name}{also}.", undo)

    desk.screen.ask(Confirm(_loss(box, boxes), "delete", "keep"), answered)


def subscribe(desk: Desk) -> None:
    """Subscribe to a folder, or no longer."""
    box = _meant(desk)
    if box is None:
        desk.say(NO_FOLDER)
        return
    wanted = not box.subscribed
    if _tried(desk, lambda: desk.service.folders.subscribe(box.id, wanted)):
        done = "Subscribed to" if wanted else "No longer subscribed to"
        desk.did(f"{done} {box.name}.")


def empty(desk: Desk) -> None:
    """Delete for good what is known of the trash or the junk folder."""
    box, gestures = _meant(desk), desk.service.gestures
    if box is None or box.role not in (Role.TRASH, Role.JUNK):
        desk.say("Only the trash and the junk folder can be emptied. g t goes there.")
        return
    known = desk.service.listing(box.id).known
    if not known:
        desk.say(f"{box.name} is empty, as far as it is known here.")
        return
    hidden = max(0, (box.total or 0) - known)
    more = f" {hidden:,} more are not listed here and stay." if hidden else ""

    def answered(yes: bool | None) -> None:
        if yes and _tried(desk, lambda: gestures.empty(box.id)):
            if desk.list.mailbox == box.id:
                desk.list.go_on(None)
            seconds = gestures.grace_s
            desk.did(f"{box.name} is emptied for good in {seconds} seconds.")

    question = f"Delete {counted(known)} in {box.name} for good?{more}"
    yes = f"empty it (u undoes for {gestures.grace_s} seconds)"
    desk.screen.ask(Confirm(question, yes, "keep"), answered)


def read_all(desk: Desk) -> None:
    """Mark every message that is known of a folder as read."""
    box, gestures = _meant(desk), desk.service.gestures
    if box is None:
        desk.say(NO_FOLDER)
        return
    ids = desk.service.unread(box.id)
    hidden = max(0, (box.unread or 0) - len(ids))
    more = f" {hidden:,} more are not listed here: g O, then again." if hidden else ""
    if not ids:
        desk.say(f"All that is known here of {box.name} is read.{more}")
    elif _tried(desk, lambda: gestures.set_flags(ids, add=Flag.SEEN)):
        desk.did(f"{counted(len(ids))} marked as read.{more}")


def _loss(box: Mailbox, boxes: list[Mailbox]) -> str:
    """The question before a folder goes."""
    total = sum(each.total or 0 for each in boxes)
    below = len(boxes) - (box in boxes)
    folders = f" and {below} folder{'s' * (below > 1)} below it" * bool(below)
    holds = f"with {counted(total)} in all" if total else "without any message"
    lost = " None of it can be brought back." * bool(total)
    return f"Delete the folder {box.name}{folders}, {holds}?{lost}"


def _below(desk: Desk, box: Mailbox) -> list[Mailbox]:
    """Folders below one, the deepest first."""
    start = box.name + box.delimiter
    found = [
        each
        for each in desk.service.mailboxes(box.account)
        if box.delimiter and each.name.startswith(start) and not each.gone
    ]
    return sorted(found, key=lambda each: -each.depth)


def _tried(desk: Desk, work: Callable[[], object]) -> bool:
    """Do it; False when it could not be, and that was told."""
    try:
        work()
    except (StoreError, AccountError) as error:
        desk.say(str(error), trouble=True)
        return False
    return True
