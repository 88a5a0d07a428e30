"""What is kept here on purpose: downloads, pinned folders, getting ready to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.engine.events import Planned
from tuimail.engine.views import Plan, Scope
from tuimail.errors import StoreError
from tuimail.mail.sanitize import safe_text
from tuimail.ui.allowed import meant
from tuimail.ui.format import octets
from tuimail.ui.screens.dialogs import Confirm, Question
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

COUNTING, PREPARING = "Counting", "Preparing"
DAYS = "30"
DAYS_MAX = 36_500
LISTED_MAX = 1000
"""Messages of a virtual folder that are downloaded together."""


def download(desk: Desk) -> None:
    """Ask what to fetch; its number and size are told before anything begins."""
    if desk.list.listing is None:
        return
    items = [
        Item(safe_text(label), scope, safe_text(detail))
        for label, scope, detail in _scopes(desk)
    ]

    def chosen(scope: Scope | None) -> None:
        if scope is None:
            return
        if scope.days:
            _ask_days(desk, scope)
        else:
            _plan(desk, scope)

    footer = "Enter counts first and asks again   Esc leaves it"
    desk.screen.ask(Picker("Download", items, footer=footer), chosen)


def _scopes(desk: Desk) -> list[tuple[str, Scope, str]]:
    listing = desk.list.listing
    assert listing is not None, "asked for by `download`"
    box = listing.mailbox
    name = safe_text(box.name, 60)
    if box.id < 0 and desk.list.source is not None:
        listed = tuple(desk.list.source.ids())[:LISTED_MAX]
        return [
            (f"Texts of {name}", Scope(messages=listed), "the messages listed"),
            (
                f"All of {name}",
                Scope(messages=listed, attachments=True),
                "with attachments",
            ),
        ]
    found = [
        (f"Texts of {name}", Scope(box.id), "the messages listed"),
        (f"All of {name}", Scope(box.id, attachments=True), "with attachments"),
        (f"Last days of {box.account}", Scope(account=box.account, days=1), "texts"),
    ]
    marked = tuple(desk.list.marks)
    if marked:
        scope = Scope(messages=marked, attachments=True)
        found.insert(0, (f"{len(marked)} marked", scope, "with attachments"))
    return found


def _ask_days(desk: Desk, scope: Scope) -> None:
    def answered(text: str | None) -> None:
        days = (text or "").strip().removesuffix("d").strip()
        if days.isascii() and days.isdigit() and 0 < int(days[:6]) <= DAYS_MAX:
            _plan(desk, scope._replace(days=int(days)))
        elif text is not None:
            desk.say("A number of days is needed, such as 30.")

    desk.screen.ask(Question("How many days back", DAYS), answered)


def _plan(desk: Desk, scope: Scope) -> None:
    ticket = desk.service.downloads.want_plan(scope)
    desk.app.expect(ticket, COUNTING)


def planned(desk: Desk, event: Planned, *, ask: bool) -> None:
    """What was counted: ask whether to begin, or begin."""
    plan = event.plan
    if not plan.items:
        desk.say(_nothing(plan))
    elif not ask:
        _begin(desk, plan, PREPARING)
    else:

        def answered(yes: bool | None) -> None:
            if yes:
                _begin(desk, plan, "Downloading")

        count = "1 message" if plan.messages == 1 else f"{plan.messages:,} messages"
        question = f"{count}, {octets(plan.octets)} to fetch."
        desk.screen.ask(Confirm(question, "fetch them", "leave it"), answered)


def _nothing(plan: Plan) -> str:
    if plan.readable < plan.known:
        return "The rest of it cannot be fetched yet."
    return f"All of it is here: {plan.known:,} messages."


def _begin(desk: Desk, plan: Plan, what: str) -> None:
    desk.app.expect(desk.service.download(plan), what)


def prepare(desk: Desk) -> None:
    """Inbox, pinned folders and flagged messages; small texts and new ones first."""
    account = desk.account_name()
    if not account:
        return
    ticket = desk.service.downloads.want_plan(Scope(account=account, leaving=True))
    desk.app.expect(ticket, PREPARING)


def pin(desk: Desk) -> None:
    """Keep the folder's texts here and up to date, or no longer."""
    box = meant(desk)
    box = desk.service.mailbox(box.id) if box is not None else None
    if box is None:
        return
    kept, whole = desk.service.kept(box), desk.service.keeps_all(box.account)
    try:
        desk.service.pin(box.id, not kept)
    except StoreError as error:
        desk.say(str(error), trouble=True)
        return
    desk.tree.reload()
    if whole and kept:
        desk.say(f"{box.name} is left out: nothing more of it is fetched ahead.")
    elif whole:
        desk.say(f"{box.name} is kept here again, with the rest of {box.account}.")
    elif kept:
        desk.say(f"{box.name} is no longer pinned; what is here may leave.")
    else:
        desk.say(f"{box.name} is pinned: its texts are fetched and stay here.")


def leave(desk: Desk) -> None:
    """Leave waiting messages on the server, and show them no more."""
    if desk.service.leave_on_server(desk.targets()):
        desk.say("What waits on the server stays there; :show-left shows it again.")
        desk.list.clear_marks()
    else:
        words = "Only what waits in a maildrop (POP3) can be left there."
        desk.say(words, trouble=True)


def show_left(desk: Desk) -> None:
    """Show again what was left on the server."""
    count = sum(desk.service.show_left(v.name) for v in desk.service.accounts())
    desk.say(f"{count:,} messages wait again." if count else "Nothing was left.")


def allow_removal(desk: Desk) -> None:
    """Let rules remove many messages."""
    counts = [desk.service.allow_removal(v.name) for v in desk.service.accounts()]
    if sum(counts):
        desk.say(f"{sum(counts):,} messages are removed from the server now.")
    else:
        desk.say("No removal waits for your word.")


def load_all(desk: Desk) -> None:
    """Fetch all headers of the folder that is shown; Esc ends it."""
    listing = desk.list.listing
    if listing is None or listing.mailbox.id < 0:
        desk.say("Go to a folder first; this one is over several.")
    elif not desk.service.listing(listing.mailbox.id).gaps:
        desk.say("All headers of this folder are here.")
    else:
        desk.app.expect(desk.service.want_all(listing.mailbox.id), "Headers")
