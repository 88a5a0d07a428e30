"""While the server is away one sees which messages can be opened, and how many."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mails
from tests.ui.screen import play, shown, until
from tuimail.config import ViewSettings
from tuimail.engine.events import AccountState
from tuimail.mail.types import Section
from tuimail.ui.app import TuimailApp


def keep_newest(app: TuimailApp) -> None:
    """Only the newest message's text is here."""
    inbox = app.service.inbox("work")
    (row,) = app.service.page(inbox, limit=1)
    app.service.store.parts.put(row.content, Section("1"), b"x", text=True)
    app.main.list.invalidate(frozenset(), order=True)


async def away(app: TuimailApp, pilot: Pilot[int]) -> None:
    """The server is not there, and the screen knows."""
    waiting = AccountState.WAITING
    await until(pilot, lambda: app.service.account("work").state is waiting)
    await until(pilot, lambda: app.main.list.away)
    await pilot.pause()


@pytest.mark.parametrize(("glyphs", "sign"), [("unicode", "·"), ("ascii", ".")])
def test_rows_out_of_reach_have_a_sign_and_the_others_none(
    tmp_path: Path, glyphs: str, sign: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        keep_newest(app)
        await away(app, pilot)
        signs = [line[4] for line in shown(app) if "Ann Lee" in line]
        assert signs == [" ", sign, sign]

    play(
        tmp_path,
        story,
        messages=mails(3),
        view=ViewSettings(theme="mono", glyphs=glyphs),
    )


def test_rows_out_of_reach_are_dim(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        keep_newest(app)
        await away(app, pilot)
        rows = app.service.page(app.service.inbox("work"))
        styles = [app.main.list._face(row).base for row in rows]
        dim = app.look["dim"].color
        assert [style.color == dim for style in styles] == [False, True, True]

    play(tmp_path, story, messages=mails(3), view=ViewSettings(theme="tuimail-dark"))


def test_how_many_can_be_read_is_told_while_the_server_is_away(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        keep_newest(app)
        await away(app, pilot)
        assert "1 of 3 readable here" in shown(app)[0]

    play(tmp_path, story, messages=mails(3))


def test_nothing_of_it_is_told_while_there_is_hope(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await away(app, pilot)
        app.main.list.away = False
        rows = app.service.page(app.service.inbox("work"))
        assert not any(map(app.main.list._out_of_reach, rows))
        said = "".join(words for words, _ in app.main.standing.title_right())
        assert "readable" not in said

    play(tmp_path, story, messages=mails(3))
