"""What hangs on a message: its parts, saving them, and its links."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tuimail.engine.views import MessageView, PartView
from tuimail.mail.boxes import is_box
from tuimail.mail.kinds import doubt, readable
from tuimail.mail.reading import CALENDARS, CARDS, REPORTS
from tuimail.mail.sanitize import safe_filename, safe_text
from tuimail.mail.structure import MESSAGES
from tuimail.mail.types import Link, SafeText
from tuimail.ui import opening
from tuimail.ui.format import octets
from tuimail.ui.screens.dialogs import Question
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


def _view(desk: Desk) -> MessageView | None:
    message = desk.target
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
        doubts = warning(part)
        label = f"{number:>2}  {part_label(part)}{'   !' if doubts else ''}"
        about = safe_text(f"! {doubts}" if doubts else "", 500)
        items.append(Item(safe_text(label), part, safe_text(detail), about=about))
    return items


def warning(part: PartView) -> SafeText:
    """What to say of a name that does not fit what the part claims to be."""
    return doubt(part.name, part.media_type) if part.attachment else SafeText("")


def _opens_here(part: PartView) -> bool:
    """Messages, boxes, invitations and cards are read like mail."""
    kind = part.media_type
    cards = kind in CALENDARS or kind in CARDS or kind in REPORTS
    return kind in MESSAGES or cards or is_box(kind, part.name)


def parts(desk: Desk) -> None:
    """List the parts; a text or message is shown, anything else opened."""
    view = _view(desk)
    if view is None or not view.structure_known:
        desk.say("The parts of this message are not known here yet. Enter fetches it.")
        return

    def chosen(part: PartView | None) -> None:
        if part is None:
            return
        if readable(part.name, part.media_type) or _opens_here(part):
            desk.read(view.header.id)
            desk.reader.show_part(part.section)
        else:
            opening.open_part(desk, view.header.id, part.section, _name(part))

    message = view.header.id
    items = _part_items(view.parts)
    keys = {
        "s": lambda part: _save(desk, view, part),
        "S": lambda part: save_all(desk),
        "o": lambda part: opening.open_part(desk, message, part.section, _name(part)),
        "|": lambda part: opening.pipe(desk, message, part.section),
    }
    footer = "Enter shows or opens   o open   s save   S save all   | pipe   Esc close"
    desk.screen.ask(Picker("Parts", items, footer=footer, keys=keys), chosen)


def _name(part: PartView) -> str:
    return part.name or part_label(part)


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
        if path and path.strip():
            ticket = desk.service.save(
                view.header.id, part.section, _target(desk, path)
            )
            desk.app.expect(ticket, f"Saving {name}")

    doubts = warning(part)
    question = "Save to (nothing is overwritten, Esc leaves it)"
    question += f"\n! {doubts}" if doubts else ""
    desk.screen.ask(Question(question, str(folder / name)), answered)


def _target(desk: Desk, path: str) -> Path:
    """Where to save; the configured folder is made when it is not there yet."""
    folder = desk.service.config.view.download_dir.expanduser()
    target = Path(path.strip()).expanduser()
    if folder in (target, target.parent):
        # Whatever stands in the way is told by the save itself.
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return target


def save_all(desk: Desk) -> None:
    """Save every attachment into one folder."""
    view = _view(desk)
    files = [part for part in view.parts if part.attachment] if view else []
    if view is None or not files:
        desk.say("This message has no attachments.")
        return

    def answered(path: str | None) -> None:
        if not path or not path.strip():
            return
        sections = [part.section for part in files]
        target = _target(desk, path)
        ticket = desk.service.save_all(view.header.id, sections, target)
        desk.app.expect(ticket, f"Saving {len(files)} files")

    folder = str(desk.service.config.view.download_dir.expanduser())
    question = f"Save {len(files)} attachments into (Esc leaves them)"
    desk.screen.ask(Question(question, folder), answered)


def links(desk: Desk, number: int = 0) -> None:
    """List the links with their real targets, or open one by its number."""
    text = desk.reader.text
    if text is None or not text.links:
        desk.say("This text has no links.")
        return
    if number:
        found = next((link for link in text.links if link.number == number), None)
        if found is None:
            desk.say(f"There is no link {number}.")
        else:
            opening.open_link(desk, found)
        return
    items = [
        Item(
            safe_text(f"{link.number:>3}  {link.target}"),
            link,
            SafeText("!" if link.warning else ""),
            about=safe_text(f"! {link.warning}" if link.warning else link.text, 500),
        )
        for link in text.links
    ]

    def chosen(link: Link | None) -> None:
        if link is not None:
            opening.open_link(desk, link)

    def copied(link: Link) -> None:
        opening.copy(desk, link.target)
        desk.say(f"Copied: {link.target[:200]}  {link.warning}")

    footer = "Enter opens   y copies   Esc closes"
    picker = Picker("Links", items, footer=footer, keys={"y": copied})
    desk.screen.ask(picker, chosen)
