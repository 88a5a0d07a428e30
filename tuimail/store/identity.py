"""Whose cache this is: what was derived from one state.db says nothing of another."""

from __future__ import annotations

import os

from tuimail.store.database import Database


def agree(state: Database, cache: Database, what: str) -> bool:
    """Note in the cache that `what` is of this state.db; True when it was not.

    Then what was derived must be made anew.
    """
    identity = state.value("SELECT v FROM meta WHERE k='identity'")
    if identity is None:
        identity = os.urandom(16).hex()
        with state.write(durable=False) as tx:
            tx.execute("INSERT INTO meta VALUES('identity', ?)", (identity,))
    if cache.value("SELECT v FROM meta WHERE k=?", (what,)) == identity:
        return False
    with cache.write(durable=False) as tx:
        tx.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (what, identity))
    return True
