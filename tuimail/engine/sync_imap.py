"""Bring what we know of a mailbox up to date: session in, store out.

A refresh never asks for more than a window of headers, whatever the mailbox holds.
What is known is a set of UID spans in which every message has a row; a refresh takes
changes inside the spans and extends the newest span upwards. Going down is `extend`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuimail.errors import Gone
from tuimail.mail.charset import header_in_utf8
from tuimail.mail.headers import parse_envelope
from tuimail.mail.structure import has_attachment, leaves, parse_structure
from tuimail.mail.types import UID, FlagSet, MailboxId, MessageId, ModSeq
from tuimail.mail.uidset import UIDSet
from tuimail.net.session import FetchRow, Resume, Selected
from tuimail.store.store import Store
from tuimail.store.values import Batch, Row, SyncState

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

NEW_LIMIT = 1000
"""Most headers one refresh fetches for new mail; older ones stay a gap."""
EXTEND_COUNT = 200
"""Headers fetched at a time when somebody scrolls towards what is not here."""
ANCHOR = 10
"""Headers fetched of a mailbox that is searched and was never looked at."""
HIGHEST = 2**32 - 1


@dataclass(slots=True)
class Outcome:
    """What a refresh changed, for those who watch."""

    added: list[MessageId] = field(default_factory=list)
    changed: list[MessageId] = field(default_factory=list)
    removed: list[MessageId] = field(default_factory=list)
    new: list[MessageId] = field(default_factory=list)
    """Of the added ones, those that arrived since the last refresh."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class MailboxSync:
    """One mailbox being brought up to date on one connection."""

    def __init__(
        self,
        session: ImapSession,
        store: Store,
        mailbox: MailboxId,
        *,
        news: bool = True,
    ) -> None:
        self.session = session
        self.store = store
        self.mailbox = mailbox
        self.news = news
        """What has come is news; not so while a maildrop is listed the first time."""
        self.outcome = Outcome()
        self.state: SyncState = store.sync.state(mailbox)

    def refresh(self, window: int) -> Outcome:
        """Take over everything that changed since the last refresh.

        The newest `window` headers are fetched when nothing is known yet.
        """
        selected = self._select()
        if not self.state.spans:
            self._first_window(selected, window)
        else:
            self._take_changes(selected)
            self._take_new(selected, window)
        return self.outcome

    def extend(self, lo: UID, hi: UID) -> Outcome:
        """Fetch the newest headers among the unknown UIDs lo … hi.

        Where a search has left many small gaps, those below go with this one.
        """
        if not UIDSet([(lo, hi)]) - self.state.spans:
            return self.outcome
        selected = self._select()
        if not self.state.spans:
            self._first_window(selected, EXTEND_COUNT)
            return self.outcome
        self._catch_up(selected)
        # Beyond UIDNEXT nothing is known: mail that comes there must not be covered.
        hi = UID(min(hi, (selected.uidnext or self.state.spans.max + 1) - 1))
        wanted = (UIDSet([(1, hi)]) - self.state.spans).newest(EXTEND_COUNT)
        if hi < lo or not wanted:
            return self.outcome
        rows = self.session.fetch_headers(wanted)
        self._apply(rows, wanted)
        rest = UIDSet([(lo, hi)]) - self.state.spans
        if len(rows) < EXTEND_COUNT // 4 and rest:
            # Few of the UIDs are messages: the server says which.
            there = self.session.search_uids(b"ALL", within=rest)
            wanted = there.newest(EXTEND_COUNT)
            bottom = wanted.min if len(there) > len(wanted) else rest.min
            rows = self.session.fetch_headers(wanted) if wanted else []
            self._apply(rows, rest & UIDSet([(bottom, rest.max)]))
        return self.outcome

    def oldest(self, count: int) -> Outcome:
        """Fetch the oldest headers, leaving a gap above them."""
        selected = self._select()
        self._catch_up(selected)
        rows = self.session.fetch_oldest(count)
        uids = [row.uid for row in rows if row.uid]
        if len(rows) >= selected.exists and selected.uidnext:
            self._apply(rows, UIDSet([(1, max(1, selected.uidnext - 1))]))
        elif uids:
            self._apply(rows, UIDSet([(1, max(uids))]))
        return self.outcome

    def around(self, before: bytes, count: int) -> Outcome:
        """Fetch the newest headers that arrived before a date (`22-Nov-2026`)."""
        selected = self._select()
        self._catch_up(selected)
        found = self.session.search_uids(b"BEFORE " + before).newest(count)
        if found:
            span = UIDSet([(found.min, found.max)])
            for part in (span - self.state.spans).chunks(EXTEND_COUNT):
                self._apply(self.session.fetch_headers(part), part)
        return self.outcome

    def ready(self) -> None:
        """Have the mailbox selected for a search; what changed in it is left alone.

        Of one that was never looked at a few headers are fetched: so what comes later
        is told from what lay there before.
        """
        select_known(self.session, self.store, self.mailbox)
        if not self.state.spans:
            selected = self._select()
            self._first_window(selected, ANCHOR)

    def bring(self, uids: UIDSet, most: int) -> UIDSet:
        """Fetch headers of those UIDs that have none, the `most` newest at most.

        Gives those of the UIDs that are known then. What is above all that is known is
        new mail: a refresh brings it.
        """
        there = uids & self.below
        wanted = (there - self.state.spans).newest(most)
        for part in wanted.chunks():
            self._apply(self.session.fetch_headers(part), part)
        return there & self.state.spans

    @property
    def below(self) -> UIDSet:
        """Every UID up to the highest that is known."""
        spans = self.state.spans
        return UIDSet([(1, spans.max)]) if spans else UIDSet()

    def _select(self) -> Selected:
        state, session = self.state, self.session
        resume = None
        if state.uidvalidity and state.modseq and state.spans:
            floor = state.spans.min
            known = UIDSet([(floor, HIGHEST)])
            resume = Resume(state.uidvalidity, state.modseq, known)
        wire_name = self.store.mailboxes.wire_name(self.mailbox)
        selected = session.select(wire_name, resume=resume)
        if state.uidvalidity not in (None, selected.uidvalidity):
            self.store.sync.new_generation(self.mailbox, selected.uidvalidity)
            self.state = self.store.sync.state(self.mailbox)
        return selected

    def _catch_up(self, selected: Selected) -> None:
        """What SELECT itself told must not get lost when a window is all we want.

        Files tell nothing by being listed; a refresh compares them.
        """
        if self.state.spans and not self.session.local:
            self._take_changes(selected)

    def _first_window(self, selected: Selected, window: int) -> None:
        rows = self.session.fetch_newest(window) if selected.exists else []
        uids = [row.uid for row in rows if row.uid]
        top = (selected.uidnext or (max(uids, default=0) + 1)) - 1
        bottom = 1 if selected.exists <= len(rows) else min(uids, default=top + 1)
        span = UIDSet([(bottom, max(bottom, top))]) if top >= bottom else UIDSet()
        # Where no message ever was, the first one is news.
        news = self.news and self.state.uidnext == 1
        applied = self._apply(rows, span, selected, news=news)
        if news:
            self.outcome.new.extend(applied)

    def _take_changes(self, selected: Selected) -> None:
        state = self.state
        if selected.resumed:
            flags, vanished = list(selected.changed), selected.vanished
        elif state.modseq is not None and selected.modseq == state.modseq:
            flags, vanished = [], self._missing(selected)
        else:
            known = state.spans
            since = state.modseq if selected.modseq is not None else None
            flags = self.session.fetch_flags(known, changed_since=since)
            vanished = self._missing(selected)
        self._store(
            Batch(
                flags=flag_changes(flags),
                vanished=vanished,
                uidvalidity=selected.uidvalidity,
                modseq=self._trusted_modseq(selected),
                exists=selected.exists,
            )
        )
        if self.session.local:
            self._take_back(flags)

    def _take_back(self, seen: list[FetchRow]) -> None:
        """A file that was away and is there again has the UID it had.

        No server does that; with files another program may have moved it to and fro.
        """
        listed = UIDSet.of(row.uid for row in seen if row.uid is not None)
        back = listed - self.store.sync.known_uids(self.mailbox)
        if back:
            self._apply(self.session.fetch_headers(back), back)

    def _trusted_modseq(self, selected: Selected) -> ModSeq | None:
        return selected.modseq

    def _missing(self, selected: Selected) -> UIDSet:
        """Known UIDs that two listings, one after the other, do not have.

        One listing is no proof: servers answer short while they rebuild an index.
        """
        if self._count_agrees(selected):
            return UIDSet()
        known = self.store.sync.known_uids(self.mailbox)
        listed = self.session.search_uids(b"ALL", within=self.state.spans)
        missing = known - listed
        if missing:
            missing = missing - self.session.search_uids(b"ALL", within=missing)
        return missing

    def _count_agrees(self, selected: Selected) -> bool:
        """Nothing can have gone when we know all and the arithmetic is right."""
        state = self.state
        if selected.uidnext is None or state.uidnext is None:
            return False
        whole = UIDSet([(1, max(1, state.uidnext - 1))])
        if whole - state.spans or selected.uidnext != state.uidnext:
            return False
        return len(self.store.sync.known_uids(self.mailbox)) == selected.exists

    def _take_new(self, selected: Selected, window: int) -> None:
        known_top = self.state.spans.max
        uidnext = selected.uidnext
        if uidnext is not None and uidnext - 1 <= known_top:
            self._settle(selected)
            return
        if uidnext is None or uidnext - 1 - known_top > NEW_LIMIT:
            rows = self.session.fetch_newest(max(window, 50))
            fresh = [row for row in rows if row.uid and row.uid > known_top]
            reached = len(fresh) < len(rows)
            bottom = known_top + 1
            if not reached:
                bottom = min((r.uid for r in fresh if r.uid), default=bottom)
            rows = fresh
        else:
            bottom = known_top + 1
            rows = self.session.fetch_headers(UIDSet([(bottom, uidnext - 1)]))
        top = max([r.uid for r in rows if r.uid] + [(uidnext or 1) - 1])
        span = UIDSet([(bottom, top)]) if top >= bottom else UIDSet()
        applied = self._apply(rows, span, selected, news=self.news)
        if self.news:
            self.outcome.new.extend(applied)

    def _settle(self, selected: Selected) -> None:
        """Nothing new: note that the server confirmed what we have."""
        self._store(
            Batch(
                uidvalidity=selected.uidvalidity,
                uidnext=selected.uidnext,
                modseq=self._trusted_modseq(selected),
                exists=selected.exists,
                synced=True,
            )
        )

    def _apply(
        self,
        rows: list[FetchRow],
        span: UIDSet,
        selected: Selected | None = None,
        *,
        news: bool = False,
    ) -> list[MessageId]:
        batch = Batch(rows=header_rows(rows, span), span=span, news=news)
        if selected is not None:
            batch = batch._replace(
                uidvalidity=selected.uidvalidity,
                uidnext=selected.uidnext,
                modseq=self._trusted_modseq(selected),
                exists=selected.exists,
                synced=True,
            )
        return self._store(batch)

    def _store(self, batch: Batch) -> list[MessageId]:
        batch = batch._replace(gen=self.state.gen)
        applied = self.store.sync.apply(self.mailbox, batch)
        self.outcome.added.extend(applied.added)
        self.outcome.changed.extend(applied.changed)
        self.outcome.removed.extend(applied.removed)
        self.state = self.store.sync.state(self.mailbox)
        return list(applied.added)


def header_rows(rows: list[FetchRow], within: UIDSet) -> list[Row]:
    """Rows for the store from FETCH responses; those outside `within` are dropped.

    A server answers `n:*` with its last message even when that is below n, and may
    push rows nobody asked for (RFC 9051 §6.4.9).
    """
    wanted = [row for row in rows if row.uid is not None and row.uid in within]
    return [_header_row(row) for row in wanted]


def _header_row(row: FetchRow) -> Row:
    assert row.uid is not None
    header = row.header or b""
    return Row(
        uid=row.uid,
        arrival=row.arrival or 0,
        size=row.size or 0,
        flags=row.flags or FlagSet(),
        modseq=row.modseq,
        envelope=parse_envelope(_in_its_charset(header, row.structure)),
        structure=row.structure,
        attach=bool(row.structure and has_attachment(row.structure)),
        hdr_hash=hashlib.blake2b(header, digest_size=16).digest(),
        problem=row.problem,
    )


def _in_its_charset(header: bytes, structure: bytes | None) -> bytes:
    """Raw octets in a header are mostly in the charset of the text below it."""
    if header.isascii() or structure is None:
        return header
    texts = (p for p in leaves(parse_structure(structure)) if p.param("charset"))
    first = next((p for p in texts if p.media_type.startswith("text/")), None)
    return header if first is None else header_in_utf8(header, first.param("charset"))


def flag_changes(rows: list[FetchRow]) -> list[tuple[UID, FlagSet, ModSeq | None]]:
    """UID, flags and MODSEQ of those rows that carry both UID and FLAGS."""
    return [
        (row.uid, row.flags, row.modseq)
        for row in rows
        if row.uid is not None and row.flags is not None
    ]


def select_known(session: ImapSession, store: Store, mailbox: MailboxId) -> None:
    """Have `mailbox` selected, for a command on UIDs that the store knows.

    Raises Gone when the server has renumbered it: our UIDs would name other messages.
    """
    wire_name = store.mailboxes.wire_name(mailbox)
    if session.selected == wire_name:
        return
    selected = session.select(wire_name)
    known = store.sync.state(mailbox).uidvalidity
    if known not in (None, selected.uidvalidity):
        store.sync.new_generation(mailbox, selected.uidvalidity)
        raise Gone("The server has renumbered this folder; it is being read again.")
