"""Sets of message numbers or UIDs as commands give them, `*` included."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

_MAX = 2**32 - 1
_RANGES_MAX = 10_000


class SequenceSet:
    """Ranges in the order they were given; `None` stands for `*`."""

    def __init__(self, ranges: Iterable[tuple[int | None, int | None]]) -> None:
        self._ranges = tuple(ranges)

    @classmethod
    def parse(cls, wire: bytes) -> SequenceSet:
        """Read `1:3,7,9:*`; ValueError when it is none."""
        items = wire.split(b",")
        if len(items) > _RANGES_MAX:
            raise ValueError("too many ranges")
        ranges = []
        for item in items:
            first, colon, last = item.partition(b":")
            ranges.append((_number(first), _number(last if colon else first)))
        return cls(ranges)

    def among(self, numbers: Sequence[int]) -> list[int]:
        """Those of the ascending `numbers` that are in the set, ascending."""
        if not numbers:
            return []
        top = numbers[-1]
        found: set[int] = set()
        for one, other in self._ranges:
            ends = (top if one is None else one, top if other is None else other)
            low = bisect_left(numbers, min(ends))
            found.update(numbers[low : bisect_right(numbers, max(ends))])
        return sorted(found)

    def beyond(self, last: int) -> bool:
        """Whether a number is named that is above `last`, or `*` when there is none."""
        ends = (end for pair in self._ranges for end in pair)
        return any(end > last if end else not last for end in ends)


def wire(numbers: Iterable[int]) -> str:
    """Ascending numbers as a set, e.g. `1:3,7`."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in ranges)


def _number(word: bytes) -> int | None:
    if word == b"*":
        return None
    value = int(word) if word.isdigit() and len(word) <= 10 else 0
    if not 0 < value <= _MAX:
        raise ValueError("out of range")
    return value
