"""The message pane: which message is in it, what text of it, and what is under way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.timer import Timer

from tuimail.engine.events import Progress, TextFailed, TextReady
from tuimail.errors import StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Flag, MessageId, RenderedText, SafeText, Section
from tuimail.ui.format import octets
from tuimail.ui.pictures import Gallery
from tuimail.ui.widgets.message_view import MARGIN, MessageView

if TYPE_CHECKING:
    from tuimail.engine.service import MailService

PATIENCE_S = 0.3
"""Seconds until somebody who waits is told what for."""
LONG_S = 2.0
"""Seconds of waiting from which on the time that is left is told."""
BAR_CELLS = 20


class Reader:
    """Shows one message at a time and fetches its text."""

    def __init__(self, pane: MessageView, service: MailService) -> None:
        self.pane = pane
        self._service = service
        self.gallery = Gallery(pane, service)
        """Its pictures."""
        self.message: MessageId | None = None
        self.text: RenderedText | None = None
        self._how = ""
        """`source`, `headers`, or empty for the text as preferred."""
        self._section: Section | None = None
        self._ticket = 0
        self._progress = ""
        self._patience: Timer | None = None
        self._seen: Timer | None = None
        self._width = 0
        self._reading = False
        self._leave_unread = False
        """The user marked it unread while it was shown: then it stays so."""
        self._begun = 0.0
        self._wanted: tuple[str, Section | None, str] = ("", None, "")
        """What text was asked for, and which is shown: the place in it is kept."""
        self._shown: tuple[str, Section | None, str] = self._wanted
        self._whole = False
        """Also what is too long to be shown at once."""
        self._glance = False
        """The text was asked for without the wish to fetch a message for it."""
        self._again = False
        """The text is here and only laid out again: nobody waits for it."""

    @property
    def waiting(self) -> bool:
        """A text is on its way."""
        return bool(self._ticket)

    def show(self, message: MessageId | None, *, reading: bool) -> None:
        """Show a message; `reading` it for a while marks it as read."""
        self._reading = reading
        if message == self.message and message is not None:
            if reading and self._glance:
                # It waits in a maildrop, and was not to be fetched for a glance.
                self.want()
            self._watch_reading()
            return
        self.leave()
        self.gallery.leave()
        self.message, self.text = message, None
        self._how, self._section, self._leave_unread = "", None, False
        self._whole = False
        view = self._service.message(message) if message is not None else None
        self.pane.show(view)
        if view is not None:
            self.want()

    def leave(self) -> None:
        """Nobody looks at this message any more: what is under way for it ends."""
        if self._ticket:
            self._service.cancel(self._ticket)
        self._ticket = 0
        for timer in (self._patience, self._seen):
            if timer is not None:
                timer.stop()
        self._patience = self._seen = None

    def leave_unread(self) -> None:
        """The user wants this message unread, so showing it does not mark it."""
        self._leave_unread = True
        self._watch_reading()

    def cancel(self) -> bool:
        """The user does not want to wait; False when nothing was under way."""
        if not self._ticket or self._again:
            return False
        self.leave()
        self.pane.set_status(SafeText("Not fetched. Press Enter to fetch it."))
        return True

    def toggle(self, how: str) -> None:
        """Show the message another way, or as before."""
        if self.message is None:
            return
        if how == "html":
            self._other_text()
            return
        if how == "whole":
            self._whole = True
        elif how == "pictures":
            self.gallery.toggle()
            self._how = "" if self.gallery.wanted else self._how
        else:
            self._how = "" if self._how == how else how
            self._section = None
        self.want()

    def _other_text(self) -> None:
        """Show the other text of a message, and of all mail of its sender."""
        view = self.pane.view
        if view is None:
            return
        sender = view.header.sender_addr
        other = "plain" if self._service.prefers(sender) == "html" else "html"
        try:
            self._service.prefer(sender, other)
        except StoreError as error:
            self.pane.set_status(safe_text(str(error)))
            return
        self._how, self._section = "", None
        self.want()

    def show_part(self, section: Section) -> None:
        """Show another text part."""
        self._section, self._how = section, ""
        self.want()

    def want(self) -> None:
        """Ask for the text as it is wanted now."""
        if self.message is None:
            return
        if self._ticket:
            self._service.cancel(self._ticket)
        view = self.pane.view
        prefer = self._service.prefers(view.header.sender_addr if view else "")
        self._wanted = (self._how, self._section, prefer)
        self._width = self._width_now()
        self._again = False
        self._glance = not self._reading
        self._ticket = self._service.want_text(
            self.message,
            width=self._width,
            prefer=prefer,
            fetch=self._reading,
            section=self._section,
            source=self._how == "source",
            full_headers=self._how == "headers",
            whole=self._whole,
            pictures=self.gallery.wanted,
        )
        self._progress = "Fetching the text …  Esc cancels"
        self._begun = time.monotonic()
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.pane.set_timer(PATIENCE_S, self._tell_progress)

    def resized(self) -> None:
        """Lay the text out again when the pane has another width."""
        if self.text is not None and self._width_now() != self._width:
            self.want()
            self._again = True

    def _width_now(self) -> int:
        """Cells for a line of text; a pane not laid out yet will fill the screen."""
        room = self.pane.text_width
        if not self.pane.size.width:
            room = self.pane.app.size.width - 2 * MARGIN
        if self._how == "source":
            return room
        return min(room, self._service.config.view.text_width)

    def renew(self, quiet: bool = False) -> None:
        """The message's flags or parts may have changed; `quiet`: drawn later."""
        if self.message is None:
            return
        view = self._service.message(self.message)
        if view is not None and quiet:
            self.pane.view = view
        elif view is not None:
            self.pane.renew(view)

    def on_ready(self, event: TextReady) -> bool:
        """A text has come; False when it is not the one that is waited for."""
        if event.ticket != self._ticket or event.message != self.message:
            return False
        same = self.text is not None and self._shown == self._wanted
        self._shown = self._wanted
        if event.more:
            # Nobody waits for the rest: there is something to read.
            self._again = True
        else:
            self._arrived()
        self.text = event.text
        self.gallery.clear()
        self.renew(quiet=True)
        self.pane.set_text(event.text, keep_place=same)
        self._watch_reading()
        self.pane.call_after_refresh(self.resized)
        return True

    def on_failed(self, event: TextFailed) -> None:
        """A text could not be had."""
        if event.ticket == self._ticket:
            self._arrived()
            self.pane.set_status(event.reason)

    def on_progress(self, event: Progress) -> None:
        """A text is on its way."""
        if event.ticket != self._ticket:
            return
        filled = BAR_CELLS * event.done // max(1, event.total)
        bar = "#" * filled + "." * (BAR_CELLS - filled)
        amount = f"{octets(event.done)} of {octets(event.total)}"
        left = time_left(event, time.monotonic() - self._begun)
        self._progress = f"[{bar}] {amount}{left}   Esc cancels"
        if self._patience is None:
            self._tell_progress()

    def _arrived(self) -> None:
        self._ticket = 0
        if self._patience is not None:
            self._patience.stop()
            self._patience = None

    def _tell_progress(self) -> None:
        self._patience = None
        if self._ticket and not self._again:
            self.pane.set_status(SafeText(self._progress))

    def _watch_reading(self) -> None:
        """It is read, not only glanced at: its pictures come, and after the time set
        it is marked as read."""
        if self._reading and self.text is not None and not (self._ticket or self._how):
            wanted = (self.message, self._section, self.text, self._width)
            # The text is painted before anything is done about pictures.
            self.pane.call_after_refresh(self.gallery.begin, *wanted)
        delay = self._service.config.view.mark_read_seconds
        if not self._reading or self._leave_unread or delay < 0:
            if self._seen is not None:
                self._seen.stop()
            self._seen = None
        elif self._seen is None and self.text is not None:
            self._seen = self.pane.set_timer(max(0.01, delay), self._mark_seen)

    def _mark_seen(self) -> None:
        header = self._service.header(self.message) if self.message else None
        if header is None or header.seen:
            return
        try:
            self._service.gestures.set_flags([header.id], add=Flag.SEEN)
        except StoreError as error:
            self.pane.set_status(safe_text(str(error)))


def time_left(event: Progress, waited_s: float) -> str:
    """`, 4 s left` once somebody has waited long; `''` before."""
    if waited_s < LONG_S or not 0 < event.done < event.total:
        return ""
    left = waited_s * (event.total - event.done) / event.done
    return f", {max(1, round(left))} s left"
