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


@pytest.mark.parametrize(
    "field",
    [
        b"multipart/mixed;; boundary=cut",
        b"multipart/mixed; nonsense; boundary=cut",
        b'multipart/mixed; charset=x (so) ; boundary="cut"',
        b'multipart/mixed;boundary="cut',
    ],
)
def test_a_boundary_is_found_among_careless_parameters(field: bytes) -> None:
    data = b"Content-Type: " + field + b"\n\n--cut\n\none\n--cut--\n"
    assert texts(data) == {"1": b"one"}


def test_words_behind_every_boundary_are_no_reason_to_show_the_source() -> None:
    data = LETTER.replace(b"--cut\n", b"--cut so it is\n")
    assert list(texts(data)) == ["1", "2", "2.1"]


def test_words_behind_one_boundary_make_it_text() -> None:
    data = LETTER.replace(b"--cut\nContent", b"--cut so\nContent")
    assert list(texts(data)) == ["1"]


def test_a_message_without_a_field_and_an_empty_line_is_all_text() -> None:
    assert texts(b"Hello there\nand good bye\n") == {
        "1": b"Hello there\nand good bye\n"
    }


def test_fields_without_an_empty_line_are_a_header() -> None:
    assert texts(b"Subject: hello\nTo: you\n") == {"1": b""}


@pytest.mark.parametrize("end", [b"\r", b"\r\r\n"])
def test_odd_line_ends_part_header_and_body(end: bytes) -> None:
    found = parse(b"Subject: a\nContent-Type: text/html\n\nbody".replace(b"\n", end))
    assert (found.subtype, found.body) == (b"html", b"body")


def test_an_encoded_message_is_one_part_to_be_decoded_first() -> None:
    data = (
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n"
        b"Content-Disposition: attachment; filename=a.eml\n\nU3ViamVjdDogYQoKYg=="
    )
    tree = parse_structure(body_structure(parse(data)))
    assert (tree.media_type, tree.filename, tree.parts) == (
        "message/rfc822",
        "a.eml",
        (),
    )


def test_a_server_that_looks_into_an_encoded_message_is_not_believed() -> None:
    tree = parse_structure(
        b'("message" "rfc822" NIL NIL NIL "base64" 20 '
        b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
        b'("text" "plain" NIL NIL NIL "7bit" 20 1 NIL NIL NIL NIL) 1 NIL '
        b'("attachment" ("filename" "a.eml")) NIL NIL)'
    )
    assert (tree.filename, tree.parts) == ("a.eml", ())
