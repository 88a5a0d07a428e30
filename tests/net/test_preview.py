"""How texts begin, as servers say it: RFC 8970, its drafts, and nonsense."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.mails import mails
from tests.net.test_hostile import session_of
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted import CAPABILITIES, Answer, Scripted
from tuimail.config import Security
from tuimail.errors import ServerFault
from tuimail.mail.types import UID
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.net.imap_parse import PREVIEW_OCTETS, parse_fetch
from tuimail.net.session import Endpoint, FlagsSeen, Untagged

THREE = UIDSet([(1, 3)])


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (b'PREVIEW "Hello"', b"Hello"),
        (b'PREVIEW ""', b""),
        (b"PREVIEW NIL", None),
        (b"preview {5}\r\nHello", b"Hello"),
        (b'PREVIEW "a\x1b[2J\\"b"', b'a\x1b[2J"b'),
        (b'PREVIEW (FUZZY "Hello")', b"Hello"),
        (b"SNIPPET (FUZZY {3}\r\na)b)", b"a)b"),
        (b"PREVIEW (FUZZY NIL)", None),
        (b"PREVIEW {5000}\r\n" + b"x" * 5000, b"x" * PREVIEW_OCTETS),
        (b'PREVIEW ("Hello")', b"Hello"),
        (b"PREVIEW ()", None),
        (b"PREVIEW", None),
        (b"PREVIEW (FUZZY", None),
    ],
)
def test_a_preview_is_read_in_every_dress(item: bytes, found: bytes | None) -> None:
    row = parse_fetch(b"4 FETCH (UID 7 " + item + b")")
    assert row is not None
    assert row.uid == 7
    assert row.preview == found


@pytest.fixture
def session(dovecot: Dovecot, user: str) -> Iterator[ImapSession]:
    endpoint = Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user)
    made = ImapSession(endpoint, lambda: PASSWORD)
    made.connect()
    yield made
    made.close()


def test_dovecot_says_how_texts_begin_once_it_has_worked_it_out(
    session: ImapSession, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    session.select(b"INBOX")
    assert session.gives_previews
    assert session.fetch_previews(THREE, lazy=True) == {}
    before = session.counters
    found = session.fetch_previews(THREE, lazy=False)
    assert session.counters.flights - before.flights == 1
    assert found[UID(2)] == b"text of message 2"
    assert session.fetch_previews(THREE, lazy=True) == found


@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize("name", [b"PREVIEW=FUZZY", b"SNIPPET=FUZZY"])
def test_a_dovecot_of_before_the_rfc_is_asked_in_its_own_words(
    session: ImapSession, dovecot: Dovecot, user: str, name: bytes, lazy: bool
) -> None:
    dovecot.seed(user, mails(3))
    session.select(b"INBOX")
    session.fetch_previews(THREE, lazy=False)
    session.link.capabilities = frozenset({name.decode()})
    assert session.fetch_previews(THREE, lazy=lazy)[UID(3)] == b"text of message 3"


Scene = Callable[[ImapSession, Scripted], None]


def on(answer: Answer, scene: Scene, offered: bytes = b" PREVIEW") -> list[Untagged]:
    """A session with a server that offers previews and answers so."""
    known = b"[CAPABILITY " + CAPABILITIES + offered + b"]"
    answers: dict[str, Answer] = {
        "FETCH": answer,
        "LOGIN": b"{tag} OK " + known + b" in\r\n",
    }
    heard: list[Untagged] = []
    with Scripted(answers) as server:
        session = session_of(server)
        session._tell = heard.append
        session.connect()
        session.select(b"INBOX")
        scene(session, server)
        session.close()
    return heard


def test_a_server_without_previews_is_not_asked() -> None:
    def scene(session: ImapSession, server: Scripted) -> None:
        assert not session.gives_previews
        assert session.fetch_previews(THREE, lazy=True) == {}
        assert not any(b"PREVIEW" in line for line in server.lines)

    on(b"{tag} BAD what\r\n", scene, offered=b"")


def test_what_was_not_asked_for_is_not_taken() -> None:
    rows = (
        b'* 9 FETCH (UID 9 PREVIEW "not asked")\r\n'
        b'* 1 FETCH (PREVIEW "of whom?")\r\n'
        b'* 1 FETCH (UID 1 PREVIEW "first")\r\n'
        b'* 1 FETCH (UID 1 PREVIEW "again")\r\n'
        b"* 2 FETCH (UID 2 PREVIEW NIL)\r\n"
        b"* 3 FETCH (UID 3 FLAGS (\\Seen))\r\n{tag} OK done\r\n"
    )

    def scene(session: ImapSession, server: Scripted) -> None:
        assert session.fetch_previews(THREE, lazy=True) == {1: b"first"}
        assert server.lines[-1].split(b" ", 1)[1] == (
            b"UID FETCH 1:3 (UID PREVIEW (LAZY))\r\n"
        )

    heard = on(rows, scene)
    assert [e.row.uid for e in heard if isinstance(e, FlagsSeen)] == [3]


def test_a_huge_preview_is_cut_and_the_connection_goes_on() -> None:
    size = 3_000_000
    row = b"* 1 FETCH (UID 1 PREVIEW {%d}\r\n" % size + b"x" * size + b")\r\n"

    def scene(session: ImapSession, server: Scripted) -> None:
        found = session.fetch_previews(THREE, lazy=False)
        assert found == {1: b"x" * PREVIEW_OCTETS}
        session.noop()

    on(row + b"{tag} OK done\r\n", scene)


def test_a_refusal_is_told() -> None:
    def scene(session: ImapSession, server: Scripted) -> None:
        with pytest.raises(ServerFault, match="refused to say how texts begin"):
            session.fetch_previews(THREE, lazy=True)

    on(b"{tag} BAD LAZY is unknown\r\n", scene)
