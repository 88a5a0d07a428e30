"""Sets of UIDs as sorted, merged ranges: small, however many UIDs they hold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from tuimail.mail.types import UID

_MAX = 2**32 - 1


class UIDSet:
    """An immutable set of UIDs (RFC 9051 `sequence-set` without `*`)."""

    __slots__ = ("ranges",)

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.ranges = tuple(_merged(ranges))
        """Inclusive ranges, ascending, neither overlapping nor adjacent."""

    @classmethod
    def of(cls, uids: Iterable[int]) -> UIDSet:
        """The set of these UIDs, in any order."""
        return cls((uid, uid) for uid in uids)

    @classmethod
    def parse(cls, wire: bytes) -> UIDSet:
        """Read `1:3,7`; `ValueError` when it is not a set of UIDs."""
        ranges = []
        for item in wire.split(b","):
            first, _, last = item.partition(b":")
            lo, hi = int(first), int(last or first)
            if not (0 < lo <= _MAX and 0 < hi <= _MAX):
                raise ValueError("UID out of range")
            ranges.append((min(lo, hi), max(lo, hi)))
        return cls(ranges)

    def wire(self) -> bytes:
        """As FETCH takes it, e.g. `1:3,7`."""
        return ",".join(
            str(lo) if lo == hi else f"{lo}:{hi}" for lo, hi in self.ranges
        ).encode()

    def __len__(self) -> int:
        return sum(hi - lo + 1 for lo, hi in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[UID]:
        for lo, hi in self.ranges:
            for uid in range(lo, hi + 1):
                yield UID(uid)

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self.ranges, (uid, _MAX)) - 1
        return at >= 0 and uid <= self.ranges[at][1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UIDSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __repr__(self) -> str:
        return f"UIDSet({self.wire().decode()!r})"

    def __or__(self, other: UIDSet) -> UIDSet:
        return UIDSet((*self.ranges, *other.ranges))

    def __and__(self, other: UIDSet) -> UIDSet:
        return UIDSet(_overlaps(self.ranges, other.ranges))

    def __sub__(self, other: UIDSet) -> UIDSet:
        return self & other.complement()

    def complement(self) -> UIDSet:
        """Every UID from 1 to 2^32-1 that is not in this set."""
        holes, start = [], 1
        for lo, hi in self.ranges:
            if lo > start:
                holes.append((start, lo - 1))
            start = hi + 1
        if start <= _MAX:
            holes.append((start, _MAX))
        return UIDSet(holes)

    @property
    def min(self) -> UID:
        """The lowest UID; `IndexError` when empty."""
        return UID(self.ranges[0][0])

    @property
    def max(self) -> UID:
        """The highest UID; `IndexError` when empty."""
        return UID(self.ranges[-1][1])

    def newest(self, count: int) -> UIDSet:
        """The `count` highest UIDs, or all when there are fewer."""
        taken: list[tuple[int, int]] = []
        for lo, hi in reversed(self.ranges):
            if count <= 0:
                break
            first = max(lo, hi - count + 1)
            taken.append((first, hi))
            count -= hi - first + 1
        return UIDSet(taken)

    def chunks(self, max_count: int = 500, max_octets: int = 8000) -> Iterator[UIDSet]:
        """Cut into sets that fit one command, newest first (RFC 7162 §4)."""
        rest = self
        while rest:
            part = rest.newest(max_count)
            while len(part.wire()) > max_octets:
                part = part.newest(len(part) // 2)
            yield part
            rest = rest - part


def _merged(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    ordered = sorted(ranges)
    if not ordered:
        return
    lo, hi = ordered[0]
    for first, last in ordered[1:]:
        if first <= hi + 1:
            hi = max(hi, last)
        else:
            yield lo, hi
            lo, hi = first, last
    yield lo, hi


def _overlaps(
    a: tuple[tuple[int, int], ...], b: tuple[tuple[int, int], ...]
) -> Iterator[tuple[int, int]]:
    i = j = 0
    while i < len(a) and j < len(b):
        lo, hi = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if lo <= hi:
            yield lo, hi
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
