"""Which parts of a message are read, and which are only offered."""

from __future__ import annotations

import pytest

from tuimail.mail.reading import attachments, blocks, both_texts, embedded, text_part
from tuimail.mail.types import Part, Section


def leaf(kind: str, size: int = 100, **more: str) -> Part:
    return Part(Section(""), kind, size=size, **more)  # type: ignore[arg-type]


def multi(kind: str, *parts: Part, **params: str) -> Part:
    return Part(
        Section(""), f"multipart/{kind}", tuple(params.items()), parts=tuple(parts)
    )


def message(body: Part) -> Part:
    return Part(Section("2"), "message/rfc822", parts=(body,), summary="Lunch")


TEXT = leaf("text/plain")
PAGE = leaf("text/html")
PICTURE = leaf("image/png", content_id="<logo>")
PDF = leaf("application/pdf", filename="a.pdf", disposition="attachment")
INVITE = leaf("text/calendar")
ICS = leaf("application/ics", filename="invite.ics", disposition="attachment")
PATCH = leaf("text/x-patch", filename="0001-fix.patch", disposition="inline")
REPORT = leaf("message/delivery-status")
PGP = leaf("application/pgp-encrypted")
SECRET = leaf("application/octet-stream")
SIGNATURE = leaf(
    "application/pgp-signature", filename="signature.asc", disposition="attachment"
)
VERSION = leaf("application/pgp-encrypted", disposition="attachment")

CASES: list[tuple[str, Part, list[str], list[str]]] = [
    ("a plain message", TEXT, ["text/plain"], ["text/plain"]),
    (
        "alternatives",
        multi("alternative", TEXT, PAGE),
        ["text/plain"],
        ["text/html"],
    ),
    (
        "a page with its pictures",
        multi("alternative", TEXT, multi("related", PAGE, PICTURE)),
        ["text/plain"],
        ["text/html"],
    ),
    (
        "an empty text beside a page",
        multi("alternative", leaf("text/plain", 2), PAGE),
        ["text/html"],
        ["text/html"],
    ),
    (
        "two texts, and a file between them",
        multi("mixed", TEXT, PDF, leaf("text/plain", 7)),
        ["text/plain", "text/plain"],
        ["text/plain", "text/plain"],
    ),
    (
        "a patch in the mail",
        multi("mixed", TEXT, PATCH),
        ["text/plain", "text/x-patch"],
        ["text/plain", "text/x-patch"],
    ),
    (
        "an invitation, once",
        multi("mixed", multi("alternative", TEXT, PAGE, INVITE), ICS),
        ["text/calendar", "text/plain"],
        ["text/calendar", "text/html"],
    ),
    (
        "an invitation that is only a file",
        multi("mixed", TEXT, ICS),
        ["text/plain", "application/ics"],
        ["text/plain", "application/ics"],
    ),
    (
        "a report before the words around it",
        multi("report", TEXT, REPORT, message(TEXT)),
        ["message/delivery-status", "text/plain", "message/rfc822"],
        ["message/delivery-status", "text/plain", "message/rfc822"],
    ),
    (
        "what was signed, not the signature",
        multi("signed", TEXT, leaf("application/pgp-signature")),
        ["text/plain"],
        ["text/plain"],
    ),
    (
        "an encrypted message whole",
        multi("encrypted", PGP, SECRET),
        ["multipart/encrypted"],
        ["multipart/encrypted"],
    ),
    (
        "a digest",
        multi("digest", message(TEXT), message(PAGE)),
        ["message/rfc822", "message/rfc822"],
        ["message/rfc822", "message/rfc822"],
    ),
    ("only a file", PDF, [], []),
    (
        "a page that is a file",
        multi("mixed", TEXT, leaf("text/html", filename="report.html")),
        ["text/plain"],
        ["text/plain"],
    ),
    (
        "related parts whose root is not the first",
        multi(
            "related",
            PICTURE,
            leaf("text/html", content_id="<root>"),
            start="<root>",
        ),
        ["text/html"],
        ["text/html"],
    ),
]


@pytest.mark.parametrize(
    ("root", "plain", "html"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_read_of(root: Part, plain: list[str], html: list[str]) -> None:
    assert [b.part.media_type for b in blocks(root, "plain")] == plain
    assert [b.part.media_type for b in blocks(root, "html")] == html


def test_a_message_of_thousands_of_texts_is_cut() -> None:
    root = multi("mixed", *[TEXT] * 1000)
    assert len(blocks(root)) == 50


def test_texts_nested_deeply_are_found() -> None:
    root = TEXT
    for _ in range(30):
        root = multi("mixed", root)
    assert text_part(root) == TEXT


def test_an_encrypted_message_is_read_with_what_is_encrypted() -> None:
    assert text_part(multi("encrypted", PGP, SECRET)) == SECRET


def test_a_message_of_files_has_no_text() -> None:
    assert text_part(multi("mixed", PDF, PDF)) is None


def test_a_reply_to_a_message_within_is_not_its_text() -> None:
    assert text_part(multi("mixed", message(TEXT))) is None


@pytest.mark.parametrize(
    ("root", "both"),
    [
        (TEXT, (True, False)),
        (PAGE, (False, True)),
        (multi("alternative", TEXT, PAGE), (True, True)),
        (multi("mixed", TEXT, leaf("text/html", filename="x.html")), (True, False)),
    ],
)
def test_whether_there_is_another_way_to_read_it(
    root: Part, both: tuple[bool, bool]
) -> None:
    assert both_texts(root) == both


def test_a_message_within_is_found_by_its_section() -> None:
    root = multi("mixed", TEXT, message(PAGE))
    assert embedded(root, Section("2")) == PAGE
    assert embedded(root, Section("1")) is None


@pytest.mark.parametrize(
    ("root", "files"),
    [
        (multi("mixed", TEXT, PDF), [PDF]),
        (multi("alternative", TEXT, multi("related", PAGE, PICTURE)), []),
        (multi("mixed", TEXT, leaf("image/png")), [leaf("image/png")]),
        (multi("mixed", TEXT, PATCH), [PATCH]),
        (multi("mixed", multi("alternative", TEXT, PAGE, INVITE), ICS), [ICS]),
        (multi("report", TEXT, REPORT, message(TEXT)), [message(TEXT)]),
        (multi("signed", TEXT, leaf("application/pgp-signature")), []),
        (multi("signed", TEXT, SIGNATURE), []),
        (multi("mixed", TEXT, SIGNATURE), [SIGNATURE]),
        (multi("encrypted", VERSION, SECRET), []),
        (multi("mixed", leaf("text/plain", 0), VERSION, SECRET), []),
        (multi("mixed", TEXT, SECRET), [SECRET]),
        (multi("mixed", TEXT, leaf("text/plain", 8)), []),
        (leaf("text/plain", filename="body.txt"), []),
    ],
)
def test_what_counts_as_an_attachment(root: Part, files: list[Part]) -> None:
    assert attachments(root) == files


def test_what_exchange_tore_apart_is_encrypted_all_the_same() -> None:
    torn = multi("mixed", leaf("text/plain", 0), VERSION, SECRET, TEXT)
    kinds = [block.part.media_type for block in blocks(torn)]
    assert kinds == ["text/plain", "multipart/encrypted", "text/plain"]
    assert blocks(torn)[1].part.parts == (VERSION, SECRET)


BOX = leaf("application/ms-tnef", filename="winmail.dat", disposition="attachment")


@pytest.mark.parametrize(
    "root", [BOX, multi("mixed", BOX), multi("mixed", leaf("text/plain", 2), BOX)]
)
def test_a_box_is_opened_where_nothing_else_can_be_read(root: Part) -> None:
    assert blocks(root)[-1].part == BOX
    assert attachments(root) == [BOX]


def test_a_box_beside_a_text_stays_closed() -> None:
    root = multi("mixed", TEXT, BOX)
    assert [block.part for block in blocks(root)] == [TEXT]
    assert text_part(root) == TEXT


def test_a_big_box_is_not_fetched_unasked() -> None:
    big = BOX._replace(size=20_000_000)
    assert blocks(multi("mixed", big)) == ()
    assert text_part(big) is None
