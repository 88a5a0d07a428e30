"""What others do to a mailbox, as Dovecot tells it; and folders that others share."""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Iterator

import pytest

from tests.mails import mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.faults import FaultProxy
from tests.servers.proxy import Proxy
from tuimail.config import Security
from tuimail.errors import Gone, Unreachable
from tuimail.mail.types import UID, Flag, FlagSet, Section
from tuimail.mail.uidset import UIDSet
from tuimail.net import imap_change
from tuimail.net.imap import ImapSession
from tuimail.net.session import (
    Endpoint,
    Exists,
    FlagsSeen,
    Resume,
    Selected,
    Untagged,
    Vanished,
)


@pytest.fixture
def heard() -> list[Untagged]:
    return []


@pytest.fixture
def session(
    dovecot: Dovecot, user: str, heard: list[Untagged]
) -> Iterator[ImapSession]:
    made = session_on(dovecot.imap, user, heard)
    yield made
    made.close()


def test_right_behind_a_move_nobody_asks_how_the_target_stands(
    dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.seed(user, mails(4))
    dovecot.seed(user, mails(2), "Archive")
    with FaultProxy(dovecot.imap) as proxy:
        made = session_on(proxy.port, user, [])
        made.select(b"INBOX")
        assert made.change.standing(b"Archive").uidnext == 3
        made.change.move(UIDSet([(1, 2)]), b"Archive")
        dovecot.seed(user, mails(1), "Archive")
        asked = len(proxy.seen.commands)
        known = made.change.standing(b"Archive")
        assert len(proxy.seen.commands) == asked
        assert (known.uidnext, known.uidvalidity) == (5, dovecot_validity(made))
        # Another folder, and the same one later, are asked for.
        assert made.change.standing(b"INBOX").uidnext == 5
        monkeypatch.setattr(imap_change, "STOOD_S", 0)
        assert made.change.standing(b"Archive").uidnext == 6
        made.close()


def dovecot_validity(session: ImapSession) -> int | None:
    return session.change.status(b"Archive").uidvalidity


@pytest.mark.parametrize(
    ("hidden", "octets", "literal"),
    [
        ("", 65_000, b"{65000+}"),
        ("", 66_000, b"{66000}"),
        ("LITERAL+", 4000, b"{4000}"),
    ],
)
def test_a_short_message_is_stored_in_one_round_trip_where_the_server_takes_it(
    dovecot: Dovecot, user: str, hidden: str, octets: int, literal: bytes
) -> None:
    head = b"Subject: x\r\n\r\n"
    message = head + b"y" * (octets - len(head))
    with FaultProxy(dovecot.imap, frozenset(hidden.encode().split())) as proxy:
        made = session_on(proxy.port, user, [])
        stored = made.change.append(
            b"INBOX", message, FlagSet(Flag.SEEN), 1_700_000_000
        )
        assert stored.uids == {0: 1}
        assert proxy.seen.commands[-1].split(b"\r\n")[0].endswith(literal)
        made.select(b"INBOX")
        assert made.fetch_section(UID(1), Section("")) == message
        made.close()


def test_a_message_that_is_refused_leaves_the_connection_as_it_was(
    dovecot: Dovecot, user: str
) -> None:
    made = session_on(dovecot.imap, user, [])
    with pytest.raises(Gone):
        made.change.append(b"Nowhere", b"Subject: x\r\n\r\ny", FlagSet(), 1_700_000_000)
    assert made.change.append(b"INBOX", b"Subject: z\r\n\r\n", FlagSet(), 1).uids
    made.close()


def test_right_behind_a_message_that_was_stored_nobody_asks_how_the_folder_stands(
    dovecot: Dovecot, user: str
) -> None:
    with FaultProxy(dovecot.imap) as proxy:
        made = session_on(proxy.port, user, [])
        made.change.append(b"INBOX", b"Subject: x\r\n\r\ny", FlagSet(), 1_700_000_000)
        asked = len(proxy.seen.commands)
        assert made.change.standing(b"INBOX").uidnext == 2
        assert len(proxy.seen.commands) == asked
        made.close()


@pytest.fixture
def other(dovecot: Dovecot, user: str) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    client.login(user, PASSWORD)
    yield client
    client.shutdown()


def session_on(port: int, user: str, heard: list[Untagged]) -> ImapSession:
    endpoint = Endpoint("127.0.0.1", port, Security.NONE, user)
    made = ImapSession(
        endpoint, lambda: PASSWORD, on_untagged=heard.append, response_timeout_s=3.0
    )
    made.connect()
    return made


def known(selected: Selected) -> Resume:
    assert selected.modseq is not None
    return Resume(selected.uidvalidity, selected.modseq, UIDSet([(1, 2**32 - 1)]))


def change(other: imaplib.IMAP4) -> None:
    """Flag 3, remove 5 to 7."""
    other.select("INBOX")
    other.uid("STORE", "3", "+FLAGS", "(\\Flagged)")
    other.uid("STORE", "5:7", "+FLAGS", "(\\Deleted)")
    other.expunge()


def test_a_resumed_mailbox_tells_flags_and_removals_in_one_flight(
    dovecot: Dovecot, session: ImapSession, user: str, other: imaplib.IMAP4
) -> None:
    dovecot.seed(user, mails(20))
    before = session.select(b"INBOX")
    session.select(b"Drafts")
    change(other)
    flights = session.counters.flights
    again = session.select(b"INBOX", resume=known(before))
    assert session.counters.flights == flights + 1
    assert again.resumed
    assert again.vanished == UIDSet([(5, 7)])
    assert {
        r.uid for r in again.changed if r.flags and Flag.FLAGGED in r.flags.bits
    } == {3}


def test_another_uidvalidity_is_not_resumed(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(3))
    selected = session.select(b"INBOX")
    session.select(b"Drafts")
    assert selected.modseq is not None
    foreign = Resume(
        selected.uidvalidity - 1,  # type: ignore[arg-type]
        selected.modseq,
        UIDSet([(1, 9)]),
    )
    assert not session.select(b"INBOX", resume=foreign).resumed


def test_only_flags_that_changed_since_are_told(
    dovecot: Dovecot, session: ImapSession, user: str, other: imaplib.IMAP4
) -> None:
    dovecot.seed(user, mails(20))
    selected = session.select(b"INBOX")
    other.select("INBOX")
    other.uid("STORE", "3,9", "+FLAGS", "(\\Flagged)")
    session.noop()
    rows = session.fetch_flags(UIDSet([(1, 20)]), changed_since=selected.modseq)
    assert {r.uid for r in rows} == {3, 9}


def test_news_of_a_mailbox_come_during_a_fetch(
    dovecot: Dovecot,
    session: ImapSession,
    user: str,
    other: imaplib.IMAP4,
    heard: list[Untagged],
) -> None:
    dovecot.seed(user, mails(20))
    session.select(b"INBOX")
    change(other)
    rows = session.fetch_headers(UIDSet([(1, 20)]))
    session.noop()
    assert {r.uid for r in rows} >= set(range(1, 21)) - {5, 6, 7}
    assert [e.uids for e in heard if isinstance(e, Vanished)] == [UIDSet([(5, 7)])]
    assert 3 in {e.row.uid for e in heard if isinstance(e, FlagsSeen)} | {
        r.uid for r in rows if r.flags and Flag.FLAGGED in r.flags.bits
    }


def test_the_newest_are_the_newest_after_mail_has_come_and_gone(
    dovecot: Dovecot, session: ImapSession, user: str, other: imaplib.IMAP4
) -> None:
    dovecot.seed(user, mails(20))
    session.select(b"INBOX")
    change(other)
    other.append("INBOX", "", None, b"Subject: late\r\n\r\nx")  # type: ignore[arg-type]
    session.noop()
    assert [r.uid for r in session.fetch_newest(3)] == [19, 20, 21]


def test_searches_name_uids(dovecot: Dovecot, session: ImapSession, user: str) -> None:
    dovecot.seed(user, mails(30))
    session.select(b"INBOX")
    assert session.search_uids(b"ALL") == UIDSet([(1, 30)])
    assert session.search_uids(b"UNSEEN", within=UIDSet([(5, 9)])) == UIDSet([(5, 9)])
    assert session.count(b"SUBJECT message") == 30
    session.link.capabilities -= {"ESEARCH"}
    assert session.search_uids(b"ALL") == UIDSet([(1, 30)])
    assert session.count(b"ALL", within=UIDSet([(29, 99)])) == 2


def test_a_shared_folder_is_listed_and_read(
    dovecot: Dovecot, session: ImapSession
) -> None:
    owner = dovecot.fresh_user()
    me = session.endpoint.user
    dovecot.seed(owner, mails(4), "Projects")
    dovecot.share(owner, "Projects", me)
    wanted = f"shared/{owner}/Projects"
    found = {box.name: box for box in session.list_mailboxes(with_status=True)}
    status = found[wanted].status
    assert status is not None
    assert status.messages == 4
    assert session.select(wanted.encode()).exists == 4
    assert len(session.fetch_newest(9)) == 4


def test_a_shared_folder_that_may_only_be_read_says_so(
    dovecot: Dovecot, session: ImapSession
) -> None:
    owner = dovecot.fresh_user()
    dovecot.seed(owner, mails(1), "Projects")
    dovecot.share(owner, "Projects", session.endpoint.user, "lr")
    selected = session.select(f"shared/{owner}/Projects".encode())
    assert selected.readonly
    assert selected.permanent == Flag.NONE


@pytest.mark.parametrize("name", ["Entwürfe & mehr", "日本語", "a\\b", 'say "x"', "😀"])
def test_any_folder_name_goes_there_and_back(
    session: ImapSession, other: imaplib.IMAP4, name: str
) -> None:
    from tuimail.net import names

    other.create(names.quoted(names.encode(name)).decode())
    boxes = {box.name: box for box in session.list_mailboxes(with_status=False)}
    assert name in boxes
    session.select(boxes[name].wire_name)


def test_mail_that_came_before_idle_is_heard(
    dovecot: Dovecot,
    session: ImapSession,
    heard: list[Untagged],
    other: imaplib.IMAP4,
) -> None:
    session.select(b"INBOX")
    other.append("INBOX", "", None, b"Subject: x\r\n\r\nx")  # type: ignore[arg-type]
    session.idle(20)
    assert Exists(1) in heard


def test_a_path_that_goes_dead_is_noticed_by_the_next_question(
    dovecot: Dovecot, user: str, heard: list[Untagged]
) -> None:
    with Proxy(dovecot.imap) as proxy:
        session = session_on(proxy.port, user, heard)
        proxy.silent = True
        session.link.timeout_s = 0.3
        with pytest.raises(Unreachable, match="in time"):
            session.noop()
        session.close()


def test_a_connection_cut_in_idle_is_noticed_at_once(
    dovecot: Dovecot, user: str, heard: list[Untagged]
) -> None:
    with Proxy(dovecot.imap) as proxy:
        session = session_on(proxy.port, user, heard)
        session.select(b"INBOX")
        threading.Timer(0.1, proxy.cut).start()
        with pytest.raises(Unreachable):
            session.idle(30)
        session.close()


def test_opening_costs_five_round_trips(
    dovecot: Dovecot, user: str, heard: list[Untagged]
) -> None:
    dovecot.seed(user, mails(300))
    with Proxy(dovecot.imap) as proxy:
        session = session_on(proxy.port, user, heard)
        session.select(b"INBOX")
        assert len(session.fetch_newest(50)) == 50
        assert proxy.round_trips <= 4
        assert len(session.fetch_section(session.fetch_newest(1)[0].uid, Section("1")))  # type: ignore[arg-type]
        session.close()
