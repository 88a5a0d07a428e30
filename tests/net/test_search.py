"""SEARCH and SORT with a user's words: real servers, poor ones, and hostile ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.mails import mail
from tests.net.test_limits import Answers, selected
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted import CAPABILITIES, Peer
from tuimail.config import Security
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer
from tuimail.errors import ServerFault, Unreachable, Unsupported
from tuimail.mail.query import parse
from tuimail.mail.query_imap import Asking, imap_search
from tuimail.mail.uidset import UIDSet
from tuimail.net import imap_search as wire
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint

TODAY = date(2026, 11, 28)
LETTERS = [
    mail(1, body="a zebra in the grass\n"),
    mail(2, Subject="grüße aus köln", body="nothing\n"),
    mail(3, Cc="Zoë <zoe@example.org>", body='he said "well \\ done" twice\n'),
    mail(4, List_Id="<dev.example.org>", body="x" * 5000 + "\n"),
]


def asked(text: str) -> Asking:
    return imap_search(parse(text, TODAY), own="bob@example.org")


def without(*words: bytes) -> Answers:
    left = b" ".join(w for w in CAPABILITIES.split() if w not in words)
    return {
        "LOGIN": b"{tag} OK [CAPABILITY " + left + b"] in\r\n",
        "CAPABILITY": b"* CAPABILITY " + left + b"\r\n{tag} OK done\r\n",
    }


SORTING: Answers = {
    "LOGIN": b"{tag} OK [CAPABILITY " + CAPABILITIES + b" SORT] in\r\n",
    "CAPABILITY": b"* CAPABILITY " + CAPABILITIES + b" SORT\r\n{tag} OK done\r\n",
}


@pytest.fixture(params=["all", "no literal+", "plain"])
def session(
    request: pytest.FixtureRequest, dovecot: Dovecot, user: str
) -> Iterator[ImapSession]:
    dovecot.seed(user, LETTERS)
    made = ImapSession(
        Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user), lambda: PASSWORD
    )
    made.connect()
    if request.param != "all":
        made.link.capabilities -= {"LITERAL+", "LITERAL-"}
    if request.param == "plain":
        made.link.capabilities -= {"ESEARCH"}
    made.select(b"INBOX")
    yield made
    made.close()


QUERIES = [
    ("zebra", [1]),
    ("body:zebra", [1]),
    ("-zebra", [2, 3, 4]),
    ("grüße", [2]),
    ("subject:köln", [2]),
    ("to:zoë", [3]),
    (r'"well \\ done"', [3]),
    ("list:dev", [4]),
    ("zebra OR köln OR list:dev", [1, 2, 4]),
    ("-(zebra OR köln)", [3, 4]),
    ("larger:4k", [4]),
    ("smaller:4k -zebra", [2, 3]),
    ("on:2023-11-14", [1, 2, 3, 4]),
    ("before:2020", []),
    ("-(since:2020 zebra)", [2, 3, 4]),
    ("is:unread", [1, 2, 3, 4]),
    ("is:flagged OR is:answered", []),
    ("keyword:work", []),
    ("to:me zebra", [1]),
    ("id:m3@example.org", [3]),
    ("zebra has:attachment", [1]),
    ("(zebra is:unread) OR (köln -is:unread)", [1]),
]


@pytest.mark.parametrize(("text", "found"), QUERIES)
def test_a_real_server_understands_every_query(
    session: ImapSession, text: str, found: list[int]
) -> None:
    assert list(session.search(asked(text))) == found


def test_a_real_server_sorts(session: ImapSession) -> None:
    biggest = session.sort(b"REVERSE SIZE", asked(""), 2)
    assert biggest[0] == 4
    assert len(biggest) == 2
    assert session.sort(b"SUBJECT", asked("köln OR zebra"), 9) == [2, 1]


@pytest.fixture(scope="module")
def demo() -> Iterator[ImapSession]:
    store = MailStore()
    arrived = datetime(2023, 11, 14, 12, tzinfo=UTC)
    for letter in LETTERS:
        store.boxes["INBOX"].add(letter, (), arrived)
    server = DemoServer(store)
    endpoint = Endpoint("127.0.0.1", server.start(), Security.NONE, "ana")
    made = ImapSession(endpoint, lambda: "demo")
    made.connect()
    made.select(b"INBOX")
    yield made
    made.close()
    server.stop()
    assert server.faults == []


@pytest.mark.parametrize(("text", "found"), QUERIES)
def test_the_demo_server_understands_every_query(
    demo: ImapSession, text: str, found: list[int]
) -> None:
    assert list(demo.search(asked(text))) == found


def test_a_result_of_another_search_is_not_taken() -> None:
    other = b'* ESEARCH (TAG "T99") UID ALL 1:3\r\n'
    mine = b'* ESEARCH (TAG "{tag}") UID ALL 2\r\n'
    with selected({"SEARCH": other + mine + b"{tag} OK\r\n"}) as session:
        assert list(session.search_uids(b"ALL")) == [2]
        assert list(session.search(asked("x1"))) == [2]


def test_no_result_but_that_of_another_search_is_not_nothing() -> None:
    other = b'* ESEARCH (TAG "T99") UID ALL 1:3\r\n{tag} OK\r\n'
    with selected({"SEARCH": other}) as session:
        with pytest.raises(ServerFault, match="cannot be read"):
            session.search_uids(b"ALL")
        with pytest.raises(ServerFault, match="cannot be read"):
            session.count(b"ALL")


def test_a_literal_waits_to_be_asked_for() -> None:
    lines: list[bytes] = []

    def answer(peer: Peer, tag: bytes, line: bytes) -> None:
        lines.append(line)
        peer.send(b"* 4 EXISTS\r\n+ go on\r\n")
        lines.append(peer.line())
        peer.send(b'* ESEARCH (TAG "%s") UID ALL 3\r\n%s OK\r\n' % (tag, tag))

    with selected({**without(b"LITERAL+"), "SEARCH": answer}) as session:
        assert list(session.search(asked("grüße"))) == [3]
    assert lines[0].endswith(b"CHARSET UTF-8 TEXT {7}\r\n")
    assert lines[1] == "grüße\r\n".encode()


def test_a_literal_that_is_refused_ends_the_search_and_not_the_connection() -> None:
    refused: Answers = {
        "SEARCH": b"{tag} NO [BADCHARSET (US-ASCII)] no such letters\r\n"
    }
    none: tuple[bytes, ...] = ()
    for lacking in (none, (b"LITERAL+",)):
        with selected({**without(*lacking), **refused}) as session:
            with pytest.raises(Unsupported, match="ASCII"):
                session.search(asked("grüße"))
            session.noop()


@pytest.mark.parametrize("word", [b"NO", b"BAD"])
def test_a_refusal_is_told_with_the_servers_words(word: bytes) -> None:
    with (
        selected({"SEARCH": b"{tag} " + word + b" too tired\r\n"}) as session,
        pytest.raises(ServerFault, match="too tired"),
    ):
        session.search(asked("zebra"))


def test_millions_of_numbers_cost_little() -> None:
    whole = b'* ESEARCH (TAG "{tag}") UID ALL 1:4294967295\r\n{tag} OK\r\n'
    with selected({"SEARCH": whole}) as session:
        assert session.search(asked("x1")) == UIDSet([(1, 2**32 - 1)])
    many = b"* SEARCH " + b" ".join(b"%d" % n for n in range(1, 1_000_001)) + b"\r\n"
    with selected({"SEARCH": many + b"{tag} OK\r\n"}, patience_s=20) as session:
        assert session.search(asked("x1")) == UIDSet([(1, 1_000_000)])


def test_a_number_out_of_range_is_an_error() -> None:
    wrong = b'* ESEARCH (TAG "{tag}") UID ALL 1:4294967296\r\n{tag} OK\r\n'
    with (
        selected({"SEARCH": wrong}) as session,
        pytest.raises(ServerFault, match="cannot be read"),
    ):
        session.search(asked("x1"))


def test_a_server_that_says_for_ever_that_it_goes_on_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "WHOLE_S", 0.2)

    def chatter(peer: Peer, tag: bytes, line: bytes) -> None:
        while True:
            peer.send(b"* OK Searched 1% of the mailbox\r\n" * 100)

    with selected({"SEARCH": chatter}) as session:
        begun = time.monotonic()
        with pytest.raises((ServerFault, Unreachable)):
            session.search(asked("zebra"))
        assert time.monotonic() - begun < 5


def test_a_server_that_cannot_sort_is_not_asked() -> None:
    with selected({}) as session, pytest.raises(Unsupported, match="sort"):
        session.sort(b"REVERSE SIZE", asked(""), 10)


def test_only_the_first_of_an_order_is_asked_for_where_that_can_be() -> None:
    able = CAPABILITIES + b" SORT ESORT CONTEXT=SORT"
    lines: list[bytes] = []

    def answer(peer: Peer, tag: bytes, line: bytes) -> None:
        lines.append(line)
        found = b'* ESEARCH (TAG "T99") UID PARTIAL (1:3 1,2,3)\r\n'
        found += b'* ESEARCH (TAG "%s") UID PARTIAL (1:3 9,7,8)\r\n%s OK\r\n'
        peer.send(found % (tag, tag))

    answers: Answers = {
        "LOGIN": b"{tag} OK [CAPABILITY " + able + b"] in\r\n",
        "CAPABILITY": b"* CAPABILITY " + able + b"\r\n{tag} OK done\r\n",
        "SORT": answer,
    }
    with selected(answers) as session:
        assert session.sort(b"REVERSE SIZE", asked(""), 3) == [9, 7, 8]
    assert lines[0].endswith(
        b"UID SORT RETURN (PARTIAL 1:3) (REVERSE SIZE) UTF-8 ALL\r\n"
    )


def test_what_follows_a_literal_stands_apart() -> None:
    query = parse('"grüße (" zebra', TODAY)
    criteria = imap_search(query).criteria or ()
    whole = wire.pieces(criteria, frozenset({"LITERAL+"}))
    assert whole == ['TEXT {9+}\r\ngrüße ( TEXT "zebra"'.encode()]
    assert wire.pieces(criteria, frozenset()) == [
        b"TEXT {9}",
        'grüße ( TEXT "zebra"'.encode(),
    ]


def test_an_order_is_taken_once_and_only_so_far() -> None:
    long = b"* SORT " + b" ".join(b"%d" % n for n in range(300_000, 0, -1)) + b"\r\n"
    with selected({**SORTING, "SORT": long + b"{tag} OK\r\n"}) as session:
        assert session.sort(b"REVERSE SIZE", asked(""), 3) == [
            300_000,
            299_999,
            299_998,
        ]
    twice = b"* SORT 1\r\n* SORT 2\r\n{tag} OK\r\n"
    with (
        selected({**SORTING, "SORT": twice}) as session,
        pytest.raises(ServerFault, match="twice"),
    ):
        session.sort(b"REVERSE SIZE", asked(""), 3)


def test_no_second_command_can_be_smuggled_in(tmp_path: Path) -> None:
    query = parse('"a\rb" OR subject:"x"', TODAY)
    sent = b"".join(wire.pieces(imap_search(query).criteria or (), frozenset()))
    assert b"\r" not in sent
    with pytest.raises(ValueError, match="CR"):
        wire.pieces([b"ALL\r\nT9 LOGOUT"], frozenset())


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (b'ESEARCH (TAG "T1") UID ALL 1:3', b"T1"),
        (b"esearch (tag t9) uid", b"t9"),
        (b"ESEARCH UID ALL 4", None),
        (b'ESEARCH (TAG "' + b"x" * 200 + b'") UID', None),
    ],
)
def test_a_result_says_which_search_it_answers(text: bytes, tag: bytes | None) -> None:
    assert wire.search_tag(text) == tag


def test_an_order_is_read_as_far_as_it_is_wanted() -> None:
    assert wire.parse_sort(b"SORT 5 3 2 9", 3) == [5, 3, 2]
    assert wire.parse_sort(b"SORT", 3) == []
    assert wire.parse_sort(b"SORT 5 (MODSEQ 3)", 3) == [5]
    partial = b'ESEARCH (TAG "T1") UID PARTIAL (1:9 5,3:1,8:9)'
    assert wire.parse_sort(partial, 9) == [5, 3, 2, 1, 8, 9]
    assert wire.parse_sort(partial, 3) == [5, 3, 2]
    assert wire.parse_sort(b'ESEARCH (TAG "T1") UID PARTIAL (1:9 NIL)', 3) == []
    endless = b'ESEARCH (TAG "T1") UID PARTIAL (1:9 1:4294967295)'
    assert wire.parse_sort(endless, 3) == [1, 2, 3]


@pytest.mark.parametrize(
    "uids", [b"1:2:3", b":", b"1:", b"0", b"4294967296", b"1 1", b"x", b"-1", b"9" * 99]
)
def test_nonsense_is_no_order(uids: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wire.parse_sort(b"SORT " + uids, 10)
