"""The door of a maildrop: which way the password goes, and what a refusal means."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.dovecot import make_certificate
from tests.servers.scripted import Answer, Peer
from tests.servers.scripted_pop import BARE, ScriptedPop
from tuimail.config import Security
from tuimail.errors import (
    AccountError,
    Busy,
    Refused,
    ServerFault,
    Unreachable,
    Unsupported,
)
from tuimail.net.pop3 import Pop3Session
from tuimail.net.session import Endpoint

Answers = dict[str, Answer | list[bytes]]


def session_of(
    server: ScriptedPop,
    security: Security = Security.NONE,
    *,
    user: str = "ann",
    secret: str = "secret",
    oauth: bool = False,
    fingerprint: str = "",
) -> Pop3Session:
    endpoint = Endpoint("127.0.0.1", server.port, security, user, fingerprint)
    return Pop3Session(
        endpoint,
        lambda: secret,
        oauth=oauth,
        connect_timeout_s=2.0,
        response_timeout_s=2.0,
    )


def capa(*lines: bytes) -> bytes:
    return b"+OK\r\n" + b"".join(line + b"\r\n" for line in lines) + b".\r\n"


def sent(answers: Answers, **how: object) -> list[bytes]:
    """The lines a client sends to log in, but for CAPA."""
    with ScriptedPop(answers) as server:
        session = session_of(server, **how)  # type: ignore[arg-type]
        session.connect()
        session.close()
        return [line.rstrip() for line in server.lines if line != b"CAPA\r\n"]


def asks_for_more(final: bytes) -> tuple[list[bytes], Callable[..., None]]:
    """An AUTH that waits for a word, then ends so; and the words it got."""
    words: list[bytes] = []

    def auth(peer: Peer, verb: bytes, line: bytes) -> None:
        peer.send(b"+ \r\n")
        words.append(peer.line().rstrip())
        peer.send(final)

    return words, auth


# -- the way of the password ------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [BARE, capa(b"TOP"), capa(b"USER"), capa(b"SASL SCRAM-SHA-1", b"USER")],
)
def test_a_simple_server_is_told_name_and_password(answer: bytes) -> None:
    assert sent({"CAPA": answer}) == [b"USER ann", b"PASS secret"]


def test_plain_is_taken_where_it_is_offered() -> None:
    token = base64.b64encode(b"\0\xc3\xa4nn\0se cret")
    found = sent(
        {"CAPA": capa(b"SASL LOGIN plain", b"USER")}, user="änn", secret="se cret"
    )
    assert found == [b"AUTH PLAIN " + token]


def test_a_long_password_goes_by_itself() -> None:
    words, auth = asks_for_more(b"+OK\r\n")
    secret = "x" * 300
    found = sent({"CAPA": capa(b"SASL PLAIN"), "AUTH": auth}, secret=secret)
    assert found == [b"AUTH PLAIN"]
    assert words == [base64.b64encode(b"\0ann\0" + secret.encode())]


def test_an_access_token_goes_by_xoauth2() -> None:
    found = sent({"CAPA": capa(b"SASL PLAIN XOAUTH2")}, secret="t0ken", oauth=True)
    token = base64.b64encode(b"user=ann\1auth=Bearer t0ken\1\1")
    assert found == [b"AUTH XOAUTH2 " + token]


def test_a_refused_token_is_answered_with_an_empty_line() -> None:
    words, auth = asks_for_more(b"-ERR [AUTH] no\r\n")
    answers: Answers = {"CAPA": capa(b"SASL XOAUTH2"), "AUTH": auth}
    with ScriptedPop(answers) as server, pytest.raises(Refused):
        session_of(server, oauth=True).connect()
    assert words == [b""]


def test_a_token_is_not_sent_to_who_cannot_take_it() -> None:
    with ScriptedPop({"CAPA": capa(b"SASL PLAIN", b"USER")}) as server:
        with pytest.raises(Unsupported, match="XOAUTH2"):
            session_of(server, oauth=True).connect()
        assert server.verbs == ["CAPA"]


def test_a_server_that_takes_no_passwords_is_sent_none() -> None:
    with ScriptedPop({"CAPA": capa(b"SASL GSSAPI")}) as server:
        with pytest.raises(Unsupported):
            session_of(server).connect()
        assert server.verbs == ["CAPA"]


def test_a_time_stamp_in_the_greeting_changes_nothing() -> None:
    greeting = b"+OK ready <1896.697170952@example.org>\r\n"
    with ScriptedPop({"CAPA": BARE}, greeting=greeting) as server:
        session_of(server).connect()
        assert server.verbs == ["CAPA", "USER", "PASS"]


def test_utf8_is_asked_for_where_it_is_offered_and_may_be_refused() -> None:
    found = sent({"CAPA": capa(b"UTF8 USER", b"USER"), "UTF8": BARE}, user="änn")
    assert found == [b"UTF8", "USER änn".encode(), b"PASS secret"]


@pytest.mark.parametrize("secret", ["a\r\nDELE 1", "a\nb", "a\0b"])
def test_a_secret_with_line_ends_is_never_sent(secret: str) -> None:
    with ScriptedPop() as server:
        with pytest.raises(Refused):
            session_of(server, secret=secret).connect()
        assert server.verbs == ["CAPA"]


# -- protection -------------------------------------------------------------


def test_plain_text_to_another_machine_needs_consent() -> None:
    endpoint = Endpoint("192.0.2.1", 110, Security.NONE, "ann")
    with pytest.raises(Refused, match="insecure"):
        Pop3Session(endpoint, lambda: "secret").connect()


@pytest.mark.parametrize(
    "answer",
    [
        BARE,
        b"+OK go\r\n+OK injected\r\n",
        b"+OK go\r\nx",
        b"* OK go\r\n",
        b"+ go\r\n",
        b"\r\n",
    ],
)
def test_tampering_around_stls_ends_before_the_password(answer: bytes) -> None:
    with ScriptedPop({"STLS": answer}) as server:
        with pytest.raises((Refused, Unreachable, ServerFault)):
            session_of(server, Security.STARTTLS).connect()
        assert server.verbs == ["STLS"]


def test_tls_to_a_plain_port_says_what_to_try() -> None:
    with ScriptedPop() as server, pytest.raises(Unreachable, match="port 110"):
        session_of(server, Security.TLS).connect()


def test_capabilities_are_asked_behind_tls(tmp_path: Path) -> None:
    make_certificate(tmp_path, "localhost", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())

    def stls(peer: Peer, verb: bytes, line: bytes) -> None:
        peer.send(b"+OK\r\n")
        peer.sock = context.wrap_socket(peer.sock, server_side=True)
        peer.file = peer.sock.makefile("rb")

    with ScriptedPop({"STLS": stls}) as server:
        pin = hashlib.sha256(der).hexdigest()
        session = session_of(server, Security.STARTTLS, fingerprint=pin)
        session.connect()
        session.close()
        assert server.verbs == ["STLS", "CAPA", "USER", "PASS", "CAPA"]


# -- what a refusal means ---------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (b"-ERR [AUTH] bad password\r\n", Refused, "AUTH"),
        (b"-ERR bad password\r\n", Refused, "AUTH"),
        (b"-err\r\n", Refused, "AUTH"),
        (b"-ERR [IN-USE] another one is here\r\n", Busy, "IN-USE"),
        (b"-ERR maildrop already locked\r\n", Busy, "IN-USE"),
        (b"-ERR unable to lock mailbox\r\n", Busy, "IN-USE"),
        (b"-ERR account locked\r\n", Refused, "AUTH"),
        (b"-ERR [LOGIN-DELAY] too soon\r\n", Busy, "LOGIN-DELAY"),
        (b"-ERR [sys/temp] later\r\n", Busy, "SYS/TEMP"),
        (b"-ERR [SYS/PERM] ask your admin\r\n", Refused, "SYS/PERM"),
    ],
)
def test_a_refused_login(answer: bytes, kind: type[AccountError], code: str) -> None:
    with ScriptedPop({"PASS": answer}) as server:
        with pytest.raises(kind) as caught:
            session_of(server).connect()
        assert type(caught.value) is kind
        assert caught.value.code == code


def test_a_refusal_that_is_not_about_the_password_says_so_by_silence() -> None:
    answers: Answers = {
        "CAPA": capa(b"USER", b"AUTH-RESP-CODE"),
        "PASS": b"-ERR the moon is full\r\n",
    }
    with ScriptedPop(answers) as server:
        with pytest.raises(Unreachable, match="moon") as caught:
            session_of(server).connect()
        assert not isinstance(caught.value, Busy)


def test_the_wait_is_what_the_server_announced() -> None:
    answers: Answers = {
        "CAPA": capa(b"USER", b"LOGIN-DELAY 900 USER"),
        "PASS": b"-ERR [LOGIN-DELAY] too soon\r\n",
    }
    with ScriptedPop(answers) as server:
        with pytest.raises(Busy) as caught:
            session_of(server).connect()
        assert caught.value.wait_s == 900


def test_an_unknown_user_is_refused_though_the_password_was_sent_ahead() -> None:
    answers: Answers = {"USER": b"-ERR [AUTH] who?\r\n", "PASS": BARE}
    with ScriptedPop(answers) as server, pytest.raises(Refused, match="who"):
        session_of(server).connect()


def test_the_password_of_an_unknown_user_is_kept() -> None:
    with ScriptedPop({"CAPA": BARE, "USER": BARE}) as server:
        with pytest.raises(Refused):
            session_of(server).connect()
        assert server.verbs == ["CAPA", "USER"]


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"-ERR go away\r\n", Unreachable),
        (b"-ERR [IN-USE] busy\r\n", Busy),
        (b"-ERR [SYS/PERM] never\r\n", Refused),
        (b"* OK IMAP4rev1\r\n", ServerFault),
        (b"220 smtp.example.org ESMTP\r\n", ServerFault),
        (b"\x00\xff\x00\xff\r\n", ServerFault),
        (b"+OKAY\r\n", ServerFault),
        (b"+OK " + b"x" * 2_000_000, ServerFault),
        (b"+OK no end of line", Unreachable),
    ],
)
def test_a_strange_greeting_ends_before_the_password(
    greeting: bytes, kind: type[AccountError]
) -> None:
    with ScriptedPop(greeting=greeting) as server:
        with pytest.raises(kind):
            session_of(server).connect()
        assert server.lines == []


def test_words_of_a_server_cannot_reach_the_terminal_as_they_are() -> None:
    answer = b"-ERR \x1b]0;owned\x07\x1b[2J" + b"y" * 5000 + b"\r\n"
    with ScriptedPop({"PASS": answer}) as server:
        with pytest.raises(Refused) as caught:
            session_of(server).connect()
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500
