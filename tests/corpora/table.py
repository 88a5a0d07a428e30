"""`python -m tests.corpora.table FOLDER` prints the rows of the table in the docs."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.corpora.sets import SETS, Set


def row(one: Set, corpora: Path) -> str:
    """One set: messages, expectations, how many hold, and why the rest differs."""
    tally = one.compare(corpora)
    why = "; ".join(f"{why} ({len(keys)})" for why, keys in one.reasons.items())
    counts = f"{tally.messages:,} | {tally.compared:,} | {tally.agreed:,}"
    return f"| {one.title} | {counts} | {why} |"


if __name__ == "__main__":
    for each in SETS:
        print(row(each, Path(sys.argv[1])))
