"""Folders made, renamed, deleted, emptied and read as a whole, by key and by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.screen import play, shown, until
from tests.ui.test_filing import folder, subjects, text, with_folders
from tuimail.mail.types import Role
from tuimail.store.values import Listed
from tuimail.ui.app import TuimailApp


def names(app: TuimailApp) -> set[str]:
    return {str(b.name) for b in app.service.mailboxes("work") if not b.gone}


async def run(pilot: Pilot[int], command: str) -> None:
    """Type a command by its name."""
    await pilot.press("colon", *command, "enter")
    await pilot.pause()


def test_a_folder_is_made_by_key_in_the_folder_pane(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("f", "n", *"Garden", "enter")
        await pilot.pause()
        assert "Garden" in names(app)
        assert "Made the folder Garden.  u undoes" in text(app)
        await pilot.press("u")
        await pilot.pause()
        assert "Garden" not in names(app)

    play(tmp_path, story)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_folder_pane_shows_all_that_fits_when_it_opens_on_the_last(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.main.desk.go(folder(app, "Folder 9"))
        await pilot.pause()
        await pilot.press("f")
        await pilot.pause()
        assert "work" in shown(app)[1]
        assert "INBOX" in shown(app)[2]

    play(tmp_path, story, size=size, folders=[f"Folder {n}" for n in range(10)])


def test_folders_stand_below_the_one_they_lie_in(tmp_path: Path) -> None:
    """Also where that one stands at the top for its role, or differs by case only."""

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Archive/2025", "Bob", "bob", "Bob/x", "Aunt", "Trash/a")
        await pilot.press("f")
        await pilot.pause()
        below = [branch.mailbox for branch in app.main.folders._branches]
        listed = [box.name for box in below if box is not None and box.id > 0]
        archive, trash = listed.index("Archive"), listed.index("Trash")
        assert listed[archive + 1] == "Archive/2025"
        assert listed[trash + 1] == "Trash/a"
        assert listed[-4:] == ["Aunt", "Bob", "Bob/x", "bob"]

    play(tmp_path, story)


async def beside(app: TuimailApp, pilot: Pilot[int], name: str, words: str) -> None:
    """What stands on the right of a folder's name, once it has been counted."""

    def drawn() -> list[str]:
        lines = [line.split() for line in shown(app)[1:]]
        return [line[-1] for line in lines if name in line]

    await until(pilot, lambda: drawn() == [words], f"{name}: not {words}")


def test_where_unread_says_little_all_is_counted_as_well(tmp_path: Path) -> None:
    """Of flagged, snoozed, kept searches and drafts; as unread of all, in figures."""

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        names = [Listed(b"INBOX", "INBOX"), Listed(b"D", "D", "/", Role.DRAFTS)]
        app.service.store.mailboxes.put_listing("work", names)
        app.service.store.mailboxes.put_counts(folder(app, "D"), 7, 0)
        app.service.seeker.save("Threes", "subject:3")
        await until(pilot, lambda: app.main.folders.virtual, "no virtual folders")
        await pilot.press("F", "j", "F", "U", "f")
        await pilot.press("end")
        await beside(app, pilot, "Flagged", "1/2")
        await beside(app, pilot, "Threes", "10/11")
        await beside(app, pilot, "Snoozed", "Snoozed")
        await beside(app, pilot, "Unread", "39")
        await beside(app, pilot, "INBOX", "39")
        await beside(app, pilot, "D", "0/7")
        await pilot.press("q", "g", "r")
        await pilot.press("f")
        await beside(app, pilot, "Flagged", "0/2")
        await beside(app, pilot, "INBOX", "INBOX")

    play(tmp_path, story, size=(80, 40))


def test_a_folder_is_made_beside_the_one_that_is_shown(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists/python-dev")
        app.main.desk.go(folder(app, "Lists/python-dev"))
        await run(pilot, "create")
        await pilot.press(*"foo", "enter")
        await pilot.pause()
        assert "Lists/foo" in names(app)

    play(tmp_path, story)


def test_a_folder_is_renamed_with_those_below_it(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists", "Lists/python-dev")
        app.main.desk.go(folder(app, "Lists"))
        await run(pilot, "rename")
        await pilot.press(*" 2026", "enter")
        await pilot.pause()
        assert {"Lists 2026", "Lists 2026/python-dev"} <= names(app)
        assert "Lists is now Lists 2026.  u undoes" in text(app)

    play(tmp_path, story)


def test_a_name_that_is_taken_is_told(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await run(pilot, "create")
        await pilot.press(*"Trash", "enter")
        await pilot.pause()
        assert "There is a folder Trash already." in text(app)

    play(tmp_path, story)


def test_there_is_one_inbox_however_it_is_written(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await run(pilot, "create")
        await pilot.press(*"inbox", "enter")
        await pilot.pause()
        assert "There is a folder INBOX already." in text(app)
        assert "inbox" not in names(app)

    play(tmp_path, story)


def test_a_name_no_folder_can_have_is_told_with_the_reason(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await run(pilot, "create")
        await pilot.press(*"100%", "enter")
        await pilot.pause()
        assert "The name of a folder cannot hold * or %." in text(app)
        await run(pilot, "create")
        await pilot.press(*"z" * 201, "enter")
        await pilot.pause()
        assert "The name of a folder has 200 characters at most." in text(app)

    play(tmp_path, story)


@pytest.mark.parametrize("command", ["rename folder", "delete folder"])
def test_the_inbox_stays(tmp_path: Path, command: str) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await run(pilot, command)
        assert "The inbox" in text(app)

    play(tmp_path, story)


def test_deleting_a_folder_says_what_is_lost_and_leaves_it(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists", "Lists/python-dev", "Lists/foo")
        store = app.service.store
        store.mailboxes.put_counts(folder(app, "Lists"), 12, 0)
        store.mailboxes.put_counts(folder(app, "Lists/foo"), 300, 0)
        app.main.desk.go(folder(app, "Lists"))
        await run(pilot, "delete folder")
        said = text(app)
        assert "Delete the folder Lists and 2 folders below it, with 312" in said
        await pilot.press("n")
        assert "Lists" in names(app)
        await run(pilot, "delete folder")
        await pilot.press("y")
        await pilot.pause()
        assert not {"Lists", "Lists/python-dev", "Lists/foo"} & names(app)
        assert "INBOX" in shown(app)[0]

    play(tmp_path, story)


def test_a_destructive_key_works_in_the_folder_pane_only(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("f", "j", "j", "D")
        await pilot.pause()
        assert "Delete the folder" in text(app)
        await pilot.press("n", "q", "D")
        await pilot.pause()
        assert "Delete 1 message" in text(app)

    play(tmp_path, story)


def test_subscribing_is_turned_on_and_off(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        app.main.desk.go(folder(app, "Archive"))
        await run(pilot, "subscribe")
        assert "No longer subscribed to Archive." in text(app)
        await run(pilot, "subscribe")
        assert "Subscribed to Archive." in text(app)

    play(tmp_path, story)


def test_emptying_the_trash_asks_and_counts(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("d", "d", "g", "t", "g", "E")
        await pilot.pause()
        assert "Delete 2 messages in Trash for good?" in text(app)
        await pilot.press("y")
        await pilot.pause()
        assert subjects(app, "Trash") == []
        assert "Trash is emptied for good in 10 seconds.  u undoes" in text(app)
        await pilot.press("u")
        await pilot.pause()
        assert subjects(app, "Trash") == ["message 40", "message 39"]

    play(tmp_path, story)


def test_another_folder_is_not_emptied(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("g", "E")
        await pilot.pause()
        assert "Only the trash and the junk folder" in text(app)

    play(tmp_path, story)


def test_of_a_folder_marked_as_read_it_is_told_what_stays(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await run(pilot, "read-all")
        said = [str(each.message) for each in app._notifications]
        assert said == [
            "11 messages marked as read."
            " 29 more are not listed here: g O, then again.  u undoes"
        ]

    play(tmp_path, story, known_from=30)


def test_a_whole_folder_is_marked_as_read(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await run(pilot, "read-all")
        assert "40 messages marked as read.  u undoes" in text(app)
        assert all(row.seen for row in app.service.page(app.service.inbox("work")))

    play(tmp_path, story)
