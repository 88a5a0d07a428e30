"""One registry: what help, palette, footer and README say is what the keys do."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.screen import play, shown
from tuimail.mail.types import Flag, MailboxId
from tuimail.ui import choosing
from tuimail.ui.app import TuimailApp
from tuimail.ui.commands import registry
from tuimail.ui.commands.registry import Where
from tuimail.ui.screens.picker import Picker

README = Path(__file__).parent.parent.parent / "README.md"
COMMANDS = registry.load()
FOR_POP3 = {"message.leave", "mailbox.show-left", "mailbox.allow-removal"}
"""What makes no sense without a POP3 account, and is not offered then."""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does(name: str) -> None:
    each = COMMANDS[name]
    assert each.title
    assert each.help.endswith(".")
    assert name.partition(".")[0] in (*("message", "thread", "view", "mailbox", "app"),)


def test_the_readme_has_the_table() -> None:
    assert registry.table() in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "where", "command"),
    [
        ("flag", Where.LIST, "message.flag"),
        ("message.flag", Where.LIST, "message.flag"),
        ("Sync now", Where.LIST, "mailbox.sync"),
        ("next", Where.LIST, "mailbox.next"),
        ("next", Where.MESSAGE, "message.next"),
    ],
)
def test_commands_are_found_by_their_names(
    words: str, where: Where, command: str
) -> None:
    found = registry.by_name(words, where)
    assert found is not None
    assert found.id == command


def test_completion_offers_verbs_before_whole_names() -> None:
    assert registry.complete("fla") == ["flag"]
    assert registry.complete("message.fl") == ["message.flag"]


@pytest.mark.parametrize("where", [Where.LIST, Where.MESSAGE, Where.FOLDERS])
def test_the_footer_names_only_what_works_there(where: Where) -> None:
    for each in registry.footer(where):
        assert registry.elsewhere(each, where) == ""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_key_of_the_footer_is_whole_and_help_is_last(
    tmp_path: Path, width: int
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        line = shown(app)[-1]
        hints = [f"{key} {word}" for key, word in app.main.standing.hints()]
        left = line.rstrip()
        assert left.endswith("? help")
        rest = left.removesuffix("? help").strip()
        for hint in hints:
            if not rest:
                break
            assert rest.startswith(hint)
            rest = rest.removeprefix(hint).strip()
        assert rest == ""

    play(tmp_path, story, size=(width, 24))


def items(app: TuimailApp) -> list[tuple[object, bool]]:
    assert isinstance(app.screen, Picker)
    return [(i.value, i.enabled) for i in app.screen._items if not i.heading]


@pytest.mark.parametrize("key", ["question_mark", "ctrl+p"])
def test_help_and_palette_have_every_command(tmp_path: Path, key: str) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press(key)
        await pilot.pause()
        offered = dict(items(app))
        for each in COMMANDS.values():
            here = bool(each.where & Where.LIST) and each.id not in FOR_POP3
            assert offered[each.id] == here, each.id

    play(tmp_path, story)


def test_help_says_why_something_does_not_work_here(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark", *"save all")
        await pilot.pause()
        assert "(works in the message)" in "\n".join(shown(app))
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, Picker)

    play(tmp_path, story)


def test_without_a_message_help_says_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert ("message.flag", False) in items(app)
        assert "no message here" in "\n".join(shown(app))

    play(tmp_path, story, messages=[])


def test_the_palette_puts_what_was_run_last_first(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("F", "ctrl+p")
        await pilot.pause()
        assert items(app)[0] == ("message.flag", True)

    play(tmp_path, story)


def test_the_palette_goes_to_folders(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+p", *"go to kra", "enter")
        await pilot.pause()
        assert "Kraków" in shown(app)[0]

    play(tmp_path, story, folders=["Kraków"])


def test_help_shows_the_users_own_keys(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark", *"flag the message")
        await pilot.pause()
        line = next(x for x in shown(app) if "Flag the message" in x)
        assert "zf" in line

    play(tmp_path, story, keys=(("message.flag", ("z f",)),))


def test_the_command_line_completes_and_remembers(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("colon", *"toggle", "tab", "enter")
        await pilot.pause()
        row = app.main.list.current
        assert row is not None
        assert row.seen
        await pilot.press("colon", "up", "enter")
        await pilot.pause()
        row = app.main.list.current
        assert row is not None
        assert not row.seen
        assert app.history == ["toggle-read"]

    play(tmp_path, story)


def test_the_command_line_says_where_a_command_works(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("colon", *"links", "enter")
        await pilot.pause()
        assert "works in the message" in "\n".join(shown(app))

    play(tmp_path, story)


async def type_fast(app: TuimailApp, pilot: Pilot[int], *keys: str) -> str:
    """What stands on the screen after keys that follow each other at once."""
    await pilot.press(*keys)
    await pilot.pause()
    return "\n".join(shown(app))


def test_a_number_before_the_command_line_is_for_so_many_messages(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        assert "Command for 2 messages" in await type_fast(app, pilot, "2", "colon")
        await pilot.press(*"flag", "enter")
        await pilot.pause()
        rows = app.service.page(app.main.list.mailbox or MailboxId(0))[:3]
        assert [bool(row.flags & Flag.FLAGGED) for row in rows] == [True, True, False]
        await pilot.press("3", "colon", *"down", "enter")
        await pilot.pause()
        assert app.main.list._cursor == 3

    play(tmp_path, story)


def test_the_command_line_tells_of_marks_and_of_the_end_of_the_list(
    tmp_path: Path,
) -> None:
    """It says what is meant, whatever number was typed."""

    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("end")
        assert "Command for 1 message " in await type_fast(app, pilot, "9", "colon")
        await pilot.press("escape", "home", "v", "v", "v")
        assert "Command for 3 messages" in await type_fast(app, pilot, "2", "colon")
        await pilot.press("escape", "escape")
        assert "messages" not in (await type_fast(app, pilot, "colon")).split("\n")[-2]
        await pilot.press("escape")

    play(tmp_path, story)


def test_a_command_that_takes_no_number_says_so(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        words = await type_fast(app, pilot, "2", "colon", *"accounts", "enter")
        assert "r: try again now" in words
        assert "takes no number: the 2 before : did nothing" in words

    play(tmp_path, story)


def test_what_acts_on_messages_takes_a_number() -> None:
    """Those on conversations act on the one under the cursor."""
    some = [each for name, each in COMMANDS.items() if name.startswith("message.")]
    assert [each.id for each in some if each.repeats and not each.counts] == []


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("quota", "gc"),
        ("threads", "T"),
        ("all read", "gr"),
        ("repeat", "."),
        ("snooze", "b"),
        ("archive", "a"),
        ("unified", "gI"),
        ("saved", "g+"),
        ("spam", "!"),
    ],
)
def test_the_help_finds_a_command_by_what_one_calls_it(
    tmp_path: Path, words: str, key: str
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark", *words)
        await pilot.pause()
        first = next(line for line in shown(app) if "\u2502>" in line)
        assert first.split("\u2502>")[1].split()[0] == key

    play(tmp_path, story)


def test_the_help_finds_nothing_by_letters_here_and_there(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark", *"zebra")
        await pilot.pause()
        assert "Nothing fits what you typed." in "\n".join(shown(app))

    play(tmp_path, story)


def test_what_other_programs_call_a_command_is_of_one_there_is() -> None:
    assert set(choosing.ALSO) <= set(COMMANDS)
