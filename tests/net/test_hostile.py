"""A server that means harm, or cannot do better."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.servers.dovecot import make_certificate
from tests.servers.scripted import CAPABILITIES, Peer, Scripted
from tuimail.config import Security
from tuimail.errors import AccountError, Refused, ServerFault, Unreachable, Unsupported
from tuimail.mail.types import UID, Section
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint


def session_of(server: Scripted, security: Security = Security.NONE) -> ImapSession:
    endpoint = Endpoint("127.0.0.1", server.port, security, "ann")
    return ImapSession(
        endpoint, lambda: "secret", connect_timeout_s=2.0, response_timeout_s=2.0
    )


@pytest.mark.parametrize(
    "greeting",
    [
        b"* BYE go away\r\n",
        b"* NO not today\r\n",
        b"* PREAUTH you are in\r\n",
        b"220 smtp.example.org ESMTP\r\n",
        b"\x00\xff\x00\xff\r\n",
        b"* OK " + b"x" * 100_000 + b"\r\n* BYE\r\n",
    ],
)
def test_a_strange_greeting_ends_before_the_password(greeting: bytes) -> None:
    with Scripted(greeting=greeting) as server:
        if greeting.startswith(b"* OK"):
            session_of(server).connect()
            return
        with pytest.raises(AccountError):
            session_of(server).connect()
        assert not any(b"secret" in line for line in server.lines)


def test_a_server_without_imap4rev1_is_named() -> None:
    greeting = b"* OK [CAPABILITY IMAP2] old\r\n"
    answers = {"CAPABILITY": b"* CAPABILITY IMAP2\r\n{tag} OK done\r\n"}
    with (
        Scripted(answers, greeting=greeting) as server,  # type: ignore[arg-type]
        pytest.raises(Unsupported, match="IMAP4rev1"),
    ):
        session_of(server).connect()


def test_a_missing_starttls_sends_nothing() -> None:
    with Scripted() as server:
        with pytest.raises(Refused, match="does not offer STARTTLS"):
            session_of(server, Security.STARTTLS).connect()
        assert not any(b"LOGIN" in line for line in server.lines)


@pytest.mark.parametrize(
    "answer",
    [
        b"{tag} BAD no\r\n",
        b"{tag} NO no\r\n",
        b'* LIST () "/" "EVIL"\r\n{tag} OK go\r\n',
        b"{tag} OK go\r\n* OK [CAPABILITY IMAP4rev1] injected\r\n",
    ],
)
def test_tampering_around_starttls_ends_before_the_password(answer: bytes) -> None:
    greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n"
    with Scripted({"STARTTLS": answer}, greeting=greeting) as server:
        with pytest.raises((Refused, Unreachable)):
            session_of(server, Security.STARTTLS).connect()
        assert not any(b"LOGIN" in line for line in server.lines)


def test_plain_text_to_another_machine_needs_consent() -> None:
    endpoint = Endpoint("192.0.2.1", 143, Security.NONE, "ann")
    with pytest.raises(Refused, match="insecure"):
        ImapSession(endpoint, lambda: "secret").connect()


def test_tls_to_a_plain_port_says_what_to_try() -> None:
    with Scripted() as server, pytest.raises(Unreachable, match="starttls"):
        session_of(server, Security.TLS).connect()


def test_a_secret_with_line_ends_is_never_sent() -> None:
    with Scripted() as server:
        endpoint = Endpoint("127.0.0.1", server.port, Security.NONE, "ann")
        with pytest.raises(Refused):
            ImapSession(endpoint, lambda: "a\r\nT9 LOGOUT").connect()
        assert not any(b"LOGOUT" in line for line in server.lines)


def fetched(row: bytes) -> list[str]:
    """What comes of one odd row between two good ones."""
    good = b"* %d FETCH (UID %d FLAGS () BODY[HEADER.FIELDS (DATE)] {2}\r\n\r\n)\r\n"
    answer = good % (1, 1) + row + good % (3, 3) + b"{tag} OK done\r\n"
    with Scripted({"FETCH": answer}) as server:
        session = session_of(server)
        session.connect()
        session.select(b"INBOX")
        rows = session.fetch_headers(UIDSet([(1, 3)]))
        session.close()
        return [f"{row.uid}{'!' if row.problem else ''}" for row in rows]


@pytest.mark.parametrize(
    "row",
    [
        b"* 2 FETCH (UID 2 ENVELOPE NIL BODY[HEADER.FIELDS (DATE)] NIL)\r\n",
        b"* 2 FETCH (UID 2 FLAGS NIL BODY[HEADER.FIELDS (DATE)] NIL)\r\n",
        b'* 2 fetch (uid 2 body[header.fields ("DATE")] "")\r\n',
        b'* 2 FETCH (UID 2 X-ODD (a (b) "c") BODY[HEADER] NIL)\n',
    ],
)
def test_an_odd_row_is_still_a_row(row: bytes) -> None:
    assert fetched(row) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "row",
    [
        b"* 2 FETCH (UID 2 BODYSTRUCTURE (((((\r\n",
        b"* 2 FETCH (UID 99999999999 FLAGS ())\r\n",
        b"* 2 FETCH (UID 2 RFC822.SIZE 99999999999999999999999)\r\n",
        b"* 2 FETCH (UID 2 BODYSTRUCTURE " + b"(" * 5000 + b")\r\n",
        b'* 2 FETCH (UID 2 BODYSTRUCTURE "' + b'\\"' * 100_000 + b")\r\n",
    ],
)
def test_a_broken_row_is_alone(row: bytes) -> None:
    rows = fetched(row)
    assert rows[0] == "1"
    assert rows[-1] == "3"


def test_a_literal_beyond_reason_is_refused_before_it_is_read() -> None:
    row = b"* 2 FETCH (UID 2 BODY[1] {9999999999}\r\n"
    with Scripted({"FETCH": row}) as server:
        session = session_of(server)
        session.connect()
        session.select(b"INBOX")
        with pytest.raises(ServerFault, match="at most"):
            session.fetch_section(UID(2), Section("1"))


def test_a_server_that_drips_is_given_up() -> None:
    def drip(peer: Peer, tag: bytes, line: bytes) -> None:
        for _ in range(100):
            peer.send(b"*")
            time.sleep(0.1)

    with Scripted({"NOOP": drip}) as server:
        session = session_of(server)
        session.connect()
        start = time.monotonic()
        with pytest.raises(Unreachable, match="in time"):
            session.noop()
        assert time.monotonic() - start < 6


def test_a_flood_of_nonsense_is_bounded() -> None:
    def flood(peer: Peer, tag: bytes, line: bytes) -> None:
        for _ in range(100):
            peer.send(b"* OK still here\r\n" * 1000)
        peer.send(tag + b" OK done\r\n")

    with Scripted({"NOOP": flood}) as server:
        session = session_of(server)
        session.connect()
        with pytest.raises((ServerFault, Unreachable)):
            session.noop()


def test_an_ok_without_words_is_an_ok() -> None:
    with Scripted({"NOOP": b"{tag} OK\r\n"}) as server:
        session = session_of(server)
        session.connect()
        session.noop()


def test_what_comes_with_the_idle_answer_is_not_lost() -> None:
    heard: list[object] = []
    with Scripted({"IDLE": b"+ idling\r\n* 5 EXISTS\r\n"}) as server:
        session = session_of(server)
        session._tell = heard.append  # type: ignore[method-assign]
        session.connect()
        session.select(b"INBOX")
        start = time.monotonic()
        session.idle(20)
        assert time.monotonic() - start < 5
        assert [type(event).__name__ for event in heard] == ["Exists"]


def test_the_end_of_the_connection_in_idle_is_noticed() -> None:
    def leave(peer: Peer, tag: bytes, line: bytes) -> None:
        peer.send(b"+ idling\r\n* BYE shutting down\r\n")
        peer.close()

    with Scripted({"IDLE": leave}) as server:
        session = session_of(server)
        session.connect()
        session.select(b"INBOX")
        with pytest.raises(Unreachable):
            session.idle(20)


def test_a_folder_name_cannot_carry_a_command() -> None:
    with Scripted() as server:
        session = session_of(server)
        session.connect()
        with pytest.raises(ValueError, match="cannot hold"):
            session.select(b'INBOX"\r\nT9 DELETE "INBOX')
        assert not any(b"DELETE" in line for line in server.lines)


def test_names_that_are_no_utf7_are_still_listed() -> None:
    listing = b'* LIST () "/" "&bad"\r\n* LIST () "/" "a&AOQ-"\r\n{tag} OK done\r\n'
    with Scripted({"LIST": listing, "LSUB": b"{tag} OK\r\n"}) as server:
        session = session_of(server)
        session.connect()
        session.link.capabilities -= {"NAMESPACE"}
        names = {box.name for box in session.list_mailboxes(with_status=False)}
        assert names == {"&bad", "aä"}


def test_a_self_signed_server_gets_no_password(tmp_path: Path) -> None:
    make_certificate(tmp_path, "localhost", "127.0.0.1")
    with Scripted(certificate=tmp_path) as server:
        with pytest.raises(Refused, match="Nothing was sent"):
            session_of(server, Security.TLS).connect()
        assert server.lines == []


def test_capabilities_of_the_greeting_save_a_round_trip() -> None:
    with Scripted() as server:
        session = session_of(server)
        session.connect()
        assert not any(b"CAPABILITY" in line for line in server.lines)
        assert CAPABILITIES.split()[0].decode().upper() in session.capabilities
