"""What the documents say is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tuimail.ui.commands import registry

ROOT = Path(__file__).parent.parent
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


@pytest.mark.parametrize("file", DOCS, ids=lambda f: f.name)
def test_links_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", file.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (file.parent / target).exists(), target
