"""What a start loads: nothing that the first thing shown does not need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


LATE_ENGINE = (
    "account fetch idle jobs lane listing present render replay running save"
    " sync_imap texts untagged worker"
).split()
LATE_STORE = "claim fsck gesture ingest operations outcome removal sync vault".split()
LATE_UI = "attached choosing filing screens.dialogs screens.picker".split()
LATE_OTHERS = "headless usage mail.html mail.charset mail.headers mail.wrap".split()
FIRST_FRAME = """
import asyncio, os, sys
from pathlib import Path
from tuimail.cli import run
from tuimail.config import Config, ImapAccount, ViewSettings
from tuimail.engine import loading
from tuimail.engine.service import MailService
from tuimail.paths import under
from tuimail.ui.app import TuimailApp

def started(then):
    print(" ".join(sys.modules), file=sys.__stdout__, flush=True)
    os._exit(0)

loading.load = started
paths = under(Path(os.environ["TUIMAIL_HOME"]))
paths.ensure()
account = ImapAccount("b", "b@example.org", "127.0.0.1", "b")
config = Config((account,), ViewSettings(theme="tuimail-dark"))
app = TuimailApp(MailService(config, paths), config, paths)

async def show():
    async with app.run_test() as pilot:
        await pilot.pause(20)

asyncio.run(show())
"""
"""Shows an empty inbox; the rest is loaded when that has been painted."""


def loaded(code: str, home: Path | None = None) -> set[str]:
    """Modules that are loaded after running some code in a fresh Python."""
    script = f"{code}\nimport sys; print(' '.join(sys.modules))"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TUIMAIL_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=env,
        check=True,
        timeout=60,
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


def test_what_lays_pages_out_is_in_the_rendering_process_alone() -> None:
    """It takes 2 MB, and a fault in it must not be one of the program's."""
    modules = loaded("import tuimail.engine.running")
    assert not {"selectolax", "tuimail.mail.html", "tuimail.mail.body"} & modules


def test_the_rendering_process_loads_little() -> None:
    modules = loaded("import tuimail.engine.render_child")
    assert not {"textual", "sqlite3", "ssl", "imaplib", "socket"} & modules


def test_importing_the_package_loads_nothing_of_it() -> None:
    assert {m for m in loaded("import tuimail") if m.startswith("tuimail.")} == set()


def test_the_first_frame_waits_for_nothing_of_the_network(tmp_path: Path) -> None:
    modules = loaded(FIRST_FRAME, tmp_path)
    assert "tuimail.ui.screens.main" in modules
    late = {m for m in modules if m.startswith(("tuimail.net", "tuimail.demo"))}
    late |= modules & {f"tuimail.engine.{name}" for name in LATE_ENGINE}
    late |= modules & {f"tuimail.store.{name}" for name in LATE_STORE}
    late |= modules & {f"tuimail.ui.{name}" for name in LATE_UI}
    late |= modules & {f"tuimail.{name}" for name in LATE_OTHERS}
    assert late == set()
