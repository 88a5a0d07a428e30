"""Rules on the screen: tried out without a change, applied after a question."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from tests.ui.screen import play, until
from tests.ui.test_filing import folder, subjects, text, with_folders
from tuimail.config import Rule
from tuimail.store.ruling import Waiting, Why
from tuimail.ui.app import TuimailApp

RULES = (
    Rule("forties", "subject:40", move="Lists"),
    Rule("nowhere", "subject:39", move="Gone"),
)


async def listed(app: TuimailApp, pilot: Pilot[int]) -> None:
    await pilot.press("colon", *"rules", "enter")
    await until(pilot, lambda: "changed yet" in text(app), "not listed")


async def ask(app: TuimailApp, pilot: Pilot[int]) -> None:
    with_folders(app, "Lists")
    await listed(app, pilot)


def test_a_rule_is_shown_with_what_it_fits_and_applied_when_asked(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await ask(app, pilot)
        assert "forties (work)" in text(app)
        assert '"message 40"' in text(app)
        assert subjects(app, "Lists") == []
        await pilot.press("enter")
        await pilot.pause()
        assert "Apply rule forties to 1 message in INBOX of work?" in text(app)
        await pilot.press("y")
        await pilot.pause()
        assert subjects(app, "Lists") == ["message 40"]
        await pilot.press("u")
        await pilot.pause()
        assert subjects(app, "Lists") == []
        assert len(app.service.page(folder(app, "INBOX"), limit=99)) == 40

    play(tmp_path, story, rules=RULES)


def test_a_rule_without_its_folder_says_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await ask(app, pilot)
        await pilot.press("down")
        await pilot.pause()
        assert "held, 1 message" in text(app)
        assert "It would take 1 message." in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "there is no folder Gone in work" in text(app)
        assert "It would take 1 message." in text(app)

    play(tmp_path, story, rules=RULES)


def test_without_rules_it_says_where_they_are_written(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("colon", *"rules", "enter")
        await pilot.pause()
        assert "Add [[rule]] to the configuration" in text(app)
        await pilot.press("escape")

    play(tmp_path, story)


def held(app: TuimailApp) -> None:
    """Three new messages that wait for the rule."""
    service = app.service
    with_folders(app, "Lists")
    inbox = folder(app, "INBOX")
    rows = [row.id for row in service.page(inbox)[:3]]
    waiting = [Waiting(each, "all", Why.MANY) for each in rows]
    service.store.ruling.settle(inbox, [], waiting)


ALL = (Rule("all", "subject:message", move="Lists"),)


def test_what_is_held_is_applied_by_itself(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        held(app)
        await listed(app, pilot)
        assert "3 new held" in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "3 messages held by rule all" in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert len(subjects(app, "Lists")) == 3
        assert app.service.rules.held() == []

    play(tmp_path, story, rules=ALL)


def test_what_is_held_is_shown_with_marks_and_let_go(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        held(app)
        await listed(app, pilot)
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        await until(pilot, lambda: not app.main.desk.lens.busy, "not found")
        source = app.main.list.source
        assert source is not None
        assert len(source.ids()) == 3
        assert len(app.main.list.marks) == 3
        await listed(app, pilot)
        await pilot.press("enter", "down", "down", "enter")
        await pilot.pause()
        assert app.service.rules.held() == []
        assert subjects(app, "Lists") == []

    play(tmp_path, story, rules=ALL)


def test_how_much_a_rule_holds_stands_where_it_is_offered(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        held(app)
        await pilot.press("g", "c")
        await pilot.pause()
        assert "Rule all holds 3 new messages. :rules shows and applies" in text(app)
        await pilot.press("q", "ctrl+p", *"rules")
        await pilot.pause()
        assert "3 new messages held" in text(app)
        await pilot.press("escape", "question_mark", *"rules")
        await pilot.pause()
        assert "3 new messages held" in text(app)
        await pilot.press("escape")

    play(tmp_path, story, rules=ALL)


def test_what_was_moved_away_is_held_no_more_where_it_is_counted(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        held(app)
        await pilot.press("a", "g", "c")
        await pilot.pause()
        assert "Rule all holds 2 new messages." in text(app)
        await pilot.press("q")

    play(tmp_path, story, rules=ALL)
