"""Open files and links: ask where something speaks against it, tell how it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from tuimail.engine.events import Foreground, Held, Piped
from tuimail.mail.sanitize import cut, safe_text
from tuimail.mail.types import Link, MessageId, SafeText, Section
from tuimail.mail.urls import address
from tuimail.ui.screens.dialogs import Confirm, Question, Reading

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


def open_part(
    desk: Desk, message: MessageId, section: Section, name: str, *, sure: bool = False
) -> None:
    """Open a part with a program."""
    ticket = desk.service.open_part(message, section, sure=sure)
    desk.app.expect(ticket, f"Opening {name}")


COPY_MAX = 70_000
"""Characters that terminals take into a clipboard at a time."""


def held(desk: Desk, event: Held) -> None:
    """A part was not opened, since something speaks against it."""
    if not event.may:
        from tuimail.ui import attached

        attached.save_instead(desk, event.message, event.section, event.words)
        return

    def answered(yes: bool | None) -> None:
        if yes:
            open_part(desk, event.message, event.section, "it", sure=True)

    question = safe_text(f"{event.words} Open it all the same?", 500)
    desk.screen.ask(Confirm(question, "open", "leave"), answered)


def foreground(desk: Desk, event: Foreground) -> None:
    """A program needs the terminal: step aside until it ends."""
    try:
        with desk.app.suspend():
            said = desk.service.run_here(event.argv, event.file)
    except SuspendNotSupported:
        said = SafeText("This terminal cannot be given to another program.")
    if said:
        desk.say(said, trouble=True)


def piped(desk: Desk, event: Piped) -> None:
    """Show what a command made of a part."""
    # What stands beside and above the lines of a page.
    width = max(20, desk.app.size.width * 95 // 100 - 5)
    lines = [row for line in event.text.split("\n") for row in _rows(line, width)]
    shown = [event.words, SafeText(""), *lines] if event.words else lines
    desk.screen.ask(Reading(event.title, lambda: shown), lambda answer: None)


def _rows(line: str, width: int) -> Iterator[SafeText]:
    """A safe line in pieces that fit; nothing of it is lost."""
    at = 0
    while at < len(line):
        piece = cut(line[at : at + width], width) or line[at]
        yield SafeText(piece)
        at += len(piece)
    if not line:
        yield SafeText("")


def pipe(desk: Desk, message: MessageId, section: Section) -> None:
    """Ask for a command, and give it a part to read."""

    def answered(line: str | None) -> None:
        if line and line.strip():
            desk.piped.append(line)
            ticket = desk.service.pipe(message, section, line)
            desk.app.expect(ticket, f"Running {safe_text(line, 40)}")

    question = "Give this part to a command (no shell; its output is shown)"
    desk.screen.ask(Question(question, history=desk.piped), answered)


def copy(desk: Desk, target: str) -> None:
    """Copy an address by the terminal, and by programs where there are any."""
    desk.app.copy_to_clipboard(target)
    desk.service.clip(target)


def copy_text(desk: Desk) -> None:
    """Copy the lines that are chosen, else the text, as far as terminals take it."""
    pane = desk.reader.pane
    if pane.chosen is not None:
        _copy_lines(desk, pane.chosen_lines(), "The lines are")
        pane.choose_none()
        return
    text = desk.reader.text
    if text is None or not len(text.lines):
        desk.say("There is no text to copy.")
        return
    lines = ("".join(span.text for span in line) for line in text.lines)
    _copy_lines(desk, lines, "The text is")


def _copy_lines(desk: Desk, lines: Iterable[str], what: str) -> None:
    taken: list[str] = []
    size = 0
    most = ""
    for line in lines:
        size += len(line) + 1
        if size > COPY_MAX:
            most = " as far as terminals take it, its beginning"
            break
        taken.append(line)
    copy(desk, "\n".join(taken))
    desk.say(f"{what} copied{most}.")


def open_link(desk: Desk, link: Link) -> None:
    """Open a link in the browser; a host that is new, or a doubt, is asked about."""
    if link.target[:7].lower() == "mailto:":
        copy(desk, link.target[7:].partition("?")[0])
        desk.say("Writing mail comes later; the address is copied.")
        return
    found = address(link.target)
    if not found.url:
        desk.say("This address cannot be opened; y copies it.", trouble=True)
    elif not desk.service.has_browser:
        copy(desk, found.url)
        desk.say(f"There is no browser here; copied: {safe_text(found.url, 200)}")
    elif link.warning or found.host not in desk.hosts:
        host = f"{found.host} ({found.decoded})" if found.decoded else found.host
        question = f"Open {safe_text(found.url, 300)}\nIt leads to {host}."
        question += f"\n! {link.warning}" if link.warning else ""

        def answered(yes: bool | None) -> None:
            if yes:
                desk.hosts.add(found.host)
                _go(desk, found.url, found.host)

        desk.screen.ask(Confirm(question, "open", "leave"), answered)
    else:
        _go(desk, found.url, found.host)


def _go(desk: Desk, url: str, host: str) -> None:
    desk.app.expect(desk.service.open_link(url), f"Opening {host}")


def page(desk: Desk) -> None:
    """Show the HTML of a message in the browser, without anything from elsewhere."""
    view = desk.service.message(desk.target) if desk.target is not None else None
    page = (
        next((p for p in view.parts if p.media_type == "text/html"), None)
        if (view is not None)
        else None
    )
    if view is None or page is None:
        desk.say("This message has no HTML.")
        return
    if not desk.service.has_browser:
        desk.say("There is no browser here; p, then s saves the page.")
        return
    message, section = view.header.id, page.section

    def answered(words: str | None) -> None:
        if words is not None:
            remote = words.strip().lower() in ("y", "yes")
            ticket = desk.service.open_page(message, section, remote=remote)
            desk.app.expect(ticket, "Opening the page")

    if "/" in section:
        # What was encrypted must not talk to anybody, whoever wrote it.
        answered("no")
        return
    question = "Also fetch its pictures, which tells the sender that you read it? (y/N)"
    desk.screen.ask(Question(question), answered)
