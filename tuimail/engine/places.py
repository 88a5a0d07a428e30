"""Which folders of which servers can add to what a list shows of what is here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tuimail.config import ImapAccount
from tuimail.engine.events import AccountState
from tuimail.engine.views import FOUND
from tuimail.engine.virtual import saved_number
from tuimail.errors import QueryError
from tuimail.mail.query import parse
from tuimail.mail.query_imap import Asking, Here, has_words, imap_search
from tuimail.mail.query_terms import AccountIs, All, In, Query
from tuimail.mail.query_texts import asks_texts
from tuimail.mail.types import Mailbox, MailboxId, Role

if TYPE_CHECKING:
    from tuimail.engine.finding import Asked
    from tuimail.engine.service import MailService

FOLDERS_MAX = 40
"""Folders that are looked into for one question."""
ORDERS = {
    ("size", False): b"REVERSE SIZE",
    ("size", True): b"SIZE",
    ("sender", False): b"FROM",
    ("sender", True): b"REVERSE FROM",
    ("subject", False): b"SUBJECT",
    ("subject", True): b"REVERSE SUBJECT",
    ("date", True): b"ARRIVAL",
}
"""Orders of a list, with whether they are reversed, as SORT calls them (RFC 5256)."""
_DERIVED = (Role.FLAGGED, Role.IMPORTANT)
"""Folders of messages that lie elsewhere as well."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One folder, and what its server is asked."""

    box: Mailbox
    asking: Asking
    order: bytes = b""
    """For SORT; empty for SEARCH."""
    known: int = 0
    """Messages of it that are here."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a question goes."""

    stops: dict[str, deque[Stop]]
    """By account."""
    reasons: dict[str, str]
    """Why something is not asked, half a sentence each."""
    sorting: bool = False
    place: str = "server"
    """Or `files`, when no server is asked."""


def route(service: MailService, asked: Asked) -> Route:
    """The folders whose servers know more of what is asked than is here."""
    stops: dict[str, deque[Stop]] = {}
    reasons: dict[str, str] = {}
    order = _order(service, asked)
    if not order and not _wanted(asked):
        return Route(stops, reasons)
    count = 0
    texts = asks_texts(asked.query)
    unknown = texts and service.store.words.texts() < service.store.words.contents()
    for box in _boxes(service, asked):
        if not _more(service, box, asked.query, texts=texts, unknown=unknown):
            continue
        why = away(service, box.account)
        asking = imap_search(
            asked.query, own=_own(service, box), here=_here(asked, box)
        )
        if not why and asking.criteria == (b"ALL",) and not order:
            why = "looked for among what is here"
        if not why and asking.criteria is None:
            why = f"only what is here: {asking.reason}" if asking.reason else ""
        elif not why and count < FOLDERS_MAX:
            count += 1
            known = service.store.messages.known(box.id).rows
            stop = Stop(box, asking, order, known)
            stops.setdefault(box.account, deque()).append(stop)
        elif not why:
            why = f"only {FOLDERS_MAX} folders of the server are looked into"
        if why:
            reasons[why] = why
    asked_of = [stop.box for some in stops.values() for stop in some]
    files = asked_of and not any(_on_server(service, box) for box in asked_of)
    return Route(stops, reasons, bool(order), "files" if files else "server")


def away(service: MailService, account: str) -> str:
    """Why an account's server cannot be asked now, half a sentence; `''` if it can."""
    state = service.account(account).state
    if state in (AccountState.ONLINE, AccountState.CONNECTING):
        return ""
    if state is AccountState.ELSEWHERE:
        return f"another tuimail talks to {account}: only what is here"
    return f"{account} is away: only what is here"


def _order(service: MailService, asked: Asked) -> bytes:
    """How a server is to sort: a whole folder of which only a part is here."""
    shape = asked.shape
    if asked.box.id < 0 or shape.threads or not isinstance(asked.query, All):
        return b""
    if not _on_server(service, asked.box):
        return b""
    return ORDERS.get((shape.sort, shape.reverse), b"")


def _wanted(asked: Asked) -> bool:
    """Whether somebody looks for something; folders that always stand there do not."""
    if asked.box.id > 0 or asked.box.id == FOUND or saved_number(asked.box.id):
        return not isinstance(asked.query, All)
    try:
        return has_words(parse(asked.shape.query, date.today()))
    except QueryError:
        return False


def _boxes(service: MailService, asked: Asked) -> Iterable[Mailbox]:
    """Folders whose servers, or files, may know more; the most likely ones first."""
    chosen = asked.scope.mailboxes
    found: list[Mailbox] = []
    for account in service.config.accounts:
        # Files are never away; when another program sees to them, that is all.
        if isinstance(account, ImapAccount) or not away(service, account.name):
            found += [
                box
                for box in service.mailboxes(account.name)
                if (not chosen or box.id in chosen) and _may(box, asked.box.id)
            ]
    return sorted(found, key=_after)


def _after(box: Mailbox) -> tuple[bool, bool, bool]:
    """The inbox, folders with a role, subscribed ones, others: few are looked into."""
    return box.role is not Role.INBOX, box.role is None, not box.subscribed


def _may(box: Mailbox, mailbox: MailboxId) -> bool:
    if not box.selectable or box.gone or box.unmade or box.total == 0:
        return False
    return box.id == mailbox or box.role not in _DERIVED


def _more(
    service: MailService, box: Mailbox, query: Query, *, texts: bool, unknown: bool
) -> bool:
    """Whether its server knows headers, or texts that are asked for, that we do not.

    `unknown`: of some mail, wherever, the texts that are asked for are not here.
    """
    gaps = service.store.messages.gaps(box.id)
    if not _on_server(service, box):
        unread = texts and box.account not in service.store.words.read_through
        return unread or (bool(gaps) and has_words(query))
    return bool(gaps) or unknown


def _on_server(service: MailService, box: Mailbox) -> bool:
    accounts = service.config.accounts
    return any(a.name == box.account and isinstance(a, ImapAccount) for a in accounts)


def _own(service: MailService, box: Mailbox) -> str:
    return next(a.address for a in service.config.accounts if a.name == box.account)


def _here(asked: Asked, box: Mailbox) -> Here:
    def here(place: In | AccountIs) -> bool:
        if isinstance(place, In):
            return box.id in asked.scope.folders.get(place.pattern, ())
        return place.name.lower() == box.account.lower()

    return here
