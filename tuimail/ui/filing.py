"""Filing messages: to the trash, the archive, another folder, the junk, or for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tuimail.errors import AccountError, StoreError
from tuimail.mail.rights import Act, allows, forbidden
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Flag, Mailbox, MailboxId, MessageId, Role, SafeText
from tuimail.ui import allowed
from tuimail.ui.commands import registry
from tuimail.ui.screens.dialogs import Confirm
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

Gesture = Callable[[Sequence[MessageId]], int]
Target = MailboxId | str
"""A folder, or the name of one to be made."""
THERE_ALREADY = "Nothing to do: it is there already."


def counted(count: int) -> str:
    """`1 message`, `31 messages`."""
    return "1 message" if count == 1 else f"{count:,} messages"


def delete(desk: Desk) -> None:
    """Move to the trash; what lies there is deleted for good."""
    if _role(desk) is Role.TRASH:
        remove(desk)
    else:
        carry_out(desk, desk.targets(), desk.service.gestures.delete, "deleted.")


def archive(desk: Desk) -> None:
    """Move to the archive."""
    carry_out(desk, desk.targets(), desk.service.gestures.archive, "archived.")


def junk(desk: Desk) -> None:
    """Junk, or not junk when all of it lies in the junk folder or is marked so."""
    ids, gestures = desk.targets(), desk.service.gestures
    headers = [h for h in map(desk.service.header, ids) if h is not None]
    marked = bool(headers) and all(h.flags & Flag.JUNK for h in headers)
    as_junk = _role(desk) is not Role.JUNK and not marked
    words = "filed as junk." if as_junk else "not junk, in the inbox again."
    carry_out(desk, ids, lambda some: gestures.junk(some, as_junk), words)


def remove(desk: Desk) -> None:
    """Ask with the number, then delete without the trash."""
    ids, gestures = desk.targets(), desk.service.gestures
    if not ids:
        return
    seconds = gestures.grace_s

    def answered(yes: bool | None) -> None:
        if yes:
            words = f"deleted for good in {seconds} seconds."
            carry_out(desk, ids, gestures.remove, words)

    question = f"Delete {counted(len(ids))} for good, not into the trash?"
    yes = f"delete (u undoes for {seconds} seconds)"
    desk.screen.ask(Confirm(question, yes, "keep"), answered)


def move(desk: Desk) -> None:
    """Pick a folder and move there."""
    ids, gestures = desk.targets(), desk.service.gestures

    def to(target: MailboxId) -> None:
        desk.answer = target
        words = f"moved to {_name(desk, target)}."
        carry_out(desk, ids, lambda some: gestures.move(some, target), words)

    if (target := _again(desk)) is not None:
        to(target)
    elif ids:
        pick(desk, f"Move {counted(len(ids))} to", to, ids)


def file(desk: Desk) -> None:
    """Move each message where mail like it went before; else pick a folder."""
    ids, gestures = desk.targets(), desk.service.gestures
    if not ids:
        return
    habits = desk.service.store.habits.suggest(ids)
    targets = {each: habits[each][0] for each in ids if habits.get(each)}
    if len(targets) < len(ids) or _again(desk) is not None:
        move(desk)
        return
    names = [_name(desk, folder) for folder in dict.fromkeys(targets.values())]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    words = f"moved to {', '.join(names[:3])}{more}."
    carry_out(desk, ids, lambda some: gestures.file(targets), words)


def move_to(desk: Desk, ids: Sequence[MessageId], target: MailboxId) -> None:
    """Move messages to a folder that was pointed at, or say why that cannot be."""
    box, command = desk.service.mailbox(target), "message.move"
    kept, why = allowed.permitted(desk, command, tuple(ids))
    reason = allowed.reason(desk, registry.REGISTRY[command]) or (
        forbidden(box.rights, Act.INSERT) if box is not None else ""
    )
    if reason or (why and not kept):
        desk.say(f"Move: {reason or why}.")
        return
    ids = kept
    words = f"moved to {_name(desk, target)}."
    gesture = desk.service.gestures.move
    carry_out(desk, ids, lambda some: gesture(some, target), words)


def copy(desk: Desk) -> None:
    """Pick a folder and copy there."""
    ids, gestures = desk.targets(), desk.service.gestures

    def to(target: MailboxId) -> None:
        desk.answer = target
        words = f"copied to {_name(desk, target)}."
        carry_out(desk, ids, lambda some: gestures.copy(some, target), words)

    if (target := _again(desk)) is not None:
        to(target)
    elif ids:
        pick(desk, f"Copy {counted(len(ids))} to", to, ids)


def _again(desk: Desk) -> MailboxId | None:
    """The folder that was chosen when what is done once more was done first."""
    answer = desk.answer if desk.repeating else None
    box = desk.service.mailbox(answer) if isinstance(answer, int) else None
    return None if box is None or box.gone else box.id


def pick(
    desk: Desk,
    title: str,
    to: Callable[[MailboxId], None],
    ids: Sequence[MessageId] = (),
) -> None:
    """Pick a folder, of this account first, or type the name of a new one here.

    Where mail like `ids` was filed before stands first.
    """
    account = desk.account_name()
    boxes = [box for box in desk.service.mailboxes(account) if not box.gone]

    def new(typed: str) -> Item[Target] | None:
        name = typed.strip()
        if not name or name.casefold() in {box.name.casefold() for box in boxes}:
            return None
        return Item(safe_text(f"make folder {name}"), name)

    def chosen(value: Target | None) -> None:
        target = _made(desk, account, value) if isinstance(value, str) else value
        if target is not None:
            desk.filed[account] = target
            to(target)

    footer = "type to search, or a new name   Enter takes it   Esc closes"
    found = _items(desk, boxes, desk.filed.get(account)) + _elsewhere(desk, account)
    items = _suggested(found, desk.service.suggest(ids))
    desk.screen.ask(Picker(title, items, footer=footer, extra=new), chosen)


def _suggested(
    items: list[Item[Target]], folders: Sequence[MailboxId]
) -> list[Item[Target]]:
    """Where mail like this went before stands first."""
    by_folder = {item.value: item for item in items}
    first = [by_folder[each] for each in folders if each in by_folder]
    return [
        *(replace(item, detail=SafeText("suggested")) for item in first),
        *(item for item in items if item not in first),
    ]


def _items(
    desk: Desk, boxes: Sequence[Mailbox], last: MailboxId | None
) -> list[Item[Target]]:
    """Folders that can take messages, the one used last first."""
    here = desk.list.mailbox
    fit = [box for box in boxes if box.selectable and box.id != here]
    fit.sort(key=lambda box: box.id != last)
    return [_item(box, box.name, "used last" if box.id == last else "") for box in fit]


def _item(box: Mailbox, label: str, detail: str = "") -> Item[Target]:
    """A folder to choose; one that takes nothing from you is dim and says why."""
    taking = allows(box.rights, Act.INSERT)
    said = detail if taking else "you may not add to it"
    return Item(safe_text(label), box.id, SafeText(said), taking)


def _elsewhere(desk: Desk, account: str) -> list[Item[Target]]:
    """Folders of the other accounts that can take messages."""
    names = [view.name for view in desk.service.accounts() if view.name != account]
    return [
        _item(box, f"{name}: {box.name}")
        for name in names
        for box in desk.service.mailboxes(name)
        if box.selectable and not box.gone
    ]


def _made(desk: Desk, account: str, name: str) -> MailboxId | None:
    try:
        return desk.service.folders.create(account, name)
    except (AccountError, StoreError) as error:
        desk.say(str(error), trouble=True)
        return None


def carry_out(
    desk: Desk, ids: Sequence[MessageId], gesture: Gesture, words: str
) -> None:
    """Do it, say so, and put the cursor on what comes next."""
    if not ids:
        return
    reading = desk.pane is desk.view
    heir = desk.list.heir(set(ids))
    try:
        count = gesture(ids)
    except (AccountError, StoreError) as error:
        desk.say(str(error), trouble=True)
        return
    if not count:
        desk.say(THERE_ALREADY)
        return
    desk.list.go_on(heir, ids)
    read = desk.reader.message
    if reading and read is not None and _has_left(desk, read):
        desk.read_heir()
    desk.did(f"{counted(count)} {words}")


def _has_left(desk: Desk, message: MessageId) -> bool:
    source = desk.list.source
    return source is None or source.row(message) is None


def _role(desk: Desk) -> Role | None:
    """What the folder is for in which the messages lie that are meant."""
    listing = desk.list.listing
    if listing is not None and listing.mailbox.id > 0:
        return listing.mailbox.role
    first = next(iter(desk.targets()), None)
    header = desk.service.header(first) if first is not None else None
    box = desk.service.mailbox(header.mailbox) if header is not None else None
    return box.role if box is not None else None


def _name(desk: Desk, mailbox: MailboxId) -> str:
    box = desk.service.mailbox(mailbox)
    if box is None:
        return ""
    elsewhere = box.account != desk.account_name()
    return f"{box.account}: {box.name}" if elsewhere else box.name
