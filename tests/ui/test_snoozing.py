"""Snoozing by keys: away, told, and back."""

from __future__ import annotations

import time
from pathlib import Path

from textual.pilot import Pilot

from tests.ui.screen import play, until
from tests.ui.test_filing import current, text
from tuimail.ui.app import TuimailApp


def test_a_message_is_snoozed_and_u_brings_it_back(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("j", "b")
        await pilot.pause()
        assert "Tomorrow" in text(app)
        assert "In a week" in text(app)
        await pilot.press(*"2w", "enter")
        await pilot.pause()
        assert "1 message away until" in text(app)
        assert current(app).subject == "message 38"
        assert "message 39" not in text(app)
        await pilot.press("u")
        await pilot.pause()
        assert "message 39" in text(app)

    play(tmp_path, story)


def test_snoozing_done_once_more_is_until_the_same_time(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("d", "b", *"2w", "enter")
        await pilot.pause()
        await pilot.press(".")
        await pilot.pause()
        assert "1 message away until" in text(app)
        assert current(app).subject == "message 37"
        found = app.service.seeker.ids(app.service.inbox("work"), "is:snoozed")
        assert len(found) == 2

    play(tmp_path, story)


def test_what_is_no_time_snoozes_nothing(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("b", *"quark", "enter")
        await pilot.pause()
        assert app.service.store.snoozing.next_due() is None
        await pilot.press("escape")

    play(tmp_path, story)


def test_one_is_brought_back_from_the_folder_of_snoozed_ones(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        first = current(app).id
        app.service.gestures.snooze([first], int(time.time()) + 3600)
        found = app.service.seeker.ids(app.service.inbox("work"), "is:snoozed")
        assert found == [first]
        snoozed = app.service.header(first)
        assert snoozed is not None
        assert snoozed.subject == "message 40"
        assert app.service.gestures.unsnooze(found) == 1
        assert app.service.rank(app.service.inbox("work"), current(app).key) == 0

    play(tmp_path, story)


def test_undoing_that_one_is_back_says_that_it_is_away_again(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        first = current(app).id
        app.service.gestures.snooze([first], int(time.time()) + 3600)
        app.service.gestures.unsnooze([first])
        await pilot.press("u")
        await pilot.pause()
        assert "Undone: 1 message away again" in text(app)
        assert "back" not in text(app)
        await pilot.press("u")
        await pilot.pause()
        assert "Undone: 1 message back" in text(app)

    play(tmp_path, story)


def test_the_folder_of_snoozed_ones_says_when_each_comes_back(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        first, now = current(app).id, time.time()
        at = time.strptime(
            time.strftime("%Y-%m-%d", time.localtime(now + 172_800)), "%Y-%m-%d"
        )
        app.service.gestures.snooze([first], int(time.mktime(at)) + 8 * 3600)
        await pilot.press("c", *"snoozed", "enter")
        await until(pilot, lambda: "message 40" in text(app))
        assert f"{time.strftime('%a', at)} 08:00  message 40" in text(app)

    play(tmp_path, story)
