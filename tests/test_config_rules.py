"""Rules in the configuration: read, and every problem told with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tuimail.config import Rule, load
from tuimail.config_rules import RULE
from tuimail.errors import ConfigError

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as told:
        load(file, {})
    return [words.removeprefix(f"{file}:") for words in told.value.problems]


def test_a_rule_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[[rule]]\nname="a"\nquery="from:ann"\nmark=["read"]\nstop=true\n')
    (rule,) = load(file, {}).rules
    assert rule == Rule("a", "from:ann", mark=("read",), stop=True)


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        '[[rule]]\nname = "a"\nquery = "is:nothing"\narchive = true\ndelete = true\n'
        '[[rule]]\nquery = "from:ann"\n'
        '[[rule]]\nname = "A"\nquery = "x"\nsnooze = "soon"\n'
        'account = "b"\nmov = "y"\n',
    )
    assert found[0].startswith('3: rule "a": query: ')
    assert found[1] == '5: rule "a": archive and delete are both set; keep one'
    assert found[2] == "6: rule 2: name is missing"
    assert found[3].startswith("6: rule 2: it does nothing; add one of move, ")
    assert found[4] == '9: rule "A": name: another rule has it'
    assert found[5].startswith('11: rule "A": snooze: found "soon"')
    assert found[6].startswith('12: rule "A": account: there is no account "b"')
    assert found[7] == '13: rule "A": unknown key "mov"; did you mean move?'


def test_the_rule_in_the_example_names_every_key() -> None:
    assert set(Rule._fields) == set(RULE)
    block = EXAMPLE.read_text().split("# [[rule]]")[1].split("[notify]")[0]
    assert set(re.findall(r"(?m)^# ([a-z]+) = ", block)) == set(RULE)
