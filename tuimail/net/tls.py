"""TLS as every connection here uses it: verified, or pinned, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
from functools import lru_cache

from tuimail.config import Security, is_loopback
from tuimail.errors import Refused, Unreachable
from tuimail.net.session import Endpoint
from tuimail.net.transport import Transport, reason

REASONS = {
    9: "its certificate is not valid yet; check the clock of this machine",
    10: "its certificate has expired",
    18: "its certificate is signed by itself",
    19: "its certificate comes from an authority this machine does not know",
    20: "its certificate comes from an authority this machine does not know",
    62: "its certificate is for another host",
    64: "its certificate is for another address",
    66: "the key of its certificate is too weak",
}
"""OpenSSL's verification results that people meet (X509_V_ERR_…)."""


PLAIN_PORTS = {"IMAP": 143, "POP3": 110}
"""Where a protocol begins in clear text, to go on under TLS."""


def check_plain(endpoint: Endpoint) -> None:
    """Refused when the password would travel unprotected without the user's word."""
    plain = endpoint.security is Security.NONE
    if plain and not endpoint.insecure and not is_loopback(endpoint.host):
        raise Refused(
            f"{endpoint.host} would be reached without protection. Use"
            ' security = "tls", or set `insecure = true` if you really mean it.'
        )


def secure(transport: Transport, endpoint: Endpoint) -> str:
    """Go on under TLS; gives its version."""
    versions: list[str] = []

    def shake(secured: ssl.SSLSocket) -> None:
        shake_hands(secured, endpoint)
        versions.append(secured.version() or "TLS")

    transport.secure(lambda sock: wrap(sock, endpoint), shake)
    return versions[0]


@lru_cache(maxsize=8)
def context(ca_file: str, pinned: bool) -> ssl.SSLContext:
    """A context that verifies chain and host name; a pin replaces both checks."""
    made = ssl.create_default_context(cafile=ca_file or None)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if pinned:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def wrap(sock: socket.socket, endpoint: Endpoint) -> ssl.SSLSocket:
    """A TLS socket that has said nothing yet; `shake_hands` comes next."""
    try:
        made = context(endpoint.ca_file, bool(_pin(endpoint)))
    except OSError as error:
        raise Refused(
            f"{endpoint.ca_file} cannot be used as `ca_file`: {reason(error)}."
            " It must hold certificates in PEM form.",
            code="CERTIFICATE",
        ) from error
    try:
        return made.wrap_socket(
            sock, server_hostname=endpoint.host, do_handshake_on_connect=False
        )
    except OSError as error:
        raise Unreachable(_broken(endpoint, error)) from error


def shake_hands(secured: ssl.SSLSocket, endpoint: Endpoint) -> None:
    """Refused when the server is not who it should be; nothing was sent to it then."""
    try:
        secured.do_handshake()
    # Is a ValueError as well as an OSError, so it must come first.
    except ssl.SSLCertVerificationError as error:
        raise Refused(_distrust(endpoint, error), code="CERTIFICATE") from error
    except ssl.SSLError as error:
        raise Unreachable(_failed(endpoint, error)) from error
    except OSError as error:
        raise Unreachable(_broken(endpoint, error)) from error
    if pin := _pin(endpoint):
        _check_pin(secured, endpoint, pin)


def fingerprint(secured: ssl.SSLSocket) -> str:
    """SHA-256 of the server's certificate, hex."""
    return hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()


def _pin(endpoint: Endpoint) -> str:
    return endpoint.fingerprint.replace(":", "").lower()


def _check_pin(secured: ssl.SSLSocket, endpoint: Endpoint, pin: str) -> None:
    found = fingerprint(secured)
    if not hmac.compare_digest(found.encode(), pin.encode()):
        secured.close()
        raise Refused(
            f"{endpoint.host} shows another certificate than the pinned one: {found}."
            " If the server got a new one, put this value into `fingerprint`.",
            code="CERTIFICATE",
        )


def _distrust(endpoint: Endpoint, error: ssl.SSLCertVerificationError) -> str:
    why = REASONS.get(error.verify_code, error.verify_message.rstrip("."))
    return (
        f"{endpoint.host} is not trusted: {why}. Nothing was sent to it. If you know"
        " that it is right, set `ca_file`, or `fingerprint` to its SHA-256."
    )


def _broken(endpoint: Endpoint, error: OSError) -> str:
    return f"{endpoint.host} broke off while TLS was set up: {reason(error)}."


def _failed(endpoint: Endpoint, error: ssl.SSLError) -> str:
    if error.reason in ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG"):
        return (
            f"{endpoint.host} does not speak TLS on port {endpoint.port};"
            f' try security = "starttls" with port {PLAIN_PORTS[endpoint.protocol]}.'
        )
    if error.reason and "PROTOCOL" in error.reason:
        return f"{endpoint.host} only speaks versions of TLS that are broken."
    return f"TLS with {endpoint.host} failed: {reason(error)}."
