"""A maildrop on a real server."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mails import mail, mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.pop_faults import PopFaultProxy
from tests.servers.proxy import Proxy
from tuimail.config import Security
from tuimail.errors import AccountError, Gone, Refused, Unsupported
from tuimail.net.pop3 import Pop3Session
from tuimail.net.pop3_values import Flaw, UidlState
from tuimail.net.session import Endpoint

ODD_BODIES = {
    "8-bit": b"\xe4\xf6\xfc \xff\x80\r\n",
    "dots": b".\r\n..\r\n...\r\n.x\r\nx.\r\n.\r\n",
    "a dot at the end": b"end\r\n.",
    "no line end": b"end",
    "a long line": b"y" * 1_000_000 + b"\r\n." + b"z" * 1_000_000 + b"\r\n",
    "carriage returns": b"a\rb\r\r\nc\r\n",
    "nothing": b"",
}


def session_to(
    dovecot: Dovecot,
    user: str,
    security: Security = Security.NONE,
    *,
    port: int = 0,
    password: str = PASSWORD,
) -> Pop3Session:
    usual = dovecot.pop3s if security is Security.TLS else dovecot.pop3
    authority = str(dovecot.root / "cert.pem")
    endpoint = Endpoint("localhost", port or usual, security, user, ca_file=authority)
    return Pop3Session(endpoint, lambda: password)


@contextmanager
def opened(dovecot: Dovecot, user: str, port: int = 0) -> Iterator[Pop3Session]:
    session = session_to(dovecot, user, port=port)
    session.connect()
    yield session
    session.close()


def left(dovecot: Dovecot, user: str) -> list[int]:
    """The numbers of the messages that are in the Maildir."""
    top = dovecot.root / "home" / user / "Maildir"
    found = []
    for file in [each for sub in ("cur", "new") for each in (top / sub).iterdir()]:
        # After a cut behind QUIT the server may be removing it this very moment.
        with contextlib.suppress(FileNotFoundError):
            found.append(re.search(rb"Subject: message (\d+)", file.read_bytes()))
    return sorted(int(each[1]) for each in found if each)


def retrieved(session: Pop3Session, number: int) -> bytes:
    pieces: list[bytes] = []
    octets = session.retrieve(number, pieces.append)
    raw = b"".join(pieces)
    assert octets == len(raw)
    return raw


@pytest.mark.parametrize("security", list(Security))
def test_the_maildrop_opens(dovecot: Dovecot, user: str, security: Security) -> None:
    dovecot.seed(user, mails(2))
    session = session_to(dovecot, user, security)
    session.connect()
    assert session.stat().messages == 2
    assert session.quit()


def test_capabilities_are_those_after_the_login(dovecot: Dovecot, user: str) -> None:
    with opened(dovecot, user) as session:
        assert {"TOP", "UIDL", "PIPELINING"} <= set(session.capabilities)


def test_a_wrong_password_is_refused(dovecot: Dovecot, user: str) -> None:
    with pytest.raises(Refused, match="Check user and password") as caught:
        session_to(dovecot, user, password="wrong").connect()
    assert caught.value.code == "AUTH"


def test_a_stranger_with_a_certificate_gets_no_password(
    dovecot: Dovecot, user: str
) -> None:
    endpoint = Endpoint("localhost", dovecot.pop3, Security.STARTTLS, user)
    with pytest.raises(Refused, match="Nothing was sent"):
        Pop3Session(endpoint, lambda: PASSWORD).connect()


def test_a_listing_has_number_size_and_id(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, [mail(1), mail(2, body="x" * 500 + "\n")])
    with opened(dovecot, user) as session:
        listing = session.listing()
    assert listing.sound
    assert listing.uidl is UidlState.GIVEN
    assert [entry.number for entry in listing.entries] == [1, 2]
    assert [entry.size for entry in listing.entries] == [
        len(mail(1)),
        len(mail(2, body="x" * 500 + "\n")),
    ]
    assert [entry.flaw for entry in listing.entries] == [Flaw.NONE, Flaw.NONE]
    assert len({entry.uidl for entry in listing.entries}) == 2


def test_an_empty_maildrop_is_listed(dovecot: Dovecot, user: str) -> None:
    with opened(dovecot, user) as session:
        listing = session.listing()
    assert listing.sound
    assert listing.entries == []


def test_ids_stay_when_the_numbers_move(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(3))
    with opened(dovecot, user) as session:
        before = [entry.uidl for entry in session.listing().entries]
        session.delete([1])
        assert session.quit()
    with opened(dovecot, user) as session:
        after = session.listing().entries
    assert [entry.uidl for entry in after] == before[1:]
    assert [entry.number for entry in after] == [1, 2]


def test_a_listing_is_one_flight(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(3))
    with Proxy(dovecot.pop3) as proxy, opened(dovecot, user, proxy.port) as session:
        before = proxy.round_trips
        session.listing()
        assert proxy.round_trips - before == 1


def test_headers_come_without_bodies(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(3))
    with opened(dovecot, user) as session:
        tops = list(session.tops([3, 1]))
    heads = {n: mail(n).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" for n in (1, 3)}
    assert [(top.number, top.header) for top in tops] == [(3, heads[3]), (1, heads[1])]
    assert [(top.body, top.error) for top in tops] == [(0, None), (0, None)]


def test_many_headers_take_few_round_trips(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(1000))
    with Proxy(dovecot.pop3) as proxy, opened(dovecot, user, proxy.port) as session:
        before = session.counters.commands
        flights = session.counters.flights
        numbers = [top.number for top in session.tops(range(1, 1001))]
        assert session.counters.commands - before == 1000
        assert session.counters.flights - flights <= 20
    assert numbers == list(range(1, 1001))


def test_headers_come_from_a_server_that_cannot_pipeline(
    dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(5))
    hidden = frozenset([b"PIPELINING", b"TOP", b"UIDL", b"SASL"])
    with (
        PopFaultProxy(dovecot.pop3, hidden) as proxy,
        opened(dovecot, user, proxy.port) as session,
    ):
        assert "PIPELINING" not in session.capabilities
        assert [top.number for top in session.tops(range(1, 6))] == [1, 2, 3, 4, 5]
        assert session.listing().sound


def test_a_message_that_is_not_there_is_gone_and_alone(
    dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(2))
    with opened(dovecot, user) as session:
        tops = list(session.tops([1, 99, 2]))
        assert [type(top.error) for top in tops] == [type(None), Gone, type(None)]
        with pytest.raises(Gone):
            session.retrieve(99, lambda octets: None)
        assert retrieved(session, 1) == mail(1)


@pytest.mark.parametrize("name", ODD_BODIES)
def test_a_message_comes_as_it_lies_there(
    dovecot: Dovecot, user: str, name: str
) -> None:
    raw = mail(1, body="").removesuffix(b"\r\n\r\n") + b"\r\n\r\n" + ODD_BODIES[name]
    dovecot.seed(user, [raw])
    with opened(dovecot, user) as session:
        got = retrieved(session, 1)
    # POP3 cannot tell a last line without its end from one that has it.
    assert got == (raw if raw.endswith(b"\r\n") else raw + b"\r\n")


def test_a_null_octet_does_not_end_anything(dovecot: Dovecot, user: str) -> None:
    raw = mail(1) + b"a\0b\r\n\0\r\nlast\r\n"
    dovecot.seed(user, [raw])
    with opened(dovecot, user) as session:
        got = retrieved(session, 1)
    # Dovecot puts another octet in its place; those around it are what counts.
    assert re.fullmatch(re.escape(raw).replace(b"\0", b".").replace(b"\\.", b"."), got)
    assert len(got) == len(raw)


def test_a_message_comes_in_pieces(dovecot: Dovecot, user: str) -> None:
    raw = mail(1, body=("x" * 70 + "\n") * 100_000)
    dovecot.seed(user, [raw])
    pieces: list[bytes] = []
    with opened(dovecot, user) as session:
        session.retrieve(1, pieces.append)
    assert b"".join(pieces) == raw
    assert max(map(len, pieces)) <= 200_000


def test_many_messages_come_in_one_flight(dovecot: Dovecot, user: str) -> None:
    raws = [mail(n, body=f"{n}\n" * (n * n)) for n in range(1, 31)]
    dovecot.seed(user, raws)
    got: dict[int, bytearray] = {}
    with opened(dovecot, user) as session:
        wanted = [(entry.number, entry.size) for entry in session.listing().entries]
        flights = session.counters.flights

        def sink(number: int) -> object:
            got[number] = bytearray()
            return got[number].extend

        found = list(session.retrieve_many(wanted, sink))  # type: ignore[arg-type]
        assert session.counters.flights - flights <= 3
    assert [each.octets for each in found] == [len(raw) for raw in raws]
    assert [bytes(got[n]) for n in range(1, 31)] == raws


def test_quit_removes_what_was_deleted(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(4))
    session = session_to(dovecot, user)
    session.connect()
    assert session.delete([2, 4]) == {}
    assert left(dovecot, user) == [1, 2, 3, 4]
    assert session.quit()
    assert left(dovecot, user) == [1, 3]


def test_leaving_without_quit_removes_nothing(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(2))
    with opened(dovecot, user) as session:
        session.delete([1, 2])
    with opened(dovecot, user) as session:
        assert session.stat().messages == 2
    assert left(dovecot, user) == [1, 2]


def test_a_deletion_that_is_refused_is_told_apart(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(2))
    with opened(dovecot, user) as session:
        refused = session.delete([1, 1, 77])
    assert sorted(refused) == [1, 77]


def test_what_was_begun_and_not_wanted_is_no_answer_to_the_next(
    dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(30))
    with opened(dovecot, user) as session:
        next(session.tops(range(1, 31)))
        assert session.stat().messages == 30


def test_a_full_disk_goes_through_and_leaves_the_session_in_step(
    dovecot: Dovecot, user: str
) -> None:
    def full(octets: bytes) -> None:
        raise OSError(28, "No space left on device")

    dovecot.seed(user, [mail(1, body="x" * 70 + "\n" * 4000), mail(2)])
    with opened(dovecot, user) as session:
        with pytest.raises(OSError, match="No space"):
            session.retrieve(1, full)
        assert retrieved(session, 2) == mail(2)


@pytest.mark.parametrize("after", [False, True])
def test_a_cut_at_any_line_removes_all_or_nothing(
    dovecot: Dovecot, after: bool
) -> None:
    at = 0
    while True:
        at += 1
        user = dovecot.fresh_user()
        dovecot.seed(user, mails(2))
        with PopFaultProxy(dovecot.pop3) as proxy:
            proxy.plan.at, proxy.plan.after = at, after
            confirmed = _polled(session_to(dovecot, user, port=proxy.port))
            here = left(dovecot, user)
            assert here in ([1, 2], [2])
            if confirmed:
                assert here == [2]
            if not proxy.seen.cuts:
                break
            if b"QUIT" not in proxy.seen.commands:
                assert here == [1, 2]
    assert confirmed
    assert at > 20


def _polled(session: Pop3Session) -> bool:
    """A poll that removes the first message; whether that was confirmed."""
    try:
        session.connect()
        session.listing()
        list(session.tops([1, 2]))
        session.retrieve(1, lambda octets: None)
        session.delete([1])
        return session.quit()
    except AccountError:
        session.close()
        return False


def test_a_server_without_top_is_told_apart(dovecot: Dovecot, user: str) -> None:
    dovecot.seed(user, mails(2))
    with PopFaultProxy(dovecot.pop3, frozenset([b"TOP"])) as proxy:
        proxy.plan.answer = lambda line: b"-ERR?" if line[:3] == b"TOP" else None
        with opened(dovecot, user, proxy.port) as session:
            with pytest.raises(Unsupported, match="TOP"):
                list(session.tops([1, 2]))
            assert session.stat().messages == 2


def test_the_session_keeps_no_whole_message(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    import tracemalloc

    raw = mail(1, body=("x" * 76 + "\n") * 300_000)
    dovecot.seed(user, [raw])
    with opened(dovecot, user) as session, (tmp_path / "mail").open("wb") as file:
        tracemalloc.start()
        session.retrieve(1, file.write)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (tmp_path / "mail").stat().st_size == len(raw)
    assert most < 2_000_000
