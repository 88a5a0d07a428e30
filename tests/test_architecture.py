"""Who may import whom, and other rules of the house; read from the source."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "tuimail"
FILES = sorted(ROOT.rglob("*.py"))
FOR_ALL = {"config", "errors", "paths", ""}
HEADLESS = {
    "headless",
    "headless_counts",
    "headless_files",
    "headless_rules",
    "errand",
    "config_show",
    "status",
    "usage",
}
LAYERS = {
    "mail": {"mail"},
    "store": {"store", "mail"},
    "net": {"net", "mail"},
    "engine": {"engine", "store", "net", "mail"},
    "ui": {"ui", "mail"},
    "demo": {"demo", "mail", "net"},
    "cli": {"engine", "ui", "demo", "mail", "log", *HEADLESS},
    "headless": {"engine", "mail", *HEADLESS},
    "headless_files": {"engine", "mail", *HEADLESS},
    "headless_counts": {"engine", "mail", *HEADLESS},
    "headless_rules": {"engine", "mail", *HEADLESS},
    "errand": {"engine", "mail", *HEADLESS},
    "usage": set(),
    "config_show": {"mail", *HEADLESS},
    "status": set(),
    "__main__": {"cli"},
    "log": set(),
    "config": {
        "config_accounts",
        "config_check",
        "config_columns",
        "config_keys",
        "config_open",
        "config_rules",
    },
    "config_rules": {"config_check", "mail"},
    "config_keys": {"config_check"},
    "config_open": {"config_check"},
    "config_accounts": {"config_check"},
    "config_check": set(),
    "config_columns": set(),
    "errors": set(),
    "paths": set(),
    "": set(),
}
"""Package (or module) to those of ours it may import."""
UI_SEES = {
    "engine.service",
    "engine.events",
    "engine.views",
    "engine.queue_words",
}
THIRD_PARTY = {
    "textual": ("ui",),
    "rich": ("ui",),
    "imaplib": (),
    "poplib": (),
    "smtplib": (),
    "ssl": ("net",),
    "socket": ("net", "demo"),
    "sqlite3": ("store",),
    "threading": ("engine", "store", "net", "demo", "ui", "log"),
    "queue": ("engine",),
    "platformdirs": ("paths",),
    "tomllib": ("config", "ui"),
    "tomli_w": ("config_show",),
    "selectolax": ("mail",),
    "tnefparse": ("mail",),
    "keyring": ("net",),
    "PIL": ("engine",),
    "subprocess": ("net", "engine"),
}
"""Library to the packages that may import it; one that is not here, nobody may."""
IMPURE = {"os", "io", "pathlib", "time", "random", "logging", "tempfile", "shutil"}
"""What has no place in `mail`, besides the libraries above."""
CATCHES_ALL = {"engine.worker": "guarded", "cli": "_carry_out"}
"""The two places where every exception is caught, and the functions."""


def name_of(file: Path) -> str:
    """Dotted name below `tuimail`; empty for the package itself."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def layer_of(name: str) -> str:
    return name.split(".")[0]


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_only_allowed_layers_are_imported(file: Path) -> None:
    layer = layer_of(name_of(file))
    for imported in imports(file):
        if not imported.startswith("tuimail"):
            continue
        target = imported.removeprefix("tuimail").lstrip(".")
        if layer == "ui" and target.startswith("engine"):
            assert target in UI_SEES, f"{imported}: the screen sees the service only"
            continue
        allowed = LAYERS[layer] | FOR_ALL
        assert layer_of(target) in allowed, f"{name_of(file)} imports {imported}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_libraries_stay_in_their_rooms(file: Path) -> None:
    layer = layer_of(name_of(file))
    for imported in imports(file):
        rooms = THIRD_PARTY.get(imported.split(".")[0])
        assert rooms is None or layer in rooms, f"{imported} in {name_of(file)}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_only_known_libraries_are_used(file: Path) -> None:
    for imported in imports(file):
        library = imported.split(".")[0]
        known = library in THIRD_PARTY or library in sys.stdlib_module_names
        assert known or library == "tuimail", imported


def test_mail_has_neither_files_nor_a_clock() -> None:
    for file in (ROOT / "mail").rglob("*.py"):
        assert not IMPURE & {name.split(".")[0] for name in imports(file)}, file


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_everything_is_caught_in_two_places_only(file: Path) -> None:
    tree = ast.parse(file.read_text())
    allowed = CATCHES_ALL.get(name_of(file))
    excused = {
        id(handler)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == allowed
        for handler in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and id(node) not in excused:
            caught = ast.unparse(node.type) if node.type else "everything"
            assert caught not in ("everything", "Exception"), node.lineno


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_group_is_possessive(file: Path) -> None:
    # Python before 3.11.5 matches `(…)*+` wrongly, and Debian 12 has 3.11.2.
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            value = node.value
            text = value if isinstance(value, str) else value.decode("latin-1")
            assert not re.search(r"\)(?:[*+?]|\{[\d,]+\})\+", text), node.lineno


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_annotations_are_never_run(file: Path) -> None:
    names = list(imports(file))
    assert not names or names[0] == "__future__"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_toasts_and_labels_parse_no_markup(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).split(".")[-1]
        if called not in ("Static", "Label", "notify"):
            continue
        plain = any(
            each.arg == "markup" and ast.unparse(each.value) == "False"
            for each in node.keywords
        )
        first = ast.unparse(node.args[0]) if node.args else ""
        literal = not node.args or isinstance(node.args[0], ast.Constant)
        assert plain or literal or first.startswith(("Content(", "Text(")), node.lineno


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_modules_and_public_names_are_documented(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert ast.get_docstring(tree), "the module has no docstring"
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        if not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name[0] != "_":
                    assert ast.get_docstring(method), f"{node.name}.{method.name}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_nothing_is_printed_but_by_the_command_line(file: Path) -> None:
    if name_of(file) == "cli":
        return
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_nobody_sleeps_or_waits_for_the_screen(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute):
            assert node.attr != "call_from_thread"
            sleeps = isinstance(node.value, ast.Name) and node.value.id == "time"
            assert not (sleeps and node.attr == "sleep")


def test_packages_import_nothing() -> None:
    for file in ROOT.rglob("__init__.py"):
        assert list(imports(file)) == [], file
