"""Columns: how they share a width, how they are chosen and kept, what they show."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from tests.mails import mail
from tests.ui.screen import play, shown, until
from tests.ui.test_lens import MAILS, ready
from tuimail.config import COLUMNS, DEFAULT_COLUMNS, ViewSettings, columns_problem
from tuimail.engine.events import FirstLinesKnown
from tuimail.mail.sanitize import is_safe
from tuimail.mail.types import Flag, FlagSet, SafeText
from tuimail.ui.app import TuimailApp
from tuimail.ui.columns import LEAD, Layout, complete, layout
from tuimail.ui.screens.columns import ColumnsDialog

WIDE = (120, 24)
ONE = ViewSettings(theme="mono", panes=1)


def width_of(made: Layout) -> int:
    return LEAD + sum(cell.width + cell.gap for cell in made.cells) + 1


def names(made: Layout) -> list[str]:
    return [cell.name for cell in made.cells]


SOME = st.lists(st.sampled_from(sorted(COLUMNS)), unique=True).map(
    lambda some: tuple(some) if "subject" in some else (*some, "subject")
)


@given(SOME, st.integers(40, 400))
def test_a_row_fills_the_list_and_has_a_subject(
    columns: tuple[str, ...], width: int
) -> None:
    made = layout(columns, width)
    assert width_of(made) == width
    assert "subject" in names(made)
    wanted = [name for name in columns if name in names(made)]
    assert names(made) == wanted


@pytest.mark.parametrize(
    ("width", "missing"), [(120, set()), (70, set()), (69, {"size"}), (52, {"size"})]
)
def test_the_size_makes_room_first(width: int, missing: set[str]) -> None:
    made = layout(DEFAULT_COLUMNS, width)
    assert {*DEFAULT_COLUMNS} - {"first-line"} - {*names(made)} == missing


def test_many_columns_leave_a_subject_that_can_be_read() -> None:
    every = layout(tuple(COLUMNS), 80)
    assert every.subject >= 30
    assert {"flags", "from", "date"} <= {*names(every)}
    assert names(layout(tuple(COLUMNS), 200)) == [
        name for name in COLUMNS if name != "first-line"
    ]


def test_bits_of_texts_are_not_shown_where_the_list_is_narrow() -> None:
    assert not layout(DEFAULT_COLUMNS, 80).first_line
    assert layout(DEFAULT_COLUMNS, 100).first_line
    assert layout(("from", "subject", "first-line"), 80).first_line


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("date", "sise", "subject"), "There is no column 'sise'; did you mean size?"),
        (("subject", "date", "date"), "The column date is there twice."),
        (("from", "date"), "The column subject cannot be left out."),
        ((), "The column subject cannot be left out."),
        (tuple(COLUMNS), ""),
        (("subject",), ""),
    ],
)
def test_what_is_wrong_with_a_choice_is_one_sentence(
    columns: tuple[str, ...], said: str
) -> None:
    assert columns_problem(columns) == said


def test_a_name_that_is_like_none_gets_the_list_of_all() -> None:
    assert "there are flags, from, to," in columns_problem(["\x1b[2J", "subject"])


def test_names_are_completed_each_once() -> None:
    assert complete("d") == ["date", "default"]
    assert complete("date s") == ["date subject", "date size"]
    assert complete("date subject d") == []
    assert "to from" in complete("to ")


LETTERS = [
    mail(1, To="Bob <bob@example.org>"),
    mail(2, To="Ann <ann@x>, Bob <bob@example.org>"),
    mail(3, To="Carl <carl@x>", Cc="bob@example.org"),
    mail(4, To="Dora <dora@x>"),
]


def row(app: TuimailApp, number: int) -> str:
    return next(line for line in shown(app) if f"message {number}" in line)


async def type_line(pilot: Pilot[int], words: str) -> None:
    await pilot.press(":", *words, "enter")
    await pilot.pause()


def test_columns_are_named_on_the_line_and_kept(tmp_path: Path) -> None:
    async def first(app: TuimailApp, pilot: Pilot[int]) -> None:
        await type_line(pilot, "columns to-me to subject")
        assert row(app, 1)[2:].split() == ["+", "Bob", "message", "1"]
        assert row(app, 2)[2:].split() == ["T", "Ann", "+1", "message", "2"]
        assert row(app, 3)[2:].split() == ["C", "Carl", "+1", "message", "3"]
        assert row(app, 4)[2:].split() == ["Dora", "message", "4"]

    async def again(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert row(app, 1)[2:].split() == ["+", "Bob", "message", "1"]
        await type_line(pilot, "columns default")
        assert "Ann Lee" in row(app, 1)

    play(tmp_path, first, messages=LETTERS)
    play(tmp_path, again, messages=LETTERS)


def test_who_is_written_to_cannot_harm_the_screen(tmp_path: Path) -> None:
    evil = mail(1, To='"=?utf-8?q?=1B=5B2J=E2=80=AE?=" <x@x>', Subject="message 1")

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await type_line(pilot, "columns to subject")
        assert row(app, 1)[3:].startswith("␛[2J ")
        assert is_safe(row(app, 1))

    play(tmp_path, story, messages=[evil])


def test_a_choice_that_cannot_be_is_said_and_changes_nothing(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        before = row(app, 1)
        await type_line(pilot, "columns from sise")
        assert "did you mean size?" in "\n".join(shown(app))
        assert app.main.list.drawing.columns == DEFAULT_COLUMNS
        assert row(app, 1) == before

    play(tmp_path, story, messages=LETTERS)


def test_the_line_completes_columns(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press(":", *"columns date su", "tab")
        assert "columns date subject" in "\n".join(shown(app))

    play(tmp_path, story, messages=LETTERS)


def test_only_this_folder_changes_and_sent_mail_says_whom_it_is_for(
    tmp_path: Path,
) -> None:
    from tuimail.mail.types import Role
    from tuimail.store.values import Listed

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        listed = [Listed(b"INBOX", "INBOX", "/"), Listed(b"S", "S", "/", Role.SENT)]
        ids = app.service.store.mailboxes.put_listing("work", listed)
        await type_line(pilot, "columns subject date")
        app.main.desk.go(ids[b"S"])
        await pilot.pause()
        assert app.main.list.drawing.columns[:2] == ("flags", "to")
        app.main.desk.go(ids[b"INBOX"])
        await pilot.pause()
        assert app.main.list.drawing.columns == ("subject", "date")

    play(tmp_path, story, messages=LETTERS)


def test_a_virtual_folder_keeps_its_columns_too(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await until(pilot, lambda: bool(app.main.folders.virtual), "no folders")
        await pilot.press("g", "u")
        await type_line(pilot, "columns folder subject account")
        await until(pilot, lambda: "message 4" in "\n".join(shown(app)), "not found")
        assert row(app, 4)[2:].split() == ["INBOX", "message", "4", "work"]
        await pilot.press("g", "i")
        assert app.main.list.drawing.columns == DEFAULT_COLUMNS
        await pilot.press("g", "u")
        await pilot.pause()
        assert app.main.list.drawing.columns == ("folder", "subject", "account")

    play(tmp_path, story, messages=LETTERS)


def test_columns_of_the_configuration_are_for_every_folder(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert row(app, 4)[2:].split()[-2:] == ["message", "4"]

    view = ViewSettings(theme="mono", columns=("date", "subject"))
    play(tmp_path, story, messages=LETTERS, view=view)


def test_labels_are_shown_without_what_is_no_word_of_the_user(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here = app.service.page(app.service.inbox("work"))[0]
        words = FlagSet(Flag.NONE, frozenset({"work", "$MDNSent", "urgent"}))
        app.service.store.operations.queue_flags([here.id], words, FlagSet())
        app.main.list.invalidate(frozenset((here.id,)), order=False)
        await type_line(pilot, "columns subject labels")
        assert row(app, 4).rstrip().endswith("urgent work")

    play(tmp_path, story, messages=LETTERS)


def test_the_dialog_shows_each_try_and_esc_brings_back_what_was(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "C", "j", "space")
        assert "Ann Lee" not in row(app, 4)
        await pilot.press("escape")
        await pilot.pause()
        assert "Ann Lee" in row(app, 4)
        assert app.main.list.drawing.columns == DEFAULT_COLUMNS

    play(tmp_path, story, messages=LETTERS, size=(80, 40))


def test_the_dialog_moves_columns_and_keeps_them(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "C", "j", "J", "enter")
        await pilot.pause()
        assert app.main.list.drawing.columns[:3] == ("flags", "subject", "from")
        await pilot.press("g", "C", "r", "enter")
        await pilot.pause()
        assert app.main.list.drawing.columns == DEFAULT_COLUMNS
        inbox = app.service.inbox("work")
        assert app.service.store.mailboxes.setting(inbox, "columns") is None

    play(tmp_path, story, messages=LETTERS)


def test_the_dialog_does_not_let_the_subject_go(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "C", "j", "j", "space")
        await pilot.pause()
        assert "cannot be left out" in "\n".join(shown(app))
        assert isinstance(app.screen, ColumnsDialog)
        assert "subject" in app.screen.chosen

    play(tmp_path, story, messages=LETTERS)


def know(app: TuimailApp, line: str) -> None:
    """The newest row's first line has become known, as the engine tells it."""
    here = app.service.page(app.service.inbox("work"))[0]
    put = app.service.store.first_lines.put
    app.bridge(FirstLinesKnown(put([(here.content, SafeText(line))])))


def test_a_first_line_appears_when_it_becomes_known(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        know(app, "Hello, are you there?")
        await until(pilot, lambda: "Hello" in row(app, 4), "not shown")
        assert "message 4 – Hello, are you there?" in row(app, 4)
        await type_line(pilot, "columns from subject date")
        assert "Hello" not in row(app, 4)

    play(tmp_path, story, messages=LETTERS, size=WIDE, view=ONE)


def test_at_eighty_columns_the_subject_stands_alone(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        know(app, "Hello")
        await pilot.pause(0.2)
        assert "Hello" not in row(app, 4)
        await type_line(pilot, "columns from subject first-line")
        assert "– Hello" in row(app, 4)

    play(tmp_path, story, messages=LETTERS)


def test_three_panes_have_first_lines_where_there_are_two_hundred_columns(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        know(app, "Hello")
        await until(pilot, lambda: "– Hello" in row(app, 4), "not shown")
        assert app.main.columns == 3
        assert app.main.view.size.width >= 78

    play(tmp_path, story, messages=LETTERS, size=(200, 30))


def test_a_folded_conversation_shows_what_its_newest_message_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await ready(app, pilot)
        asked: list[int] = []
        monkeypatch.setattr(app.service, "want_first_lines", asked.extend)
        rows = app.service.page(app.service.inbox("work"))
        newest = next(row for row in rows if row.subject == "Re: Invoice")
        await pilot.press("T", "z", "M")
        await until(pilot, lambda: bool(app.main.list.source.folded), "not folded")  # type: ignore[union-attr]
        await until(pilot, lambda: newest.id in asked, "not asked for")
        put = app.service.store.first_lines.put
        told = put([(newest.content, SafeText("Paid at last"))])
        app.bridge(FirstLinesKnown(told))
        screen = lambda: "\n".join(shown(app))  # noqa: E731
        await until(pilot, lambda: "Invoice – Paid at last" in screen(), "not shown")

    play(tmp_path, story, messages=MAILS, size=WIDE, view=ONE)


def test_only_rows_with_room_are_asked_for_when_the_cursor_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = mail(5, Subject="x" * 200)

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        asked: list[int] = []
        service = app.service
        monkeypatch.setattr(service, "want_first_lines", lambda ids: asked.extend(ids))
        rows = service.page(service.inbox("work"))
        put = service.store.first_lines.put
        put([(rows[1].content, SafeText("Hello")), (rows[2].content, SafeText(""))])
        app.main.list.invalidate(frozenset(), order=True)
        await pilot.press("j")
        wanted = [rows[3].id, rows[4].id]
        await until(pilot, lambda: sorted(set(asked)) == sorted(wanted), "not asked")

    play(tmp_path, story, messages=[*LETTERS, long], size=WIDE, view=ONE)


def test_nothing_is_asked_for_where_no_first_line_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        asked: list[int] = []
        monkeypatch.setattr(
            app.service, "want_first_lines", lambda ids: asked.extend(ids)
        )
        await pilot.press("j", "k")
        app.main._rested()
        await asyncio.sleep(0)
        assert asked == []

    play(tmp_path, story, messages=LETTERS)
