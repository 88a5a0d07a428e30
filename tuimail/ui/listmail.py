"""What one does about where a mail came from: lists, and whom to believe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.errors import StoreError, TuimailError
from tuimail.mail.sanitize import safe_text
from tuimail.ui.screens.dialogs import Confirm

if TYPE_CHECKING:
    from tuimail.engine.events import ListKnown
    from tuimail.engine.views import MessageView
    from tuimail.mail.lists import Mailto
    from tuimail.mail.types import MessageId, SafeText
    from tuimail.ui.desk import Desk


def _view(desk: Desk) -> MessageView | None:
    return desk.service.message(desk.target) if desk.target is not None else None


def unsubscribe(desk: Desk) -> None:
    """Leave the list this mail came by: look at its whole header first."""
    if desk.target is None:
        return
    desk.app.expect(desk.service.look_at_list(desk.target))


def ask_to_leave(desk: Desk, known: ListKnown) -> None:
    """Say how a list is left, and do it when the user says so."""
    found = known.list
    if found.one_click:
        question = (
            f"Leave {found.name or 'this list'}? A request is sent to {found.host},"
            " which learns that this address reads its mail."
        )
        if not known.vouched:
            question += " Nobody you trust has vouched for the sender of this mail."

        def answered(yes: bool | None) -> None:
            if yes:
                ticket = desk.service.leave_list(found)
                desk.app.expect(ticket, f"Leaving {found.name}")

        desk.screen.ask(Confirm(safe_text(question, 500), "leave", "stay"), answered)
    elif found.unsubscribe_mailto is not None:
        _offer_draft(desk, found.name, found.unsubscribe_mailto)
    elif found.unsubscribe_https:
        desk.app.copy_to_clipboard(found.unsubscribe_https)
        desk.say(f"This list is left on a page of {found.host}; its address is copied.")
    else:
        desk.say("This mail does not say how to leave a list.")


def _offer_draft(desk: Desk, name: SafeText, mailto: Mailto) -> None:
    """A list that is left by a letter: written for the user, sent by nobody."""
    account = desk.account_name()

    def answered(yes: bool | None) -> None:
        if not yes:
            return
        try:
            folder = desk.service.draft(account, mailto)
        except TuimailError as error:
            desk.say(str(error), trouble=True)
            return
        desk.say(f"The letter to {mailto.address} lies in {folder}. Nothing was sent.")

    subject = f' with the subject "{mailto.subject}"' if mailto.subject else ""
    question = (
        f"{name or 'This list'} is left by a letter to {mailto.address}{subject}."
        " Put it among your drafts, to be sent by the program you write mail with?"
    )
    desk.screen.ask(Confirm(safe_text(question, 500), "draft it", "leave it"), answered)


def archive_page(desk: Desk) -> None:
    """Copy where the list keeps this mail."""
    view = _view(desk)
    found = view.list if view is not None else None
    page = (found.archived_at or found.archive) if found is not None else ""
    if page:
        desk.app.copy_to_clipboard(page)
        desk.say(f"Copied: {page}")
    else:
        desk.say("This mail names no archive. Open it first if you have not.")


def trust(desk: Desk) -> None:
    """Believe the server that checked this mail, after a question that names it."""
    view = _view(desk)
    account = desk.account_name()
    server = view.checked_by if view is not None else ""
    already = desk.service.trusted_server(account)
    if not server:
        words = "No server says that it has checked this mail."
        desk.say(f"{account} believes {already} already." if already else words)
        return

    def answered(yes: bool | None) -> None:
        if yes:
            _believe(desk, account, server, view.header.id if view else None)

    question = (
        f"Believe {server} when it says who a mail is from? Say yes only if it is the"
        f" server that takes in the mail of {account}."
    )
    desk.screen.ask(Confirm(question, "believe", "leave"), answered)


def _believe(desk: Desk, account: str, server: str, message: MessageId | None) -> None:
    try:
        desk.service.trust_server(account, server)
    except StoreError as error:
        desk.say(str(error), trouble=True)
        return
    if message == desk.reader.message:
        desk.reader.renew()


def distrust(desk: Desk) -> None:
    """Believe no server about senders any more."""
    _believe(desk, desk.account_name(), "", desk.reader.message)
    desk.say("No server is believed about senders now.")
