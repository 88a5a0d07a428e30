"""THREAD of a server: from a real one, and from ones that mean harm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.net.test_limits import selected
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted import CAPABILITIES
from tuimail.config import Security
from tuimail.errors import ServerFault
from tuimail.net import imap_thread
from tuimail.net.imap import ImapSession
from tuimail.net.imap_parse import Unreadable
from tuimail.net.imap_thread import parse_thread
from tuimail.net.session import Endpoint

ABLE = CAPABILITIES + b" THREAD=REFERENCES"
CAPABLE = {
    "LOGIN": b"{tag} OK [CAPABILITY " + ABLE + b"] in\r\n",
    "CAPABILITY": b"* CAPABILITY " + ABLE + b"\r\n{tag} OK done\r\n",
}


def drawn(text: bytes) -> list[str]:
    return [f"{t.thread}:" + "." * t.depth + str(t.uid) for t in parse_thread(text)]


def test_nested_lists_are_read() -> None:
    # The example of RFC 5256 §4.
    found = parse_thread(b"THREAD (2)(3 6 (4 23)(44 7 96))")
    assert drawn(b"THREAD (2)(3 6 (4 23)(44 7 96))") == [
        *("0:2", "1:3", "1:.6", "1:..4", "1:...23", "1:..44", "1:...7", "1:....96"),
    ]
    assert [each.parent for each in found] == [None, None, 3, 6, 4, 6, 44, 7]


def test_a_conversation_without_its_first_message_is_read() -> None:
    assert drawn(b"THREAD ((3)(5))") == ["0:3", "0:.5"]
    assert drawn(b"THREAD ((3 4)(5 6))") == ["0:3", "0:.4", "0:.5", "0:..6"]


@pytest.mark.parametrize("text", [b"THREAD", b"thread ", b"THREAD  "])
def test_no_conversation_is_an_answer_as_well(text: bytes) -> None:
    assert parse_thread(text) == []


@pytest.mark.parametrize(
    "text",
    [
        b"THREAD (1",
        b"THREAD 1",
        b"THREAD (1))",
        b"THREAD (0)",
        b"THREAD (4294967296)",
        b"THREAD (1)(1)",
        b"THREAD (1 a)",
        b"THREAD (1 2x)",
        b"THREAD (12345678901)",
        b"THREAD (1) {3}\r\nabc",
        b"THREADS (1)",
        b"SEARCH 1",
        b"",
    ],
)
def test_what_is_not_such_an_answer_is_refused(text: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_thread(text)


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    with suppress(Unreadable):
        parse_thread(b"THREAD " + octets)


def test_hostile_depth_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.process_time()
    with pytest.raises(Unreadable, match="deep"):
        parse_thread(b"THREAD " + b"(" * 5_000_000)
    chain = b" ".join(b"%d" % n for n in range(1, 100_001))
    assert parse_thread(b"THREAD (" + chain + b")")[-1].depth == 99_999
    spaces = b"THREAD (1" + b" " * 1_000_000 + b")"
    assert len(parse_thread(spaces)) == 1
    assert time.process_time() - begun < 10
    monkeypatch.setattr(imap_thread, "MESSAGES_MAX", 2)
    with pytest.raises(Unreadable, match="more"):
        parse_thread(b"THREAD (1)(2)(3)")


def test_a_server_that_cannot_is_not_asked() -> None:
    with selected({}) as session:
        assert session.thread() is None


def test_an_answer_is_taken_and_a_long_one_as_well() -> None:
    lists = b"".join(b"(%d)" % (10_000_000 + n) for n in range(150_000))
    answer = b"* THREAD " + lists + b"\r\n{tag} OK done\r\n"
    with selected({**CAPABLE, "THREAD": answer}, patience_s=20) as session:
        found = session.thread()
        assert found is not None
        assert len(found) == 150_000


@pytest.mark.parametrize(
    "answer",
    [
        b"* THREAD (1 (2\r\n{tag} OK done\r\n",
        b"* THREAD (1)\r\n* THREAD (2)\r\n{tag} OK done\r\n",
        b"{tag} NO not today\r\n",
    ],
)
def test_bad_answers_are_errors(answer: bytes) -> None:
    with (
        selected({**CAPABLE, "THREAD": answer}) as session,
        pytest.raises(ServerFault),
    ):
        session.thread()


@pytest.fixture
def session(dovecot: Dovecot, user: str) -> Iterator[ImapSession]:
    def letter(number: int, references: str = "") -> bytes:
        head = f"Message-ID: <{number}@x>\r\nSubject: subject {number}\r\n"
        if references:
            head += f"References: {references}\r\n"
        return (head + "\r\ntext\r\n").encode()

    dovecot.seed(
        user, [letter(1), letter(2), letter(3, "<1@x>"), letter(4, "<1@x> <3@x>")]
    )
    made = ImapSession(
        Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user), lambda: PASSWORD
    )
    made.connect()
    made.select(b"INBOX")
    yield made
    made.close()


def test_a_real_server_is_understood(session: ImapSession) -> None:
    found = session.thread()
    assert found is not None
    shape = {each.uid: (each.depth, each.parent) for each in found}
    assert shape == {1: (0, None), 2: (0, None), 3: (1, 1), 4: (2, 3)}
    some = session.thread(b"UID 3:4")
    assert some is not None
    assert [each.uid for each in some] == [3, 4]
