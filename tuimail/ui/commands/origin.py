"""Where a mail comes from: lists, and whom to believe about senders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.ui.commands.registry import Where, command

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


@command("message.unsubscribe", "Leave the mailing list", where=Where.MAIL)
def unsubscribe(desk: Desk, count: int) -> None:
    """Leave the mailing list a message came by, after a question that says how."""
    from tuimail.ui import listmail

    listmail.unsubscribe(desk)


@command("message.list-page", "Archive of the mailing list", where=Where.MAIL)
def page(desk: Desk, count: int) -> None:
    """Where the mailing list keeps this message on the web."""
    from tuimail.ui import listmail

    listmail.archive_page(desk)


@command("message.trust", "Believe the server about senders", where=Where.MAIL)
def trust(desk: Desk, count: int) -> None:
    """Believe what the server that took this message in says of its sender."""
    from tuimail.ui import listmail

    listmail.trust(desk)


@command("message.distrust", "Believe no server about senders", where=Where.MAIL)
def distrust(desk: Desk, count: int) -> None:
    """Believe no server about senders any more."""
    from tuimail.ui import listmail

    listmail.distrust(desk)
