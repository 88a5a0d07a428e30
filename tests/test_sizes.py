"""How big things are: a compass for review, with hard limits.

`python -m tests.test_sizes` prints the report.
"""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parent.parent / "tuimail"
FUNCTION_MAX, FILE_MAX, CLASS_MAX, METHODS_MAX = 60, 400, 300, 20
WHOLE = {
    "engine/service.py": "the one door of the engine",
    "engine/account.py": "all that one account does by itself",
    "ui/desk.py": "all that commands may use, one method each",
    "ui/widgets/header_list.py": "the list is one idea",
    "ui/screens/main.py": "the one screen",
    "net/imap.py": "one method for each thing asked of a server",
    "engine/pop3_account.py": "all that one maildrop's account does by itself",
    "store/maildir.py": "the folders and messages of a tree, one method each",
    "engine/maildrop.py": "all that is asked of a maildrop, and nothing else",
    "engine/maildir_session.py": "one method for each thing asked of a server",
    "store/messages.py": "one question of a list, one method",
    "store/store.py": "one door to each of its rooms",
    "store/parts.py": "the cache of parts, and what may leave it",
    "net/transport.py": "one socket, and all that may happen to it",
    "demo/grammar.py": "one scanner, one short method for each kind of word",
    "ui/widgets/message_view.py": "the message is one idea",
    "ui/app.py": "what Textual wants of an app, and what others want of it",
    "ui/widgets/folder_tree.py": "the tree is one idea",
}
"""Files that may exceed a limit of file or class, and why."""


def sizes() -> tuple[
    list[tuple[int, str]], list[tuple[int, int, str]], list[tuple[int, str]]
]:
    """Functions, classes and files with their lines."""
    functions: list[tuple[int, str]] = []
    classes: list[tuple[int, int, str]] = []
    files: list[tuple[int, str]] = []
    for file in sorted(ROOT.rglob("*.py")):
        name = str(file.relative_to(ROOT))
        text = file.read_text()
        files.append((text.count("\n"), name))
        for node in ast.walk(ast.parse(text)):
            lines = getattr(node, "end_lineno", 0) - getattr(node, "lineno", 0) + 1
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions.append((lines, f"{name}:{node.name}"))
            elif isinstance(node, ast.ClassDef):
                methods = sum(isinstance(n, ast.FunctionDef) for n in node.body)
                classes.append((lines, methods, f"{name}:{node.name}"))
    return functions, classes, files


def test_functions_are_short() -> None:
    functions, _, _ = sizes()
    lengths = [lines for lines, _ in functions]
    assert [f for f in functions if f[0] > FUNCTION_MAX] == []
    assert median(lengths) <= 10
    assert quantiles(lengths, n=20)[-1] <= 30


def test_files_and_classes_are_of_one_idea() -> None:
    _, classes, files = sizes()
    big = [f for f in files if f[0] > FILE_MAX and f[1] not in WHOLE]
    assert big == []
    wide = [
        each
        for each in classes
        if (each[0] > CLASS_MAX or each[1] > METHODS_MAX)
        and each[2].split(":")[0] not in WHOLE
    ]
    assert wide == []


def report() -> str:
    """The figures, and the biggest of each kind."""
    functions, classes, files = sizes()
    lengths = [lines for lines, _ in functions]
    p95 = quantiles(lengths, n=20)[-1]
    lines = [
        f"{len(files)} files, {sum(size for size, _ in files)} lines,"
        f" {len(classes)} classes, {len(functions)} functions",
        f"function: median {median(lengths):.0f}, p95 {p95:.0f},"
        f" longest {max(lengths)} lines",
    ]
    for size, name in sorted(files, reverse=True)[:5]:
        lines.append(f"  file     {size:4} lines  {name}")
    for size, methods, name in sorted(classes, reverse=True)[:5]:
        lines.append(f"  class    {size:4} lines  {methods:2} methods  {name}")
    for size, name in sorted(functions, reverse=True)[:5]:
        lines.append(f"  function {size:4} lines  {name}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())
