"""Files in winmail.dat and in uuencoded texts."""

from __future__ import annotations

import binascii
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.mail.cost import grows_linearly
from tuimail.mail.bodystructure import body_structure
from tuimail.mail.boxes import Item, entity, has_uu, is_box, unbox_tnef, unbox_uu
from tuimail.mail.mime import parse
from tuimail.mail.sections import section_of
from tuimail.mail.structure import leaves, parse_structure
from tuimail.mail.types import Section


def items(made: bytes) -> list[tuple[str, bytes]]:
    """Name and octets of what is in an entity."""
    root = parse_structure(body_structure(parse(made)))
    return [
        (part.filename, section_of(made, part.section) or b"") for part in leaves(root)
    ]


def encoded(name: str, data: bytes) -> bytes:
    lines = [data[at : at + 45] for at in range(0, len(data), 45)]
    body = b"".join(binascii.b2a_uu(line) for line in lines)
    return b"begin 644 " + name.encode() + b"\n" + body + b"`\nend\n"


@given(st.lists(st.binary(max_size=300), max_size=4))
@example([b"--box", b"--box\r\n--boxx5"])
def test_what_goes_into_an_entity_comes_out(parts: list[bytes]) -> None:
    made = entity(Item(f"file {n}", data) for n, data in enumerate(parts))
    if parts:
        assert items(made) == [(f"file {n}", data) for n, data in enumerate(parts)]


@pytest.mark.parametrize(
    "name", ["a.txt", "ä ö.pdf", "../../x", "a\nb", '"q"', "x" * 200, ""]
)
def test_any_name_survives(name: str) -> None:
    assert items(entity([Item(name, b"x")]))[0][0] == name


@given(st.binary(min_size=1, max_size=500), st.binary(min_size=1, max_size=99))
def test_uuencoded_files_come_out_of_a_text(one: bytes, two: bytes) -> None:
    text = (
        b"hello\n" + encoded("a.bin", one) + b"between\n" + encoded("b", two) + b"end"
    )
    (shown, first, second) = items(unbox_uu(text))
    assert (first, second) == (("a.bin", one), ("b", two))
    assert shown[1].split(b"\n")[:2] == [b"hello", b"[file: a.bin]"]
    assert b"between" in shown[1]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (encoded("a", b"data"), True),
        (encoded("a", b"data").replace(b"\n", b"\r\n"), True),
        (encoded("a", b"data").replace(b"end\n", b""), True),
        (b"begin 644 nothing\nThis is not it.\n", False),
        (b"we begin 2026 with a party\n", False),
        (b"begin 644 x\n", False),
        (b"> begin 644 a\n> #9&%T\n> end\n", False),
    ],
)
def test_a_uuencoded_file_is_seen(text: bytes, holds: bool) -> None:
    assert has_uu(text) is holds


def test_a_box_is_known_by_type_or_name() -> None:
    assert is_box("application/ms-tnef", "")
    assert is_box("application/octet-stream", "WINMAIL.DAT")
    assert not is_box("application/pdf", "a.pdf")


@pytest.mark.parametrize(
    "piece", [b"begin 644 a\n", b"begin 644 a\n#9&%T\nend\n", b"#"]
)
def test_the_cost_grows_with_the_length(piece: bytes) -> None:
    assert grows_linearly(lambda n: unbox_uu(b"begin 644 a\n" + piece * n), 4000)


@given(st.binary(max_size=200))
def test_rubbish_is_no_box(data: bytes) -> None:
    assert items(unbox_tnef(data) or entity([])) is not None
    assert isinstance(unbox_tnef(b"\x78\x9f\x3e\x22" + data), bytes)


def bare(data: bytes) -> bytes:
    """A file whatever its line ends."""
    return data.replace(b"\r\n", b"\n")


def test_foreign_boxes_hold_what_others_found_in_them(corpora: Path) -> None:
    """mimekit has each box's files beside it, texts with other line ends.

    Objects of Outlook's own (a message or a picture within a message) it writes as
    files of another kind; here they are given as they lie in the box.
    """
    compared = missing = 0
    for box in sorted((corpora / "mimekit" / "tnef").glob("*.tnef")):
        wanted = box.with_suffix("")
        if not wanted.is_dir():
            continue
        found = [bare(data) for _, data in items(unbox_tnef(box.read_bytes()))]
        for file in wanted.iterdir():
            if file.suffix.lower() in (".rtf", ".txt", ".html", ".htm", ".eml"):
                continue  # texts: converted there, given as they are here
            compared += 1
            missing += bare(file.read_bytes()) not in found
    assert compared == 31
    assert missing <= 6


def test_every_foreign_box_is_opened_or_refused(corpora: Path) -> None:
    for box in sorted((corpora / "mimekit").rglob("*.tnef")):
        made = unbox_tnef(box.read_bytes())
        assert section_of(made, Section("")) is not None
