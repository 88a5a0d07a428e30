"""Messages put somewhere, taken back, and the queue of what is not sent yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.screen import play, shown
from tuimail.mail.types import Role
from tuimail.store.values import Listed
from tuimail.ui.app import TuimailApp

FOLDERS = ["Archive", "Junk", "Project", "Trash"]
ROLES = {"Archive": Role.ARCHIVE, "Junk": Role.JUNK, "Trash": Role.TRASH}


def give_roles(app: TuimailApp) -> None:
    """The server says what the folders are for."""
    names = ["INBOX", *FOLDERS]
    listed = [Listed(n.encode(), n, "/", role=ROLES.get(n)) for n in names]
    app.main.desk.service.store.mailboxes.put_listing("work", listed)


def subjects(app: TuimailApp, folder: str) -> list[str]:
    service = app.main.desk.service
    box = next(b for b in service.mailboxes("work") if b.name == folder)
    return [row.subject for row in service.page(box.id)]


def words(app: TuimailApp) -> str:
    return "\n".join(shown(app))


@pytest.mark.parametrize(
    ("key", "folder"), [("d", "Trash"), ("a", "Archive"), ("!", "Junk")]
)
def test_one_key_files_the_message_and_goes_on(
    tmp_path: Path, key: str, folder: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        give_roles(app)
        await pilot.press("exclamation_mark" if key == "!" else key)
        await pilot.pause()
        assert subjects(app, folder) == ["message 40"]
        current = app.main.list.current
        assert current is not None
        assert current.subject == "message 39"
        assert "1 message" in words(app)
        await pilot.press("u")
        await pilot.pause()
        assert subjects(app, folder) == []
        assert subjects(app, "INBOX")[0] == "message 40"

    play(tmp_path, story, folders=FOLDERS)


def test_marked_messages_go_together_and_the_marks_are_taken_off(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        give_roles(app)
        await pilot.press("v", "v", "v", "a")
        await pilot.pause()
        assert subjects(app, "Archive") == ["message 40", "message 39", "message 38"]
        assert not app.main.list.marks
        assert "3 messages archived" in words(app)

    play(tmp_path, story, folders=FOLDERS)


def test_move_asks_for_the_folder(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("s", *"proj", "enter")
        await pilot.pause()
        assert subjects(app, "Project") == ["message 40"]
        assert "moved to Project" in words(app)

    play(tmp_path, story, folders=FOLDERS)


def test_move_makes_a_folder_that_is_not_there(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("s", *"a new", "enter")
        await pilot.pause()
        await pilot.press(*"Garden", "enter")
        await pilot.pause()
        assert subjects(app, "Garden") == ["message 40"]

    play(tmp_path, story, folders=FOLDERS)


def test_deleting_for_good_asks_and_counts(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("v", "v", "D")
        await pilot.pause()
        assert "Delete 2 messages for good?" in words(app)
        await pilot.press("n")
        assert len(subjects(app, "INBOX")) == 40
        await pilot.press("D", "y")
        await pilot.pause()
        assert len(subjects(app, "INBOX")) == 38
        await pilot.press("u")
        await pilot.pause()
        assert len(subjects(app, "INBOX")) == 40

    play(tmp_path, story, folders=FOLDERS)


def test_in_the_trash_delete_asks_first(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        give_roles(app)
        await pilot.press("d", "g", "t")
        await pilot.pause()
        await pilot.press("d")
        await pilot.pause()
        assert "for good?" in words(app)

    play(tmp_path, story, folders=FOLDERS)


def test_reading_goes_on_to_the_next_message_after_archiving(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        give_roles(app)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("a")
        await pilot.pause()
        reading = app.main.desk.service.header(app.main.desk.reader.message or 0)  # type: ignore[arg-type]
        assert reading is not None
        assert reading.subject == "message 39"

    play(tmp_path, story, folders=FOLDERS)


def test_the_queue_says_what_waits_and_discards_after_a_question(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        give_roles(app)
        await pilot.press("v", "v", "a", "g", "q")
        await pilot.pause()
        assert "archive 2 messages" in words(app)
        assert "INBOX → Archive" in words(app)
        await pilot.press("x")
        await pilot.pause()
        assert "Discard: archive 2 messages" in words(app)
        await pilot.press("y")
        await pilot.pause()
        assert len(subjects(app, "INBOX")) == 40
        assert "Nothing is waiting" in words(app)

    play(tmp_path, story, folders=FOLDERS)


def test_a_held_change_is_not_sent_until_it_is_let_go(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        give_roles(app)
        await pilot.press("a", "g", "q")
        await pilot.pause()
        await pilot.press("h")
        await pilot.pause()
        (entry,) = app.main.desk.service.decisions.live("work")
        assert entry.state == "held"
        await pilot.press("r")
        await pilot.pause()
        (entry,) = app.main.desk.service.decisions.live("work")
        assert entry.state == "queued"

    play(tmp_path, story, folders=FOLDERS)


def test_the_history_takes_back_what_was_done_earlier(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        give_roles(app)
        await pilot.press("a", "F", "g", "h")
        await pilot.pause()
        assert "archive" in words(app)
        await pilot.press("down", "enter")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert subjects(app, "Archive") == []
        assert "message 40" in subjects(app, "INBOX")

    play(tmp_path, story, folders=FOLDERS)


def test_a_folder_is_made_renamed_and_deleted(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        service = app.main.desk.service

        def names() -> set[str]:
            return {b.name for b in service.mailboxes("work") if not b.gone}

        await pilot.press("f", "n", *"Garden", "enter")
        await pilot.pause()
        assert "Garden" in names()
        await pilot.press("colon", *"undo", "enter")
        await pilot.pause()
        assert "Garden" not in names()

    play(tmp_path, story, folders=FOLDERS)
