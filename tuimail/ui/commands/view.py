"""Moving about and looking: motions, panes, finding, themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.ui.commands.registry import Where, command

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


@command("view.down", "Down", "j", "down", counts=True)
def down(desk: Desk, count: int) -> None:
    """One line or message on; `5j` goes five."""
    desk.pane.move(count or 1)


@command("view.up", "Up", "k", "up", counts=True)
def up(desk: Desk, count: int) -> None:
    """One line or message back."""
    desk.pane.move(-(count or 1))


@command("view.page-down", "Page down", "pagedown", "ctrl+f", counts=True)
def page_down(desk: Desk, count: int) -> None:
    """One screen on."""
    desk.pane.page(count or 1)


@command("view.page-up", "Page up", "pageup", "ctrl+b", counts=True)
def page_up(desk: Desk, count: int) -> None:
    """One screen back."""
    desk.pane.page(-(count or 1))


@command("view.half-down", "Half a page down", "ctrl+d")
def half_down(desk: Desk, count: int) -> None:
    """Half a screen on."""
    desk.pane.page(0.5)


@command("view.half-up", "Half a page up", "ctrl+u")
def half_up(desk: Desk, count: int) -> None:
    """Half a screen back."""
    desk.pane.page(-0.5)


@command("view.top", "First", "g g", "home")
def top(desk: Desk, count: int) -> None:
    """The newest message, or the first line."""
    desk.pane.to_top()


@command("view.bottom", "Last", "G", "end")
def bottom(desk: Desk, count: int) -> None:
    """The oldest message, fetched when it is not here; or the last line."""
    desk.pane.to_bottom()


@command("view.space", "Read on", "space", hint="read on", rank=0, reading=1)
def space(desk: Desk, count: int) -> None:
    """One screen on; at the end of a message, the next unread one."""
    desk.read_on()


@command(
    "view.back", "Back", "q", "h", "left", "escape", hint="back", rank=40, reading=7
)
def back(desk: Desk, count: int) -> None:
    """Leave: the message, the folders, the marks; from the list, the program."""
    desk.back()


@command("view.folders", "Folders", "f", "1", hint="folders", rank=35)
def folders(desk: Desk, count: int) -> None:
    """Go to the folder pane."""
    desk.to_folders()


@command("view.list", "Message list", "2")
def to_list(desk: Desk, count: int) -> None:
    """Go to the message list."""
    desk.to_list()


@command("view.message", "Message", "3")
def to_message(desk: Desk, count: int) -> None:
    """Go to the message."""
    desk.open()


@command("view.panes", "One pane / several", "ctrl+w")
def panes(desk: Desk, count: int) -> None:
    """Show one pane, or as many as fit beside each other."""
    desk.toggle_panes()


@command("view.next-pane", "Next pane", "w")
def next_pane(desk: Desk, count: int) -> None:
    """Go round the panes."""
    desk.next_pane()


@command(
    "view.find", "Find in message", "slash", where=Where.MESSAGE, hint="find", rank=50
)
def find(desk: Desk, count: int) -> None:
    """Look for words in the message that is open."""
    desk.ask_find()


@command("view.find-next", "Next hit", "n", where=Where.MESSAGE)
def find_next(desk: Desk, count: int) -> None:
    """The next line with what was looked for."""
    desk.find_next(True)


@command("view.find-previous", "Previous hit", "N", where=Where.MESSAGE)
def find_previous(desk: Desk, count: int) -> None:
    """The line before with what was looked for."""
    desk.find_next(False)


@command("view.choose", "Choose lines", "v", where=Where.MESSAGE)
def choose(desk: Desk, count: int) -> None:
    """Choose lines by moving; `Y` copies them, `v` or Esc ends."""
    desk.choose_lines()


@command("view.copy", "Copy the text", "Y", where=Where.MESSAGE)
def copy(desk: Desk, count: int) -> None:
    """Copy the lines chosen by `v` or with the mouse (`ctrl+c`), or all of the text."""
    from tuimail.ui import opening

    opening.copy_text(desk)


@command("view.fold", "Fold / show quotes", "z", where=Where.MESSAGE)
def fold(desk: Desk, count: int) -> None:
    """Show long quotes whole, or only their beginning."""
    desk.toggle_fold()


@command("view.theme", "Theme", "g T")
def theme(desk: Desk, count: int) -> None:
    """Choose a theme; each is shown while you look."""
    desk.choose_theme()
