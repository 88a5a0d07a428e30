"""What a server cannot do to us: take our time, our memory, or our place in step."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.servers.scripted import Peer, Scripted
from tuimail.config import Security
from tuimail.errors import AccountError, ServerFault, Unreachable
from tuimail.mail.types import UID, FlagSet, Section
from tuimail.mail.uidset import UIDSet
from tuimail.net import imap, imap_link, transport
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint, Exists, FlagsSeen, Resume, Untagged

Answers = dict[str, bytes | Callable[[Peer, bytes, bytes], None]]


@contextmanager
def selected(
    answers: Answers, heard: list[Untagged] | None = None, patience_s: float = 1.0
) -> Iterator[ImapSession]:
    """A session with a mailbox of three open on a server that answers so."""
    told: list[Untagged] = [] if heard is None else heard
    with Scripted(answers) as server:
        session = ImapSession(
            Endpoint("127.0.0.1", server.port, Security.NONE, "ann"),
            lambda: "secret",
            on_untagged=told.append,
            connect_timeout_s=patience_s,
            response_timeout_s=patience_s,
        )
        session.connect()
        session.select(b"INBOX")
        yield session
        session.close()


def row(seq: int, uid: int, *, items: bytes = b"FLAGS ()") -> bytes:
    header = b"BODY[HEADER.FIELDS (DATE)] {2}\r\n\r\n"
    return b"* %d FETCH (UID %d %s %s)\r\n" % (seq, uid, items, header)


def test_who_sends_much_and_then_falls_silent_is_not_waited_for() -> None:
    def stall(peer: Peer, tag: bytes, line: bytes) -> None:
        peer.send(b"* 1 FETCH (UID 1 BODY[1] {9000000}\r\n" + b"x" * 8_000_000)

    with selected({"FETCH": stall}) as session:
        start = time.monotonic()
        with pytest.raises(Unreachable, match="in time"):
            session.fetch_section(UID(1), Section("1"))
        assert time.monotonic() - start < 4


def test_only_lines_of_uids_may_be_long() -> None:
    long = b"* SEARCH " + b"1 2 3 " * 400_000 + b"\r\n{tag} OK\r\n"
    with selected({"SEARCH": long}) as session:
        assert session.search_uids(b"ALL") == UIDSet([(1, 3)])
    with (
        selected({"NOOP": b"* X " + b"y" * 2_000_000 + b"\r\n{tag} OK\r\n"}) as session,
        pytest.raises(ServerFault, match="line of over 1 MiB"),
    ):
        session.noop()


def test_a_stream_out_of_step_is_not_read_any_further() -> None:
    with selected({"NOOP": b"+ go on\r\n{tag} OK\r\n"}) as session:
        with pytest.raises(ServerFault):
            session.noop()
        with pytest.raises(Unreachable):
            session.noop()


def test_an_answer_without_an_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_link, "OCTETS_MAX", 1_000_000)

    def pour(peer: Peer, tag: bytes, line: bytes) -> None:
        with suppress(OSError):
            while True:
                peer.send(b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n" * 1000)

    with (
        selected({"FETCH": pour}) as session,
        pytest.raises(ServerFault, match="larger than can be"),
    ):
        session.fetch_flags(UIDSet([(1, 3)]))


def test_a_response_of_ever_more_literals_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "LITERAL_MAX", 1000)
    many = b"* 1 FETCH (" + b"BODY[1] {9}\r\n123456789 " * 40_000 + b")\r\n{tag} OK\r\n"
    with (
        selected({"FETCH": many}) as session,
        pytest.raises(ServerFault, match="without an end"),
    ):
        session.fetch_section(UID(1), Section("1"))


def test_rows_nobody_asked_for_are_not_among_the_answers() -> None:
    heard: list[Untagged] = []
    answer = row(1, 1) + row(9, 900) + row(1, 1) + b"{tag} OK\r\n"
    with selected({"FETCH": answer}, heard) as session:
        assert [r.uid for r in session.fetch_headers(UIDSet([(1, 3)]))] == [1]
    assert [e.row.uid for e in heard if isinstance(e, FlagsSeen)] == [900]


def test_a_row_that_cannot_be_read_is_asked_for_more_simply() -> None:
    def answer(peer: Peer, tag: bytes, line: bytes) -> None:
        bad = b"BODYSTRUCTURE (((((" if b"BODYSTRUCTURE" in line else b"FLAGS ()"
        peer.send(row(1, 1) + row(2, 2, items=bad) + row(3, 3) + tag + b" OK\r\n")

    with selected({"FETCH": answer}) as session:
        rows = session.fetch_headers(UIDSet([(1, 3)]))
    assert [(r.uid, bool(r.header), bool(r.problem)) for r in rows] == [
        (1, True, False),
        (2, True, True),
        (3, True, False),
    ]


def sliced(peer: Peer, tag: bytes, line: bytes) -> None:
    """Answers a slice with ten octets that name where it begins."""
    at = int(line.split(b"<")[1].split(b".")[0])
    data = b"%010d" % at
    peer.send(b'* 1 FETCH (UID 1 BODY[1]<%d> "%s")\r\n%s OK\r\n' % (at, data, tag))


def test_what_was_begun_and_not_wanted_is_no_answer_to_the_next() -> None:
    def answer(peer: Peer, tag: bytes, line: bytes) -> None:
        if b"<" in line:
            sliced(peer, tag, line)
        else:
            peer.send(b'* 1 FETCH (UID 1 BODY[2] "other")\r\n' + tag + b" OK\r\n")

    with selected({"FETCH": answer}) as session:
        pieces = session.fetch_slices(UID(1), Section("1"), 100, slice_octets=10)
        assert next(pieces) == b"0000000000"
        assert session.fetch_section(UID(1), Section("2")) == b"other"


def test_answers_may_come_in_another_order() -> None:
    waiting: list[tuple[bytes, bytes]] = []

    def swap(peer: Peer, tag: bytes, line: bytes) -> None:
        waiting.append((tag, line))
        if len(waiting) == 2:
            for each in reversed(waiting):
                sliced(peer, *each)

    with selected({"FETCH": swap}) as session:
        pieces = session.fetch_slices(UID(1), Section("1"), 20, slice_octets=10)
        assert list(pieces) == [b"0000000000", b"0000000010"]


def test_a_server_that_knows_no_slices_gives_all_at_once() -> None:
    whole = b'* 1 FETCH (UID 1 BODY[1] "0123456789abcdef")\r\n{tag} OK\r\n'
    with selected({"FETCH": whole}) as session:
        pieces = session.fetch_slices(UID(1), Section("1"), 16, slice_octets=5)
        assert b"".join(pieces) == b"0123456789abcdef"


@pytest.mark.parametrize(
    "result",
    [b'* ESEARCH (TAG "x") UID ALL 1:x\r\n', b"* ESEARCH UID ALL 0\r\n"],
)
def test_a_garbled_search_result_is_not_an_empty_one(result: bytes) -> None:
    with (
        selected({"SEARCH": result + b"{tag} OK\r\n"}) as session,
        pytest.raises(ServerFault, match="cannot be read"),
    ):
        session.search_uids(b"ALL")


def test_idle_that_never_begins_is_an_error_and_not_a_busy_loop() -> None:
    with (
        selected({"IDLE": b"{tag} OK done\r\n"}) as session,
        pytest.raises(ServerFault, match="IDLE"),
    ):
        session.idle(5)


def test_idle_ends_even_when_the_server_is_never_quiet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imap, "PUSHED_MAX", 50)
    told: list[Untagged] = []
    endless = b"+ idling\r\n" + b"* 5 EXISTS\r\n" * 60
    with selected({"IDLE": endless}, told) as session:
        session.idle(5)
        session.noop()
    assert told == [Exists(5)] * 60


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "FETCH", "NOOP"])
def test_abort_ends_a_wait_at_once_wherever_it_is(command: str) -> None:
    reached = threading.Event()

    def reach(peer: Peer, tag: bytes, line: bytes) -> None:
        reached.set()

    with Scripted({command: reach}) as server:
        where = Endpoint("127.0.0.1", server.port, Security.NONE, "ann")
        session = ImapSession(where, lambda: "secret")
        ended: list[float] = []

        def use() -> None:
            with suppress(AccountError):
                session.connect()
                session.select(b"INBOX")
                session.noop()
                session.fetch_newest(3)
            ended.append(time.monotonic())

        thread = threading.Thread(target=use)
        thread.start()
        assert reached.wait(5)
        start = time.monotonic()
        session.abort()
        thread.join(5)

        assert ended[0] - start < 0.3


def test_abort_ends_a_handshake_that_hangs() -> None:
    with Scripted(greeting=b"") as server:
        where = Endpoint("127.0.0.1", server.port, Security.TLS, "ann")
        tcp = threading.Event()
        session = ImapSession(where, lambda: "s", on_step=lambda step, words: tcp.set())
        errors: list[Exception] = []

        def use() -> None:
            try:
                session.connect()
            except AccountError as error:
                errors.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        assert tcp.wait(5)
        start = time.monotonic()
        session.abort()
        thread.join(5)
        assert time.monotonic() - start < 0.5
        assert isinstance(errors[0], Unreachable)


def test_a_set_of_known_uids_never_makes_a_command_too_long() -> None:
    scattered = UIDSet.of(range(1, 100_000, 2))
    with Scripted() as server:
        where = Endpoint("127.0.0.1", server.port, Security.NONE, "ann")
        session = ImapSession(where, lambda: "secret")
        session.connect()
        for known in (scattered, UIDSet()):
            session.select(b"INBOX", resume=Resume(7, 5, known))  # type: ignore[arg-type]
        selects = [line for line in server.lines if b"SELECT" in line]
        assert len(selects) == 2
        assert all(
            line.endswith(b'SELECT "INBOX" (QRESYNC (7 5))\r\n') for line in selects
        )
        session.close()


def test_keywords_cannot_carry_a_command() -> None:
    with Scripted({"STORE": b"{tag} OK\r\n"}) as server:
        where = Endpoint("127.0.0.1", server.port, Security.NONE, "ann")
        session = ImapSession(where, lambda: "secret")
        session.connect()
        session.select(b"INBOX")
        wished = FlagSet(keywords=frozenset({"ok", "a)\r\nT9 LOGOUT", "\\Evil", "b c"}))
        session.store_flags(UIDSet([(1, 1)]), add=wished, remove=FlagSet())
        assert server.lines[-1].endswith(b"UID STORE 1 +FLAGS (ok)\r\n")
        session.close()
