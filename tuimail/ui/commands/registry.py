"""One registry of commands feeds keys, footer, help, palette, `:` line and README.

A command is a function that takes the desk (the main screen as commands see it).
Nothing of Textual is imported here, so the command line can print the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import Flag, auto
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


class Where(Flag):
    """Where a command works."""

    LIST = auto()
    MESSAGE = auto()
    FOLDERS = auto()
    MAIL = LIST | MESSAGE
    ALL = LIST | MESSAGE | FOLDERS


class Command(NamedTuple):
    """What a user can do, with everything that is said about it."""

    id: str
    """`area.verb`; never renamed, since key maps name it."""
    title: str
    keys: tuple[str, ...]
    """Default keys; a sequence is written with blanks: `g i`."""
    where: Where
    hint: str
    """Word for the footer; empty to leave it out."""
    rank: int
    """Place in the footer, the lowest first; 0 to leave it out."""
    reading: int
    """Place in the footer while a message is read; 0 to leave it out there."""
    counts: bool
    """A number typed before says how often, how far, or for how many messages."""
    run: Callable[[Desk, int], object]
    help: str
    keyed: Where
    """Where its keys work; by its name it works in all of `where`."""
    repeats: bool = False
    """It acts on messages, so `.` does it again."""
    words: Callable[[str], list[str]] | None = None
    """Completes what may follow its name on the `:` line; None: nothing may."""


REGISTRY: dict[str, Command] = {}


def command(
    id: str,
    title: str,
    *keys: str,
    where: Where = Where.ALL,
    hint: str = "",
    rank: int = 99,
    reading: int | None = None,
    counts: bool = False,
    keyed: Where | None = None,
    repeats: bool = False,
    words: Callable[[str], list[str]] | None = None,
) -> Callable[[Callable[[Desk, int], object]], Callable[[Desk, int], object]]:
    """Register a function as a command; its docstring is its help."""

    def register(
        run: Callable[[Desk, int], object],
    ) -> Callable[[Desk, int], object]:
        text = " ".join((run.__doc__ or "").split())
        read = rank if reading is None else reading
        REGISTRY[id] = Command(
            *(id, title, keys, where, hint, rank, read, counts, run, text),
            keyed=where if keyed is None else keyed,
            repeats=repeats,
            words=words,
        )
        return run

    return register


def load() -> dict[str, Command]:
    """All commands, by id."""
    for topic in ("message", "origin", "view", "mailbox", "finding", "thread", "app"):
        import_module(f"tuimail.ui.commands.{topic}")
    return REGISTRY


def footer(where: Where) -> list[Command]:
    """Commands for the footer of a place, the most important first."""

    def place(each: Command) -> int:
        return each.reading if where is Where.MESSAGE else each.rank

    here = [c for c in REGISTRY.values() if c.hint and c.keyed & where and place(c)]
    return sorted(here, key=place)


PANES = {Where.LIST: "list", Where.MESSAGE: "message", Where.FOLDERS: "folders"}


def elsewhere(each: Command, where: Where) -> str:
    """Why a command does not work in a pane; `''` when it does."""
    if each.where & where:
        return ""
    panes = [name for pane, name in PANES.items() if each.where & pane]
    return f"works in the {' and the '.join(panes)}"


def by_name(name: str, where: Where = Where.ALL) -> Command | None:
    """The command of a `:` line: its id, the verb alone, or its title.

    Of several with one verb the one that works in `where` is meant.
    """
    wanted = name.strip().lower()
    if wanted in REGISTRY:
        return REGISTRY[wanted]
    fits = [
        each
        for each in REGISTRY.values()
        if wanted in (each.id.partition(".")[2], each.title.lower())
    ]
    here = [each for each in fits if each.where & where]
    return next(iter(here or fits), None)


def by_line(line: str, where: Where = Where.ALL) -> tuple[Command | None, str]:
    """The command of a `:` line, and the words behind it where it takes some."""
    found = by_name(line, where)
    if found is not None:
        return found, ""
    name, _, words = line.strip().partition(" ")
    found = by_name(name, where)
    return (found, words.strip()) if found and found.words else (None, "")


def complete(text: str) -> list[str]:
    """Lines for the `:` line that begin with what was typed, verbs first."""
    name, blank, rest = text.lstrip().lower().partition(" ")
    taker = by_name(name) if blank else None
    if taker is not None and taker.words is not None:
        return [f"{name} {each}" for each in taker.words(rest.lstrip())]
    start = text.strip().lower()
    verbs = [name.partition(".")[2] for name in REGISTRY]
    names = dict.fromkeys(sorted(verbs) + sorted(REGISTRY))
    return [name for name in names if name.startswith(start)]


def nearest(name: str) -> str:
    """The command somebody may have meant; `''` for none."""
    names = {c.id.partition(".")[2]: c.id for c in REGISTRY.values()}
    found = get_close_matches(name.lower(), [*names, *REGISTRY], 1, 0.5)
    return found[0] if found else ""


def table(commands: Iterable[Command] | None = None) -> str:
    """All commands as a Markdown table, for the README and `tuimail keys`."""
    rows = ["| key | command | what it does |", "|---|---|---|"]
    for each in commands or load().values():
        keys = " ".join(f"`{key.replace('|', chr(92) + '|')}`" for key in each.keys)
        rows.append(f"| {keys or '–'} | `{each.id}` | {each.help} |")
    return "\n".join(rows)
