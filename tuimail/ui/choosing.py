"""What the desk asks the user: folders, parts, links, themes, commands, dates."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tuimail.engine.views import MessageView, PartView
from tuimail.mail.sanitize import safe_filename, safe_text
from tuimail.mail.types import Link, MailboxId, SafeText
from tuimail.ui.commands import registry
from tuimail.ui.format import account_words, octets
from tuimail.ui.keymap import shown
from tuimail.ui.screens.dialogs import Item, Picker, Question, Reading

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


def folder(desk: Desk) -> None:
    """Pick a folder of any account and go there."""

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
            unread = SafeText(f"{box.unread} unread" if box.unread else "")
            items.append(Item(safe_text(name), box.id, unread))
    return items


def theme(desk: Desk) -> None:
    """Pick a theme; each is shown while the cursor is on it."""
    app = desk.app
    before = app.look.name
    items = [
        Item(safe_text(name), name, SafeText("dark" if look.dark else "light"))
        for name, look in sorted(app.looks.items())
    ]

    def chosen(name: str | None) -> None:
        app.wear(name or before)
        if name:
            app.keep_theme(name)

    desk.screen.ask(Picker("Theme", items, highlighted=app.wear), chosen)


def _view(desk: Desk) -> MessageView | None:
    header = desk.list.current
    message = desk.reader.message or (header.id if header else None)
    return desk.service.message(message) if message is not None else None


def part_label(part: PartView) -> str:
    """A part's name, or what it is when it has none."""
    if part.name:
        return part.name
    return "text" if part.media_type.startswith("text/") else f"part {part.section}"


def _part_items(parts: tuple[PartView, ...]) -> list[Item[PartView]]:
    items = []
    for number, part in enumerate(parts, 1):
        here = "here" if part.here else "on the server"
        detail = f"{part.media_type}  {octets(part.size):>6}  {here}"
        label = f"{number:>2}  {part_label(part)}{warning(part)}"
        items.append(Item(safe_text(label), part, safe_text(detail)))
    return items


def warning(part: PartView) -> str:
    """What to say of a name that does not fit what the part claims to be."""
    extension = part.name.rpartition(".")[2].lower() if "." in part.name else ""
    if extension in PROGRAMS:
        return "   ! a program"
    return ""


PROGRAMS = frozenset(
    "exe com bat cmd scr pif msi vbs js jse wsf ps1 lnk desktop sh jar app dmg hta "
    "reg cpl".split()
)
"""Extensions of files that run when they are opened."""


def parts(desk: Desk) -> None:
    """List the parts; a text is shown, anything else is saved."""
    view = _view(desk)
    if view is None or not view.structure_known:
        desk.say("The parts of this message are not known yet.")
        return

    def chosen(part: PartView | None) -> None:
        if part is None:
            return
        if part.media_type.startswith("text/") and not part.attachment:
            desk.open()
            desk.reader.show_part(part.section)
        else:
            _save(desk, view, part)

    items = _part_items(view.parts)
    footer = "Enter shows a text, saves anything else   Esc closes"
    desk.screen.ask(Picker("Parts", items, footer=footer), chosen)


def save_one(desk: Desk) -> None:
    """Pick an attachment, then where it goes."""
    view = _view(desk)
    files = tuple(part for part in view.parts if part.attachment) if view else ()
    if view is None or not files:
        desk.say("This message has no attachments. p lists its parts.")
    elif len(files) == 1:
        _save(desk, view, files[0])
    else:

        def chosen(part: PartView | None) -> None:
            if part is not None:
                _save(desk, view, part)

        desk.screen.ask(Picker("Save", _part_items(files)), chosen)


def _save(desk: Desk, view: MessageView, part: PartView) -> None:
    folder = desk.service.config.view.download_dir.expanduser()
    name = safe_filename(part.name, fallback=f"part-{part.section or 'message'}")

    def answered(path: str | None) -> None:
        if path:
            target = Path(path).expanduser()
            desk.app.expect(desk.service.save(view.header.id, part.section, target))

    note = warning(part)
    desk.screen.ask(
        Question(f"Save to (Esc leaves it){note}", str(folder / name)), answered
    )


def save_all(desk: Desk) -> None:
    """Save every attachment into one folder."""
    view = _view(desk)
    files = [part for part in view.parts if part.attachment] if view else []
    if view is None or not files:
        desk.say("This message has no attachments.")
        return

    def answered(path: str | None) -> None:
        if not path:
            return
        for part in files:
            name = safe_filename(part.name, fallback=f"part-{part.section}")
            target = Path(path).expanduser() / name
            desk.app.expect(desk.service.save(view.header.id, part.section, target))

    folder = str(desk.service.config.view.download_dir.expanduser())
    question = f"Save {len(files)} attachments into (Esc leaves them)"
    desk.screen.ask(Question(question, folder), answered)


def links(desk: Desk) -> None:
    """List the links with their real targets; Enter copies one."""
    text = desk.reader.text
    if text is None or not text.links:
        desk.say("This text has no links.")
        return
    items = [
        Item(
            safe_text(f"{link.number:>3}  {link.target}"),
            link,
            safe_text(f"! {link.warning}" if link.warning else ""),
        )
        for link in text.links
    ]

    def chosen(link: Link | None) -> None:
        if link is not None:
            desk.app.copy_to_clipboard(link.target)
            desk.say(f"Copied: {link.target[:200]}  {link.warning}")

    footer = "Enter copies the address   Esc closes"
    desk.screen.ask(Picker("Links", items, footer=footer), chosen)


def _command_items(desk: Desk) -> list[Item[str]]:
    where = desk.screen.where
    here: list[Item[str]] = []
    elsewhere: list[Item[str]] = []
    for each in registry.REGISTRY.values():
        keys = desk.app.keymap.keys.get(each.id, ())
        words = "  ".join(shown(key) for key in keys)
        label = safe_text(f"{words:<14} {each.help}", 200)
        item = Item(label, each.id, safe_text(f":{each.id}"), bool(each.where & where))
        (here if item.enabled else elsewhere).append(item)
    return here + elsewhere


def _run_chosen(desk: Desk, chosen: str | None) -> None:
    if chosen is not None:
        registry.REGISTRY[chosen].run(desk, 0)


def help_(desk: Desk) -> None:
    """Every command with its keys; what does not work here is dim."""
    items = _command_items(desk)
    footer = "Enter runs it   dim: works in another pane   Esc closes"
    picker = Picker("Help", items, footer=footer)
    desk.screen.ask(picker, lambda chosen: _run_chosen(desk, chosen))


def palette(desk: Desk) -> None:
    """Commands and folders in one list."""
    commands: list[Item[str]] = [
        Item(
            safe_text(each.title),
            each.id,
            SafeText(desk.app.keymap.shown(each.id)),
            bool(each.where & desk.screen.where),
        )
        for each in registry.REGISTRY.values()
    ]
    places = [
        Item(safe_text(f"Go to {item.label}"), f"#{item.value}", item.detail)
        for item in _folders(desk)
    ]

    def chosen(value: str | None) -> None:
        if value is not None and value.startswith("#"):
            desk.go(MailboxId(int(value[1:])))
        else:
            _run_chosen(desk, value)

    desk.screen.ask(Picker("Commands", commands + places), chosen)


def command_line(desk: Desk) -> None:
    """Type a command; unknown ones say what may have been meant."""
    names = sorted(registry.REGISTRY)

    def complete(text: str) -> str:
        verbs = [name.partition(".")[2] for name in names]
        fits = [n for n in (*names, *verbs) if n.startswith(text.strip())]
        return fits[0] if fits else ""

    def answered(text: str | None) -> None:
        if not text or not text.strip():
            return
        found = registry.by_name(text)
        if found is None:
            maybe = registry.nearest(text)
            hint = f" Did you mean {maybe}?" if maybe else " ? lists all commands."
            desk.say(f"There is no command {text.strip()!r}.{hint}", trouble=True)
        elif not found.where & desk.screen.where:
            desk.say(f"{found.title} does not work in this pane.", trouble=True)
        else:
            found.run(desk, 0)

    desk.screen.ask(Question("Command (Tab completes)", complete=complete), answered)


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


def accounts(desk: Desk) -> None:
    """How each account stands, why, and what to do."""
    import time

    lines: list[SafeText] = []
    for view in desk.service.accounts():
        state = account_words(view, desk.app.signs, time.time())
        lines.append(safe_text(f"{view.name}   {view.address}   {state}"))
        if view.detail:
            lines.append(safe_text(f"    {view.detail}"))
        lines.append(
            SafeText(f"    {view.pending} changes pending, {view.failed} failed")
        )
        lines.append(SafeText(""))
    lines.append(SafeText("$ tries again now.   ctrl+o goes offline and back."))
    desk.screen.ask(Reading("Accounts", lines), lambda nothing: None)


def log(desk: Desk) -> None:
    """The end of the log file."""
    file = desk.app.log_file
    try:
        tail = file.read_bytes()[-50_000:].decode("utf-8", "replace").split("\n")
    except OSError:
        tail = ["There is no log yet."]
    lines = [safe_text(line) for line in tail[-500:]]
    desk.screen.ask(Reading(f"Log: {file}", lines), lambda nothing: None)
