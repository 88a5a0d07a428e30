"""Mailing lists: their names, their archives, and how to leave them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.cost import grows_linearly
from tuimail.mail.headers import raw_fields
from tuimail.mail.lists import MailingList, Mailto, mailing_list
from tuimail.mail.sanitize import is_safe

LEAVE = "List-Unsubscribe: <https://news.example.org/u?x=1>"
POST = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def read(*lines: str) -> MailingList:
    return mailing_list(raw_fields("\r\n".join(lines).encode()))


def leaving(targets: str) -> MailingList:
    return read(f"List-Unsubscribe: {targets}", POST)


def test_a_message_of_no_list_says_nothing() -> None:
    assert not read("From: ann@example.org")
    assert read(LEAVE)


@pytest.mark.parametrize(
    ("value", "name", "identity"),
    [
        ("<dev.lists.example.org>", "dev.lists.example.org", "dev.lists.example.org"),
        ("The Devs <Dev.Example.ORG>", "The Devs", "dev.example.org"),
        ('"The \\"Devs\\"  here" <dev.example.org>', 'The "Devs" here', None),
        ("=?utf-8?q?D=C3=A9vs?= <dev.example.org>", "Dévs", None),
        ("Devs <a@b> <dev.example.org> (x)", "Devs <a@b>", None),
        ("dev.example.org", "dev.example.org", "dev.example.org"),
        ("just words", "", ""),
        ("", "", ""),
    ],
)
def test_a_list_has_a_name_and_an_id(
    value: str, name: str, identity: str | None
) -> None:
    found = read(f"List-Id: {value}")
    assert found.name == name
    assert found.id == ("dev.example.org" if identity is None else identity)


@pytest.mark.parametrize(
    ("value", "post"),
    [
        ("<mailto:dev@example.org>", "dev@example.org"),
        ("<mailto:dev@Example.org?subject=x> (the list)", "dev@example.org"),
        ("NO", ""),
        ("NO (posting is for members)", ""),
        ("<https://example.org/post>, <mailto:dev@example.org>", "dev@example.org"),
    ],
)
def test_where_to_write_to(value: str, post: str) -> None:
    assert read(f"List-Post: {value}").post == post


@pytest.mark.parametrize(
    ("value", "archive"),
    [
        ("<https://example.org/a/>", "https://example.org/a/"),
        ("<http://example.org/a/>", "http://example.org/a/"),
        ("<http://example.org/a/>, <https://example.org/>", "https://example.org/"),
        ("https://example.org/a/ (all of it)", "https://example.org/a/"),
        ("<https://example.org/a\r\n /b>", "https://example.org/a/b"),
        ("<file:///etc/passwd>", ""),
        ("<javascript:alert(1)>", ""),
        ("<https://bank.example@evil.example/>", ""),
        ("<https://[::1>", ""),
        ("<https://example.org\\@evil.example/>", ""),
        ("<https://example.org:x/>", ""),
        ("<>", ""),
    ],
)
def test_archives_are_pages(value: str, archive: str) -> None:
    assert read(f"List-Archive: {value}").archive == archive
    assert read(f"Archived-At: {value}").archived_at == archive


# -- leaving -----------------------------------------------------------------


def test_one_click_needs_both_fields() -> None:
    found = read(LEAVE, POST)
    assert found.one_click
    assert found.unsubscribe_https == "https://news.example.org/u?x=1"
    assert found.host == "news.example.org"
    assert not read(LEAVE).one_click
    assert not read(POST).one_click


@pytest.mark.parametrize(
    "lines",
    [
        (LEAVE, "List-Unsubscribe-Post: List-Unsubscribe=one-click"),
        (LEAVE, POST + "; x"),
        (LEAVE, POST, POST),
        (LEAVE, LEAVE, POST),
        ("List-Unsubscribe: <mailto:a@example.org>", POST),
    ],
)
def test_one_click_is_exactly_that(lines: tuple[str, ...]) -> None:
    assert not read(*lines).one_click


@pytest.mark.parametrize(
    "target",
    [
        "http://news.example.org/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://127.0.0.0x1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://localhost/",
        "https://printer.local/",
        "https://router/",
        "https://news.example.org:8443/",
        "https://bank.example@evil.example/",
        "https://аpple.example/",
        "https:///x",
        "https:news.example.org",
        "javascript:1",
        "data:text/html,x",
        "https://news.example.org/\x1b[2J",
        "https://news.example.org/" + "x" * 3000,
        'https://news.example.org/"x',
    ],
)
def test_what_must_not_be_posted_to_is_not_offered(target: str) -> None:
    found = leaving(f"<{target}>")
    assert (found.unsubscribe_https, found.host, found.one_click) == ("", "", False)


def test_the_first_target_of_each_kind_counts() -> None:
    found = leaving(
        "<javascript:1>, <http://127.0.0.1/>, <mailto:x@y.example?attach=/etc/passwd>,"
        " <https://a.example/1>, <https://b.example/2>, <mailto:z@y.example>"
    )
    assert found.unsubscribe_https == "https://a.example/1"
    assert found.unsubscribe_mailto == Mailto("x@y.example")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("mailto:a@b.example", Mailto("a@b.example")),
        ("MAILTO:a@B.example?Subject=leave", Mailto("a@b.example", "leave")),
        (
            "mailto:a@b.example?subject=a%20b+c&body=x%0D%0Ay",
            Mailto("a@b.example", "a b+c", "x\ny"),
        ),
        ("mailto:a%2Bx@b.example", Mailto("a+x@b.example")),
        (
            "mailto:a@b.example?subject=x%0d%0aBcc:%20e@x.example",
            Mailto("a@b.example", "x Bcc: e@x.example"),
        ),
        (
            "mailto:a@b.example?bcc=e@x&cc=e@x&to=e@x&from=e@x&body=%00%1b[1m",
            Mailto("a@b.example", "", "[1m"),
        ),
        (
            "mailto:a@b.example?subject=1&subject=2&SUBJECT=3",
            Mailto("a@b.example", "1"),
        ),
        ("mailto:a@b.example?subject=%E2%80%AEx%C2%85", Mailto("a@b.example", "x")),
        ("mailto:a@b.example?subject=%2541", Mailto("a@b.example", "%41")),
        ("mailto:a@b.example,c@d.example", None),
        ("mailto:a@b.example%2Cc@d.example", None),
        ("mailto:a@b.example%0d%0aBcc:x", None),
        ("mailto:?to=a@b.example", None),
        ("mailto:", None),
        ("mailto:%3Ca@b.example%3E", None),
        ("mailto:=%3Futf-8%3Fq%3Fx%3F=@b.example", None),
    ],
)
def test_of_mailto_only_address_subject_and_body_are_kept(
    target: str, expected: Mailto | None
) -> None:
    assert leaving(f"<{target}>").unsubscribe_mailto == expected


@pytest.mark.parametrize(
    ("covered", "signers"),
    [
        ("from:list-unsubscribe:list-unsubscribe-post", ("example.org",)),
        ("From : List-Unsubscribe :\r\n List-Unsubscribe-Post", ("example.org",)),
        ("from:list-unsubscribe", ()),
        ("from:list-unsubscribe-post", ()),
        ("", ()),
    ],
)
def test_a_signature_covers_both_fields_or_does_not_count(
    covered: str, signers: tuple[str, ...]
) -> None:
    found = read(f"DKIM-Signature: v=1; d=Example.org; h={covered}; b=h=x")
    assert found.signers == signers
    assert found.signed == bool(signers)


# -- hostile ones ------------------------------------------------------------

NAMES = ["List-Id", "List-Post", "List-Unsubscribe", "List-Archive", "DKIM-Signature"]
PIECES = ["<", ">", "mailto:", "https://", "a@b.example", "?", "&", "subject=", "%0a"]
ODD = [",", " ", "(", ")", "\x1b", "\u202e", "é", ";", "h=", "[", ":", "=?utf-8?q?x?="]
VALUES = st.lists(st.sampled_from(PIECES + ODD), max_size=30).map("".join)


@given(st.sampled_from(NAMES), VALUES)
def test_any_field_is_read_and_what_is_shown_is_safe(name: str, value: str) -> None:
    found = mailing_list([(name.encode(), value.encode())])
    assert is_safe(found.name)
    assert is_safe(found.id)
    for text in (found.post, found.archive, found.unsubscribe_https, found.host):
        assert text.isascii()
        assert text.isprintable()
    for mailto in (found.unsubscribe_mailto, found.help):
        assert mailto is None or mailto.subject.replace("\n", "x").isprintable()


@pytest.mark.parametrize("piece", ["<", "<>", "(", "()", "a<b>", ":", ";h=a:", "\\"])
def test_reading_takes_time_in_proportion_to_the_size(piece: str) -> None:
    def work(size: int) -> None:
        value = piece.encode() * (size // len(piece))
        mailing_list([(name.encode(), value) for name in NAMES])

    assert grows_linearly(work, 60_000)


def test_real_ways_to_leave_are_read(corpora: Path) -> None:
    """Measured: all of 161 fields; 49 of them with an https target."""
    fields = []
    for path in corpora.rglob("*"):
        if path.is_file() and path.suffix not in {".html", ".md", ".json", ".out"}:
            with path.open("rb") as file:
                found = raw_fields(file.read(256 * 1024))
            fields += [each for each in found if each[0].lower() == b"list-unsubscribe"]
    read = [mailing_list([each]) for each in fields]
    known = [each for each in read if each.unsubscribe_https or each.unsubscribe_mailto]
    assert len(fields) >= 150
    assert len(known) >= 0.98 * len(fields)
