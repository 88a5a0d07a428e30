"""The proxy breaks what it is told to break, and nothing else."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from tests.servers.faults import FaultProxy, Plan

WAIT_S = 10.0


class Echo(socketserver.StreamRequestHandler):
    """Says every line again."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with FaultProxy(server.server_address[1]) as made:
            yield made
        server.shutdown()


def client(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), WAIT_S)


def said(sock: socket.socket, line: bytes) -> bytes:
    """What comes back; nothing when the connection is broken."""
    try:
        sock.sendall(line)
        return sock.recv(100)
    except OSError:
        return b""


def test_a_new_connection_leaves_the_others_alone(proxy: FaultProxy) -> None:
    with client(proxy) as first, client(proxy) as second, client(proxy) as third:
        for sock in (third, first, second, first):
            assert said(sock, b"a noop\r\n") == b"a noop\r\n"
    assert proxy.seen.cuts == 0


def test_one_that_ends_leaves_the_others_alone(proxy: FaultProxy) -> None:
    with client(proxy) as first:
        with client(proxy) as second:
            assert said(second, b"a noop\r\n") == b"a noop\r\n"
        assert said(first, b"b noop\r\n") == b"b noop\r\n"


def test_only_the_connection_of_the_event_is_cut(proxy: FaultProxy) -> None:
    with client(proxy) as first, client(proxy) as second:
        assert said(first, b"a noop\r\n") == b"a noop\r\n"
        proxy.plan = Plan(at=3)
        assert said(second, b"a noop\r\n") == b""
        assert said(first, b"b noop\r\n") == b"b noop\r\n"
        assert proxy.seen.cuts == 1


def test_all_are_cut_when_that_is_asked_for(proxy: FaultProxy) -> None:
    with client(proxy) as first, client(proxy) as second:
        for sock in (first, second):
            assert said(sock, b"a noop\r\n") == b"a noop\r\n"
        proxy.cut()
        assert [said(sock, b"b noop\r\n") for sock in (first, second)] == [b"", b""]
