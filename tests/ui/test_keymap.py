"""Keys to commands: sequences, counts, and everything wrong with a user's key map."""

from __future__ import annotations

import pytest

from tuimail.ui import keymap
from tuimail.ui.commands import registry
from tuimail.ui.commands.registry import Where
from tuimail.ui.keymap import Keymap, Typed, Typist, key_of

Wishes = tuple[tuple[str, tuple[str, ...]], ...]


def built(*wishes: tuple[str, tuple[str, ...]]) -> Keymap:
    lines = {name: 10 + at for at, (name, _) in enumerate(wishes)}
    return keymap.build(registry.load(), wishes, lines, "my.toml")


def typed(*keys: str, where: Where = Where.LIST, keys_map: Keymap | None = None):
    typist = Typist(keys_map or built())
    return [typist.type(where, key) for key in keys][-1]


def test_the_defaults_have_no_problem() -> None:
    assert built().problems == []


@pytest.mark.parametrize("where", [Where.LIST, Where.MESSAGE, Where.FOLDERS])
def test_no_default_key_is_lost_to_another_command(where: Where) -> None:
    bound = built().bound[where]
    for each in registry.load().values():
        for key in each.keys if each.keyed & where else ():
            sequence = tuple(keymap.normal(part) for part in key.split(" "))
            assert bound[sequence] == each.id, key


def test_a_key_runs_its_command() -> None:
    assert typed("F") == Typed("message.flag")


def test_a_sequence_waits_for_its_second_key() -> None:
    assert typed("g").waiting
    assert typed("g", "i") == Typed("mailbox.inbox")


def test_a_sequence_that_means_nothing_is_named() -> None:
    assert typed("g", "%") == Typed(unknown="g%")


def test_escape_leaves_a_sequence_and_does_nothing_else() -> None:
    assert typed("g", "escape") == Typed()


@pytest.mark.parametrize(
    ("keys", "count"), [("5j", 5), ("1j", 1), ("12j", 12), ("30j", 30), ("203j", 203)]
)
def test_a_count_of_any_digits_reaches_the_command(keys: str, count: int) -> None:
    assert typed(*keys) == Typed("view.down", count)


def test_a_count_holds_over_a_sequence() -> None:
    assert typed("3", "g", "g") == Typed("view.top", 3)


def test_a_count_has_a_limit() -> None:
    assert typed(*"9" * 400, "j").count == 99_999


def test_a_digit_that_is_a_key_acts_when_nothing_follows() -> None:
    typist = Typist(built())
    assert typist.type(Where.LIST, "1").waiting
    assert typist.rest(Where.LIST) == Typed("view.folders")
    assert not typist.waiting


def test_a_count_of_two_digits_goes_on_waiting() -> None:
    typist = Typist(built())
    for key in "12":
        typist.type(Where.LIST, key)
    assert typist.rest(Where.LIST).waiting
    assert typist.shown == "12"


def test_one_key_does_what_its_pane_says() -> None:
    assert typed("J", where=Where.LIST).command == "mailbox.next"
    assert typed("J", where=Where.MESSAGE).command == "message.next"


@pytest.mark.parametrize(
    ("key", "character", "ours"),
    [
        ("question_mark", "?", "?"),
        ("G", "G", "G"),
        ("plus", "+", "+"),
        ("alt+x", "x", "alt+x"),
        ("ctrl+p", "\x10", "ctrl+p"),
        ("space", " ", "space"),
        ("enter", "\r", "enter"),
        ("ctrl+up", None, "ctrl+up"),
    ],
)
def test_terminal_keys_in_our_spelling(
    key: str, character: str | None, ours: str
) -> None:
    assert key_of(key, character) == ours


def test_the_user_takes_a_key_from_its_default() -> None:
    keys = built(("message.flag", ("U",)), ("message.toggle-read", ("Z",)))
    assert keys.problems == []
    assert typed("U", keys_map=keys).command == "message.flag"
    assert typed("*", keys_map=keys).command == ""


def test_none_unbinds() -> None:
    keys = built(("message.flag", ()))
    assert keys.problems == []
    assert "message.flag" not in keys.keys
    assert typed("F", keys_map=keys) == Typed()


def test_all_problems_come_at_once_with_their_lines() -> None:
    problems = built(
        ("message.flog", ("z",)),
        ("message.flag", ("strg+x",)),
        ("message.undo", ("e",)),
        ("message.parts", ("e",)),
    ).problems
    assert problems == [
        "my.toml:10: [keys] message.flog: there is no such command;"
        " did you mean message.flag?",
        "my.toml:11: [keys] message.flag: 'strg+x' is no key;"
        " write it like j, G, ctrl+d, f5 or g i",
        "my.toml:13: [keys] message.parts: 'e' is also wanted by message.undo",
    ]


def test_a_command_of_bad_keys_only_keeps_its_defaults() -> None:
    keys = built(("message.flag", ("strg+x",)))
    assert typed("F", keys_map=keys).command == "message.flag"


def test_the_same_key_in_different_panes_is_no_clash() -> None:
    keys = built(("mailbox.fold", ("e",)), ("message.mark", ("e",)))
    assert keys.problems == []


def test_a_key_that_covers_the_beginning_of_a_sequence_is_told() -> None:
    problems = built(("message.flag", ("g",))).problems
    assert len(problems) == 1
    assert problems[0].startswith("my.toml:10: [keys] message.flag: takes the only key")
    assert "mailbox.inbox" in problems[0]


def test_a_sequence_of_the_users_that_could_never_be_typed_is_told() -> None:
    problems = built(("message.flag", ("e",)), ("message.undo", ("e x",))).problems
    assert problems == [
        "my.toml:11: [keys] message.undo: 'e x' is also wanted by message.flag"
    ]


@pytest.mark.parametrize("key", ["j", "G", "ctrl+d", "f5", "g i", "shift+tab", "é"])
def test_keys_that_can_be_typed(key: str) -> None:
    assert keymap.is_key(key)


@pytest.mark.parametrize("key", ["", "strg+x", "f13", "a b c d", "g  i", "\x1b", "ab"])
def test_words_that_are_no_keys(key: str) -> None:
    assert not keymap.is_key(key)
