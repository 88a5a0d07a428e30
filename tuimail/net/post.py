"""One POST to leave a mailing list (RFC 8058): no cookies, no redirects.

The address comes from a mail, so it is reached only where it is a public host: a mail
must not make this machine talk to the network it stands in.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

from tuimail.errors import Refused, Unreachable
from tuimail.net.tls import context

TIMEOUT_S = 20.0
BODY = b"List-Unsubscribe=One-Click"
AGENT = "tuimail"


def post_one_click(url: str, *, ca_file: str = "", private: bool = False) -> int:
    """Send the request of RFC 8058 §3.2; gives the status the server answered with.

    `private` also reaches hosts that are not public. Raises Refused for what is no
    https address of a public host, Unreachable when there is no answer.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Refused("This list does not give an https address to leave it.")
    try:
        port = parts.port or 443
    except ValueError as error:
        raise Refused("The address to leave this list is malformed.") from error
    host = parts.hostname
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        found = _address(host, port, private)
        plain = socket.create_connection(found, TIMEOUT_S)
        with (
            plain,
            context(ca_file, False).wrap_socket(plain, server_hostname=host) as secured,
        ):
            return _exchange(secured, host, port, target)
    except (OSError, ssl.SSLError, http.client.HTTPException) as error:
        raise Unreachable(f"{host} did not take the request: {error}.") from error


def _address(host: str, port: int, private: bool) -> tuple[str, int]:
    """A public address of the host; what it is checked for is what is connected to."""
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(place[0])
        if private or ipaddress.ip_address(address.partition("%")[0]).is_global:
            return address, port
    raise Refused(f"{host} is no public host; nothing was sent there.")


def _exchange(secured: ssl.SSLSocket, host: str, port: int, target: str) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    connection.sock = secured
    connection.request(
        "POST",
        target,
        BODY,
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": AGENT,
            "Connection": "close",
        },
    )
    return connection.getresponse().status
