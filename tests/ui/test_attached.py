"""Parts and links on the screen: shown, opened, piped, saved, and asked about first."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mails
from tests.ui.screen import play, shown
from tuimail.config import ViewSettings
from tuimail.mail.types import MessageId, Section
from tuimail.ui.app import TuimailApp
from tuimail.ui.screens.dialogs import Question, Reading

FILES = (
    b'(("text" "plain" NIL NIL NIL "7bit" 30 1)'
    b'("application" "pdf" ("name" "a.pdf") NIL NIL "7bit" 8 NIL'
    b' ("attachment" ("filename" "a.pdf")))'
    b'("application" "octet-stream" NIL NIL NIL "7bit" 8 NIL'
    b' ("attachment" ("filename" "run.sh"))) "mixed")'
)
TEXT = b"see https://a.example/x and https://b.example/\n"


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    for _ in range(500):
        await pilot.pause(0.02)
        if true():
            return
    raise AssertionError("it did not come")


async def opened(app: TuimailApp, pilot: Pilot[int]) -> MessageId:
    """Open the message; its text and its files are here."""
    row = app.service.page(app.service.inbox("work"), limit=1)[0]
    parts = app.service.store.parts
    parts.put(row.content, Section("1"), TEXT, text=True)
    parts.put(row.content, Section("2"), b"%PDF-1.4\n")
    parts.put(row.content, Section("3"), b"#!/bin/sh\ntouch harm\n")
    await pilot.press("enter")
    await until(pilot, lambda: app.main.desk.reader.text is not None)
    await until(pilot, lambda: not app.main.desk.reader.waiting)
    return row.id


def says(app: TuimailApp, words: str) -> bool:
    """Whether the words are in a toast or on the screen."""
    told = [str(each.message) for each in app._notifications]
    return any(words in text for text in [*told, *shown(app)])


def run(
    tmp_path: Path, story: Callable[[TuimailApp, Pilot[int]], object], **more: object
) -> None:
    settings = ViewSettings(
        theme="mono", mark_read_seconds=-1, download_dir=tmp_path / "down"
    )
    play(
        tmp_path,
        story,  # type: ignore[arg-type]
        size=(120, 30),
        messages=mails(1),
        structure=FILES,
        view=settings,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes down what it is asked for."""
    asked = tmp_path / "asked"
    script = tmp_path / "browse"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {asked}\n')
    script.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(script))
    return asked


def test_a_file_without_a_program_says_what_to_do(
    tmp_path: Path, no_desktop: None
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("p", "j", "o")
        await until(pilot, lambda: says(app, "none for application/pdf in [open]"))

    run(tmp_path, story)


def test_a_program_is_never_opened(tmp_path: Path, no_desktop: None) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("p", "j", "j", "o")
        await until(pilot, lambda: says(app, "It is not opened"))

    run(tmp_path, story)


def test_a_part_is_given_to_a_command_without_a_shell(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("p", "j", "|")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press(*"wc -c", "enter")
        await until(pilot, lambda: isinstance(app.screen, Reading))
        counted = re.compile(r"│ +9 +│")
        await until(pilot, lambda: any(map(counted.search, shown(app))))

    run(tmp_path, story)


def test_all_files_are_saved_with_one_question(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "down" / "run.sh").exists())
        assert (tmp_path / "down" / "a.pdf").read_bytes() == b"%PDF-1.4\n"
        assert not os.access(tmp_path / "down" / "run.sh", os.X_OK)

    run(tmp_path, story)


def test_a_link_is_opened_once_its_host_was_seen(tmp_path: Path, browser: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("2", "o")
        await until(pilot, lambda: says(app, "It leads to b.example"))
        assert not browser.exists()
        await pilot.press("y")
        await until(pilot, browser.exists)
        assert browser.read_text() == "https://b.example/\n"
        await pilot.press("2", "o")
        await until(pilot, lambda: browser.read_text().count("b.example") == 2)

    run(tmp_path, story)


def test_without_a_browser_a_link_is_copied(tmp_path: Path, no_desktop: None) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("L", "enter")
        await until(pilot, lambda: says(app, "There is no browser here; copied"))
        assert app.clipboard == "https://a.example/x"

    run(tmp_path, story)


def test_a_link_is_copied_from_the_list(tmp_path: Path, browser: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("L", "j", "y")
        await until(pilot, lambda: app.clipboard == "https://b.example/")
        assert not browser.exists()

    run(tmp_path, story)


def test_the_text_is_copied_as_it_is_shown(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("Y")
        await until(pilot, lambda: "https://a.example/x" in app.clipboard)
        assert app.clipboard.strip() == TEXT.decode().strip()

    run(tmp_path, story)
