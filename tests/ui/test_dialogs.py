"""Dialogs: what is asked, what is answered, and that mail in them stays text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.mails import mail, mails
from tests.ui.screen import fill, play, shown, until
from tests.ui.test_reading import here, opened
from tuimail.config import ViewSettings
from tuimail.engine.events import AccountStateChanged, Failed, Progress, Saved
from tuimail.mail.types import Flag, MessageId, SafeText, Section
from tuimail.ui.app import TuimailApp
from tuimail.ui.choosing import parse_day
from tuimail.ui.screens.dialogs import Confirm, Question, Reading
from tuimail.ui.screens.main import MainScreen
from tuimail.ui.screens.picker import Item, Picker, fuzzy

ODD = ["[/b] plan", "[@click=app.quit]x[/]", "[red", "[link=https://evil]x[/link]"]


def text(app: TuimailApp) -> str:
    return "\n".join(shown(app))


@pytest.mark.parametrize("words", ODD)
def test_markup_is_shown_as_written_in_every_dialog(tmp_path: Path, words: str) -> None:
    safe = SafeText(words)

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        for dialog in (
            Picker(words, [Item(safe, 1, about=safe)], footer=words),
            Question(words, words, complete=lambda typed: [words]),
            Confirm(words, "yes", "no"),
            Reading(words, lambda: [safe]),
        ):
            app.main.ask(dialog, lambda answer: None)
            await pilot.pause()
            assert words in text(app)
            await pilot.press("escape")
            await pilot.pause()
            assert isinstance(app.screen, MainScreen)

    play(tmp_path, story)


@pytest.mark.parametrize("words", ODD)
def test_markup_is_shown_as_written_in_a_toast_and_the_title(
    tmp_path: Path, words: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.say(words, trouble=True)
        await pilot.press("enter")
        await pilot.pause()
        assert words in shown(app)[0]
        assert words in text(app).partition("\n")[2]

    sender = f'"{words}" <a@example.org>'
    play(tmp_path, story, messages=[mail(1, From=sender)])


def test_a_toast_takes_no_keys(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.say("something happened")
        await pilot.press("j")
        assert app.main.list.place == (2, 40)

    play(tmp_path, story)


def test_order_stays_frozen_until_the_last_dialog_is_closed(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.main.ask(Confirm("one", "a", "b"), lambda answer: None)
        app.main.ask(Confirm("two", "a", "b"), lambda answer: None)
        await pilot.press("y")
        await pilot.pause()
        fill(app.service.store, mails(43))
        app.main.list.invalidate(frozenset(), order=True)
        await pilot.pause()
        assert app.main.list.current is not None
        assert app.main.list.place == (1, 40)
        await pilot.press("y")
        await pilot.pause()
        assert app.main.list.place == (4, 43)

    play(tmp_path, story)


def test_a_word_found_whole_comes_before_letters() -> None:
    whole, letters = fuzzy("arc", "Archive"), fuzzy("arc", "a far cry")
    assert whole is not None
    assert letters is not None
    assert whole < letters
    assert fuzzy("xyz", "Archive") is None


def test_headings_cannot_be_chosen(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        chosen: list[int | None] = []
        items = [Item(SafeText("A"), 0, heading=True), Item(SafeText("one"), 1)]
        items += [Item(SafeText("B"), 0, heading=True), Item(SafeText("two"), 2)]
        app.main.ask(Picker("t", items), chosen.append)
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert chosen == [2]

    play(tmp_path, story)


def test_the_theme_picker_previews_and_escape_restores(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "T")
        await pilot.pause()
        assert app.look.name == "mono"
        await pilot.press("down")
        await pilot.pause()
        assert app.look.name != "mono"
        await pilot.press("escape")
        await pilot.pause()
        assert app.look.name == "mono"

    play(tmp_path, story)


def test_a_chosen_theme_is_worn_the_next_time(tmp_path: Path) -> None:
    async def choose(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "T", *"gruvbox-light", "enter")
        await pilot.pause()
        assert app.look.name == "gruvbox-light"

    async def look(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert app.look.name == "gruvbox-light"

    play(tmp_path, choose, view=ViewSettings(theme="auto"))
    play(tmp_path, look, view=ViewSettings(theme="auto"))


def test_q_asks_when_changes_wait_and_says_they_are_kept(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("F", "q")
        await pilot.pause()
        assert "1 change is not on the server yet; kept here" in text(app)
        await pilot.press("n")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)
        await pilot.press("q", "y")
        await pilot.pause()
        assert app.return_value == 0

    play(tmp_path, story)


def test_the_accounts_page_says_why_and_what_to_do(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "c")
        await pilot.pause()
        assert "bob@example.org" in text(app)
        assert "r: try again now" in text(app)
        await pilot.press("o")
        await until(pilot, lambda: "o goes online again" in text(app))
        assert "offline" in text(app)

    play(tmp_path, story)


def test_being_away_is_told_with_the_time_since(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.service.pause("work", True)
        app.main.on_engine_event(AccountStateChanged("work"))
        await pilot.pause()
        assert "offline since" in shown(app)[-2]

    play(tmp_path, story)


def test_the_parts_are_listed_and_one_is_saved_by_a_key(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        await opened(app, pilot)
        await pilot.press("p")
        await pilot.pause()
        assert "text/plain" in text(app)
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        assert f"{tmp_path / 'saved' / 'part-1'}" in text(app).replace("\n", "")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "saved" / "part-1").exists)
        saved = (tmp_path / "saved" / "part-1").read_bytes()
        assert saved.startswith(b"line 0 of message 40")

    view = ViewSettings(theme="mono", download_dir=tmp_path / "saved")
    play(tmp_path, story, view=view, size=(120, 30))


def test_a_save_under_way_is_told_and_escape_cancels_it(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.expect(77, "Saving a.pdf")
        app._dispatch(Progress(77, 25, 100, SafeText("x")))
        await pilot.pause()
        assert "Saving a.pdf 25 %, Esc cancels" in shown(app)[-2]
        await pilot.press("escape")
        await pilot.pause()
        assert "Saving" not in shown(app)[-2]
        assert "Cancelled: Saving a.pdf." in text(app)

    play(tmp_path, story, size=(120, 24))


def test_what_was_asked_for_says_how_it_ended(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        for ticket in (77, 78):
            app.expect(ticket, "Saving a.pdf")
        app._dispatch(Failed(77, SafeText("The disk is full.")))
        app._dispatch(Failed(99, SafeText("nobody asked for this")))
        app._dispatch(Saved(MessageId(1), Section("1"), 78, "/home/a.pdf"))
        await pilot.pause()
        assert "The disk is full." in text(app)
        assert "Saved to /home/a.pdf" in text(app)
        assert "nobody asked" not in text(app)

    play(tmp_path, story)


def test_a_password_is_asked_for_once_and_not_shown(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.ask_password("work")
        app.ask_password("work")
        await pilot.press(*"secret")
        await pilot.pause()
        assert "Password of work" in text(app)
        assert "secret" not in text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)

    play(tmp_path, story)


def test_a_date_leads_to_its_messages(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "slash", *"2020-01-01", "enter")
        await pilot.pause()
        await pilot.press("g", "slash", *"nonsense", "enter")
        await pilot.pause()
        assert "Write a day like" in text(app)

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-03-14", date(2026, 3, 14)),
        ("2026-03", date(2026, 3, 1)),
        ("30d", date(2026, 10, 24)),
        ("14.3.2026", date(2026, 3, 14)),
        ("99999999d", None),
        ("soon", None),
        ("", None),
    ],
)
def test_days_as_people_write_them(typed: str, day: date | None) -> None:
    assert parse_day(typed, date(2026, 11, 23)) == day


def test_flags_of_marked_messages_change_together(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("v", "v", "F")
        await pilot.pause()
        rows = app.service.page(app.service.inbox("work"), limit=3)
        assert [bool(row.flags & Flag.FLAGGED) for row in rows] == [True, True, False]
        assert "2 messages are flagged" in text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "marked" not in shown(app)[-2]

    play(tmp_path, story)


def burst(app: TuimailApp, keys: Sequence[str]) -> None:
    """Keys that come all at once, as over a slow link."""
    for name in keys:
        character = {"colon": ":", "escape": None, "enter": "\r"}.get(name, name)
        app.post_message(events.Key(name, character))


def test_keys_that_come_at_once_are_for_the_dialog_that_the_first_opens(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        before = [row.id for row in app.service.page(app.service.inbox("work"))]
        burst(app, ["colon", *"daudit"])
        await until(pilot, lambda: isinstance(app.screen, Question))
        await until(pilot, lambda: app.screen.query_one(Input).value == "daudit")
        assert [r.id for r in app.service.page(app.service.inbox("work"))] == before

    play(tmp_path, story)


@pytest.mark.parametrize("keys", ["gwqgl", ["colon", *"theme ", "escape", *"gl"]])
def test_keys_that_come_at_once_go_on_behind_the_one_that_ends_a_dialog(
    tmp_path: Path, keys: Sequence[str]
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        burst(app, keys)
        await until(pilot, lambda: "Mailing lists:" in "\n".join(shown(app)))

    play(tmp_path, story)


def test_a_command_typed_at_once_with_what_follows_is_run_first(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        burst(app, ["colon", *"view.bottom", "enter", "k"])
        await until(pilot, lambda: app.main.list.place[0] == app.main.list.place[1] - 1)

    play(tmp_path, story)


def test_keys_that_come_at_once_are_acted_on_one_by_one(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        burst(app, "jjjkj")
        await until(pilot, lambda: app.main.list.place[0] == 4)

    play(tmp_path, story)
