"""Older mail, put together from a few dozen pieces; always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tuimail.demo.letters import Letter

PEOPLE = (
    "Tomasz Zieliński <tomasz@linia14.example>",
    "Grażyna Kot <g.kot@linia14.example>",
    "Marta Nowak <marta.nowak@example.net>",
    "Piotr Lis <piotr.lis@example.net>",
    "Ines Carvalho <ines@carvalho.example.org>",
    "Joana Reis <joana.reis@example.org>",
    "Paulo Moreira <paulo.moreira@example.org>",
    "Mãe <helena.moreira@example.org>",
    "Félix Ångström <felix@angstrom.example>",
    "Sara Lindqvist <sara@lindqvist.example.se>",
    "João Pinto <joao@pinto.example>",
    "Zofia Wilk <zofia@wilk.example>",
    "山田 太郎 <yamada@eki.example.jp>",
    "Ελένη Παππά <eleni@pappa.example>",
)
TOPICS = (
    ("The {thing} on {day}", "I have thought about the {thing}. {day} would suit me."),
    ("Re: the {thing}", "> and the {thing}?\n\nStill here. Still {how}."),
    ("Question about the {thing}", "Is the {thing} always so {how}, or only today?"),
    ("{day}, as always?", "Same place. Somebody should bring the {thing}."),
    (
        "Fwd: {thing}, {how}",
        "Look at this. I did not know that a {thing} can be {how}.",
    ),
    ("photos of the {thing}", "Attached are none, I forgot. The {thing} was {how}."),
    ("Thanks for the {thing}!", "It arrived on {day}, and it is {how}. Thank you!"),
    (
        "The {how} {thing}",
        "You asked what to do with a {how} {thing}. Nothing. Keep it.",
    ),
    (
        "Lost: one {thing}",
        "Has anybody seen the {thing}? It is {how}, you cannot miss it.",
    ),
    ("Re: Re: {day}", "{day} is good. I bring the {thing}, you bring yourself."),
)
THINGS = (
    "map piano tram lamp ladder bicycle umbrella kettle timetable bench window"
    " lemon tree accordion wardrobe river poster suitcase choir stairs samovar"
).split()
MANNERS = ("green", "wobbly", "too long", "out of tune", "just right", "very heavy")
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SHOPS = (
    ("Żabka Bikes <serwis@zabkabikes.example>", "Receipt {n}: service"),
    ("Parcel Locker 24 <info@parcel24.example>", "Your parcel {n} was collected"),
    ("Energia Dom <faktury@energiadom.example>", "Payment received, invoice {n}"),
    ("Bookshop Pod Globusem <orders@globus.example>", "Order {n} is on its way"),
    ("City Transport <bilety@mpk.example>", "Monthly ticket {n}"),
    ("Café Młynek <rachunek@mlynek.example>", "Receipt {n}. Come again!"),
)
TOOLS = ("panel", "pad", "colour pairs", "mouse", "resize", "input queue", "terminfo")
HACKERS = (
    "Radek Dudek <radek@dudek.example>",
    "Samuel Okoro <okoro@example.net>",
    "Lena Fischer <lena@fischer.example>",
    "Hye-jin Park <hyejin@park.example.kr>",
    "Agnieszka Bąk <agnieszka@bak.example>",
)


def talk(
    seed: int,
    count: int,
    days: tuple[int, int],
    people: Sequence[str] = PEOPLE,
    to: Sequence[str] = (),
) -> Iterator[Letter]:
    """Letters of friends and colleagues, the newest first."""
    chance = random.Random(seed)
    for number, ago in enumerate(_spread(chance, count, days)):
        subject, body = chance.choice(TOPICS)
        words = {
            "thing": chance.choice(THINGS),
            "how": chance.choice(MANNERS),
            "day": chance.choice(DAYS),
        }
        author = chance.choice(people)
        name = author.split()[0]
        fields = [("Ago", ago), ("From", author)]
        if to:
            fields.append(("To", to[number % len(to)]))
        fields.append(("Subject", subject.format(**words)))
        if chance.random() < 0.3:
            fields.append(("Flags", "answered"))
        if chance.random() < 0.12:
            fields.append(("Attach", f"{words['thing']}-{number}.pdf pdf"))
        yield Letter(tuple(fields), body.format(**words) + f"\n\n{name}\n")


def receipts(seed: int, count: int, days: tuple[int, int]) -> Iterator[Letter]:
    """What machines of shops write, the newest first."""
    chance = random.Random(seed)
    for ago in _spread(chance, count, days):
        author, subject = chance.choice(SHOPS)
        number = str(chance.randrange(10_000, 99_999))
        price = f"{chance.randrange(8, 240)}.{chance.randrange(100):02d} zł"
        fields = [("Ago", ago), ("From", author)]
        fields.append(("Subject", subject.format(n=number)))
        fields.append(("Auto-Submitted", "auto-generated"))
        if chance.random() < 0.5:
            fields.append(("Attach", f"{number}.pdf pdf"))
        yield Letter(tuple(fields), f"Number {number}, {price}. Thank you!\n")


def debate(seed: int, count: int, days: tuple[int, int]) -> Iterator[Letter]:
    """Mail of the list `curses-dev`, the newest first."""
    chance = random.Random(seed)
    for ago in _spread(chance, count, days):
        tool = chance.choice(TOOLS)
        subject = chance.choice(("Bug in the {}?", "{}: a proposal", "Docs for {}"))
        answer = "Re: " if chance.random() < 0.6 else ""
        author = chance.choice(HACKERS)
        fields = (
            ("Ago", ago),
            ("From", author),
            ("Subject", f"[curses-dev] {answer}{subject.format(tool)}"),
        )
        body = f"> does the {tool} work for you?\n\nSince {chance.choice(DAYS)}, yes.\n"
        yield Letter(fields, body)


def _spread(chance: random.Random, count: int, days: tuple[int, int]) -> list[str]:
    """Moments between two ages in days, the newest first."""
    first, last = days
    minutes = sorted(chance.randrange(first * 1440, last * 1440) for _ in range(count))
    return [
        f"{each // 1440}d {23 - each % 1440 // 60:02d}:{59 - each % 60:02d}"
        for each in minutes
    ]
