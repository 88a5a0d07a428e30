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
from typing import NamedTuple

from tuimail.mail.thread_items import REFERENCES_MOST, Keys, item, key_of
from tuimail.mail.thread_tree import (
    SUBJECT_SECONDS,
    Fields,
    Item,
    Placed,
    age,
    arranged,
)

__all__ = [
    "REFERENCES_MOST",
    "SUBJECT_MOST",
    "SUBJECT_SECONDS",
    "Conversations",
    "Fields",
    "Item",
    "Joined",
    "Keys",
    "Placed",
    "answered",
    "arranged",
    "components",
    "item",
    "join",
    "key_of",
]

SUBJECT_MOST = 200
"""Mails of one subject above which the subject says nothing."""


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
    items: Iterable[Fields], known: Mapping[int, int], size: Callable[[int], int]
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

    heads_of = dict(known)
    fresh: list[int] = []
    groups: dict[int, int] = {}
    head_of = heads_of.get
    for number, key, named, _, _, _ in items:
        if not named and key not in heads_of:
            groups[number] = number
            if key:
                heads_of[key] = number
                fresh.append(key)
            continue
        before = {*map(head_of, named)}
        if key:
            before.add(head_of(key))
        heads = {group for group in before if group is not None}
        if into:
            heads = {found(group) for group in heads}
        head = number
        if len(heads) == 1:
            (head,) = heads
        elif heads:
            head = max(heads, key=lambda group: (size(group), -group))
            into.update((other, head) for other in heads if other != head)
        groups[number] = head
        if None in before:
            for each in (key, *named):
                if each and each not in heads_of:
                    heads_of[each] = head
                    fresh.append(each)
    if not into:
        return Joined(groups, {key: heads_of[key] for key in fresh}, {})
    return Joined(
        {number: found(group) for number, group in groups.items()},
        {key: found(heads_of[key]) for key in fresh},
        {group: found(group) for group in into},
    )


def answered(items: Collection[Item]) -> dict[int, int]:
    """By subject: loose reply to the mail it is joined to; all of one base subject."""
    if len(items) > SUBJECT_MOST:
        return {}
    found: dict[int, int] = {}
    before: Item | None = None
    for each in sorted(items, key=age):
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
        found = sorted(threads.values(), key=lambda items: min(map(age, items)))
        return [arranged(items) for items in found]
