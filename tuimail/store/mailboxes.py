"""The folders of an account: their identity, names, roles and counts."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import AccountId, Mailbox, MailboxId, Role, SafeText
from tuimail.store.accounts import Accounts
from tuimail.store.database import Database
from tuimail.store.encode import count, text

if TYPE_CHECKING:
    from tuimail.store.values import Listed

_INBOX = b"INBOX"
_HERE = "mailbox_id=b.id AND (p_add|p_del|f_add|f_del)<>0 AND view_id IS mailbox_id"
_COME = "view_id=b.id AND view_id IS NOT mailbox_id"
_LEFT = "mailbox_id=b.id AND view_id IS NOT mailbox_id AND absent NOT IN(2, 3)"
_MADE = "mailbox_id=b.id AND view_id IS mailbox_id AND absent<>0 AND absent=3"
_PENDING_TOTAL = f"""
  (SELECT count(*) FROM msg WHERE {_COME}) - (SELECT count(*) FROM msg WHERE {_LEFT})
  + (SELECT count(*) FROM msg WHERE {_MADE})"""
_PENDING_UNREAD = f"""
  (SELECT ifnull(sum((s & 1) - (eff & 1)), 0) FROM msg WHERE {_HERE} AND absent<>3)
  + (SELECT ifnull(sum(1 - (eff & 1)), 0) FROM msg WHERE {_COME})
  - (SELECT ifnull(sum(1 - (s & 1)), 0) FROM msg WHERE {_LEFT})
  + (SELECT ifnull(sum(1 - (eff & 1)), 0) FROM msg WHERE {_MADE})"""
_COLUMNS = f"""
  SELECT b.id, a.name, b.name, b.delim, b.role, b.state, b.subscribed,
    b.srv_messages, b.srv_unseen, b.pinned, b.owner, b.rights, b.hidden,
    {_PENDING_UNREAD}, {_PENDING_TOTAL}
  FROM mailbox b JOIN account a ON a.id=b.account_id"""
"""Counts are the server's, with what the user did since."""
LEFT_OUT = "left out"
"""The setting of a mailbox that an account in offline mode does not keep: `yes`."""


class Mailboxes:
    """Table `mailbox`. Accounts are named as in the configuration.

    A mailbox keeps its id for as long as its wire name is the same, also over a time in
    which the server does not list it. The inbox always exists here.
    """

    def __init__(self, state: Database, accounts: Accounts) -> None:
        self._state = state
        self._accounts = accounts

    def all(self, account: str) -> list[Mailbox]:
        """Every mailbox of an account: inbox, then by role, then by name."""
        rows = self._state.rows(f"{_COLUMNS} WHERE a.name=?", (account,))
        return sorted((_mailbox(row) for row in rows), key=_order)

    def get(self, mailbox: MailboxId) -> Mailbox | None:
        """One mailbox."""
        row = self._state.row(f"{_COLUMNS} WHERE b.id=?", (mailbox,))
        return _mailbox(row) if row else None

    def account(self, mailbox: MailboxId) -> str | None:
        """Whose mailbox it is; without counting what lies in it, as `get` does."""
        sql = "SELECT a.name FROM mailbox b JOIN account a ON a.id=b.account_id"
        name: str | None = self._state.value(f"{sql} WHERE b.id=?", (mailbox,))
        return name

    def wire_name(self, mailbox: MailboxId) -> bytes:
        """What SELECT takes; KeyError when there is no such mailbox."""
        name = self._state.value("SELECT wire_name FROM mailbox WHERE id=?", (mailbox,))
        if name is None:
            raise KeyError(mailbox)
        return bytes(name)

    def by_wire_name(self, account: str, wire_name: bytes) -> MailboxId | None:
        """The mailbox of that name on the server."""
        found = self._state.value(
            "SELECT id FROM mailbox WHERE account_id=? AND wire_name=?",
            (self._accounts.find(account), _identity(wire_name)),
        )
        return None if found is None else MailboxId(found)

    def inbox(self, account: str) -> MailboxId:
        """The inbox, which every account has (RFC 9051 §5.1); made when missing."""
        found = self.by_wire_name(account, _INBOX)
        if found is not None:
            return found
        account_id = self._accounts.id(account)
        with self._state.write(durable=False) as tx:
            ids = _ids(tx, account_id)
            known = ids.get(_INBOX)
            if known is not None:
                return known
            from tuimail.store.values import Listed

            inbox = Listed(_INBOX, "INBOX", role=Role.INBOX)
            return _put(tx, account_id, None, inbox, Role.INBOX)

    def by_role(self, account: str, role: Role) -> MailboxId | None:
        """The mailbox that is used for `role`."""
        found = self._state.value(
            "SELECT id FROM mailbox WHERE account_id=? AND role=? AND state<>'gone'",
            (self._accounts.find(account), role.value),
        )
        return None if found is None else MailboxId(found)

    def named(self, account: str, names: Iterable[str]) -> set[MailboxId]:
        """The mailboxes with these decoded names; unknown names are left out."""
        wanted = {str(safe_text(name)) for name in names}
        return {box.id for box in self.all(account) if box.name in wanted}

    def put_listing(
        self, account: str, listed: Sequence[Listed]
    ) -> dict[bytes, MailboxId]:
        """Take over the server's whole list; gives the ids by wire name.

        What is not in it is marked as gone and kept with its rows: an answer can be
        short for a moment, and rights can come back.
        """
        account_id = self._accounts.id(account)
        with self._state.write(durable=False) as tx:
            _follow_renames(tx, account_id, listed)
            known = _ids(tx, account_id)
            tx.execute("UPDATE mailbox SET role=NULL WHERE account_id=?", (account_id,))
            ids, free = {}, set(Role)
            for each in listed:
                role = _role(each, free)
                wire_name = _identity(each.wire_name)
                ids[each.wire_name] = known[wire_name] = _put(
                    tx, account_id, known.get(wire_name), each, role
                )
            gone = set(known.values()) - set(ids.values())
            tx.executemany(
                "UPDATE mailbox SET state='gone'"
                " WHERE id=? AND state IN('ok','noselect') AND wire_name<>?",
                [(mailbox, _INBOX) for mailbox in gone],
            )
        return ids

    def put_counts(
        self, mailbox: MailboxId, messages: int | None, unseen: int | None
    ) -> bool:
        """Note the server's counts (None: leave); True when they are new."""
        return self._change(
            "UPDATE mailbox SET srv_messages=ifnull(?1, srv_messages),"
            " srv_unseen=ifnull(?2, srv_unseen), srv_status_at=?3 WHERE id=?4"
            " AND (ifnull(?1, srv_messages) IS NOT srv_messages"
            "  OR ifnull(?2, srv_unseen) IS NOT srv_unseen)",
            (count(messages), count(unseen), int(time.time()), mailbox),
        )

    def put_unseen(self, mailbox: MailboxId, unseen: int) -> bool:
        """Note how many messages the server has without \\Seen; True when new."""
        return self.put_counts(mailbox, None, unseen)

    def pin(self, mailbox: MailboxId, pinned: bool) -> bool:
        """Keep a mailbox up to date and its texts here, or no longer."""
        return self._change(
            "UPDATE mailbox SET pinned=?1 WHERE id=?2 AND pinned<>?1",
            (int(pinned), mailbox),
        )

    def hide(self, mailbox: MailboxId, hidden: bool) -> bool:
        """Leave a mailbox out of the tree, or no longer; True when that is new."""
        return self._change(
            "UPDATE mailbox SET hidden=?1 WHERE id=?2 AND hidden<>?1",
            (int(hidden), mailbox),
        )

    def left_out(self, account: str) -> set[MailboxId]:
        """Mailboxes with `LEFT_OUT`: an offline account does not keep them."""
        rows = self._state.rows(
            "SELECT b.id FROM mailbox b JOIN account a ON a.id=b.account_id"
            " WHERE a.name=? AND json_extract(b.settings, '$.\"left out\"')='yes'",
            (account,),
        )
        return {MailboxId(number) for (number,) in rows}

    def put_rights(self, mailbox: MailboxId, rights: str | None) -> bool:
        """Note what one may do in a mailbox (None: not known); True when it is new."""
        return self._change(
            "UPDATE mailbox SET rights=?1 WHERE id=?2 AND rights IS NOT ?1",
            (rights, mailbox),
        )

    def setting(self, mailbox: MailboxId, name: str) -> str | None:
        """One of a mailbox's own settings: `sort`, `columns`, `threads` …"""
        found = self._settings(mailbox).get(name)
        return found if isinstance(found, str) else None

    def set_setting(self, mailbox: MailboxId, name: str, value: str | None) -> None:
        """Keep a setting for a mailbox; None forgets it."""
        with self._state.write(durable=False) as tx:
            settings = self._settings(mailbox)
            settings.pop(name, None)
            if value is not None:
                settings[name] = text(value)
            tx.execute(
                "UPDATE mailbox SET settings=? WHERE id=?",
                (json.dumps(settings, sort_keys=True), mailbox),
            )

    def _settings(self, mailbox: MailboxId) -> dict[str, object]:
        stored = self._state.value(
            "SELECT settings FROM mailbox WHERE id=?", (mailbox,)
        )
        try:
            found = json.loads(stored or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _change(self, sql: str, values: tuple[object, ...]) -> bool:
        with self._state.write(durable=False) as tx:
            return tx.execute(sql, values).rowcount > 0


def _identity(wire_name: bytes) -> bytes:
    """INBOX in any case is one mailbox; all other names are told byte by byte."""
    return _INBOX if wire_name.upper() == _INBOX else wire_name


def _ids(tx: sqlite3.Connection, account: AccountId) -> dict[bytes, MailboxId]:
    rows = tx.execute(
        "SELECT wire_name, id FROM mailbox WHERE account_id=?", (account,)
    )
    return {bytes(name): MailboxId(number) for name, number in rows}


def _follow_renames(
    tx: sqlite3.Connection, account: AccountId, listed: Sequence[Listed]
) -> None:
    """A mailbox that vanished while one just like it appeared has a new name.

    Alike: UIDVALIDITY, UIDNEXT and the number of messages, and there is only one such
    pair. What was pending for it follows it.
    """
    named = {_identity(each.wire_name) for each in listed}
    ids = _ids(tx, account)
    lost: dict[tuple[int, int, int], list[MailboxId]] = {}
    for name, number in ids.items():
        row = tx.execute(
            "SELECT uidvalidity, uidnext, srv_messages FROM mailbox WHERE id=?"
            " AND state='ok' AND uidvalidity IS NOT NULL AND uidnext>1",
            (number,),
        ).fetchone()
        if row is not None and name not in named and name != _INBOX:
            lost.setdefault(tuple(row), []).append(number)
    found: dict[tuple[int, int, int], list[Listed]] = {}
    for each in listed:
        if _identity(each.wire_name) not in ids:
            alike = (each.uidvalidity or 0, each.uidnext or 0, each.messages or 0)
            found.setdefault(alike, []).append(each)
    for alike, numbers in lost.items():
        new = found.get(alike, [])
        if len(numbers) == len(new) == 1:
            tx.execute(
                "UPDATE mailbox SET wire_name=? WHERE id=?",
                (new[0].wire_name, numbers[0]),
            )


def _role(listed: Listed, free: set[Role]) -> Role | None:
    """The role it gets: each is given once, and INBOX only to the inbox."""
    is_inbox = _identity(listed.wire_name) == _INBOX
    role = Role.INBOX if is_inbox else listed.role
    if role is None or role not in free or (role is Role.INBOX and not is_inbox):
        return None
    free.remove(role)
    return role


def _put(
    tx: sqlite3.Connection,
    account: AccountId,
    known: MailboxId | None,
    listed: Listed,
    role: Role | None,
) -> MailboxId:
    """Insert or update one row."""
    values = {
        "id": known,
        "account": account,
        "wire": _identity(listed.wire_name),
        "name": safe_text(listed.name),
        "delim": text(listed.delimiter[:1]),
        "role": role.value if role else None,
        "attrs": text(" ".join(sorted(listed.attributes))),
        "subscribed": int(listed.subscribed),
        "state": "ok" if listed.selectable else "noselect",
        "messages": count(listed.messages),
        "unseen": count(listed.unseen),
        "owner": safe_text(listed.owner, 200),
        "rights": listed.rights,
        "now": int(time.time()),
    }
    row = tx.execute(_UPDATE if known else _INSERT, values).fetchone()
    return MailboxId(row[0])


_INSERT = """
INSERT INTO mailbox(account_id, name, wire_name, delim, role, attrs, subscribed, state,
  srv_messages, srv_unseen, srv_status_at, owner, rights)
VALUES(:account, :name, :wire, :delim, :role, :attrs, :subscribed, :state, :messages,
  :unseen, :now, :owner, :rights) RETURNING id"""
_UPDATE = """
UPDATE mailbox SET name=iif(state='renaming', name, :name), delim=:delim, role=:role,
  attrs=:attrs, subscribed=iif(EXISTS(SELECT 1 FROM op
    WHERE kind='subscribe' AND src_id=:id
      AND op.state NOT IN('done','void','failed','asking')), subscribed, :subscribed),
  state=iif(state IN('renaming','deleting'), state, :state),
  srv_messages=ifnull(:messages, srv_messages),
  srv_unseen=ifnull(:unseen, srv_unseen), srv_status_at=:now, owner=:owner,
  rights=ifnull(:rights, rights)
WHERE id=:id RETURNING id"""


def _mailbox(row: Any) -> Mailbox:
    number, account, name, delim, role, state, subscribed = row[:7]
    messages, unseen, pinned, owner, rights, hidden, unread, total = row[7:]
    return Mailbox(
        id=MailboxId(number),
        account=account,
        name=SafeText(name),
        delimiter=delim,
        role=Role(role) if role else None,
        selectable=state not in ("noselect", "gone", "deleting"),
        subscribed=bool(subscribed),
        total=None if messages is None else max(0, messages + total),
        unread=None if unseen is None else max(0, unseen + unread),
        pinned=bool(pinned),
        gone=state in ("gone", "deleting"),
        unmade=state == "creating",
        owner=SafeText(owner),
        rights=rights,
        hidden=bool(hidden),
    )


def _order(mailbox: Mailbox) -> tuple[int, str, str]:
    place = list(Role).index(mailbox.role) if mailbox.role else len(Role)
    return place, mailbox.name.casefold(), mailbox.name
