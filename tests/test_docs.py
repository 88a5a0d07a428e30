"""What the documents say is true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tuimail import cli, usage
from tuimail.config import load
from tuimail.ui.commands import registry

ROOT = Path(__file__).parent.parent
ELSEWHERE = re.compile(r"/work/|\.\./shared|/tmp/venv|notes/\w+\.md")
"""Places outside the project, which a reader does not have."""
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def between(text: str, mark: str) -> str:
    """What stands between two comments of a document."""
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", text, re.S)
    assert found, f"no {mark} in the README"
    return found[1].strip()


def test_the_table_of_keys_is_the_registry() -> None:
    readme = (ROOT / "README.md").read_text()
    assert between(readme, "keys") == registry.table()


@pytest.mark.parametrize("mark", ["demo", "tests"])
def test_each_command_is_one_line(mark: str) -> None:
    lines = between((ROOT / "README.md").read_text(), mark).split("\n")
    assert lines[0] == "```sh"
    assert len(lines) == 3


def test_the_commands_use_what_the_package_declares() -> None:
    readme = (ROOT / "README.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "tuimail" in project["scripts"]
    assert ".venv/bin/tuimail demo" in between(readme, "demo")
    # Editable, so that what is tested is the checkout and not a copy of it.
    assert "pip install -q -e '.[test]'" in between(readme, "tests")
    assert "test" in project["optional-dependencies"]


def test_the_configuration_of_the_readme_is_one(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert found
    file = tmp_path / "config.toml"
    file.write_text(found[1])
    assert load(file, {}).accounts[0].name == "work"
    assert len(found[1].splitlines()) <= 8


def test_every_exit_status_is_told() -> None:
    readme = (ROOT / "README.md").read_text()
    told = readme.split("Exit status:")[1].split("##")[0]
    for number in (0, 1, 2, 69, 70, 75, 77):
        assert re.search(rf"\b{number} ", told), number
        assert re.search(rf"\b{number} ", usage.STATUSES), number


@pytest.mark.parametrize(
    "file", sorted((ROOT / "tuimail").rglob("*.py")), ids=lambda f: f.name
)
def test_the_source_speaks_of_the_project_alone(file: Path) -> None:
    assert not ELSEWHERE.search(file.read_text())


@pytest.mark.parametrize("file", DOCS, ids=lambda f: f.name)
def test_the_documents_speak_of_the_project_alone(file: Path) -> None:
    assert not ELSEWHERE.search(file.read_text())


@pytest.mark.parametrize("file", DOCS, ids=lambda f: f.name)
def test_commands_that_are_named_exist(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = file.read_text()
    parts = "|".join({name.partition(".")[0] for name in registry.load()})
    for name in re.findall(rf"`({parts})\.([a-z-]+)`", text):
        assert ".".join(name) in registry.load()
    for name in re.findall(r"`tuimail ([a-z]+)", text):
        assert cli.run([name, "--help"], {}) == 0, name


@pytest.mark.parametrize("file", DOCS, ids=lambda f: f.name)
def test_links_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", file.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (file.parent / target).exists(), target
