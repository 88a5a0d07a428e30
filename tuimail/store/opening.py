"""Open a database file: make it, check it, bring it up to date, or put it aside."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from tuimail.errors import StoreError
from tuimail.store.database import (
    Damaged,
    Database,
    connect,
    private_folder,
    suspect,
    trouble,
)
from tuimail.store.schema import Schema

_COMPANIONS = ("", "-wal", "-shm")


def open_state(path: Path, schema: Schema) -> tuple[Database, str]:
    """The database of what must not be lost, and a notice for the user or `''`.

    A damaged file is renamed, never deleted, and an empty one takes its place.
    """
    try:
        return _opened(path, schema), ""
    except Damaged:
        aside = put_aside(path)
        return _opened(path, schema), (
            f"The local store was damaged and is kept as {aside}; "
            "a new one was started. Changes that had not been sent are in that file."
        )


def open_cache(path: Path, schema: Schema) -> tuple[Database, str]:
    """The database of what can be fetched again: rebuilt when anything is wrong."""
    try:
        return _opened(path, schema), ""
    except Damaged:
        words = f"The cache {path} was damaged and has been emptied."
    except TooNew:
        words = f"The cache {path} was made by a newer tuimail and has been emptied."
    remove(path)
    return _opened(path, schema), words


class TooNew(StoreError):
    """A newer program wrote this file; opening it could lose what it added."""


def put_aside(path: Path) -> Path:
    """Rename a database with its companions to the next free `.damaged-<n>`."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for tail in _COMPANIONS:
        source = path.with_name(path.name + tail)
        if source.exists():
            source.rename(aside.with_name(aside.name + tail))
    suspect(path).unlink(missing_ok=True)
    return aside


def remove(path: Path) -> None:
    """Delete a database with its companions."""
    for tail in _COMPANIONS:
        path.with_name(path.name + tail).unlink(missing_ok=True)
    suspect(path).unlink(missing_ok=True)


def _opened(path: Path, schema: Schema) -> Database:
    private_folder(path.parent)
    _make_private(path)
    connection = connect_checked(path)
    ready = False
    try:
        _check(connection, path, schema)
        ready = not _migrate(connection, path, schema)
    except sqlite3.Error as error:
        raise trouble(path, error) from error
    finally:
        if not ready:
            connection.close()
    return Database(path, schema, connection if ready else None)


def connect_checked(path: Path) -> sqlite3.Connection:
    """A connection to a file that SQLite can read at all."""
    connection = connect(path)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if suspect(path).exists():
            _full_check(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise trouble(path, error) from error
    except Damaged:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    """Make the file before SQLite does: its companions copy the mode from it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        os.chmod(path, 0o600)
    except OSError as error:
        raise StoreError(
            f"The file {path} cannot be written ({error.strerror}); "
            "check its permissions and those of its folder."
        ) from error


def _full_check(connection: sqlite3.Connection, path: Path) -> None:
    """Read the whole file: something went wrong with it before."""
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Damaged(f"The file {path} is damaged.")
    suspect(path).unlink()


def _check(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != schema.application_id and (application or version or tables):
        raise StoreError(
            f"The file {path} is not a store of tuimail; move it away and try again."
        )
    if version > schema.version:
        raise TooNew(
            f"The file {path} was written by a newer tuimail (version {version}, this "
            f"program knows {schema.version}); update tuimail to use it."
        )


def _migrate(connection: sqlite3.Connection, path: Path, schema: Schema) -> bool:
    """Bring the tables up to date; False when they are."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == schema.version:
        return False
    if version == 0:
        _first_settings(connection, schema)
    else:
        _keep_copy(connection, path, version)
    connection.execute("PRAGMA foreign_keys=OFF")
    for number, script in enumerate(schema.migrations[version:], version + 1):
        _step(connection, number, script)
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        raise StoreError(f"The update of {path} left table {broken[0]} inconsistent.")
    return True


def _first_settings(connection: sqlite3.Connection, schema: Schema) -> None:
    if schema.incremental_vacuum:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA application_id={schema.application_id}")


def _step(connection: sqlite3.Connection, number: int, script: str) -> None:
    """One version up, as a whole or not at all."""
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE; {script}; PRAGMA user_version={number}; COMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _keep_copy(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """A copy of the old file beside the new one, before anything is changed."""
    copy = path.with_name(f"{path.name}.bak-{version}")
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection.execute("VACUUM INTO ?", (str(copy),))
