"""CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE."""

from __future__ import annotations

from tuimail.demo.grammar import No, Scanner
from tuimail.demo.session import Session

MAILBOXES_MAX = 5000


def _one_name(args: Scanner) -> str:
    args.space()
    name = args.mailbox()
    args.end()
    return name


def _valid(session: Session, name: str) -> str:
    name = name.removesuffix(session.store.delimiter)
    if not all(name.split(session.store.delimiter)) or set(name) & set('*%"\\'):
        raise No("[CANNOT] Invalid mailbox name")
    if name in session.store.boxes:
        raise No("[ALREADYEXISTS] Mailbox exists")
    if len(session.store.boxes) >= MAILBOXES_MAX:
        raise No("[LIMIT] Too many mailboxes")
    return name


def do_create(session: Session, args: Scanner) -> str:
    """CREATE."""
    name = _valid(session, _one_name(args))
    session.store.make(name).subscribed = name in session.store.subscriptions_only
    session.store.subscriptions_only.discard(name)
    return "Created"


def do_delete(session: Session, args: Scanner) -> str:
    """DELETE; children stay."""
    name = _one_name(args)
    if name == "INBOX":
        raise No("[CANNOT] INBOX stays")
    if session.box(name, "[NONEXISTENT] ").subscribed:
        session.store.subscriptions_only.add(name)
    del session.store.boxes[name]
    if session.view is not None and session.view.name == name:
        session.view = None
    return "Deleted"


def do_rename(session: Session, args: Scanner) -> str:
    """RENAME; children follow, subscriptions do not; INBOX is emptied into it."""
    args.space()
    old = args.mailbox()
    new = _valid(session, _one_name(args))
    boxes = session.store.boxes
    session.box(old, "[NONEXISTENT] ")
    if old == "INBOX":
        _empty_inbox(session, new)
        return "Renamed"
    slash = session.store.delimiter
    if new.startswith(old + slash):
        raise No("[CANNOT] A mailbox cannot be inside itself")
    for name in [n for n in boxes if n == old or n.startswith(old + slash)]:
        box = boxes.pop(name)
        if box.subscribed:
            session.store.subscriptions_only.add(name)
        box.subscribed = False
        boxes[new + name[len(old) :]] = box
    return "Renamed"


def _empty_inbox(session: Session, new: str) -> None:
    inbox, target = session.box("INBOX"), session.store.make(new)
    for message in inbox.messages.values():
        target.add(message.source, message.flags, message.date)
    inbox.remove(list(inbox.messages))


def do_subscribe(session: Session, args: Scanner) -> str:
    """SUBSCRIBE."""
    session.box(_one_name(args), "[NONEXISTENT] ").subscribed = True
    return "Subscribed"


def do_unsubscribe(session: Session, args: Scanner) -> str:
    """UNSUBSCRIBE; a name that does not exist is no error."""
    name = _one_name(args)
    session.store.subscriptions_only.discard(name)
    if name in session.store.boxes:
        session.store.boxes[name].subscribed = False
    return "Unsubscribed"
