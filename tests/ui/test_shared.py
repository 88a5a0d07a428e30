"""Folders of others in the tree, what rights make impossible, room, and sharing."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mails
from tests.store.build import row as letter
from tests.ui.screen import play, shown, until
from tests.ui.test_filing import current, folder, subjects, text, with_folders
from tests.ui.test_folders import names, run
from tuimail.engine.events import AccountState, MailboxesChanged, Shared, Weighed
from tuimail.engine.views import AccountView
from tuimail.mail.rights import LETTERS
from tuimail.mail.types import ROOT, SHARED, SafeText
from tuimail.mail.uidset import UIDSet
from tuimail.store.values import Batch, Listed, Room, Weight
from tuimail.ui import filing, room, sharing
from tuimail.ui.app import TuimailApp

BOXES = [
    Listed(b"INBOX", "INBOX", "/"),
    Listed(b"Trash", "Trash", "/"),
    Listed(b"shared", "shared", "/", selectable=False, owner=ROOT),
    Listed(b"shared/bob/Team", "shared/bob/Team", "/", owner="bob", rights="lrs"),
    Listed(b"Public/News", "Public/News", "/", owner=SHARED, rights="lr"),
]


def with_others(app: TuimailApp) -> None:
    app.service.store.mailboxes.put_listing("work", BOXES)
    app.main.on_engine_event(MailboxesChanged("work"))


def told(app: TuimailApp) -> str:
    """What toasts say."""
    return "\n".join(str(each.message) for each in app._notifications)


def allow(app: TuimailApp, rights: str, name: str = "INBOX") -> None:
    box = next(b for b in app.service.mailboxes("work") if b.name == name)
    app.service.store.mailboxes.put_rights(box.id, rights)
    app.main.on_engine_event(MailboxesChanged("work"))


def test_folders_of_others_stand_under_heads_of_their_own(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_others(app)
        await pilot.press("f")
        await pilot.pause()
        tree = app.main.folders
        labels = [tree._label(branch, False).strip(" ▸▾") for branch in tree._branches]
        assert labels[: labels.index("Everywhere")] == [
            *("work", "INBOX", "Trash"),
            *("Other users", "Team (bob)", "Shared", "News"),
        ]
        await pilot.press("home", *["j"] * labels.index("Shared"), "z")
        await pilot.pause()
        assert "News" not in text(app).split("Public")[0]

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("key", "missing"),
    [
        ("d", "right t missing"),
        ("a", "right t missing"),
        ("s", "right t missing"),
        ("e", "right t missing"),
        ("D", "right t missing"),
        ("F", "right w missing"),
        ("U", "right s missing"),
    ],
)
def test_what_one_may_not_do_says_why_and_does_nothing(
    tmp_path: Path, key: str, missing: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        allow(app, "".join(x for x in LETTERS if x not in "tws"))
        await pilot.press(key)
        await pilot.pause()
        assert missing in told(app)
        assert not app.service.account("work").pending

    play(tmp_path, story)


def test_what_is_dropped_by_mouse_needs_the_same_rights(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        allow(app, "lrs", "Archive")
        archive, held = folder(app, "Archive"), (current(app).id,)
        for rights, missing in (("", "right i missing"), ("lr", "rights te missing")):
            if rights:
                allow(app, rights)
                allow(app, LETTERS, "Archive")
            filing.move_to(app.main.desk, held, archive)
            await pilot.pause()
            assert missing in told(app)
        assert not app.service.account("work").pending

    play(tmp_path, story)


@pytest.mark.parametrize("first", ["INBOX", "Team"])
def test_of_marks_in_several_folders_those_are_taken_where_one_may(
    tmp_path: Path, first: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Team")
        allow(app, "lrs", "Team")
        later = 0 if first == "INBOX" else 1_800_000_000
        rows = [letter(number, arrival=later + number) for number in (1, 2)]
        batch = Batch(rows=rows, span=UIDSet([(1, 2)]))
        app.service.store.sync.apply(folder(app, "Team"), batch)
        await pilot.press("g", "u")
        await until(pilot, lambda: app.main.list.place[1] == 5)
        await pilot.press("g", "g", "x", "G", "V", "F")
        words = "3 messages are flagged. 2 left: in Team you may not"
        await until(pilot, lambda: words in " ".join(told(app).split()))
        await pilot.press("a")
        await until(pilot, lambda: len(subjects(app, "Archive")) == 3)
        words = "3 messages archived. 2 left: in Team you may not delete"
        assert words in " ".join(told(app).split())
        assert len(subjects(app, "Team")) == 2
        await pilot.press("X", *"in:Team", "enter")
        await until(pilot, lambda: len(app.main.list.marks) == 2)
        await pilot.press("a")
        await until(pilot, lambda: "Archive: in Team you may not" in told(app))
        assert len(subjects(app, "Team")) == 2

    play(tmp_path, story, messages=mails(3))


def test_keys_that_cannot_work_are_not_offered(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "d delete" in shown(app)[-1]
        allow(app, "lrs")
        app.main.refresh_bars()
        await pilot.pause()
        assert "d delete" not in shown(app)[-1]
        assert "F flag" not in shown(app)[-1]
        assert "Enter open" in shown(app)[-1]

    play(tmp_path, story)


def test_a_folder_that_takes_nothing_cannot_be_chosen(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app)
        allow(app, "lrs", "Archive")
        await pilot.press("y", *"archive", "enter")
        await pilot.pause()
        assert not app.service.account("work").pending

    play(tmp_path, story)


def test_no_folder_is_made_deleted_or_moved_without_the_right(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Team", "Team/Old")
        allow(app, "lrs", "Team")
        app.main.desk.go(folder(app, "Team"))
        for command in ("delete folder", "rename folder", "move folder"):
            await run(pilot, command)
            assert "right x missing" in told(app)
            app.clear_notifications()
        # What is missing on the way would be made in the nearest that is there.
        for name in ("Team/New", "Team/2026/New"):
            await run(pilot, "create")
            await pilot.press(*["backspace"] * 20, *name, "enter")
            await pilot.pause()
            assert "Team: " in told(app)
            assert "right k missing" in told(app)
            assert name not in names(app)
            app.clear_notifications()

    play(tmp_path, story)


def test_a_folder_is_moved_into_another(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Lists", "Lists/foo", "Old")
        app.main.desk.go(folder(app, "Lists"))
        await run(pilot, "move folder")
        await pilot.press(*"old", "enter")
        await pilot.pause()
        assert {"Old/Lists", "Old/Lists/foo"} <= names(app)
        assert "Lists is now Old/Lists.  u undoes" in told(app)

    play(tmp_path, story)


def test_a_hidden_folder_is_out_of_the_way_until_asked_for(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        with_folders(app, "Boring")
        app.main.desk.go(folder(app, "Boring"))
        await run(pilot, "hide")
        assert "Boring is hidden.  gH shows hidden folders" in told(app)
        app.clear_notifications()
        app.main.desk.go(app.service.inbox("work"))
        for _ in range(9):
            app.main.desk.step_folder(1)
            assert app.main.list.mailbox != folder(app, "Boring")
        await pilot.press("f")
        await pilot.pause()
        assert "Boring" not in text(app)
        await pilot.press("g", "H")
        await pilot.pause()
        assert "Boring" in text(app)

    play(tmp_path, story)


def test_the_status_line_warns_of_a_full_mailbox(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        rooms = [Room("", "STORAGE", 4_110_000, 4_194_304)]
        app.service.store.rooms.put("work", rooms)
        app.main.refresh_bars()
        await pilot.pause()
        assert "mailbox 97 % full (g c)" in shown(app)[-2]
        await pilot.press("g", "c")
        folders = (Weight(SafeText("INBOX"), 3_000_000, 40),)
        senders = (Weight(SafeText("ann@example.org"), 2_000_000, 1),)
        app._dispatch(Weighed(1, "work", folders, senders))
        await pilot.pause(0.2)
        app.screen.reread()  # type: ignore[attr-defined]
        await pilot.pause()
        said = text(app)
        assert "3.9 of 4.0 GB used, 97 %" in said
        assert "Largest senders, of what is listed here:" in said
        assert "2.9 MB  40 messages" in said
        assert "1.9 MB  1 message" in said

    play(tmp_path, story)


def test_room_of_others_stands_under_its_name_and_is_not_warned_of() -> None:
    view = AccountView(
        *("work", "ann@example.org", AccountState.ONLINE),
        rooms=(Room("mine", "STORAGE", 10, 100),),
        shared_rooms=(Room("Team", "STORAGE", 99, 100),),
    )
    mine, theirs = room.lines(view, None, "ascii")
    assert "mine: 10 of 100 kB used, 10 %" in mine
    assert "Team: 99 of 100 kB used, 99 %  nearly full" in theirs
    assert room.warning(view) == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Room("", "STORAGE", 512, 1024), "512 kB of 1.0 MB used, 50 %"),
        (Room("", "STORAGE", 2**63 - 1, 2**63 - 1), ", 100 %"),
        (Room("", "MESSAGE", 120, 200_000), "120 of 200,000 messages, 0 %"),
        (Room("", "STORAGE", 10, 0), "10 kB used"),
    ],
)
def test_room_in_words(given: Room, words: str) -> None:
    assert words in room.words(given)


def test_a_bar_shows_the_least_and_never_more_than_all() -> None:
    assert room.bar(0.001, "ascii", 10) == "#" + "." * 9
    assert room.bar(7, "unicode", 3) == "███"
    assert room.bar(0, "ascii", 3) == "..."


def test_who_may_do_what_is_shown_and_asked_before_it_changes(tmp_path: Path) -> None:
    given: list[tuple[str, str]] = []

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        service = app.service
        service.look_at_sharing = lambda box: 7  # type: ignore[method-assign]

        def give(box: object, who: str, rights: str) -> int:
            given.append((who, rights))
            return 8

        service.give_rights = give  # type: ignore[method-assign,assignment]
        inbox = service.inbox("work")
        await pilot.press("g", "W")
        app._dispatch(Shared(7, inbox, (("ann", LETTERS), ("bob", "lrs"))))
        await pilot.pause()
        said = text(app)
        assert "Who may do what in INBOX" in said
        assert "reader: see it, read, keep what is read" in said
        await pilot.press("j", "x")
        await pilot.pause()
        assert "Take everything away that bob was given in INBOX?" in text(app)
        await pilot.press("n", "a", *"carol", "enter", *"writer", "enter")
        await pilot.pause()
        assert "Let carol do this in INBOX: writer" in text(app)
        assert given == []
        await pilot.press("y")
        await pilot.pause()
        assert given == [("carol", "lrswipte")]

    play(tmp_path, story)


def test_without_the_right_to_share_it_is_not_asked_for(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        allow(app, "lrs")
        await pilot.press("g", "W")
        await pilot.pause()
        assert "right a missing" in told(app)
        await run(pilot, "info")
        said = text(app)
        assert "reader: see it, read, keep what is read (lrs)" in said
        assert "your own" in said

    play(tmp_path, story)


def test_names_from_the_server_are_drawn_and_not_obeyed(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        inbox = app.service.inbox("work")
        people = (("[red]x\x1b[31m", "lrs"), ("-bob", "w"))
        sharing.shared(app.main.desk, Shared(7, inbox, people))
        await pilot.pause()
        assert "[red]x" in text(app)
        assert "\x1b" not in text(app)
        assert "not allowed: flag" in text(app)

    play(tmp_path, story)
