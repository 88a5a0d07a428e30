"""The store as a whole: opened once per process, used by every thread.

    store.accounts     names and numbers of accounts, and what waits of each
    store.mailboxes    folders: identity, roles, counts
    store.messages     header rows, to be read
    store.sync         what a server said about a mailbox, taken over in batches
    store.operations   what the user wants, and the way of flags to the server
    store.transfers    moves, copies and removals on their way
    store.imports      messages from files, each once
    store.maildrops    what waits in the maildrops of POP3 accounts
    store.folders      changes of folders on their way
    store.queue        the journal as people see it
    store.parts        fetched pieces of messages (a cache)
    store.keeping      what of the messages is here
    store.threads      conversations (derived: they lie in the cache)
    store.muting       conversations that shall be quiet
    store.snoozing     messages out of sight until a time
    store.ruling       new mail that rules have not settled yet
    store.habits       where the user puts mail of a sender or a list
    store.words        the index of words (derived as well)
    store.first_lines  what texts say first
    store.search       messages found by a query
    store.finding      the same for lists, whose questions may be broken off
    store.senders      whole senders and lists
    store.statistics   figures of all mail that is listed here
    store.saved        searches that were saved under a name
    store.rooms        how much room there is, and what takes it
    store.vault        messages that exist nowhere else

Accounts are named as in the configuration wherever one is asked for. All methods raise
`StoreError` with a sentence for the user when the disk or the file fails; nothing is
half done then.
"""

from __future__ import annotations

import sqlite3
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tuimail.errors import StoreError
from tuimail.store.accounts import Accounts
from tuimail.store.mailboxes import Mailboxes
from tuimail.store.messages import Messages
from tuimail.store.opening import open_cache, open_state
from tuimail.store.parts import Parts
from tuimail.store.schema import CACHE, STATE

if TYPE_CHECKING:
    from tuimail.store.appends import Appends
    from tuimail.store.first_lines import FirstLines
    from tuimail.store.folder_journal import FolderJournal
    from tuimail.store.habits import Habits
    from tuimail.store.imports import Imports
    from tuimail.store.keeping import Keeping
    from tuimail.store.maildrop import Maildrops
    from tuimail.store.muting import Muting
    from tuimail.store.operations import Operations
    from tuimail.store.queue import Queue
    from tuimail.store.room import Rooms
    from tuimail.store.ruling import Ruling
    from tuimail.store.saved import Saved
    from tuimail.store.search import Search
    from tuimail.store.senders import Senders
    from tuimail.store.snoozing import Snoozing
    from tuimail.store.statistics import Statistics
    from tuimail.store.sync import Sync
    from tuimail.store.threads import Threads
    from tuimail.store.transfers import Transfers
    from tuimail.store.vault import Vault
    from tuimail.store.words import Words

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
        self._data = data_dir

    # What writes is imported late: showing a list does not wait for it.

    @cached_property
    def sync(self) -> Sync:
        """What a server said about a mailbox, taken over in batches."""
        from tuimail.store.sync import Sync

        return Sync(self._state, self.parts)

    @cached_property
    def operations(self) -> Operations:
        """What the user wants, and its way to the server."""
        from tuimail.store.operations import Operations

        return Operations(self._state, self.parts)

    @cached_property
    def transfers(self) -> Transfers:
        """Moves, copies and removals on their way."""
        from tuimail.store.transfers import Transfers

        return Transfers(self._state, self.parts)

    @cached_property
    def appends(self) -> Appends:
        """Messages on their way into another account."""
        from tuimail.store.appends import Appends

        return Appends(self._state, self.parts, self.vault)

    @cached_property
    def imports(self) -> Imports:
        """Messages from files, each once."""
        from tuimail.store.imports import Imports

        return Imports(self._state, self.vault)

    @cached_property
    def maildrops(self) -> Maildrops:
        """What the maildrops of POP3 accounts hold."""
        from tuimail.store.maildrop import Maildrops

        return Maildrops(self._state, self.accounts)

    @cached_property
    def folders(self) -> FolderJournal:
        """Changes of folders on their way."""
        from tuimail.store.folder_journal import FolderJournal

        return FolderJournal(self._state)

    @cached_property
    def queue(self) -> Queue:
        """The journal as people see it."""
        from tuimail.store.queue import Queue

        return Queue(self._state)

    @cached_property
    def keeping(self) -> Keeping:
        """What of the messages is here."""
        from tuimail.store.keeping import Keeping

        return Keeping(self._state, self._cache)

    @cached_property
    def threads(self) -> Threads:
        """Conversations, and lists in their order."""
        from tuimail.store.threads import Threads

        return Threads(self._state, self._cache)

    @cached_property
    def muting(self) -> Muting:
        """Conversations that shall be quiet."""
        from tuimail.store.muting import Muting

        return Muting(self._state, self.threads)

    @cached_property
    def snoozing(self) -> Snoozing:
        """Messages out of sight until a time."""
        from tuimail.store.snoozing import Snoozing

        return Snoozing(self._state)

    @cached_property
    def ruling(self) -> Ruling:
        """New mail that rules have not settled yet."""
        from tuimail.store.ruling import Ruling

        return Ruling(self._state)

    @cached_property
    def habits(self) -> Habits:
        """Where the user puts mail of a sender or a list."""
        from tuimail.store.habits import Habits

        return Habits(self._state)

    @cached_property
    def words(self) -> Words:
        """The index of words."""
        from tuimail.store.words import Words

        return Words(self._state, self._cache)

    @cached_property
    def first_lines(self) -> FirstLines:
        """What texts say first."""
        from tuimail.store.first_lines import FirstLines

        return FirstLines(self._state)

    @cached_property
    def saved(self) -> Saved:
        """Searches that were saved under a name."""
        from tuimail.store.saved import Saved

        return Saved(self._state)

    @cached_property
    def search(self) -> Search:
        """Find messages by a query."""
        from tuimail.store.search import Search

        return Search(self._state, self._cache)

    @cached_property
    def finding(self) -> Search:
        """The same for lists: to break these questions off breaks off no others."""
        from tuimail.store.search import Search

        return Search(self._state, self._cache)

    @cached_property
    def rooms(self) -> Rooms:
        """How much room there is on the servers, and what takes it."""
        from tuimail.store.room import Rooms

        return Rooms(self._state, self.accounts)

    @cached_property
    def senders(self) -> Senders:
        """Whole senders and lists."""
        from tuimail.store.senders import Senders

        return Senders(self._state, self._cache)

    @cached_property
    def statistics(self) -> Statistics:
        """Figures of all mail that is listed here."""
        from tuimail.store.statistics import Statistics

        return Statistics(self._state)

    @cached_property
    def vault(self) -> Vault:
        """Messages that exist nowhere else."""
        from tuimail.store.vault import Vault

        return Vault(self._data / "mail")

    def uid_lists(self, account: str) -> Path:
        """A folder for the UIDs of an account's local mail."""
        name = account.encode("utf-8", "replace").hex()[:100]
        return self._state.path.parent / "uids" / name

    def maildir(self, account: str) -> Path:
        """Where the mail of a POP3 account is kept, unless its owner says otherwise."""
        from tuimail.store.maildir_names import file_name

        return self._data / "maildir" / file_name(account)

    def prepare(self) -> None:
        """Make what writes: to be called before there are threads that use it."""
        _ = self.sync, self.operations, self.transfers, self.folders, self.queue
        _ = self.keeping, self.appends, self.maildrops, self.threads, self.muting
        _ = self.words, self.first_lines, self.rooms, self.senders, self.statistics
        _ = self.snoozing, self.habits

    def rest(self) -> None:
        """Give back the memory that serves this thread's queries: it waits now."""
        self._state.rest()
        self._cache.rest()

    def overwrite(self) -> None:
        """Overwrite what is deleted: there is mail that must not stay here."""
        self._state.overwrite()
        self._cache.overwrite()

    def empty(self, account: str) -> bool:
        """Take everything of an account's mail out; its folders' names stay.

        False, and nothing is taken out, while something is not on the server yet.
        """
        from tuimail.store.emptying import empty

        number = self.accounts.find(account)
        if number is None:
            return True
        if not empty(self._state, self._cache, self.parts, self.threads, number):
            return False
        # A word cannot be taken out by itself: what stays is indexed again.
        self.words.clear()
        self._cache.flush()
        return True

    def close(self) -> None:
        """Close all connections; what comes later raises StoreError."""
        for name in ("search", "finding", "senders"):
            if name in self.__dict__:
                getattr(self, name).close()
        self._state.close()
        self._cache.close()

    def version(self) -> int:
        """Differs after anybody but the calling thread has committed."""
        return int(self._state.value("PRAGMA data_version"))

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
        from tuimail.store.fsck import violations

        return violations(self._state, self._cache)
