"""What hangs on a message: its parts, saving them, and its links."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tuimail.engine.views import MessageView, PartView
from tuimail.mail.boxes import is_box
from tuimail.mail.kinds import described, doubt, extension, readable, runs
from tuimail.mail.reading import CALENDARS, CARDS, REPORTS
from tuimail.mail.sanitize import cells, cut, safe_filename, safe_text
from tuimail.mail.structure import MESSAGES
from tuimail.mail.types import Link, MessageId, SafeText, Section
from tuimail.mail.widths import fit
from tuimail.ui import opening
from tuimail.ui.format import octets
from tuimail.ui.screens.dialogs import Question
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

NOT_OPENED = "It is not opened, only saved."
NAME_CELLS = 28
"""A name in the list of parts, at 80 columns beside all that is told of it."""
NARROW = 50
"""Characters of a link that fit the list everywhere."""
TARGET_MAX = 400
"""Characters of a link that are shown below the list."""


def _view(desk: Desk) -> MessageView | None:
    message = desk.target
    return desk.service.message(message) if message is not None else None


def part_label(part: PartView) -> str:
    """A part's name, or what it is when it has none."""
    if part.name or part.summary:
        return part.name or part.summary
    return "text" if part.media_type.startswith("text/") else f"part {part.section}"


def _part_items(parts: tuple[PartView, ...]) -> list[Item[PartView]]:
    items = []
    for number, part in enumerate(parts, 1):
        here = "here" if part.here else "remote"
        detail = f"{described(part.media_type)}  {octets(part.size):>5}  {here:<6}"
        doubts = warning(part)
        sign = "!" if doubts else " "
        label = f"{number:>2} {sign} {_short_label(part)}"
        about = f"{part_label(part)}   {part.media_type}"
        about += f"\n! {doubts}" if doubts else ""
        items.append(
            Item(safe_text(label), part, safe_text(detail), about=SafeText(about))
        )
    return items


def _short_label(part: PartView) -> SafeText:
    """The end of a name says what it is, the beginning of a subject what about."""
    if part.name:
        return short_name(part.name, NAME_CELLS)
    return SafeText(fit(safe_text(part_label(part)), NAME_CELLS).rstrip())


def short_name(name: str, width: int) -> SafeText:
    """A name in so many cells; what is cut is its middle, and never the extension."""
    name = safe_text(" ".join(name.split()))
    if cells(name) <= width:
        return SafeText(name)
    ending = f"\u2026.{extension(name)}" if extension(name) else "\u2026"
    return SafeText(cut(name, max(1, width - cells(ending))) + ending)


def warning(part: PartView) -> SafeText:
    """What does not fit about a file, or is risky; the text of the mail is no file."""
    if not part.name and not part.attachment:
        return SafeText("")
    return doubt(part.name, part.media_type)


def _opens_here(part: PartView) -> bool:
    """Messages, boxes, invitations and cards are read like mail."""
    kind = part.media_type
    cards = kind in CALENDARS or kind in CARDS or kind in REPORTS
    return kind in MESSAGES or cards or is_box(kind, part.name)


def _shown_here(part: PartView) -> bool:
    return readable(part.name, part.media_type) or _opens_here(part)


def _runs(part: PartView) -> bool:
    return runs(part.name, part.media_type)


def _part_keys(part: PartView, several: bool) -> str:
    """The keys that work on a part."""
    enter = "shows" if _shown_here(part) else "saves" if _runs(part) else "opens"
    words = [f"Enter {enter}"]
    if enter == "shows" and not _runs(part):
        words.append("o open")
    words += ["s save", "S save all"] if several else ["s save"]
    return "   ".join([*words, "| pipe", "Esc close"])


def parts(desk: Desk) -> None:
    """List the parts; a text or message is shown, anything else opened."""
    view = _view(desk)
    if view is None or not view.structure_known:
        desk.say("The parts of this message are not known here yet. Enter fetches it.")
        return

    def chosen(part: PartView | None) -> None:
        if part is None:
            return
        if _shown_here(part):
            desk.read(message)
            desk.reader.show_part(part.section)
        else:
            open_(part)

    def open_(part: PartView) -> None:
        if _runs(part):
            # Nothing is fetched only to be refused.
            _save(desk, view, part, NOT_OPENED)
        else:
            opening.open_part(desk, message, part.section, _name(part))

    message = view.header.id
    keys = {
        "s": lambda part: _save(desk, view, part),
        "S": lambda part: save_all(desk),
        "o": open_,
        "|": lambda part: opening.pipe(desk, message, part.section),
    }
    several = sum(part.attachment for part in view.parts) > 1
    footer = partial(_part_keys, several=several)
    picker = Picker("Parts", _part_items(view.parts), footer=footer, keys=keys)
    desk.screen.ask(picker, chosen)


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


def save_instead(
    desk: Desk, message: MessageId, section: Section, words: SafeText
) -> None:
    """A part must not be opened: offer to save it, and say why."""
    view = desk.service.message(message)
    found = [part for part in view.parts if part.section == section] if view else []
    if view is not None and found:
        _save(desk, view, found[0], NOT_OPENED, words)


def _save(
    desk: Desk,
    view: MessageView,
    part: PartView,
    why: str = "",
    doubts: SafeText | None = None,
) -> None:
    folder = desk.service.config.view.download_dir.expanduser()
    name = safe_filename(part.name, fallback=f"part-{part.section or 'message'}")

    def answered(path: str | None) -> None:
        if path and path.strip():
            ticket = desk.service.save(
                view.header.id, part.section, _target(desk, path)
            )
            desk.app.expect(ticket, f"Saving {name}")

    doubts = warning(part) if doubts is None else doubts
    said = [f"! {doubts}"] if doubts else []
    said += [why] if why else []
    question = "\n".join([*said, "Save to (nothing is overwritten, Esc leaves it)"])
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
            about=_about(link),
        )
        for link in text.links
    ]

    def chosen(link: Link | None) -> None:
        if link is not None:
            opening.open_link(desk, link)

    def copied(link: Link) -> None:
        opening.copy(desk, link.target)
        desk.say(f"Copied: {link.target[:200]}  {link.warning}")

    enter = "opens" if desk.service.has_browser else "copies (no browser here)"
    footer = f"Enter {enter}   y copies   a number goes to it   / searches   Esc closes"
    picker = Picker(
        "Links",
        items,
        footer=footer,
        keys={"y": copied},
        number=lambda link: link.number,
    )
    desk.screen.ask(picker, chosen)


def _about(link: Link) -> SafeText:
    """All there is to know of a link: its whole target, its text, and what to doubt."""
    lines = [safe_text(link.target, TARGET_MAX)] if len(link.target) > NARROW else []
    if link.text and link.text != link.target:
        lines.append(safe_text(f"Its text: {link.text}", 300))
    if link.warning:
        lines.append(safe_text(f"! {link.warning}", 500))
    return SafeText("\n".join(lines))
