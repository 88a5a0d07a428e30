"""What is asked of the finder: lists, virtual folders with their counts, who wrote."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING

from tuimail.engine.asking import Seek
from tuimail.engine.events import Event
from tuimail.engine.finding import Asked, Finder, as_typed, scope_of
from tuimail.engine.jobs import Ticket
from tuimail.engine.views import FOUND, Shape
from tuimail.engine.virtual import (
    SMART,
    Virtual,
    as_mailbox,
    saved,
    saved_number,
)
from tuimail.mail.query import parse
from tuimail.mail.query_terms import Query
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Mailbox, MailboxId, MessageId, SafeText

if TYPE_CHECKING:
    from tuimail.engine.service import MailService

FRESH_MAX = 2000
"""Headers that are indexed while somebody waits: a tenth of a second."""
SEARCH = Virtual(FOUND, SafeText("Search"), "")


class Seeker:
    """Reads queries, and has them answered."""

    def __init__(
        self, service: MailService, emit: Callable[[Event], None], seek: Seek
    ) -> None:
        """`seek` has an account look for messages on its server."""
        self._service = service
        self._finder = Finder(service, emit, seek)
        self.counts: dict[MailboxId, tuple[int, int]] = {}
        """What virtual folders held when they were counted last."""

    def close(self) -> None:
        """Stop."""
        self._finder.close()

    def find(
        self,
        mailbox: MailboxId,
        shape: Shape,
        account: str = "",
        marked: Collection[MessageId] = (),
    ) -> int:
        """See `MailService.find`."""
        box = self._service.mailbox(mailbox)
        assert box is not None, "folders are never deleted from the store"
        query = self.query(mailbox, shape.query)
        scope = scope_of(self._service, query, mailbox, account, marked)
        ticket = Ticket().number
        self._finder.ask(Asked(ticket, box, shape, query, scope))
        return ticket

    def leave(self) -> None:
        """Nobody looks any more at what was asked last; servers need not answer it."""
        self._finder.leave()

    def indexed(self) -> None:
        """Words of more mail are in the index: a list that asks for words is told."""
        self._finder.indexed()

    def query(self, mailbox: MailboxId, text: str) -> Query:
        """What is asked of a folder, with what a virtual one asks by itself.

        Raises QueryError.
        """
        own = self._virtual(mailbox).query if mailbox < 0 else ""
        asked = as_typed(parse(text, date.today()))
        if not own:
            return asked
        narrowed = f"({own}) {text}" if text.strip() else own
        return as_typed(parse(narrowed, date.today()))

    def ids(
        self,
        mailbox: MailboxId,
        text: str,
        account: str = "",
        marked: Collection[MessageId] = (),
    ) -> list[MessageId]:
        """The messages a query finds, newest first, at once; for marks and rules.

        Raises QueryError, StoreError.
        """
        return self.holding(mailbox, self.query(mailbox, text), account, marked)

    def holding(
        self,
        mailbox: MailboxId,
        query: Query,
        account: str = "",
        marked: Collection[MessageId] = (),
    ) -> list[MessageId]:
        """The same for a query that was read. Raises StoreError."""
        # What has just come is meant as well.
        self._service.store.words.catch_up(FRESH_MAX)
        scope = scope_of(self._service, query, mailbox, account, marked)
        found = self._service.store.search.find(query, scope)
        return [MessageId(each) for each in found]

    def virtual(self) -> list[Mailbox]:
        """Virtual folders: those everybody has, then saved searches."""
        return [as_mailbox(v, *self.counts.get(v.id, ())) for v in self._all()]

    def mailbox(self, mailbox: MailboxId) -> Mailbox | None:
        """One virtual folder."""
        known = {each.id: each for each in (*self._all(), SEARCH)}
        each = known.get(mailbox)
        if each is None:
            return None
        return as_mailbox(each, *self.counts.get(mailbox, ()))

    def asks(self, mailbox: MailboxId) -> SafeText:
        """The query of a virtual folder; `''` of that of what was searched for."""
        return safe_text(self._virtual(mailbox).query, 4000)

    def count(self) -> None:
        """Have virtual folders counted; ends with Counted."""
        asked = []
        for each in self._all():
            query = self.query(each.id, "")
            asked.append((each, query, scope_of(self._service, query, each.id)))
        self._finder.count(asked)

    def save(self, name: str, query: str) -> MailboxId:
        """Keep a search as a virtual folder; one of that name is replaced.

        Raises QueryError, StoreError.
        """
        parse(query, date.today())
        number = self._service.store.saved.put(name.strip(), query.strip())
        return saved(number, name, query).id

    def drop(self, mailbox: MailboxId) -> bool:
        """Forget a saved search; False when it is none."""
        number = saved_number(mailbox)
        if number is not None:
            self._service.store.saved.drop(number)
        return number is not None

    def covered(self, texts: bool) -> SafeText:
        """What a search for words, of `texts` as well, looks through here; in words."""
        store = self._service.store
        behind = store.words.behind()
        said = [f"{behind:,} headers not indexed yet"] if behind else []
        if texts:
            here, known = store.words.texts(), store.words.contents()
            share = 100 * here // known if known else 100
            said.append(f"texts: {share} % here")
        return safe_text(", ".join(said))

    def _virtual(self, mailbox: MailboxId) -> Virtual:
        return next(
            (each for each in (*self._all(), SEARCH) if each.id == mailbox), SEARCH
        )

    def _all(self) -> Iterable[Virtual]:
        several = len(self._service.config.accounts) > 1
        own = [saved(*each) for each in self._service.store.saved.all()]
        return [*(SMART if several else SMART[1:]), *own]
