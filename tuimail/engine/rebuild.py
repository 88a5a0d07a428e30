"""Make the index of local mail anew from the files alone.

What is lost by it is nothing that is in the files: messages, folders, flags, keywords.
Of a maildrop each file is taken for a message that may still be on the server; the next
listing recognises it by its header, so nothing is fetched or shown twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tuimail.config import MaildirAccount, Pop3Account
from tuimail.engine.listing import refresh_listing
from tuimail.engine.maildir_session import MaildirSession
from tuimail.engine.pop3_plan import marks
from tuimail.engine.pop3_session import Pop3Files
from tuimail.engine.role import EngineLock
from tuimail.engine.sync_imap import MailboxSync
from tuimail.engine.taking import HEAD, digest_of
from tuimail.errors import StoreError
from tuimail.store.maildir import Maildir
from tuimail.store.maildir_names import Entry
from tuimail.store.maildrop import PopItem, PopState
from tuimail.store.maildrop_tree import MaildropTree
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession

Local = MaildirAccount | Pop3Account


def rebuild(store: Store, account: Local, run: Path, say: Callable[[str], None]) -> int:
    """Read everything again; gives how many messages there are.

    Raises StoreError while another program works on the account, and Unreachable when
    the files are not there.
    """
    lock = EngineLock(run, account.name)
    if not lock.take():
        raise StoreError(f"Another tuimail works on {account.name}; end it first.")
    try:
        return _rebuilt(store, account, say)
    finally:
        lock.release()


def _rebuilt(store: Store, account: Local, say: Callable[[str], None]) -> int:
    session = _files(store, account)
    session.connect()
    refresh_listing(cast("ImapSession", session), store, account.name)
    total = 0
    for box in store.mailboxes.all(account.name):
        if not box.selectable or box.gone or box.unmade:
            continue
        store.sync.new_generation(box.id, None)
        sync = MailboxSync(cast("ImapSession", session), store, box.id)
        sync.refresh(500)
        while gaps := store.messages.gaps(box.id):
            again = MailboxSync(cast("ImapSession", session), store, box.id)
            again.extend(gaps[0].lo, gaps[0].hi)
        known = len(store.sync.known_uids(box.id))
        say(f"{account.name}: {box.name}: {known:,} messages")
        total += known
    return total


def _files(store: Store, account: Local) -> MaildirSession:
    lists = store.uid_lists(account.name)
    if isinstance(account, MaildirAccount):
        store.accounts.note_kind(account.name, "local")
        return MaildirSession(Maildir(account.path), lists)
    store.accounts.note_kind(account.name, "pop3")
    tree = MaildropTree(
        account.path or store.maildir(account.name),
        store.maildrops,
        account.name,
        lambda folder: False,
        follow=False,
    )
    _adopt(tree)
    return Pop3Files(tree, lists, lambda event: None)


def _adopt(tree: MaildropTree) -> None:
    """Files that no row tells of may have come from the maildrop."""
    now = int(time.time())
    for folder in tree.folders():
        entries = [entry for entry in tree.scan(folder) if entry.name]
        known = tree.drops.by_keys(tree.account, [entry.key for entry in entries])
        new = [_item(tree, folder, e, now) for e in entries if e.key not in known]
        tree.drops.add(tree.account, [item for item in new if item is not None])


def _item(tree: MaildropTree, folder: bytes, entry: Entry, now: int) -> PopItem | None:
    file = tree.file(folder, entry)
    if file is None:
        return None
    digest, size = digest_of(file)
    try:
        with file.open("rb") as opened:
            mark, came = marks(opened.read(HEAD), now)
    except OSError:
        # It went away, or cannot be read: then it cannot be told for a message.
        return None
    return PopItem(
        # Until the server's listing gives it an id.
        f"file:{entry.key}",
        0,
        entry.key,
        PopState.STORED,
        folder=folder,
        letters=entry.letters,
        size=size,
        arrival=came,
        fingerprint=mark,
        digest=digest,
        octets=size,
        first_seen=now,
        last_listed=now,
        stored_at=now,
    )
