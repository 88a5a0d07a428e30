"""Answers to what a list asks: a query, another order, conversations.

One thread, the newest question first: a question that is no longer the newest is broken
off in the middle of its SQL. The first screen is told as soon as it is known, all of it
a moment later; counts of virtual folders are worked out when nothing else is asked.
"""

from __future__ import annotations

import fnmatch
import logging
import threading
from array import array
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuimail.engine.asking import Inquirer, Seek
from tuimail.engine.events import Counted, Event, Failed, Found
from tuimail.engine.places import away, route
from tuimail.engine.rows import FoundRows
from tuimail.engine.views import FOUND, Shape
from tuimail.engine.virtual import Virtual, saved_number
from tuimail.engine.worker import guarded
from tuimail.errors import StoreError
from tuimail.mail.query_imap import denies_texts, has_words
from tuimail.mail.query_terms import (
    AccountIs,
    All,
    And,
    In,
    Is,
    Not,
    Or,
    Query,
    State,
    Words,
    joined,
)
from tuimail.mail.query_texts import asks_texts
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Mailbox, MailboxId, MessageId, Role, SafeText
from tuimail.store.conditions import Scope
from tuimail.store.search import Interrupted
from tuimail.store.threads import Order

if TYPE_CHECKING:
    from tuimail.engine.service import MailService

FIRST = 150
"""Rows that are told before the rest."""
QUIET_S = 5.0
"""Seconds without a question after which memory is given back."""
_ANSWERED = "\0answered"
"""As if it were the name of a folder: those whose servers have answered."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the list."""

    ticket: int
    box: Mailbox
    shape: Shape
    query: Query
    scope: Scope


class Finder:
    """The thread."""

    def __init__(
        self, service: MailService, emit: Callable[[Event], None], seek: Seek
    ) -> None:
        self._service = service
        self._emit = emit
        self._servers = Inquirer(service, seek, self._heard)
        self._answered: Asked | None = None
        """The question that stands, once what is here was told."""
        self._more = False
        """More is known of it: servers answered, or words got into the index."""
        self._left = False
        """Nobody looks at the answer any more."""
        self._changed = threading.Condition()
        self._next: Asked | None = None
        self._count: tuple[tuple[Virtual, Query, Scope], ...] = ()
        self._busy = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="finding", daemon=True)

    def start(self) -> None:
        """Begin; again is no harm."""
        if not self._thread.is_alive() and not self._stopping:
            self._thread.start()

    def ask(self, asked: Asked) -> None:
        """Find this, and forget what was asked before."""
        with self._changed:
            self._next, self._more, self._left = asked, False, False
            if self._busy:
                self._service.store.finding.interrupt()
            self._changed.notify_all()
        self.start()

    def leave(self) -> None:
        """Nobody wants to know what was asked last: servers need not go on."""
        with self._changed:
            self._next, self._more, self._left = None, False, True
            if self._busy:
                self._service.store.finding.interrupt()
            self._changed.notify_all()

    def indexed(self) -> None:
        """Words of more mail are in the index: what asks for words is told again."""
        with self._changed:
            answered = self._answered
            if answered is not None and has_words(answered.query):
                self._more = True
                self._changed.notify_all()

    def count(self, folders: Iterable[tuple[Virtual, Query, Scope]]) -> None:
        """Count what virtual folders hold, when there is time."""
        with self._changed:
            self._count = tuple(folders)
            self._changed.notify_all()
        self.start()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop, breaking off what is under way."""
        with self._changed:
            self._stopping = True
            self._next, self._count = None, ()
            self._servers.drop()
            self._service.store.finding.interrupt()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                if not self._changed.wait_for(self._wanted, QUIET_S):
                    self._service.store.finding.rest()
                    self._changed.wait_for(self._wanted)
                if self._stopping:
                    return
                if self._left:
                    self._left, self._answered = False, None
                    self._servers.rest()
                    continue
                asked, self._next = self._next, None
                if asked is None and self._more:
                    asked = self._answered
                self._more = False
                counts = () if asked else self._count
                self._count = () if not asked else self._count
                self._busy = True
            if asked is not None:
                guarded(lambda each=asked: self._answer(each), "a search")  # type: ignore[misc]
            else:
                guarded(lambda some=counts: self._tell_counts(some), "counting")  # type: ignore[misc]

    def _wanted(self) -> bool:
        some = self._next or self._more or self._count or self._left
        return bool(self._stopping or some)

    def _heard(self) -> None:
        """A server has answered: tell the list again."""
        with self._changed:
            self._more = self._answered is not None
            self._changed.notify_all()

    def _answer(self, asked: Asked) -> None:
        again = asked is self._answered
        try:
            if not again:
                self._inquire(asked)
            self._answered = asked
            wider = self._widened(asked)
            if asked.shape.threads:
                self._conversations(wider)
            else:
                self._rows(wider, again)
        except Interrupted:
            return
        except StoreError as error:
            self._emit(Failed(asked.ticket, safe_text(str(error), 300)))

    def _inquire(self, asked: Asked) -> None:
        """Have servers asked, unless they just were."""
        shape, query = asked.shape, asked.query
        order = (shape.sort, shape.reverse) if isinstance(query, All) else None
        names = [each.name for each in self._service.config.accounts]
        gone = tuple(name for name in names if away(self._service, name))
        key = (asked.box.id, query, asked.scope.mailboxes, order, gone)
        if not self._servers.keeps(key):
            self._servers.begin(key, route(self._service, asked))

    def _widened(self, asked: Asked) -> Asked:
        """The question, with what servers have found for it."""
        now = self._servers.now
        if now is None or not now.answered or isinstance(asked.query, All):
            return asked
        kept: set[MessageId] = set()
        # A server finds parts of words; which these are the index knows.
        indexed = not self._service.store.words.behind()
        for asking, messages in now.found.items():
            scope = replace(asked.scope, marked=messages)
            left = asking.closer if indexed else asking.rest
            holds = joined(And, [Is(State.MARKED), left])
            kept.update(map(MessageId, self._service.store.finding.find(holds, scope)))
        scope = replace(asked.scope, marked=kept)
        query: Query = asked.query
        if denies_texts(query):
            # Of texts that are not here, only the server can say what is not in them.
            folders = {**scope.folders, _ANSWERED: tuple(now.answered)}
            scope = replace(scope, folders=folders)
            query = joined(And, [query, Not(In(_ANSWERED))])
        elif not kept:
            return asked
        query = joined(Or, [query, Is(State.MARKED)])
        return replace(asked, query=query, scope=scope)

    def _covered(self, asked: Asked) -> SafeText:
        now = self._servers.now
        folders = asked.scope.folders
        words = [
            safe_text(f"there is no folder {name}", 100)
            for name in dict.fromkeys(_named(asked.query))
            if asked.box.id >= FOUND and not folders.get(name, True)
        ]
        if has_words(asked.query):
            words.append(self._service.seeker.covered(asks_texts(asked.query)))
        words += [now.covered()] if now is not None else []
        return SafeText("; ".join(each for each in words if each))

    def _rows(self, asked: Asked, again: bool) -> None:
        find, shape = self._service.store.finding.find, asked.shape
        if shape.sort == "date" and not again:
            first = find(asked.query, asked.scope, reverse=shape.reverse, limit=FIRST)
            self._tell(asked, first, more=len(first) == FIRST)
            if len(first) < FIRST:
                return
        ids = find(asked.query, asked.scope, sort=shape.sort, reverse=shape.reverse)
        self._tell(asked, ids)

    def _conversations(self, asked: Asked) -> None:
        threads, shape = self._service.store.threads, asked.shape
        if asked.box.id > 0 and not shape.query:
            order = threads.mended(asked.box.id)
            if order is None:
                top = threads.top(asked.box.id, FIRST)
                self._tell_order(asked, top, more=True)
                order = threads.order(asked.box.id)
            self._tell_order(asked, order)
            return
        ids = self._service.store.finding.find(asked.query, asked.scope)
        self._tell_order(asked, threads.order([MessageId(each) for each in ids]))

    def _tell(self, asked: Asked, ids: array[int], *, more: bool = False) -> None:
        covered = self._covered(asked)
        rows = FoundRows(self._service, asked.box, asked.shape, ids, covered=covered)
        self._emit(Found(asked.ticket, rows, more))

    def _tell_order(self, asked: Asked, order: Order, *, more: bool = False) -> None:
        rows = FoundRows(
            self._service,
            asked.box,
            asked.shape,
            order.messages,
            order=order,
            covered=self._covered(asked),
        )
        self._emit(Found(asked.ticket, rows, more))

    def _tell_counts(self, folders: Collection[tuple[Virtual, Query, Scope]]) -> None:
        try:
            found = {
                each.id: self._service.store.finding.count(query, scope)
                for each, query, scope in folders
            }
        except Interrupted:
            with self._changed:
                # When what came between is answered.
                self._count = self._count or tuple(folders)
            return
        except StoreError as error:
            log.warning("no counts: %s", error)
            return
        self._service.seeker.counts = found
        self._emit(Counted(found))


def scope_of(
    service: MailService,
    query: Query,
    mailbox: MailboxId,
    account: str = "",
    marked: Collection[MessageId] = (),
) -> Scope:
    """What a query's names of folders and accounts stand for now.

    A folder is looked through by itself. Everywhere, or in an account, what was thrown
    away is left out unless the query says a folder; so it is in a search that is kept.
    """
    known = {view.name: service.mailboxes(view.name) for view in service.accounts()}
    boxes = [box for some in known.values() for box in some]
    numbers = {name: service.store.accounts.find(name) for name in known}
    patterns = {part.pattern for part in _leaves(query) if isinstance(part, In)}
    names = {part.name for part in _leaves(query) if isinstance(part, AccountIs)}
    named = any(_named(query))
    if mailbox > 0:
        chosen: tuple[MailboxId, ...] = (mailbox,)
    elif account:
        chosen = tuple(box.id for box in known[account] if _kept(box, named))
    elif (mailbox == FOUND or saved_number(mailbox)) and not named:
        chosen = tuple(box.id for box in boxes if _kept(box, False))
        chosen = chosen if len(chosen) < len(boxes) else ()
    else:
        chosen = ()
    return Scope(
        chosen,
        {each: tuple(b.id for b in boxes if in_folder(each, b)) for each in patterns},
        {
            each: tuple(
                number
                for name, number in numbers.items()
                if number is not None and name.lower() == each.lower()
            )
            for each in names
        },
        tuple(
            (number, account.address)
            for account in service.config.accounts
            if (number := numbers.get(account.name)) is not None
        ),
        marked,
    )


def _named(query: Query) -> Iterable[str]:
    """Folders in which it says to look; one that is left out is none of them."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _named(part)
        case In(pattern):
            yield pattern


def _kept(box: Mailbox, named: bool) -> bool:
    return named or box.role not in (Role.JUNK, Role.TRASH)


def in_folder(pattern: str, box: Mailbox) -> bool:
    """Whether `in:` means this folder: a role, a name, its last level, or `a*`."""
    wanted, name = pattern.lower(), box.name.lower()
    if box.role is not None and wanted == box.role.value:
        return True
    if "*" in wanted:
        return fnmatch.fnmatchcase(name, wanted)
    return wanted in (name, box.label.lower())


def as_typed(query: Query) -> Query:
    """Plain words mean what begins with them; only what is quoted is exact."""
    match query:
        case And(parts):
            return And(tuple(as_typed(part) for part in parts))
        case Or(parts):
            return Or(tuple(as_typed(part) for part in parts))
        case Not(part):
            return Not(as_typed(part))
        case Words(field, words, False, _):
            return Words(field, words, prefix=True)
        case _:
            return query


def _leaves(query: Query) -> Iterable[Query]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield query
