"""Downloads, pins and getting ready to leave, as they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.screen import play, shown
from tuimail.engine.events import Finished, KeepingOn, Planned, Progress
from tuimail.engine.views import Item, Plan, Scope
from tuimail.mail.types import MessageId, SafeText, Section
from tuimail.ui import keeping
from tuimail.ui.app import TuimailApp

PLAN = Plan((Item(MessageId(1), Section("1"), 20_480, True),), 12, 3)


def text(app: TuimailApp) -> str:
    return "\n".join(shown(app))


def planned_for(app: TuimailApp) -> list[Scope]:
    """What is asked to be planned from now on."""
    asked: list[Scope] = []

    def want(scope: Scope) -> int:
        asked.append(scope)
        return 900

    app.service.downloads.want_plan = want  # type: ignore[method-assign]
    return asked


def test_a_download_offers_the_folder_and_the_last_days(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "D")
        await pilot.pause()
        assert "Texts of INBOX" in text(app)
        assert "Last days of work" in text(app)
        assert "marked" not in text(app)

    play(tmp_path, story)


def test_marked_messages_are_offered_first(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        asked = planned_for(app)
        await pilot.press("v", "v", "g", "D", "enter")
        await pilot.pause()
        assert [len(scope.messages) for scope in asked] == [len(app.main.list.marks)]

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("typed", "days"), [("7", [7]), ("7d", [7]), ("x", []), ("0", [])]
)
def test_a_number_of_days_is_asked_for(
    tmp_path: Path, typed: str, days: list[int]
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        asked = planned_for(app)
        await pilot.press("g", "D", "down", "down", "enter")
        await pilot.pause()
        await pilot.press("backspace", "backspace", *typed, "enter")
        await pilot.pause()
        assert [scope.days for scope in asked] == days

    play(tmp_path, story)


@pytest.mark.parametrize(("key", "begun"), [("y", 1), ("n", 0)])
def test_number_and_size_are_told_before_anything_begins(
    tmp_path: Path, key: str, begun: int
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        started: list[Plan] = []
        app.service.download = lambda plan: started.append(plan) or 901  # type: ignore
        app.expect(900, keeping.COUNTING)
        app._dispatch(Planned(900, PLAN))
        await pilot.pause()
        assert "1 message, 20k to fetch." in text(app)
        assert started == []
        await pilot.press(key)
        await pilot.pause()
        assert started == [PLAN] * begun

    play(tmp_path, story)


def test_who_leaves_is_not_asked_and_sees_what_could_be_read_now(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.service.download = lambda plan: 901  # type: ignore[method-assign]
        app.expect(900, keeping.PREPARING)
        app._dispatch(Planned(900, PLAN))
        words = SafeText("if you unplug now: 4 of 12 readable")
        app._dispatch(Progress(901, 5, 10, words, told=True))
        await pilot.pause()
        assert "if you unplug now: 4 of 12 readable, Esc cancels" in text(app)
        app._dispatch(Finished(901, SafeText("12 of 12 messages can be read here.")))
        await pilot.pause()
        assert "unplug" not in text(app)

    play(tmp_path, story, size=(120, 24))


def test_escape_cancels_a_download(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        cancelled: list[int] = []
        app.service.cancel = cancelled.append  # type: ignore[method-assign]
        app.expect(901, keeping.PREPARING)
        await pilot.press("escape")
        await pilot.pause()
        assert cancelled == [901]

    play(tmp_path, story)


def test_a_count_that_nobody_waits_for_asks_nothing(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app._dispatch(Planned(900, PLAN))
        await pilot.pause()
        assert "to fetch" not in text(app)

    play(tmp_path, story)


def test_when_all_is_here_it_is_said(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.expect(900, keeping.COUNTING)
        app._dispatch(Planned(900, Plan((), 12, 12)))
        await pilot.pause()
        assert "All of it is here: 12 messages." in text(app)

    play(tmp_path, story)


def test_pinning_is_a_toggle_with_a_sign(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        inbox = app.main.list.mailbox
        assert inbox is not None
        for pinned in (True, False):
            await pilot.press("g", "p")
            await pilot.pause()
            box = app.service.mailbox(inbox)
            assert box is not None
            assert box.pinned is pinned
            assert ("INBOX ◆" in text(app)) is pinned

    play(tmp_path, story, size=(170, 24))


def test_the_status_line_says_what_is_being_kept(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app._dispatch(KeepingOn("work", SafeText("keeping INBOX: 3 of 9 here")))
        await pilot.pause()
        assert "keeping INBOX: 3 of 9 here" in text(app)

    play(tmp_path, story, size=(120, 24))
