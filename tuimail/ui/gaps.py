"""Where a list says that headers are missing, and how. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tuimail.mail.types import Gap, Listing, RowKey

ISLAND = 10
"""UIDs in a row that count as single messages which a search has found."""


class GapLine(NamedTuple):
    """A line that stands for headers which are not here."""

    after: RowKey | None
    """The row it follows; None when it stands above all rows."""
    messages: int | None
    """How many it stands for, when that is known."""
    among: bool = False
    """It stands for what is missing between the rows below it as well."""


def missing_lines(listing: Listing | None) -> tuple[GapLine, ...]:
    """The lines of a list, from its top.

    A search brings the headers of what it finds, wherever that lies. One line stands
    for all that is missing around such messages, and not one below each of them.
    """
    if listing is None or not listing.gaps:
        return ()
    runs = list(_runs(listing.gaps))
    missing = max(0, (listing.mailbox.total or 0) - listing.known) or None
    made: list[GapLine] = []
    for run in runs:
        several = len(run) > 1
        count = missing if several and len(runs) == 1 else run[0].size
        made.append(GapLine(run[0].after, count, several))
    return tuple(made)


def _runs(gaps: Sequence[Gap]) -> Iterator[list[Gap]]:
    """Gaps with only single messages between them, the newest first."""
    run: list[Gap] = []
    for gap in gaps:
        if run and run[-1].lo - gap.hi - 1 > ISLAND:
            yield run
            run = []
        run.append(gap)
    yield run
