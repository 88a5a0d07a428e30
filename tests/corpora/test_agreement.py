"""What other projects expect of their messages, and what we read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpora.sets import SETS, Set
from tests.corpora.table import row
from tests.corpora.tally import Tally, unexplained

READING = Path(__file__).parents[2] / "docs" / "reading.md"


@pytest.mark.parametrize("one", SETS, ids=[each.name for each in SETS])
def test_every_difference_is_explained(corpora: Path, one: Set) -> None:
    tally = one.compare(corpora)
    assert tally.compared
    assert unexplained(tally, one.reasons) == {}


@pytest.mark.parametrize("one", SETS, ids=[each.name for each in SETS])
def test_the_docs_have_the_table(corpora: Path, one: Set) -> None:
    assert row(one, corpora) in READING.read_text(encoding="utf-8")


def test_a_new_difference_and_one_that_is_gone_are_told() -> None:
    tally = Tally("x")
    tally.same("a: new", 1, 2)
    tally.same("a: known", 1, 3)
    reasons = {"so it is": ("a: known", "a: gone")}
    assert set(unexplained(tally, reasons)) == {"a: new", "a: gone"}
