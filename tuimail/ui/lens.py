"""Which messages the list shows and how: narrowed, sorted, as conversations, grouped.

What is asked for is found by the service, off this thread; until it is there the list
shows what it showed before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer

from tuimail.engine.events import Failed, Found
from tuimail.engine.views import FOUND, PLAIN, Rows, Shape
from tuimail.errors import QueryError, StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId, MessageId, SafeText

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

AGAIN_S = 0.3
"""Seconds after news until a list that was worked out is worked out again."""
SORTS = {
    "date": "date, the newest first",
    "sender": "sender",
    "subject": "subject",
    "size": "size, the largest first",
    "flags": "flagged first, then unread",
    "to-me": "to me first",
    "list": "mailing list",
}
GROUPS = {"": "no headings", "day": "day", "sender": "sender", "list": "mailing list"}
SORT_OF = {"day": "date", "sender": "sender", "list": "list"}


class Left(NamedTuple):
    """Where a search began, to go back to."""

    source: Rows
    cursor: MessageId | None


class Lens:
    """Asks for what the list is to show, and takes it in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ticket = 0
        """What is shown was asked for by it, and may still be added to."""
        self._busy = False
        self._keep = True
        """The cursor stays on its message."""
        self._left: Left | None = None
        self._again: Timer | None = None
        self._missed = False
        """Something changed while the order was frozen."""
        self._found: Callable[[Rows, bool], None] | None = None
        self.account = ""
        """Where a search looks: one account, or everywhere when empty."""
        self.flat: dict[MailboxId, Shape] = {}
        """By folder: its order before it was shown as conversations."""

    @property
    def shape(self) -> Shape:
        """What the list shows now."""
        source = self._desk.list.source
        return source.shape if source is not None else PLAIN

    @property
    def busy(self) -> bool:
        """Something was asked for and is not there yet."""
        return self._busy

    def reshape(
        self, shape: Shape, found: Callable[[Rows, bool], None] | None = None
    ) -> None:
        """Show the same folder otherwise; the cursor stays on its message.

        `found` is told of what has to be found for it; see `seek`.
        """
        desk = self._desk
        mailbox = desk.list.mailbox
        if mailbox is None:
            return
        if mailbox > 0:
            self._keep_shape(mailbox, shape)
        if mailbox > 0 and shape.plain:
            self._end()
            desk.list.swap(desk.service.rows(mailbox, shape))
            desk.screen.refresh_bars()
        else:
            self.seek(mailbox, shape, found=found)

    def _keep_shape(self, mailbox: MailboxId, shape: Shape) -> None:
        try:
            self._desk.service.keep_shape(mailbox, shape)
        except StoreError as error:
            self._desk.say(str(error), trouble=True)

    def seek(
        self,
        mailbox: MailboxId,
        shape: Shape,
        *,
        keep: bool = True,
        found: Callable[[Rows, bool], None] | None = None,
    ) -> None:
        """Find what a folder holds of this shape, and show it.

        `found` is told as well: the rows, and whether more of them follow. Raises
        QueryError.
        """
        desk = self._desk
        self._keep, self._found = keep, found
        account = self.account if mailbox == FOUND else ""
        marked = tuple(desk.list.marks)
        self._busy = True
        self._ticket = desk.service.find(mailbox, shape, account=account, marked=marked)

    def recall(self) -> None:
        """Show the folder as it was shown the last time, once the program is up."""
        mailbox = self._desk.list.mailbox
        if mailbox is not None and mailbox > 0 and self.shape == PLAIN:
            shape = self._desk.service.shape(mailbox)
            if shape != PLAIN:
                self.reshape(shape)

    def narrow(self, query: str) -> bool:
        """Show only what a query finds of the folder; all of it when empty.

        False when the query cannot be read, and that was told.
        """
        shape = self.shape._replace(query=safe_text(query.strip(), 2000))
        try:
            self.reshape(shape)
        except QueryError as error:
            self._desk.say(str(error), trouble=True)
            return False
        return True

    def search(
        self, query: str, found: Callable[[Rows, bool], None] | None = None
    ) -> None:
        """Show what a query finds everywhere. Raises QueryError."""
        shape = self.shape if self._left else PLAIN._replace(threads=False)
        shape = shape._replace(query=safe_text(query.strip(), 2000))
        self.seek(FOUND, shape, keep=False, found=found)

    def begin(self) -> None:
        """Remember where a search begins."""
        source = self._desk.list.source
        if self._left is None and source is not None and source.mailbox != FOUND:
            here = self._desk.list.current
            self._left = Left(source, here.id if here is not None else None)

    def leave(self) -> bool:
        """Back to where a search began, or to all of the folder; False when there."""
        desk, source = self._desk, self._desk.list.source
        self._end()
        if source is None:
            return False
        if source.mailbox == FOUND and self._left is not None:
            left, self._left = self._left, None
            desk.list.show(left.source)
            desk.tree.point_at(left.source.mailbox)
            if left.cursor is not None:
                desk.list.go_to(left.cursor)
            desk.screen.refresh_bars()
            return True
        self._left = None
        if self.shape.query:
            self.reshape(self.shape._replace(query=SafeText("")))
            return True
        return False

    def forget(self) -> None:
        """Another folder is shown: what was asked for is not wanted any more."""
        self._end()
        self._left, self._found = None, None

    def _end(self) -> None:
        """Nobody waits for what was asked for, and servers need not go on."""
        if self._ticket:
            self._desk.service.seeker.leave()
        self._ticket, self._busy = 0, False

    def changed(self) -> None:
        """What the list was worked out from has changed: work it out again, soon."""
        if self._again is None:
            self._again = self._desk.screen.set_timer(AGAIN_S, self._refresh)

    def thawed(self) -> None:
        """The order may change again: what changed meanwhile is taken in at once."""
        if self._missed:
            self._missed = False
            self._refresh()

    def _refresh(self) -> None:
        self._again = None
        source = self._desk.list.source
        if self._desk.list.frozen:
            self._missed = True
            return
        if source is None or self._busy:
            return
        if source.mailbox < 0 or not source.shape.plain:
            self.seek(source.mailbox, source.shape)

    def on_found(self, event: Found) -> None:
        """What was asked for is there, or its beginning."""
        if event.ticket != self._ticket:
            return
        before = self._desk.list.source
        rows = event.rows
        if before is not None and before.folded:
            rows.fold(before.folded)
        self._busy = event.more
        if self._keep and before is not None and before.mailbox == rows.mailbox:
            self._desk.list.swap(rows)
        else:
            self._desk.list.show(rows)
        # What follows is more of the same.
        self._keep = True
        if self._found is not None:
            self._found(rows, event.more)
        self._desk.screen.refresh_bars()

    def on_failed(self, event: Failed) -> bool:
        """It could not be found; False when it was not this that was asked for."""
        if event.ticket != self._ticket:
            return False
        self._ticket, self._busy = 0, False
        self._desk.say(event.reason, trouble=True)
        return True
