"""The sample mailboxes of the demo: some three hundred messages of an invented life.

Deterministic relative to a moment. Messages are made when they are first read, so
that starting costs little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from tuimail.demo import hostile, older
from tuimail.demo.compose import compose
from tuimail.demo.letters import Letter, ancestors, read
from tuimail.demo.mailstore import DemoMailbox, MailStore, Source
from tuimail.demo.special import BUILDS

OWN = ("Ana Moreira <ana@example.org>",)
LIST_HEADERS = (
    ("List-Id", "Development of curses <curses-dev.lists.example>"),
    ("List-Post", "<mailto:curses-dev@lists.example>"),
    ("List-Archive", "<https://lists.example/curses-dev/>"),
    ("List-Unsubscribe", "<mailto:curses-dev-leave@lists.example>"),
    ("Precedence", "list"),
    ("To", "curses-dev@lists.example"),
)
ODD_NAMES = (
    "Projects/Garden & Roof",
    "日本語/手紙",
    'Odd names/"quoted" and \\ back',
    "Odd names/[@click=app.quit]x",
    "Odd names/escape \x1b[2J here",
    "Odd names/evil \u202egnp.exe",
)
ARRIVAL_S = 20
"""Seconds between two messages that arrive while one watches."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that comes while one watches."""

    mailbox: str
    source: Source
    moment: datetime


def sample_store(now: datetime) -> MailStore:
    """The private account."""
    store = MailStore(uidvalidity=int(now.timestamp()))
    book = _book("inbox", "sent", "list", "krakow")
    inbox = [*read("inbox"), *older.talk(1, 45, (7, 45))]
    _fill(store.boxes["INBOX"], [*inbox, *older.receipts(2, 20, (7, 45))], book, now)
    _fill(store.add("Drafts", "\\Drafts"), read("drafts"), book, now)
    sent = [*read("sent"), *older.talk(3, 20, (7, 60), OWN, older.PEOPLE)]
    _fill(store.add("Sent", "\\Sent"), sent, book, now)
    archive = [*older.talk(4, 80, (46, 700)), *older.receipts(5, 10, (46, 700))]
    _fill(store.add("Archive", "\\Archive"), archive, book, now)
    _fill(store.add("Junk", "\\Junk"), read("junk"), book, now)
    _fill(store.add("Trash", "\\Trash"), read("trash"), book, now)
    listed = [*read("list"), *older.debate(6, 24, (4, 40))]
    _fill(store.add("Lists/curses-dev"), map(_as_list_mail, listed), book, now)
    _fill(store.add("Projects/Kraków"), read("krakow"), book, now)
    _fill(store.add("Receipts"), older.receipts(7, 14, (10, 200)), book, now)
    _add_odd(store, book, now)
    return store


def work_store(now: datetime) -> MailStore:
    """The account at work, smaller."""
    store = MailStore(uidvalidity=int(now.timestamp()))
    book = _book("work")
    inbox = [*read("work"), *older.talk(11, 16, (6, 40), older.PEOPLE[:2])]
    inbox = [_addressed(each, "ana.moreira@linia14.example") for each in inbox]
    _fill(store.boxes["INBOX"], inbox, book, now)
    for name in ("Drafts", "Sent", "Archive", "Junk", "Trash"):
        store.add(name, "\\" + name)
    builds = older.talk(12, 12, (2, 60), older.PEOPLE[:2])
    _fill(store.add("Projects/Line 14"), builds, book, now)
    return store


def arrivals(now: datetime) -> Iterator[Arrival]:
    """What comes after `now`, one message about every 20 s, without an end."""
    book = _book("inbox")
    moment = now
    for letter in read("arrivals"):
        moment += timedelta(seconds=ARRIVAL_S)
        unread = replace(letter, fields=(*letter.fields, ("New", "yes")))
        yield Arrival("INBOX", _source(unread, moment, moment, book), moment)
    for number in range(4122, 10_000):
        moment += timedelta(seconds=ARRIVAL_S)
        letter = _build_report(number)
        yield Arrival("Lists/curses-dev", _source(letter, moment, moment, {}), moment)


def _build_report(number: int) -> Letter:
    fields = (
        ("From", "curses builds <builds@lists.example>"),
        ("Subject", f"[curses-dev] build {number}: green"),
        *LIST_HEADERS,
    )
    return Letter(fields, f"Build {number} took {number % 50 + 20} seconds.\n")


def _add_odd(store: MailStore, book: Mapping[str, Letter], now: datetime) -> None:
    """Folders with odd names, and the messages that try things."""
    for seed, name in enumerate(ODD_NAMES, 20):
        _fill(store.add(name), older.talk(seed, 2, (3, 30)), book, now)
    box = store.add("Odd mail")
    for number, make in enumerate(hostile.messages()):
        moment = now - timedelta(hours=60 - number)
        box.add(partial(make, moment), ("\\Seen",) if number % 4 else (), moment)


def _book(*names: str) -> dict[str, Letter]:
    """Letters of these files that others can answer, by their Id."""
    found = (letter for name in names for letter in read(name))
    return {letter.get("id"): letter for letter in found if letter.get("id")}


def _fill(
    box: DemoMailbox,
    found: Iterable[Letter],
    book: Mapping[str, Letter],
    now: datetime,
) -> None:
    """Put letters in, the oldest first, as they would have come."""
    dated = [(letter.moment(now), letter) for letter in found]
    for moment, letter in sorted(dated, key=lambda pair: pair[0]):
        box.add(_source(letter, moment, now, book), letter.flags, moment)


def _source(
    letter: Letter, moment: datetime, now: datetime, book: Mapping[str, Letter]
) -> Source:
    thread = ancestors(letter, book) if letter.get("reply") else []
    build = BUILDS.get(letter.get("build"))
    return partial(build or compose, letter, moment, now, thread)


def _as_list_mail(letter: Letter) -> Letter:
    return replace(letter, fields=letter.fields + LIST_HEADERS)


def _addressed(letter: Letter, address: str) -> Letter:
    return replace(letter, fields=(*letter.fields, ("To", f"Ana Moreira <{address}>")))
