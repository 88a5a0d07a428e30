"""What a refresh brings, over a real Dovecot and over servers that can less."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mails import mail, mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tuimail.config import Security
from tuimail.engine.sync_imap import MailboxSync
from tuimail.mail.types import Flag, MailboxId
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint
from tuimail.store.store import Store
from tuimail.store.values import Listed

PROFILES = {
    "qresync": frozenset[str](),
    "condstore": frozenset({"QRESYNC"}),
    "plain": frozenset({"QRESYNC", "CONDSTORE", "ESEARCH"}),
}


@dataclass
class Lab:
    """A mailbox, our copy of it, and another client that changes it."""

    session: ImapSession
    store: Store
    mailbox: MailboxId
    other: imaplib.IMAP4

    def refresh(self, window: int = 50) -> MailboxSync:
        sync = MailboxSync(self.session, self.store, self.mailbox)
        sync.refresh(window)
        return sync

    def subjects(self) -> list[str]:
        return [h.subject for h in self.store.messages.page(self.mailbox, limit=500)]

    def flags(self) -> dict[int | None, Flag]:
        rows = self.store.messages.page(self.mailbox, limit=500)
        return {row.uid: row.flags for row in rows}


@pytest.fixture(params=PROFILES)
def lab(
    request: pytest.FixtureRequest, dovecot: Dovecot, user: str, tmp_path: Path
) -> Iterator[Lab]:
    dovecot.seed(user, mails(120))
    endpoint = Endpoint("127.0.0.1", dovecot.imap, Security.NONE, user)
    session = ImapSession(endpoint, lambda: PASSWORD)
    session.connect()
    missing = PROFILES[request.param]
    session.link.capabilities -= missing
    session.enabled -= missing
    store = Store(tmp_path / "state", tmp_path / "cache", tmp_path / "data")
    store.accounts.id("work", "imap")
    other = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    other.login(user, PASSWORD)
    other.select("INBOX")
    yield Lab(session, store, store.mailboxes.inbox("work"), other)
    session.close()
    other.shutdown()
    store.close()


def test_the_first_refresh_takes_only_the_newest_window(lab: Lab) -> None:
    lab.refresh(50)
    assert lab.subjects() == [f"message {n}" for n in range(120, 70, -1)]


def test_a_gap_is_filled_from_its_newest_end(lab: Lab) -> None:
    lab.refresh(50)
    gap = lab.store.messages.gaps(lab.mailbox)[0]
    lab.refresh()
    MailboxSync(lab.session, lab.store, lab.mailbox).extend(gap.lo, gap.hi)
    assert lab.subjects() == [f"message {n}" for n in range(120, 0, -1)]
    assert lab.store.messages.gaps(lab.mailbox) == ()


def test_the_many_gaps_a_search_left_are_filled_together(lab: Lab) -> None:
    lab.refresh(50)
    sync = MailboxSync(lab.session, lab.store, lab.mailbox)
    sync.bring(UIDSet([(uid, uid) for uid in range(3, 70, 4)]), 500)
    gaps = lab.store.messages.gaps(lab.mailbox)
    assert len(gaps) == 18
    sync = MailboxSync(lab.session, lab.store, lab.mailbox)
    sync.extend(gaps[0].lo, gaps[0].hi)
    assert lab.store.messages.gaps(lab.mailbox) == ()
    assert lab.subjects() == [f"message {n}" for n in range(120, 0, -1)]
    before = lab.session.counters.commands
    sync.extend(gaps[1].lo, gaps[1].hi)
    assert lab.session.counters.commands == before


def test_the_oldest_can_be_fetched_and_leave_a_gap_above(lab: Lab) -> None:
    lab.refresh(50)
    MailboxSync(lab.session, lab.store, lab.mailbox).oldest(20)
    assert lab.subjects()[-1] == "message 1"
    assert len(lab.store.messages.gaps(lab.mailbox)) == 1


def test_flags_another_client_set_are_seen(lab: Lab) -> None:
    lab.refresh(50)
    lab.other.uid("STORE", "119", "+FLAGS", "(\\Flagged)")
    lab.refresh()
    assert lab.flags()[119] == Flag.FLAGGED


def test_messages_another_client_removed_go(lab: Lab) -> None:
    lab.refresh(50)
    lab.other.uid("STORE", "110:112", "+FLAGS", "(\\Deleted)")
    lab.other.expunge()
    lab.refresh()
    assert {110, 111, 112}.isdisjoint(lab.flags())
    assert len(lab.flags()) == 47


def test_new_mail_is_fetched_and_told(lab: Lab) -> None:
    lab.refresh(50)
    lab.other.append("INBOX", None, None, b"Subject: fresh\r\n\r\nnew\r\n")
    outcome = lab.refresh().outcome
    assert lab.subjects()[0] == "fresh"
    assert len(outcome.new) == 1


def test_a_refresh_of_an_unchanged_mailbox_changes_nothing(lab: Lab) -> None:
    lab.refresh(200)
    assert not lab.refresh(200).outcome


def test_what_happened_below_the_window_does_not_disturb_it(lab: Lab) -> None:
    lab.refresh(50)
    lab.other.uid("STORE", "1:10", "+FLAGS", "(\\Deleted)")
    lab.other.expunge()
    lab.refresh()
    assert len(lab.flags()) == 50


def test_a_message_removed_while_its_gap_is_filled_is_not_there(lab: Lab) -> None:
    lab.refresh(50)
    lab.other.uid("STORE", "60", "+FLAGS", "(\\Deleted)")
    lab.other.expunge()
    MailboxSync(lab.session, lab.store, lab.mailbox).extend(1, 70)  # type: ignore[arg-type]
    assert 60 not in lab.flags()
    assert len(lab.flags()) == 119


def test_a_renumbered_mailbox_is_read_anew_and_keeps_its_rows(
    lab: Lab, dovecot: Dovecot
) -> None:
    lab.refresh(200)
    before = {h.subject: h.id for h in lab.store.messages.page(lab.mailbox, limit=500)}
    lab.store.sync.new_generation(lab.mailbox, None)
    lab.refresh(200)
    after = {h.subject: h.id for h in lab.store.messages.page(lab.mailbox, limit=500)}
    assert after == before


def test_an_unchanged_mailbox_costs_one_command(lab: Lab) -> None:
    if "QRESYNC" not in lab.session.enabled:
        pytest.skip("only QRESYNC can do that")
    lab.refresh(200)
    before = lab.session.counters
    lab.refresh(200)
    after = lab.session.counters
    assert after.commands - before.commands == 1
    assert after.bytes_in - before.bytes_in < 2000


def test_a_date_brings_the_messages_before_it(lab: Lab) -> None:
    lab.refresh(10)
    MailboxSync(lab.session, lab.store, lab.mailbox).around(b"1-Jan-2030", 100)
    assert len(lab.flags()) == 100


def test_spans_hold_what_was_promised(lab: Lab) -> None:
    lab.refresh(50)
    spans = lab.store.sync.state(lab.mailbox).spans
    listed = lab.session.search_uids(b"ALL", within=spans)
    assert listed == lab.store.sync.known_uids(lab.mailbox)
    assert spans == UIDSet([(71, 120)])


def test_a_gap_asked_for_before_anything_is_known_covers_no_future_mail(
    lab: Lab,
) -> None:
    MailboxSync(lab.session, lab.store, lab.mailbox).extend(1, 2**32 - 1)  # type: ignore[arg-type]
    assert lab.store.sync.state(lab.mailbox).spans.max == 120
    lab.other.append("INBOX", None, None, b"Subject: fresh\r\n\r\nnew\r\n")
    lab.refresh(50)
    assert lab.subjects()[0] == "fresh"


def test_a_gap_that_reaches_beyond_the_mailbox_covers_no_future_mail(lab: Lab) -> None:
    lab.refresh(50)
    MailboxSync(lab.session, lab.store, lab.mailbox).extend(1, 2**32 - 1)  # type: ignore[arg-type]
    assert lab.store.sync.state(lab.mailbox).spans.max == 120


def test_the_first_mail_of_a_mailbox_in_which_none_ever_was_is_news(
    lab: Lab, dovecot: Dovecot, user: str
) -> None:
    lab.other.create("Fresh")
    name = b"Fresh"
    lab.store.mailboxes.put_listing("work", [Listed(name, "Fresh", "/", None)])
    fresh = lab.store.mailboxes.by_wire_name("work", name)
    assert fresh is not None
    assert not MailboxSync(lab.session, lab.store, fresh).refresh(50).new
    dovecot.seed(user, [mail(1)], "Fresh")
    assert len(MailboxSync(lab.session, lab.store, fresh).refresh(50).new) == 1
