"""Whole senders and lists: counted, and decided about; figures of all mail.

One thread, in the order asked: what is decided about a sender never overtakes what was
decided before, and an undo comes after both. Every ticket ends with Grouped, Measured,
Tried, Decided or Failed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from tuimail.engine.events import Decided, Event, Failed, Grouped, Measured, Tried
from tuimail.engine.finding import scope_of
from tuimail.engine.jobs import Ticket
from tuimail.engine.views import Senders, Whole
from tuimail.engine.worker import Worker
from tuimail.errors import TuimailError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.statistics import Figures, Share
from tuimail.mail.types import MessageId, Role, SafeText

if TYPE_CHECKING:
    from tuimail.engine.service import MailService

SENT_BY_US = (Role.SENT, Role.DRAFTS)
UNWANTED = (Role.JUNK, Role.TRASH)
NAME_MAX, KEY_MAX = 100, 320


class Counting:
    """Counts off the screen's thread."""

    def __init__(self, service: MailService, emit: Callable[[Event], None]) -> None:
        self._service = service
        self._emit = emit
        self._worker = Worker("counting")

    def close(self) -> None:
        """Stop after what is under way."""
        self._worker.close()

    # -- on the thread --------------------------------------------------------

    def senders(self, asked: Senders) -> int:
        """Count a folder by senders or lists; gives a ticket, ends with Grouped."""

        def count(ticket: int) -> None:
            self._emit(Grouped(ticket, *self.groups(asked)))

        return self._begin(count)

    def statistics(self, account: str = "") -> int:
        """Measure an account, or all; gives a ticket, ends with Measured."""

        def measure(ticket: int) -> None:
            self._emit(Measured(ticket, self.figures(account)))

        return self._begin(measure)

    def rules(self) -> int:
        """Find out what rules would do; gives a ticket, ends with Tried."""

        def try_out(ticket: int) -> None:
            rules = self._service.rules
            self._emit(Tried(ticket, (*rules.held(), *rules.matches())))

        return self._begin(try_out)

    def decide(
        self,
        asked: Senders,
        keys: Collection[str],
        last: int,
        act: Callable[[Sequence[MessageId]], int],
    ) -> int:
        """Do something with all messages of some; gives a ticket, ends with Decided.

        Those that were counted when `last` was the newest: what came since stays.
        """

        def decide(ticket: int) -> None:
            found = self.members(asked, keys, last)
            self._emit(Decided(ticket, act(found) if found else 0))

        return self._begin(decide)

    def undo(self) -> int:
        """Take the last gesture back; gives a ticket, ends with Decided."""

        def undo(ticket: int) -> None:
            words = self._service.gestures.undo()
            self._emit(Decided(ticket, 0, words or SafeText("Nothing to undo.")))

        return self._begin(undo)

    # -- at once --------------------------------------------------------------

    def groups(self, asked: Senders) -> tuple[tuple[Whole, ...], int]:
        """Senders or lists of a folder, the largest first, and what was known last.

        Raises QueryError, StoreError.
        """
        store = self._service.store.senders
        query = self._service.seeker.query(asked.mailbox, asked.query)
        last = store.last()
        scope = scope_of(self._service, query, asked.mailbox)
        groups = store.groups(query, scope, asked.by)
        return tuple(_whole(asked.by, *group) for group in groups), last

    def members(
        self, asked: Senders, keys: Collection[str], last: int
    ) -> list[MessageId]:
        """Exactly the messages of these senders or lists; see `decide`."""
        query = self._service.seeker.query(asked.mailbox, asked.query)
        scope = scope_of(self._service, query, asked.mailbox)
        find = self._service.store.senders.members
        return find(query, scope, asked.by, keys, last)

    def figures(self, account: str = "") -> Figures:
        """Figures of what is listed of an account, or of all. Raises StoreError.

        Mail that was sent, thrown away or is junk counts for the folders only.
        """
        views = self._service.accounts()
        boxes = [
            box
            for view in views
            for box in self._service.mailboxes(view.name)
            if account in ("", view.name)
        ]
        several = not account and len(views) > 1
        names = {
            box.id: f"{box.account}/{box.name}" if several else box.name
            for box in boxes
        }
        arriving = [box.id for box in boxes if box.role not in SENT_BY_US + UNWANTED]
        measure = self._service.store.statistics.measure
        found = measure(names, arriving, date.today())
        return found._replace(senders=_shown(found.senders), lists=_shown(found.lists))

    def _begin(self, work: Callable[[int], None]) -> int:
        ticket = Ticket().number

        def run() -> None:
            try:
                work(ticket)
            except TuimailError as error:
                self._emit(Failed(ticket, safe_text(str(error), 300)))

        self._worker.submit(0, run)
        self._worker.start()
        return ticket


def _key(key: str) -> SafeText:
    return safe_text(key, KEY_MAX)


def _shown(shares: tuple[Share, ...]) -> tuple[Share, ...]:
    return tuple(each._replace(name=_key(each.name)) for each in shares)


def _whole(by: str, key: str, name: str, *counts: int) -> Whole:
    if by == "list":
        name = name.partition("<")[0].strip(' "') if "<" in name else ""
    shown = safe_text(name, NAME_MAX)
    same = shown.lower() == key
    return Whole(key, SafeText("") if same else shown, _key(key), *counts)
