"""SELECT and EXAMINE with quick resynchronisation (RFC 7162), CLOSE, UNSELECT."""

from __future__ import annotations

from dataclasses import dataclass

from tuimail.demo.fetch import Item, row
from tuimail.demo.grammar import Bad, Scanner
from tuimail.demo.mailstore import DemoMailbox
from tuimail.demo.seqset import SequenceSet, wire
from tuimail.demo.session import Session, words
from tuimail.demo.view import View

_CHANGES = (Item("UID"), Item("FLAGS"), Item("MODSEQ"))


@dataclass(slots=True)
class _Resync:
    uidvalidity: int
    modseq: int
    known: SequenceSet | None = None


def do_select(session: Session, args: Scanner) -> str:
    """SELECT."""
    return _open(session, args, readonly=False)


def do_examine(session: Session, args: Scanner) -> str:
    """EXAMINE."""
    return _open(session, args, readonly=True)


def do_close(session: Session, args: Scanner) -> str:
    """CLOSE: expunges without a word, then leaves the mailbox."""
    args.end()
    view = session.selected
    if not view.readonly:
        box = view.box
        box.remove([m.uid for m in box.messages.values() if "\\Deleted" in m.flags])
    session.view = None
    return "Closed"


def do_unselect(session: Session, args: Scanner) -> str:
    """UNSELECT (RFC 3691)."""
    args.end()
    _ = session.selected
    session.view = None
    return "Unselected"


def _open(session: Session, args: Scanner, *, readonly: bool) -> str:
    args.space()
    name = args.mailbox()
    resync = _parameters(session, args)
    args.end()
    if session.view is not None:
        session.view = None
        session.say("OK [CLOSED] Previous mailbox is closed")
    box = session.box(name, "[NONEXISTENT] " if session.can("LIST-EXTENDED") else "")
    session.view = View(name, box, readonly)
    _describe(session, box, readonly)
    if resync is not None and resync.uidvalidity == box.uidvalidity:
        _resynchronise(session, session.view, resync)
    return ("[READ-ONLY]" if readonly else "[READ-WRITE]") + " Selected"


def _parameters(session: Session, args: Scanner) -> _Resync | None:
    if args.at_end() or not session.can("CONDSTORE"):
        return None
    args.space()
    found: list[_Resync] = []

    def parameter() -> None:
        name = args.word()
        session.enabled.add("CONDSTORE")
        if name == "QRESYNC" and "QRESYNC" in session.enabled:
            args.space()
            found.append(_resync(args))
        elif name != "CONDSTORE":
            raise Bad("Unknown parameter")

    args.listed(parameter)
    return found[0] if found else None


def _resync(args: Scanner) -> _Resync:
    args.expect(b"(")
    uidvalidity = args.number()
    args.space()
    resync = _Resync(uidvalidity, args.number())
    if args.skip(b" ") and not args.peek(b"("):
        resync.known = args.sequence()
        args.skip(b" ")
    if args.peek(b"("):
        # Pairs of numbers and UIDs help servers that forget; this one does not.
        args.listed(args.sequence)
    args.expect(b")")
    return resync


def _describe(session: Session, box: DemoMailbox, readonly: bool) -> None:
    session.say("FLAGS " + words(box.flags_in_use()))
    permanent = [] if readonly else [*box.flags_in_use(), "\\*"]
    session.say(f"OK [PERMANENTFLAGS {words(permanent)}] Flags kept")
    session.say(f"{len(box.messages)} EXISTS")
    session.say("0 RECENT")
    for number, message in enumerate(box.messages.values(), 1):
        if "\\Seen" not in message.flags:
            session.say(f"OK [UNSEEN {number}] First unseen")
            break
    session.say(f"OK [UIDVALIDITY {box.uidvalidity}] UIDs valid")
    session.say(f"OK [UIDNEXT {box.uidnext}] Next UID")
    if session.can("CONDSTORE"):
        session.say(f"OK [HIGHESTMODSEQ {box.modseq}] Highest")


def _resynchronise(session: Session, view: View, resync: _Resync) -> None:
    gone = view.box.expunged_since(resync.modseq)
    if resync.known is not None:
        gone = resync.known.among(gone)
    if gone:
        session.say(f"VANISHED (EARLIER) {wire(gone)}")
    for number, message in enumerate(view.box.messages.values(), 1):
        known = resync.known is None or resync.known.among([message.uid])
        if message.modseq > resync.modseq and known:
            session.send(row(number, message, _CHANGES))
