"""First lines of texts, in the column `content.preview`.

They belong to the content, so they follow a message through moves, copies and a new
UIDVALIDITY, and go with it. They are kept when a text leaves the cache: they are as
small as a subject, and as public to who reads the list.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import NamedTuple

from tuimail.mail.types import (
    UID,
    AccountId,
    ContentId,
    MailboxId,
    MessageId,
    SafeText,
)
from tuimail.store.database import Database
from tuimail.store.words import Filed

HIGHEST = 2**62


class Unknown(NamedTuple):
    """A message whose first line is not known."""

    content: ContentId
    account: str
    mailbox: MailboxId
    """Where the server holds it."""
    uid: UID


class FirstLines:
    """What is known of them; '' where there is none, so that nobody looks again."""

    def __init__(self, state: Database) -> None:
        self._state = state
        self._below = HIGHEST
        """Texts of contents from here on were looked at in this run."""
        self._files_below: dict[AccountId, int] = {}
        self._coming = threading.Lock()
        self._came: set[ContentId] = set()
        """Contents of which a text came into the cache since."""

    def came(self, content: ContentId) -> None:
        """A text is in the cache; any thread."""
        with self._coming:
            self._came.add(content)

    def put(self, lines: Iterable[tuple[ContentId, SafeText]]) -> frozenset[MessageId]:
        """Keep first lines; one that is known stays. Gives the rows that differ now."""
        wanted = list(lines)
        if not wanted:
            return frozenset()
        with self._state.write(durable=False) as tx:
            changed = [
                content
                for content, line in wanted
                if tx.execute(_PUT, (line, content)).rowcount and line
            ]
        rows = self._state.rows(_SHOWN, (json.dumps(changed),)) if changed else []
        return frozenset(MessageId(number) for (number,) in rows)

    def unread_texts(self, limit: int) -> list[ContentId]:
        """The next contents with a text in the cache and no line.

        First those that came, then, once in a run, all others, the newest first.
        """
        with self._coming:
            came, self._came = self._came, set()
        rows = self._state.rows(_CAME, (json.dumps(list(came)),)) if came else []
        if rows:
            return [ContentId(number) for (number,) in rows]
        if not self._below:
            return []
        rows = self._state.rows(_HERE, (self._below, limit))
        self._below = rows[-1][0] if rows else 0
        return [ContentId(number) for (number,) in rows]

    def unread_files(self, account: AccountId, limit: int) -> list[Filed]:
        """The same for messages of an account of files."""
        below = self._files_below.get(account, HIGHEST)
        rows = self._state.rows(_FILES, (account, below, limit)) if below else []
        self._files_below[account] = rows[-1][0] if rows else 0
        return [Filed(*row) for row in rows]

    def unknown(self, messages: Iterable[MessageId]) -> list[Unknown]:
        """Those of the messages whose first line is to be had where they lie.

        Not those whose text is in the cache: it will be made from that. Nor what waits
        in a maildrop, or has no address at the moment.
        """
        rows = self._state.rows(_UNKNOWN, (json.dumps(list(messages)),))
        return [Unknown(*row) for row in rows]


_PUT = """
UPDATE content SET preview=?1 WHERE id=?2
  AND (preview IS NULL OR preview='' AND ?1<>'')"""
_SHOWN = """
SELECT m.id FROM json_each(?) j CROSS JOIN msg m ON m.content_id=j.value
  WHERE m.view_id IS NOT NULL"""
_CAME = """
SELECT c.id FROM json_each(?) j CROSS JOIN content c ON c.id=j.value
  WHERE c.text_here<>0 AND ifnull(c.preview, '')='' AND c.structure IS NOT NULL"""
_HERE = """
SELECT id FROM content WHERE text_here<>0 AND id<? AND preview IS NULL
  AND structure IS NOT NULL
  AND account_id IN (SELECT id FROM account WHERE kind='imap')
  ORDER BY id DESC LIMIT ?"""
_FILES = """
SELECT c.id, m.mailbox_id, min(m.uid) FROM content c
  JOIN msg m ON m.content_id=c.id JOIN mailbox b ON b.id=m.mailbox_id AND b.gen=m.gen
  WHERE c.account_id=? AND c.text_here<>0 AND c.id<? AND c.preview IS NULL
    AND m.uid IS NOT NULL
  GROUP BY c.id ORDER BY c.id DESC LIMIT ?"""
# CROSS JOIN fixes the order: some messages are asked for, never all of a table.
_UNKNOWN = """
SELECT c.id, a.name, b.id, m.uid FROM json_each(?) j
  CROSS JOIN msg m ON m.id=j.value CROSS JOIN content c ON c.id=m.content_id
  JOIN mailbox b ON b.id=m.mailbox_id JOIN account a ON a.id=b.account_id
  WHERE c.preview IS NULL AND m.uid IS NOT NULL AND m.gen=b.gen AND m.absent=0
    AND (c.text_here<>0)=(a.kind<>'imap')"""
