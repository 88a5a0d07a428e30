"""Which way the password goes, and that it goes no other."""

from __future__ import annotations

import base64

import pytest

from tests.servers.scripted import Peer, Scripted
from tuimail.config import Security
from tuimail.errors import Refused, Unreachable, Unsupported
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint


def sent(capabilities: bytes, user: str, secret: str) -> list[bytes]:
    """The lines a client sends to log in, without their tags."""

    def authenticate(peer: Peer, tag: bytes, line: bytes) -> None:
        if line.strip().endswith(b"PLAIN"):
            peer.send(b"+ \r\n")
            lines.append(peer.line())
        peer.send(tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")

    lines: list[bytes] = []
    greeting = b"* OK [CAPABILITY IMAP4rev1 " + capabilities + b"] hello\r\n"
    answers = {
        "AUTHENTICATE": authenticate,
        "LOGIN": b"{tag} OK [CAPABILITY IMAP4rev1] in\r\n",
    }
    with Scripted(answers, greeting=greeting) as server:  # type: ignore[arg-type]
        where = Endpoint("127.0.0.1", server.port, Security.NONE, user)
        session = ImapSession(where, lambda: secret)
        session.connect()
        session.close()
        return [line.split(b" ", 1)[1].strip() for line in server.lines] + lines


def plain(user: str, secret: str) -> bytes:
    return base64.b64encode(f"\0{user}\0{secret}".encode())


def test_ascii_goes_by_login_with_its_quotes() -> None:
    assert sent(b"AUTH=PLAIN", "ann", 'a "b\\ {3}') == [b'LOGIN "ann" "a \\"b\\\\ {3}"']


def test_other_letters_go_by_authenticate_in_one_line() -> None:
    token = plain("jörg", "ß€")
    assert sent(b"AUTH=PLAIN SASL-IR", "jörg", "ß€") == [b"AUTHENTICATE PLAIN " + token]


def test_without_sasl_ir_the_secret_waits_for_the_question() -> None:
    assert sent(b"AUTH=PLAIN", "ann", "ß") == [
        b"AUTHENTICATE PLAIN",
        plain("ann", "ß") + b"\r\n",
    ]


def test_a_disabled_login_is_not_used() -> None:
    assert sent(b"LOGINDISABLED AUTH=PLAIN SASL-IR", "ann", "x") == [
        b"AUTHENTICATE PLAIN " + plain("ann", "x")
    ]


@pytest.mark.parametrize(
    ("capabilities", "secret"),
    [(b"LOGINDISABLED", "x"), (b"", "ß"), (b"LOGINDISABLED AUTH=GSSAPI", "x")],
)
def test_where_no_way_is_offered_nothing_is_sent(
    capabilities: bytes, secret: str
) -> None:
    with pytest.raises(Unsupported, match="no way to log in"):
        sent(capabilities, "ann", secret)


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (b"NO no", Refused, "AUTHENTICATIONFAILED"),
        (b"BAD what", Refused, "AUTHENTICATIONFAILED"),
        (b"NO [EXPIRED] too old", Refused, "EXPIRED"),
        (b"NO [UNAVAILABLE] later", Unreachable, "UNAVAILABLE"),
        (b"NO [LIMIT] too many connections", Unreachable, "LIMIT"),
    ],
)
def test_a_refusal_says_whether_trying_again_helps(
    answer: bytes, error: type[Exception], code: str
) -> None:
    with Scripted({"LOGIN": b"{tag} " + answer + b"\r\n"}) as server:
        where = Endpoint("127.0.0.1", server.port, Security.NONE, "ann")
        with pytest.raises(error) as told:
            ImapSession(where, lambda: "secret").connect()
        assert getattr(told.value, "code", None) == code
        assert "secret" not in str(told.value)


@pytest.mark.parametrize("user", ["a\r\nT9 LOGOUT", "a\nb", "a\0b"])
def test_a_user_name_cannot_carry_a_command(user: str) -> None:
    with Scripted() as server:
        where = Endpoint("127.0.0.1", server.port, Security.NONE, user)
        with pytest.raises(Refused, match="line ends"):
            ImapSession(where, lambda: "secret").connect()
        assert server.lines == []
