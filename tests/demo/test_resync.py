"""CONDSTORE and QRESYNC (RFC 7162) of the embedded server."""

from __future__ import annotations

import re

from tests.demo.wire import Wire
from tuimail.demo.server import DemoServer


def modseq(wire: Wire) -> int:
    found = re.search(rb"HIGHESTMODSEQ (\d+)", b"".join(wire.ask(b"EXAMINE INBOX")))
    assert found is not None
    return int(found[1])


def change(server: DemoServer) -> None:
    """Flag message 2 and expunge message 4."""
    with Wire(server.port) as other:
        other.login().ask(b"SELECT INBOX")
        other.ask(b"UID STORE 2 +FLAGS (\\Flagged)")
        other.ask(b"UID STORE 4 +FLAGS (\\Deleted)")
        other.ask(b"UID EXPUNGE 4")


def test_a_resumed_select_tells_what_vanished_and_changed(server: DemoServer) -> None:
    with Wire(server.port) as wire:
        wire.login().ask(b"ENABLE QRESYNC")
        before = modseq(wire)
        change(server)
        said = wire.ask(b"SELECT INBOX (QRESYNC (7 %d 1:5))" % before)
        assert b"* VANISHED (EARLIER) 4" in said
        rows = [line for line in said if b" FETCH (" in line]
        assert len(rows) == 1
        assert b"UID 2 FLAGS (\\Flagged) MODSEQ (" in rows[0]


def test_only_known_uids_are_told_as_vanished(server: DemoServer) -> None:
    with Wire(server.port) as wire:
        wire.login().ask(b"ENABLE QRESYNC")
        before = modseq(wire)
        change(server)
        said = wire.ask(b"SELECT INBOX (QRESYNC (7 %d 1:3))" % before)
        assert not [line for line in said if b"VANISHED" in line]


def test_another_uidvalidity_resumes_nothing(server: DemoServer) -> None:
    with Wire(server.port) as wire:
        wire.login().ask(b"ENABLE QRESYNC")
        change(server)
        said = wire.ask(b"SELECT INBOX (QRESYNC (6 1 1:5))")
        assert not [line for line in said if b"VANISHED" in line or b"FETCH" in line]


def test_qresync_must_be_enabled_first(server: DemoServer) -> None:
    with Wire(server.port) as wire:
        said = wire.login().ask(b"SELECT INBOX (QRESYNC (7 1))")
        assert said[-1].startswith(b"BAD")


def test_an_enabled_client_hears_vanished_instead_of_expunge(
    server: DemoServer,
) -> None:
    with Wire(server.port) as wire:
        wire.login().ask(b"ENABLE QRESYNC")
        wire.ask(b"SELECT INBOX")
        change(server)
        said = wire.ask(b"NOOP")
        assert b"* VANISHED 4" in said
        assert not [line for line in said if b"EXPUNGE" in line]


def test_changedsince_gives_what_changed_only(server: DemoServer, wire: Wire) -> None:
    before = modseq(wire)
    change(server)
    wire.ask(b"SELECT INBOX")
    said = wire.ask(b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % before)
    assert [line[:13] for line in said[:-1]] == [b"* 2 FETCH (UI"]


def test_a_store_on_old_knowledge_is_not_done(server: DemoServer, wire: Wire) -> None:
    before = modseq(wire)
    change(server)
    wire.ask(b"SELECT INBOX")
    store = b"UID STORE 1:2 (UNCHANGEDSINCE %d) +FLAGS.SILENT (\\Answered)" % before
    assert wire.ask(store)[-1].startswith(b"OK [MODIFIED 2]")
    assert b"\\Answered" in wire.ask(b"UID FETCH 1 FLAGS")[0]
    assert b"\\Answered" not in wire.ask(b"UID FETCH 2 FLAGS")[0]
