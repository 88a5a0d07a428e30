"""Folders that lie nowhere: they show what a query finds, over all accounts.

Their ids are below zero, so the screen can go to them, list them and leave them like
any other folder.
"""

from __future__ import annotations

from typing import NamedTuple

from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Mailbox, MailboxId, SafeText

_SAVED = -1000
"""Saved searches are below this, by their number."""
NO_JUNK = " -in:junk -in:trash"


class Virtual(NamedTuple):
    """A folder with a query for its content."""

    id: MailboxId
    name: SafeText
    query: str
    keeps: bool = False
    """How much is in it is of interest, and not only what is unread."""


SMART = (
    Virtual(MailboxId(-2), SafeText("All inboxes"), "in:inbox"),
    Virtual(MailboxId(-3), SafeText("Unread"), "is:unread" + NO_JUNK),
    Virtual(MailboxId(-4), SafeText("Flagged"), "is:flagged" + NO_JUNK, True),
    Virtual(MailboxId(-5), SafeText("To me"), "to:me -in:sent" + NO_JUNK),
    Virtual(MailboxId(-6), SafeText("Attachments"), "has:attachment" + NO_JUNK),
    Virtual(MailboxId(-7), SafeText("Today"), "on:today -in:sent -in:drafts" + NO_JUNK),
    Virtual(MailboxId(-8), SafeText("Snoozed"), "is:snoozed", True),
)
"""Those that everybody has."""


def saved(number: int, name: str, query: str) -> Virtual:
    """A saved search as a folder."""
    return Virtual(MailboxId(_SAVED - number), safe_text(name, 100), query, True)


def saved_number(mailbox: MailboxId) -> int | None:
    """The number of a saved search; None for any other folder."""
    return _SAVED - mailbox if mailbox < _SAVED else None


def as_mailbox(
    each: Virtual, total: int | None = None, unread: int | None = None
) -> Mailbox:
    """As the screen sees it; of no account."""
    empty = SafeText("")
    box = Mailbox(each.id, empty, each.name, "", None, True, True, total, unread)
    return box._replace(keeps=each.keeps)
