"""Fetched pieces of messages: a cache that may vanish at any moment.

Small parts are rows of `cache.db`, big ones files beside it: a blob is bound whole, and
committing a large one holds up every other writer. A part is found by the content it
belongs to, so it follows a message through moves and copies.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

from tuimail.mail.types import ContentId, Section
from tuimail.store.database import Database, private_folder
from tuimail.store.spool import Spool

__all__ = ["Parts", "Spool"]

FILE_OCTETS = 8 * 1024 * 1024
"""Parts above this are files."""
_SAMPLE = 16 * 1024
_PAGES = 2000


class Parts:
    """Table `part` of cache.db, and `content.text_here`: what can be read."""

    def __init__(self, state: Database, cache: Database) -> None:
        self._state = state
        self._cache = cache
        # A part and the mark that it is here change together.
        self._changing = threading.Lock()
        self._folder = cache.path.parent / "parts"
        private_folder(self._folder)
        _agree(state, cache)
        self._sweep()

    def get(self, content: ContentId, section: Section) -> bytes | None:
        """The octets of a part as they were fetched; None when it is not here."""
        used = self._cache.value(
            "SELECT used FROM part WHERE content_id=? AND section=?",
            (content, section),
        )
        if used is not None and used != (now := _hour()):
            self._touch(content, section, now)
        return None if used is None else self.peek(content, section)

    def peek(self, content: ContentId, section: Section) -> bytes | None:
        """The same for somebody who only passes by: it is not kept longer for that."""
        row = self._cache.row(
            "SELECT enc, data FROM part WHERE content_id=? AND section=?",
            (content, section),
        )
        if row is None:
            return None
        enc, data = row
        if enc == "f":
            return self._read_file(content, section, data.decode())
        return zlib.decompress(data) if enc == "z" else bytes(data)

    def put(
        self,
        content: ContentId,
        section: Section,
        data: bytes,
        *,
        text: bool | None = None,
        ahead: bool = False,
    ) -> None:
        """Keep a part. `text`: with it the message can be read (None: find out).

        `ahead`: nobody has looked at it yet, so it leaves sooner.
        """
        if len(data) > FILE_OCTETS:
            spool = self.begin(content, section, text=text)
            spool.append(data)
            spool.commit()
        else:
            enc, kept = _packed(data)
            self._insert(content, section, enc, len(data), kept, text)
        if ahead:
            self._touch(content, section, 0)

    def begin(
        self, content: ContentId, section: Section, *, text: bool | None = None
    ) -> Spool:
        """Take a part in pieces; nothing of it is here before `Spool.commit`."""
        path = self._folder / f"{os.urandom(12).hex()}.tmp"
        return Spool(path, lambda size: self._adopt(content, section, path, size, text))

    def has(self, content: ContentId, section: Section) -> bool:
        """Whether a part is here."""
        return self.size(content, section) is not None

    def size(self, content: ContentId, section: Section) -> int | None:
        """Octets of a part; None when it is not here."""
        found = self._cache.value(
            "SELECT rawlen FROM part WHERE content_id=? AND section=?",
            (content, section),
        )
        return None if found is None else int(found)

    def sections(self, content: ContentId) -> frozenset[Section]:
        """The parts of a content that are here."""
        rows = self._cache.rows(
            "SELECT section FROM part WHERE content_id=?", (content,)
        )
        return frozenset(Section(section) for (section,) in rows)

    def octets(self) -> int:
        """What all parts take on the disk, about."""
        return int(self._cache.value("SELECT ifnull(sum(kept), 0) FROM part"))

    def evict(self, limit: int, keep: Iterable[ContentId] = ()) -> int:
        """Drop parts in the order of `eviction` until `limit` octets are left.

        Gives the octets freed. Parts that a live operation needs, those of pinned
        folders and of `keep` stay, whatever the limit. The room is given back to the
        disk. Not for the screen's thread: it may take a while.
        """
        excess = self.octets() - limit
        if excess <= 0:
            return 0
        # Late: most runs never need it.
        from tuimail.store.eviction import Leaving

        leaving, freed = Leaving(self._state, self._cache, keep), 0
        while excess > freed and (chosen := leaving.next(excess - freed)):
            freed += self._drop(chosen)
        if freed:
            self.shrink()
        return freed

    def forget(self, contents: Iterable[int]) -> None:
        """Drop every part of contents that no longer exist."""
        gone = json.dumps(list(contents))
        if gone == "[]":
            return
        rows = self._cache.rows(
            "SELECT content_id, section FROM part"
            " WHERE content_id IN (SELECT value FROM json_each(?))",
            (gone,),
        )
        if rows:
            self._drop(rows)

    def _touch(self, content: ContentId, section: Section, now: int) -> None:
        with self._cache.write(durable=False) as tx:
            tx.execute(
                "UPDATE part SET used=? WHERE content_id=? AND section=?",
                (now, content, section),
            )

    def _read_file(
        self, content: ContentId, section: Section, name: str
    ) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            # Someone tidied the cache folder: then it is simply not here.
            self._drop([(content, section)])
            return None

    def _adopt(
        self,
        content: ContentId,
        section: Section,
        spooled: Path,
        size: int,
        text: bool | None,
    ) -> None:
        if size <= FILE_OCTETS:
            data = spooled.read_bytes()
            spooled.unlink()
            self.put(content, section, data, text=text)
            return
        final = spooled.with_suffix(".part")
        spooled.rename(final)
        self._insert(content, section, "f", size, final.name.encode(), text)

    def _insert(
        self,
        content: ContentId,
        section: Section,
        enc: str,
        size: int,
        data: bytes,
        text: bool | None,
    ) -> None:
        if text is None:
            from tuimail.store.texts import is_text

            text = is_text(self._state, content, section)
        now, kept = _hour(), size if enc == "f" else len(data)
        replaced = self._file_of(content, section)
        with self._changing:
            with self._cache.write(durable=False) as tx:
                tx.execute(
                    "INSERT OR REPLACE INTO part(content_id, section, enc, rawlen,"
                    " kept, text, fetched, used, data)"
                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (content, section, enc, size, kept, int(text), now, now, data),
                )
            if text:
                self._mark([content], 1)
        if replaced:
            (self._folder / replaced).unlink(missing_ok=True)

    def _file_of(self, content: int, section: str) -> str:
        found = self._cache.value(
            "SELECT data FROM part WHERE content_id=? AND section=? AND enc='f'",
            (content, section),
        )
        return bytes(found).decode() if found else ""

    def _mark(self, contents: Iterable[int], here: int) -> None:
        with self._state.write(durable=False) as tx:
            tx.executemany(
                "UPDATE content SET text_here=?1 WHERE id=?2 AND text_here<>?1",
                [(here, content) for content in contents],
            )

    def _drop(self, chosen: list[tuple[int, str]]) -> int:
        """Delete parts; a message is no longer readable before its text goes."""
        with self._changing:
            return self._drop_alone(chosen)

    def _drop_alone(self, chosen: list[tuple[int, str]]) -> int:
        self._mark({content for content, _ in chosen}, 0)
        files, freed = [], 0
        with self._cache.write(durable=False) as tx:
            for place in chosen:
                row = tx.execute(
                    "DELETE FROM part WHERE content_id=? AND section=?"
                    " RETURNING enc, kept, iif(enc='f', data, NULL)",
                    place,
                ).fetchone()
                if row is not None:
                    freed += row[1]
                    files += [bytes(row[2]).decode()] if row[0] == "f" else []
        for name in files:
            (self._folder / name).unlink(missing_ok=True)
        self._mark_remaining({content for content, _ in chosen})
        return freed

    def _mark_remaining(self, contents: set[int]) -> None:
        """Of contents that lost a part, those whose text is still here."""
        rows = self._cache.rows(
            "SELECT DISTINCT content_id FROM part WHERE text<>0"
            " AND content_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(contents)),),
        )
        self._mark([content for (content,) in rows], 1)

    def shrink(self) -> None:
        """Give room that is not used any more back to the disk."""
        connection = self._cache.connection()
        try:
            # In steps: other writers wait for no more than one of them.
            while before := self._cache.value("PRAGMA freelist_count"):
                # Through execute() it stops after one page; a script runs it out.
                connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
                if self._cache.value("PRAGMA freelist_count") >= before:
                    break
        except sqlite3.Error as error:
            raise self._cache.explain(error) from error

    def _sweep(self) -> None:
        """Remove files that no row refers to: spools of a process that died."""
        names = {
            bytes(name).decode()
            for (name,) in self._cache.rows("SELECT data FROM part WHERE enc='f'")
        }
        limit = time.time() - 86400
        for entry in os.scandir(self._folder):
            fresh = entry.name.endswith(".tmp") and entry.stat().st_mtime > limit
            if entry.name not in names and not fresh:
                os.unlink(entry.path)


def _agree(state: Database, cache: Database) -> None:
    """Nothing is readable any more when cache.db is not the one we knew."""
    identity = cache.value("SELECT v FROM meta WHERE k='identity'")
    if identity is None:
        identity = os.urandom(16).hex()
        with cache.write(durable=False) as tx:
            tx.execute("INSERT INTO meta VALUES('identity', ?)", (identity,))
    if state.value("SELECT v FROM meta WHERE k='cache'") == identity:
        return
    with state.write(durable=False) as tx:
        tx.execute(
            "UPDATE content SET text_here=0 WHERE text_here<>0 AND account_id IN"
            " (SELECT id FROM account WHERE kind='imap')"
        )
        tx.execute("INSERT OR REPLACE INTO meta VALUES('cache', ?)", (identity,))


def _packed(data: bytes) -> tuple[str, bytes]:
    """Compressed where a sample says that it pays: most attachments are already."""
    sample = data[:_SAMPLE]
    if len(zlib.compress(sample, 1)) > len(sample) * 0.9:
        return "r", data
    return "z", zlib.compress(data, 1)


def _hour() -> int:
    """Now, to the hour: exact enough for eviction, and rarely worth a write."""
    return int(time.time()) // 3600 * 3600
