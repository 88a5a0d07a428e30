"""Header rows: pages by key, neighbours, places. Every query here uses an index.

A listing is ordered by `RowKey`, newest first. Row counts are kept in columns: counting
100,000 rows takes longer than drawing a frame.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tuimail.mail.types import (
    UID,
    Address,
    ContentId,
    Flag,
    Gap,
    Header,
    MailboxId,
    MessageId,
    RowKey,
    SafeText,
    Standing,
)
from tuimail.store.database import Database
from tuimail.store.encode import load_envelope
from tuimail.store.flags import shown_keywords
from tuimail.store.gaps import gaps_of

if TYPE_CHECKING:
    from tuimail.store.values import Place, StoredContent


class Known(NamedTuple):
    """What the store has of a mailbox's listing."""

    rows: int
    gaps: tuple[Gap, ...]
    """Newest first."""
    synced_at: int | None


_TROUBLE = """
  (SELECT max(o.state IN('failed','asking')) + 2*max(o.state='unsure')
     + 4*max(o.state NOT IN('failed','asking','unsure'))
   FROM op_msg om JOIN op o ON o.id=om.op_id
   WHERE om.msg_id=m.id AND om.state IN('todo','sent','failed')
     AND o.state NOT IN('done','void'))"""
_FAILED, _UNSURE, _PENDING = 1, 2, 4
_COLUMNS = f"""
  SELECT m.id, m.content_id, ifnull(m.view_id, 0), m.uid, m.eff, m.s_kw, m.kw,
    m.internaldate, c.subject, c.sender_name, c.sender_addr, c.suspect, c.date,
    c.size, c.attach,
    c.text_here, c.preview, {_TROUBLE}"""
_SEEN = "(m.view_id IS NOT NULL OR m.id IN (SELECT msg_id FROM snooze))"
_HEADER = f"{_COLUMNS} FROM msg m JOIN content c ON c.id=m.content_id"
_CHOSEN = f"""{_COLUMNS} FROM json_each(?) j CROSS JOIN msg m ON m.id=j.value
  JOIN content c ON c.id=m.content_id WHERE {_SEEN}"""
_SOME = 500
"""Messages that are looked at by one query, where the first ones will mostly do."""
_DOWN = "ORDER BY m.internaldate DESC, m.id DESC LIMIT ?"
_UP = "ORDER BY m.internaldate, m.id LIMIT ?"
_BELOW = "AND (m.internaldate, m.id) < (?, ?)"
_ABOVE = "AND (m.internaldate, m.id) > (?, ?)"


class Messages:
    """Tables `msg` and `content`, to be read; `Sync` writes them."""

    def __init__(self, state: Database) -> None:
        self._state = state

    def page(
        self,
        mailbox: MailboxId,
        *,
        after: RowKey | None = None,
        before: RowKey | None = None,
        oldest: bool = False,
        limit: int = 64,
    ) -> list[Header]:
        """Up to `limit` rows, newest first.

        The newest ones; or those right below the key `after`, right above the key
        `before`, or the `oldest`. A key's own row need not exist any more.
        """
        if after is not None:
            return self._walk(mailbox, f"{_BELOW} {_DOWN}", after, limit)
        if before is not None:
            return self._walk(mailbox, f"{_ABOVE} {_UP}", before, limit)[::-1]
        if oldest:
            return self._walk(mailbox, _UP, None, limit)[::-1]
        return self._walk(mailbox, _DOWN, None, limit)

    def header(self, message: MessageId) -> Header | None:
        """One row; None when it is gone or hidden. A snoozed one is in mailbox 0."""
        row = self._state.row(f"{_HEADER} WHERE m.id=? AND {_SEEN}", (message,))
        return _header(row) if row else None

    def headers(self, messages: Iterable[MessageId]) -> list[Header]:
        """These rows, in the order asked for, without those that are gone."""
        found = (self.header(message) for message in messages)
        return [header for header in found if header is not None]

    def in_order(self, messages: Iterable[MessageId]) -> list[Header]:
        """These rows, in the order asked for; one that is gone is an empty row."""
        asked = list(messages)
        rows = self._state.rows(_CHOSEN, (json.dumps(asked),))
        found = {row[0]: _header(row) for row in rows}
        return [found.get(each) or _gone(each) for each in asked]

    def first_unread(self, messages: Iterable[int]) -> MessageId | None:
        """The first of these that is shown as unread; None for none."""
        chosen = list(messages)
        for start in range(0, len(chosen), _SOME):
            found = self._state.value(
                "SELECT m.id FROM json_each(?) j CROSS JOIN msg m ON m.id=j.value"
                " WHERE (m.eff & 1)=0 AND m.view_id IS NOT NULL ORDER BY j.key LIMIT 1",
                (json.dumps(chosen[start : start + _SOME]),),
            )
            if found is not None:
                return MessageId(found)
        return None

    def standing(self, messages: Iterable[MessageId]) -> Standing:
        """How these stand together."""
        # Beside a max() the other columns are those of its row.
        unread, newest, message, line = self._state.row(
            "SELECT ifnull(sum((m.eff & 1)=0), 0),"
            " max(ifnull(c.date, m.internaldate)), m.id, c.preview FROM json_each(?) j"
            " CROSS JOIN msg m ON m.id=j.value JOIN content c ON c.id=m.content_id"
            " WHERE m.view_id IS NOT NULL",
            (json.dumps(list(messages)),),
        )
        return Standing(not unread, newest or 0, message, line)

    def recipients(
        self, messages: Iterable[MessageId]
    ) -> dict[MessageId, tuple[list[Address], list[Address]]]:
        """Whom each of these is for, as it says: To and Cc; not safe to show."""
        rows = self._state.rows(
            "SELECT m.id, json_extract(c.envelope, '$.t'),"
            " json_extract(c.envelope, '$.c') FROM json_each(?) j"
            " CROSS JOIN msg m ON m.id=j.value JOIN content c ON c.id=m.content_id",
            (json.dumps(list(messages)),),
        )
        return {MessageId(id): (_people(to), _people(cc)) for id, to, cc in rows}

    def list_of(self, message: MessageId) -> str:
        """The List-Id of a message; empty when it came by no list."""
        found = self._state.value(
            "SELECT c.list_id FROM msg m JOIN content c ON c.id=m.content_id"
            " WHERE m.id=?",
            (message,),
        )
        return str(found or "")

    def ids(self, mailbox: MailboxId) -> list[MessageId]:
        """Every message that is shown in a mailbox, in no order."""
        rows = self._state.rows("SELECT id FROM msg WHERE view_id=?", (mailbox,))
        return [MessageId(number) for (number,) in rows]

    def unread(self, mailbox: MailboxId) -> list[MessageId]:
        """Every message that is shown in a mailbox as unread, in no order."""
        rows = self._state.rows(
            "SELECT id FROM msg WHERE view_id=? AND (eff & 1)=0", (mailbox,)
        )
        return [MessageId(number) for (number,) in rows]

    def shown_in(self, messages: Iterable[MessageId]) -> dict[MessageId, MailboxId]:
        """The mailbox in which each of these is shown; hidden ones are left out."""
        rows = self._state.rows(
            "SELECT m.id, m.view_id FROM json_each(?) j CROSS JOIN msg m"
            " ON m.id=j.value WHERE m.view_id IS NOT NULL",
            (json.dumps(list(messages)),),
        )
        return dict(rows)

    def neighbour(
        self, mailbox: MailboxId, key: RowKey, forward: bool = True
    ) -> Header | None:
        """The row right below (`forward`: older) or above a key."""
        tail = f"{_BELOW} {_DOWN}" if forward else f"{_ABOVE} {_UP}"
        return next(iter(self._walk(mailbox, tail, key, 1)), None)

    def next_unread(
        self, mailbox: MailboxId, key: RowKey, forward: bool = True
    ) -> Header | None:
        """The nearest row shown as unread below (`forward`: older) or above a key."""
        tail = f"{_BELOW} {_DOWN}" if forward else f"{_ABOVE} {_UP}"
        unread = f"AND (m.eff & 1)=0 {tail}"
        return next(iter(self._walk(mailbox, unread, key, 1)), None)

    def rank(self, mailbox: MailboxId, key: RowKey) -> int:
        """How many rows stand above a key.

        Counts index entries, from the end that is nearer in time: 2 ms per 50,000.
        """
        place = (mailbox, key.arrival, key.id)
        with self._state.snapshot():
            known, newest, oldest = self._state.row(_ENDS, (mailbox,)) or (0, 0, 0)
            if not known:
                return 0
            if newest - key.arrival <= key.arrival - oldest:
                return int(self._state.value(_RANK_FROM_TOP, place))
            return known - int(self._state.value(_RANK_FROM_END, place))

    def known(self, mailbox: MailboxId) -> Known:
        """How much of a mailbox is here; empty for an unknown mailbox."""
        with self._state.snapshot():
            row = self._state.row(
                "SELECT known, synced_at FROM mailbox WHERE id=?", (mailbox,)
            )
            if row is None:
                return Known(0, (), None)
            return Known(row[0], gaps_of(self._state, mailbox), row[1])

    def gaps(self, mailbox: MailboxId) -> tuple[Gap, ...]:
        """UIDs whose headers are not here, newest first."""
        with self._state.snapshot():
            return gaps_of(self._state, mailbox)

    def place(self, message: MessageId) -> Place | None:
        """Where the server holds a message; None when it is gone.

        Of one that is on its way into another account: where it still lies.
        """
        row = self._state.row(_PLACE, (self._origin(message),))
        if row is None:
            return None
        from tuimail.store.values import Place

        number, account, mailbox, wire_name, gen, uid, content, size = row
        return Place(
            MessageId(number),
            account,
            MailboxId(mailbox),
            bytes(wire_name),
            gen,
            None if uid is None else UID(uid),
            ContentId(content),
            size,
        )

    def _origin(self, message: MessageId) -> int:
        found = self._state.value(
            "SELECT json_extract(om.did, '$.from') FROM msg m"
            " JOIN op_msg om ON om.msg_id=m.id JOIN op o ON o.id=om.op_id"
            " JOIN msg x ON x.id=json_extract(om.did, '$.from') AND x.absent IN(0, 1)"
            " WHERE m.id=? AND m.absent=3 AND o.kind='append'",
            (message,),
        )
        return message if found is None else int(found)

    def content(self, message: MessageId) -> StoredContent | None:
        """The whole envelope and the structure of a message; None when it is gone."""
        row = self._state.row(
            "SELECT c.id, c.size, c.envelope, c.structure, c.attach, c.problem"
            " FROM msg m JOIN content c ON c.id=m.content_id WHERE m.id=?",
            (message,),
        )
        if row is None:
            return None
        from tuimail.store.values import StoredContent

        content, size, envelope, structure, attach, problem = row
        return StoredContent(
            ContentId(content),
            size,
            load_envelope(envelope),
            structure,
            bool(attach),
            problem,
        )

    def structure(self, message: MessageId) -> bytes | None:
        """BODYSTRUCTURE of a message as it came; None when there is none."""
        found = self._state.value(
            "SELECT c.structure FROM msg m JOIN content c ON c.id=m.content_id"
            " WHERE m.id=?",
            (message,),
        )
        return None if found is None else bytes(found)

    def _walk(
        self, mailbox: MailboxId, tail: str, key: RowKey | None, limit: int
    ) -> list[Header]:
        place = (key.arrival, key.id) if key else ()
        rows = self._state.rows(
            f"{_HEADER} WHERE m.view_id=? {tail}", (mailbox, *place, limit)
        )
        return [_header(row) for row in rows]


_ENDS = """
SELECT known, (SELECT max(internaldate) FROM msg WHERE view_id=b.id),
  (SELECT min(internaldate) FROM msg WHERE view_id=b.id)
FROM mailbox b WHERE b.id=?"""
# Two counts: comparing pairs takes twice as long as comparing the arrival alone.
_RANK_FROM_TOP = """
SELECT (SELECT count(*) FROM msg WHERE view_id=?1 AND internaldate>?2)
  + (SELECT count(*) FROM msg WHERE view_id=?1 AND internaldate=?2 AND id>?3)"""
_RANK_FROM_END = """
SELECT (SELECT count(*) FROM msg WHERE view_id=?1 AND internaldate<?2)
  + (SELECT count(*) FROM msg WHERE view_id=?1 AND internaldate=?2 AND id<=?3)"""
_PLACE = """
SELECT m.id, a.name, b.id, b.wire_name, m.gen,
  CASE WHEN m.gen=b.gen AND m.absent=0 THEN m.uid END, c.id, c.size
FROM msg m JOIN mailbox b ON b.id=m.mailbox_id JOIN account a ON a.id=b.account_id
  JOIN content c ON c.id=m.content_id
WHERE m.id=?"""


class _Flags(dict[int, Flag]):
    """Made once for each sum of bits: that costs as much as reading the row."""

    def __missing__(self, bits: int) -> Flag:
        return self.setdefault(bits, Flag(bits))


_FLAGS = _Flags()
_NO_KEYWORDS: frozenset[str] = frozenset()


def _people(stored: str | None) -> list[Address]:
    found = json.loads(stored) if stored else []
    return [Address(name, addr, bool(suspect)) for name, addr, suspect in found]


def _gone(message: MessageId) -> Header:
    """In place of a row that has left since its order was worked out."""
    words = SafeText("(no longer here)")
    empty = SafeText("")
    who, when = (words, empty, empty), (0, 0, 0)
    place = ContentId(0), MailboxId(0)
    return Header(
        *(message, *place, None, Flag.SEEN, _NO_KEYWORDS, *who, False, *when, False),
        first_line=empty,
    )


def _header(row: Any) -> Header:
    message, content, mailbox, uid, eff, s_kw, kw, arrival = row[:8]
    subject, sender, addr, suspect, date, size, attach, here, first, trouble = row[8:]
    keywords = shown_keywords(s_kw, kw) if s_kw or kw else _NO_KEYWORDS
    trouble = trouble or 0
    return Header(
        message,
        content,
        mailbox,
        uid,
        _FLAGS[eff & 255],
        keywords,
        subject,
        sender,
        addr,
        bool(suspect),
        arrival if date is None else date,
        arrival,
        size,
        bool(attach),
        bool(trouble & _PENDING),
        bool(trouble & _FAILED),
        bool(trouble & _UNSURE),
        bool(here),
        first,
    )
