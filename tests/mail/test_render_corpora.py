"""Every foreign message and page is shown: no exception, no second, nothing unsafe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tuimail.mail.body import render
from tuimail.mail.reading import attachments, text_part
from tuimail.mail.sanitize import is_safe
from tuimail.mail.structure import leaves, structure_of, walk
from tuimail.mail.types import Part, RenderedText, Section
from tuimail.mail.wrap import line_cells

WIDTH = 78
SIZE_MAX = 4 * 1024 * 1024
SLOW_S = 1.0
MAILS = (".eml", ".txt", ".msg", ".mbox", ".mail", "")
PAGE = Part(Section("1"), "text/html", (("charset", "utf-8"),), encoding="8bit")
SOURCE = Part(Section(""), "text/x-source")


def files(corpora: Path, *suffixes: str) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(corpora.rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file():
            data = path.read_bytes()
            if len(data) <= SIZE_MAX:
                yield path, data


def faults(text: RenderedText) -> list[str]:
    found = []
    for line in text.lines:
        if line_cells(line) > WIDTH:
            found.append(f"too wide: {line}")
        found += [f"unsafe: {s.text!r}" for s in line if not is_safe(s.text)]
    found += [f"unsafe: {k}" for k in text.links if not is_safe(k.target + k.text)]
    return found


def looked_at(data: bytes, part: Part) -> list[str]:
    begun = time.process_time()
    text = render(data, part, WIDTH)
    took = time.process_time() - begun
    return faults(text) + ([f"took {took:.1f} s"] if took > SLOW_S else [])


def test_every_page_is_shown(corpora: Path) -> None:
    wrong, count = {}, 0
    for path, data in files(corpora, ".html", ".htm"):
        count += 1
        found = looked_at(data, PAGE)
        if found:
            wrong[str(path)] = found[:3]
    assert wrong == {}
    assert count > 100


def test_every_message_has_a_structure_and_a_text(corpora: Path) -> None:
    wrong, texts = {}, 0
    for path, data in files(corpora, *MAILS):
        begun = time.process_time()
        root = structure_of(data)
        sections = [part.section for part in leaves(root)]
        attachments(root)
        took = time.process_time() - begun
        text = text_part(root)
        texts += text is not None
        found = [f"took {took:.1f} s"] if took > SLOW_S else []
        if len(set(sections)) != len(sections):
            found.append("two parts of one number")
        found += looked_at(data, SOURCE)
        for part in list(walk(root))[:50]:
            if part.media_type.startswith("text/"):
                found += looked_at(data, part)
        if found:
            wrong[str(path)] = found[:3]
    assert wrong == {}
    assert texts > 500
