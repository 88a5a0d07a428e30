"""The store as a whole: opened once per process, used by every thread.

    store.accounts     names and numbers of accounts
    store.mailboxes    folders: identity, roles, counts
    store.messages     header rows, to be read
    store.sync         what a server said about a mailbox, taken over in batches
    store.operations   what the user wants, and the way of flags to the server
    store.transfers    moves, copies and removals on their way
    store.folders      changes of folders on their way
    store.queue        the journal as people see it
    store.parts        fetched pieces of messages (a cache)
    store.vault        messages that exist nowhere else

Accounts are named as in the configuration wherever one is asked for. All methods raise
`StoreError` with a sentence for the user when the disk or the file fails; nothing is
half done then.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tuimail.errors import StoreError
from tuimail.store.accounts import Accounts
from tuimail.store.folder_journal import FolderJournal
from tuimail.store.fsck import violations
from tuimail.store.mailboxes import Mailboxes
from tuimail.store.messages import Messages
from tuimail.store.opening import open_cache, open_state
from tuimail.store.operations import Operations
from tuimail.store.parts import Parts
from tuimail.store.queue import Queue
from tuimail.store.schema import CACHE, STATE
from tuimail.store.sync import Sync
from tuimail.store.transfers import Transfers
from tuimail.store.vault import Vault

_OLDEST_SQLITE = (3, 35)


class Store:
    """Opens or makes `state.db`, `cache.db` and the vault."""

    def __init__(self, state_dir: Path, cache_dir: Path, data_dir: Path) -> None:
        """Raises StoreError when a file cannot be used or is newer than we are."""
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise StoreError(
                f"This Python has SQLite {sqlite3.sqlite_version}; tuimail needs 3.35 "
                "or newer. Install a newer Python."
            )
        self._state, state_notice = open_state(state_dir / "state.db", STATE)
        self._cache, cache_notice = open_cache(cache_dir / "cache.db", CACHE)
        self.notices = tuple(filter(None, (state_notice, cache_notice)))
        """Sentences for the user about what was mended while opening."""
        self.accounts = Accounts(self._state)
        self.mailboxes = Mailboxes(self._state, self.accounts)
        self.messages = Messages(self._state)
        self.parts = Parts(self._state, self._cache)
        self.sync = Sync(self._state, self.parts)
        self.operations = Operations(self._state, self.parts)
        self.transfers = Transfers(self._state, self.parts)
        self.folders = FolderJournal(self._state)
        self.queue = Queue(self._state)
        self.vault = Vault(data_dir / "mail")

    def close(self) -> None:
        """Close all connections; what comes later raises StoreError."""
        self._state.close()
        self._cache.close()

    def get_meta(self, key: str) -> str | None:
        """A small setting of the program's own, kept over restarts."""
        found = self._state.value("SELECT v FROM meta WHERE k=?", (key,))
        return None if found is None else str(found)

    def set_meta(self, key: str, value: str) -> None:
        """Keep a small setting."""
        with self._state.write(durable=False) as tx:
            tx.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, value))

    def fsck(self) -> list[str]:
        """Check every rule the tables must obey; one sentence per violation."""
        return violations(self._state, self._cache)
