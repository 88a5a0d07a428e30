"""The rules that hold in every committed state of the store, as checks."""

from __future__ import annotations

import itertools

from tuimail.mail.first_line import LENGTH
from tuimail.store.database import Database
from tuimail.store.flags import COLUMNS, Delta, Layers, layers
from tuimail.store.fold import WITH_MESSAGES, folded
from tuimail.store.places import wanted_places


def violations(state: Database, cache: Database) -> list[str]:
    """One sentence per broken rule; reads the whole store."""
    found = [f"{rule}: {key}" for rule, sql in _RULES for (key,) in state.rows(sql)]
    with state.snapshot():
        found += _deltas(state) + _spans(state) + _places(state)
    return found + _readable(state, cache)


_RULES = (
    (
        "a content that no row refers to",
        "SELECT id FROM content c"
        " WHERE NOT EXISTS(SELECT 1 FROM msg WHERE content_id=c.id)",
    ),
    (
        "a tombstone that no live operation needs",
        "SELECT id FROM msg m WHERE absent=2 AND NOT EXISTS(SELECT 1 FROM op_msg om"
        " JOIN op o ON o.id=om.op_id WHERE om.msg_id=m.id"
        " AND om.state IN('todo','sent','failed') AND o.state NOT IN('done','void'))",
    ),
    (
        "a wrong number of rows on screen in mailbox",
        "SELECT id FROM mailbox b"
        " WHERE known<>(SELECT count(*) FROM msg WHERE view_id=b.id)",
    ),
    (
        "a wrong number of rows with a UID in mailbox",
        "SELECT id FROM mailbox b WHERE held<>(SELECT count(*) FROM msg"
        " WHERE mailbox_id=b.id AND gen=b.gen AND uid IS NOT NULL AND absent<>2)",
    ),
    (
        "a queued or running operation without a message to do",
        "SELECT id FROM op o WHERE"
        f" kind IN{WITH_MESSAGES}"
        " AND state NOT IN('done','void') AND NOT EXISTS(SELECT 1 FROM op_msg"
        " WHERE op_id=o.id AND state IN('todo','sent','failed'))",
    ),
    (
        "a finished operation with a message to do",
        "SELECT id FROM op o WHERE"
        f" kind IN{WITH_MESSAGES}"
        " AND state IN('done','void') AND EXISTS(SELECT 1 FROM op_msg"
        " WHERE op_id=o.id AND state IN('todo','sent','failed'))",
    ),
    (
        "a first line that is longer than one can be",
        f"SELECT id FROM content WHERE length(preview)>{LENGTH}",
    ),
    (
        "a row that refers to nothing in table",
        'SELECT "table" FROM pragma_foreign_key_check',
    ),
)


def _deltas(state: Database) -> list[str]:
    rows = state.rows(
        f"SELECT id, {COLUMNS} FROM msg WHERE (p_add|p_del|f_add|f_del)<>0 OR kw<>''"
        " OR id IN (SELECT msg_id FROM op_msg WHERE state IN('todo','sent'))"
    )
    fold = folded(state.connection(), (row[0] for row in rows))
    return [
        f"flags that are not what the journal says: {number}"
        for number, *columns in rows
        if _plain(layers(tuple(columns))) != tuple(map(_bare, fold[number]))
    ]


def _places(state: Database) -> list[str]:
    rows = state.rows(
        "SELECT id FROM msg WHERE view_id IS NOT mailbox_id UNION"
        " SELECT msg_id FROM op_msg WHERE state IN('todo','sent') UNION"
        " SELECT msg_id FROM snooze"
    )
    wanted = wanted_places(state.connection(), (id for (id,) in rows))
    return [
        f"a place that is not what the journal says: {id}"
        for id, shown, place in wanted
        if shown != place
    ]


def _plain(flags: Layers) -> tuple[object, ...]:
    return _bare(flags.flying), _bare(flags.pending)


def _bare(delta: Delta) -> tuple[object, ...]:
    return delta.add, delta.remove


def _spans(state: Database) -> list[str]:
    rows = state.rows("SELECT mailbox_id, lo, hi FROM span ORDER BY mailbox_id, lo")
    return [
        f"spans that touch in mailbox: {a[0]}"
        for a, b in itertools.pairwise(rows)
        if a[0] == b[0] and b[1] <= a[2] + 1
    ]


def _readable(state: Database, cache: Database) -> list[str]:
    texts = {id for (id,) in cache.rows("SELECT content_id FROM part WHERE text<>0")}
    rows = state.rows(
        "SELECT c.id FROM content c JOIN account a ON a.id=account_id"
        " WHERE text_here<>0 AND kind='imap'"
    )
    marked = {id for (id,) in rows}
    return [f"a text that is marked as here and is not: {id}" for id in marked - texts]
