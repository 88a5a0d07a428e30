"""Whatever a From field does, its true address is found or the field is suspect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.addresses import ADDRESSES_MAX, name_lies, parse_addresses

PIECES = (
    b"""a@b.c|x| |<|>|,|;|:|"|\\|(|)|[|]|@|=?utf-8?q?a=40b.c?=|.|\0|\xff|\xc3\xa9"""
)
pieces = st.lists(st.sampled_from(PIECES.split(b"|")), max_size=25).map(b"".join)
local = st.text("abcXYZ0189.!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=20)
names = st.text(st.sampled_from("abc ÄöД議,;:<>()[]\\\"'."), max_size=20)


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def three(raw: bytes) -> list[tuple[str, str, bool]]:
    return [(each.name, each.addr, each.suspect) for each in parse_addresses(raw)]


@given(st.one_of(pieces, st.binary(max_size=80)))
def test_nothing_is_raised_for_any_field(raw: bytes) -> None:
    assert len(parse_addresses(raw)) <= ADDRESSES_MAX


@given(pieces, st.sampled_from([b"", b" ", b"x ", b'"x" ']))
def test_an_address_in_brackets_is_found_or_the_field_is_suspect(
    before: bytes, name: bytes
) -> None:
    found = parse_addresses(before + name + b"<evil@x.example>")
    assert any(
        each.addr == "evil@x.example" or each.suspect or "evil@x.example" in each.addr
        for each in found
    )


@given(local, names)
def test_what_is_well_written_is_read_back(user: str, name: str) -> None:
    raw = f"{quoted(name)} <{user}@example.org>".encode()
    (found,) = parse_addresses(raw)
    assert found.addr == f"{user}@example.org"
    assert found.name == name.strip()


@pytest.mark.parametrize(
    ("raw", "name", "addr"),
    [
        (b"a@b.c", "", "a@b.c"),
        (b"<a@b.c>", "", "a@b.c"),
        (b"Joe Doe <a@b.c>", "Joe Doe", "a@b.c"),
        (b'"Doe, Joe" <a@b.c>', "Doe, Joe", "a@b.c"),
        (b"Doe, Joe <a@b.c>", "Doe, Joe", "a@b.c"),
        (b"Joe Q. Public <a@b.c>", "Joe Q. Public", "a@b.c"),
        (b'"Joe \\"X\\" Doe" <a@b.c>', 'Joe "X" Doe', "a@b.c"),
        (b"a@b.c (Joe (J) Doe)", "Joe (J) Doe", "a@b.c"),
        (b"=?utf-8?q?Zo=C3=AB?= <a@b.c>", "Zoë", "a@b.c"),
        (b'"=?utf-8?q?Zo=C3=AB?=" <a@b.c>', "Zoë", "a@b.c"),
        ("Zoë <zoë@exämple.org>".encode(), "Zoë", "zoë@exämple.org"),
        (b"J\xf6rg <a@b.c>", "Jörg", "a@b.c"),
        (b"<@relay.example,@b.c:a@b.c>", "", "a@b.c"),
        (b"Joe <a . b @ c . d>", "Joe", "a.b@c.d"),
        (b'"a b"@c.d', "", '"a b"@c.d'),
        (b"a@[192.0.2.1]", "", "a@[192.0.2.1]"),
        (b"Joe\r\n Doe\r\n <a@b.c>", "Joe Doe", "a@b.c"),
        (b"a@b.c <a@b.c>", "a@b.c", "a@b.c"),
        (b"MAILER-DAEMON (Mail System)", "Mail System", "MAILER-DAEMON"),
    ],
)
def test_an_honest_address_is_read(raw: bytes, name: str, addr: str) -> None:
    assert three(raw) == [(name, addr, False)]


@pytest.mark.parametrize(
    ("raw", "addr"),
    [
        (b"boss@corp.com <evil@x.org>", "evil@x.org"),
        (b'"boss@corp.com" <evil@x.org>', "evil@x.org"),
        (b"boss@corp.com" + b" " * 300 + b"<evil@x.org>", "evil@x.org"),
        (
            b"=?utf-8?q?evil=40x=2Eorg=22_=3Cboss=40corp=2Ecom=3E?= <evil@x.org>",
            "evil@x.org",
        ),
        (b"=?utf-8?q?boss=40corp=2Ecom=3C=0A=0A?= <evil@x.org>", "evil@x.org"),
        ("boss\uff20corp.com <evil@x.org>".encode(), "evil@x.org"),
        ("boss@\u200bcorp.com <evil@x.org>".encode(), "evil@x.org"),
        ("boss@corp\uff0ecom <evil@x.org>".encode(), "evil@x.org"),
        (b"alice@example.org(<bob@evil.org>", "alice@example.org"),
        (b"alice@example.org (x) (<bob@evil.org>", "alice@example.org"),
        (b"alice@example.org@<bob@evil.org>", "bob@evil.org"),
        (b"evil@x.org@corp.com", "evil@x.org@corp.com"),
        (b"<evil@x.org", "evil@x.org"),
        (b"<evil@x.org> boss", "evil@x.org"),
        (b"<<evil@x.org>>", "evil@x.org"),
        ("<evil@x\u202e.org>".encode(), "evil@x\u202e.org"),
        (b"<=?utf-8?q?boss?=@x.org>", "=?utf-8?q?boss?=@x.org"),
        (b"=?utf-8?q?boss?=@x.org", "=?utf-8?q?boss?=@x.org"),
        (b"@:(<evil@x.org>", ""),
        (b"<>", ""),
        (b"The Boss", ""),
        (b"((((", ""),
    ],
)
def test_a_field_that_hides_something_is_suspect(raw: bytes, addr: str) -> None:
    (found,) = parse_addresses(raw)
    assert found.addr == addr
    assert found.suspect


def test_encoded_words_within_an_address_are_never_decoded() -> None:
    raw = (
        b"=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?==?utf-8?Q?=00?="
        b"=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?=@mailsploit.com"
    )
    assert three(raw) == [("", raw.decode(), True)]


@pytest.mark.parametrize(
    ("raw", "addrs"),
    [
        (b"a@b.c, D <d@e.f>", ["a@b.c", "d@e.f"]),
        (b"a@b.c,,d@e.f,", ["a@b.c", "d@e.f"]),
        (b"group: a@b.c, D <d@e.f>;, x@y.z", ["a@b.c", "d@e.f", "x@y.z"]),
        (b"undisclosed-recipients:;", []),
        (b"g:g:g:;;;", []),
        (b"", []),
        (b" , ,", []),
        (b"boss@corp.com, <evil@x.org>", ["boss@corp.com", "evil@x.org"]),
        (b"boss@corp.com evil@x.org", ["boss@corp.com", "evil@x.org"]),
        (b"<boss@corp.com> <evil@x.org>", ["boss@corp.com", "evil@x.org"]),
        (b"<evil@x.org>: boss@corp.com", ["evil@x.org", "boss@corp.com"]),
    ],
)
def test_every_address_of_a_field_is_found(raw: bytes, addrs: list[str]) -> None:
    assert [each.addr for each in parse_addresses(raw)] == addrs


def test_the_number_of_addresses_is_limited() -> None:
    found = parse_addresses(b"a@b.c," * 10_000)
    assert len(found) == ADDRESSES_MAX


def test_a_name_that_repeats_the_address_does_not_lie() -> None:
    assert not name_lies("'A@B.c'", "a@b.c")
    assert not name_lies("Joe @ Work", "a@b.c")
    assert name_lies("joe@x.org via list", "list@b.c")
