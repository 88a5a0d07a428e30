"""The page of figures: what it shows, of which accounts, and that nothing waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mails
from tests.ui.screen import play, shown, until
from tests.ui.test_filing import text
from tuimail.config import ViewSettings
from tuimail.errors import StoreError
from tuimail.ui.app import TuimailApp


async def opened(app: TuimailApp, pilot: Pilot[int]) -> None:
    await pilot.press("g", "S")
    await until(pilot, lambda: "Of what is listed here" in text(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_page_can_be_read_to_its_end(tmp_path: Path, size: tuple[int, int]) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        assert "40 messages received" in text(app)
        assert "Mail per day" in text(app)
        seen = text(app)
        for _ in range(8):
            await pilot.press("space")
            await pilot.pause()
            seen += text(app)
        for title in ("hour of the day", "weekday", "Response", "Senders", "Folders"):
            assert title in seen
        assert "ann10@example.org" in seen
        assert "INBOX" in seen
        assert all(len(line) == size[0] for line in shown(app))

    play(tmp_path, story, messages=mails(40), size=size)


def test_in_ascii_there_is_nothing_else_in_the_page(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("space", "space")
        await pilot.pause()
        lines = [line[4:-4] for line in shown(app)[4:-4]]
        assert any("#" in line for line in lines)
        assert all(line.isascii() for line in lines)

    play(tmp_path, story, view=ViewSettings(theme="mono", glyphs="ascii"))


def test_a_key_turns_from_this_account_to_all(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        assert "listed here of work:" in text(app)
        await pilot.press("t")
        await until(pilot, lambda: "listed here of all accounts:" in text(app))
        await pilot.press("t")
        await until(pilot, lambda: "listed here of work:" in text(app))
        await pilot.press("q")
        await pilot.pause()
        assert app.screen is app.main

    play(tmp_path, story, others=("home",))


def test_what_cannot_be_worked_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        def broken(*args: object) -> None:
            raise StoreError("The disk cannot be read.")

        monkeypatch.setattr(app.service.store.statistics, "measure", broken)
        await pilot.press("g", "S")
        await until(pilot, lambda: "The disk cannot be read." in text(app))

    play(tmp_path, story)
