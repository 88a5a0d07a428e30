"""Whole senders and lists: what is done to all their mail at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tuimail.engine.views import Senders
from tuimail.mail.types import Flag, MessageId, Role, SafeText
from tuimail.ui import filing
from tuimail.ui.allowed import on_server
from tuimail.ui.screens.dialogs import Confirm
from tuimail.ui.screens.senders import NOBODY, SendersScreen

if TYPE_CHECKING:
    from tuimail.engine.events import Decided
    from tuimail.engine.views import Whole
    from tuimail.mail.types import MailboxId
    from tuimail.ui.desk import Desk

ASK_ABOVE = 20
"""Messages from which on it is asked."""


class Deed(NamedTuple):
    """What may be done to all mail of some."""

    question: str
    """`Archive all {}?`"""
    done: str
    """`archived`."""
    act: Callable[[Sequence[MessageId]], int]
    sure: bool = False
    """It is asked for however few they are."""


def senders(desk: Desk) -> None:
    """Who wrote what is listed here of the folder that is shown."""
    _open(desk, "sender", "Senders")


def lists(desk: Desk) -> None:
    """Which mailing lists it came by."""
    _open(desk, "list", "Mailing lists")


def _open(desk: Desk, by: str, title: str) -> None:
    listing = desk.list.listing
    if desk.list.mailbox is None or listing is None:
        return
    asked = Senders(desk.list.mailbox, by, listing.query)
    _View(desk, asked, f"{title}: {listing.mailbox.name}")


class _View:
    """The screen, and what its keys decide."""

    def __init__(self, desk: Desk, asked: Senders, title: str) -> None:
        self._desk = desk
        self._asked = asked
        self._said: dict[int, str] = {}
        gestures = desk.service.gestures
        listing = desk.list.listing
        role = listing.mailbox.role if listing else None
        as_junk = role is not Role.JUNK
        deeds = {
            "a": Deed("Archive all {}?", "archived", gestures.archive),
            "d": Deed("Delete all {}?", "deleted", gestures.delete),
            "U": Deed("Mark all {} as read?", "read", self._read),
            "!": Deed(
                "File all {} as junk?" if as_junk else "Take all {} out of the junk?",
                "junk" if as_junk else "not junk",
                lambda ids: gestures.junk(ids, as_junk),
            ),
        }
        if role is Role.TRASH:
            done = f"deleted for good in {gestures.grace_s} s"
            deeds["d"] = Deed(
                "Delete all {} for good?", done, gestures.remove, sure=True
            )
        keys: dict[str, Callable[[], object]] = {
            key: partial(self._ask, deed) for key, deed in deeds.items()
        }
        keys |= {"s": self._move, "u": self._undo, "enter": self._show}
        self._screen = SendersScreen(
            *(desk.service, asked, title, lambda: about(desk, asked), keys, self._told)
        )
        desk.screen.ask(self._screen, lambda nothing: None)

    def _ask(self, deed: Deed) -> None:
        """Ask with the number when they are many, then do it."""
        rows, last = self._screen.list.chosen, self._screen.last
        count = sum(row.messages for row in rows)
        if not rows:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(deed, rows, last)

        if count <= ASK_ABOVE and not deed.sure:
            answered(True)
            return
        what = f"{count:,} of {_names(rows, self._asked.by)}"
        question = deed.question.replace("{}", what)
        self._desk.screen.ask(Confirm(question, "yes (u undoes)", "no"), answered)

    def _do(self, deed: Deed, rows: Sequence[Whole], last: int) -> None:
        keys = [row.key for row in rows]
        decide = self._desk.service.counting.decide
        ticket = decide(self._asked, keys, last, deed.act)
        self._said[ticket] = f"of {_names(rows, self._asked.by)} {deed.done}."
        self._screen.under_way(ticket, dict.fromkeys(keys, deed.done))

    def _move(self) -> None:
        rows = self._screen.list.chosen
        count = sum(row.messages for row in rows)

        def to(target: MailboxId) -> None:
            box = self._desk.service.mailbox(target)
            name = box.name if box is not None else ""
            move = self._desk.service.gestures.move
            self._do(
                Deed("", f"moved to {name}", lambda ids: move(ids, target)),
                rows,
                self._screen.last,
            )

        if rows:
            names = _names(rows, self._asked.by)
            filing.pick(self._desk, f"Move all {count:,} of {names} to", to)

    def _undo(self) -> None:
        self._screen.under_way(self._desk.service.counting.undo(), {})

    def _show(self) -> None:
        """Only the mail of the sender under the cursor, in the list."""
        row = self._screen.list.current
        if row is None:
            return
        if not row.key or '"' in row.key:
            self._desk.say("There is no query for this address.")
            return
        field = "from" if self._asked.by == "sender" else "list"
        rest = f"{self._asked.query} " if self._asked.query else ""
        self._screen.dismiss(None)
        query = f'{rest}{field}:"{row.key}"'
        self._desk.app.call_later(self._desk.narrow, query)

    def _read(self, ids: Sequence[MessageId]) -> int:
        self._desk.service.gestures.set_flags(ids, add=Flag.SEEN)
        return len(ids)

    def _told(self, event: Decided) -> None:
        said = self._said.pop(event.ticket, "")
        if event.words:
            self._desk.say(event.words)
        elif event.messages:
            self._desk.did(f"{filing.counted(event.messages)} {said}")
        else:
            self._desk.say(filing.THERE_ALREADY)


def _names(rows: Sequence[Whole], by: str) -> str:
    """One by its address, which cannot pretend; several by their number."""
    if len(rows) == 1:
        return rows[0].address or NOBODY
    return f"{len(rows):,} {'senders' if by == 'sender' else 'lists'}"


def about(desk: Desk, asked: Senders) -> SafeText:
    """Of what they are: of all of a folder, or of what is here of it."""
    narrowed = f", narrowed to {asked.query}" if asked.query else ""
    if asked.mailbox < 0:
        return SafeText(f"of what is listed here{narrowed}")
    listing = desk.service.listing(asked.mailbox)
    total = listing.mailbox.total
    if total is None or listing.known < total:
        where = "on the server" if on_server(desk, listing.mailbox) else "in the folder"
        there = f" ({total:,} {where})" if total is not None else ""
        here = f"of the {listing.known:,} headers that are here"
        return SafeText(f"{here}{there}{narrowed}")
    return SafeText(f"of all {listing.known:,} messages{narrowed}")
