"""Accounts in online mode: the last program to end takes their mail along."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tuimail.errors import StoreError
from tuimail.store.store import Store

if TYPE_CHECKING:
    from tuimail.engine.role import Presence

log = logging.getLogger(__name__)


class Passing:
    """Mail that does not stay. What is not on the server yet keeps all of it here."""

    def __init__(self, store: Store, run: Path, accounts: Iterable[str]) -> None:
        """`run` is the folder for locks. What a killed run left is taken out now."""
        self._store = store
        self._here = {account: _presence(run, account) for account in accounts}
        if self._here:
            store.overwrite()
        for account, presence in self._here.items():
            if presence.alone():
                self._empty(account)
            presence.stay()

    def leave(self) -> None:
        """This program ends."""
        for account, presence in self._here.items():
            if presence.alone():
                self._empty(account)
            presence.leave()
        self._here.clear()

    def _empty(self, account: str) -> None:
        try:
            self._store.empty(account)
        except StoreError as error:
            log.warning("mail of %s could not be taken out: %s", account, error)


def _presence(run: Path, account: str) -> Presence:
    # Most accounts are not in online mode, and the first frame does not wait for this.
    from tuimail.engine.role import Presence

    return Presence(run, account)
