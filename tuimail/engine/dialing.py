"""Make the connections of one account; an attempt can be given up from elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tuimail.config import ImapAccount
from tuimail.engine.endpoint import endpoint_of
from tuimail.engine.untagged import Untold
from tuimail.errors import Refused
from tuimail.net.auth import Password

if TYPE_CHECKING:
    from tuimail.engine.maildir_session import MaildirSession
    from tuimail.engine.maildrop import Maildrop
    from tuimail.net.imap import ImapSession
    from tuimail.net.session import Untagged
    from tuimail.store.maildrop_tree import MaildropTree


class Dialer:
    """Connects and logs in; blocking, called by the threads of several lanes."""

    def __init__(self, config: ImapAccount, secret: Password) -> None:
        self._config = config
        self._secret = secret
        self._lock = threading.Lock()
        self._begun: dict[ImapSession, float] = {}

    def connect(self, listen: Callable[[Untagged], None]) -> ImapSession:
        """A new connection, logged in; what is said unasked goes to `listen`."""
        # Late: nothing of the network is needed for the first frame.
        from tuimail.net.imap import ImapSession

        session = ImapSession(
            endpoint_of(self._config), self._secret, on_untagged=listen
        )
        if isinstance(listen, Untold):
            listen.session = session
        with self._lock:
            self._begun[session] = time.monotonic()
        try:
            session.connect()
        except Refused:
            self._secret.forget()
            raise
        finally:
            with self._lock:
                del self._begun[session]
        return session

    def hang_up(self, older_s: float = 0.0) -> bool:
        """Give up the attempts that are so old; False when there were none."""
        limit = time.monotonic() - older_s
        with self._lock:
            stale = [each for each, begun in self._begun.items() if begun <= limit]
        for session in stale:
            session.abort()
        return bool(stale)


class LocalDialer:
    """The same for mail that lies here: there is nothing to wait for."""

    def __init__(self, tree: Path, lists: Path) -> None:
        """`lists` is a folder of ours for the lists of UIDs."""
        self._tree = tree
        self._lists = lists

    def connect(self, listen: Callable[[Untagged], None]) -> ImapSession:
        """A session over the files, with the methods of one over a connection."""
        return _begun(self._session(listen), listen)

    def hang_up(self, older_s: float = 0.0) -> bool:
        """There is no attempt that could hang."""
        return False

    def _session(self, listen: Callable[[Untagged], None]) -> MaildirSession:
        from tuimail.engine.maildir_session import MaildirSession
        from tuimail.store.maildir import Maildir

        return MaildirSession(Maildir(self._tree), self._lists, listen)


class MaildropDialer:
    """The same for mail that lies here, and in a maildrop."""

    def __init__(self, tree: MaildropTree, lists: Path, drop: Maildrop) -> None:
        self.tree = tree
        self.drop = drop
        self._lists = lists

    def connect(self, listen: Callable[[Untagged], None]) -> ImapSession:
        """A session over the files."""
        from tuimail.engine.pop3_session import Pop3Files

        return _begun(Pop3Files(self.tree, self._lists, listen), listen)

    def reach(self, listen: Callable[[Untagged], None]) -> ImapSession:
        """The one session that may talk to the maildrop."""
        from tuimail.engine.pop3_session import Pop3Files

        return _begun(Pop3Files(self.tree, self._lists, listen, self.drop), listen)

    def hang_up(self, older_s: float = 0.0) -> bool:
        """Give up what does not answer."""
        return self.drop.hang_up(older_s)


def _begun(made: MaildirSession, listen: Callable[[Untagged], None]) -> ImapSession:
    made.connect()
    session = cast("ImapSession", made)
    if isinstance(listen, Untold):
        listen.session = session
    return session


AnyDialer = Dialer | LocalDialer | MaildropDialer
