"""From a TCP connection to an open maildrop; no secret leaves before it is safe to."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from tuimail.config import Security
from tuimail.errors import (
    AccountError,
    Busy,
    Refused,
    ServerFault,
    Unreachable,
    Unsupported,
)
from tuimail.net.pop3_wire import WAIT_S, Pop3Link, Reply, fault
from tuimail.net.session import Endpoint
from tuimail.net.tls import check_plain, secure
from tuimail.net.transport import Transport, connect

Step = Callable[[str, str], None]
CAPA_OCTETS = 65_536
CAPA_LINES = 1000
AUTH_LINE = 255
"""Octets of an AUTH command with its first word; longer words go by themselves
(RFC 5034 §4)."""
SLOW = 4.0
"""Times the usual patience: a server may read the whole maildrop to open it."""
DELAY_MAX = 86_400
_LOCKED = re.compile(
    rb"mail ?(?:drop|box).{0,40}(?:lock|in use|busy)|lock.{0,20}mail ?(?:drop|box)",
    re.I | re.S,
)
"""What servers without response codes say when somebody else is in the maildrop."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait, whom to tell, and how to be stopped."""

    connect_s: float
    answer_s: float
    step: Step
    begun: Callable[[Pop3Link], None]
    """Gets the connection as soon as there is one, so that it can be aborted."""
    given_up: Callable[[], bool]
    """Asked until then."""


def open_link(endpoint: Endpoint, timing: Timing) -> Pop3Link:
    """A connection past its greeting and, where it is wanted, past TLS."""
    check_plain(endpoint)
    sock = connect(endpoint.host, endpoint.port, timing.connect_s, timing.given_up)
    link = Pop3Link(Transport(sock), timing.answer_s)
    timing.begun(link)
    try:
        timing.step("tcp", f"{endpoint.host} answers on port {endpoint.port}.")
        link.transport.allow(timing.connect_s)
        if endpoint.security is Security.TLS:
            version = secure(link.transport, endpoint)
            timing.step("tls", f"{version}, and the certificate is right.")
        _greet(link, endpoint)
        if endpoint.security is Security.STARTTLS:
            _stls(link, endpoint, timing.step)
        read_capabilities(link)
    except BaseException:
        link.transport.close()
        raise
    return link


def log_in(
    link: Pop3Link, endpoint: Endpoint, secret: str, *, oauth: bool, step: Step
) -> None:
    """Open the maildrop, and learn what the server can do for this user.

    `oauth` takes the secret for an access token. APOP is not used: its digest is
    broken, and what protects a password is TLS.
    """
    if any(character in endpoint.user + secret for character in "\r\n\0"):
        raise Refused("User name and password cannot hold line ends; check them.")
    if "UTF8" in link.capabilities:
        # Before the login or never (RFC 6856 §2.1). A server may still say no.
        link.ask(b"UTF8")
    reply = _authenticate(link, endpoint.user, secret, oauth)
    if not reply.ok:
        raise _refusal(link, endpoint, reply)
    if link.capa_known:
        # Some things are announced only to those who are in (RFC 2449 §5).
        read_capabilities(link)
    step("login", f"{endpoint.user} is logged in.")


def read_capabilities(link: Pop3Link) -> None:
    """Ask CAPA (RFC 2449); a server that does not know it has none."""
    link.capabilities = {}
    reply = link.ask(b"CAPA", multi=True)
    link.capa_known = reply.ok
    if not reply.ok:
        return
    for line in link.text(CAPA_OCTETS).split(b"\n", CAPA_LINES)[:CAPA_LINES]:
        words = line.decode("ascii", "replace").upper().split()
        if words:
            link.capabilities[words[0]] = tuple(words[1:])


def login_delay(link: Pop3Link) -> float:
    """Seconds the server wants between two logins; 0 when it does not say."""
    words = link.capabilities.get("LOGIN-DELAY", ("",))
    number = words[0] if words else ""
    known = number.isascii() and number.isdigit() and len(number) < 9
    return float(min(int(number), DELAY_MAX)) if known else 0.0


def _greet(link: Pop3Link, endpoint: Endpoint) -> None:
    # Nobody was asked, and still the first line is an answer.
    try:
        greeting = link.reply()
    except ServerFault as error:
        raise ServerFault(
            f"{endpoint.host} does not greet as a POP3 server should;"
            " check host, port and `security`."
        ) from error
    if not greeting.ok:
        raise fault(greeting, f"{endpoint.host} turned us away.", Unreachable)


def _stls(link: Pop3Link, endpoint: Endpoint, step: Step) -> None:
    """RFC 2595 §4. It is not looked up before: only the answer counts."""
    reply = link.ask(b"STLS")
    if not reply.ok:
        raise Refused(
            f"{endpoint.host} does not begin TLS (STLS), so nothing was sent to it."
            ' Try security = "tls" with port 995.'
        )
    version = secure(link.transport, endpoint)
    step("tls", f"STLS with {version}, and the certificate is right.")


def _authenticate(link: Pop3Link, user: str, secret: str, oauth: bool) -> Reply:
    mechanisms = link.capabilities.get("SASL", ())
    if oauth:
        if link.capa_known and "XOAUTH2" not in mechanisms:
            raise Unsupported("The server does not take access tokens (XOAUTH2).")
        token = f"user={user}\1auth=Bearer {secret}\1\1"
        return _sasl(link, b"XOAUTH2", token, b"")
    if "PLAIN" in mechanisms:
        return _sasl(link, b"PLAIN", f"\0{user}\0{secret}", b"*")
    if mechanisms and "USER" not in link.capabilities:
        raise Unsupported(
            "The server offers no way to log in with a password over this connection:"
            " neither USER nor SASL PLAIN."
        )
    return _user(link, user.encode(), secret.encode())


def _user(link: Pop3Link, user: bytes, secret: bytes) -> Reply:
    words = [b"USER " + user, b"PASS " + secret]
    if not link.pipelines:
        named = link.ask(words[0])
        return link.ask(words[1], slow=SLOW) if named.ok else named
    link.settle()
    link.send(*words)
    named, entered = link.reply(), link.reply(SLOW)
    return entered if named.ok else named


def _sasl(link: Pop3Link, mechanism: bytes, words: str, way_out: bytes) -> Reply:
    """One word of SASL (RFC 5034); `way_out` answers what else is asked."""
    token = base64.b64encode(words.encode())
    command = b"AUTH " + mechanism
    link.settle()
    if len(command) + len(token) + 3 <= AUTH_LINE:
        link.send(command + b" " + token)
    else:
        link.send(command)
        asked = link.reply(sasl=True)
        if not asked.more:
            return asked
        link.transport.send(token + b"\r\n", 0)
    reply = link.reply(SLOW, sasl=True)
    if reply.more:
        # XOAUTH2 tells here why not, and wants an empty line before its -ERR.
        link.transport.send(way_out + b"\r\n", 0)
        reply = link.reply(SLOW)
    return reply


def _refusal(link: Pop3Link, endpoint: Endpoint, reply: Reply) -> AccountError:
    """What a refused login means (RFC 2449 §8.1, RFC 3206, or by its words)."""
    host = endpoint.host
    if not reply.code and _LOCKED.search(reply.words[:500]):
        reply = reply._replace(code="IN-USE")
    if reply.code == "IN-USE":
        return fault(reply, f"Another program has the maildrop on {host} open.", Busy)
    if reply.code in WAIT_S:
        wait = login_delay(link) if reply.code == "LOGIN-DELAY" else 0.0
        return fault(reply, f"{host} does not let us in now.", Busy, wait or None)
    if reply.code == "SYS/PERM":
        return fault(reply, f"{host} cannot open the maildrop, and will not by itself.")
    if reply.code != "AUTH" and "AUTH-RESP-CODE" in link.capabilities:
        # It would say so, were it about user and password (RFC 3206 §6).
        return fault(reply, f"{host} does not let us in now.", Unreachable)
    what = f"{host} refused the login of {endpoint.user}. Check user and password."
    return fault(reply._replace(code=reply.code or "AUTH"), what)
