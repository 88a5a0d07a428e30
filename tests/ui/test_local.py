"""The screen over accounts of files: what is offered, what is said, what marks mean."""

from __future__ import annotations

import asyncio
import mailbox
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.engine.locally import ACCOUNT, Local, drop, files
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tests.ui.screen import play, until
from tests.ui.test_filing import folder, subjects, text, with_folders
from tuimail.config import Fetch, MaildirAccount, OnServer, Pop3Account
from tuimail.ui.app import TuimailApp

Story = Callable[[TuimailApp, Pilot[int]], Awaitable[None]]


def show(desk: Local, story: Story) -> None:
    """Run a story in the app over an account that is listed."""
    desk.start()
    # The screen starts a service by itself.
    desk.service.close()
    desk.open()
    app = TuimailApp(desk.service, desk.service.config, desk.paths)

    async def run() -> None:
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await pilot.pause()
            await story(app, pilot)

    try:
        asyncio.run(run())
    finally:
        desk.close()


@pytest.fixture
def maildir(tmp_path: Path) -> Local:
    return files(tmp_path, first=mails(120))


async def say(app: TuimailApp, pilot: Pilot[int], command: str) -> str:
    app.clear_notifications()
    await pilot.press("colon", *command, "enter")
    await pilot.pause()
    return text(app)


def test_what_makes_no_sense_for_files_says_why(maildir: Local) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "files are shared by their own rights" in await say(app, pilot, "share")
        assert "all of it is here already" in await say(app, pilot, "pin")
        assert "all of it is here already" in await say(app, pilot, "download")
        assert "all of it is here already" in await say(app, pilot, "prepare")
        assert "are always shown" in await say(app, pilot, "subscribe")
        assert "waits in a maildrop (POP3)" in await say(app, pilot, "leave")
        assert "no POP3 account" in await say(app, pilot, "show-left")
        said = await say(app, pilot, "info")
        assert "what its files let you" in said
        assert "Holds        120 messages" in said

    show(maildir, story)


def test_what_makes_no_sense_for_a_maildrop_says_why(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "shares nothing" in await say(app, pilot, "share")
        assert "of a maildrop g D fetches" in await say(app, pilot, "pin")
        assert "are always shown" in await say(app, pilot, "subscribe")
        assert "Nothing was left" in await say(app, pilot, "show-left")

    show(drop(dovecot, user, tmp_path, first=mails(3)), story)


def test_how_much_is_due_to_be_removed_stands_where_it_can_be_allowed(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await until(pilot, lambda: app.service.held_removals(ACCOUNT) == 30, "not held")
        await pilot.press("g", "c")
        await pilot.pause()
        assert "30 are due to be removed there. :allow-removal does it." in text(app)
        await pilot.press("q", "ctrl+p", *"removal")
        await pilot.pause()
        assert "30 wait" in text(app)
        await pilot.press("escape")

    desk = drop(dovecot, user, tmp_path, first=mails(30))
    assert isinstance(desk.account, Pop3Account)
    desk.account = replace(desk.account, fetch=Fetch.ALL, on_server=OnServer.DELETE)
    show(desk, story)


def test_a_whole_sender_is_all_that_lies_in_the_folder(tmp_path: Path) -> None:
    same = [mail(n, From="Ann <ann@example.org>") for n in range(1, 121)]
    desk = files(tmp_path, first=same)

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await until(pilot, lambda: len(desk.rows()) == 120, "not listed")
        await pilot.press("g", "w")
        await until(pilot, lambda: "of all 120 messages" in text(app), "not counted")
        await pilot.press("a")
        await pilot.pause()
        await pilot.press("y")
        await until(pilot, lambda: len(desk.rows("Archive")) == 120, "not archived")
        await pilot.press("u")
        await until(pilot, lambda: len(desk.rows()) == 120, "not undone")

    show(desk, story)


def test_a_mark_goes_when_another_program_moves_the_message(maildir: Local) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("v", "v")
        first, _ = app.main.list.marks
        header = app.service.header(first)
        assert header is not None
        assert isinstance(maildir.account, MaildirAccount)
        box = mailbox.Maildir(str(maildir.account.path))
        moved = next(k for k, m in box.items() if m["Subject"] == header.subject)
        box.get_folder("Lists").add(box[moved])
        box.remove(moved)
        await until(pilot, lambda: len(app.main.list.marks) == 1, "still marked")
        await pilot.press("a")
        await until(pilot, lambda: len(maildir.rows("Archive")) == 1, "not filed")
        assert len(box.get_folder("Lists")) == 1

    show(maildir, story)


def test_marks_stay_in_a_list_of_several_folders(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists")
        await pilot.press("slash", *"message", "enter")
        await until(pilot, lambda: not app.main.desk.lens.busy, "not found")
        await pilot.press("v", "v")
        one, two = app.main.list.marks
        app.service.gestures.move([one], folder(app, "Lists"))
        await until(pilot, lambda: len(subjects(app, "Lists")) == 1, "not moved")
        await pilot.pause()
        assert set(app.main.list.marks) == {one, two}

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("shown", "under_the_cursor", "emptied"),
    [("INBOX", "Trash", True), ("Trash", "Archive", False), ("INBOX", "INBOX", False)],
)
def test_what_is_emptied_is_the_folder_under_the_cursor_and_only_trash_or_junk(
    tmp_path: Path, shown: str, under_the_cursor: str, emptied: bool
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        rows = app.service.page(folder(app, "INBOX"), limit=9)
        app.service.gestures.move([rows[0].id], folder(app, "Trash"))
        app.service.gestures.move([rows[1].id], folder(app, "Archive"))
        app.main.desk.go(folder(app, shown))
        await pilot.press("f")
        app.main.folders.point_at(folder(app, under_the_cursor))
        await pilot.press("g", "E")
        await pilot.pause()
        assert ("Delete 1 message in Trash for good?" in text(app)) is emptied
        if emptied:
            await pilot.press("y")
        else:
            assert "Only the trash and the junk folder" in text(app)
        await pilot.pause()
        assert len(subjects(app, "Trash")) == (0 if emptied else 1)
        assert len(subjects(app, "Archive")) == 1
        assert len(subjects(app, "INBOX")) == 38

    play(tmp_path, story)


def test_a_list_that_is_narrowed_says_what_was_looked_through(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Most of all when nothing was found: the texts wait on the server."""

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("l", *"body:text")
        await until(pilot, lambda: "0 messages   texts: 0 % here" in text(app), "!")
        await pilot.press("enter")
        # The files may have been looked through by then, which is told as well.
        told = re.compile(r"texts: 0 % here(; [a-z ]+)?   0 of 0")
        await until(pilot, lambda: bool(told.search(text(app))), "nothing")
        await pilot.press("l", *["backspace"] * 20, *"subject:2")
        await until(pilot, lambda: "1 message   " in text(app), "not found")
        await pilot.press("enter")
        await until(pilot, lambda: " 1 of 1 " in text(app), "not counted")

    show(drop(dovecot, user, tmp_path, first=mails(3)), story)


def test_what_was_filed_from_a_dialog_has_left_a_list_of_conversations(
    tmp_path: Path,
) -> None:
    """The list keeps its order while a dialog is open, and must catch up after it."""

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("T")
        await until(pilot, lambda: not app.main.desk.lens.busy, "not threaded")
        await pilot.press("g", "w")
        await until(pilot, lambda: "40 senders" in text(app), "not counted")
        await pilot.press("a")
        await until(pilot, lambda: len(subjects(app, "Archive")) == 1, "not filed")
        # As long as it takes until the list would have been worked out again.
        await until(pilot, lambda: app.main.desk.lens._missed, "not put off")
        await pilot.press("escape")
        await until(pilot, lambda: len(ids(app)) == 39, "still listed")

    def ids(app: TuimailApp) -> list[object]:
        source = app.main.list.source
        return list(source.ids()) if source is not None else []

    play(tmp_path, story)
