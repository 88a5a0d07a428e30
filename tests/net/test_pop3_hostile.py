"""A maildrop that means harm, or cannot do better."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.servers.scripted import Answer, Peer
from tests.servers.scripted_pop import BARE, CAPA, ScriptedPop
from tuimail.config import Security
from tuimail.errors import (
    AccountError,
    Busy,
    Gone,
    ServerFault,
    Unreachable,
    Unsupported,
)
from tuimail.net import pop3, pop3_wire
from tuimail.net.pop3 import Pop3Session
from tuimail.net.pop3_values import Flaw, Listing, UidlState
from tuimail.net.session import Endpoint

Answers = dict[str, Answer | list[bytes]]
LIMIT = 1_000_000


@contextmanager
def opened(answers: Answers, patience_s: float = 1.0) -> Iterator[Pop3Session]:
    """A session on a maildrop of three that answers so."""
    with ScriptedPop(answers) as server:
        session = Pop3Session(
            Endpoint("127.0.0.1", server.port, Security.NONE, "ann"),
            lambda: "secret",
            connect_timeout_s=patience_s,
            response_timeout_s=patience_s,
        )
        session.connect()
        yield session
        session.close()


def poured(piece: bytes, first: bytes = b"+OK\r\n") -> Callable[..., None]:
    """An answer without an end."""

    def pour(peer: Peer, verb: bytes, line: bytes) -> None:
        with suppress(OSError):
            peer.send(first)
            while True:
                peer.send(piece)

    return pour


def once(answer: bytes) -> Callable[..., None]:
    """Say this, then hang up."""

    def leave(peer: Peer, verb: bytes, line: bytes) -> None:
        peer.send(answer)
        peer.close()

    return leave


def dripped(answer: bytes) -> Callable[..., None]:
    """Say this, then one octet after the other."""

    def drip(peer: Peer, verb: bytes, line: bytes) -> None:
        peer.send(answer)
        with suppress(OSError):
            for _ in range(100):
                peer.send(b"x")
                time.sleep(0.05)

    return drip


def polled(answers: Answers) -> None:
    """Everything that is done in a maildrop."""
    with opened(answers) as session:
        session.listing()
        list(session.tops([1]))
        session.retrieve(1, lambda octets: None)
        session.delete([1])
        session.noop()


def listed(answers: Answers) -> Listing:
    with opened(answers) as session:
        return session.listing()


def many(*lines: bytes) -> bytes:
    return b"+OK\r\n" + b"".join(line + b"\r\n" for line in lines) + b".\r\n"


# -- listings ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "uidl", "flaw"),
    [
        (b"2 b", "b", Flaw.NONE),
        (b"  2   b  ", "b", Flaw.NONE),
        (b"2 a", "a", Flaw.DUPLICATE),
        (b"2 ", "", Flaw.MALFORMED),
        (b"2", "", Flaw.MALFORMED),
        (b"2 b c", "", Flaw.MALFORMED),
        (b"2 \x1b[2J", "", Flaw.MALFORMED),
        (b"2 \xc3\xa4", "", Flaw.MALFORMED),
        (b"2 " + b"u" * 70, "u" * 70, Flaw.NONE),
        (b"2 " + b"u" * 71, "u" * 71, Flaw.TOO_LONG),
        (b"2 " + b"u" * 513, "", Flaw.TOO_LONG),
        (b"3 c", "", Flaw.MISSING),
    ],
)
def test_an_odd_id_is_told_apart(line: bytes, uidl: str, flaw: Flaw) -> None:
    listing = listed({"UIDL": many(b"1 a", line)})
    assert (listing.entries[1].uidl, listing.entries[1].flaw) == (uidl, flaw)


def test_both_of_two_alike_ids_are_doubtful() -> None:
    listing = listed({"UIDL": many(b"1 a", b"2 a", b"3 c")})
    assert [entry.flaw for entry in listing.entries] == [
        Flaw.DUPLICATE,
        Flaw.DUPLICATE,
        Flaw.NONE,
    ]


def test_a_server_without_ids_is_no_server_that_lost_them() -> None:
    bare = CAPA.replace(b"UIDL\r\n", b"")
    assert listed({"CAPA": bare, "UIDL": BARE}).uidl is UidlState.UNSUPPORTED
    assert listed({"CAPA": BARE, "UIDL": BARE}).uidl is UidlState.UNSUPPORTED
    assert listed({"UIDL": BARE}).uidl is UidlState.REFUSED
    later = b"-ERR [SYS/TEMP] x\r\n"
    assert listed({"CAPA": bare, "UIDL": later}).uidl is UidlState.REFUSED


@pytest.mark.parametrize(
    "answers",
    [
        {"LIST": many(b"1 100", b"2 100")},
        {"LIST": many(b"1 100", b"2 100", b"3 100", b"4 100")},
        {"LIST": many(b"1 100", b"1 200", b"3 100")},
        {"LIST": many(b"1 100", b"2 100", b"3 100", b"1 200")},
        {"LIST": many(b"1 100", b"0 5", b"3 100")},
        {"LIST": many(b"1 100", b"x", b"2 1", b"3 100")},
        {"LIST": many(b"1 100", b"-2 1", b"3 100")},
        {"LIST": many(b"1 100", b"9999999999 1", b"3 100")},
        {"UIDL": many(b"1 a", b"2 b", b"3 c", b"4 d")},
        {"UIDL": many(b"1 a", b"2 b", b"2 x", b"3 c")},
        {"STAT": b"+OK 2 200\r\n"},
    ],
)
def test_answers_that_do_not_agree_are_not_sound(answers: Answers) -> None:
    assert listed({}).sound
    assert not listed(answers).sound


def test_a_size_that_is_none_is_not_known() -> None:
    sizes = many(b"1 abc", b"2 99999999999999999999", b"3")
    assert [entry.size for entry in listed({"LIST": sizes}).entries] == [None] * 3


@pytest.mark.parametrize(
    "words", [b"", b"a b", b"1", b"-1 5", b"99999999999 1", b"9999999 1"]
)
def test_a_count_that_cannot_be_is_refused(words: bytes) -> None:
    with opened({"STAT": b"+OK " + words + b"\r\n"}) as session:
        with pytest.raises(ServerFault, match="messages"):
            session.listing()
        session.noop()


@pytest.mark.parametrize("verb", ["CAPA", "LIST", "UIDL", "TOP"])
@pytest.mark.parametrize("piece", [b"1 x\r\n" * 10_000, b"x" * 60_000])
def test_an_answer_without_an_end_costs_little(
    verb: str, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pop3, "TOP_MAX", 3_000_000)
    tracemalloc.start()
    with pytest.raises(ServerFault, match="at once"):
        polled({verb: poured(piece)})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000


@pytest.mark.parametrize("verb", ["CAPA", "STAT", "LIST", "TOP", "RETR", "DELE"])
def test_a_status_line_without_an_end_is_refused(verb: str) -> None:
    good = b"+OK\r\nA: b\r\n\r\n.\r\n"
    with pytest.raises(ServerFault, match="line of over 1 MiB"):
        polled({"TOP": good, "RETR": good, verb: poured(b"x" * 60_000, b"+OK ")})


# -- one message ------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"-ERR no such message\r\n", Gone),
        (b"-ERR [SYS/TEMP] disk\r\n", Busy),
        (b"-ERR [IN-USE] x\r\n", Busy),
        (b"what?\r\n", ServerFault),
        (b"+ go on\r\n", ServerFault),
        (b"\r\n", ServerFault),
        (b"\0\r\n", ServerFault),
    ],
)
def test_a_message_that_is_refused(answer: bytes, kind: type[AccountError]) -> None:
    with opened({"RETR": answer}) as session:
        with pytest.raises(kind) as caught:
            session.retrieve(1, lambda octets: None)
        assert type(caught.value) is kind


@pytest.mark.parametrize(
    "answer",
    [
        once(b""),
        once(b"+O"),
        once(b"+OK\r\n"),
        once(b"+OK\r\nhalf\r\n"),
        once(b"+OK\r\nhalf\r\n.\r"),
        dripped(b"+OK\r\n"),
        dripped(b"+OK\r\nhalf\r\n."),
        b"+OK\r\nno end\r\n",
        b"+OK\r\n.x\r\n..",
    ],
)
def test_a_message_that_stops_short_is_no_message(answer: Answer) -> None:
    got: list[bytes] = []
    with opened({"RETR": answer}) as session:
        start = time.monotonic()
        with pytest.raises(Unreachable):
            session.retrieve(1, got.append)
        assert time.monotonic() - start < 6
        with pytest.raises(Unreachable):
            session.noop()


def test_a_message_beyond_the_limit_is_cut_off() -> None:
    got: list[int] = []
    with opened({"RETR": poured(b"x" * 60_000)}) as session:
        with pytest.raises(ServerFault, match="1,000,000"):
            session.retrieve(1, lambda octets: got.append(len(octets)), limit=LIMIT)
        with pytest.raises(Unreachable):
            session.noop()
    assert sum(got) <= LIMIT


def test_a_dot_behind_a_bare_line_end_ends_it_when_nothing_follows() -> None:
    got: list[bytes] = []
    with opened({"RETR": b"+OK\r\na\nb\n.\r\n"}) as session:
        assert session.retrieve(1, got.append) == 4
        session.noop()
    assert b"".join(got) == b"a\nb\n"


def test_a_dot_behind_a_bare_line_end_is_text_while_more_is_due() -> None:
    got: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}

    def pause(peer: Peer, verb: bytes, line: bytes) -> None:
        peer.send(b"+OK\r\na\n.\r\n")
        time.sleep(0.7)
        peer.send(b"b\r\n.\r\n")

    with opened({"RETR": pause}) as session:
        wanted = [(1, 100), (2, 100)]
        found = session.retrieve_many(wanted, lambda number: got[number].extend)
        assert next(found).octets == 8
    assert bytes(got[1]) == b"a\n.\r\nb\r\n"


def test_who_drips_such_dots_gets_no_time_for_it() -> None:
    def drip(peer: Peer, verb: bytes, line: bytes) -> None:
        peer.send(b"+OK\r\n")
        with suppress(OSError):
            for _ in range(100):
                peer.send(b"\n.\r\n")
                time.sleep(0.1)

    with opened({"RETR": drip}) as session:
        start = time.monotonic()
        with pytest.raises(Unreachable):
            session.retrieve(1, lambda octets: None)
        assert time.monotonic() - start < 4


def test_a_mail_cannot_answer_in_place_of_the_server() -> None:
    forged = b"+OK\r\nhello\n.\r\n+OK 0 0\r\n\r\n.\r\n"
    got: list[bytes] = []
    with opened({"RETR": forged}) as session:
        session.retrieve(1, got.append)
        assert session.stat().messages == 3
    assert b"".join(got) == b"hello\n.\r\n+OK 0 0\r\n\r\n"


def test_a_server_that_ends_all_its_lines_barely_is_understood() -> None:
    got: list[bytes] = []
    answers: Answers = {"RETR": b"+OK\na\n..b\n.\n", "STAT": b"+OK 3 3\n"}
    with opened(answers) as session:
        session.retrieve(1, got.append)
        assert session.stat().messages == 3
    assert b"".join(got) == b"a\n.b\n"


# -- headers ----------------------------------------------------------------


def test_a_body_that_comes_with_the_header_is_cut_off_and_told() -> None:
    body = b"A: b\r\n\r\n" + b"text\r\n" * 1000
    with opened({"TOP": b"+OK\r\n" + body + b".\r\n"}) as session:
        tops = list(session.tops([1, 2]))
    assert [(top.header, top.body) for top in tops] == [(b"A: b\r\n\r\n", 6000)] * 2


def test_a_server_that_sends_bodies_is_asked_for_one_at_a_time() -> None:
    with opened({"TOP": b"+OK\r\nA: b\r\n\r\ntext\r\n.\r\n"}) as session:
        tops = session.tops(range(1, 1000))
        next(tops)
        asked = session.counters.commands
        for _ in range(60):
            next(tops)
        assert session.counters.commands - asked <= 12


def test_a_header_without_an_end_is_kept_in_part() -> None:
    with opened({"TOP": b"+OK\r\n" + b"x" * 2_000_000 + b"\r\n.\r\n"}) as session:
        top = next(session.tops([1]))
    assert (len(top.header), top.cut) == (pop3.HEADER_MAX, True)


def test_a_server_without_top_is_asked_once() -> None:
    bare = CAPA.replace(b"TOP\r\n", b"")
    with opened({"CAPA": bare}) as session:
        asked = session.counters.commands
        with pytest.raises(Unsupported):
            list(session.tops(range(1, 100)))
        assert session.counters.commands - asked == 1


def test_top_that_is_not_announced_may_be_there() -> None:
    answers: Answers = {"CAPA": BARE, "TOP": b"+OK\r\nA: b\r\n\r\n.\r\n"}
    with opened(answers) as session:
        assert len(list(session.tops([1, 2, 3]))) == 3


def test_one_message_without_a_header_is_alone() -> None:
    good = b"+OK\r\nA: b\r\n\r\n.\r\n"
    with opened({"TOP": [good, b"-ERR \x1b[2J\r\n", good]}) as session:
        tops = list(session.tops([1, 2, 3]))
    assert [bool(top.header) for top in tops] == [True, False, True]
    assert isinstance(tops[1].error, Gone)
    assert str(tops[1].error).isprintable()


# -- ending -----------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [BARE, once(b""), b"", b"nonsense\r\n", b"+O", dripped(b"+")]
)
def test_a_goodbye_that_is_not_confirmed(answer: Answer) -> None:
    with opened({"QUIT": answer}) as session:
        session.delete([1])
        start = time.monotonic()
        assert not session.quit(1.0)
        assert time.monotonic() - start < 4


def test_no_goodbye_is_said_on_a_broken_connection() -> None:
    with opened({"NOOP": b"nonsense\r\n"}) as session:
        with pytest.raises(ServerFault):
            session.noop()
        assert not session.quit()


def test_another_thread_ends_a_wait() -> None:
    with opened({"RETR": b""}, patience_s=30.0) as session:
        threading.Timer(0.2, session.abort).start()
        start = time.monotonic()
        with pytest.raises(Unreachable, match="was closed"):
            session.retrieve(1, lambda octets: None)
        assert time.monotonic() - start < 5


def test_too_much_that_is_not_wanted_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(octets: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pop3_wire, "SETTLE_MAX", 100_000)
    with opened({"RETR": poured(b"x" * 60_000)}) as session:
        with pytest.raises(OSError, match="No space"):
            session.retrieve(1, full)
        with pytest.raises(Unreachable, match="given up"):
            session.noop()


def test_a_slow_disk_is_not_the_fault_of_the_server() -> None:
    def slow(octets: bytes) -> None:
        # Longer than the server is waited for.
        end = time.monotonic() + 0.6
        threading.Event().wait(end - time.monotonic())

    answer = b"+OK\r\n" + b"x" * 150_000 + b"\r\n.\r\n"
    with opened({"RETR": answer}, patience_s=0.5) as session:
        assert session.retrieve(1, slow) == 150_002
