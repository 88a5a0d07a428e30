"""A sample of the matrix; `python -m tests.fault.matrix` runs all of it."""

from __future__ import annotations

from pathlib import Path

from tests.fault.matrix import cases, violations
from tests.servers.dovecot import Dovecot

EVERY = 67
"""A prime, so that the sample walks through all kinds of points."""


def test_no_cut_and_no_death_loses_or_doubles_anything(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    wrong = {}
    for number, case in enumerate(cases(dovecot, EVERY)):
        found = violations(dovecot, case, tmp_path / str(number))
        if found:
            wrong[str(case)] = found
    assert wrong == {}
