"""Rights, room and whose folders they are: as asked of Dovecot, and of liars."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.dovecot import PASSWORD, TINY_KIB, Dovecot
from tests.servers.scripted import CAPABILITIES, Answer, Scripted
from tuimail.config import Security
from tuimail.errors import AccountError, ServerFault, Unsupported
from tuimail.mail.rights import parse
from tuimail.mail.types import ROOT, SHARED
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint, Quota

OFFERS = CAPABILITIES + b" ACL QUOTA=RES-STORAGE LIST-EXTENDED SPECIAL-USE LIST-STATUS"


@contextmanager
def scripted(
    answers: dict[str, Answer], offers: bytes = OFFERS
) -> Iterator[tuple[Scripted, ImapSession]]:
    known: dict[str, Answer] = {
        "LOGIN": b"{tag} OK [CAPABILITY " + offers + b"] in\r\n"
    }
    with Scripted(known | answers) as server:
        where = Endpoint("127.0.0.1", server.port, Security.NONE, "ann")
        session = ImapSession(where, lambda: "secret", response_timeout_s=5.0)
        session.connect()
        yield server, session
        session.close()


@contextmanager
def logged_in(dovecot: Dovecot, user: str) -> Iterator[ImapSession]:
    where = Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user)
    session = ImapSession(where, lambda: PASSWORD)
    session.connect()
    yield session
    session.close()


def test_rights_are_given_seen_and_taken(dovecot: Dovecot, user: str) -> None:
    other = dovecot.fresh_user()
    dovecot.share(user, "Projects", other, "lrs")
    there = f"shared/{user}/Projects".encode()
    with logged_in(dovecot, user) as mine, logged_in(dovecot, other) as his:
        assert his.permits.mine(there) == "lrs"
        assert set(parse(mine.permits.mine(b"Projects"))) == set("lrswipkxtea")
        mine.permits.grant(b"Projects", other, "lrswi")
        given = {each.who: each.rights for each in mine.permits.of_all(b"Projects")}
        assert set(given[other]) == set(his.permits.mine(there)) == set("lrswi")
        assert set("lrswi") <= set(mine.permits.grantable(b"Projects", other))
        with pytest.raises(AccountError) as refused:
            his.permits.of_all(there)
        assert refused.value.code == "NOPERM"
        mine.permits.revoke(b"Projects", other)
        assert other not in [each.who for each in mine.permits.of_all(b"Projects")]


def test_every_folder_says_whose_it_is(dovecot: Dovecot, user: str) -> None:
    other = dovecot.fresh_user()
    dovecot.share(user, "Projects", other)
    dovecot.publish(f"News-{user}", "anyone lr")
    with logged_in(dovecot, other) as his:
        boxes = his.list_mailboxes(with_status=True)
    owners = {box.name: box.owner for box in boxes}
    assert owners["INBOX"] == owners["Trash"] == ""
    assert owners[f"shared/{user}/Projects"] == owners[f"shared/{user}"] == user
    assert owners[f"Public/News-{user}"] == SHARED
    assert owners["Public"] == owners["shared"] == ROOT


def test_room_is_told_in_kib_and_messages(dovecot: Dovecot) -> None:
    user = dovecot.tiny_user()
    dovecot.seed(user, [b"Subject: x\r\n\r\n" + b"y" * 3000])
    with logged_in(dovecot, user) as session:
        found = {each.resource: each for each in session.permits.room(b"INBOX")}
    assert found["STORAGE"] == Quota("User quota", "STORAGE", 3, TINY_KIB)
    assert found["MESSAGE"].used == 1


def test_without_the_capability_nothing_is_asked() -> None:
    with scripted({}, CAPABILITIES) as (server, session):
        said = len(server.lines)
        for ask in (
            lambda: session.permits.mine(b"INBOX"),
            lambda: session.permits.of_all(b"INBOX"),
            lambda: session.permits.grantable(b"INBOX", "bob"),
            lambda: session.permits.room(b"INBOX"),
        ):
            with pytest.raises(Unsupported, match="does not tell"):
                ask()
        with pytest.raises(Unsupported):
            session.permits.grant(b"INBOX", "bob", "lr")
        assert len(server.lines) == said


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b'QUOTA "" (STORAGE 10 512)', [("", "STORAGE", 10, 512)]),
        (
            b"QUOTA a (STORAGE 18446744073709551616 99999999999999999999999)",
            [("a", "STORAGE", 2**63 - 1, 2**63 - 1)],
        ),
        (b"QUOTA {1}\r\na (message 3 9)", [("a", "MESSAGE", 3, 9)]),
        (b"QUOTA a ()", []),
        (b"QUOTA a (STORAGE 1 0)", [("a", "STORAGE", 1, 0)]),
    ],
)
def test_room_as_servers_tell_it(said: bytes, found: list[tuple[object, ...]]) -> None:
    answer = b"* QUOTAROOT INBOX a\r\n* " + said + b"\r\n{tag} OK\r\n"
    with scripted({"GETQUOTAROOT": answer}) as (_, session):
        assert session.permits.room(b"INBOX") == [Quota(*each) for each in found]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said",
    [
        b"QUOTA a (STORAGE -1 5)",
        b"QUOTA a (STORAGE 1)",
        b"QUOTA a (STORAGE " + b"9" * 5000 + b" 1)",
        b"QUOTA a STORAGE 1 5",
        b"QUOTA a (((((((",
        b"QUOTA",
        b'QUOTA "',
        b"QUOTA a (\x1b[31m 1 5)",
    ],
)
def test_nonsense_about_room_is_no_room(said: bytes) -> None:
    with scripted({"GETQUOTAROOT": b"* " + said + b"\r\n{tag} OK\r\n"}) as (_, session):
        with pytest.raises(ServerFault, match="cannot be read"):
            session.permits.room(b"INBOX")
        session.noop()


@pytest.mark.parametrize(
    "said",
    [
        b"MYRIGHTS INBOX",
        b"MYRIGHTS INBOX (lrs)",
        b"MYRIGHTS INBOX l\xffrs",
        b"MYRIGHTS INBOX " + b"l" * 100_000,
        b"MYRIGHTS Other lrs",
        b"MYRIGHTS",
        b'MYRIGHTS "INBOX"lrs',
        b"OK done",
    ],
)
def test_nonsense_about_rights_is_not_believed(said: bytes) -> None:
    with scripted({"MYRIGHTS": b"* " + said + b"\r\n{tag} OK\r\n"}) as (_, session):
        with pytest.raises(ServerFault):
            session.permits.mine(b"INBOX")
        session.noop()


def test_rights_without_a_letter_are_none() -> None:
    answer = b'* MYRIGHTS inbox ""\r\n{tag} OK\r\n'
    with scripted({"MYRIGHTS": answer}) as (_, session):
        assert session.permits.mine(b"INBOX") == ""


def test_a_list_of_rights_without_an_end_is_cut() -> None:
    many = b"".join(b" user%d lrs" % n for n in range(50_000))
    answer = b"* ACL INBOX" + many + b"\r\n{tag} OK\r\n"
    with scripted({"GETACL": answer}) as (_, session):
        start = time.process_time()
        assert len(session.permits.of_all(b"INBOX")) == 1000
        assert time.process_time() - start < 2


@pytest.mark.parametrize("said", [b" bob", b" bob lrs x", b' "" lrs', b" bob (lrs)"])
def test_half_a_list_of_rights_is_none(said: bytes) -> None:
    with (
        scripted({"GETACL": b"* ACL INBOX" + said + b"\r\n{tag} OK\r\n"}) as (
            _,
            session,
        ),
        pytest.raises(ServerFault, match="cannot be read"),
    ):
        session.permits.of_all(b"INBOX")


@pytest.mark.parametrize("who", ["", "a\r\nT9 LOGOUT", "x" * 300, "a\x1b[0m"])
def test_a_name_that_is_none_is_never_sent(who: str) -> None:
    with scripted({}) as (server, session):
        said = len(server.lines)
        with pytest.raises(ValueError, match="name"):
            session.permits.grant(b"INBOX", who, "lr")
        assert len(server.lines) == said


def listing(namespaces: bytes) -> dict[str, str]:
    """Owner by name, as some folders are listed beside these namespaces."""
    boxes = [b"INBOX", b"~bob/Lists", b"~bob", b"#news.python", b"#news", b"Other"]
    rows = b"".join(b'* LIST () "/" "%s"\r\n' % name for name in boxes)
    answers: dict[str, Answer] = {
        "LIST": rows + b"{tag} OK\r\n",
        "NAMESPACE": b"* NAMESPACE " + namespaces + b"\r\n{tag} OK\r\n",
    }
    with scripted(answers) as (_, session):
        found = session.list_mailboxes(with_status=True)
        assert session.list_mailboxes(with_status=True) == found
        return {box.name: box.owner for box in found if box.owner}


def test_owners_by_every_kind_of_prefix() -> None:
    usual = b'(("" "/")) (("~" "/" "X-MORE" ("a" "b"))) (("#news." "."))'
    found = listing(usual)
    assert found == {
        "~bob/Lists": "bob",
        "~bob": "bob",
        "#news.python": SHARED,
        "#news": SHARED,
    }


@pytest.mark.parametrize(
    "namespaces",
    [
        b"NIL NIL NIL",
        b"",
        b"((((((((",
        b'(("")) NIL',
        b'(("" "/")) (("" "/")) (("" "/"))',
        b'(("" "/")) (("*" "/")) NIL',
        b") ) ) (",
        b'(("" NIL)) "',
    ],
)
def test_odd_namespaces_give_nothing_away(namespaces: bytes) -> None:
    assert listing(namespaces) == {}


def test_rights_come_with_the_list_where_the_server_can() -> None:
    rows = (
        b'* LIST () "/" INBOX\r\n* MYRIGHTS INBOX lrsw\r\n'
        b'* LIST () "/" Odd\r\n* MYRIGHTS Odd\r\n{tag} OK\r\n'
    )
    answers: dict[str, Answer] = {"LIST": rows, "NAMESPACE": b"{tag} OK\r\n"}
    with scripted(answers, OFFERS + b" LIST-MYRIGHTS") as (server, session):
        found = session.list_mailboxes(with_status=True)
        assert {box.name: box.rights for box in found} == {"INBOX": "lrsw", "Odd": None}
        assert any(b"MYRIGHTS)" in line for line in server.lines)
