"""What a start loads: nothing that the first thing shown does not need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def loaded(code: str) -> set[str]:
    """Modules that are loaded after running some code in a fresh Python."""
    script = f"{code}\nimport sys; print(' '.join(sys.modules))"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    return set(done.stdout.split("\n")[-2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import tuimail.engine.service",
        "from tuimail.cli import run; run(['keys'], {})",
        "from tuimail.cli import run; run(['list', '--help'], {})",
    ],
)
def test_without_a_screen_no_textual_is_loaded(code: str) -> None:
    assert not {"textual", "rich"} & loaded(code)


def test_the_rendering_process_loads_little() -> None:
    modules = loaded("import tuimail.engine.render_child")
    assert not {"textual", "sqlite3", "ssl", "imaplib", "socket"} & modules


def test_importing_the_package_loads_nothing_of_it() -> None:
    assert {m for m in loaded("import tuimail") if m.startswith("tuimail.")} == set()
