"""The queue of what is not sent yet, and the history: seen and decided by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.screen import play, shown, until
from tests.ui.test_filing import subjects, text, with_folders
from tuimail.config import ViewSettings
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


def test_the_queue_stays_open_and_shows_what_changes(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("F", "j", "a", "g", "q")
        await pilot.pause()
        assert 'flag: "message 40"  in INBOX' in text(app)
        await pilot.press("h")
        await pilot.pause()
        assert "held" in text(app)
        await pilot.press("x", "y")
        await pilot.pause()
        assert "flag:" not in text(app)
        assert '> ~ archive "message 39"' in text(app)
        app.service.gestures.undo()
        await until(pilot, lambda: "Nothing is waiting" in text(app))

    play(tmp_path, story)


def test_a_refusal_is_shown_with_the_servers_words_and_tried_again(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("F")
        store = app.service.store
        job = next(store.operations.claim_flags("work"))
        said = (
            "No room for a flag, and a long story about why that is so. " + "(code 17)"
        )
        store.operations.fail_flags(job, said)
        await pilot.press("g", "q")
        await pilot.pause()
        assert "> ! flag" in text(app)
        assert "failed" in text(app)
        assert "No room for a flag" in text(app)
        assert "(code 17)" in text(app)
        await pilot.press("r")
        await pilot.pause()
        (entry,) = app.service.decisions.live("work")
        assert entry.state == "queued"

    play(tmp_path, story)


def test_enter_shows_the_messages_of_an_entry(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("v", "v", "a", "g", "q", "enter")
        await pilot.pause()
        assert "Ann Lee: message 40" in text(app)
        assert "Ann Lee: message 39" in text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "Enter messages" in text(app)

    play(tmp_path, story)


def test_discarding_says_what_the_list_returns_to(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("v", "v", "a", "g", "q", "x")
        await pilot.pause()
        assert "2 messages go back to INBOX." in text(app)

    play(tmp_path, story)


def test_the_last_gesture_is_taken_back_without_a_question(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("a", "d", "g", "h", "enter")
        await pilot.pause()
        assert subjects(app, "Trash") == []
        assert subjects(app, "Archive") == ["message 40"]
        await pilot.press("g", "h")
        await pilot.pause()
        assert 'deleted "message 39"  INBOX → Trash  (undone)' in text(app)
        assert "put back" not in text(app)

    play(tmp_path, story)


@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
def test_how_a_change_stands_is_a_sign_on_its_row(tmp_path: Path, glyphs: str) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        store = app.service.store
        await pilot.press("F", "j", "F", "j", "F")
        refused = next(store.operations.claim_flags("work"))
        store.operations.fail_flags(refused._replace(rows={}), "")
        await pilot.pause()
        assert [line[1] for line in shown(app)[1:4]] == ["~", "~", "~"]
        store.operations.fail_flags(refused, "No.")
        app.main.list.invalidate(frozenset(), order=True)
        await pilot.pause()
        assert [line[1] for line in shown(app)[1:5]] == ["!", "!", "!", " "]
        app.main.refresh_bars()
        await pilot.pause()
        assert "need you (g q)" in shown(app)[-2]

    play(tmp_path, story, view=ViewSettings(theme="mono", glyphs=glyphs))
