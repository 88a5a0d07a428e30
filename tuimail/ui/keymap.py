"""Which keys do what: defaults and the user's own, checked by us.

Textual drops clashing keys in silence and knows no sequences; here every problem of a
user's key map is reported at once, with its line, and sequences and counts work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tuimail.ui.commands.registry import Command, Where, nearest

NAMED = frozenset(
    "enter escape tab space backspace delete insert up down left right home end "
    "pageup pagedown slash".split()
)
SPECIAL = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "dollar_sign": "$",
    "asterisk": "*",
    "minus": "-",
    "plus": "+",
}
SHOWN = {
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "space": "Space",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


@dataclass(slots=True)
class Keymap:
    """Sequences of keys to commands, per place."""

    bound: dict[Where, dict[tuple[str, ...], str]]
    keys: dict[str, tuple[str, ...]]
    """Command id to the keys it has now."""
    problems: list[str] = field(default_factory=list)

    def find(self, where: Where, typed: tuple[str, ...]) -> str | None:
        """The command of a sequence."""
        return self.bound[where].get(typed)

    def longer(self, where: Where, typed: tuple[str, ...]) -> list[tuple[str, str]]:
        """Next key and command id of every sequence that begins with what was typed."""
        size = len(typed)
        return [
            (keys[size], command)
            for keys, command in self.bound[where].items()
            if len(keys) > size and keys[:size] == typed
        ]

    def shown(self, command: str) -> str:
        """The first key of a command as people write it; `''` for none."""
        keys = self.keys.get(command, ())
        return shown(keys[0]) if keys else ""


def build(
    commands: Mapping[str, Command],
    user: Sequence[tuple[str, tuple[str, ...]]],
    lines: Mapping[str, int],
    file: str,
) -> Keymap:
    """The key map of defaults and the user's wishes, with all that is wrong in it.

    A key of the user's takes it from the command that has it by default; two wishes
    of the user's for one key are a problem.
    """
    problems: list[str] = []
    wishes: dict[str, tuple[str, ...]] = {}
    for name, keys in user:
        where = f"{file}:{lines.get(name, 0)}: [keys] {name}"
        if name not in commands:
            maybe = nearest(name)
            hint = f"; did you mean {maybe}?" if maybe else ""
            problems.append(f"{where}: there is no such command{hint}")
            continue
        bad = [key for key in keys if not is_key(key)]
        problems += [
            f"{where}: {key!r} is no key; write it like j, G, ctrl+d, f5 or g i"
            for key in bad
        ]
        wishes[name] = tuple(key for key in keys if key not in bad)
    bound: dict[Where, dict[tuple[str, ...], str]] = {
        place: {} for place in (Where.LIST, Where.MESSAGE, Where.FOLDERS)
    }
    for name, keys in wishes.items():
        for key in keys:
            problems += _bind(
                bound, commands[name], key, f"{file}:{lines.get(name, 0)}"
            )
    for name, each in commands.items():
        if name not in wishes:
            for key in each.keys:
                _bind(bound, each, key, "")
    return Keymap(bound, _keys_of(bound), problems)


def _bind(
    bound: dict[Where, dict[tuple[str, ...], str]], each: Command, key: str, place: str
) -> list[str]:
    sequence = tuple(normal(part) for part in key.split(" "))
    problems = []
    for where, table in bound.items():
        if not each.where & where:
            continue
        other = table.get(sequence)
        covers = [k for k in table if k != sequence and _covers(k, sequence)]
        if other is not None or covers:
            if place:
                rival = other or table[covers[0]]
                problems.append(f"{place}: {key!r} is wanted by {each.id} and {rival}")
            continue
        table[sequence] = each.id
    return problems[:1]


def _covers(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """One sequence begins with the other: the longer could never be typed."""
    return a[: len(b)] == b or b[: len(a)] == a


def _keys_of(
    bound: dict[Where, dict[tuple[str, ...], str]],
) -> dict[str, tuple[str, ...]]:
    keys: dict[str, dict[str, None]] = {}
    for table in bound.values():
        for sequence, command in table.items():
            keys.setdefault(command, {})[" ".join(sequence)] = None
    return {command: tuple(found) for command, found in keys.items()}


def normal(key: str) -> str:
    """One spelling for each key: `G` for shift+g, `/` for slash."""
    key = SPECIAL.get(key, key)
    return key if len(key) == 1 else key.lower()


def is_key(text: str) -> bool:
    """Whether this is a key or a sequence of keys that can be typed."""
    parts = text.split(" ")
    return bool(text) and len(parts) <= 3 and all(map(_is_one_key, parts))


def _is_one_key(part: str) -> bool:
    if len(part) == 1:
        return part.isprintable()
    *modifiers, key = part.lower().split("+")
    known = key in NAMED or key in SPECIAL or len(key) == 1
    function = key[:1] == "f" and key[1:].isdigit() and 1 <= int(key[1:]) <= 12
    return (known or function) and all(m in ("ctrl", "shift", "alt") for m in modifiers)


def shown(key: str) -> str:
    """A key or sequence as people write it."""
    parts = [SHOWN.get(part, part) for part in key.split(" ")]
    return "".join(parts) if all(len(p) == 1 for p in parts) else " ".join(parts)
