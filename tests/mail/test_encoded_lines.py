"""Files in codes that are not decoded: named, and kept out of the text."""

from __future__ import annotations

import pytest

from tuimail.mail.body import render
from tuimail.mail.types import Part, Section

PART = Part(Section("1"), "text/plain", (("charset", "utf-8"),), encoding="8bit")


def shown(text: str) -> tuple[str, str]:
    found = render(text.encode(), PART, 80)
    lines = ["".join(span.text for span in line) for line in found.lines]
    return "\n".join(lines), " ".join(found.notes)


YENC = "=ybegin line=128 size=123456 name=map of trams.png\nabc=}def\n=yend size=1\n"
BINHEX = '(This file must be converted with BinHex 4.0)\n\n:$f*TEQKP\nabc"\nxyz!:\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [(YENC, "yEnc: map of trams.png, 123,456 octets"), (BINHEX, "BinHex")],
)
def test_a_file_is_told_of_and_its_lines_are_left_out(text: str, told: str) -> None:
    lines, notes = shown(f"Hello\n{text}Goodbye\n")
    assert lines == "Hello\nGoodbye"
    assert told in notes


@pytest.mark.parametrize("line", ["=ybegin", "=ybegin line=x", "= ybegin line=1"])
def test_words_like_those_of_a_file_stay(line: str) -> None:
    assert shown(f"{line}\nabc")[0] == f"{line}\nabc"


def test_a_file_without_an_end_is_told_of_too() -> None:
    lines, notes = shown("Hello\n" + YENC.partition("=yend")[0])
    assert lines == "Hello"
    assert "yEnc" in notes


def test_many_files_are_named_only_so_often() -> None:
    assert shown(YENC * 100)[1].count("yEnc") == 20
