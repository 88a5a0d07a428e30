"""Expectations that were compared, and where we differ."""

from __future__ import annotations

from dataclasses import dataclass, field

SHOWN = 200
"""Characters of a value that a failing test shows."""


@dataclass
class Tally:
    """What became of the expectations of one set."""

    name: str
    messages: int = 0
    compared: int = 0
    differences: dict[str, str] = field(default_factory=dict)
    """By `message: what`; both values, shortened."""

    def same(self, key: str, theirs: object, ours: object) -> bool:
        """Count one expectation; whether both say the same."""
        return self.holds(key, theirs == ours, theirs, ours)

    def holds(self, key: str, agreed: bool, theirs: object, ours: object) -> bool:
        """Count one expectation that is compared in another way."""
        self.compared += 1
        if not agreed:
            self.differences[key] = f"{theirs!r:.{SHOWN}} | {ours!r:.{SHOWN}}"
        return agreed

    @property
    def agreed(self) -> int:
        """How many of them hold."""
        return self.compared - len(self.differences)


Reasons = dict[str, tuple[str, ...]]
"""Why we differ, in a sentence, and the keys of the differences."""


def unexplained(tally: Tally, reasons: Reasons) -> dict[str, str]:
    """Differences without a reason, and reasons without a difference."""
    known = {key for keys in reasons.values() for key in keys}
    found = {k: v for k, v in tally.differences.items() if k not in known}
    gone = known - set(tally.differences)
    return found | dict.fromkeys(gone, "explained, but there is no such difference")
