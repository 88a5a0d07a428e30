"""Connecting over TCP: what ends an attempt."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tuimail.config import Security
from tuimail.errors import Unreachable
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint
from tuimail.net.transport import connect


@pytest.fixture
def full() -> Iterator[int]:
    """A port that answers no SYN: its queue of connections is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with contextlib.ExitStack() as kept:
            for _ in range(4):
                each = kept.enter_context(socket.socket())
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            yield port


def test_an_attempt_without_an_answer_ends_in_time(full: int) -> None:
    with pytest.raises(Unreachable, match="did not answer within 0 s"):
        connect("127.0.0.1", full, 0.3)


def test_an_attempt_without_an_answer_can_be_given_up(full: int) -> None:
    endpoint = Endpoint("127.0.0.1", full, Security.NONE, "bob")
    session = ImapSession(endpoint, lambda: "pw")
    threading.Timer(0.1, session.abort).start()
    began = time.monotonic()
    with pytest.raises(Unreachable, match="was closed"):
        session.connect()
    assert time.monotonic() - began < 2


def test_a_name_with_several_addresses_is_tried_until_one_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        # `localhost` is ::1 first on many machines, and nobody listens there.
        connect("localhost", port, 5).close()


def test_a_port_where_nobody_listens_is_said_to_refuse() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="refused the connection"):
        connect("127.0.0.1", port, 5)
