"""Senders and lists: counted, narrowed, marked, and decided about as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mail
from tests.store.test_senders import letter
from tests.ui.screen import play, shown, until
from tests.ui.test_filing import SPECIAL, folder, subjects, text, with_folders
from tuimail.engine.events import Grouped
from tuimail.engine.views import Whole
from tuimail.errors import StoreError
from tuimail.mail.types import MailboxId, MessageId, SafeText
from tuimail.mail.uidset import UIDSet
from tuimail.store.sync import Batch
from tuimail.store.values import Listed
from tuimail.ui.app import TuimailApp
from tuimail.ui.screens.dialogs import Confirm
from tuimail.ui.screens.senders import SendersScreen

ALL_INBOXES = MailboxId(-2)
ONE = UIDSet([(1, 1)])


def letters() -> list[bytes]:
    """Thirty of Ann, three of a longer address, two of Bob by a list, one of nobody."""
    ann = [mail(n, From="Ann Lee <ann@x.org>") for n in range(1, 31)]
    evil = [mail(n, From='"ann@x.org" <ann@x.org.evil.example>') for n in (31, 32, 33)]
    by_list = {"From": "Bob <bob@y.org>", "List_Id": "Python <dev.python.org>"}
    bob = [mail(n, **by_list) for n in (34, 35)]
    return ann + evil + bob


def rows(app: TuimailApp) -> list[str]:
    """The lines of the view with something in them."""
    lines = [line[1:-1].rstrip() for line in shown(app)[3:-3]]
    return [line for line in lines if "@" in line or "python.org" in line]


async def opened(app: TuimailApp, pilot: Pilot[int], key: str = "w") -> SendersScreen:
    with_folders(app)
    await pilot.press("g", key)
    await until(pilot, lambda: "counting" not in text(app))
    screen = app.screen
    assert isinstance(screen, SendersScreen)
    return screen


def test_each_sender_is_a_line_with_the_address(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        lines = rows(app)
        assert lines[0].startswith(">   Ann Lee")
        assert "ann@x.org " in lines[0]
        assert "30     30" in lines[0]
        assert "ann@x.org.evil.example" in lines[1]
        assert len(lines) == 3
        assert "3 senders of all 35 messages" in text(app)

    play(tmp_path, story, messages=letters())


def test_what_is_not_here_is_told(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        assert "of the 10 headers that are here (35 on the server)" in text(app)

    play(tmp_path, story, messages=letters(), known_from=26)


def test_all_of_a_sender_is_archived_after_a_question_with_the_number(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)
        await pilot.press("a")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert "Archive all 30 of ann@x.org?" in text(app)
        await pilot.press("y")
        await until(pilot, lambda: len(subjects(app, "Archive")) == 30)
        assert len(subjects(app, "INBOX")) == 5
        await until(pilot, lambda: len(screen.list.counted) == 2)
        assert rows(app)[0].startswith("   ~Ann Lee")
        assert rows(app)[0].endswith("archived")
        assert screen.list.current is not None
        assert screen.list.current.key == "ann@x.org.evil.example"
        assert screen.list.waiting
        await pilot.press("q", "u")
        await until(pilot, lambda: len(subjects(app, "INBOX")) == 35)

    play(tmp_path, story, messages=letters())


def test_few_are_deleted_without_a_question_and_come_back(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)
        await pilot.press("j", "d")
        await until(pilot, lambda: len(subjects(app, "Trash")) == 3)
        assert len(subjects(app, "INBOX")) == 32
        await pilot.press("u")
        await until(pilot, lambda: len(subjects(app, "INBOX")) == 35)
        await until(pilot, lambda: len(screen.list.counted) == 3)

    play(tmp_path, story, messages=letters())


def test_leaving_at_once_waits_for_what_was_decided(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("j", "a", "q")
        await until(pilot, lambda: app.screen is app.main)
        assert len(subjects(app, "Archive")) == 3
        await pilot.press("u")
        await until(pilot, lambda: subjects(app, "Archive") == [])

    play(tmp_path, story, messages=letters())


def test_marked_senders_are_moved_together_in_one_gesture(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Old")
        await opened(app, pilot)
        with_folders(app, "Old")
        await pilot.press("j", "v", "v", "s")
        await pilot.pause()
        assert "Move all 5 of 2 senders to" in text(app)
        await pilot.press(*"old", "enter")
        await until(pilot, lambda: len(subjects(app, "Old")) == 5)
        await pilot.press("u")
        await until(pilot, lambda: len(subjects(app, "INBOX")) == 35)

    play(tmp_path, story, messages=letters())


def test_all_of_a_sender_is_read_and_the_line_shows_it_pending(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("j", "U")
        await until(pilot, lambda: rows(app)[1].startswith("   ~ann@x.org"))
        await until(pilot, lambda: " 3      0 " in rows(app)[1])
        assert len(app.service.unread(folder(app, "INBOX"))) == 32

    play(tmp_path, story, messages=letters())


def test_junk_is_filed_and_taken_out_again(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("j", "!")
        await until(pilot, lambda: len(subjects(app, "Junk")) == 3)
        await pilot.press("q", "g", "j")
        await until(pilot, lambda: app.main.list.mailbox == folder(app, "Junk"))
        await opened(app, pilot)
        await pilot.press("!")
        await until(pilot, lambda: len(subjects(app, "INBOX")) == 35)

    play(tmp_path, story, messages=letters())


def test_in_the_trash_deleting_is_for_good_and_asks(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        await pilot.press("d", "g", "t")
        await until(pilot, lambda: app.main.list.mailbox == folder(app, "Trash"))
        await opened(app, pilot)
        await pilot.press("d")
        await pilot.pause()
        assert "Delete all 1 of bob@y.org for good?" in text(app)
        await pilot.press("n")
        await pilot.pause()
        assert len(subjects(app, "Trash")) == 1

    play(tmp_path, story, messages=letters())


def test_lists_have_a_view_of_their_own(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot, "l")
        (line,) = rows(app)
        assert "dev.python.org" in line
        assert "1 list of all" in text(app)
        await pilot.press("a")
        await until(pilot, lambda: len(subjects(app, "Archive")) == 2)

    play(tmp_path, story, messages=letters())


def test_letters_narrow_and_a_key_sorts(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)
        await pilot.press("slash", *"evil", "enter")
        await pilot.pause()
        (line,) = rows(app)
        assert "evil" in line
        assert "narrowed to: evil" in text(app)
        await pilot.press("escape", "t")
        await pilot.pause()
        assert "bob@y.org" in rows(app)[0]
        assert "now: newest" in text(app)
        assert screen.list.current is not None
        assert "evil" in screen.list.current.key

    play(tmp_path, story, messages=letters())


def listed(app: TuimailApp) -> int:
    source = app.main.list.source
    return len(source.ids()) if source is not None else 0


def test_a_click_selects_a_sender_and_a_second_one_shows_the_mail(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        while app.service.store.words.step():
            pass
        screen = await opened(app, pilot)
        await pilot.click(screen.list, offset=(10, 2))
        await until(pilot, lambda: rows(app)[1].startswith(">"))
        await pilot.click(screen.list, offset=(10, 0))
        await pilot.click(screen.list, offset=(10, 9))
        await pilot.pause()
        assert rows(app)[1].startswith(">")
        await pilot.click(screen.list, offset=(10, 2), times=2)
        await until(pilot, lambda: listed(app) == 3)

    play(tmp_path, story, messages=letters())


def test_enter_shows_the_mail_of_one(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        while app.service.store.words.step():
            pass
        await opened(app, pilot)
        await pilot.press("G", "end", "enter")
        await until(pilot, lambda: app.screen is app.main)
        await until(pilot, lambda: listed(app) == 2)
        assert app.main.list.listing is not None
        assert app.main.list.listing.query == 'from:"bob@y.org"'

    play(tmp_path, story, messages=letters())


def test_new_mail_is_counted_and_the_cursor_stays(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)
        await pilot.press("end")
        ids = app.service.seeker.ids(folder(app, "INBOX"), "")
        app.service.gestures.delete([ids[-1]])
        await until(pilot, lambda: "29     29" in rows(app)[0])
        assert screen.list.current is not None
        assert screen.list.current.key == "bob@y.org"

    play(tmp_path, story, messages=letters())


def test_a_full_disk_is_told_and_nothing_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)

        def full(*args: object, **more: object) -> None:
            raise StoreError("The disk is full.")

        monkeypatch.setattr(app.service.store.operations, "queue_move", full)
        await pilot.press("j", "a")
        await until(pilot, lambda: "The disk is full." in text(app))
        assert screen.list.done == {}
        assert len(subjects(app, "INBOX")) == 35

    play(tmp_path, story, messages=letters())


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
def test_the_end_of_an_address_is_always_seen(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    far = f"bob@{'long-label.' * 8}evil.example"
    name = "ann@x.org and more words than fit beside it " * 3

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        assert ".evil.example" in text(app)

    messages = [mail(1, From=f'"{name}" <{far}>')]
    play(tmp_path, story, messages=messages, size=size)


def test_thousands_of_senders_cost_the_lines_that_are_seen(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)
        drawn = []
        line = type(screen.list)._row

        def counted(self: object, row: Whole, at: int) -> object:
            drawn.append(row.key)
            return line(self, row, at)  # type: ignore[arg-type]

        type(screen.list)._row = counted  # type: ignore[method-assign, assignment]
        try:
            screen.list.set_rows(
                [
                    Whole(f"a{n}@x", SafeText(f"A{n}"), SafeText(f"a{n}@x"), n, 0, 9, 9)
                    for n in range(5000)
                ]
            )
            await pilot.pause()
            await pilot.press("end")
            await pilot.pause()
        finally:
            type(screen.list)._row = line  # type: ignore[method-assign]
        assert "a0@x" in rows(app)[-1]
        assert len(drawn) < 100

    play(tmp_path, story, messages=letters())


def test_mail_of_two_accounts_is_archived_and_brought_back_in_one(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        store = app.service.store
        with_folders(app)
        names = ["INBOX", *SPECIAL]
        listed = [Listed(n.encode(), n, "/", SPECIAL.get(n)) for n in names]
        store.mailboxes.put_listing("home", listed)
        there = store.mailboxes.inbox("home")
        store.sync.apply(there, Batch(rows=[letter(1, "bob@y.org")], span=ONE))
        app.main.desk.list.show(app.service.rows(ALL_INBOXES))
        await opened(app, pilot)
        assert "of what is listed here" in text(app)
        await until(pilot, lambda: " 3 " in rows(app)[-1])
        await pilot.press("end", "a")
        await until(pilot, lambda: len(subjects(app, "Archive")) == 2)
        await until(pilot, lambda: app.service.page(there) == [])
        await pilot.press("u")
        await until(pilot, lambda: subjects(app, "Archive") == [])
        await until(pilot, lambda: len(app.service.page(there)) == 1)

    play(tmp_path, story, messages=letters(), others=("home",))


def test_undo_in_an_empty_journal_says_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        await pilot.press("u")
        await until(pilot, lambda: "Nothing to undo" in text(app))

    play(tmp_path, story, messages=letters())


def test_an_undo_right_after_a_decision_takes_that_back(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        first = app.service.seeker.ids(MailboxId(1), "")[0]
        assert isinstance(first, int)
        with_folders(app)
        app.service.gestures.delete([MessageId(first)])
        await opened(app, pilot)
        await pilot.press("j", "a", "u")
        await until(pilot, lambda: "Undone" in text(app))
        assert len(subjects(app, "Trash")) == 1
        assert subjects(app, "Archive") == []

    play(tmp_path, story, messages=letters())


def test_a_count_that_comes_while_the_view_is_closed_ends_nothing(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "w")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, SendersScreen)
        await screen.query_one("#about").remove()
        app._tell_dialogs(Grouped(screen._ticket, (), 0))
        await pilot.press("escape")

    play(tmp_path, story)
