"""Which keys do what: defaults and the user's own, checked by us.

Textual drops clashing keys in silence and knows no sequences; here every problem of a
user's key map is reported at once, with its line, and sequences and counts work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tuimail.ui.commands.registry import Command, Where, nearest

COUNT_DIGITS = 5
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


Bound = dict[Where, dict[tuple[str, ...], str]]


class Keymap(NamedTuple):
    """Sequences of keys to commands, per place."""

    bound: Bound
    keys: dict[str, tuple[str, ...]]
    """Command id to the keys it has now."""
    problems: list[str]

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


@dataclass(frozen=True)
class Typed:
    """What a key did: a command to run, a wait for more keys, or nothing."""

    command: str = ""
    count: int = 0
    waiting: bool = False
    unknown: str = ""
    """A sequence that means nothing, as typed."""


class Typist:
    """Keys typed that are not yet a command: counts and beginnings of sequences."""

    def __init__(self, keymap: Keymap) -> None:
        self._keymap = keymap
        self.keys: tuple[str, ...] = ()
        self._count = ""

    @property
    def waiting(self) -> bool:
        """More keys are expected."""
        return bool(self.keys or self._count)

    @property
    def shown(self) -> str:
        """What was typed, as people write it."""
        return self._count + (shown(" ".join(self.keys)) if self.keys else "")

    def clear(self) -> None:
        """Forget what was typed."""
        self.keys, self._count = (), ""

    def type(self, where: Where, key: str) -> Typed:
        """Take one key."""
        if self.waiting and key == "escape":
            self.clear()
            return Typed()
        counts = not self.keys and key in "123456789" + ("0" if self._count else "")
        if counts:
            self._count += key
            return Typed(waiting=True)
        self.keys = (*self.keys, key)
        command = self._keymap.find(where, self.keys)
        if command is not None:
            return self._take(command)
        if self._keymap.longer(where, self.keys):
            return Typed(waiting=True)
        unknown = self.shown if len(self.keys) > 1 else ""
        self.clear()
        return Typed(unknown=unknown)

    def rest(self, where: Where) -> Typed:
        """Nothing followed for a while: a digit that is itself a key acts now."""
        command = self._keymap.find(where, (self._count,)) if not self.keys else None
        if command is None:
            return Typed(waiting=self.waiting)
        self.clear()
        return Typed(command)

    def _take(self, command: str) -> Typed:
        count = int(self._count[:COUNT_DIGITS] or 0)
        self.clear()
        return Typed(command, count)


def build(
    commands: Mapping[str, Command],
    user: Sequence[tuple[str, tuple[str, ...]]],
    lines: Mapping[str, int],
    file: str,
) -> Keymap:
    """The key map of defaults and the user's wishes, with all that is wrong in it.

    A key of the user's takes it from the command that has it by default: a problem
    only when that leaves a command without any key. Two wishes for one key are one.
    """
    wishes, problems = _wishes(commands, user, lines, file)
    bound: Bound = {p: {} for p in (Where.LIST, Where.MESSAGE, Where.FOLDERS)}
    for name, keys in wishes.items():
        for key in keys:
            problems += _bind(bound, commands[name], key, _place(file, lines, name))
    for name, each in commands.items():
        if name not in wishes:
            for key in each.keys:
                _bind(bound, each, key, "")
    keymap = Keymap(bound, _keys_of(bound), problems)
    problems += _left_without(keymap, commands, wishes, lines, file)
    return keymap


def _place(file: str, lines: Mapping[str, int], name: str) -> str:
    return f"{file}:{lines.get(name, 0)}: [keys] {name}"


def _wishes(
    commands: Mapping[str, Command],
    user: Sequence[tuple[str, tuple[str, ...]]],
    lines: Mapping[str, int],
    file: str,
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """What of the user's key map can be used, and what is wrong with the rest."""
    problems: list[str] = []
    wishes: dict[str, tuple[str, ...]] = {}
    for name, keys in user:
        place = _place(file, lines, name)
        if name not in commands:
            maybe = nearest(name)
            hint = f"; did you mean {maybe}?" if maybe else ""
            problems.append(f"{place}: there is no such command{hint}")
            continue
        bad = [key for key in keys if not is_key(key)]
        problems += [
            f"{place}: {key!r} is no key; write it like j, G, ctrl+d, f5 or g i"
            for key in bad
        ]
        good = tuple(key for key in keys if key not in bad)
        if good or not keys:
            wishes[name] = good
    return wishes, problems


def _bind(bound: Bound, each: Command, key: str, place: str) -> list[str]:
    """Bind a key where it is free; what stands in the way, when it is a wish."""
    sequence = tuple(normal(part) for part in key.split(" "))
    problems = []
    for where, table in bound.items():
        if not each.keyed & where:
            continue
        first = sequence[0]
        rivals = [k for k in table if k[0] == first and _covers(k, sequence)]
        if not rivals:
            table[sequence] = each.id
        others = [table[k] for k in rivals if table[k] != each.id]
        if others and place:
            problems.append(f"{place}: {key!r} is also wanted by {others[0]}")
    return problems[:1]


def _left_without(
    keymap: Keymap,
    commands: Mapping[str, Command],
    wishes: Mapping[str, tuple[str, ...]],
    lines: Mapping[str, int],
    file: str,
) -> list[str]:
    """Commands left in a pane without a key by a wish, told once for each wish."""
    if not wishes:
        return []
    lost: dict[str, dict[str, None]] = {}
    for where, table in keymap.bound.items():
        reached = set(table.values())
        for name, each in commands.items():
            if name in wishes or name in reached or not each.keyed & where:
                continue
            sequences = [tuple(map(normal, key.split(" "))) for key in each.keys]
            for keys, taker in table.items():
                if any(_covers(keys, sequence) for sequence in sequences):
                    lost.setdefault(taker, {})[name] = None
                    break
    return [
        f"{_place(file, lines, taker)}: takes the only key of {', '.join(names)};"
        ' give them another, or "none"'
        for taker, names in lost.items()
    ]


def _covers(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """One sequence begins with the other: the longer could never be typed."""
    return a[: len(b)] == b or b[: len(a)] == a


def _keys_of(bound: Bound) -> dict[str, tuple[str, ...]]:
    keys: dict[str, dict[str, None]] = {}
    for table in bound.values():
        for sequence, command in table.items():
            keys.setdefault(command, {})[" ".join(sequence)] = None
    return {command: tuple(found) for command, found in keys.items()}


def normal(key: str) -> str:
    """One spelling for each key: `G` for shift+g, `/` for slash."""
    key = SPECIAL.get(key, key)
    return key if len(key) == 1 else key.lower()


def key_of(key: str, character: str | None) -> str:
    """A key event in our spelling; with Alt held it is never the bare character."""
    plain = character is not None and character.isprintable() and character != " "
    return normal(character if plain and character and "+" not in key[1:] else key)


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
