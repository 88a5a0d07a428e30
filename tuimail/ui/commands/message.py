"""What one does with messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.mail.types import Flag
from tuimail.ui.commands.registry import Where, command

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


@command("message.open", "Open", "enter", "right", hint="open", rank=1, reading=0)
def open_(desk: Desk, count: int) -> None:
    """Read the message under the cursor, or open the folder."""
    desk.open()


@command(
    "message.toggle-read",
    "Read / unread",
    "U",
    where=Where.MAIL,
    hint="unread",
    rank=10,
    repeats=True,
    counts=True,
)
def toggle_read(desk: Desk, count: int) -> None:
    """Mark as read, or as unread when it is read."""
    desk.toggle_flag(Flag.SEEN, "read", "unread")


@command(
    "message.flag",
    "Flag",
    "F",
    "*",
    where=Where.MAIL,
    hint="flag",
    rank=12,
    repeats=True,
    counts=True,
)
def flag(desk: Desk, count: int) -> None:
    """Flag the message, or take the flag off."""
    desk.toggle_flag(Flag.FLAGGED, "flagged", "not flagged")


@command("message.undo", "Undo", "u", hint="undo", rank=14)
def undo(desk: Desk, count: int) -> None:
    """Take back the last thing done, again and again."""
    desk.undo()


@command(
    "message.delete",
    "Delete",
    "d",
    where=Where.MAIL,
    hint="delete",
    rank=4,
    repeats=True,
    counts=True,
)
def delete(desk: Desk, count: int) -> None:
    """Move to the trash; in the trash it is deleted for good, after a question."""
    from tuimail.ui import filing

    filing.delete(desk)


@command(
    "message.remove",
    "Delete for good",
    "D",
    where=Where.MAIL,
    counts=True,
    repeats=True,
)
def remove(desk: Desk, count: int) -> None:
    """Delete for good, after a question that counts; u takes it back for 10 seconds."""
    from tuimail.ui import filing

    filing.remove(desk)


@command(
    "message.archive",
    "Archive",
    "a",
    where=Where.MAIL,
    hint="archive",
    rank=3,
    repeats=True,
    counts=True,
)
def archive(desk: Desk, count: int) -> None:
    """Move to the archive."""
    from tuimail.ui import filing

    filing.archive(desk)


@command(
    "message.move",
    "Move",
    "s",
    where=Where.MAIL,
    hint="move",
    rank=6,
    repeats=True,
    counts=True,
)
def move(desk: Desk, count: int) -> None:
    """Move to a folder: type any letters of its name, or make a new one."""
    from tuimail.ui import filing

    filing.move(desk)


@command("message.copy", "Copy", "y", where=Where.MAIL, repeats=True, counts=True)
def copy(desk: Desk, count: int) -> None:
    """Copy to a folder."""
    from tuimail.ui import filing

    filing.copy(desk)


@command("message.file", "File", "e", "E", where=Where.MAIL, counts=True, repeats=True)
def file(desk: Desk, count: int) -> None:
    """Move to where mail like this went before; else choose a folder."""
    from tuimail.ui import filing

    filing.file(desk)


@command("message.snooze", "Snooze", "b", where=Where.MAIL, counts=True, repeats=True)
def snooze(desk: Desk, count: int) -> None:
    """Hide until a time you choose, on this machine only; it comes back by itself."""
    from tuimail.ui import snoozing

    snoozing.snooze(desk)


@command(
    "message.unsnooze", "Bring back now", where=Where.MAIL, counts=True, repeats=True
)
def unsnooze(desk: Desk, count: int) -> None:
    """Show a snoozed message in its folder now."""
    from tuimail.ui import snoozing

    snoozing.unsnooze(desk)


@command(
    "message.leave", "Leave on the server", where=Where.MAIL, counts=True, repeats=True
)
def leave(desk: Desk, count: int) -> None:
    """Show a message that waits on a POP3 server no more; it stays there."""
    from tuimail.ui import keeping

    keeping.leave(desk)


@command(
    "message.junk", "Junk / not junk", "!", where=Where.MAIL, repeats=True, counts=True
)
def junk(desk: Desk, count: int) -> None:
    """Mark as junk and move to the junk folder; there, take it back to the inbox."""
    from tuimail.ui import filing

    filing.junk(desk)


@command("message.repeat", "Do it again", ".", where=Where.MAIL)
def repeat(desk: Desk, count: int) -> None:
    """Do the last thing done to messages once more, here."""
    desk.repeat()


@command("message.mark-range", "Mark up to here", "V", where=Where.LIST)
def mark_range(desk: Desk, count: int) -> None:
    """Mark everything between the message marked last and this one."""
    if not desk.list.mark_range():
        desk.say("Mark the first one with v, go to the last one, then V.")


@command("message.mark-found", "Mark by query", "X", where=Where.LIST)
def mark_found(desk: Desk, count: int) -> None:
    """Mark all of this list that a query finds: `from:ann`, `before:30d is:read`."""
    from tuimail.ui import finding

    finding.mark(desk)


@command("message.mark-sender", "Mark the sender's mail", "=", where=Where.LIST)
def mark_sender(desk: Desk, count: int) -> None:
    """Mark all mail of this list that the sender of this message wrote."""
    from tuimail.ui import finding

    finding.mark_sender(desk)


@command("message.mark", "Mark", "v", "x", where=Where.LIST, counts=True)
def mark(desk: Desk, count: int) -> None:
    """Mark the message and go on; what follows is done to all marked ones."""
    desk.list.toggle_mark()
    for _ in range(count - 1):
        if not desk.list.move(1):
            return
        desk.list.toggle_mark()
    desk.list.move(1)


@command(
    "message.next-unread",
    "Next unread",
    "tab",
    where=Where.MAIL,
    hint="next unread",
    rank=20,
)
def next_unread(desk: Desk, count: int) -> None:
    """The next unread message, opened when a message is open."""
    desk.go_unread(True)


@command("message.previous-unread", "Previous unread", "shift+tab", where=Where.MAIL)
def previous_unread(desk: Desk, count: int) -> None:
    """The unread message before."""
    desk.go_unread(False)


@command("message.next", "Next message", "J", where=Where.MESSAGE, hint="next", rank=5)
def next_(desk: Desk, count: int) -> None:
    """The message below, without going back to the list."""
    desk.step(1)


@command("message.previous", "Previous message", "K", where=Where.MESSAGE)
def previous(desk: Desk, count: int) -> None:
    """The message above, without going back to the list."""
    desk.step(-1)


@command("message.parts", "Parts", "p", where=Where.MAIL, hint="parts", rank=25)
def parts(desk: Desk, count: int) -> None:
    """List the parts: Enter shows or opens one, `s` saves it, `|` pipes it."""
    desk.show_parts()


@command(
    "message.save", "Save attachment", "S", where=Where.MESSAGE, hint="save", rank=27
)
def save(desk: Desk, count: int) -> None:
    """Save an attachment under a name you choose; nothing is overwritten."""
    desk.save_one()


@command("message.save-all", "Save all attachments", "A", where=Where.MESSAGE)
def save_all(desk: Desk, count: int) -> None:
    """Save all attachments into a folder you choose."""
    desk.save_all()


@command(
    "message.links",
    "Links",
    "L",
    "o",
    where=Where.MESSAGE,
    hint="links",
    rank=28,
    counts=True,
)
def links(desk: Desk, count: int) -> None:
    """List the links with where they really lead, to open or copy; `3o` opens [3]."""
    desk.show_links(count)


@command("message.browser", "HTML in the browser", "B", where=Where.MAIL)
def browser(desk: Desk, count: int) -> None:
    """Show the HTML in the browser, from a private file; pictures only when asked."""
    from tuimail.ui import opening

    opening.page(desk)


@command("message.pictures", "Pictures", "P", where=Where.MESSAGE)
def pictures(desk: Desk, count: int) -> None:
    """Show the pictures of this message, or hide them; nothing from elsewhere."""
    from tuimail.ui import pictures

    pictures.toggle(desk)


@command("message.headers", "Full headers", "H", where=Where.MAIL)
def headers(desk: Desk, count: int) -> None:
    """Show every header field; again shows the text."""
    desk.show_as("headers")


@command("message.source", "Source", "ctrl+r", where=Where.MAIL)
def source(desk: Desk, count: int) -> None:
    """Show the message as it came; again shows the text."""
    desk.show_as("source")


@command("message.whole", "All of the text", "W", where=Where.MESSAGE)
def whole(desk: Desk, count: int) -> None:
    """Show all of a text that is so long that only its beginning is shown."""
    desk.reader.toggle("whole")


@command("message.html", "HTML / plain", "ctrl+t", where=Where.MAIL)
def html(desk: Desk, count: int) -> None:
    """Show the other text of a message that has both, and of its sender's next ones."""
    desk.show_as("html")
