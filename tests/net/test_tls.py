"""Who is trusted, and what reaches the program from before that is known."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.dovecot import make_certificate
from tests.servers.scripted import CAPABILITIES, Peer, Scripted
from tuimail.config import Security
from tuimail.errors import AccountError, Refused
from tuimail.net.imap import ImapSession
from tuimail.net.session import Alert, Endpoint, Untagged

Issue = Callable[..., Path]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority of our own."""
    folder = tmp_path_factory.mktemp("authority")
    make_certificate(folder, "authority", "127.0.0.1")
    return folder


@pytest.fixture
def issue(authority: Path, tmp_path: Path) -> Issue:
    """Makes a certificate that the authority has signed."""

    def make(name: str = "IP:127.0.0.1", days: int = 9) -> Path:
        (tmp_path / "ext").write_text(f"subjectAltName={name}\n")
        run = (
            "openssl req -newkey rsa:2048 -nodes -subj /CN=x -keyout key.pem"
        ).split()
        sign = f"openssl x509 -req -in csr -days {days} -extfile ext -out cert.pem"
        ca = ["-CA", str(authority / "cert.pem"), "-CAkey", str(authority / "key.pem")]
        for command in ([*run, "-out", "csr"], [*sign.split(), *ca, "-CAcreateserial"]):
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return tmp_path

    return make


def endpoint(server: Scripted, authority: Path | None = None) -> Endpoint:
    ca_file = str(authority / "cert.pem") if authority else ""
    return Endpoint("127.0.0.1", server.port, Security.TLS, "ann", ca_file=ca_file)


def connect(where: Endpoint) -> ImapSession:
    session = ImapSession(where, lambda: "secret", connect_timeout_s=3.0)
    session.connect()
    return session


def test_a_certificate_of_a_known_authority_is_taken(
    issue: Issue, authority: Path
) -> None:
    with Scripted(certificate=issue()) as server:
        session = connect(endpoint(server, authority))
        session.noop()
        session.close()


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ({"days": -1}, "has expired"),
        ({"name": "IP:127.0.0.9"}, "for another address"),
        ({"name": "DNS:other.example.org"}, "for another address"),
    ],
)
def test_a_bad_certificate_is_named_and_gets_no_password(
    issue: Issue, authority: Path, certificate: dict[str, object], words: str
) -> None:
    with Scripted(certificate=issue(**certificate)) as server:
        with pytest.raises(Refused, match=words) as told:
            connect(endpoint(server, authority))
        assert told.value.code == "CERTIFICATE"
        assert server.lines == []


def test_a_certificate_for_another_name_is_refused(
    issue: Issue, authority: Path
) -> None:
    with Scripted(certificate=issue("DNS:other.example.org")) as server:
        where = Endpoint(
            "localhost",
            server.port,
            Security.TLS,
            "ann",
            ca_file=str(authority / "cert.pem"),
        )
        with pytest.raises(Refused, match=r"localhost is not trusted.*another host"):
            connect(where)


def test_an_authority_nobody_knows_is_refused(issue: Issue) -> None:
    with Scripted(certificate=issue()) as server:
        with pytest.raises(Refused, match="does not know"):
            connect(endpoint(server))
        assert server.lines == []


@pytest.mark.parametrize("content", [None, "this is no certificate"])
def test_a_ca_file_that_cannot_be_used_is_named(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "cert.pem").write_text(content)
    with Scripted() as server, pytest.raises(Refused, match="cannot be used as `ca_"):
        connect(endpoint(server, tmp_path))


def upgrading(folder: Path, ok: bytes = b"{tag} OK go\r\n") -> Callable[..., None]:
    """An answer to STARTTLS that really begins TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    def upgrade(peer: Peer, tag: bytes, line: bytes) -> None:
        peer.send(ok.replace(b"{tag}", tag))
        peer.sock = context.wrap_socket(peer.sock, server_side=True)
        peer.file = peer.sock.makefile("rb")

    return upgrade


def starttls(server: Scripted, authority: Path, heard: list[Untagged]) -> ImapSession:
    where = Endpoint(
        "127.0.0.1",
        server.port,
        Security.STARTTLS,
        "ann",
        ca_file=str(authority / "cert.pem"),
    )
    session = ImapSession(
        where, lambda: "secret", on_untagged=heard.append, connect_timeout_s=3.0
    )
    session.connect()
    return session


def test_nothing_said_before_tls_is_believed_after_it(
    issue: Issue, authority: Path
) -> None:
    greeting = (
        b"* OK [CAPABILITY IMAP4rev1 STARTTLS X-EVIL AUTH=PLAIN] hello\r\n"
        b"* OK [ALERT] call this number at once\r\n"
    )
    ok = b"{tag} OK [CAPABILITY IMAP4rev1 X-EVIL] go\r\n"
    heard: list[Untagged] = []
    answers = {"STARTTLS": upgrading(issue(), ok)}
    with Scripted(answers, greeting=greeting) as server:  # type: ignore[arg-type]
        session = starttls(server, authority, heard)
        # Asked again: what was announced before decides on no login.
        assert any(b"CAPABILITY" in line for line in server.lines)
        assert session.capabilities == frozenset(CAPABILITIES.decode().upper().split())
        session.close()
    assert heard == []


def test_an_alert_after_tls_is_told(issue: Issue, authority: Path) -> None:
    login = (
        b"* OK [ALERT] maintenance tonight\r\n{tag} OK [CAPABILITY IMAP4rev1] in\r\n"
    )
    heard: list[Untagged] = []
    answers = {"STARTTLS": upgrading(issue()), "LOGIN": login}
    greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n"
    with Scripted(answers, greeting=greeting) as server:  # type: ignore[arg-type]
        starttls(server, authority, heard).close()
    assert heard == [Alert("maintenance tonight")]


@pytest.mark.parametrize(
    "said",
    [
        b'* LIST () "/" "EVIL"\r\n',
        b"* STATUS INBOX (MESSAGES 9)\r\n",
        b"* 1 FETCH (UID 1 FLAGS ())\r\n",
        b"* PREAUTH welcome\r\n",
    ],
)
def test_data_before_tls_ends_the_connection(
    issue: Issue, authority: Path, said: bytes
) -> None:
    greeting = b"* OK hello\r\n" + said
    capability = b"* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK\r\n"
    answers = {"STARTTLS": upgrading(issue()), "CAPABILITY": capability}
    heard: list[Untagged] = []
    with Scripted(answers, greeting=greeting) as server:  # type: ignore[arg-type]
        with pytest.raises(AccountError):
            starttls(server, authority, heard)
        assert not any(b"secret" in line for line in server.lines)
    assert heard == []


def test_a_greeting_that_is_none_tells_nothing(authority: Path) -> None:
    heard: list[Untagged] = []
    with Scripted(greeting=b"* STATUS INBOX (MESSAGES 9)\r\n") as server:
        with pytest.raises(AccountError):
            starttls(server, authority, heard)
        assert server.lines == []
    assert heard == []
