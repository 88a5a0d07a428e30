"""One SQLite file: a connection per thread, one writer at a time, plain errors.

Readers run beside the writer (WAL). A writer takes the process lock and then
`BEGIN IMMEDIATE`: a read transaction that turns into a write would be refused at once
when another process writes, without waiting for the busy time-out.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tuimail.errors import StoreError
from tuimail.store.schema import Schema

Values = Sequence[Any] | dict[str, Any]

_CACHE_KIB = 4096
"""Page cache of one connection; there are a handful of connections."""


YIELD_S = 0.2
"""Seconds that a write waits at most for more urgent ones."""


class Damaged(StoreError):
    """The file is no usable database; what to do depends on what was in it."""


class Database:
    """An open database file; any thread may use it."""

    def __init__(
        self, path: Path, schema: Schema, connection: sqlite3.Connection | None = None
    ) -> None:
        """The file is made, checked and migrated by `opening`, which may give this

        thread its connection.
        """
        self.path = path
        self.schema = schema
        self._local = threading.local()
        self._lock = threading.Lock()
        self._urgent = 0
        """Durable writes that wait: somebody looks at the screen meanwhile."""
        self._turn = threading.Condition()
        self._open: dict[threading.Thread, sqlite3.Connection] = {}
        if connection is not None:
            self._local.connection = connection
            self._open[threading.current_thread()] = connection
        self._open_lock = threading.Lock()
        self._closed = False
        self._overwrite = False

    def overwrite(self) -> None:
        """From now on what is deleted is overwritten with zeros in the file."""
        self._overwrite = True
        self.connection().execute("PRAGMA secure_delete=ON")

    def flush(self) -> None:
        """Empty the log of changes into the file, where nobody reads at the moment."""
        with self._lock:
            try:
                self.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error as error:
                raise self.explain(error) from error

    def connection(self) -> sqlite3.Connection:
        """This thread's connection. `StoreError` when the store is closed."""
        if self._closed:
            raise StoreError("The local store is closed.")
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = connect(self.path)
            if self._overwrite:
                known.execute("PRAGMA secure_delete=ON")
            with self._open_lock:
                self._close_orphans()
                self._open[threading.current_thread()] = known
        return known

    def rest(self) -> None:
        """Give back the pages that this thread's connection keeps: it waits now."""
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is not None and not self._closed:
            # It may be closed at this moment: then there is nothing to give back.
            with suppress(sqlite3.Error):
                known.execute("PRAGMA shrink_memory")

    def _close_orphans(self) -> None:
        """Close the connections of threads that have ended."""
        for thread in [each for each in self._open if not each.is_alive()]:
            self._open.pop(thread).close()

    def rows(self, sql: str, values: Values = ()) -> list[Any]:
        """All rows of a query, as tuples."""
        try:
            return self.connection().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self.explain(error) from error

    def row(self, sql: str, values: Values = ()) -> Any:
        """The first row of a query, or None."""
        try:
            return self.connection().execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise self.explain(error) from error

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, values)
        return row[0] if row else None

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Queries inside see one state of the database."""
        connection = self.connection()
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            yield
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")

    @contextmanager
    def write(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """One write transaction: all or nothing; not to be nested.

        `durable`: committed to the disk before it returns, for what a user did. Other
        commits survive the death of the process but not that of the machine; they never
        leave half a transaction behind.
        """
        with self._first(durable), self._lock:
            connection = self.connection()
            try:
                connection.execute(f"PRAGMA synchronous={2 if durable else 1}")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self.explain(error) from error
            finally:
                _roll_back(connection)

    @contextmanager
    def _first(self, urgent: bool) -> Iterator[None]:
        """Let what a user did go before what a server said; locks are not fair."""
        with self._turn:
            if not urgent:
                self._turn.wait_for(lambda: not self._urgent, YIELD_S)
            self._urgent += urgent
        try:
            yield
        finally:
            if urgent:
                with self._turn:
                    self._urgent -= 1
                    self._turn.notify_all()

    def close(self) -> None:
        """Close the connections of all threads; waits for a running transaction."""
        with self._lock, self._open_lock:
            self._closed = True
            for connection in self._open.values():
                connection.close()
            self._open.clear()

    def explain(self, error: sqlite3.Error) -> StoreError:
        """The sentence for the user; notes damage for the next start."""
        found = trouble(self.path, error)
        if isinstance(found, Damaged):
            suspect(self.path).touch(mode=0o600)
        return found


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def suspect(path: Path) -> Path:
    """The file whose presence asks for a full check at the next start."""
    return path.with_name(path.name + ".check")


def connect(path: Path) -> sqlite3.Connection:
    """A connection with our settings. `StoreError` when that is impossible."""
    try:
        connection = sqlite3.connect(
            path,
            timeout=5.0,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        connection.executescript(
            "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000;"
            f"PRAGMA cache_size=-{_CACHE_KIB}; PRAGMA temp_store=MEMORY;"
            "PRAGMA journal_size_limit=67108864; PRAGMA synchronous=1;"
        )
    except sqlite3.Error as error:
        raise trouble(path, error) from error
    return connection


def trouble(path: Path, error: sqlite3.Error) -> StoreError:
    """The error to raise for one of SQLite's."""
    damage = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in damage:
        return Damaged(sentence(path, error))
    return StoreError(sentence(path, error))


def sentence(path: Path, error: sqlite3.Error) -> str:
    """What went wrong with the file at `path`, and what to do, in one sentence."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    remedies = {
        sqlite3.SQLITE_FULL: f"The disk is full: {path} could not grow; free some "
        "space and try again. Nothing that was saved is lost.",
        sqlite3.SQLITE_CORRUPT: f"The file {path} is damaged; restart tuimail to "
        "have it checked and repaired.",
        sqlite3.SQLITE_NOTADB: f"The file {path} is damaged; restart tuimail to "
        "have it checked and repaired.",
        sqlite3.SQLITE_BUSY: f"Another program keeps {path} locked; close it and "
        "try again.",
        sqlite3.SQLITE_READONLY: f"The file {path} cannot be written; check the "
        "permissions of it and of its folder.",
        sqlite3.SQLITE_CANTOPEN: f"The file {path} cannot be opened; check that its "
        "folder exists and is yours.",
        sqlite3.SQLITE_IOERR: f"The disk failed while reading or writing {path}; "
        "check the disk and try again.",
    }
    return remedies.get(code, f"The local store {path} cannot be used: {error}.")


def private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, and what is missing above it.

    Raises StoreError when that is impossible.
    """
    try:
        for folder in (*reversed(path.parents), path):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.chmod(path, 0o700)
    except OSError as error:
        raise StoreError(
            f"The folder {path} cannot be used ({error.strerror}); "
            "check that it is a folder and yours."
        ) from error
