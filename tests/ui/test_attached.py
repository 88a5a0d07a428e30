"""Parts and links on the screen: shown, opened, piped, saved, and asked about first."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from textual.pilot import Pilot
from textual.strip import Strip

from tests.mails import mails
from tests.ui.screen import play, shown, until
from tuimail.config import ViewSettings
from tuimail.engine.views import PartView
from tuimail.mail.sanitize import cells, safe_text
from tuimail.mail.types import MessageId, SafeText, Section
from tuimail.ui.app import TuimailApp
from tuimail.ui.attached import _part_items, part_label, short_name, warning
from tuimail.ui.frame import Frame
from tuimail.ui.opening import _rows
from tuimail.ui.screens.dialogs import Question, Reading
from tuimail.ui.screens.picker import Choices

FILES = (
    b'(("text" "plain" NIL NIL NIL "7bit" 30 1)'
    b'("application" "pdf" ("name" "a.pdf") NIL NIL "7bit" 8 NIL'
    b' ("attachment" ("filename" "a.pdf")))'
    b'("application" "octet-stream" NIL NIL NIL "7bit" 8 NIL'
    b' ("attachment" ("filename" "run.sh"))) "mixed")'
)
NUMBERS = range(1, 13)
TEXT = b"see https://a.example/x and https://b.example/\n"


async def opened(app: TuimailApp, pilot: Pilot[int], text: bytes = TEXT) -> MessageId:
    """Open the message; its text and its files are here."""
    row = app.service.page(app.service.inbox("work"), limit=1)[0]
    parts = app.service.store.parts
    parts.put(row.content, Section("1"), text, text=True)
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


def test_what_is_never_opened_is_offered_for_saving(
    tmp_path: Path, no_desktop: None
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("p", "j", "j", "o")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "down" / "run.sh").exists())

    run(tmp_path, story)


def test_what_turns_out_to_be_a_program_is_offered_for_saving(
    tmp_path: Path, no_desktop: None
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        row = app.service.page(app.service.inbox("work"), limit=1)[0]
        app.service.store.parts.put(row.content, Section("2"), b"MZ\x90\0\3\0")
        await pilot.press("p", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.pause()
        assert says(app, "ends in .pdf, but it is a Windows program.")
        assert says(app, "It is not opened, only saved.")

    run(tmp_path, story)


def test_the_keys_that_are_named_work_on_the_part(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("p")
        await until(pilot, lambda: says(app, "Enter shows   o open   s save"))
        await pilot.press("j")
        await until(pilot, lambda: says(app, "Enter opens   s save   S save all"))
        assert not says(app, "o open ")
        await pilot.press("j")
        await until(pilot, lambda: says(app, "Enter shows   s save"))

    run(tmp_path, story)


def test_a_message_within_is_listed_by_its_subject() -> None:
    inner = PartView(
        *(Section("2"), SafeText("message/rfc822"), SafeText(""), 9),
        *(True, True, False),
        SafeText("Cats of the week, from Ann Lee <ann@example.org>"),
    )
    assert part_label(inner).startswith("Cats of the week, from Ann")
    label = _part_items((inner,))[0].label
    assert "Cats of the week" in label
    assert label.endswith("…")
    named = inner._replace(name=SafeText("cats.eml"))
    assert part_label(named) == "cats.eml"


def test_the_text_of_a_mail_is_no_doubtful_file() -> None:
    body = PartView(
        *(Section("1"), SafeText("text/html"), SafeText(""), 9), False, True, True
    )
    assert warning(body) == ""
    assert "web page" in warning(body._replace(attachment=True))


@given(st.text(max_size=80), st.integers(12, 40))
def test_a_name_is_cut_in_its_middle(name: str, width: int) -> None:
    short = short_name(name + ".exe", width)
    assert cells(short) <= width
    assert short.endswith(".exe")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("a.pdf", "a.pdf"),
        ("report.pdf" + " " * 60 + ".exe", "report.pdf .exe"),
        ("the minutes of the meeting.odt", "the minutes of….odt"),
        ("no extension in all these words", "no extension in al…"),
    ],
)
def test_the_extension_of_a_file_is_always_seen(name: str, short: str) -> None:
    assert short_name(name, 19) == short


def test_a_number_leads_to_its_link(tmp_path: Path, no_desktop: None) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(
            app, pilot, b"".join(b"https://h%d.example/\n" % n for n in NUMBERS)
        )
        await pilot.press("L", "1", "2", "enter")
        await until(pilot, lambda: app.clipboard == "https://h12.example/")

    run(tmp_path, story)


def test_a_long_link_is_told_in_full(tmp_path: Path, no_desktop: None) -> None:
    target = "https://a.example/" + "0123456789" * 25

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot, target.encode())
        await pilot.press("L")
        await until(pilot, lambda: says(app, "Enter copies (no browser here)"))
        words = "".join(line.strip("│ ") for line in "".join(shown(app)).split("│"))
        assert target in words

    run(tmp_path, story)


@given(st.text(max_size=80), st.integers(20, 40))
def test_no_word_of_an_answer_is_lost(text: str, width: int) -> None:
    line = safe_text(text, 200)
    rows = list(_rows(line, width))
    assert "".join(rows) == line
    assert all(cells(row) <= width for row in rows)


def test_the_screen_is_whole_again_after_another_program_had_it(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app._frame = Frame(10, 2, ColorSystem.TRUECOLOR)
        app._frame.put(0, 0, [Strip([Segment("words")])])
        app._frame.update()
        assert not app._frame.update()
        app._asked = True
        app.app_resume_signal.publish(app)
        assert "words" in app._frame.update()
        assert not app._asked

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


def test_a_link_is_searched_for_in_the_list(tmp_path: Path, browser: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("L")
        await pilot.pause()
        await pilot.press("slash", *"b.example", "escape")
        await pilot.press("slash", *"b.example")
        await pilot.pause()
        listed = app.screen.query_one(Choices).items
        assert ["b.example" in item.label for item in listed] == [True]
        await pilot.press("escape", "q")
        assert app.screen is app.main

    run(tmp_path, story)


def test_the_text_is_copied_as_it_is_shown(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("Y")
        await until(pilot, lambda: "https://a.example/x" in app.clipboard)
        assert app.clipboard.strip() == TEXT.decode().strip()

    run(tmp_path, story)
