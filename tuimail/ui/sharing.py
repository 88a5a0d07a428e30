"""One folder's facts, and who may do what in it: seen, given and taken away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tuimail.mail.rights import LEVELS, WORDS, chosen, describe, parse
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SHARED, Mailbox, SafeText
from tuimail.ui.allowed import meant, on_server
from tuimail.ui.format import octets
from tuimail.ui.screens.dialogs import Confirm, Question, Reading
from tuimail.ui.screens.ledger import Entry, Ledger
from tuimail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tuimail.engine.events import Shared
    from tuimail.ui.desk import Desk

NO_FOLDER = "Go to a folder first: c finds one."
ASKING = "Asking who may do what"
NOBODY = SafeText("Nobody was given anything here. Esc, then :share asks again.")


def share(desk: Desk) -> None:
    """Ask the server who may do what in a folder; `shared` shows the answer."""
    box = meant(desk)
    if box is None or not box.selectable:
        desk.say(NO_FOLDER)
        return
    desk.app.expect(desk.service.look_at_sharing(box.id), ASKING)


def shared(desk: Desk, event: Shared) -> None:
    """The answer has come: show it, or show it anew."""
    box = desk.service.mailbox(event.mailbox)
    if box is None:
        return
    is_open = event.mailbox in desk.shared
    desk.shared = {event.mailbox: event.people}
    if not is_open:
        _open(desk, box)


def _open(desk: Desk, box: Mailbox) -> None:
    def entries() -> list[Entry]:
        return [
            Entry(number, safe_text(who), _level(rights), (_words(who, rights),))
            for number, (who, rights) in enumerate(desk.shared.get(box.id, ()))
        ]

    def person(number: int) -> str:
        people = desk.shared.get(box.id, ())
        return people[number][0] if number < len(people) else ""

    keys = {
        "enter": lambda number: _choose(desk, box, person(number)),
        "a": lambda number: _ask_who(desk, box),
        "x": lambda number: _revoke(desk, box, person(number)),
    }
    footer = "Enter change   a add somebody   x take all away   Esc close"
    ledger = Ledger(
        f"Who may do what in {box.name}", entries, keys, footer=footer, empty=NOBODY
    )
    desk.screen.ask(ledger, lambda nothing: desk.shared.clear())


def _level(rights: str) -> SafeText:
    known = parse(rights)
    named = {letters: level for level, letters in LEVELS.items()}
    return safe_text(f"{named.get(known, '')} {known}".strip())


def _words(who: str, rights: str) -> SafeText:
    about = {
        "anyone": "everybody with an account here",
        "anonymous": "who comes without a name",
        "owner": "whose folder it is",
    }.get(who, "")
    denied = "not allowed: " if who.startswith("-") else ""
    return safe_text(f"{denied}{describe(rights)}{f' ({about})' if about else ''}", 400)


def _ask_who(desk: Desk, box: Mailbox) -> None:
    def answered(who: str | None) -> None:
        if who and who.strip():
            _choose(desk, box, who.strip())

    question = "Share with whom? A user of the server, or anyone"
    desk.screen.ask(Question(question), answered)


def _choose(desk: Desk, box: Mailbox, who: str) -> None:
    """Which rights: a level, or letters."""
    if not who:
        return
    items = [
        Item(safe_text(f"{level:<8} {describe(letters).partition(': ')[2]}"), letters)
        for level, letters in LEVELS.items()
    ]
    items.append(Item(SafeText("letters  choose each right"), "?"))

    def answered(letters: str | None) -> None:
        if letters == "?":
            _ask_letters(desk, box, who)
        elif letters is not None:
            _confirm(desk, box, who, letters)

    desk.screen.ask(Picker(f"What may {who} do in {box.name}?", items), answered)


def _ask_letters(desk: Desk, box: Mailbox, who: str) -> None:
    told = "  ".join(f"{letter}: {word}" for letter, word in WORDS.items())

    def answered(typed: str | None) -> None:
        if typed is None:
            return
        letters = chosen(typed)
        if letters is None:
            desk.say(f"{typed!r} are no rights. They are {told}.", trouble=True)
        else:
            _confirm(desk, box, who, letters)

    before = dict(desk.shared.get(box.id, ())).get(who, "")
    question = f"Letters for {who}.  {told}"
    desk.screen.ask(Question(question, parse(before), goes_on=True), answered)


def _revoke(desk: Desk, box: Mailbox, who: str) -> None:
    if who:
        _confirm(desk, box, who, "")


def _confirm(desk: Desk, box: Mailbox, who: str, letters: str) -> None:
    """Nobody is let in, or shut out, without a question."""

    def answered(yes: bool | None) -> None:
        if yes:
            give, look = desk.service.give_rights, desk.service.look_at_sharing
            desk.app.expect(give(box.id, who, letters))
            desk.app.expect(look(box.id))

    if letters:
        question = f"Let {who} do this in {box.name}: {describe(letters)}?"
    else:
        question = f"Take everything away that {who} was given in {box.name}?"
    desk.screen.ask(Confirm(question, "do it", "leave it as it is"), answered)


def info(desk: Desk) -> None:
    """What is known of a folder, in words."""
    box = meant(desk)
    if box is None:
        desk.say(NO_FOLDER)
        return

    def lines() -> list[SafeText]:
        now = desk.service.mailbox(box.id) or box
        return [safe_text(line, 400) for line in _facts(desk, now)]

    desk.screen.ask(Reading(f"Folder {box.name}", lines), lambda nothing: None)


def _facts(desk: Desk, box: Mailbox) -> list[str]:
    listing, server = desk.service.listing(box.id), on_server(desk, box)
    counts = [
        f"{number:,} {word}"
        for number, word in ((box.total, "messages"), (box.unread, "unread"))
        if number is not None
    ]
    count = ", ".join(counts) or "not counted yet"
    fresh = listing.synced_at
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(fresh)) if fresh else "never"
    marks = [
        word
        for word, on in (
            ("subscribed", box.subscribed),
            ("pinned", box.pinned),
            ("left out", _left_out(desk, box)),
            ("hidden", box.hidden),
            ("cannot be opened", not box.selectable),
            ("not on the server yet", box.unmade),
        )
        if on
    ]
    said = [
        f"Account      {box.account}",
        f"Whose        {_whose(box)}",
        f"Used for     {box.role.value}" if box.role else "",
        f"You may      {_allowed(box) if server else 'what its files let you'}",
        f"{'On server' if server else 'Holds':<13}{count}",
        f"Listed here  {listing.known:,}, {octets(desk.service.octets(box.id))} octets",
        f"Looked at    {at}",
        f"It is        {', '.join(marks)}" if marks else "",
    ]
    return [line for line in said if line]


def _left_out(desk: Desk, box: Mailbox) -> bool:
    """The account keeps all folders but this one."""
    return desk.service.keeps_all(box.account) and not desk.service.kept(box)


def _whose(box: Mailbox) -> str:
    if box.owner == SHARED:
        return "shared by all, nobody's own"
    return f"of {box.owner}" if box.owner else "your own"


def _allowed(box: Mailbox) -> str:
    if box.rights is None:
        return "as the server lets you; it does not say what"
    return f"{describe(box.rights)} ({box.rights or '-'})"
