"""From a TCP connection to a logged-in one; no secret leaves before it is safe to."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tuimail import __version__
from tuimail.config import Security
from tuimail.errors import Refused, ServerFault, Unreachable, Unsupported
from tuimail.net.imap_link import Link
from tuimail.net.imap_wire import Response
from tuimail.net.session import Endpoint, Untagged
from tuimail.net.tls import check_plain, secure
from tuimail.net.transport import Transport, connect

Step = Callable[[str, str], None]
TEMPORARY = {"UNAVAILABLE", "INUSE", "LIMIT"}


def open_link(
    endpoint: Endpoint,
    on_untagged: Callable[[Untagged], None],
    *,
    connect_s: float,
    answer_s: float,
    step: Step,
    begun: Callable[[Link], None],
    given_up: Callable[[], bool] = lambda: False,
) -> Link:
    """A connection past its greeting and, where it is wanted, past TLS.

    `begun` gets it as soon as there is one, so that it can be aborted; before that
    `given_up` is asked.
    """
    check_plain(endpoint)
    sock = connect(endpoint.host, endpoint.port, connect_s, given_up)
    link = Link(Transport(sock), on_untagged, answer_s)
    begun(link)
    try:
        step("tcp", f"{endpoint.host} answers on port {endpoint.port}.")
        link.transport.allow(connect_s)
        if endpoint.security is Security.TLS:
            words = f"{secure(link.transport, endpoint)}, and the certificate is right."
            step("tls", words)
        link.trusted = endpoint.security is not Security.STARTTLS
        _greet(link, endpoint, connect_s)
        if endpoint.security is Security.STARTTLS:
            _starttls(link, endpoint, step)
        if not link.capabilities:
            link.one(b"CAPABILITY", "to tell what it can do")
        if not link.capabilities & {"IMAP4REV1", "IMAP4REV2"}:
            raise Unsupported(
                f"{endpoint.host} does not speak IMAP4rev1; tuimail cannot use it."
            )
    except BaseException:
        link.transport.close()
        raise
    return link


def log_in(link: Link, endpoint: Endpoint, secret: str, step: Step) -> None:
    """Log in, and learn what the server can do for this user."""
    if any(character in endpoint.user + secret for character in "\r\n\0"):
        raise Refused("User name and password cannot hold line ends; check them.")
    before = link.capabilities
    link.capabilities = frozenset()
    response = _authenticate(link, endpoint.user, secret, before)
    if response.status != b"OK":
        raise _refusal(endpoint, response)
    if not link.capabilities:
        link.one(b"CAPABILITY", "to tell what it can do")
    step("login", f"{endpoint.user} is logged in.")


def identify_and_enable(link: Link, endpoint: Endpoint) -> frozenset[str]:
    """ID (some servers refuse clients without it) and ENABLE, in one flight.

    Gives what was enabled: what is announced and not confirmed does not count.
    """
    commands = []
    if "ID" in link.capabilities and endpoint.send_id:
        commands.append(b'ID ("name" "tuimail" "version" "%s")' % __version__.encode())
    if "ENABLE" in link.capabilities:
        wish = b"QRESYNC" if "QRESYNC" in link.capabilities else b"CONDSTORE"
        if {"QRESYNC", "CONDSTORE"} & link.capabilities:
            commands.append(b"ENABLE " + wish)
    enabled: set[str] = set()

    def take(response: Response) -> bool:
        words = response.text.decode("ascii", "replace").upper().split()
        if words[:1] == ["ENABLED"]:
            enabled.update(words[1:])
        return words[:1] in (["ENABLED"], ["ID"])

    if commands:
        link.run(commands, take)
    if "QRESYNC" in enabled:
        enabled.add("CONDSTORE")
    return frozenset(enabled)


def _greet(link: Link, endpoint: Endpoint, timeout_s: float) -> None:
    link.transport.allow(timeout_s)
    greeting = link.wire.read()
    link.unasked(greeting)
    if greeting.tag == b"*" and greeting.status == b"OK":
        return
    if greeting.tag == b"*" and greeting.status == b"BYE":
        words = greeting.words.decode("utf-8", "replace")
        raise Unreachable(f'{endpoint.host} turned us away: "{words[:200]}".')
    # PREAUTH would skip the login, and with STARTTLS the encryption as well.
    raise ServerFault(
        f"{endpoint.host} does not greet as an IMAP server should;"
        " check host, port and `security`."
    )


def _starttls(link: Link, endpoint: Endpoint, step: Step) -> None:
    strangers: list[Response] = []

    def take(response: Response) -> bool:
        usual = response.status == b"OK" or response.text[:11].upper() == b"CAPABILITY "
        if not usual:
            strangers.append(response)
        return not usual

    if not link.capabilities:
        link.one(b"CAPABILITY", "to tell what it can do", take)
    if "STARTTLS" not in link.capabilities:
        raise Refused(
            f"{endpoint.host} does not offer STARTTLS, so nothing was sent to it. Try"
            ' security = "tls" with port 993.'
        )
    answer = link.run([b"STARTTLS"], take)[0]
    if answer.status != b"OK" or strangers:
        raise Refused(
            f"{endpoint.host} did not begin TLS as it should; nothing was sent to it."
            ' Try security = "tls" with port 993.'
        )
    link.transport.allow(link.timeout_s)
    version = secure(link.transport, endpoint)
    # What was said before TLS may have come from anybody (RFC 9051 §6.2.1).
    link.forget()
    link.trusted = True
    step("tls", f"STARTTLS with {version}, and the certificate is right.")


def _authenticate(
    link: Link, user: str, secret: str, capabilities: frozenset[str]
) -> Response:
    plain = "AUTH=PLAIN" in capabilities
    simple = (user + secret).isascii() and "LOGINDISABLED" not in capabilities
    if simple:
        command = b"LOGIN " + _string(user) + b" " + _string(secret)
        return link.run([command])[0]
    if not plain:
        raise Unsupported(
            "The server offers no way to log in with this password: LOGIN is disabled"
            " or takes ASCII only, and AUTHENTICATE PLAIN is missing."
        )
    token = base64.b64encode(f"\0{user}\0{secret}".encode())
    if "SASL-IR" in capabilities:
        return link.run([b"AUTHENTICATE PLAIN " + token])[0]
    tags = link.send(b"AUTHENTICATE PLAIN")
    asked = link.collect(tags, stop_at_continuation=True)[0]
    if asked.tag != b"+":
        return asked
    link.transport.send(token + b"\r\n", 0)
    return link.collect(tags)[0]


def _string(text: str) -> bytes:
    raw = text.encode("ascii")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _refusal(endpoint: Endpoint, response: Response) -> Refused | Unreachable:
    words = response.words.decode("utf-8", "replace").strip()
    code = response.code.decode("ascii", "replace")
    if code in TEMPORARY:
        return Unreachable(
            f'{endpoint.host} does not let us in now: "{words[:200]}".',
            code=code,
            text=words,
        )
    return Refused(
        f"{endpoint.host} refused the login of {endpoint.user}:"
        f' "{words[:200]}". Check user and password.',
        code=code or "AUTHENTICATIONFAILED",
        text=words,
    )
