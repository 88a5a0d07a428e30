"""The list narrowed, searched, sorted, as conversations; marks and counts on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot

from tests.ui.screen import play, shown, until
from tuimail.engine import seeking, views
from tuimail.engine.events import Found
from tuimail.engine.views import Shape
from tuimail.mail.types import Flag, MailboxId, Role
from tuimail.store import search
from tuimail.store.values import Listed
from tuimail.ui import lens
from tuimail.ui.app import TuimailApp
from tuimail.ui.screens import search_line
from tuimail.ui.widgets.header_list import Heading


def mail(number: int, sender: str, subject: str, answers: int = 0) -> bytes:
    above = f"In-Reply-To: <{answers}@x>\r\nReferences: <{answers}@x>\r\n"
    return (
        f"From: {sender} <{sender.lower()}@example.org>\r\nTo: bob@example.org\r\n"
        f"Subject: {subject}\r\nMessage-ID: <{number}@x>\r\n{above if answers else ''}"
        f"Date: Tue, 14 Nov 2023 22:{number:02}:00 +0000\r\n\r\ntext {number}\r\n"
    ).encode()


MAILS = [
    mail(1, "Ann", "Invoice"),
    mail(2, "Carl", "Lunch"),
    mail(3, "Dora", "Re: Invoice", 1),
    mail(4, "Ann", "Trip"),
    mail(5, "Carl", "Re: Invoice", 3),
    mail(6, "Emil", "News"),
]
"""The newest, Emil's, stands on top."""


async def ready(app: TuimailApp, pilot: Pilot[int]) -> None:
    """Headers are indexed and in conversations, the network has been given up."""
    store = app.service.store

    def done() -> bool:
        return not store.words.behind() and not store.threads.behind()

    await until(pilot, lambda: app.main.folders.virtual and done(), "never indexed")


def subjects(app: TuimailApp) -> list[str]:
    source = app.main.list.source
    assert source is not None
    return [str(row.subject) for row in source.page(limit=100)]


def senders(app: TuimailApp) -> list[str]:
    source = app.main.list.source
    assert source is not None
    return [str(row.sender) for row in source.page(limit=100)]


Check = Callable[[TuimailApp, Pilot[int]], object]


def told(tmp_path: Path, check: Check, **how: object) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await ready(app, pilot)
        await check(app, pilot)  # type: ignore[misc]

    play(tmp_path, story, messages=MAILS, **how)  # type: ignore[arg-type]


def test_a_search_follows_the_keys_and_esc_goes_back(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("j", "slash", *"inv")
        await until(pilot, lambda: len(subjects(app)) == 3, "not found")
        assert senders(app) == ["Carl", "Dora", "Ann"]
        await pilot.press("escape")
        await until(pilot, lambda: len(subjects(app)) == 6, "not gone back")
        assert app.main.list.current is not None
        assert app.main.list.current.sender == "Carl"

    told(tmp_path, check)


def test_texts_are_spoken_of_only_where_they_matter(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        for query, texts in (("is:unread", False), ("from:ann", False), ("ann", True)):
            await pilot.press("l", "ctrl+u", *query)
            await until(pilot, lambda: "messages" in "".join(shown(app)[-4:]), "silent")
            assert ("texts: 0 % here" in "".join(shown(app)[-4:])) is texts, query
            await pilot.press("escape")
            await pilot.pause()

    told(tmp_path, check)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"in:nowhere -in:junk ann")
        said = "there is no folder nowhere; texts"
        await until(pilot, lambda: said in "".join(shown(app)[-4:]), "silent")

    told(tmp_path, check)


@pytest.mark.parametrize("order", ["date", "size", "sender"])
def test_marks_of_a_part_say_so_in_every_order(tmp_path: Path, order: str) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        if order != "date":
            await pilot.press("O", *order, "enter")
            await until(pilot, lambda: f"by {order}" in shown(app)[0], "not sorted")
        await pilot.press("X", "enter")
        await pilot.pause()
        assert "g O fetches the headers not here." in "\n".join(shown(app))

    told(tmp_path, check, known_from=5)


def test_a_search_from_the_folders_shows_what_it_finds(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("f", "slash", *"inv")
        await until(pilot, lambda: len(subjects(app)) == 3, "not found")
        await pilot.pause()
        assert "Dora" in "\n".join(shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(subjects(app)) == 6, "not gone back")
        assert app.main.place == "folders"

    told(tmp_path, check, size=(80, 24))


def test_a_folded_conversation_that_is_taken_back_is_folded(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("T")
        await until(pilot, lambda: senders(app)[1] == "Ann", "no conversations")
        await pilot.press("z", "M", "j")
        before = app.main.list.source
        await pilot.press("d")
        await until(pilot, lambda: app.main.list.source is not before, "not asked")
        assert len(subjects(app)) == 3
        await pilot.press("u")
        await until(pilot, lambda: len(subjects(app)) == 4, "not folded")
        assert "▸(3) Invoice" in "\n".join(shown(app))

    told(tmp_path, check)


def test_what_was_found_stays_after_enter_and_can_be_read(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"from:ann", "enter")
        await until(pilot, lambda: len(subjects(app)) == 2, "not found")
        assert "from:ann" in shown(app)[0]
        await pilot.press("j", "enter")
        await pilot.pause()
        assert "Invoice" in "\n".join(shown(app))
        await pilot.press("q", "escape")
        await until(pilot, lambda: len(subjects(app)) == 6, "not gone back")

    told(tmp_path, check)


@pytest.mark.parametrize("key", ["slash", "l"])
def test_what_a_server_finds_after_enter_is_taken_in(tmp_path: Path, key: str) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        before = app.screen
        await pilot.press(key, *"from:ann")
        await until(pilot, lambda: len(subjects(app)) == 2, "not found")
        line = app.screen
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is before, "the line is open")
        await until(pilot, lambda: not line.is_attached, "the line is there")
        lens, rows = app.main.desk.lens, cast(views.Rows, app.main.list.source)
        app.main.on_engine_event(Found(lens._ticket, rows, False))
        assert len(subjects(app)) == 2

    told(tmp_path, check)


def test_esc_just_after_a_key_ends_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had not been looked for yet must not be looked for behind it."""
    monkeypatch.setattr(search_line, "REST_S", 0.2)

    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"ann")
        line = app.screen
        assert isinstance(line, search_line.SearchLine)
        assert line._rest is not None
        await pilot.press("escape")
        await until(pilot, lambda: not line.is_attached, "the line is there")
        assert line._rest is None
        assert len(subjects(app)) == 6

    told(tmp_path, check)


def test_a_word_at_fault_is_pointed_at(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"is:unraed x")
        await until(
            pilot, lambda: "did you mean" in "\n".join(shown(app)), "nothing said"
        )
        await pilot.press("escape")

    told(tmp_path, check)


@pytest.mark.parametrize("key", ["slash", "l", "X"])
@pytest.mark.parametrize(
    ("query", "said"),
    [("is:unraed", "did you mean"), ("(ann OR", "missing"), ('"in', "no end yet")],
)
def test_enter_does_not_take_what_cannot_be_looked_for(
    tmp_path: Path, key: str, query: str, said: str
) -> None:
    """The list would be that of the words before, or all of it."""

    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press(key, *query, "enter")
        await pilot.pause()
        assert isinstance(app.screen, search_line.SearchLine)
        assert said in "\n".join(shown(app))
        assert not app.main.desk.searched
        await pilot.press("escape")
        await until(pilot, lambda: len(subjects(app)) == 6, "not gone back")
        assert not app.main.list.marks

    told(tmp_path, check)


def test_the_list_is_narrowed_in_place_and_esc_shows_all(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("l", *"from:carl", "enter")
        await until(pilot, lambda: senders(app) == ["Carl", "Carl"], "not narrowed")
        assert app.main.list.listing is not None
        assert app.main.list.listing.mailbox.name == "INBOX"
        await pilot.press("escape")
        await until(pilot, lambda: len(subjects(app)) == 6, "not all again")

    told(tmp_path, check)


def test_what_is_narrowed_follows_what_is_done(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("l", *"from:carl", "enter")
        await until(pilot, lambda: len(subjects(app)) == 2, "not narrowed")
        await pilot.press("a")
        await pilot.pause()
        assert subjects(app) == ["Lunch"]
        await pilot.press("u")
        await until(pilot, lambda: len(subjects(app)) == 2, "not back")

    told(tmp_path, check)


def test_conversations_hang_together_and_fold(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("T")
        order = ["News", "Invoice", "Re: Invoice", "Re: Invoice", "Trip", "Lunch"]
        await until(pilot, lambda: subjects(app) == order, "no conversations")
        await pilot.press("z", "M")
        await pilot.pause()
        assert subjects(app) == ["News", "Invoice", "Trip", "Lunch"]
        assert "(3) Invoice" in shown(app)[2]
        await pilot.press("z", "R")
        await pilot.pause()
        assert subjects(app) == order
        await pilot.press("T")
        await until(pilot, lambda: subjects(app)[1] == "Re: Invoice", "not plain")

    told(tmp_path, check)


def test_a_folded_conversation_is_filed_as_a_whole(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("T")
        await until(pilot, lambda: subjects(app)[1] == "Invoice", "no conversations")
        await pilot.press("z", "M", "j", "a")
        await pilot.pause()
        assert subjects(app) == ["News", "Trip", "Lunch"]

    told(tmp_path, check)


def test_what_left_a_folded_conversation_is_not_moved_on(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("T")
        await until(pilot, lambda: subjects(app)[1] == "Invoice", "no conversations")
        await pilot.press("z", "M", "j")
        await pilot.pause()
        row = app.main.list.current
        assert row is not None
        last = app.main.list.chosen()[-1]
        app.service.gestures.archive([last])
        assert last not in app.main.list.chosen()
        assert row.id in app.main.list.chosen()

    told(tmp_path, check)


def test_a_folded_conversation_is_marked_as_a_whole(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("T")
        await until(pilot, lambda: subjects(app)[1] == "Invoice", "no conversations")
        await pilot.press("z", "M", "j", "v")
        await pilot.pause()
        assert len(app.main.list.marks) == 3

    told(tmp_path, check)


def test_all_of_a_conversation_is_read_flagged_and_filed(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("j", "t", "F")
        await pilot.pause()
        flagged = [r for r in app.service.page(box(app)) if r.flags & Flag.FLAGGED]
        assert {str(row.sender) for row in flagged} == {"Carl", "Dora", "Ann"}
        await pilot.press("t", "d")
        await pilot.pause()
        assert subjects(app) == ["News", "Trip", "Lunch"]

    told(tmp_path, check)


def test_one_goes_to_what_is_answered(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("j", "t", "p")
        await pilot.pause()
        assert app.main.list.current is not None
        assert app.main.list.current.sender == "Dora"

    told(tmp_path, check)


def test_messages_are_marked_by_a_query(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("X", *"from:ann", "enter")
        await pilot.pause()
        assert len(app.main.list.marks) == 2
        await pilot.press("d")
        await pilot.pause()
        assert "Ann" not in senders(app)

    told(tmp_path, check)


def test_what_has_just_come_is_marked_by_a_query_too(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.service.store.words.clear()
        await pilot.press("X", *"from:ann", "enter")
        await pilot.pause()
        assert len(app.main.list.marks) == 2

    told(tmp_path, check)


def test_what_a_query_for_marks_cannot_know_yet_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeking, "FRESH_MAX", 0)

    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.service.store.words.clear()
        await pilot.press("X", *"from:ann", "enter")
        await until(pilot, lambda: "not indexed" in "\n".join(shown(app)), "told")

    told(tmp_path, check)


def test_a_sender_and_a_range_are_marked(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("j", "=")
        await pilot.pause()
        assert len(app.main.list.marks) == 2
        await pilot.press("escape", "home", "v", "j", "V")
        await pilot.pause()
        assert len(app.main.list.marks) == 3

    told(tmp_path, check)


@pytest.mark.parametrize("keys", [("X", *"from:ann", "enter"), ("=",)])
@pytest.mark.parametrize("narrow", ["l", "slash"])
def test_what_the_list_does_not_show_is_not_marked(
    tmp_path: Path, narrow: str, keys: tuple[str, ...]
) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press(narrow, *"subject:trip", "enter")
        await until(pilot, lambda: subjects(app) == ["Trip"], "not narrowed")
        await pilot.press(*keys)
        await pilot.pause()
        assert len(app.main.list.marks) == 1

    told(tmp_path, check)


def test_a_virtual_folder_tells_what_it_holds(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        def unread() -> list[int | None]:
            boxes = app.service.seeker.virtual()
            return [box.unread for box in boxes if box.name == "Unread"]

        app.service.seeker.count()
        await until(pilot, lambda: unread() == [6], "never counted")

    told(tmp_path, check)


def test_a_count_and_a_dot_do_it_to_more(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("2", "d")
        await pilot.pause()
        assert senders(app) == ["Ann", "Dora", "Carl", "Ann"]
        await pilot.press("full_stop")
        await pilot.pause()
        assert senders(app) == ["Carl", "Ann"]

    told(tmp_path, check)


@pytest.mark.parametrize(
    ("name", "first"), [("sender", "Ann"), ("subject", "Dora"), ("size", "Dora")]
)
def test_the_list_is_sorted(tmp_path: Path, name: str, first: str) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("O", *name, "enter")
        await until(pilot, lambda: not app.main.desk.lens.busy, "not sorted")
        await pilot.pause()
        assert f"by {name}" in shown(app)[0]
        assert len(subjects(app)) == 6

    told(tmp_path, check)


def test_conversations_and_back_leave_the_order_as_it_was(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("O", *"sender", "enter")
        await until(pilot, lambda: "by sender" in shown(app)[0], "not sorted")
        await pilot.press("T")
        await until(pilot, lambda: app.main.desk.lens.shape.threads, "no conversations")
        await pilot.press("T")
        await until(pilot, lambda: "by sender" in shown(app)[0], "not sorted again")

    told(tmp_path, check)


def test_headings_stand_between_days_and_the_cursor_stays_in_view(
    tmp_path: Path,
) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "G", *"sender", "enter")
        await until(pilot, lambda: "by sender" in shown(app)[0], "not sorted")
        entries = list(app.main.list._entries(30))
        words = [str(each.words) for each in entries if isinstance(each, Heading)]
        assert words == ["Ann", "Carl", "Dora", "Emil"]
        await pilot.press("end")
        await pilot.pause()
        assert app.main.list._cursor in list(app.main.list._entries(11))

    told(tmp_path, check, size=(80, 15))


def test_a_search_that_is_kept_is_a_folder(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"from:carl", "enter")
        await until(pilot, lambda: len(subjects(app)) == 2, "not found")
        await pilot.press("g", "plus", "ctrl+u", *"Carls", "enter")
        await until(pilot, lambda: len(subjects(app)) == 2, "not shown")
        assert "Carls" in [str(box.name) for box in app.service.seeker.virtual()]
        await pilot.press("g", "i")
        await until(pilot, lambda: len(subjects(app)) == 6, "not gone")
        await pilot.press("c", *"carls", "enter")
        await until(pilot, lambda: len(subjects(app)) == 2, "not found by its name")

    told(tmp_path, check)


def test_a_search_that_is_kept_finds_what_the_search_found(tmp_path: Path) -> None:
    """Nothing that was thrown away, and of one account when it was of one."""

    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        trash = [Listed(b"INBOX", "INBOX", "/"), Listed(b"T", "T", "/", Role.TRASH)]
        app.service.store.mailboxes.put_listing("work", trash)
        await pilot.press("j", "d", "slash", "ctrl+t", *"from:carl", "enter")
        await until(pilot, lambda: len(subjects(app)) == 1, "not found")
        await pilot.press("g", "plus", "ctrl+u", *"Carls", "enter")
        await until(pilot, lambda: "Carls" in shown(app)[0], "not shown")
        await until(pilot, lambda: len(subjects(app)) == 1, "more is found")
        (kept,) = app.service.store.saved.all()
        assert kept[2] == 'account:"work" from:carl'

    told(tmp_path, check, others=("home",))


def test_a_smart_folder_that_is_narrowed_is_kept_as_it_is(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.service.gestures.set_flags([app.main.list.current.id], add=Flag.FLAGGED)  # type: ignore[union-attr]
        await pilot.press("g", "f")
        await until(pilot, lambda: subjects(app) == ["News"], "not flagged")
        await pilot.press("l", *"from:emil", "enter")
        await until(pilot, lambda: "from:emil" in shown(app)[0], "not narrowed")
        await pilot.press("g", "plus", "ctrl+u", *"Emils", "enter")
        await until(pilot, lambda: "Emils" in shown(app)[0], "not shown")
        (kept,) = app.service.store.saved.all()
        assert kept[2] == "is:flagged -in:junk -in:trash from:emil"

    told(tmp_path, check)


def test_leaving_a_folder_out_does_not_take_the_trash_in(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        trash = [Listed(b"INBOX", "INBOX", "/"), Listed(b"T", "T", "/", Role.TRASH)]
        app.service.store.mailboxes.put_listing("work", trash)
        await pilot.press("j", "d", "slash", *"from:carl -in:sent", "enter")
        await until(pilot, lambda: len(subjects(app)) == 1, "not found")
        await pilot.press("slash", *"from:carl in:trash", "enter")
        await until(pilot, lambda: subjects(app) == ["Re: Invoice"], "not in the trash")

    told(tmp_path, check)


def test_an_empty_virtual_folder_says_where_to_go(tmp_path: Path) -> None:
    """Esc leads back from what was searched for, not from a folder."""

    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("c", *"snooz", "enter")
        await until(pilot, lambda: "Snoozed" in shown(app)[0], "not gone there")
        await until(pilot, lambda: "Nothing" in shown(app)[2], "nothing said")
        assert "Press c" in shown(app)[2]
        await pilot.press("slash", *"from:nobody", "enter")
        await until(pilot, lambda: "Esc goes back" in shown(app)[2], "not told")

    told(tmp_path, check)


def test_a_list_over_accounts_says_whose_each_message_is(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", "I")
        await until(pilot, lambda: len(subjects(app)) == 6, "not found")
        await pilot.pause()
        assert all("work" in line for line in shown(app)[1:7])

    told(tmp_path, check, others=("home",))


@pytest.mark.parametrize(("folder", "name"), [("I", "All inboxes"), ("u", "Unread")])
def test_marks_over_all_inboxes_say_when_one_is_not_wholly_here(
    tmp_path: Path, folder: str, name: str
) -> None:
    words = "Not all of work is here; g O in its inbox."

    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g", folder)
        await until(pilot, lambda: shown(app)[0].strip().startswith(name), "not there")
        await until(pilot, lambda: len(subjects(app)) == 2, "not found")
        await pilot.press("X", "enter")
        await until(pilot, lambda: words in " ".join("".join(shown(app)).split()), "no")

    told(tmp_path, check, known_from=5, others=("home",))


def test_unread_mail_of_everywhere_is_one_list(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("2", "U", "g", "u")
        await until(pilot, lambda: len(subjects(app)) == 4, "not found")
        await pilot.press("a")
        await until(pilot, lambda: len(app.service.page(box(app))) == 5, "not filed")

    told(tmp_path, check)


def test_a_folder_is_shown_as_it_was_the_last_time(tmp_path: Path) -> None:
    async def first(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("T")
        await until(pilot, lambda: subjects(app)[1] == "Invoice", "no conversations")

    async def again(app: TuimailApp, pilot: Pilot[int]) -> None:
        await until(pilot, lambda: subjects(app)[1] == "Invoice", "forgotten")
        await pilot.press("g", "u")
        await until(pilot, lambda: subjects(app)[1] == "Re: Invoice", "not plain")
        await pilot.press("g", "i")
        await until(pilot, lambda: subjects(app)[1] == "Invoice", "not so again")
        await pilot.press("T")
        await until(pilot, lambda: subjects(app)[1] == "Re: Invoice", "not turned off")

    told(tmp_path, first)
    told(tmp_path, again)


def test_a_message_is_dragged_onto_a_folder(tmp_path: Path) -> None:
    async def check(app: TuimailApp, pilot: Pilot[int]) -> None:
        tree = app.main.folders
        names = [str(b.mailbox.name) if b.mailbox else "" for b in tree._branches]
        await pilot.mouse_down(app.main.list, offset=(20, 1))
        await pilot.hover(tree, offset=(5, names.index("Trips")))
        await pilot.mouse_up(tree, offset=(5, names.index("Trips")))
        await pilot.pause()
        assert senders(app) == ["Emil", "Ann", "Dora", "Carl", "Ann"]
        there = [box for box in app.service.mailboxes("work") if box.name == "Trips"]
        assert len(app.service.page(there[0].id)) == 1

    told(tmp_path, check, size=(170, 30), folders=["Trips"])


def test_a_shape_that_nobody_wrote_is_the_plain_one() -> None:
    for kept in ("", "x", "date", "size 1", "date 0 0 moon", "'; drop"):
        assert Shape.of(kept).query == ""
        assert Shape.of(kept).group in ("", "day")
    shape = Shape(sort="size", reverse=True, group="day")
    assert Shape.of(shape.kept()) == shape


def box(app: TuimailApp) -> MailboxId:
    return app.service.inbox("work")


def test_every_order_can_be_chosen_and_found() -> None:
    assert tuple(lens.SORTS) == views.SORTS == tuple(search.SORTS)
    assert tuple(lens.GROUPS) == views.GROUPS
