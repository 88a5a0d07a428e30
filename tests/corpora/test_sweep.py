"""Every foreign message and page is shown: no exception, no second, nothing unsafe."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def swept(corpora: Path) -> dict[str, Any]:
    """What the sweep found."""
    command = [sys.executable, "-B", "-m", "tests.corpora.sweep", str(corpora)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_there_is_something_to_sweep(swept: dict[str, Any]) -> None:
    assert swept["messages"] > 1000
    assert swept["pages"] > 100


def test_everything_is_shown_and_safe(swept: dict[str, Any]) -> None:
    assert swept["faults"] == {}


def test_nothing_takes_a_second(swept: dict[str, Any]) -> None:
    assert swept["slow"] == []


def test_reading_touches_no_network_and_no_file(swept: dict[str, Any]) -> None:
    assert swept["events"] == []


def test_dates_that_the_standard_library_reads_are_read(swept: dict[str, Any]) -> None:
    """Loosely: it errs itself on 12-hour clocks and old years."""
    known, same = swept["dates"]
    assert known
    assert same >= 0.98 * known


def test_the_watch_sees_what_it_watches_for() -> None:
    code = (
        "from tests.corpora.sweep import Watch; import os; w = Watch(); w.on = True\n"
        "try: open('/nowhere/at/all', 'w')\nexcept OSError: pass\n"
        "os.system('true'); w.on = False; print(len(w.seen))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert int(done.stdout) >= 2
