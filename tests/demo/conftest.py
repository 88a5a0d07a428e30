"""A demo server with five small messages, and connections to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.demo.wire import Wire
from tests.mails import mail
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer

NOW = datetime(2024, 11, 20, 14, 0, tzinfo=UTC)
Serve = Callable[[Iterable[str] | None], DemoServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers; a server that failed inside fails the test."""
    started = []

    def start(capabilities: Iterable[str] | None = None) -> DemoServer:
        store = MailStore(uidvalidity=7)
        for number in range(1, 6):
            when = NOW + timedelta(minutes=number)
            store.boxes["INBOX"].add(mail(number), (), when)
        store.add("Archive", "\\Archive")
        server = DemoServer(store, capabilities=capabilities)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()
        assert server.faults == []


@pytest.fixture
def server(serve: Serve) -> DemoServer:
    """A server that can do everything."""
    return serve(None)


@pytest.fixture
def wire(server: DemoServer) -> Iterator[Wire]:
    """A logged-in connection to it with INBOX selected."""
    with Wire(server.port) as connection:
        connection.login().ask(b"SELECT INBOX")
        yield connection
