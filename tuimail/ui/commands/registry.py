"""One registry of commands feeds keys, footer, help, palette, `:` line and README.

A command is a function that takes the desk (the main screen as commands see it).
Nothing of Textual is imported here, so the command line can print the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Flag, auto
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


class Where(Flag):
    """Where a command works."""

    LIST = auto()
    MESSAGE = auto()
    FOLDERS = auto()
    MAIL = LIST | MESSAGE
    ALL = LIST | MESSAGE | FOLDERS


@dataclass(frozen=True, slots=True)
class Command:
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
    """Place in the footer, the lowest first."""
    counts: bool
    """A number typed before repeats it or says how far."""
    run: Callable[[Desk, int], object]
    help: str


REGISTRY: dict[str, Command] = {}


def command(
    id: str,
    title: str,
    *keys: str,
    where: Where = Where.ALL,
    hint: str = "",
    rank: int = 99,
    counts: bool = False,
) -> Callable[[Callable[[Desk, int], object]], Callable[[Desk, int], object]]:
    """Register a function as a command; its docstring is its help."""

    def register(
        run: Callable[[Desk, int], object],
    ) -> Callable[[Desk, int], object]:
        text = " ".join((run.__doc__ or "").split())
        REGISTRY[id] = Command(id, title, keys, where, hint, rank, counts, run, text)
        return run

    return register


def load() -> dict[str, Command]:
    """All commands, by id."""
    for topic in ("message", "view", "mailbox", "app"):
        import_module(f"tuimail.ui.commands.{topic}")
    return REGISTRY


def footer(where: Where) -> list[Command]:
    """Commands for the footer of a place, the most important first."""
    here = [c for c in REGISTRY.values() if c.hint and c.where & where]
    return sorted(here, key=lambda c: c.rank)


def by_name(name: str) -> Command | None:
    """The command of a `:` line: its id, the verb alone, or its title."""
    wanted = name.strip().lower()
    if wanted in REGISTRY:
        return REGISTRY[wanted]
    for each in REGISTRY.values():
        if wanted in (each.id.partition(".")[2], each.title.lower()):
            return each
    return None


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
