"""First lines of texts for the list: made of what is here, or as a server says them.

A text that is here is read where it lies. For the rest the server is asked, if it can
say how texts begin (RFC 8970), and only about the rows on the screen: by one command
for what it has at hand, and by others for what it has to work out, few at a time, so
that somebody who opens a message need not wait for them. A text is never fetched for
this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from tuimail.engine.events import Event, FirstLinesKnown
from tuimail.engine.jobs import Job, Priority
from tuimail.engine.sync_imap import select_known
from tuimail.errors import Gone, ServerFault
from tuimail.mail.bare_text import bare_text
from tuimail.mail.first_line import first_line
from tuimail.mail.reading import opening_texts
from tuimail.mail.structure import parse_structure
from tuimail.mail.types import UID, ContentId, MailboxId, MessageId, SafeText
from tuimail.mail.uidset import UIDSet
from tuimail.store.first_lines import Unknown
from tuimail.store.store import Store
from tuimail.store.words import Filed

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

OCTETS = 128 * 1024
"""Of a part that are looked at: pages may have as much before their first word."""
FOLDERS_MAX = 5
"""Folders whose servers are asked for one screen: a list may be over very many."""
TOGETHER = 10
"""Messages whose texts a server has to work out for one command."""
NOTHING = SafeText("")
Lines = Iterable[tuple[ContentId, SafeText]]


class FirstLines:
    """Gets the first lines of what is on the screen, each once in a run."""

    def __init__(
        self,
        store: Store,
        submit: Callable[[str, Priority, Job], None],
        emit: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._submit = submit
        self._emit = emit
        self._lock = threading.Lock()
        self._wanted: dict[MailboxId, list[Unknown]] = {}
        """Of the screen as it is now, what nobody has begun with."""
        self._on_screen: frozenset[ContentId] = frozenset()
        self._asked: set[ContentId] = set()
        self._silent: set[str] = set()
        """Accounts whose servers cannot say how a text begins."""

    def want(self, messages: Collection[MessageId]) -> None:
        """These rows are on the screen, and no others any more; returns at once."""
        unknown = self._store.first_lines.unknown(messages)
        places: dict[MailboxId, list[Unknown]] = {}
        with self._lock:
            for each in unknown:
                silent = each.account in self._silent
                if not silent and each.content not in self._asked:
                    places.setdefault(each.mailbox, []).append(each)
            some = sorted(places, key=lambda box: -len(places[box]))[:FOLDERS_MAX]
            self._wanted = {mailbox: places[mailbox] for mailbox in some}
            self._on_screen = frozenset(each.content for each in unknown)
        for mailbox in some:
            account = places[mailbox][0].account
            run = partial(self._look, mailbox, account)
            job = Job(f"first lines {mailbox}", run)
            self._submit(account, Priority.REFRESH, job)

    def _look(self, mailbox: MailboxId, account: str, session: ImapSession) -> None:
        """What is on the screen of a folder by now: the screen may have moved on."""
        with self._lock:
            wanted = self._wanted.pop(mailbox, [])
            contents = {
                e.uid: e.content for e in wanted if e.content not in self._asked
            }
        if session.local:
            files = [Filed(content, mailbox, uid) for uid, content in contents.items()]
            self._keep(
                (f.content, line_of_file(session, self._store, f)) for f in files
            )
        elif not session.gives_previews:
            self._silent.add(account)
        elif contents:
            select_known(session, self._store, mailbox)
            self._ask(session, contents, lazy=True)
            self._work_out(mailbox, account, contents)

    def _work_out(
        self, mailbox: MailboxId, account: str, contents: dict[UID, ContentId]
    ) -> None:
        """Have the next few asked for that the server has not at hand."""
        left = {
            uid: content
            for uid, content in contents.items()
            if content not in self._asked and content in self._on_screen
        }
        if not left:
            return
        some = dict(islice(left.items(), TOGETHER))

        def run(session: ImapSession) -> None:
            select_known(session, self._store, mailbox)
            self._ask(session, some, lazy=False)
            self._done(some.values())
            self._work_out(mailbox, account, left)

        self._submit(account, Priority.REFRESH, Job(f"more first lines {mailbox}", run))

    def _ask(
        self, session: ImapSession, contents: dict[UID, ContentId], *, lazy: bool
    ) -> None:
        try:
            said = session.fetch_previews(UIDSet.of(contents), lazy=lazy)
        except ServerFault:
            # It would refuse again, whenever the cursor rests.
            self._done(contents.values())
            raise
        self._take(said, contents)

    def _take(self, said: dict[UID, bytes], contents: dict[UID, ContentId]) -> None:
        self._done(contents[uid] for uid in said)
        self._keep(
            (contents[uid], first_line(words.decode("utf-8", "replace")))
            for uid, words in said.items()
        )

    def _keep(self, lines: Lines) -> None:
        changed = self._store.first_lines.put(lines)
        if changed:
            self._emit(FirstLinesKnown(changed))

    def _done(self, contents: Iterable[ContentId]) -> None:
        with self._lock:
            self._asked.update(contents)


def line_of(store: Store, content: ContentId) -> SafeText:
    """What a content's text says first, as far as the text is in the cache."""
    structure = store.words.structure(content)
    if structure is not None:
        for part in opening_texts(parse_structure(structure)):
            data = store.parts.peek(content, part.section)
            if data is not None:
                return first_line(bare_text(data[:OCTETS], part))
    return NOTHING


def line_of_file(session: ImapSession, store: Store, filed: Filed) -> SafeText:
    """What the text of a message that lies here as a file says first."""
    structure = store.words.structure(filed.content)
    parts = opening_texts(parse_structure(structure)) if structure is not None else []
    try:
        select_known(session, store, filed.mailbox)
        for part in parts[:1]:
            data = session.fetch_section(
                filed.uid, part.section, offset=0, length=OCTETS
            )
            return first_line(bare_text(data, part))
    except (Gone, ServerFault):
        pass
    return NOTHING
