"""Finding, narrowing, sorting and grouping what the list shows."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from tuimail.ui.columns import complete
from tuimail.ui.commands.registry import Where, command

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

LISTS = Where.LIST | Where.FOLDERS


def _finding() -> ModuleType:
    """Late: the first frame does not need it."""
    from tuimail.ui import finding

    return finding


@command("mailbox.search", "Search", "slash", where=LISTS, hint="search", rank=8)
def search(desk: Desk, count: int) -> None:
    """Search all mail while you type: `from:ann is:unread before:2026-01 invoice`."""
    desk.ask_search()


@command("mailbox.limit", "Limit", "l", where=Where.LIST, hint="limit", rank=16)
def limit(desk: Desk, count: int) -> None:
    """Show only what a query finds of this list; Esc shows all again."""
    desk.ask_limit()


@command("mailbox.sort", "Sort", "O", where=Where.LIST)
def sort(desk: Desk, count: int) -> None:
    """Sort by date, sender, subject, size, flags, list; again turns it round."""
    _finding().sort(desk)


@command("mailbox.group", "Headings", "g G", where=Where.LIST)
def group(desk: Desk, count: int) -> None:
    """Headings between the messages: by day, sender or mailing list."""
    _finding().group(desk)


@command("mailbox.columns", "Columns", "g C", where=Where.LIST, words=complete)
def columns(desk: Desk, count: int) -> None:
    """Choose the columns of this folder's list; `:columns date from subject` does."""
    _finding().columns(desk)


@command("mailbox.save-search", "Keep this search", "g +", where=Where.LIST)
def save(desk: Desk, count: int) -> None:
    """Keep what was searched for as a folder of its own, with counts."""
    _finding().save(desk)


@command("mailbox.drop-search", "Forget a saved search", where=LISTS)
def drop(desk: Desk, count: int) -> None:
    """Take a saved search away; no message is touched."""
    _finding().drop(desk)


@command("mailbox.all-unread", "All unread", "g u")
def unread(desk: Desk, count: int) -> None:
    """Unread messages of all folders and accounts."""
    desk.go_virtual("Unread")


@command("mailbox.all-flagged", "All flagged", "g f")
def flagged(desk: Desk, count: int) -> None:
    """Flagged messages of all folders and accounts."""
    desk.go_virtual("Flagged")


@command("mailbox.today", "Today", "g y")
def today(desk: Desk, count: int) -> None:
    """What came today, of all folders and accounts."""
    desk.go_virtual("Today")


@command("mailbox.inboxes", "All inboxes", "g I")
def inboxes(desk: Desk, count: int) -> None:
    """The inboxes of all accounts as one list."""
    desk.go_virtual("All inboxes")
