"""Leaving a mailing list, when the user said so and has seen where to."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tuimail.config import Config
from tuimail.engine.events import Event, Failed, Finished, ListKnown
from tuimail.engine.fetch import TEXT_SLICE, PartFetcher, Waiter, Wish
from tuimail.engine.jobs import Job, Priority, Ticket
from tuimail.errors import TuimailError
from tuimail.mail.authentication import results
from tuimail.mail.headers import parse_envelope, raw_fields
from tuimail.mail.lists import MailingList, mailing_list
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MessageId, SafeText, Section
from tuimail.store.store import Store

HEADER = Section("HEADER")
Post = Callable[[str], int]


def trusted_server(config: Config, store: Store, account: str) -> str:
    """The authserv-id that an account believes: as set, or as the user said once."""
    found = next(each for each in config.accounts if each.name == account)
    return found.authserv or store.get_meta(f"authserv {account}") or ""


def trust_server(store: Store, account: str, server: str) -> None:
    """Believe what a server says of senders; `''` to believe none."""
    store.set_meta(f"authserv {account}", server)


class ListMail:
    """Reads the fields of lists, and sends the one request."""

    def __init__(
        self,
        store: Store,
        parts: PartFetcher,
        emit: Callable[[Event], None],
        submit: Callable[[str, Priority, Job], None],
        trusted: Callable[[str], str],
        post: Post | None = None,
    ) -> None:
        """`trusted` gives the authserv-id that an account believes."""
        self._store = store
        self._parts = parts
        self._emit = emit
        self._submit = submit
        self._trusted = trusted
        self._post = post or _post

    def look(self, message: MessageId, ticket: Ticket) -> None:
        """Have the whole header here; ends with ListKnown or Failed."""
        place = self._store.messages.place(message)
        if place is None:
            self._failed(ticket, "This message is no longer here.")
            return
        wish = Wish(place, HEADER, 0)

        def done(header: bytes) -> None:
            found, vouched = _known(header, self._trusted(place.account))
            self._emit(ListKnown(ticket.number, found, vouched))

        cached = self._parts.cached(wish)
        if cached is not None:
            done(cached)
            return
        waiter = Waiter(ticket, done, lambda error: self._failed(ticket, str(error)))
        job = self._parts.job(wish, waiter, TEXT_SLICE)
        if job is not None:
            self._submit(place.account, Priority.OPEN, job)

    def leave(self, found: MailingList, ticket: Ticket) -> None:
        """Send the one request; ends with Finished or Failed."""
        name = "leaving a list"
        threading.Thread(
            target=self._send, args=(found, ticket), name=name, daemon=True
        ).start()

    def _send(self, found: MailingList, ticket: Ticket) -> None:
        try:
            status = self._post(found.unsubscribe_https)
        except TuimailError as error:
            self._failed(ticket, str(error))
            return
        if 200 <= status < 300:
            words = f"{found.host} has taken the request to leave {found.name}."
            self._emit(Finished(ticket.number, safe_text(words, 300)))
        else:
            words = f"{found.host} refused to take you off the list (status {status})."
            self._failed(ticket, words)

    def _failed(self, ticket: Ticket, words: str) -> None:
        self._emit(Failed(ticket.number, SafeText(safe_text(words, 300))))


def _known(header: bytes, trusted: str) -> tuple[MailingList, bool]:
    """How a list is left, and whether a signature that is good covers that."""
    fields = raw_fields(header)
    found = mailing_list(fields)
    envelope = parse_envelope(header)
    author = envelope.from_[0].addr.rpartition("@")[2] if envelope.from_ else ""
    said = results(fields, trusted, author)
    good = {r.domain for r in said.results if (r.method, r.result) == ("dkim", "pass")}
    return found, not good.isdisjoint(found.signers)


def _post(url: str) -> int:
    # Late: hardly any run needs it.
    from tuimail.net.post import post_one_click

    return post_one_click(url)
