"""The pictures of the message that is open: whether, how and when they are got."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, cast

from rich.color import ColorSystem
from textual.app import SuspendNotSupported

from tuimail.engine.events import PictureReady
from tuimail.mail.types import (
    Canvas,
    MessageId,
    Picture,
    RenderedText,
    SafeText,
    Section,
)
from tuimail.ui.drawn import DIACRITICS, Drawn, drawn
from tuimail.ui.terminal import Graphics, ask_graphics, cell_now
from tuimail.ui.widgets.message_view import Hung, MessageView

if TYPE_CHECKING:
    from tuimail.engine.service import MailService
    from tuimail.ui.app import TuimailApp
    from tuimail.ui.desk import Desk

ROWS_MAX, ROWS_LEAST = 20, 4
"""Rows a picture may take; fewer in a low pane, that it is seen whole."""
COLOURS = 128
"""Of a sixel picture; of fewer where the terminal has fewer."""
CELL_GUESSED = (8, 16)
FIRST_NUMBER = 0x746D01
"""Numbers in the terminal that another program there will hardly use."""
ASKING = ("auto", "sixel", "kitty")
"""Settings for which the terminal is asked what it can."""
CANNOT = SafeText(
    "Pictures are not shown: this terminal, or the theme, has too few colours."
)
_numbers = count(FIRST_NUMBER)


class Gallery:
    """Shows the pictures of one message at a time."""

    def __init__(self, pane: MessageView, service: MailService) -> None:
        self._pane = pane
        self._service = service
        self._ticket = 0
        self._begun = False
        """They were asked for."""
        self._asked_for = ("", False)
        """How they are shown, and whether the terminal moves them with their rows."""
        self._wish: bool | None = None
        """What the user wants for this message; None for what is set."""

    @property
    def wanted(self) -> bool:
        """Whether pictures of this message are to be shown."""
        if self._wish is not None:
            return self._wish
        return self._service.config.view.pictures != "off"

    def toggle(self) -> None:
        """Show them for this message, or hide them."""
        self._wish = not self.wanted

    def leave(self) -> None:
        """Another message comes, or none."""
        self._wish = None
        self.clear()

    def clear(self) -> None:
        """Show none; what is under way ends, and the terminal forgets them."""
        if self._ticket:
            self._service.cancel(self._ticket)
        self._ticket, self._begun = 0, False
        for each in self._pane.pictures.values():
            self._app.take_down(each.drawn)
        self._pane.pictures = {}
        self._pane.picture_note = SafeText("")

    def begin(
        self,
        message: MessageId | None,
        section: Section | None,
        text: RenderedText,
        width: int,
    ) -> None:
        """The text is on the screen: ask for the pictures, once, if there are any."""
        # It may be that another message, or another text, is there by now.
        if self._begun or message is None or self._pane.text is not text:
            return
        from tuimail.mail.pictures import KINDS

        self._begun = True
        numbers = frozenset(number for _, number in text.pictures)
        view = self._pane.view
        attached = view is not None and any(
            part.attachment and part.media_type in KINDS for part in view.parts
        )
        if not self.wanted or not (numbers or attached or section is not None):
            return
        canvas = self._canvas(width)
        if canvas is None:
            self._pane.picture_note = CANNOT
            self._pane.relayout()
            return
        self._ticket = self._service.want_pictures(message, section, numbers, canvas)

    def on_ready(self, event: PictureReady) -> None:
        """A picture has come, or why there is none."""
        if event.ticket != self._ticket:
            return
        if not event.number:
            self._pane.picture_note = event.words
            self._pane.relayout()
            return
        number = columns = rows = 0
        if event.picture is not None:
            number = next(_numbers)
            columns, rows = event.picture.columns, event.picture.rows
            self._app.hang(number, self._drawn(event.picture, number))
        hung = Hung(number, event.name, event.attached, columns, rows, event.words)
        self._pane.put_picture(event.number, hung)

    def _drawn(self, picture: Picture, number: int) -> Drawn:
        """A picture as it was asked for, whatever theme or font there is by now."""
        way, moves = self._asked_for
        truecolor = self._app.color_depth is ColorSystem.TRUECOLOR
        return drawn(picture, number, way, truecolor=truecolor, moves=moves)

    @property
    def _app(self) -> TuimailApp:
        return cast("TuimailApp", self._pane.app)

    def _way(self) -> tuple[str, Graphics]:
        """How pictures are shown here, `''` for not at all; what the terminal is."""
        app = self._app
        if not app.paints:
            return "", Graphics()
        setting = self._service.config.view.pictures
        setting = "auto" if setting == "off" else setting
        if setting in ASKING and app.graphics is None:
            app.graphics = _asked(app)
        graphics = app.graphics or Graphics()
        # The system knows of changes, of another font as well; not every terminal says.
        graphics = graphics._replace(cell=cell_now() or graphics.cell)
        return (
            way_of(setting, graphics, app.color_depth, plain=app.look.ansi),
            graphics,
        )

    def _canvas(self, width: int) -> Canvas | None:
        way, graphics = self._way()
        # A pane that is not laid out yet will fill the screen, but for three bars.
        height = self._pane.size.height or self._app.size.height - 3
        rows = max(ROWS_LEAST, min(ROWS_MAX, height - 2))
        cell = graphics.cell or CELL_GUESSED
        colours = min(COLOURS, graphics.colours or COLOURS)
        columns = min(width, len(DIACRITICS))
        self._asked_for = way, graphics.moves
        return Canvas(way, columns, rows, cell, colours) if way else None


def way_of(
    setting: str, graphics: Graphics, colors: ColorSystem, *, plain: bool
) -> str:
    """How pictures are shown: `kitty`, `sixel`, `blocks`, or `''` for not at all.

    `plain`: the theme keeps to sixteen colours, or none. A wish the terminal cannot
    fulfil becomes blocks.
    """
    placing = graphics.kitty and (graphics.places or setting == "kitty")
    if setting in ("auto", "kitty") and placing and colors is ColorSystem.TRUECOLOR:
        return "kitty"
    if setting in ("auto", "sixel") and graphics.strips:
        return "sixel"
    if plain or colors not in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT):
        return ""
    return "blocks"


def _asked(app: TuimailApp) -> Graphics:
    """Ask in the middle: the screen is given back for the moment, keys and all."""
    try:
        with app.suspend():
            return ask_graphics(os.environ)
    except SuspendNotSupported:
        return Graphics()


def toggle(desk: Desk) -> None:
    """Show or hide the pictures of the message that is open."""
    from tuimail.mail.pictures import KINDS

    view = desk.reader.pane.view
    if view is None:
        return
    kinds = [part for part in view.parts if part.media_type in KINDS]
    if view.structure_known and not kinds:
        desk.say("This message has no pictures.")
        return
    desk.app.hush()
    desk.reader.toggle("pictures")
    if not desk.reader.gallery.wanted:
        desk.say("Pictures are hidden.")
    elif not any(part.attachment for part in kinds) and not _page_shown(desk):
        desk.say("The pictures belong to the HTML text; ctrl+t shows it.")


def _page_shown(desk: Desk) -> bool:
    """Whether the text that is read is a page."""
    view = desk.reader.pane.view
    if view is None or not view.has_html:
        return False
    prefer = desk.service.prefers(view.header.sender_addr)
    return prefer == "html" or not view.has_plain
