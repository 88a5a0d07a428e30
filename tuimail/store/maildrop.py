"""What a maildrop holds, as far as we know: one row for each message by its unique id.

A message is *listed* (its header is not here), *waiting* (its header is, it shows in
a folder), *stored* (a file in the Maildir), *purged* (its file was deleted for good
here), *skipped* (left on the server, not shown), or *gone* (removed by us; kept for a
while, in case the server has it all the same).

Source: RFC 1939 §7, UIDL.
"""

from __future__ import annotations

import sqlite3
import sys
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from tuimail.store.accounts import Accounts
from tuimail.store.database import Database

HEADER_MAX = 256 * 1024
"""Octets of a header that is kept until the message is here."""


INBOX = b"INBOX"
PLAIN = b"\0"
"""Stands before a header that is not compressed; zlib never begins so."""
SHORT = 512


class PopState(Enum):
    """How far a message of a maildrop has come."""

    LISTED = "listed"
    WAITING = "waiting"
    STORED = "stored"
    PURGED = "purged"
    SKIPPED = "skipped"
    GONE = "gone"


class Removal(Enum):
    """Whether a message is to be removed from the server."""

    NO = 0
    SAFE = 1
    """Once it is certain that it is here."""
    ANYWAY = 2
    """The user wants this very message to be gone, here and there."""


class PopItem(NamedTuple):
    """One message of a maildrop."""

    uidl: str
    occ: int
    """Which of several with the same id; over 0 only on servers that break RFC 1939."""
    key: str
    """Of its file, reserved when it is first seen: so it is never stored twice."""
    state: PopState = PopState.LISTED
    folder: bytes = INBOX
    """Where it is shown."""
    letters: str = ""
    """Its flags, as in a file's name, until it has one."""
    size: int = 0
    """Octets as the server lists them."""
    arrival: int = 0
    header: bytes | None = None
    """Compressed; None once the message is here."""
    fingerprint: bytes | None = None
    """Tells the message when the server has given it another id."""
    digest: bytes | None = None
    """SHA-256 of what was stored."""
    octets: int = 0
    """How much was stored."""
    first_seen: int = 0
    last_listed: int = 0
    stored_at: int = 0
    age_s: int = 0
    """How long it is here, by the listings seen: a clock that jumps adds little."""
    absent: int = 0
    """Listings in a row that did not have it."""
    removal: Removal = Removal.NO

    @property
    def id(self) -> tuple[str, int]:
        """What tells it from all others of its maildrop."""
        return self.uidl, self.occ

    @property
    def shown(self) -> bool:
        """It is listed in a folder, though it is not here."""
        return self.state is PopState.WAITING and self.removal is not Removal.ANYWAY

    def with_header(self, header: bytes, arrival: int, fingerprint: bytes) -> PopItem:
        """The same, waiting, with its header."""
        return self._replace(
            state=PopState.WAITING,
            header=_packed(header[:HEADER_MAX]),
            arrival=arrival,
            fingerprint=fingerprint,
        )

    @property
    def header_block(self) -> bytes:
        """Its header; empty when it is not known."""
        kept = self.header or PLAIN
        return kept[1:] if kept[:1] == PLAIN else zlib.decompress(kept)


class Maildrops:
    """Table `pop_item` of all accounts."""

    def __init__(self, state: Database, accounts: Accounts) -> None:
        self._state = state
        self._accounts = accounts

    def items(self, account: str) -> dict[tuple[str, int], PopItem]:
        """All that is known of a maildrop, but for headers."""
        rows = self._state.rows(
            f"SELECT {_BRIEF} FROM pop_item WHERE account_id=?", (self._id(account),)
        )
        return {item.id: item for item in map(_item, rows)}

    def waiting(self, account: str, folder: bytes) -> list[PopItem]:
        """Messages that show in a folder and are not here; without their headers."""
        rows = self._state.rows(
            f"SELECT {_BRIEF} FROM pop_item WHERE account_id=? AND folder=?"
            " AND state='waiting' AND removal<>2",
            (self._id(account), folder),
        )
        return [_item(row) for row in rows]

    def by_keys(self, account: str, keys: Iterable[str]) -> dict[str, PopItem]:
        """Those of the messages that came from the maildrop, by the key of the file."""
        wanted, found = list(keys), {}
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            rows = self._state.rows(
                f"SELECT {_COLUMNS} FROM pop_item WHERE account_id=?"
                f" AND key IN({','.join('?' * len(some))})",
                (self._id(account), *some),
            )
            found.update({item.key: item for item in map(_item, rows)})
        return found

    def by_key(self, account: str, key: str) -> PopItem | None:
        """The message with this key."""
        return self.by_keys(account, [key]).get(key)

    def twin(self, account: str, digest: bytes, key: str) -> PopItem | None:
        """A stored message with the same octets, under another key."""
        row = self._state.row(
            f"SELECT {_BRIEF} FROM pop_item WHERE account_id=? AND digest=?"
            " AND digest IS NOT NULL AND key<>? AND state='stored' LIMIT 1",
            (self._id(account), digest, key),
        )
        return None if row is None else _item(row)

    def add(self, account: str, items: Iterable[PopItem]) -> None:
        """Take over messages that are new; those that are known stay as they are."""
        number = self._id(account)
        rows = [(number, *map(_plain, item)) for item in items]
        if rows:
            with self._state.write(durable=True) as tx:
                tx.executemany(_ADD, rows)

    def renew(
        self, account: str, items: Iterable[PopItem], what: Sequence[str]
    ) -> None:
        """Write down these columns; what a user changes meanwhile in others stays."""
        number = self._id(account)
        names = ", ".join(f"{name}=?" for name in what)
        rows = [
            (*(_plain(getattr(item, name)) for name in what), number, *item.id)
            for item in items
        ]
        if rows:
            with self._state.write(durable="state" in what) as tx:
                tx.executemany(
                    f"UPDATE pop_item SET {names}"
                    " WHERE account_id=? AND uidl=? AND occ=?",
                    rows,
                )
                if "state" in what:
                    _stir(tx, number)

    def change(self, account: str, key: str, **what: object) -> bool:
        """Change some columns of one message; False when there is none.

        For what a user does while another thread works on the same maildrop.
        """
        number = self._id(account)
        values = map(_plain, what.values())
        names = ", ".join(f"{name}=?" for name in what)
        with self._state.write(durable=True) as tx:
            done = tx.execute(
                f"UPDATE pop_item SET {names} WHERE account_id=? AND key=?",
                (*values, number, key),
            ).rowcount
            _stir(tx, number)
        return bool(done)

    def show_skipped(self, account: str) -> int:
        """Let what was left on the server wait again; gives how many messages."""
        number = self._id(account)
        with self._state.write(durable=True) as tx:
            count = tx.execute(
                "UPDATE pop_item SET state='waiting'"
                " WHERE account_id=? AND state='skipped'",
                (number,),
            ).rowcount
            _stir(tx, number)
        return count

    def rekey(self, account: str, old: tuple[str, int], new: PopItem) -> None:
        """The server has given a message another id."""
        number = self._id(account)
        with self._state.write(durable=True) as tx:
            tx.execute(
                "UPDATE pop_item SET uidl=?, occ=?, size=?, last_listed=?, absent=0"
                " WHERE account_id=? AND uidl=? AND occ=?",
                (new.uidl, new.occ, new.size, new.last_listed, number, *old),
            )

    def forget(self, account: str, ids: Iterable[tuple[str, int]]) -> None:
        """Drop what is known of messages."""
        number = self._id(account)
        with self._state.write(durable=False) as tx:
            tx.executemany(
                "DELETE FROM pop_item WHERE account_id=? AND uidl=? AND occ=?",
                [(number, *id) for id in ids],
            )
            _stir(tx, number)

    def version(self, account: str) -> int:
        """Grows with every change of what a folder may show."""
        found = self._state.value(
            "SELECT v FROM meta WHERE k=?", (f"maildrop {self._id(account)}",)
        )
        return int(found or 0)

    def note(self, account: str, name: str, value: str | None) -> None:
        """Keep a word about a maildrop, or forget it."""
        key = f"maildrop {self._id(account)} {name}"
        with self._state.write(durable=True) as tx:
            tx.execute("DELETE FROM meta WHERE k=?", (key,))
            if value is not None:
                tx.execute("INSERT INTO meta VALUES(?, ?)", (key, value))

    def noted(self, account: str, name: str) -> str | None:
        """What was kept under this name."""
        key = f"maildrop {self._id(account)} {name}"
        found = self._state.value("SELECT v FROM meta WHERE k=?", (key,))
        return None if found is None else str(found)

    def unwanted(self, account: str) -> int:
        """How many messages are still to be removed from the server."""
        return int(
            self._state.value(
                "SELECT count(*) FROM pop_item WHERE account_id=? AND removal<>0"
                " AND state<>'gone'",
                (self._id(account),),
            )
        )

    def counts(self, account: str) -> Mapping[PopState, int]:
        """How many messages there are of each state."""
        rows = self._state.rows(
            "SELECT state, count(*) FROM pop_item WHERE account_id=? GROUP BY state",
            (self._id(account),),
        )
        return {PopState(state): count for state, count in rows}

    def _id(self, account: str) -> int:
        return self._accounts.id(account, "pop3")


def _packed(header: bytes) -> bytes:
    """Compressed where that is worth its time."""
    return zlib.compress(header, 1) if len(header) > SHORT else PLAIN + header


def fresh(uidl: str, occ: int, size: int, now: float | None = None) -> PopItem:
    """A message that is listed for the first time."""
    # Late: only a new message needs a name.
    from tuimail.store.maildir_names import unique

    seen = int(time.time() if now is None else now)
    return PopItem(uidl, occ, unique(), size=size, first_seen=seen, last_listed=seen)


def _stir(tx: sqlite3.Connection, number: int) -> None:
    tx.execute(
        "INSERT INTO meta VALUES(?, '1')"
        " ON CONFLICT(k) DO UPDATE SET v=CAST(v AS INT)+1",
        (f"maildrop {number}",),
    )


_COLUMNS = ", ".join(PopItem._fields)
_BRIEF = _COLUMNS.replace("header,", "NULL,")
_ADD = (
    f"INSERT INTO pop_item(account_id, {_COLUMNS})"
    f" VALUES({','.join('?' * (len(PopItem._fields) + 1))})"
    " ON CONFLICT(account_id, uidl, occ) DO NOTHING"
)


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def _item(row: tuple[object, ...]) -> PopItem:
    item = PopItem(*row)  # type: ignore[arg-type]
    return item._replace(
        state=PopState(item.state),
        removal=Removal(item.removal),
        # There may be very many: what is the same in all is one object.
        key=sys.intern(item.key),
        folder=INBOX if item.folder == INBOX else item.folder,
    )
