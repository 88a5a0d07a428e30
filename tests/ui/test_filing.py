"""Filing messages by keys: what leaves, where the cursor goes, what is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mail, mails
from tests.ui.screen import play, shown
from tests.ui.test_reading import here, opened
from tuimail.errors import StoreError
from tuimail.mail.types import Flag, Header, MailboxId, Role
from tuimail.store.values import Listed
from tuimail.ui.app import TuimailApp
from tuimail.ui.screens.dialogs import Confirm

SPECIAL = {"Archive": Role.ARCHIVE, "Junk": Role.JUNK, "Trash": Role.TRASH}


def text(app: TuimailApp) -> str:
    return "\n".join(shown(app))


def with_folders(app: TuimailApp, *more: str) -> None:
    """The account has folders for archive, junk and trash, and others."""
    names = ["INBOX", *SPECIAL, *more]
    listed = [Listed(n.encode(), n, "/", SPECIAL.get(n)) for n in names]
    app.service.store.mailboxes.put_listing("work", listed)


def folder(app: TuimailApp, name: str) -> MailboxId:
    boxes = app.service.mailboxes("work")
    return next(box.id for box in boxes if box.name == name)


def subjects(app: TuimailApp, name: str) -> list[str]:
    return [str(row.subject) for row in app.service.page(folder(app, name))]


def current(app: TuimailApp) -> Header:
    row = app.main.list.current
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("key", "name", "words"),
    [
        ("d", "Trash", "1 message deleted.  u undoes"),
        ("a", "Archive", "1 message archived.  u undoes"),
        ("!", "Junk", "1 message filed as junk.  u undoes"),
    ],
)
def test_a_key_files_the_message_and_the_cursor_goes_on(
    tmp_path: Path, key: str, name: str, words: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("j", key)
        await pilot.pause()
        assert subjects(app, name) == ["message 39"]
        assert current(app).subject == "message 38"
        assert app.main.list.place == (2, 39)
        assert words in text(app)

    play(tmp_path, story)


def test_undo_brings_a_deleted_message_back(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("d", "u")
        await pilot.pause()
        assert "message 40" in shown(app)[1]
        assert subjects(app, "Trash") == []
        assert "Undone: 1 message back" in text(app)

    play(tmp_path, story)


def test_what_is_done_takes_the_place_of_what_was_done_before(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("d", "d", "a")
        await pilot.pause()
        assert "1 message archived." in text(app)
        assert "deleted" not in text(app)

    play(tmp_path, story)


def test_trouble_is_not_taken_away_by_what_is_done_next(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        app.say("The disk is full.", trouble=True)
        await pilot.press("d")
        await pilot.pause()
        assert "The disk is full." in text(app)
        assert "1 message deleted." in text(app)

    play(tmp_path, story)


def test_at_the_end_the_cursor_goes_to_the_message_before(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("G", "d")
        await pilot.pause()
        assert current(app).subject == "message 2"
        assert app.main.list.place == (39, 39)

    play(tmp_path, story)


def test_the_rows_above_stay_where_they_are(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("3", "0", "j", "5", "k")
        await pilot.pause()
        first = shown(app)[1]
        await pilot.press("d")
        await pilot.pause()
        assert shown(app)[1] == first

    play(tmp_path, story)


def test_marked_messages_are_archived_together_and_the_marks_go(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("v", "v", "j", "v", "k", "k", "a")
        await pilot.pause()
        wanted = ["message 40", "message 39", "message 37"]
        assert subjects(app, "Archive") == wanted
        assert app.main.list.marks == {}
        assert current(app).subject == "message 38"
        assert "3 messages archived.  u undoes" in text(app)

    play(tmp_path, story)


@pytest.mark.parametrize(("keys", "left"), [("3v", 37), ("99v", 0)])
def test_a_count_marks_so_many_messages(tmp_path: Path, keys: str, left: int) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press(*keys, "a")
        await pilot.pause()
        assert len(app.service.page(app.service.inbox("work"))) == left

    play(tmp_path, story)


def test_marks_around_the_cursor_leave_it_on_the_next_that_stays(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("v", "v", "v", "k", "k", "d")
        await pilot.pause()
        assert current(app).subject == "message 37"
        assert app.main.list.place == (1, 37)

    play(tmp_path, story)


def test_a_folder_is_found_by_letters_and_the_message_moved(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists/python-dev", "Projects")
        await pilot.press("s", *"pydev", "enter")
        await pilot.pause()
        assert subjects(app, "Lists/python-dev") == ["message 40"]
        assert "1 message moved to Lists/python-dev.  u undoes" in text(app)

    play(tmp_path, story)


def test_a_folder_of_another_account_is_found_by_its_name(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        home = app.service.inbox("home")
        await pilot.press("s", *"home", "enter")
        await pilot.pause()
        assert "moved to home: INBOX" in "\n".join(shown(app))
        assert len(app.service.page(home)) == 1
        assert len(app.service.page(app.service.inbox("work"))) == 39

    play(tmp_path, story, others=("home",))


def test_the_folder_used_last_is_offered_first_and_this_one_never(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Projects")
        await pilot.press("s", *"proj", "enter", "s")
        await pilot.pause()
        assert "> Projects" in text(app)
        assert "used last" in text(app)
        assert "  INBOX" not in "\n".join(shown(app)[3:-4])
        await pilot.press("enter")
        await pilot.pause()
        assert subjects(app, "Projects") == ["message 40", "message 39"]

    play(tmp_path, story)


def test_a_name_that_is_not_there_makes_the_folder(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("s", *"Travel/Kr")
        await pilot.pause()
        assert "make folder Travel/Kr" in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert subjects(app, "Travel/Kr") == ["message 40"]

    play(tmp_path, story)


def test_a_name_that_is_there_is_not_offered_again(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("s", *"archive")
        await pilot.pause()
        assert "make folder" not in text(app)

    play(tmp_path, story)


def test_a_name_no_folder_can_have_is_told_and_nothing_moves(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("s", *"a*b", "enter")
        await pilot.pause()
        assert "The name of a folder cannot hold" in text(app)
        assert "message 40" in shown(app)[1]

    play(tmp_path, story)


def test_a_copy_stays_here_as_well(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("y", *"archive", "enter")
        await pilot.pause()
        assert subjects(app, "Archive") == ["message 40"]
        assert current(app).subject == "message 40"
        assert "1 message copied to Archive.  u undoes" in text(app)

    play(tmp_path, story)


def test_braces_in_the_name_of_a_folder_are_shown_as_they_are(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "{x}{}[b]")
        await pilot.press("s", "{", "enter")
        await pilot.pause()
        assert "moved to {x}{}[b]." in text(app)

    play(tmp_path, story)


def test_deleting_for_good_asks_and_counts(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("v", "v", "D")
        await pilot.pause()
        assert "Delete 2 messages for good" in text(app)
        await pilot.press("n")
        await pilot.pause()
        assert len(app.main.list.marks) == 2
        await pilot.press("D", "y")
        await pilot.pause()
        assert "message 38" in shown(app)[1]
        assert "2 messages deleted for good in 10 seconds.  u undoes" in text(app)
        await pilot.press("u")
        await pilot.pause()
        assert "message 40" in shown(app)[1]

    play(tmp_path, story)


def test_in_the_trash_deleting_asks(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("d", "g", "t", "d")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert "Delete 1 message for good" in text(app)

    play(tmp_path, story)


def test_in_the_junk_folder_the_key_says_that_it_is_not_junk(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("!", "g", "j")
        await pilot.pause()
        assert current(app).flags & Flag.JUNK
        await pilot.press("!")
        await pilot.pause()
        assert subjects(app, "Junk") == []
        row = app.service.page(folder(app, "INBOX"))[0]
        assert row.subject == "message 40"
        assert not row.flags & Flag.JUNK
        assert "1 message not junk, in the inbox again." in text(app)

    play(tmp_path, story)


def test_archiving_in_the_archive_says_that_it_is_there(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("a", "g", "a", "a")
        await pilot.pause()
        assert "it is there already" in text(app)
        assert subjects(app, "Archive") == ["message 40"]

    play(tmp_path, story)


@pytest.mark.parametrize("width", [80, 120])
def test_an_open_message_gives_way_to_the_next(tmp_path: Path, width: int) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        here(app)
        await opened(app, pilot)
        await pilot.press("d")
        await pilot.pause()
        assert app.main.place == "message"
        assert app.main.desk.reader.message == current(app).id
        assert current(app).subject == "message 39"

    play(tmp_path, story, size=(width, 24))


def test_after_the_last_message_the_list_is_shown(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        here(app)
        await opened(app, pilot)
        await pilot.press("a")
        await pilot.pause()
        assert app.main.place == "list"
        assert app.main.desk.reader.message is None

    play(tmp_path, story, messages=mails(1))


def test_what_cannot_be_written_down_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(messages: object) -> int:
        raise StoreError("The disk is full.")

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        monkeypatch.setattr(app.service.gestures, "delete", full)
        await pilot.press("d")
        await pilot.pause()
        assert "The disk is full." in text(app)
        assert "message 40" in shown(app)[1]

    play(tmp_path, story)


def test_keys_that_come_at_once_act_on_one_message_after_the_other(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        for key in "ddd":
            app.main.type_key(key)
        await pilot.pause()
        wanted = ["message 40", "message 39", "message 38"]
        assert subjects(app, "Trash") == wanted

    play(tmp_path, story)


def test_what_was_done_does_not_cover_a_question(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("d", "D")
        await pilot.pause()
        assert "Delete 1 message for good" in text(app)
        assert "deleted." not in text(app)

    play(tmp_path, story)


def test_mail_like_what_was_moved_is_filed_by_a_key(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists")
        rows = [row.id for row in app.service.page(folder(app, "INBOX"))]
        app.service.gestures.move(rows[-1:], folder(app, "Lists"))
        app.service.gestures.move(rows[-2:-1], folder(app, "Lists"))
        assert app.service.suggest(rows[:1]) == [folder(app, "Lists")]
        await pilot.press("s")
        await pilot.pause()
        assert "suggested" in text(app)
        await pilot.press("escape", "e")
        await pilot.pause()
        assert "1 message moved to Lists.  u undoes" in text(app)
        assert "message 40" in subjects(app, "Lists")
        await pilot.press("u")
        await pilot.pause()
        assert "message 40" not in subjects(app, "Lists")

    letters = [mail(n, From="Ann <ann@example.org>") for n in range(1, 41)]
    play(tmp_path, story, messages=letters)


def test_without_a_habit_the_key_asks_for_a_folder(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists")
        await pilot.press("e")
        await pilot.pause()
        assert "Move 1 message to" in text(app)
        await pilot.press("escape")

    play(tmp_path, story)


def test_a_move_done_once_more_goes_to_the_same_folder_unasked(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists")
        await pilot.press("d", "s", *"lists", "enter")
        await pilot.pause()
        await pilot.press(".")
        await pilot.pause()
        assert subjects(app, "Lists") == ["message 39", "message 38"]
        assert subjects(app, "Trash") == ["message 40"]
        await pilot.press("y", *"lists", "enter")
        await pilot.pause()
        await pilot.press("j", ".")
        await pilot.pause()
        assert "1 message copied to Lists." in text(app)
        assert not app.main.screen.is_modal

    play(tmp_path, story)


def test_filing_done_once_more_is_not_what_was_done_before_it(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists")
        await pilot.press("d", "e", *"lists", "enter")
        await pilot.pause()
        await pilot.press(".")
        await pilot.pause()
        assert subjects(app, "Lists") == ["message 39", "message 38"]
        assert subjects(app, "Trash") == ["message 40"]

    play(tmp_path, story)
