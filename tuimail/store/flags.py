"""The algebra of flag layers: what is shown, what is pending, what is in flight.

`shown = (((server | flying.add) - flying.remove) | pending.add) - pending.remove`.
The server layer is written by what the server says, the others by what the user does;
neither ever writes the other's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from tuimail.mail.types import Flag, FlagSet

NOTHING = FlagSet()
_BITS = 0x7FFF_FFFF
_remembered = lru_cache(maxsize=2048)
"""A gesture on a whole folder asks the same few questions for every message."""


@_remembered
def union(a: FlagSet, b: FlagSet) -> FlagSet:
    """Flags in either."""
    return FlagSet(a.bits | b.bits, a.keywords | b.keywords)


@_remembered
def minus(a: FlagSet, b: FlagSet) -> FlagSet:
    """Flags of `a` that are not in `b`."""
    return FlagSet(Flag(a.bits & ~b.bits & _BITS), a.keywords - b.keywords)


@_remembered
def common(a: FlagSet, b: FlagSet) -> FlagSet:
    """Flags in both."""
    return FlagSet(a.bits & b.bits, a.keywords & b.keywords)


class Delta(NamedTuple):
    """A change of flags: some set, some cleared, never the same one both."""

    add: FlagSet = NOTHING
    remove: FlagSet = NOTHING
    maybe: FlagSet = NOTHING
    """Those that a broken connection may have left either way on the server."""

    def __bool__(self) -> bool:
        return self.add != NOTHING or self.remove != NOTHING

    @property
    def touched(self) -> FlagSet:
        """Every flag it sets or clears."""
        return union(self.add, self.remove)

    @_remembered
    def without(self, flags: FlagSet) -> Delta:
        """The change, leaving these flags alone."""
        return Delta(
            minus(self.add, flags), minus(self.remove, flags), minus(self.maybe, flags)
        )

    def on(self, flags: FlagSet) -> FlagSet:
        """The flags after this change."""
        return minus(union(flags, self.add), self.remove)

    @_remembered
    def plus(self, newer: Delta) -> Delta:
        """This change and then `newer`, as one."""
        kept = self.without(newer.touched)
        return Delta(
            union(kept.add, newer.add),
            union(kept.remove, newer.remove),
            union(kept.maybe, newer.maybe),
        )


@_remembered
def wanted(shown: FlagSet, add: FlagSet, remove: FlagSet) -> Delta:
    """What a gesture changes on the screen: `remove` wins where both name a flag."""
    return Delta(minus(minus(add, remove), shown), common(remove, shown))


@_remembered
def to_send(change: Delta, confirmed: FlagSet, maybe: FlagSet) -> Delta:
    """What of a gesture must go to the server.

    `confirmed` is what the server has, or will have once the change in flight is
    through. A flag it already has as wished needs no command, except a `maybe` one.
    """
    add = minus(change.add, minus(confirmed, maybe))
    remove = common(change.remove, union(confirmed, maybe))
    return Delta(add, remove, common(maybe, union(add, remove)))


def words(keywords: Iterable[str]) -> str:
    """Keywords as one column: sorted, separated by spaces."""
    return " ".join(sorted(keywords))


@_remembered
def flag_set(bits: int, keywords: str) -> FlagSet:
    """A FlagSet from its two columns."""
    return FlagSet(Flag(bits), frozenset(keywords.split()) if keywords else frozenset())


@_remembered
def dump(delta: Delta) -> str:
    """A change as it is stored."""
    parts = (delta.add, delta.remove, delta.maybe)
    bits: list[int | str] = [int(flags.bits) for flags in parts]
    if any(flags.keywords for flags in parts):
        bits += [words(flags.keywords) for flags in parts]
    return json.dumps(bits, ensure_ascii=False, separators=(",", ":"))


@_remembered
def load(text: str) -> Delta:
    """A stored change; `''` is none."""
    if not text:
        return Delta()
    bits = json.loads(text)
    keywords = bits[3:] or ("", "", "")
    return Delta(*(flag_set(b, k) for b, k in zip(bits, keywords, strict=False)))


class Layers(NamedTuple):
    """The flags of one message in all three layers."""

    server: FlagSet = NOTHING
    flying: Delta = Delta()
    pending: Delta = Delta()

    @property
    def confirmed(self) -> FlagSet:
        """What the server has, or will have once the change in flight is through."""
        return _after(self.server, self.flying)

    @property
    def shown(self) -> FlagSet:
        """What the user sees."""
        return _after(self.confirmed, self.pending)


@_remembered
def _after(flags: FlagSet, change: Delta) -> FlagSet:
    return change.on(flags)


COLUMNS = "s, s_kw, f_add, f_del, p_add, p_del, kw"
"""The columns of `msg` that `layers` takes, in order."""


@_remembered
def layers(columns: tuple[int, str, int, int, int, int, str]) -> Layers:
    """The layers from their columns."""
    s, s_kw, f_add, f_del, p_add, p_del, kw = columns
    fa, fd, pa, pd = json.loads(kw) if kw else ("", "", "", "")
    return Layers(
        flag_set(s, s_kw),
        Delta(flag_set(f_add, fa), flag_set(f_del, fd)),
        Delta(flag_set(p_add, pa), flag_set(p_del, pd)),
    )


@_remembered
def delta_columns(flying: Delta, pending: Delta) -> tuple[int, int, int, int, str]:
    """f_add, f_del, p_add, p_del and kw for two layers."""
    parts = (flying.add, flying.remove, pending.add, pending.remove)
    kw = ""
    if any(flags.keywords for flags in parts):
        kw = json.dumps([words(flags.keywords) for flags in parts], ensure_ascii=False)
    f_add, f_del, p_add, p_del = (int(flags.bits) for flags in parts)
    return f_add, f_del, p_add, p_del, kw


def shown_keywords(s_kw: str, kw: str) -> frozenset[str]:
    """The keywords the user sees."""
    if not kw:
        return frozenset(s_kw.split())
    return layers((0, s_kw, 0, 0, 0, 0, kw)).shown.keywords
