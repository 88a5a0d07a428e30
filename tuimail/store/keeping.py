"""What of the known messages is here, and what is not: for those who fetch ahead."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import NamedTuple

from tuimail.mail.types import ContentId, MailboxId, MessageId, RowKey, Section
from tuimail.store.database import Database


class Candidate(NamedTuple):
    """A message on a server whose parts may be fetched."""

    message: MessageId
    content: ContentId
    mailbox: MailboxId
    account: str
    arrival: int
    size: int
    structure: bytes | None
    readable: bool
    """Its text is here."""

    @property
    def key(self) -> RowKey:
        """Where it stands in its listing."""
        return RowKey(self.arrival, self.message)


class Keeping:
    """Queries over messages and parts; newest first, without a write."""

    def __init__(self, state: Database, cache: Database) -> None:
        self._state = state
        self._cache = cache

    def in_mailbox(
        self,
        mailbox: MailboxId,
        *,
        since: int = 0,
        below: RowKey | None = None,
        above: ContentId | None = None,
        unreadable: bool = False,
        limit: int = -1,
    ) -> list[Candidate]:
        """Messages shown in a mailbox that arrived after `since`, below a key.

        `unreadable`: only those whose text is not here. `above`: only those that
        became known after this one.
        """
        arrival, number = below or (2**62, 2**62)
        rows = self._state.rows(
            f"{_CANDIDATE} WHERE m.view_id=? AND m.internaldate>=?"
            " AND (m.internaldate, m.id) < (?, ?) AND c.id>?"
            f" AND {_FETCHABLE} AND (c.text_here=0 OR ?)"
            " ORDER BY m.internaldate DESC, m.id DESC LIMIT ?",
            (mailbox, since, arrival, number, above or 0, not unreadable, limit),
        )
        return [_candidate(row) for row in rows]

    def of(self, messages: Iterable[MessageId]) -> list[Candidate]:
        """These messages, as far as a server holds them."""
        rows = self._state.rows(
            "SELECT * FROM (SELECT value FROM json_each(?)) j CROSS JOIN"
            f" ({_CANDIDATE} WHERE {_FETCHABLE}) f ON f.number=j.value",
            (json.dumps(list(messages)),),
        )
        return [_candidate(row[1:]) for row in rows]

    def flagged(self, mailbox: MailboxId) -> list[Candidate]:
        """The flagged messages of a mailbox."""
        rows = self._state.rows(
            f"{_CANDIDATE} WHERE m.view_id=? AND (m.eff & 4)<>0 AND {_FETCHABLE}"
            " ORDER BY m.internaldate DESC, m.id DESC",
            (mailbox,),
        )
        return [_candidate(row) for row in rows]

    def here(self, contents: Collection[ContentId]) -> dict[ContentId, set[Section]]:
        """The parts of these contents that are here."""
        rows = self._cache.rows(
            "SELECT p.content_id, p.section FROM json_each(?) j CROSS JOIN part p"
            " ON p.content_id=j.value",
            (json.dumps(list(contents)),),
        )
        found: dict[ContentId, set[Section]] = {}
        for content, section in rows:
            found.setdefault(ContentId(content), set()).add(Section(section))
        return found

    def newest(self) -> ContentId:
        """The content that became known last; 0 when there is none."""
        return ContentId(self._state.value("SELECT ifnull(max(id), 0) FROM content"))

    def readable(self, mailbox: MailboxId, most: int = -1) -> int:
        """How many of the messages shown in a mailbox can be read without a network.

        Counts to `most`, when that is given.
        """
        return int(
            self._state.value(
                # By the contents that are here: mostly they are the fewer.
                "SELECT count(*) FROM (SELECT 1 FROM content c"
                " CROSS JOIN msg m ON m.content_id=c.id"
                " WHERE c.text_here<>0 AND m.view_id=? LIMIT ?)",
                (mailbox, most),
            )
        )


_CANDIDATE = """
SELECT m.id AS number, m.content_id, m.view_id, a.name, m.internaldate, c.size,
  c.structure, c.text_here
FROM msg m JOIN content c ON c.id=m.content_id JOIN mailbox b ON b.id=m.mailbox_id
  JOIN account a ON a.id=b.account_id"""
_FETCHABLE = "m.uid IS NOT NULL AND m.absent=0 AND m.gen=b.gen"


def _candidate(row: tuple[object, ...]) -> Candidate:
    made = Candidate(*row)  # type: ignore[arg-type]
    return made._replace(readable=bool(made.readable))
