"""Conversations: which mails belong together, and who answered whom.

This is the REFERENCES algorithm of RFC 5256 (§3, after Zawinski), stated so that the
result depends on the mails alone and not on the order in which they came:

- Mails that name a Message-ID in common, as their own or as one they refer to, are of
  one *group*. Groups only ever grow together, so a new mail is joined in a moment.
- The parent of a mail is the last one that it names itself and that is here; others
  have no say in that. Only a mail that names nothing that is here is placed by what
  other mails say of the missing ones (the oldest of them decides).
- Where parents make a circle, the oldest mail of it is the first.
- Of several mails with one Message-ID the oldest has the answers.

By subject alone (RFC 5256, step 5) only one kind of mail is joined to others: a reply
("Re: x") that names no other mail at all, to the mail of the same base subject that
came last before it, when that was not more than two weeks ago and not more than 200
mails have this subject. Two mails "x" never join, nor do two conversations because of a
reply between them: weekly reports and bills all have the same subject. So a subject
joins what a program without References tore apart, and nothing else.

Nothing here recurses, and the cost of hostile chains is bounded by `REFERENCES_MOST`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from tuimail.mail.subjects import base_subject

REFERENCES_MOST = 100
"""References of one mail that count: the first, and the last 99."""
SUBJECT_SECONDS = 14 * 86400
"""How old a mail may be that a reply is joined to by its subject."""
SUBJECT_MOST = 200
"""Mails of one subject above which the subject says nothing."""


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


class Placed(NamedTuple):
    """One mail in its conversation."""

    number: int
    depth: int
    """0 for the first mail of a conversation."""
    parent: int | None
    """The nearest ancestor that is shown."""
    missing: bool
    """It answers a mail that is not shown."""


def key_of(scope: str, text: str) -> int:
    """A number for a Message-ID or subject; never 0. A scope shares with no other."""
    digest = blake2b(f"{scope}\n{text}".encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True) or 1


def item(
    scope: str,
    number: int,
    message_id: str,
    in_reply_to: str,
    references: Iterable[str],
    subject: str,
    date: int,
) -> Item:
    """What threading has to know of a mail; Message-IDs as `mail.headers` gives them.

    `scope`: what conversations do not go beyond, an account.
    """
    named = list(references)
    if in_reply_to and in_reply_to not in named:
        named.append(in_reply_to)
    if len(named) > REFERENCES_MOST:
        named = [named[0], *named[1 - REFERENCES_MOST :]]
    if message_id in named:
        named = [each for each in named if each != message_id]
    base, reply = base_subject(subject)
    keys = [key_of(scope, each) for each in named]
    # Of an id that is named twice the later place is the nearer one.
    keys = list(dict.fromkeys(reversed(keys)))[::-1]
    return Item(
        number,
        key_of(scope, message_id) if message_id else 0,
        tuple(keys),
        date,
        key_of(scope, "s" + base) if base else 0,
        bool(reply and base and not named),
    )


# -- groups: what belongs together --------------------------------------------


class Joined(NamedTuple):
    """What new mails did to the groups; a group is named by the number of a mail."""

    groups: dict[int, int]
    """New mail to its group."""
    keys: dict[int, int]
    """Keys that were not known before, and their groups."""
    merged: dict[int, int]
    """Group that is no more to the one it is part of now."""


def join(
    items: Iterable[Item], known: Mapping[int, int], size: Callable[[int], int]
) -> Joined:
    """Put new mails into groups.

    `known`: the groups of the keys in these mails, as far as they had any. `size`: of
    a group, roughly; the larger one keeps its name, so that hostile mail cannot have
    everything renamed again and again.
    """
    into: dict[int, int] = {}

    def found(group: int) -> int:
        while (next_one := into.get(group)) is not None:
            if (after := into.get(next_one)) is not None:
                into[group] = after
            group = next_one
        return group

    fresh: dict[int, int] = {}
    groups: dict[int, int] = {}
    for each in items:
        keys = (each.key, *each.references) if each.key else each.references
        heads = {
            found(group)
            for key in keys
            if (group := known.get(key) or fresh.get(key)) is not None
        }
        head = each.number
        if len(heads) == 1:
            (head,) = heads
        elif heads:
            head = max(heads, key=lambda group: (size(group), -group))
            into.update((other, head) for other in heads if other != head)
        groups[each.number] = head
        for key in keys:
            if key not in known:
                fresh.setdefault(key, head)
    return Joined(
        {number: found(group) for number, group in groups.items()},
        {key: found(group) for key, group in fresh.items()},
        {group: found(group) for group in into},
    )


def answered(items: Collection[Item]) -> dict[int, int]:
    """By subject: loose reply to the mail it is joined to; all of one base subject."""
    if len(items) > SUBJECT_MOST:
        return {}
    found: dict[int, int] = {}
    before: Item | None = None
    for each in sorted(items, key=_age):
        if each.loose and before and each.date - before.date <= SUBJECT_SECONDS:
            found[each.number] = before.number
        before = each
    return found


def components(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Numbers that hang together by pairs, each to the smallest of its component."""
    into: dict[int, int] = {}

    def found(number: int) -> int:
        while (head := into.setdefault(number, number)) != number:
            into[number] = into[head]
            number = head
        return number

    for one, other in pairs:
        low, high = sorted((found(one), found(other)))
        into[high] = low
    return {number: found(number) for number in list(into)}


class Conversations:
    """Conversations of mails that come little by little; all in memory.

    What `store.threads` does with tables, and the model of it.
    """

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._group: dict[int, int] = {}
        self._keys: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._subjects: dict[int, list[Item]] = {}

    def add(self, items: Collection[Item]) -> None:
        """Join new mails to what is here."""
        joined = join(items, self._keys, self._size)
        self._keys.update(joined.keys)
        for old, new in joined.merged.items():
            gone = self._members.pop(old, [])
            self._members.setdefault(new, []).extend(gone)
            self._group.update((number, new) for number in gone)
        if joined.merged:
            merged = joined.merged
            self._keys = {k: merged.get(g, g) for k, g in self._keys.items()}
        for each in items:
            self._items[each.number] = each
            group = self._group[each.number] = joined.groups[each.number]
            self._members.setdefault(group, []).append(each.number)
            if each.base:
                self._subjects.setdefault(each.base, []).append(each)

    def _size(self, group: int) -> int:
        return len(self._members.get(group, ()))

    def threads(self) -> list[list[Placed]]:
        """Every conversation, by the age of the oldest mail in it."""
        group = self._group
        pairs = [
            (group[reply], group[other])
            for alike in self._subjects.values()
            for reply, other in answered(alike).items()
        ]
        heads = components(pairs)
        threads: dict[int, list[Item]] = {}
        for number, each in self._items.items():
            head = heads.get(group[number], group[number])
            threads.setdefault(head, []).append(each)
        found = sorted(threads.values(), key=lambda items: min(map(_age, items)))
        return [arranged(items) for items in found]


# -- trees: who answered whom -------------------------------------------------


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
    ages = sorted(items, key=_age)
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


def _age(each: Item) -> tuple[int, int]:
    return each.date, each.number


def _parents(ages: list[Item], holders: dict[int, int]) -> dict[int, int | None]:
    """The parent of each mail, as the mails say; circles are possible."""
    said: dict[int, int] = {}
    for each in ages:
        for above, missing in zip(each.references, each.references[1:], strict=False):
            if missing not in holders:
                said.setdefault(missing, above)
    reached: dict[int, int | None] = {}
    parents: dict[int, int | None] = {}
    for each in ages:
        parents[each.number] = None
        for key in reversed(each.references):
            holder = holders.get(key)
            if holder is not None and holder != each.number:
                parents[each.number] = holder
                break
        else:
            if each.references:
                above = _behind(each.references[-1], said, holders, reached)
                parents[each.number] = None if above == each.number else above
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
    while True:
        above = tops.get(number)
        if above is None or above == number:
            above = parents[number]
        if above is None:
            break
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
