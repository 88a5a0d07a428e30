"""The IMAP session against a real Dovecot."""

from __future__ import annotations

import imaplib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mails import mails, with_attachment
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Proxy
from tuimail.config import Security
from tuimail.errors import Gone, Refused, ServerFault, Unreachable
from tuimail.mail.types import UID, Flag, FlagSet, Role, Section
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint, FlagsSeen, Resume, Untagged


@pytest.fixture
def heard() -> list[Untagged]:
    return []


@pytest.fixture
def session(
    dovecot: Dovecot, user: str, heard: list[Untagged]
) -> Iterator[ImapSession]:
    endpoint = Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user)
    made = ImapSession(endpoint, lambda: PASSWORD, on_untagged=heard.append)
    made.connect()
    yield made
    made.close()


@pytest.fixture
def other(dovecot: Dovecot, user: str) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    client.login(user, PASSWORD)
    client.select("INBOX")
    yield client
    client.shutdown()


def test_the_newest_headers_come_in_few_round_trips(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(2000))
    session.select(b"INBOX")
    rows = session.fetch_newest(50)
    assert [row.uid for row in rows] == list(range(1951, 2001))
    assert session.counters.flights <= 5
    assert session.counters.bytes_in <= 50_000


def test_folders_have_roles_and_counts_in_one_flight(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(3))
    # The first listing also asks for the namespaces.
    session.list_mailboxes(with_status=False)
    before = session.counters.flights
    found = {box.name: box for box in session.list_mailboxes(with_status=True)}
    assert session.counters.flights == before + 1
    assert found["Sent"].role is Role.SENT
    status = found["INBOX"].status
    assert status is not None
    assert (status.messages, status.unseen) == (3, 3)


def test_without_list_status_the_same_is_known(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(3))
    whole = session.list_mailboxes(with_status=True)
    session.link.capabilities -= {"LIST-STATUS", "LIST-EXTENDED", "SPECIAL-USE"}
    poor = session.list_mailboxes(with_status=True)
    key = [(b.name, b.role, b.status) for b in sorted(whole, key=lambda b: b.name)]
    assert key == [
        (b.name, b.role, b.status) for b in sorted(poor, key=lambda b: b.name)
    ]


def test_flags_are_set_and_answered(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(5))
    session.select(b"INBOX")
    flags = FlagSet(Flag.SEEN | Flag.FLAGGED, frozenset({"work"}))
    rows = session.store_flags(UIDSet([(2, 3)]), add=flags, remove=FlagSet())
    assert {row.uid: row.flags for row in rows} == {2: flags, 3: flags}


def test_a_part_comes_in_slices_byte_for_byte(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    raw = with_attachment(400_000)
    dovecot.seed(user, [raw])
    session.select(b"INBOX")
    pieces = list(
        session.fetch_slices(UID(1), Section(""), len(raw), slice_octets=9999)
    )
    assert b"".join(pieces) == raw


def test_the_text_of_a_big_message_costs_one_round_trip_and_its_size(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, [with_attachment(10_000_000)])
    session.select(b"INBOX")
    before = session.counters
    text = session.fetch_section(UID(1), Section("1"))
    assert text.strip() == b"the text"
    assert session.counters.flights - before.flights == 1
    assert session.counters.bytes_in - before.bytes_in < len(text) + 4096


def test_slices_stop_when_cancelled_and_leave_the_connection_usable(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    raw = with_attachment(2_000_000)
    dovecot.seed(user, [raw])
    session.select(b"INBOX")
    asked = iter([False] * 4 + [True] * 100)
    pieces = session.fetch_slices(
        UID(1), Section(""), len(raw), slice_octets=65536, cancelled=lambda: next(asked)
    )
    assert 0 < len(list(pieces)) <= 5
    session.noop()


def test_a_message_that_is_gone_says_so(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(1))
    session.select(b"INBOX")
    with pytest.raises(Gone):
        session.fetch_section(UID(99), Section("1"))


def test_a_folder_that_is_gone_says_so(session: ImapSession) -> None:
    with pytest.raises(ServerFault, match="open the folder Nowhere"):
        session.select(b"Nowhere")


def test_an_unchanged_mailbox_resumes_for_few_octets(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(500))
    selected = session.select(b"INBOX")
    assert selected.modseq is not None
    before = session.counters.bytes_in
    known = Resume(selected.uidvalidity, selected.modseq, UIDSet([(1, 2**32 - 1)]))
    again = session.select(b"INBOX", resume=known)
    assert again.resumed
    assert session.counters.bytes_in - before < 2000


def test_flags_that_others_set_meanwhile_are_all_heard(
    dovecot: Dovecot,
    session: ImapSession,
    user: str,
    other: imaplib.IMAP4,
    heard: list[Untagged],
) -> None:
    dovecot.seed(user, mails(100))
    session.select(b"INBOX")
    other.select("INBOX")
    other.uid("STORE", "1:100", "+FLAGS", "(\\Flagged)")
    session.fetch_section(UID(1), Section("1"))
    session.noop()
    told = {e.row.uid for e in heard if isinstance(e, FlagsSeen)}
    assert told == set(range(1, 101))


def test_idle_returns_when_mail_arrives(
    dovecot: Dovecot,
    session: ImapSession,
    user: str,
    other: imaplib.IMAP4,
    heard: list[Untagged],
) -> None:
    session.select(b"INBOX")
    thread = threading.Timer(
        0.1, other.append, ("INBOX", None, None, b"Subject: x\r\n\r\nx")
    )
    thread.start()
    session.idle(30)
    thread.join()
    assert heard


def test_idle_returns_at_once_when_woken(session: ImapSession) -> None:
    session.select(b"INBOX")
    threading.Timer(0.1, session.wake).start()
    start = time.monotonic()
    session.idle(30)
    assert time.monotonic() - start < 5


def test_a_blocked_call_ends_when_aborted(session: ImapSession) -> None:
    session.select(b"INBOX")
    aborted: list[float] = []

    def abort() -> None:
        aborted.append(time.monotonic())
        session.abort()

    threading.Timer(0.1, abort).start()
    with pytest.raises(Unreachable):
        session.idle(30)

    assert time.monotonic() - aborted[0] < 0.3


def test_a_wrong_password_is_refused_in_a_sentence(dovecot: Dovecot, user: str) -> None:
    endpoint = Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user)
    with pytest.raises(Refused, match="refused the login"):
        ImapSession(endpoint, lambda: "wrong").connect()


def test_a_certificate_nobody_knows_is_refused(dovecot: Dovecot, user: str) -> None:
    endpoint = Endpoint("localhost", dovecot.imaps, Security.TLS, user)
    with pytest.raises(Refused, match="signed by itself"):
        ImapSession(endpoint, lambda: PASSWORD).connect()


def test_a_known_certificate_is_taken(dovecot: Dovecot, user: str) -> None:
    own = str(dovecot.root / "cert.pem")
    endpoint = Endpoint("localhost", dovecot.imaps, Security.TLS, user, ca_file=own)
    session = ImapSession(endpoint, lambda: PASSWORD)
    session.connect()
    session.close()


def test_starttls_protects_before_the_login(dovecot: Dovecot, user: str) -> None:
    own = str(dovecot.root / "cert.pem")
    endpoint = Endpoint("localhost", dovecot.imap, Security.STARTTLS, user, ca_file=own)
    session = ImapSession(endpoint, lambda: PASSWORD)
    session.connect()
    session.close()


def test_a_pinned_certificate_is_enough_and_another_is_refused(
    dovecot: Dovecot, user: str
) -> None:
    import hashlib
    import ssl

    pem = (dovecot.root / "cert.pem").read_text()
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    right = Endpoint("127.0.0.1", dovecot.imaps, Security.TLS, user, pin)
    session = ImapSession(right, lambda: PASSWORD)
    session.connect()
    session.close()
    wrong = Endpoint("127.0.0.1", dovecot.imaps, Security.TLS, user, "0" * 64)
    with pytest.raises(Refused, match="another certificate"):
        ImapSession(wrong, lambda: PASSWORD).connect()


def test_a_line_cut_anywhere_is_a_typed_error(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.seed(user, mails(20))
    whole = _octets_of_an_opening(dovecot, user, None)
    # The greeting varies by a few octets from connection to connection.
    for cut in range(1, whole - 200, max(1, whole // 40)):
        with pytest.raises(Unreachable):
            _octets_of_an_opening(dovecot, user, cut)


def _octets_of_an_opening(dovecot: Dovecot, user: str, cut: int | None) -> int:
    with Proxy(dovecot.imap) as proxy:
        proxy.cut_after = cut
        endpoint = Endpoint("127.0.0.1", proxy.port, Security.NONE, user)
        session = ImapSession(endpoint, lambda: PASSWORD)
        try:
            session.connect()
            session.select(b"INBOX")
            session.fetch_newest(50)
        finally:
            session.close()
        return proxy.from_server


def test_several_parts_come_by_one_command(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, [with_attachment(10_000)])
    session.select(b"INBOX")
    fields = Section("HEADER.FIELDS (SUBJECT LIST-ID)")
    before = session.counters
    found = session.fetch_sections(UID(1), [fields, Section("1"), Section("7")])
    assert session.counters.flights - before.flights == 1
    assert found[Section("1")].strip() == b"the text"
    assert found[fields].strip() == b"Subject: message 1"
    assert not found.get(Section("7"))


def test_several_parts_of_a_message_that_is_gone(
    dovecot: Dovecot, session: ImapSession, user: str
) -> None:
    dovecot.seed(user, mails(1))
    session.select(b"INBOX")
    with pytest.raises(Gone):
        session.fetch_sections(UID(9), [Section("1"), Section("HEADER")])
