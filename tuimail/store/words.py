"""The index of words: headers as they come, texts as they are read or kept here.

It lies in cache.db and knows contents, not messages, so moves and flags do not touch
it. What is gone stays in it until it is made anew, and joins nothing. A word is what
`mail.query_words` calls one, so the index and a query agree whatever the language.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import NamedTuple

from tuimail.mail.query_words import tokens
from tuimail.mail.types import UID, AccountId, ContentId, MailboxId, MessageId
from tuimail.store.database import Database
from tuimail.store.identity import agree

_MARK = "head words"
NEWEST = 2**62
"""A number above that of every content."""
STEP = 200
"""Contents whose headers are indexed at a time."""
TEXT_MAX = 128 * 1024
"""Characters of a text that are indexed."""


class Filed(NamedTuple):
    """A content, and one file that it is in."""

    content: ContentId
    mailbox: MailboxId
    uid: UID


class Words:
    """Tables `head_words` and `body_words`: kept up to date a batch at a time."""

    def __init__(self, state: Database, cache: Database) -> None:
        self._state = state
        self._cache = cache
        self.read_through: set[str] = set()
        """Accounts of files of which this run has seen all texts in the index."""
        if agree(state, cache, "words of"):
            self.clear()

    def clear(self) -> None:
        """Begin anew: nothing is indexed."""
        with self._cache.write(durable=False) as tx:
            for table in ("head_words", "body_words"):
                tx.execute(f"INSERT INTO {table}({table}) VALUES('delete-all')")
            tx.execute("DELETE FROM body_indexed")
            tx.execute("DELETE FROM meta WHERE k=?", (_MARK,))

    @property
    def mark(self) -> int:
        """Headers of contents up to this one are indexed."""
        return int(self._cache.value("SELECT v FROM meta WHERE k=?", (_MARK,)) or 0)

    def step(self, limit: int = STEP) -> int:
        """Index the headers of the next contents; gives how many, 0 at the end."""
        mark = self.mark
        found = self._state.rows(_HEADS, (mark, limit))
        if not found:
            return 0
        rows = [_head(*row) for row in found]
        with self._cache.write(durable=False) as tx:
            if self.mark != mark:
                # Somebody else was quicker.
                return len(found)
            tx.executemany(
                "INSERT INTO head_words(rowid, subject, sender, rcpt, list)"
                " VALUES(?,?,?,?,?)",
                rows,
            )
            tx.execute(
                "INSERT OR REPLACE INTO meta VALUES(?, ?)", (_MARK, str(rows[-1][0]))
            )
        return len(found)

    def catch_up(self, most: int) -> None:
        """Index headers that have just come; not more than so many at once."""
        behind = self.behind()
        if behind > most:
            return
        # No more than that: while headers pour in there is always one more.
        for _ in range(0, behind, STEP):
            self.step(STEP)

    def unread_texts(self, limit: int = 50) -> list[ContentId]:
        """Contents whose text is in the cache and not indexed; the newest first."""
        found: list[ContentId] = []
        below = 2**62
        while len(found) < limit:
            here = [id for (id,) in self._state.rows(_HERE, (below, 500))]
            if not here:
                break
            have = self._indexed(here)
            found += [ContentId(id) for id in here if id not in have]
            below = here[-1]
        return found[:limit]

    def unread_files(
        self, account: AccountId, limit: int = 50, beneath: int = NEWEST
    ) -> list[Filed]:
        """Messages of an account of files whose text is not indexed; newest first.

        When the newest are indexed it goes on `beneath` a content, so that many are
        not passed over again for each few that are read.
        """
        found: list[Filed] = []
        below = NEWEST
        while len(found) < limit:
            rows = self._state.rows(_FILES, (account, below))
            if not rows:
                break
            have = self._indexed([row[0] for row in rows])
            found += [Filed(*row) for row in rows if row[0] not in have]
            below = rows[-1][0] if found else min(rows[-1][0], beneath)
        return found[:limit]

    def _indexed(self, contents: list[int]) -> set[int]:
        return {id for (id,) in self._cache.rows(_INDEXED, (json.dumps(contents),))}

    def known(self, messages: Collection[MessageId]) -> set[MessageId]:
        """Those of these messages whose text is in the index."""
        rows = self._state.rows(_CONTENTS, (json.dumps(list(messages)),))
        have = self._indexed([content for _, content in rows])
        return {MessageId(message) for message, content in rows if content in have}

    def structure(self, content: ContentId) -> bytes | None:
        """The structure of a content as it came; None when there is none."""
        found = self._state.value(
            "SELECT structure FROM content WHERE id=?", (content,)
        )
        return None if found is None else bytes(found)

    def put_texts(self, texts: Iterable[tuple[ContentId, str]]) -> None:
        """Index texts; an empty one is only noted, so that it is not asked for again.

        One that is indexed already is left alone.
        """
        rows = [(id, " ".join(tokens(text[:TEXT_MAX]))) for id, text in texts]
        with self._cache.write(durable=False) as tx:
            for id, words in rows:
                added = tx.execute(
                    "INSERT OR IGNORE INTO body_indexed VALUES(?)", (id,)
                )
                if added.rowcount and words:
                    tx.execute(
                        "INSERT INTO body_words(rowid, body) VALUES(?,?)", (id, words)
                    )

    def behind(self) -> int:
        """How many contents' headers are not indexed, at most."""
        newest = self._state.value("SELECT ifnull(max(id), 0) FROM content")
        return max(0, int(newest) - self.mark)

    def contents(self) -> int:
        """How many contents there are."""
        return int(self._state.value("SELECT count(*) FROM content"))

    def texts(self) -> int:
        """How many texts are indexed."""
        return int(self._cache.value("SELECT count(*) FROM body_indexed"))


_HEADS = """
SELECT id, subject, sender_name, sender_addr, envelope FROM content
WHERE id>? ORDER BY id LIMIT ?"""
_HERE = """
SELECT id FROM content WHERE text_here<>0 AND id<?
  AND account_id IN (SELECT id FROM account WHERE kind='imap')
  ORDER BY id DESC LIMIT ?"""
_FILES = """
SELECT c.id, m.mailbox_id, min(m.uid) FROM content c
  JOIN msg m ON m.content_id=c.id JOIN mailbox b ON b.id=m.mailbox_id AND b.gen=m.gen
  WHERE c.account_id=? AND c.text_here<>0 AND c.id<? AND m.uid IS NOT NULL
  GROUP BY c.id ORDER BY c.id DESC LIMIT 500"""
_CONTENTS = """
SELECT m.id, m.content_id FROM json_each(?) j CROSS JOIN msg m ON m.id=j.value"""
_INDEXED = """
SELECT content_id FROM json_each(?) j
  CROSS JOIN body_indexed ON content_id=j.value"""


def _head(
    content: int, subject: str, name: str, addr: str, envelope: str
) -> tuple[int, str, str, str, str]:
    get = json.loads(envelope).get
    sender = [f"{name} {addr}", *(_person(each) for each in get("f", ())[1:])]
    people = [_person(each) for each in (*get("t", ()), *get("c", ()))]
    return (
        content,
        " ".join(tokens(subject)),
        " ".join(tokens(" ".join(sender))),
        " ".join(tokens(" ".join(people))),
        " ".join(tokens(get("l", ""))),
    )


def _person(stored: list[str]) -> str:
    return f"{stored[0]} {stored[1]}"
