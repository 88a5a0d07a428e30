"""What one may do in the folders of an account, and how much room it has left.

Asked when there is something to be known, never on the way of what somebody waits
for. A server that answers nonsense is not asked again on that connection.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimail.engine.events import Event, MailboxesChanged
from tuimail.errors import AccountError, Unreachable
from tuimail.mail.rights import parse
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId, SafeText
from tuimail.store.store import Store
from tuimail.store.values import Room

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession
    from tuimail.net.session import Quota

RIGHTS_S = 24 * 3600.0
"""Seconds for which what is known of rights is believed."""
ROOM_S = 300.0
"""Seconds between two questions for the room that is left."""
SOON_S = 60.0
"""The same after changes."""
TOGETHER = 100
"""Folders whose rights are asked for in one flight."""
log = logging.getLogger(__name__)


class Permissions:
    """Keeps rights and room of one account up to date; on the lane's thread."""

    def __init__(
        self,
        store: Store,
        account: str,
        emit: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._account = account
        self._emit = emit
        self._clock = clock
        self._asked: dict[MailboxId, float] = {}
        self._measured: float | None = None
        self._opened: dict[MailboxId, ImapSession] = {}
        """Folders of others, by the session that was asked for their room."""
        self._theirs: dict[MailboxId, list[Room]] = {}
        self._odd: dict[str, ImapSession] = {}
        """What a session's server talks nonsense about."""
        self.trouble = SafeText("")
        """Why something is not known, one sentence; empty when all is well."""

    def due(self, mailbox: MailboxId) -> bool:
        """Whether it is time to ask what one may do in a folder."""
        asked = self._asked.get(mailbox)
        return asked is None or self._clock() - asked > RIGHTS_S

    def reopened(self, mailbox: MailboxId) -> None:
        """Somebody goes to a folder: what is known of it should be of just now."""
        asked = self._asked.get(mailbox)
        if asked is not None and self._clock() - asked > SOON_S:
            del self._asked[mailbox]

    def forget(self) -> None:
        """Something was refused: what is known may be old."""
        self._asked.clear()
        self._measured = None

    def look(self, session: ImapSession, mailbox: MailboxId) -> None:
        """Ask what one may do in a folder, unless that is known."""
        if not self.due(mailbox) or not self._asks(session, "ACL"):
            return
        self._asked[mailbox] = self._clock()
        wire = self._wire(mailbox)
        if session.selected == wire:
            # Of the selected mailbox Dovecot tells what was so when it was selected.
            session.unselect()
        try:
            rights: str | None = parse(session.permits.mine(wire))
        except Unreachable:
            raise
        except AccountError as error:
            rights = None
            self._note("rights", session, error)
        if self._store.mailboxes.put_rights(mailbox, rights):
            self._emit(MailboxesChanged(self._account))

    def look_at_others(self, session: ImapSession) -> None:
        """Ask for folders of others: there one may seldom do everything."""
        if not self._asks(session, "ACL"):
            return
        boxes = [
            box
            for box in self._store.mailboxes.all(self._account)
            if box.owner and box.selectable and not box.gone and self.due(box.id)
        ][:TOGETHER]
        wires = {self._wire(box.id): box for box in boxes}
        if session.selected in wires:
            session.unselect()
        found = session.permits.mine_in(list(wires))
        changed = False
        for wire, box in wires.items():
            self._asked[box.id] = self._clock()
            if wire in found:
                put = self._store.mailboxes.put_rights
                changed |= put(box.id, parse(found[wire]))
        if changed:
            self._emit(MailboxesChanged(self._account))

    def measure(self, session: ImapSession, *, soon: bool = False) -> None:
        """Ask how much room is left, at most every few minutes."""
        last = self._measured
        wait = SOON_S if soon else ROOM_S
        if last is not None and self._clock() - last < wait:
            return
        if not _tells_room(session) or self._odd.get("room") is session:
            return
        self._measured = self._clock()
        try:
            told = session.permits.room(b"INBOX")
        except Unreachable:
            raise
        except AccountError as error:
            told = []
            self._note("room", session, error)
        if self._store.rooms.put(self._account, [Room(*each) for each in told]):
            self._emit(MailboxesChanged(self._account))

    def measure_others(self, session: ImapSession, mailbox: MailboxId) -> None:
        """Ask how much room there is for a folder of others, once a session.

        Many servers refuse that, and it is nothing to tell of: the room is not ours.
        """
        box = self._store.mailboxes.get(mailbox)
        if box is None or not box.owner or self._opened.get(mailbox) is session:
            return
        if not _tells_room(session) or self._odd.get("room") is session:
            return
        self._opened[mailbox] = session
        told: list[Quota] = []
        try:
            told = session.permits.room(self._wire(mailbox))
        except Unreachable:
            raise
        except AccountError as error:
            if not error.text:
                self._note("room", session, error)
        rooms = [Room(each.root or box.name, *each[1:]) for each in told]
        before = self.of_others
        self._theirs[mailbox] = [
            each._replace(root=safe_text(each.root, 100)) for each in rooms
        ]
        if self.of_others != before:
            self._emit(MailboxesChanged(self._account))

    @property
    def of_others(self) -> tuple[Room, ...]:
        """What is known of room that is not one's own; each once, any thread."""
        if not self._theirs:
            return ()
        own = {each.root for each in self._store.rooms.get(self._account)}
        every = [each for some in list(self._theirs.values()) for each in some]
        found = {(room.root, room.resource): room for room in every}
        return tuple(room for room in found.values() if room.root not in own)

    def _asks(self, session: ImapSession, capability: str) -> bool:
        odd = self._odd.get("rights") is session
        return capability in session.capabilities and not odd

    def _note(self, what: str, session: ImapSession, error: AccountError) -> None:
        """A refusal is an answer; nonsense ends the asking on this connection."""
        log.info("%s: %s", self._account, error)
        if not error.code:
            self._odd[what] = session
            self.trouble = safe_text(str(error), 300)

    def _wire(self, mailbox: MailboxId) -> bytes:
        return self._store.mailboxes.wire_name(mailbox)


def _tells_room(session: ImapSession) -> bool:
    return any(each.split("=")[0] == "QUOTA" for each in session.capabilities)
