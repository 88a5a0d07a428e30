"""What the desk asks the user: folders, themes, commands, dates; and what it tells."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import TYPE_CHECKING

from tuimail.engine.events import AccountState
from tuimail.engine.views import AccountView
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId, SafeText
from tuimail.ui import allowed, room, waiting
from tuimail.ui.commands import registry
from tuimail.ui.filing import counted
from tuimail.ui.format import account_words
from tuimail.ui.keymap import shown
from tuimail.ui.screens.dialogs import Question, Reading
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

ALSO = {
    "mailbox.accounts": "quota room full largest",
    "mailbox.inboxes": "unified all accounts",
    "mailbox.rules": "filters dry run",
    "mailbox.share": "sharing acl rights permissions grant revoke",
    "mailbox.save-search": "saved search smart virtual folder",
    "mailbox.drop-search": "saved search delete",
    "mailbox.limit": "narrow filter",
    "mailbox.group": "headings",
    "mailbox.statistics": "plots figures charts",
    "mailbox.history": "undo log",
    "mailbox.queue": "outbox pending failed",
    "message.archive": "done",
    "message.file": "suggested folder",
    "message.flag": "star",
    "message.junk": "spam",
    "message.mark": "select tag",
    "message.mark-found": "select tag pattern query",
    "message.repeat": "dot last",
    "message.snooze": "later remind",
    "thread.list": "threads threading conversations",
    "thread.mute": "ignore kill",
}
"""Words of other programs for what a command does: the help finds it by them."""


def folder(desk: Desk) -> None:
    """Pick a folder of any account, or a virtual one, and go there."""

    def go(mailbox: MailboxId | None) -> None:
        if mailbox is not None:
            desk.go(mailbox)

    desk.screen.ask(Picker("Go to folder", _folders(desk)), go)


def _folders(desk: Desk) -> list[Item[MailboxId]]:
    views = desk.service.accounts()
    items = []
    for view in views:
        for box in desk.service.mailboxes(view.name):
            if not box.selectable or box.gone:
                continue
            name = f"{view.name}/{box.name}" if len(views) > 1 else box.name
            unread = f"{box.unread} unread" if box.unread else ""
            items.append(Item(safe_text(name), box.id, SafeText(unread)))
    for box in desk.service.seeker.virtual():
        unread = f", {box.unread} unread" if box.unread else ""
        items.append(Item(box.name, box.id, SafeText(f"everywhere{unread}")))
    return items


def theme(desk: Desk) -> None:
    """Pick a theme; each is shown while the cursor is on it."""
    app = desk.app
    before = app.look.name
    names = sorted(app.looks)
    grounds = ["dark" if app.looks[name].dark else "light" for name in names]
    items = [
        Item(safe_text(name), name, SafeText(ground))
        for name, ground in zip(names, grounds, strict=True)
    ]

    def chosen(name: str | None) -> None:
        app.wear(name or before)
        if name:
            app.keep_theme(name)

    picker = Picker("Theme", items, highlighted=app.wear, start=names.index(before))
    desk.screen.ask(picker, chosen)


TOPICS = {
    "message": "Messages",
    "thread": "Conversations",
    "view": "Moving and looking",
    "mailbox": "Folders and accounts",
    "app": "The program",
}


def unavailable(desk: Desk, each: registry.Command) -> str:
    """Why a command cannot be run now; `''` when it can."""
    needs_message = each.id.startswith("message.") and each.id != "message.undo"
    reason = registry.elsewhere(each, desk.screen.where)
    if not reason and needs_message and desk.target is None:
        return "" if desk.pane is desk.tree else "no message here"
    return reason or allowed.reason(desk, each)


def help_(desk: Desk) -> None:
    """Every command with its keys; what does not work here is dim, and says why."""
    items: list[Item[str]] = []
    for topic, title in TOPICS.items():
        items.append(Item(safe_text(title), "", heading=True))
        items += [
            _help_item(desk, each)
            for each in registry.REGISTRY.values()
            if each.id.startswith(f"{topic}.")
        ]
    footer = "Enter run   dim: not now   type to search   Esc close"
    desk.screen.ask(Picker("Help", items, footer=footer), desk.run)


def _help_item(desk: Desk, each: registry.Command) -> Item[str]:
    keys = desk.app.keymap.keys.get(each.id, ())
    words = "  ".join(shown(key) for key in keys)
    reason = unavailable(desk, each)
    detail = safe_text(f"({reason})" if reason else waiting.words(desk, each.id))
    label = safe_text(f"  {words:<14} {each.help}", 200)
    about = safe_text(f":{each.id}  {each.help}")
    tail = each.id.partition(".")[2].replace("-", " ")
    names = safe_text(f"{tail} {each.title} {ALSO.get(each.id, '')}".casefold())
    return Item(label, each.id, detail, not reason, about=about, names=names)


def palette(desk: Desk) -> None:
    """Commands and folders in one list; what was run last stands first."""
    recent, shown_keys = desk.app.recent, desk.app.keymap.shown
    known = registry.REGISTRY.values()
    order = sorted(known, key=lambda c: recent.index(c.id) if c.id in recent else 99)
    commands: list[Item[str]] = [
        Item(
            safe_text(each.title),
            each.id,
            SafeText(f"{waiting.words(desk, each.id)}  {shown_keys(each.id)}".strip()),
            not unavailable(desk, each),
        )
        for each in order
    ]
    places = [
        Item(safe_text(f"Go to {item.label}"), f"#{item.value}", item.detail)
        for item in _folders(desk)
    ]

    def chosen(value: str | None) -> None:
        if value is not None and value.startswith("#"):
            desk.go(MailboxId(int(value[1:])))
        else:
            desk.run(value)

    desk.screen.ask(Picker("Commands", commands + places), chosen)


def command_line(desk: Desk, count: int = 0) -> None:
    """Type a command; unknown ones say what may have been meant.

    With a count it is for so many messages, or steps, as with the key of the command.
    """
    history = desk.app.history

    def answered(text: str | None) -> None:
        if not text or not text.strip():
            return
        name = text.strip()
        if not history or history[-1] != name:
            history.append(name)
        found, desk.words = registry.by_line(name, desk.screen.where)
        if found is None:
            maybe = registry.nearest(name)
            hint = f" Did you mean {maybe}?" if maybe else " ? lists all commands."
            desk.say(f"There is no command {name!r}.{hint}", trouble=True)
        else:
            desk.run(found.id, count if found.counts else 0)
            if count and not found.counts:
                words = f"takes no number: the {count} before : did nothing."
                desk.say(f"{found.title} {words}")
        desk.words = ""

    meant = len(desk.targets()) if count and desk.pane is not desk.tree else 0
    whom = f" for {counted(meant)}" if meant else ""
    question = f"Command{whom} (Tab completes, ↑ earlier ones)"
    desk.screen.ask(
        Question(question, complete=registry.complete, history=history), answered
    )


def find(desk: Desk) -> None:
    """Ask what to look for in the message."""

    def answered(text: str | None) -> None:
        if text:
            count = desk.view.find(text)
            desk.say(f"{count} lines.  n next" if count else "Not found in this text.")

    desk.screen.ask(Question("Find in this message"), answered)


def date_(desk: Desk) -> None:
    """Ask for a day and go to its messages."""

    def answered(text: str | None) -> None:
        day = parse_day(text or "", date.today())
        if text and day is None:
            desk.say("Write a day like 2026-03-14, 2026-03, or 30d.", trouble=True)
        elif day is not None and desk.list.mailbox is not None:
            noon = datetime(day.year, day.month, day.day, 23, 59, 59)
            desk.screen.go_to_time(int(noon.timestamp()))
            desk.app.expect(desk.service.want_date(desk.list.mailbox, day))

    desk.screen.ask(Question("Go to day (2026-03-14, 2026-03, or 30d ago)"), answered)


def parse_day(text: str, today: date) -> date | None:
    """A day as people type it; None when it is none."""
    text = text.strip().lower()
    if text.endswith("d") and text[:-1].isdigit() and len(text) < 6:
        return date.fromordinal(max(1, today.toordinal() - int(text[:-1])))
    for form in ("%Y-%m-%d", "%Y-%m", "%d.%m.%Y", "%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


REMEDIES = {
    AccountState.ONLINE: "",
    AccountState.CONNECTING: "Nothing to do: it is on its way.",
    AccountState.OFFLINE: "o goes online again.",
    AccountState.WAITING: "r tries again now; what is here can be read meanwhile.",
    AccountState.REFUSED: "Mend what it says, then r tries again.",
    AccountState.ELSEWHERE: "Nothing to do: when the other ends, this one goes on.",
}


def accounts(desk: Desk) -> None:
    """How each account stands, why, and what to do."""

    def lines() -> list[SafeText]:
        said = [
            line
            for view in desk.service.accounts()
            for line in _account_lines(desk, view)
        ]
        return [*said, SafeText("r: try again now   o: offline / online   Esc: close")]

    for view in desk.service.accounts():
        # Counted elsewhere: it reads every row.
        desk.service.weigh(view.name)
    keys = {"r": desk.sync, "$": desk.sync, "o": desk.toggle_offline}
    desk.screen.ask(Reading("Accounts", lines, keys), lambda nothing: None)


def _account_lines(desk: Desk, view: AccountView) -> list[SafeText]:
    state = account_words(view, desk.app.signs, time.time())
    since = desk.screen.standing.since(view)
    pending = f"{view.pending} changes pending, {view.failed} failed"
    remedy = REMEDIES[view.state]
    if view.needs_password:
        remedy = "r asks for the password."
    words = [f"{view.name}   {view.address}", f"{state}{since}"]
    words += [desk.service.maildrop(view.name), view.detail, remedy]
    words += [pending] if view.pending or view.failed else []
    words += waiting.lines(desk, view.name)
    first, *rest = [safe_text(each) for each in words if each]
    rest += room.lines(view, desk.weighed.get(view.name), desk.app.config.view.glyphs)
    return [first, *(SafeText(f"    {each}") for each in rest), SafeText("")]


LOG_OCTETS = 50_000
LOG_LINES = 500


def log(desk: Desk) -> None:
    """The end of the log file."""
    file = desk.app.log_file

    def lines() -> list[SafeText]:
        try:
            with file.open("rb") as opened:
                opened.seek(max(0, file.stat().st_size - LOG_OCTETS))
                tail = opened.read(LOG_OCTETS).decode("utf-8", "replace")
        except OSError:
            return [SafeText("There is no log yet.")]
        return [safe_text(line) for line in tail.split("\n")[-LOG_LINES:]]

    desk.screen.ask(Reading(f"Log: {file}", lines), lambda nothing: None)
