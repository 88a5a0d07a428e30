"""Parts of messages that lie here as files: places in the buffer, whatever it holds."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.bodystructure import body_structure
from tuimail.mail.mime import MAX_DEPTH, Node, parse
from tuimail.mail.sections import SectionPath, octets
from tuimail.mail.structure import leaves, parse_structure

LETTER = (
    b"Subject: two parts\n"
    b"Content-Type: multipart/mixed;\n boundary=cut\n"
    b"\n"
    b"preamble\n"
    b"--cut\n"
    b"\n"
    b"first\n"
    b"--cut\n"
    b"Content-Type: message/rfc822\n"
    b"\n"
    b"Subject: inner\n"
    b"Content-Type: text/html\n"
    b"\n"
    b"<p>second\n"
    b"--cut--\n"
    b"epilogue\n"
)
SEAMS = st.sampled_from(
    [
        b"--cut\n",
        b"--cut--\r\n",
        b"\r\n",
        b"\n",
        b"Content-Type: multipart/mixed; boundary=cut\n",
        b"Content-Type: message/rfc822\r\n",
        b"text",
        b"--cut",
        b" \t",
    ]
)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in (*node.children, *([node.message] if node.message else ())):
        yield from walk(child)


def texts(data: bytes) -> dict[str, bytes | None]:
    root = parse(data)
    found = leaves(parse_structure(body_structure(root)))
    numbers = {p.section: tuple(map(int, p.section.split("."))) for p in found}
    return {name: octets(root, SectionPath(at)) for name, at in numbers.items()}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_parts_are_found_whatever_ends_the_lines(end: bytes) -> None:
    found = texts(LETTER.replace(b"\n", end))
    assert found["1"] == b"first"
    assert (
        found["2"]
        == b"Subject: inner"
        + end
        + b"Content-Type: text/html"
        + (end * 2)
        + b"<p>second"
    )


def test_a_mapped_file_is_read_as_its_octets_are(tmp_path: Path) -> None:
    file = tmp_path / "letter"
    file.write_bytes(LETTER)
    with file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        assert body_structure(parse(mapped)) == body_structure(parse(LETTER))


@given(st.lists(st.one_of(SEAMS, st.binary(max_size=20)), max_size=60))
def test_no_octets_make_it_fail_and_every_part_lies_in_its_parent(
    pieces: list[bytes],
) -> None:
    data = b"".join(pieces)
    root = parse(data)
    for node in walk(root):
        assert 0 <= node.start <= node.middle <= node.end <= len(data)
        for child in node.children:
            assert node.middle <= child.start <= child.end <= node.end
    assert parse_structure(body_structure(root)) is not None


def test_depth_has_an_end() -> None:
    level = b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n"
    data = b"".join(level % (n, n) for n in range(100))
    depth, node = 0, parse(data)
    while node.children:
        depth, node = depth + 1, node.children[0]
    assert depth == MAX_DEPTH


def test_the_mail_of_others_is_taken_apart(corpora: Path) -> None:
    for file in sorted(corpora.rglob("*.eml")):
        assert parse_structure(body_structure(parse(file.read_bytes()))) is not None
