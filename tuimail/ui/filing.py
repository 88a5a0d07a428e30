"""Put messages somewhere: trash, archive, junk, another folder, or away for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tuimail.errors import AccountError, StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Flag, Mailbox, MailboxId, MessageId, Role, SafeText
from tuimail.ui.screens.dialogs import Confirm, Question
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

GRACE = "in 10 seconds, u takes it back until then"


def delete(desk: Desk) -> None:
    """Move to the trash; what lies there already is removed for good, if confirmed."""
    box = _box(desk)
    if box is not None and box.role is Role.TRASH:
        remove(desk)
    else:
        _act(desk, desk.service.gestures.delete, "deleted")


def archive(desk: Desk) -> None:
    """Move to the archive."""
    _act(desk, desk.service.gestures.archive, "archived")


def junk(desk: Desk) -> None:
    """Mark as junk and file so; in the junk folder the opposite."""
    box = _box(desk)
    headers = [desk.service.header(number) for number in desk.targets()]
    marked = all(header and header.flags & Flag.JUNK for header in headers)
    no_junk = marked or (box is not None and box.role is Role.JUNK)
    words = "marked as no junk" if no_junk else "marked as junk"
    _act(desk, lambda ids: desk.service.gestures.junk(ids, not no_junk), words)


def remove(desk: Desk) -> None:
    """Remove for good, after a question that counts."""
    ids = desk.targets()
    if not ids:
        return
    question = f"Delete {_count(len(ids))} for good? It is done {GRACE}."

    def answered(yes: bool | None) -> None:
        if yes:
            _act(desk, desk.service.gestures.remove, "deleted for good", ids=ids)

    desk.screen.ask(Confirm(question, "delete for good", "keep"), answered)


def move(desk: Desk) -> None:
    """Pick a folder and move there."""
    _pick(desk, "Move to folder", desk.service.gestures.move, "moved", keeps=False)


def copy(desk: Desk) -> None:
    """Pick a folder and copy there."""
    _pick(desk, "Copy to folder", desk.service.gestures.copy, "copied", keeps=True)


def empty(desk: Desk) -> None:
    """Remove everything from the trash or the junk folder."""
    box = _box(desk)
    if box is None or box.role not in (Role.TRASH, Role.JUNK):
        desk.say("Only the trash and the junk folder can be emptied. g t goes there.")
        return
    known = desk.service.listing(box.id).known
    if not known:
        desk.say(f"{box.name} is empty.")
        return
    hidden = max(0, (box.total or 0) - known)
    more = f" {hidden} more are not known here and stay." if hidden else ""
    question = f"Delete {_count(known)} in {box.name} for good?{more} It is done"

    def answered(yes: bool | None) -> None:
        if yes:
            _tried(desk, lambda: desk.service.gestures.empty(box.id))
            desk.say(f"{box.name} will be empty {GRACE}.")

    desk.screen.ask(Confirm(f"{question} {GRACE}.", "empty it", "keep"), answered)


def mark_all_read(desk: Desk) -> None:
    """Mark every message that is known of this folder as read."""
    box = _box(desk)
    if box is None:
        return
    ids = desk.service.unread(box.id)
    if not ids:
        desk.say("All that is known of this folder is read.")
    elif _tried(desk, lambda: desk.service.gestures.set_flags(ids, add=Flag.SEEN)):
        desk.say(f"{_count(len(ids))} marked as read.  u undoes")


# -- folders ------------------------------------------------------------------


def create_folder(desk: Desk) -> None:
    """Ask for a name and make a folder."""
    account = desk.account_name()
    box = _chosen_folder(desk)
    parent = ""
    if box is not None and box.delimiter and box.role is not Role.INBOX:
        parent = box.name[: len(box.name) - len(box.label)]

    def answered(name: str | None) -> None:
        if name and name.strip():
            made = _tried(desk, lambda: desk.service.folders.create(account, name))
            if made:
                desk.say(f"Made the folder {name.strip()}.  u undoes")

    desk.screen.ask(Question("Name of the new folder", parent), answered)


def rename_folder(desk: Desk) -> None:
    """Ask for another name."""
    box = _chosen_folder(desk)
    if box is None or box.role is Role.INBOX:
        desk.say("The inbox keeps its name.")
        return

    def answered(name: str | None) -> None:
        if name and name.strip() and name.strip() != box.name:
            done = _tried(desk, lambda: desk.service.folders.rename(box.id, name))
            if done:
                desk.say(f"{box.name} is now {name.strip()}.  u undoes")

    desk.screen.ask(Question(f"New name of {box.name}", box.name), answered)


def delete_folder(desk: Desk) -> None:
    """Delete a folder after a question that says what is in it."""
    box = _chosen_folder(desk)
    if box is None or box.role is Role.INBOX:
        desk.say("The inbox cannot be deleted.")
        return
    holds = f"with {_count(box.total)} in it" if box.total else "(it is empty)"

    def answered(yes: bool | None) -> None:
        if yes and _tried(desk, lambda: desk.service.folders.delete(box.id)):
            desk.say(f"{box.name} is deleted.  u undoes while it is not sent")
            if desk.list.mailbox == box.id:
                desk.go(desk.service.inbox(box.account))

    question = f"Delete the folder {box.name} {holds}? All of it is gone then."
    desk.screen.ask(Confirm(question, "delete the folder", "keep"), answered)


def subscribe(desk: Desk) -> None:
    """Subscribe to a folder, or no longer."""
    box = _chosen_folder(desk)
    if box is None:
        return
    wanted = not box.subscribed
    if _tried(desk, lambda: desk.service.folders.subscribe(box.id, wanted)):
        done = "Subscribed to" if wanted else "No longer subscribed to"
        desk.say(f"{done} {box.name}.")


# -- inside -------------------------------------------------------------------


def _act(
    desk: Desk,
    gesture: Callable[[Sequence[MessageId]], int],
    words: str,
    *,
    ids: Sequence[MessageId] | None = None,
    keeps: bool = False,
) -> None:
    """Do it to the targets, say so, and go on to the next message."""
    chosen = desk.targets() if ids is None else ids
    if not chosen:
        return
    reading = desk.pane is desk.view and desk.reader.message in chosen
    following = None if keeps else _following(desk, chosen)
    done = [0]

    def carry_out() -> None:
        done[0] = gesture(chosen)

    if not _tried(desk, carry_out):
        return
    desk.list.clear_marks()
    if not done[0]:
        desk.say("Nothing changed.")
        return
    desk.say(f"{_count(done[0])} {words}.  u undoes")
    if keeps:
        return
    if following is not None:
        desk.list.go_to(following)
    if reading and following is not None:
        desk.read(following)
    elif reading:
        desk.reader.show(None, reading=False)
        desk.to_list()


def _following(desk: Desk, gone: Sequence[MessageId]) -> MessageId | None:
    """The nearest message below, else above, that is not among those that go."""
    here = desk.list.current
    if here is None or desk.list.mailbox is None:
        return None
    going = set(gone)
    if here.id not in going:
        return here.id
    for forward in (True, False):
        near: MessageId | None = None
        at = here
        for _ in range(len(going) + 1):
            found = desk.service.neighbour(desk.list.mailbox, at.key, forward)
            if found is None:
                break
            if found.id not in going:
                near = found.id
                break
            at = found
        if near is not None:
            return near
    return None


def _pick(
    desk: Desk,
    title: str,
    gesture: Callable[[Sequence[MessageId], MailboxId], int],
    words: str,
    *,
    keeps: bool,
) -> None:
    """Let the user pick a folder, or name a new one, and act."""
    ids = desk.targets()
    box = _box(desk)
    if not ids or box is None:
        return
    items = [
        Item(each.name, each.id, SafeText(f"{each.total}" if each.total else ""))
        for each in desk.service.mailboxes(box.account)
        if each.selectable and not each.gone and (each.id != box.id or keeps)
    ]
    items.append(Item(SafeText("(a new folder …)"), MailboxId(0)))

    def chosen(target: MailboxId | None) -> None:
        if target is None:
            return
        if target == 0:
            _into_new(desk, box.account, lambda made: act(made))
        else:
            act(target)

    def act(target: MailboxId) -> None:
        there = desk.service.mailbox(target)
        name = there.name if there else ""
        said = f"{words} to {name}"
        _act(desk, lambda some: gesture(some, target), said, ids=ids, keeps=keeps)

    desk.screen.ask(Picker(f"{title} ({_count(len(ids))})", items), chosen)


def _into_new(desk: Desk, account: str, then: Callable[[MailboxId], None]) -> None:
    def answered(name: str | None) -> None:
        made: list[MailboxId] = []

        def make() -> None:
            made.append(desk.service.folders.create(account, name or ""))

        if name and _tried(desk, make):
            then(made[0])

    desk.screen.ask(Question("Name of the new folder"), answered)


def _box(desk: Desk) -> Mailbox | None:
    """The folder whose messages are shown."""
    return desk.list.listing.mailbox if desk.list.listing is not None else None


def _chosen_folder(desk: Desk) -> Mailbox | None:
    """The folder under the cursor of the folder pane, else the one that is shown."""
    if desk.pane is desk.tree:
        at = desk.tree.current
        return at.mailbox if at is not None else None
    return _box(desk)


def _tried(desk: Desk, work: Callable[[], object]) -> bool:
    """Do it; False when it could not be written down or named, and was said so."""
    try:
        work()
    except (StoreError, AccountError) as error:
        desk.say(str(safe_text(str(error), 300)), trouble=True)
        return False
    return True


def _count(count: int | None) -> str:
    return "1 message" if count == 1 else f"{count or 0:,} messages"
