"""The queue of what is not sent yet, and the history: seen and decided by keys."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from tests.ui.screen import play
from tests.ui.test_filing import subjects, text, with_folders
from tuimail.ui.app import TuimailApp


def test_the_queue_says_what_waits_and_discards_after_a_question(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("v", "v", "a", "g", "q")
        await pilot.pause()
        assert "archive 2 messages" in text(app)
        assert "INBOX → Archive" in text(app)
        await pilot.press("x")
        await pilot.pause()
        assert "Discard: archive 2 messages" in text(app)
        await pilot.press("y")
        await pilot.pause()
        assert len(subjects(app, "INBOX")) == 40
        assert "Nothing is waiting" in text(app)

    play(tmp_path, story)


def test_a_held_change_is_not_sent_until_it_is_let_go(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("a", "g", "q")
        await pilot.pause()
        await pilot.press("h")
        await pilot.pause()
        (entry,) = app.main.desk.service.decisions.live("work")
        assert entry.state == "held"
        await pilot.press("r")
        await pilot.pause()
        (entry,) = app.main.desk.service.decisions.live("work")
        assert entry.state == "queued"

    play(tmp_path, story)


def test_the_history_takes_back_what_was_done_earlier(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("a", "F", "g", "h")
        await pilot.pause()
        assert "archive" in text(app)
        await pilot.press("down", "enter")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert subjects(app, "Archive") == []
        assert "message 40" in subjects(app, "INBOX")

    play(tmp_path, story)
