"""Lines of a text that may be very long: put together and read, never copied."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import overload

from tuimail.mail.types import Line, Style

QUOTED = frozenset((Style.QUOTE1, Style.QUOTE2, Style.QUOTE3, Style.QUOTE4))


class Joined(Sequence[Line]):
    """Several texts as one sequence of lines; nothing is copied."""

    def __init__(self, pieces: Iterable[Sequence[Line]]) -> None:
        self._pieces = [piece for piece in pieces if len(piece)]
        self._ends = list(accumulate(len(piece) for piece in self._pieces))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, at: int) -> Line: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Line, ...]: ...

    def __getitem__(self, at: int | slice) -> Line | tuple[Line, ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(len(self))))
        if at < 0:
            at += len(self)
        if not 0 <= at < len(self):
            raise IndexError(at)
        which = bisect_right(self._ends, at)
        return self._pieces[which][at - (self._ends[which - 1] if which else 0)]


def quote_runs(lines: Iterable[Line]) -> tuple[tuple[int, int], ...]:
    """First line and the one behind the last, of each run of quoted lines."""
    runs: list[tuple[int, int]] = []
    start = None
    at = -1
    for at, line in enumerate(lines):
        quoted = bool(line) and line[0].style in QUOTED
        if quoted and start is None:
            start = at
        elif not quoted and start is not None:
            runs.append((start, at))
            start = None
    if start is not None:
        runs.append((start, at + 1))
    return tuple(runs)
