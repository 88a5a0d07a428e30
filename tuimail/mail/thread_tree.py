"""Who answered whom in a conversation; the rules are those of `mail.threads`."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import NamedTuple

SUBJECT_SECONDS = 14 * 86400
"""How old a mail may be that a reply is joined to by its subject."""


class Item(NamedTuple):
    """What threading has to know of one mail."""

    number: int
    """Whose it is; positive, and differs for every mail."""
    key: int
    """Of its Message-ID; 0 when it has none."""
    references: tuple[int, ...]
    """Keys of the mails it names: the oldest ancestor first, its parent last."""
    date: int
    """Seconds since the epoch."""
    base: int
    """Key of its base subject; 0 when that is empty."""
    loose: bool
    """A reply by its subject that names no other mail."""


Fields = tuple[int, int, tuple[int, ...], int, int, bool]
"""An `Item` as a plain tuple, where there are very many."""


class Placed(NamedTuple):
    """One mail in its conversation."""

    number: int
    depth: int
    """0 for the first mail of a conversation."""
    parent: int | None
    """The nearest ancestor that is shown."""
    missing: bool
    """It answers a mail that is not shown."""


def arranged(
    items: Collection[Item], shown: Collection[int] | None = None
) -> list[Placed]:
    """The mails of one conversation, each behind its parent, answers by their age.

    `shown`: the mails to be given (all); the others only say how these hang together.
    When the first mails of several branches answer something that is not shown, the
    oldest of them stands at depth 0 and the others below it at depth 1, without parent.
    """
    if len(items) == 1:
        return [
            Placed(each.number, 0, None, bool(each.references))
            for each in items
            if shown is None or each.number in shown
        ]
    ages = sorted(items, key=age)
    holders: dict[int, int] = {}
    for each in ages:
        holders.setdefault(each.key, each.number)
    holders.pop(0, None)
    parents = _parents(ages, holders)
    _open_circles(ages, parents)
    _join_loose(ages, parents)
    if shown is not None:
        ages = [each for each in ages if each.number in shown]
        parents = _among({each.number for each in ages}, parents)
    return _depth_first(ages, parents, holders)


def age(each: Item) -> tuple[int, int]:
    """What mails of a conversation are ordered by."""
    return each.date, each.number


def _parents(ages: list[Item], holders: dict[int, int]) -> dict[int, int | None]:
    """The parent of each mail, as the mails say; circles are possible."""
    said: dict[int, int] = {}
    for each in ages:
        for above, missing in pairwise(each.references):
            if missing not in holders:
                said.setdefault(missing, above)
    reached: dict[int, int | None] = {}
    parents: dict[int, int | None] = {}
    for each in ages:
        named = each.references
        here = (holders[key] for key in reversed(named) if key in holders)
        parent = next((holder for holder in here if holder != each.number), None)
        if parent is None and named:
            parent = _behind(named[-1], said, holders, reached)
        parents[each.number] = None if parent == each.number else parent
    return parents


def _behind(
    missing: int,
    said: dict[int, int],
    holders: dict[int, int],
    reached: dict[int, int | None],
) -> int | None:
    """The nearest mail above a missing one, by what others say of it."""
    way: dict[int, None] = {}
    key: int | None = missing
    while key is not None and key not in holders and key not in reached:
        if key in way:
            key = None
            break
        way[key] = None
        key = said.get(key)
    end = None if key is None else holders.get(key, reached.get(key))
    reached.update((each, end) for each in way)
    return end


def _open_circles(ages: list[Item], parents: dict[int, int | None]) -> None:
    """Let the oldest mail of every circle have no parent."""
    done: set[int] = set()
    # From the oldest: the first mail of a circle that is met on it is not always the
    # oldest, so the whole circle is looked through.
    rank = {each.number: place for place, each in enumerate(ages)}
    for each in ages:
        way: dict[int, None] = {}
        number: int | None = each.number
        while number is not None and number not in done and number not in way:
            way[number] = None
            number = parents[number]
        if number is not None and number in way:
            circle = list(way)
            circle = circle[circle.index(number) :]
            parents[min(circle, key=rank.__getitem__)] = None
        done.update(way)


def _join_loose(ages: list[Item], parents: dict[int, int | None]) -> None:
    """Put loose replies below the first mail of the conversation they are joined to."""
    last: dict[int, Item] = {}
    tops: dict[int, int] = {}
    for each in ages:
        before = last.get(each.base)
        if each.loose and before and each.date - before.date <= SUBJECT_SECONDS:
            top = _top(before.number, parents, tops)
            if top != each.number:
                parents[each.number] = top
        if each.base:
            last[each.base] = each


def _top(number: int, parents: dict[int, int | None], tops: dict[int, int]) -> int:
    """The first mail above one; `tops` remembers what may have a parent by now."""
    way = []
    while (above := tops.get(number, parents[number])) is not None:
        way.append(number)
        number = above
    tops.update((each, number) for each in way)
    return number


def _among(shown: set[int], parents: dict[int, int | None]) -> dict[int, int | None]:
    """The nearest shown ancestor of each shown mail."""
    nearest: dict[int, int | None] = {}
    for number in shown:
        way = [number]
        above = parents[number]
        while above is not None and above not in shown and above not in nearest:
            way.append(above)
            above = parents[above]
        if above is not None and above not in shown:
            above = nearest[above]
        nearest.update((each, above) for each in way)
    return {number: nearest[number] for number in shown}


def _depth_first(
    ages: list[Item], parents: dict[int, int | None], holders: dict[int, int]
) -> list[Placed]:
    children: dict[int | None, list[Item]] = {}
    for each in reversed(ages):
        children.setdefault(parents[each.number], []).append(each)
    roots = children.get(None, [])
    waiting = [(each, 1 if place else 0) for place, each in enumerate(roots[::-1])]
    waiting.reverse()
    found = []
    while waiting:
        each, depth = waiting.pop()
        parent = parents[each.number]
        named = each.references[-1] if each.references else 0
        missing = bool(named) and (parent is None or holders.get(named) != parent)
        found.append(Placed(each.number, depth, parent, missing))
        below = children.get(each.number, ())
        waiting.extend((answer, depth + 1) for answer in below)
    return found
