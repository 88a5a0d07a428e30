"""Which room above a text an empty line stands for.

Newsletters leave room everywhere, a page on the screen has little of it: a title stands
close to its text, a paragraph and what begins anew stand apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuimail.mail.types import Style

GAP_PX, PARTED_PX, TITLE_PX = 24.0, 10.0, 40.0
"""Room that an empty line stands for: usually, behind a long text or before a title,
and behind a title."""
TINY_CELLS, BRIEF_CELLS, LONG_CELLS = 3, 30, 60
"""Up to here a text is a sign that belongs to what follows; some words, which may do so
before a title; and no paragraph."""
BODY_PX, HEADING_PX, BOLD_PX, STEP_PX = 16.0, 24.0, 4.0, 2.0
"""The usual size of letters, that of headings, what bold ones are worth, and what makes
a title of the bigger of two texts."""


def weight(style: Style, px: float) -> float:
    """How much a text stands out."""
    if style is Style.HEADING:
        return max(px, HEADING_PX)
    return px + BOLD_PX if style is Style.STRONG else px


@dataclass(slots=True)
class Above:
    """What stands above the next text, in the order of reading."""

    gap: float = 0.0
    """Pixels that were left free since then."""
    fresh: bool = True
    """There is nothing, or an empty line."""
    weight: float = BODY_PX
    long: bool = False
    tiny: bool = False
    alone: bool = False
    """It is a few words below an empty line."""

    @property
    def bold(self) -> bool:
        """Whether it stands out."""
        return self.weight >= BODY_PX + BOLD_PX

    def copy(self) -> Above:
        """The same, for a flow that begins here."""
        flags = self.fresh, self.weight, self.long, self.tiny, self.alone
        return Above(self.gap, *flags)

    def parts(self, weight: float, listed: bool) -> bool:
        """Whether an empty line parts it from a text, or an item of a list."""
        sinks = self.weight - weight >= STEP_PX and self.weight > BODY_PX
        if self.tiny or (sinks and not self.long):
            return self.gap >= TITLE_PX
        rises = weight - self.weight >= STEP_PX and weight > BODY_PX
        parted = self.long or (rises and not self.alone)
        return self.gap >= (PARTED_PX if parted and not listed else GAP_PX)

    def becomes(self, cells: int, weight: float) -> None:
        """It is now a text of so many cells."""
        self.alone = cells <= BRIEF_CELLS and self.fresh
        self.long, self.tiny = cells > LONG_CELLS, cells <= TINY_CELLS
        self.gap, self.fresh, self.weight = 0.0, False, weight
