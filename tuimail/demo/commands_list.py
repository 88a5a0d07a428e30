"""LIST, LSUB and STATUS."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tuimail.demo.grammar import Bad, Scanner, mailbox_name
from tuimail.demo.session import Session, words
from tuimail.mail.bodystructure import nstring

_STATUS_ITEMS = ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN")


@dataclass(slots=True)
class _Wish:
    patterns: list[re.Pattern[str]]
    select: set[str] = field(default_factory=set)
    returns: set[str] = field(default_factory=set)
    status: list[str] = field(default_factory=list)


def do_list(session: Session, args: Scanner) -> str:
    """LIST with the options of RFC 5258, RFC 5819 and RFC 6154."""
    args.space()
    select: set[str] = set()
    if args.peek(b"(") and session.can("LIST-EXTENDED"):
        select = set(args.words())
        args.space()
    reference = args.astring().decode("latin-1")
    args.space()
    several = args.peek(b"(") and session.can("LIST-EXTENDED")
    patterns = args.listed(args.pattern) if several else [args.pattern()]
    if not several and not patterns[0]:
        args.end()
        session.say(f'LIST (\\Noselect) "{session.store.delimiter}" ""')
        return "List completed"
    wish = _Wish([_pattern(reference, each) for each in patterns], select)
    _read_returns(session, args, wish)
    args.end()
    for name in _names(session, wish):
        _tell(session, name, wish)
    return "List completed"


def do_lsub(session: Session, args: Scanner) -> str:
    """LSUB."""
    args.space()
    reference = args.astring().decode("latin-1")
    args.space()
    wish = _Wish([_pattern(reference, args.pattern())], {"SUBSCRIBED"})
    args.end()
    for name in _names(session, wish):
        attributes = [] if name in session.store.boxes else ["\\Noselect"]
        session.send(_line(session, "LSUB", attributes, name))
    return "Lsub completed"


def do_status(session: Session, args: Scanner) -> str:
    """STATUS."""
    args.space()
    name = args.mailbox()
    args.space()
    items = _status_items(session, args)
    args.end()
    session.box(name, "[NONEXISTENT] " if session.can("LIST-EXTENDED") else "")
    session.send(_status(session, name, items))
    return "Status completed"


def _read_returns(session: Session, args: Scanner, wish: _Wish) -> None:
    if args.at_end() or not session.can("LIST-EXTENDED"):
        return
    args.space()
    if args.word() != "RETURN":
        raise Bad("Expected RETURN")
    args.space()

    def option() -> None:
        name = args.word()
        if name == "STATUS" and session.can("LIST-STATUS"):
            args.space()
            wish.status += _status_items(session, args)
        elif name not in ("SUBSCRIBED", "CHILDREN", "SPECIAL-USE"):
            raise Bad("Unknown RETURN option")
        wish.returns.add(name)

    args.listed(option)


def _status_items(session: Session, args: Scanner) -> list[str]:
    items = args.words()
    known = {*_STATUS_ITEMS}
    if session.can("CONDSTORE"):
        known.add("HIGHESTMODSEQ")
    if not items or not set(items) <= known:
        raise Bad("Unknown status item")
    if "HIGHESTMODSEQ" in items:
        session.enabled.add("CONDSTORE")
    return items


def _names(session: Session, wish: _Wish) -> list[str]:
    """What the patterns name: mailboxes, and parents that are none themselves."""
    store = session.store
    subscribed = {n for n, box in store.boxes.items() if box.subscribed}
    subscribed |= store.subscriptions_only
    names = (
        subscribed
        if "SUBSCRIBED" in wish.select
        else {*store.boxes, *_parents(session)}
    )
    if "SPECIAL-USE" in wish.select:
        names = {n for n in names if n in store.boxes and store.boxes[n].special_use}
    matching = (n for n in names if any(p.fullmatch(n) for p in wish.patterns))
    return sorted(matching, key=lambda name: (name != "INBOX", name))


def _parents(session: Session) -> set[str]:
    found = set()
    for name in session.store.boxes:
        parts = name.split(session.store.delimiter)
        for depth in range(1, len(parts)):
            found.add(session.store.delimiter.join(parts[:depth]))
    return found.difference(session.store.boxes)


def _tell(session: Session, name: str, wish: _Wish) -> None:
    box = session.store.boxes.get(name)
    attributes = [] if box else ["\\Noselect"]
    if session.can("CHILDREN") or "CHILDREN" in wish.returns:
        inside = name + session.store.delimiter
        parent = any(other.startswith(inside) for other in session.store.boxes)
        attributes.append("\\HasChildren" if parent else "\\HasNoChildren")
    if {"SUBSCRIBED"} & (wish.returns | wish.select) and (
        box.subscribed if box else name in session.store.subscriptions_only
    ):
        attributes.append("\\Subscribed")
    if box and box.special_use and session.can("SPECIAL-USE"):
        attributes.append(box.special_use)
    session.send(_line(session, "LIST", attributes, name))
    if box and wish.status:
        session.send(_status(session, name, wish.status))


def _line(session: Session, verb: str, attributes: list[str], name: str) -> bytes:
    head = f'* {verb} {words(attributes)} "{session.store.delimiter}" '
    return head.encode("ascii") + nstring(name.encode("ascii")) + b"\r\n"


def _status(session: Session, name: str, items: list[str]) -> bytes:
    box = session.box(name)
    values = {
        "MESSAGES": len(box.messages),
        "RECENT": 0,
        "UIDNEXT": box.uidnext,
        "UIDVALIDITY": box.uidvalidity,
        "UNSEEN": box.unseen() if "UNSEEN" in items else 0,
        "HIGHESTMODSEQ": box.modseq,
    }
    told = words(f"{item} {values[item]}" for item in items).encode("ascii")
    return b"* STATUS " + nstring(name.encode("ascii")) + b" " + told + b"\r\n"


def _pattern(reference: str, raw: bytes) -> re.Pattern[str]:
    """A pattern as an expression; runs of wildcards are one, so it stays fast."""
    text = reference + raw.decode("latin-1")
    if len(re.findall(r"[*%]+", text)) > 5:
        raise Bad("Too many wildcards")
    head, slash, rest = text.partition("/")
    if head.upper() == "INBOX":
        text = mailbox_name(head.encode()) + slash + rest
    pieces = re.split(r"([*%]+)", text)
    return re.compile("".join(_piece(piece) for piece in pieces), re.DOTALL)


def _piece(piece: str) -> str:
    if piece[:1] not in ("*", "%"):
        return re.escape(piece)
    return ".*" if "*" in piece else "[^/]*"
