"""Every page that opens over the list closes the same way: a table of all of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

import tuimail.ui
from tests.ui.screen import play, until
from tests.ui.test_filing import text, with_folders
from tuimail.config import COLUMNS, Rule
from tuimail.mail.types import SafeText
from tuimail.ui.app import TuimailApp
from tuimail.ui.screens.columns import ColumnsDialog
from tuimail.ui.screens.dialogs import Confirm, Living, Question, Reading
from tuimail.ui.screens.ledger import Entry, Ledger
from tuimail.ui.screens.main import MainScreen
from tuimail.ui.screens.picker import Item, Picker
from tuimail.ui.screens.search_line import SearchLine
from tuimail.ui.screens.senders import SendersScreen
from tuimail.ui.senders import senders
from tuimail.ui.statistics import StatisticsScreen, statistics

WORDS = SafeText("words")
COLUMNS_IN = tuple(COLUMNS)[:2]
Open = Callable[[TuimailApp], object]


def ask(screen: ModalScreen[object]) -> Open:
    return lambda app: app.main.ask(screen, lambda answer: None)


def entries() -> list[Entry]:
    return [Entry(1, WORDS, WORDS)]


PAGES: dict[type[ModalScreen[object]], Callable[[], Open]] = {
    ColumnsDialog: lambda: ask(
        ColumnsDialog("all", COLUMNS_IN, COLUMNS_IN, lambda columns: None)
    ),
    Confirm: lambda: ask(Confirm("Really?", "yes", "no")),
    Ledger: lambda: ask(Ledger("Page", entries, {}, footer="", empty=WORDS)),
    Picker: lambda: ask(Picker("Page", [Item(WORDS, 1)], keys={})),
    Reading: lambda: ask(Reading("Page", lambda: [WORDS])),
    SendersScreen: lambda: lambda app: senders(app.main.desk),
    StatisticsScreen: lambda: lambda app: statistics(app.main.desk),
}
"""Pages without a text field."""

FIELDS: dict[type[ModalScreen[object]], Callable[[], Open]] = {
    Picker: lambda: ask(Picker("Page", [Item(WORDS, 1)])),
    Question: lambda: ask(Question("What?")),
    SearchLine: lambda: ask(
        SearchLine(lambda: "", lambda words: "", lambda words, at: [], lambda words: "")
    ),
}
"""Those in which letters are typed."""


def below(cls: type[ModalScreen[object]]) -> Iterable[type[ModalScreen[object]]]:
    for each in cls.__subclasses__():
        yield each
        yield from below(each)


def test_the_table_has_every_page_there_is() -> None:
    for module in pkgutil.walk_packages(tuimail.ui.__path__, "tuimail.ui."):
        importlib.import_module(module.name)
    ours = {cls for cls in below(ModalScreen) if cls.__module__.startswith("tuimail.")}
    assert ours - {Living} == PAGES.keys() | FIELDS.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
@pytest.mark.parametrize("key", ["q", "escape"])
def test_a_page_without_a_text_field_is_closed_by_q_and_by_esc(
    tmp_path: Path, page: type[ModalScreen[object]], key: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        PAGES[page]()(app)
        await pilot.pause()
        assert isinstance(app.screen, page)
        assert not [each for each in app.screen.query(Input) if each.display]
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)

    play(tmp_path, story)


@pytest.mark.parametrize("page", FIELDS, ids=lambda page: page.__name__)
def test_where_letters_are_typed_q_is_a_letter_and_esc_closes(
    tmp_path: Path, page: type[ModalScreen[object]]
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        FIELDS[page]()(app)
        await pilot.pause()
        await pilot.press("q")
        assert app.screen.query_one(Input).value == "q"
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)

    play(tmp_path, story)


@pytest.mark.parametrize("key", ["q", "escape"])
@pytest.mark.parametrize("done", [(), ("a",)], ids=["empty", "full"])
def test_the_history_is_closed_by_q_and_by_esc(
    tmp_path: Path, done: tuple[str, ...], key: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press(*done, "g", "h")
        await pilot.pause()
        assert ("archived" if done else "Nothing was done") in text(app)
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)

    play(tmp_path, story)


RULES = (Rule("forties", "subject:40", move="Lists"),)


@pytest.mark.parametrize("key", ["q", "escape"])
def test_the_rules_are_closed_by_q_and_by_esc(tmp_path: Path, key: str) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists")
        await pilot.press("colon", *"rules", "enter")
        await until(pilot, lambda: "changed yet" in text(app), "not listed")
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)

    play(tmp_path, story, rules=RULES)


def test_a_slash_narrows_the_history_and_esc_shows_all_again(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("a", "F", "g", "h")
        await pilot.pause()
        await pilot.press("slash", *"archived")
        await pilot.pause()
        assert "archived" in text(app)
        assert "flagged" not in text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "flagged" in text(app)
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)

    play(tmp_path, story)
