"""FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE and APPEND."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tuimail.demo.fetch import Item, read_items, row
from tuimail.demo.grammar import Bad, No, Scanner
from tuimail.demo.mailstore import DemoMailbox, DemoMessage, canonical
from tuimail.demo.search import Reader, answer
from tuimail.demo.seqset import SequenceSet, wire
from tuimail.demo.session import Session

_KEYWORDS_MAX = 50
Chosen = Sequence[tuple[int, DemoMessage]]


def do_fetch(session: Session, args: Scanner, *, by_uid: bool = False) -> str:
    """FETCH and UID FETCH, with CHANGEDSINCE and VANISHED (RFC 7162)."""
    view = session.selected
    args.space()
    numbers = args.sequence()
    args.space()
    items = read_items(args)
    if any(item.name == "PREVIEW" for item in items) and not session.can("PREVIEW"):
        raise Bad("Unknown item PREVIEW")
    since, vanished = _modifiers(session, args, by_uid)
    args.end()
    chosen = view.chosen(numbers, by_uid)
    if vanished:
        gone = numbers.among(view.box.expunged_since(since or 0))
        if gone:
            session.say(f"VANISHED (EARLIER) {wire(gone)}")
    items = _completed(session, items, by_uid, since is not None)
    marks = not view.readonly and any(item.marks_seen for item in items)
    for number, message in chosen:
        if since is None or message.modseq > since:
            new = marks and _mark_seen(view.box, message)
            session.send(
                row(number, message, [*items, Item("FLAGS")] if new else items)
            )
            view.answered([message] if new else [])
    return "Fetch completed"


def _modifiers(
    session: Session, args: Scanner, by_uid: bool
) -> tuple[int | None, bool]:
    since: int | None = None
    vanished = False
    if args.at_end() or not session.can("CONDSTORE"):
        return since, vanished
    args.space()

    def modifier() -> None:
        nonlocal since, vanished
        name = args.word()
        if name == "CHANGEDSINCE":
            args.space()
            since = args.number()
        elif name == "VANISHED" and by_uid and "QRESYNC" in session.enabled:
            vanished = True
        else:
            raise Bad("Unknown FETCH modifier")

    args.listed(modifier)
    if vanished and since is None:
        raise Bad("VANISHED needs CHANGEDSINCE")
    return since, vanished


def _completed(
    session: Session, items: list[Item], by_uid: bool, changed: bool
) -> list[Item]:
    """The items with those that the kind of command adds."""
    names = {item.name for item in items}
    if "MODSEQ" in names and not session.can("CONDSTORE"):
        raise Bad("Unknown item MODSEQ")
    if changed or "MODSEQ" in names:
        session.enabled.add("CONDSTORE")
    if by_uid and "UID" not in names:
        items = [Item("UID"), *items]
    return [*items, Item("MODSEQ")] if changed and "MODSEQ" not in names else items


def _mark_seen(box: DemoMailbox, message: DemoMessage) -> bool:
    if "\\Seen" in message.flags:
        return False
    message.flags.add("\\Seen")
    box.touch(message)
    return True


def do_store(session: Session, args: Scanner, *, by_uid: bool = False) -> str:
    """STORE and UID STORE, with UNCHANGEDSINCE (RFC 7162)."""
    view = session.writable
    args.space()
    numbers = args.sequence()
    args.space()
    limit = _unchanged_since(session, args)
    verb = args.store_verb()
    args.space()
    flags = _flags(args)
    args.end()
    silent = verb.endswith(".SILENT")
    late = []
    for number, message in view.chosen(numbers, by_uid):
        if limit is not None and message.modseq > limit:
            late.append(message.uid if by_uid else number)
            continue
        _change(view.box, message, verb.removesuffix(".SILENT"), flags)
        view.answered([message])
        items = _store_items(session, by_uid, silent)
        if items:
            session.send(row(number, message, items))
    if late:
        return f"[MODIFIED {wire(late)}] Some have changed"
    return "Store completed"


def _unchanged_since(session: Session, args: Scanner) -> int | None:
    if not args.peek(b"(") or not session.can("CONDSTORE"):
        return None
    args.expect(b"(")
    if args.word() != "UNCHANGEDSINCE":
        raise Bad("Unknown STORE modifier")
    args.space()
    limit = args.number()
    args.expect(b")")
    args.space()
    session.enabled.add("CONDSTORE")
    return limit


def _flags(args: Scanner) -> set[str]:
    if args.peek(b"("):
        return {_settable(flag) for flag in args.listed(args.flag)}
    flags = {_settable(args.flag())}
    while args.skip(b" "):
        flags.add(_settable(args.flag()))
    return flags


def _settable(flag: str) -> str:
    known = canonical(flag)
    if flag.lower() == "\\recent" or (known[0] == "\\" and known == flag.lower()):
        raise Bad(f"Flag {flag} cannot be set")
    if len(flag) > 100:
        raise No("[LIMIT] Keyword too long")
    return known


def _change(box: DemoMailbox, message: DemoMessage, verb: str, flags: set[str]) -> None:
    low = {flag.lower() for flag in flags}
    kept = {flag for flag in message.flags if flag.lower() not in low}
    new = {"FLAGS": flags, "+FLAGS": kept | flags, "-FLAGS": kept}[verb]
    if len(new) > _KEYWORDS_MAX:
        raise No("[LIMIT] Too many keywords")
    if new != message.flags:
        message.flags = set(new)
        box.touch(message)


def _store_items(session: Session, by_uid: bool, silent: bool) -> list[Item]:
    names = ["UID"] if by_uid else []
    names += [] if silent else ["FLAGS"]
    condstore = "CONDSTORE" in session.enabled
    names += ["MODSEQ"] if condstore else []
    return [] if silent and not condstore else [Item(name) for name in names]


def do_search(session: Session, args: Scanner, *, by_uid: bool = False) -> str:
    """SEARCH and UID SEARCH, with RETURN (RFC 4731) and MODSEQ (RFC 7162)."""
    view = session.selected
    args.space()
    everyone = range(1, len(view.uids) + 1)
    wish = Reader(args, everyone, view.uids, session.host.announced).wish()
    if wish.modseq:
        session.enabled.add("CONDSTORE")
    found = [pair for pair in view.everything() if wish.test(*pair)]
    session.send(answer(wish, found, session.tag, by_uid))
    return "Search completed"


def do_copy(session: Session, args: Scanner, *, by_uid: bool = False) -> str:
    """COPY and UID COPY, with COPYUID (RFC 4315)."""
    chosen, target = _target(session, args, by_uid)
    code = _copied(session, chosen, target)
    return f"{code}Copied"


def do_move(session: Session, args: Scanner, *, by_uid: bool = False) -> str:
    """MOVE and UID MOVE (RFC 6851)."""
    view = session.writable
    chosen, target = _target(session, args, by_uid)
    code = _copied(session, chosen, target)
    if code:
        session.say(f"OK {code}Moved")
    view.box.remove([message.uid for _, message in chosen])
    session.tell(expunges=True)
    return "Move completed"


def _target(
    session: Session, args: Scanner, by_uid: bool
) -> tuple[Chosen, DemoMailbox]:
    view = session.selected
    args.space()
    numbers = args.sequence()
    args.space()
    name = args.mailbox()
    args.end()
    return view.chosen(numbers, by_uid), session.box(name, "[TRYCREATE] ")


def _copied(session: Session, chosen: Chosen, target: DemoMailbox) -> str:
    """Copy, and give the COPYUID code where it is announced."""
    old = [message.uid for _, message in chosen]
    new = [target.add(m.source, m.flags, m.date).uid for _, m in chosen]
    if not old or not session.can("UIDPLUS"):
        return ""
    return f"[COPYUID {target.uidvalidity} {wire(old)} {wire(new)}] "


def do_expunge(session: Session, args: Scanner) -> str:
    """EXPUNGE."""
    args.end()
    return _expunge(session, None)


def do_uid_expunge(session: Session, args: Scanner) -> str:
    """UID EXPUNGE (RFC 4315)."""
    args.space()
    numbers = args.sequence()
    args.end()
    return _expunge(session, numbers)


def _expunge(session: Session, within: SequenceSet | None) -> str:
    view = session.writable
    chosen = view.everything() if within is None else view.chosen(within, True)
    doomed = [m.uid for _, m in chosen if "\\Deleted" in m.flags]
    view.box.remove(doomed)
    session.tell(expunges=True)
    if doomed and session.can("CONDSTORE") and "CONDSTORE" in session.enabled:
        return f"[HIGHESTMODSEQ {view.box.modseq}] Expunged"
    return "Expunged"


def do_append(session: Session, args: Scanner) -> str:
    """APPEND, with APPENDUID (RFC 4315)."""
    args.space()
    name = args.mailbox()
    args.space()
    flags: set[str] = set()
    if args.peek(b"("):
        flags = {_settable(flag) for flag in args.listed(args.flag)}
        args.space()
    date = datetime.now(UTC)
    if args.peek(b'"'):
        date = args.date_time()
        args.space()
    raw = args.string()
    args.end()
    box = session.box(name, "[TRYCREATE] ")
    if not raw:
        raise No("Nothing to append")
    uid = box.add(raw, flags, date).uid
    code = f"[APPENDUID {box.uidvalidity} {uid}] " if session.can("UIDPLUS") else ""
    return f"{code}Appended"
