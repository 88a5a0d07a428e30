"""Leaving a list: one POST over verified TLS, and nothing else."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.servers.dovecot import make_certificate
from tuimail.errors import Refused, Unreachable
from tuimail.net.post import post_one_click


class Site:
    """A web server on this machine that writes down what it is asked."""

    def __init__(self, folder: Path, status: int = 200) -> None:
        make_certificate(folder, "site", "127.0.0.1")
        self.ca_file = str(folder / "cert.pem")
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                body = self.rfile.read(size)
                site.asked.append(("POST", self.path, dict(self.headers), body))
                self.send_response(site.status)
                self.send_header("Location", "https://elsewhere.example/")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.status = status
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/leave?id=7&x=%20"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def test_the_request_is_the_one_of_the_rfc_and_no_other(site: Site) -> None:
    assert post_one_click(site.url, ca_file=site.ca_file, private=True) == 200
    ((method, path, headers, body),) = site.asked
    assert (method, path) == ("POST", "/leave?id=7&x=%20")
    assert body == b"List-Unsubscribe=One-Click"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not {"Cookie", "Referer", "Authorization"} & headers.keys()


def test_a_redirect_is_not_followed(site: Site) -> None:
    site.status = 302
    assert post_one_click(site.url, ca_file=site.ca_file, private=True) == 302
    assert len(site.asked) == 1


def test_a_certificate_of_nobody_known_stops_it(site: Site) -> None:
    with pytest.raises(Unreachable, match="did not take the request"):
        post_one_click(site.url, private=True)
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1/",
        "https://localhost/",
        "https://10.0.0.1/x",
        "https://[::1]/",
        "http://example.org/",
        "https:///x",
        "https://example.org:99999/",
        "javascript:1",
        "",
    ],
)
def test_what_is_no_public_https_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        post_one_click(url)


def test_nobody_there_is_said(site: Site) -> None:
    site.close()
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        post_one_click(site.url, ca_file=site.ca_file, private=True)
