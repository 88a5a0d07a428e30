"""Keys do what they say, on the screen a user sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mail, mails
from tests.ui.screen import fill, play, shown, until
from tuimail.mail.sanitize import cells
from tuimail.mail.types import Flag, FlagSet, RenderedText, SafeText, Span
from tuimail.ui.app import TuimailApp

ODD = [
    "議事録 11/22 ミーティング",
    "👍🏽 family 👩‍👩‍👧 and flag 🇵🇱",
    "مرحبا بالعالم",
    "z̷̢̛͉a̵̢͝l̸͎͝g̴̲̚o",
    "tab\there",
    "한국어 제목",
]


def test_the_cached_list_is_the_first_thing_shown(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        lines = shown(app)
        assert "work ▸ INBOX" in lines[0]
        assert "message 40" in lines[1]
        assert "? help" in lines[-1]

    play(tmp_path, story)


def test_the_cursor_moves_by_keys_and_counts(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("j", "5", "j", "k")
        assert app.main.list.place == (6, 40)
        await pilot.press("G")
        assert app.main.list.place == (40, 40)
        await pilot.press("g", "g")
        assert app.main.list.place == (1, 40)
        await pilot.press("pagedown")
        assert app.main.list.place[0] > 15

    play(tmp_path, story)


def test_the_cursor_stays_on_its_message_when_mail_arrives(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("5", "j")
        before = app.main.list.current
        fill(app.service.store, mails(43))
        app.main.list.invalidate(frozenset(), order=True)
        await pilot.pause()
        assert app.main.list.current == before
        assert app.main.list.place == (9, 43)
        assert "message 43" in shown(app)[1]

    play(tmp_path, story)


def test_news_of_what_is_not_in_view_draws_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        drawn: list[object] = []
        monkeypatch.setattr(app.main.list, "refresh", lambda *r: drawn.append(r))
        app.main.list.invalidate(frozenset(), order=True)
        assert drawn == []
        (row,) = app.service.page(app.service.inbox("work"), limit=1)
        flagged = FlagSet(Flag.FLAGGED)
        app.service.store.operations.queue_flags([row.id], flagged, FlagSet())
        app.main.list.invalidate(frozenset(), order=True)
        assert [region.y for (region,) in drawn] == [0]  # type: ignore[misc]

    play(tmp_path, story, messages=mails(100))


def test_order_is_frozen_while_a_sequence_is_open(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g")
        fill(app.service.store, mails(43))
        app.main.list.invalidate(frozenset(), order=True)
        assert "message 40" in shown(app)[1]
        await pilot.press("escape")
        await pilot.pause()
        assert "message 43" in shown(app)[1]

    play(tmp_path, story)


def test_a_flag_shows_in_the_same_frame_and_is_pending(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("F")
        await pilot.pause()
        row = app.main.list.current
        assert row is not None
        assert row.flags & Flag.FLAGGED
        assert "★" in shown(app)[1]
        assert "~" in shown(app)[1][:4]
        assert "1 pending" in shown(app)[-2]
        await pilot.press("u")
        await pilot.pause()
        assert "★" not in shown(app)[1]

    play(tmp_path, story)


def test_a_message_that_is_not_here_says_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: "not here yet" in "\n".join(shown(app)))
        assert "Ann Lee <ann40@example.org>" in "\n".join(shown(app))
        await pilot.press("q")
        assert app.main.place == "list"

    play(tmp_path, story)


@pytest.mark.parametrize(("width", "panes"), [(80, 1), (120, 2), (180, 3)])
def test_panes_follow_the_width(tmp_path: Path, width: int, panes: int) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        main = app.main
        wide = [w for w in (main.folders, main.list, main.view) if w.region.width > 0]
        assert len([w for w in wide if w.display]) == panes

    play(tmp_path, story, size=(width, 30))


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_screen(tmp_path: Path, width: int) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        for line in shown(app):
            assert cells(line) <= width

    odd = [mail(n, Subject=subject) for n, subject in enumerate(ODD, 1)]
    play(tmp_path, story, size=(width, 24), messages=odd)


def test_odd_scripts_keep_the_columns_straight(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        rows = shown(app)[1 : len(ODD) + 1]
        ends = {cells(row.rstrip()) for row in rows}
        assert len(ends) == 1

    odd = [mail(n, Subject=subject) for n, subject in enumerate(ODD, 1)]
    play(tmp_path, story, messages=odd)


@pytest.mark.parametrize(
    "subject",
    ["[/b] plan", "[@click=app.quit]x[/]", "[link=https://evil]x[/link]", "[red", "$x"],
)
def test_markup_in_mail_is_shown_as_written_everywhere(
    tmp_path: Path, subject: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert subject in shown(app)[1]
        await pilot.press("enter")
        await pilot.pause()
        assert subject in "\n".join(shown(app))
        app.say(subject)
        await pilot.press("c")
        await pilot.pause()
        assert subject in "\n".join(shown(app))
        await pilot.press("escape")

    play(
        tmp_path,
        story,
        messages=[mail(1, Subject=subject, From=f'"{subject}" <a@example.org>')],
        folders=[subject],
    )


def test_a_gap_is_shown_as_one_line(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "20 older messages on the server" in "\n".join(shown(app))

    play(tmp_path, story, messages=mails(30), known_from=21)


def test_help_lists_what_works_here_and_runs_it(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert "Flag the message" in "\n".join(shown(app))
        await pilot.press(*"mark as read", "enter")
        await pilot.pause()
        row = app.main.list.current
        assert row is not None
        assert row.seen

    play(tmp_path, story)


def test_the_command_line_runs_and_corrects(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("colon", *"flag", "enter")
        await pilot.pause()
        row = app.main.list.current
        assert row is not None
        assert row.flags & Flag.FLAGGED
        await pilot.press("colon", *"undu", "enter")
        await pilot.pause()
        assert "Did you mean undo" in "\n".join(shown(app))

    play(tmp_path, story)


def test_folders_are_found_by_any_letters(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("c", *"krk", "enter")
        await pilot.pause()
        assert "Projects/Kraków" in shown(app)[0]

    play(tmp_path, story, folders=["Projects/Kraków", "Sent"])


def test_two_thousand_folders_open_at_once(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("f", "G")
        await pilot.pause()
        assert "box1999" in "\n".join(shown(app))

    play(tmp_path, story, folders=[f"a/box{n:04}" for n in range(2000)])


def test_the_keys_of_a_sequence_are_shown_after_a_while(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("g")
        await until(pilot, lambda: "Inbox" in "\n".join(shown(app)[-12:]))

    play(tmp_path, story)


def test_all_problems_of_a_key_map_are_told_and_the_rest_works(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        text = " ".join(app.problems)
        assert "no such command; did you mean" in text
        assert "'strg+x' is no key" in text
        assert "wanted by" in text
        await pilot.press("e")
        row = app.main.list.current
        assert row is not None
        assert row.flags & Flag.FLAGGED

    keys = (
        ("message.flog", ("z",)),
        ("message.flag", ("e", "strg+x")),
        ("message.undo", ("e",)),
    )
    play(tmp_path, story, keys=keys)


def test_a_screen_too_small_says_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "too small" in shown(app)[0]

    play(tmp_path, story, size=(40, 8))


def test_what_is_cut_off_a_bar_is_told_by_an_ellipsis(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "work ▸ INBOX  " in shown(app)[0]
        await pilot.press("c", *"xx", "enter")
        await pilot.pause()
        title = shown(app)[0]
        assert title.startswith(" work ▸ xxxxxxxx")
        assert "xx… " in title
        app.activity = "Preparing " + "1 %, " * 11
        app.main.refresh_bars()
        await pilot.pause()
        assert shown(app)[-2].startswith(" wo")
        assert "… " in shown(app)[-2][:12]

    play(tmp_path, story, folders=["x" * 90], others=("home",))


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "Press c" in "\n".join(shown(app))

    play(tmp_path, story, messages=[])


def test_q_leaves_from_the_list(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("q")
        await pilot.pause()
        assert app.return_value == 0

    play(tmp_path, story)


def test_every_theme_can_be_worn(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert len(app.looks) >= 8
        for name in app.looks:
            app.wear(name)
            await pilot.pause()

    play(tmp_path, story)


def test_find_goes_from_hit_to_hit_also_at_the_end_of_a_text(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        view = app.main.view
        await pilot.press("enter")
        texts = [f"line {n} word" if n > 90 else f"line {n}" for n in range(99)]
        lines = tuple((Span(SafeText(text)),) for text in texts)
        view.set_text(RenderedText(lines))
        assert view.find("word") == 8
        hits = [view.find_next(True) for _ in range(8)]
        assert hits == [True] * 7 + [False]

    play(tmp_path, story)
