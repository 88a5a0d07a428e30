"""Encoded words and parameters as the world writes them (RFC 2047, RFC 2231)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.words import PARAMS_MAX, decode_words, parse_params

PIECES = b"""=?|?=|?q?|?b?|utf-8|=C3|=|?| |\r\n |\xff|;|"|\\|*0*=|name|''|%C3|(|\0"""
fuzz = st.lists(st.sampled_from(PIECES.split(b"|")), max_size=30).map(b"".join)


@given(st.one_of(fuzz, st.binary(max_size=100)))
def test_nothing_is_raised_for_any_field(raw: bytes) -> None:
    assert isinstance(decode_words(raw), str)
    value, params = parse_params(raw)
    assert isinstance(value, str)
    assert len(params) <= PARAMS_MAX


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_words_cut_within_characters_are_put_together(text: str) -> None:
    octets = text.encode()
    words = [
        b"=?utf-8?b?" + base64.b64encode(octets[at : at + 5]) + b"?="
        for at in range(0, len(octets), 5)
    ]
    assert decode_words(b"\r\n ".join(words)) == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b" plain text", "plain text"),
        (b"folded\r\n text", "folded text"),
        (b"=?utf-8?q?Zo=C3=AB?=", "Zoë"),
        (b"=?UTF-8?B?Wm/Dqw==?=", "Zoë"),
        (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        (b"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        (b"a=?utf-8?q?b?=c", "abc"),
        (b"=?utf-8?q?hello world?=", "hello world"),
        (b"=?utf-8?q?what??=", "what?"),
        (b"=?utf-8*en?q?=C3=A9?=", "é"),
        (b'=?"utf-8"?q?=C3=A9?=', "é"),
        (b"=?utf-8?q??=", ""),
        (b"Z\xc3\xb6e \xf0\x9f\x98\x80", "Zöe 😀"),
        (b"caf\xe9", "café"),
        (b"=?utf-8?q?a=0D=0ABcc:_evil@x?=", "a\r\nBcc: evil@x"),
    ],
)
def test_a_field_is_decoded(raw: bytes, text: str) -> None:
    assert decode_words(raw) == text


@pytest.mark.parametrize(
    "raw",
    [b"=?utf-8?q?open", b"=?utf-8?x?a?=", b"=??q?a?=", b"=?utf-8?b?!!!?=", b"=??="],
)
def test_a_broken_word_stays_as_it_stands(raw: bytes) -> None:
    assert decode_words(raw) == raw.decode()


@pytest.mark.parametrize(
    ("raw", "params"),
    [
        (b'a/b; charset="x y"', {"charset": "x y"}),
        (b'a/b; charset="utf-8" (a comment)', {"charset": "utf-8"}),
        (b"a/b; Name=x.txt", {"name": "x.txt"}),
        (b'a/b; filename="a\\"b"', {"filename": 'a"b'}),
        (b'a/b; filename="a;b"', {"filename": "a;b"}),
        (b'a/b; filename*0="../"; filename*1="x"', {"filename": "../x"}),
        (b"a/b; filename*=utf-8''..%2Fpasswd", {"filename": "../passwd"}),
        (b"a/b; filename=a; filename*=utf-8''%C3%A9", {"filename": "é"}),
        (b"a/b; name*0*=utf-8''%C3; name*1*=%A9", {"name": "é"}),
        (b"a/b; name*1=b; name*0=a", {"name": "ab"}),
        (b'a/b; name="=?utf-8?q?=2E=2E=2Fa=0Ab?="', {"name": "../a\nb"}),
        (b"a/b; name=" + "é".encode(), {"name": "é"}),
        (b"a/b; filename*" + b"9" * 5000 + b"=x; y=1", {"y": "1"}),
        (b"a/b; x=1; x=2", {"x": "1"}),
        (b"a/b;;;; x=1", {"x": "1"}),
    ],
)
def test_parameters_are_decoded(raw: bytes, params: dict[str, str]) -> None:
    value, found = parse_params(raw)
    assert value == "a/b"
    assert dict(found) == params
