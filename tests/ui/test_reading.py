"""Reading: when a message counts as read, what is on the way, where keys lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mail, mails
from tests.ui.screen import play, shown, until
from tuimail.config import ViewSettings
from tuimail.engine.events import Progress
from tuimail.mail.types import Flag, Gap, MailboxId, MessageId, SafeText, Section
from tuimail.ui.app import TuimailApp
from tuimail.ui.reader import time_left


def view(mark_read_seconds: float) -> ViewSettings:
    return ViewSettings(theme="mono", mark_read_seconds=mark_read_seconds)


def here(app: TuimailApp, lines: int = 3) -> None:
    """Have the texts of all messages in the cache."""
    store = app.service.store
    for row in store.messages.page(app.service.inbox("work"), limit=500):
        text = "".join(f"line {n} of {row.subject}\r\n" for n in range(lines))
        store.parts.put(row.content, Section("1"), text.encode(), text=True)


def seen(app: TuimailApp, message: MessageId) -> bool:
    header = app.service.header(message)
    return header is not None and header.seen


async def opened(app: TuimailApp, pilot: Pilot[int]) -> MessageId:
    """Open the message under the cursor and wait for its text."""
    await pilot.press("enter")
    await until(pilot, lambda: app.main.desk.reader.text is not None)
    assert app.main.desk.reader.message is not None
    return app.main.desk.reader.message


def test_a_message_shown_for_the_time_set_counts_as_read(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        message = await opened(app, pilot)
        await until(pilot, lambda: seen(app, message))

    play(tmp_path, story, view=view(0.05))


@pytest.mark.parametrize("width", [60, 80, 120, 180])
def test_a_text_is_wrapped_to_its_pane(tmp_path: Path, width: int) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        row = app.service.page(app.service.inbox("work"), limit=1)[0]
        words = b"words " * 200
        app.service.store.parts.put(row.content, Section("1"), words, text=True)
        await opened(app, pilot)
        await until(pilot, lambda: not app.main.desk.reader.waiting)
        await pilot.pause()
        text = app.main.view.text
        assert text is not None
        first = "".join(span.text for span in text.lines[0])
        room = min(app.main.view.text_width, 80)
        assert room - 6 < len(first) <= room

    play(tmp_path, story, size=(width, 30), messages=mails(1), view=view(-1))


def test_a_message_shown_shorter_does_not(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        message = await opened(app, pilot)
        await pilot.press("q")
        assert app.main.desk.reader._seen is None
        assert not seen(app, message)

    play(tmp_path, story, view=view(30))


def test_a_message_whose_text_is_not_here_stays_unread(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: not app.main.desk.reader.waiting)
        assert app.main.desk.reader._seen is None

    play(tmp_path, story, view=view(0))


def test_never_means_never(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        await opened(app, pilot)
        assert app.main.desk.reader._seen is None

    play(tmp_path, story, view=view(-1))


def test_a_message_marked_unread_while_it_is_open_stays_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        message = await opened(app, pilot)
        await until(pilot, lambda: seen(app, message))
        await pilot.press("U")
        await pilot.pause(0.4)
        assert not seen(app, message)

    play(tmp_path, story, view=view(0.01))


def test_a_preview_beside_the_list_is_not_reading(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        await pilot.press("j")
        await until(pilot, lambda: app.main.desk.reader.text is not None)
        assert "line 2 of message 39" in "\n".join(shown(app))
        assert app.main.desk.reader._seen is None

    play(tmp_path, story, view=view(0), size=(120, 30))


def test_going_back_to_the_list_ends_the_reading_of_a_preview(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        await opened(app, pilot)
        assert app.main.desk.reader._seen is not None
        await pilot.press("h")
        assert app.main.place == "list"
        assert app.main.desk.reader._seen is None

    play(tmp_path, story, view=view(30), size=(120, 30))


def test_space_reads_to_the_end_and_on_to_the_next_unread(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app, lines=30)
        rows = app.service.page(app.service.inbox("work"), limit=3)
        app.service.gestures.set_flags([rows[1].id], add=Flag.SEEN)
        await opened(app, pilot)
        await pilot.press("space")
        assert app.main.desk.reader.message == rows[0].id
        await pilot.press("space")
        await pilot.press("space")
        assert app.main.desk.reader.message == rows[2].id
        assert app.main.place == "message"

    play(tmp_path, story, view=view(-1))


def test_next_and_previous_need_no_list(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("enter", "J", "J", "K")
        await pilot.pause()
        assert "message 39" in "\n".join(shown(app))
        await pilot.press("q")
        await pilot.pause()
        assert app.main.list.place == (2, 40)

    play(tmp_path, story)


def test_tab_goes_to_the_next_unread_message(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        rows = app.service.page(app.service.inbox("work"), limit=10)
        app.service.gestures.set_flags([row.id for row in rows[1:7]], add=Flag.SEEN)
        await pilot.press("tab")
        assert app.main.list.place[0] == 8
        await pilot.press("shift+tab")
        assert app.main.list.place[0] == 1

    play(tmp_path, story)


def test_back_from_a_message_the_list_stands_where_it_was(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("5", "j")
        before = shown(app)[1:-2]
        await pilot.press("enter")
        await pilot.pause()
        app.main.list.invalidate(frozenset(), order=True)
        await pilot.press("q")
        await pilot.pause()
        assert shown(app)[1:-2] == before

    play(tmp_path, story, view=view(-1))


def test_going_back_does_not_wait_for_a_text(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        for _ in range(5):
            app.main.type_key("enter")
            app.main.type_key("q")
            assert app.main.place == "list"
            assert not app.main.desk.reader.waiting

    play(tmp_path, story)


def test_escape_cancels_a_text_that_is_waited_for(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        app.main.type_key("enter")
        app.main.type_key("escape")
        await pilot.pause()
        assert app.main.place == "message"
        assert "Not fetched. Press Enter" in "\n".join(shown(app))

    play(tmp_path, story)


def test_a_text_that_is_laid_out_again_is_nothing_to_cancel(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        await opened(app, pilot)
        await until(pilot, lambda: not app.main.desk.reader.waiting)
        app.main.desk.reader._width = 30
        app.main.desk.reader.resized()
        app.main.type_key("escape")
        assert app.main.place == "list"

    play(tmp_path, story, view=view(-1))


def test_words_are_found_in_a_message(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app, lines=60)
        await opened(app, pilot)
        await pilot.press("slash", *"line 30", "enter")
        await pilot.pause()
        assert "line 30 of" in "\n".join(shown(app))
        await pilot.press("n")
        await pilot.pause()
        assert "No further hit" in "\n".join(shown(app))

    play(tmp_path, story, view=view(-1))


@pytest.mark.parametrize(
    ("done", "waited_s", "words"),
    [(10, 1.0, ""), (50, 4.0, ", 4 s left"), (99, 4.0, ", 1 s left"), (0, 9.0, "")],
)
def test_the_time_left_is_told_once_it_takes_long(
    done: int, waited_s: float, words: str
) -> None:
    assert time_left(Progress(1, done, 100, SafeText("")), waited_s) == words


def test_panes_can_be_one_by_wish(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert app.main.columns == 2
        await pilot.press("ctrl+w")
        await pilot.pause()
        assert app.main.columns == 1
        assert app.main.list.size.width == 120
        await pilot.press("ctrl+w")
        assert app.main.columns == 2

    play(tmp_path, story, size=(120, 30))


def test_folders_open_over_the_list_and_close_again(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("f")
        await pilot.pause()
        assert app.main.place == "folders"
        assert app.main.folders.current.mailbox.name == "INBOX"  # type: ignore[union-attr]
        await pilot.press("h")
        assert app.main.place == "list"

    play(tmp_path, story, folders=["Archive", "Lists/dev"], messages=mails(3))


def test_neighbouring_folders_are_a_key_away(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("J")
        await pilot.pause()
        first = shown(app)[0]
        await pilot.press("K")
        await pilot.pause()
        assert "INBOX" not in first
        assert "INBOX" in shown(app)[0]

    play(tmp_path, story, folders=["Archive", "Lists"])


def rows(app: TuimailApp) -> list[str]:
    """All rows of the message pane, also those out of view."""
    page = app.main.view._page
    return ["".join(text for text, _ in page.row(at)) for at in range(len(page))]


async def with_text(app: TuimailApp, pilot: Pilot[int], text: str) -> None:
    row = app.service.page(app.service.inbox("work"), limit=1)[0]
    app.service.store.parts.put(row.content, Section("1"), text.encode(), text=True)
    await opened(app, pilot)
    await until(pilot, lambda: not app.main.desk.reader.waiting)
    await pilot.pause()


QUOTED = "hello\n\n" + "> quoted\n" * 30 + "\nmy answer\nis this\n-- \nme\n"


def test_a_long_quote_shows_its_beginning_until_it_is_wanted(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await with_text(app, pilot, QUOTED)
        folded = rows(app)
        assert sum("> quoted" in row for row in folded) == 2
        assert any("28 more quoted lines" in row for row in folded)
        assert any("my answer" in row for row in folded)
        await pilot.press("z")
        assert sum("> quoted" in row for row in rows(app)) == 30
        await pilot.press("z")
        assert rows(app) == folded

    play(tmp_path, story, messages=mails(1), view=view(-1))


@pytest.mark.parametrize(
    ("text", "longest"),
    [("> quoted\n" * 30, 12), (QUOTED, 30), (QUOTED, 0)],
    ids=["nothing but a quote", "short enough", "never to be folded"],
)
def test_a_quote_is_shown_whole_where(tmp_path: Path, text: str, longest: int) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await with_text(app, pilot, text)
        assert sum("> quoted" in row for row in rows(app)) == 30

    settings = ViewSettings(theme="mono", mark_read_seconds=-1, fold_quotes=longest)
    play(tmp_path, story, messages=mails(1), view=settings)


TRAIL = (
    "yes\nat ten\nAnn\n\n-----Original Message-----\n"
    "From: Bo\nSent: Monday\nTo: Ann\n\n" + "asked\n" * 30
)


@pytest.mark.parametrize(
    ("subject", "seen"),
    [("Re: when?", 0), ("FW: when?", 30)],
    ids=["answer", "forward"],
)
def test_the_message_below_an_answer_is_folded(
    tmp_path: Path, subject: str, seen: int
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await with_text(app, pilot, TRAIL)
        assert sum("asked" in row for row in rows(app)) == seen

    messages = [mail(1, Subject=subject)]
    play(tmp_path, story, messages=messages, view=view(-1))


def test_words_in_a_folded_quote_are_found(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        text = QUOTED.replace("> quoted\n", "> quoted\n> needle\n", 9)
        await with_text(app, pilot, text)
        assert app.main.view.find("needle") == 9

    play(tmp_path, story, messages=mails(1), view=view(-1))


def test_a_text_of_a_hundred_thousand_lines_is_drawn_where_one_looks(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await with_text(app, pilot, "".join(f"line {n}\n" for n in range(90_000)))
        assert app.main.view.place[2] > 90_000
        await pilot.press("G")
        assert any("line 89999" in row for row in shown(app))
        await pilot.press("g", "g")
        assert any("line 0 " in row for row in shown(app))

    play(tmp_path, story, messages=mails(1), view=view(-1))


BOTH = (
    b'(("text" "plain" NIL NIL NIL "7bit" 30 1)("text" "html" NIL NIL NIL "7bit" 60 1)'
    b' "alternative")'
)


def test_the_other_text_is_remembered_for_its_sender(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        rows = app.service.page(app.service.inbox("work"), limit=3)
        store = app.service.store
        for row in rows:
            store.parts.put(row.content, Section("1"), b"the plain one", text=True)
            store.parts.put(row.content, Section("2"), b"<b>the page</b>", text=True)
        await opened(app, pilot)
        await until(pilot, lambda: any("the plain one" in r for r in shown(app)))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: any("the page" in r for r in shown(app)))
        await pilot.press("J")
        await until(pilot, lambda: any("the page" in r for r in shown(app)))
        await pilot.press("J")
        await until(pilot, lambda: any("the plain one" in r for r in shown(app)))

    ann, bob = mail(3, From="ann@example.org"), mail(2, From="Ann <ann@example.org>")
    both = [mail(1, From="cy@example.org"), bob, ann]
    play(tmp_path, story, messages=both, structure=BOTH, view=view(-1))


def test_lines_are_chosen_by_keys_and_copied(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app, 6)
        await opened(app, pilot)
        pane = app.main.desk.view
        await pilot.press("v", "j", "j")
        first, second, third = pane.chosen_lines()
        assert (first[:6], second[:6], third[:6]) == ("line 0", "line 1", "line 2")
        assert "3 lines chosen" in shown(app)[-2]
        await pilot.press("Y")
        assert app.clipboard == "\n".join((first, second, third))
        assert pane.chosen is None

    play(tmp_path, story, view=view(-1))


def test_the_view_follows_the_lines_that_are_chosen(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app, 90)
        await opened(app, pilot)
        pane = app.main.desk.view
        await pilot.press("v", "G")
        assert pane.chosen is not None
        assert pane.chosen[1] == pane.place[1] == pane.place[2]
        await pilot.press("g", "g")
        assert pane.chosen is not None
        assert pane.chosen[0] == pane.place[0] == 1

    play(tmp_path, story, view=view(-1))


def test_escape_ends_choosing_and_not_the_message(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        message = await opened(app, pilot)
        await pilot.press("v", "j", "escape")
        assert app.main.desk.view.chosen is None
        assert app.main.desk.reader.message == message
        await pilot.press("v", "J")
        assert app.main.desk.view.chosen is None

    play(tmp_path, story, view=view(-1))


def test_reading_goes_on_to_the_end_of_a_long_folder(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        desk = app.main.desk
        await pilot.press("enter")
        for _ in range(299):
            desk.step(1)
            assert desk.reader.message is not None
        assert desk.list.current is not None
        assert desk.list.current.id == desk.reader.message
        assert desk.list.place == (300, 300)
        await pilot.press("q")
        await pilot.pause()
        assert desk.list.place == (300, 300)

    play(tmp_path, story, messages=mails(300), view=view(-1))


def test_reading_asks_for_older_messages_before_it_comes_to_their_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        asked: list[Gap] = []
        desk = app.main.desk

        def want_gap(mailbox: MailboxId, gap: Gap) -> int:
            asked.append(gap)
            return 0

        monkeypatch.setattr(app.service, "want_gap", want_gap)
        await pilot.press("enter")
        for _ in range(49):
            desk.step(1)
        assert [(gap.lo, gap.hi) for gap in asked] == [(1, 450)]
        desk.step(1)
        await pilot.pause()
        assert any("older messages are not here" in line for line in shown(app))
        assert not any("no further message" in line for line in shown(app))

    play(tmp_path, story, messages=mails(500), known_from=451, view=view(-1))


def test_a_field_that_is_cut_says_so(tmp_path: Path) -> None:
    many = ", ".join(f"person{n}@example.org" for n in range(18))

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        here(app)
        await opened(app, pilot)
        await pilot.pause()
        block = shown(app)[1:12]
        first = next(at for at, line in enumerate(block) if line.startswith(" To "))
        assert block[first + 2].rstrip().endswith("…")
        assert not block[first + 1].rstrip().endswith("…")
        assert block[first + 3].startswith(" Date")

    play(tmp_path, story, messages=[mail(1, To=many)], view=view(-1))
