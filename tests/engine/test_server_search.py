"""Lists that ask servers as well: over real ones, without one, and with poor ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import WAIT_S
from tests.mails import mail, mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Proxy
from tests.servers.scripted import CAPABILITIES, Peer, Scripted
from tuimail.config import Config, ImapAccount, Security
from tuimail.engine import asking
from tuimail.engine.events import Event, Failed, Found, Indexed
from tuimail.engine.jobs import Job
from tuimail.engine.rows import FoundRows
from tuimail.engine.service import MailService
from tuimail.engine.views import FOUND, Shape
from tuimail.mail.types import Flag, MailboxId, SafeText
from tuimail.paths import under


class Seeking:
    """A service that is asked for lists."""

    def __init__(self, path: Path, **ports: tuple[str, int]) -> None:
        paths = under(path)
        paths.ensure()
        accounts = tuple(
            ImapAccount(
                name,
                "bob@example.org",
                "127.0.0.1",
                user,
                port=port,
                security=Security.NONE,
                password=PASSWORD,
            )
            for name, (user, port) in ports.items()
        )
        self.service = MailService(Config(accounts=accounts), paths)
        self.heard: list[Event] = []
        self._changed = threading.Condition()
        self.service.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        with self._changed:
            self.heard.append(event)
            self._changed.notify_all()

    def synced(self) -> Seeking:
        """Online, with the folders known and a fresh inbox in the index."""
        self.service.start()
        for account in self.service.accounts():
            inbox = self.service.inbox(account.name)
            for box in (None, inbox):
                assert self.service.wait_synced(account.name, box, WAIT_S) is None
        self.until(lambda: self.service.store.words.behind() == 0)
        return self

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what no event tells of."""
        end = time.monotonic() + WAIT_S
        with self._changed:
            while not self._changed.wait_for(true, 0.05):
                assert time.monotonic() < end

    def ask(self, text: str, mailbox: MailboxId | None = None, **shape: object) -> int:
        box = self.service.inbox("work") if mailbox is None else mailbox
        return self.service.find(box, Shape(SafeText(text), **shape))  # type: ignore[arg-type]

    def answers(self, ticket: int) -> list[FoundRows]:
        return [
            event.rows
            for event in self.heard
            if isinstance(event, Found)
            and event.ticket == ticket
            and not event.more
            and isinstance(event.rows, FoundRows)
        ]

    def settled(self, ticket: int, covered: str) -> FoundRows:
        """The answer in whose title this stands."""
        return self.first(ticket, lambda rows: covered in rows.covered)

    def first(self, ticket: int, true: Callable[[FoundRows], bool]) -> FoundRows:
        def found() -> list[FoundRows]:
            return [rows for rows in self.answers(ticket) if true(rows)]

        with self._changed:
            seen = self._changed.wait_for(found, WAIT_S)
        assert seen, [(r.covered, len(r)) for r in self.answers(ticket)]
        assert not [e for e in self.heard if isinstance(e, Failed)]
        return found()[0]


def subjects(rows: FoundRows) -> list[str]:
    return [row.subject for row in rows.page(limit=1000)]


def many(count: int, **odd: bytes) -> list[bytes]:
    """Plain messages, but for those given as `m12=…`."""
    found = mails(count)
    for name, letter in odd.items():
        found[int(name[1:]) - 1] = letter
    return found


@pytest.fixture
def seeking(dovecot: Dovecot, user: str, tmp_path: Path) -> Iterator[Seeking]:
    made = Seeking(tmp_path, work=(user, dovecot.imap))
    yield made
    made.service.close()


def test_a_word_that_stands_only_in_a_text_on_the_server_is_found(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, many(30, m7=mail(7, body="a zebra\n")))
    seeking.synced()
    ticket = seeking.ask("zebra")
    rows = seeking.settled(ticket, "server searched too")
    assert subjects(rows) == ["message 7"]
    first = seeking.answers(ticket)[0]
    assert len(first) == 0
    assert "texts: 0 % here; searching the server …" in first.covered


def test_what_is_here_and_what_the_server_finds_is_one_list(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    letters = many(
        30,
        m3=mail(3, body="a zebra\n"),
        m7=mail(7, Subject="zebra here"),
        m9=mail(9, body="zebras\n"),
    )
    dovecot.seed(user, letters)
    seeking.synced()
    ticket = seeking.ask("zebra")
    rows = seeking.settled(ticket, "server searched too")
    assert subjects(rows) == ["message 9", "zebra here", "message 3"]
    reverse = seeking.ask("zebra", reverse=True)
    rows = seeking.first(reverse, lambda rows: len(rows) == 3)
    assert subjects(rows) == ["message 3", "zebra here", "message 9"]


def test_what_a_text_must_not_hold_is_known_to_the_server(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, many(5, m2=mail(2, body="a zebra\n")))
    seeking.synced()
    ticket = seeking.ask("-body:zebra subject:message")
    rows = seeking.settled(ticket, "server searched too")
    assert subjects(rows) == [f"message {n}" for n in (5, 4, 3, 1)]
    assert len(seeking.answers(ticket)[0]) == 5


def test_a_message_below_the_window_is_found_by_its_header_only(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    long = mail(100, Subject="zebra crossing", body="line\n" * 40_000)
    dovecot.seed(user, many(2000, m100=long))
    with Proxy(dovecot.imap) as proxy:
        seeking = Seeking(tmp_path, work=(user, proxy.port)).synced()
        inbox = seeking.service.inbox("work")
        assert len(seeking.service.page(inbox, limit=500)) == 50
        before = proxy.from_server
        ticket = seeking.ask("subject:zebra")
        rows = seeking.settled(ticket, "server searched too")
        assert subjects(rows) == ["zebra crossing"]
        assert proxy.from_server - before < 8000
        assert len(seeking.service.page(inbox, limit=500)) == 51
        # And all that lies between is still to be had.
        assert len(seeking.service.listing(inbox).gaps) == 2
        seeking.service.close()


def test_part_of_a_word_of_a_header_is_no_match_because_the_server_says_so(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    letters = {
        "m3": mail(3, From="Elise <e@example.net>"),
        "m4": mail(4, From="Lise <l@example.net>"),
        "m5": mail(5, From="Elise <e@example.net>", body="for lise\n"),
    }
    dovecot.seed(user, many(2000, **letters))
    seeking.synced()
    rows = seeking.settled(seeking.ask("from:lise"), "server searched too")
    assert subjects(rows) == ["message 4"]
    rows = seeking.settled(seeking.ask("lise"), "server searched too")
    assert "message 5" in subjects(rows)


def test_the_same_question_is_not_put_to_the_server_again(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.seed(user, many(30, m7=mail(7, body="a zebra\n")))
    with Proxy(dovecot.imap) as proxy:
        seeking = Seeking(tmp_path, work=(user, proxy.port)).synced()
        seeking.settled(seeking.ask("zebra"), "server searched too")
        before = proxy.from_client
        rows = seeking.settled(seeking.ask("zebra"), "server searched too")
        assert subjects(rows) == ["message 7"]
        assert proxy.from_client == before
        seeking.service.close()


def test_without_the_server_only_what_is_here_is_found_and_it_says_so(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, many(30, m7=mail(7, Subject="zebra"), m8=mail(8, body="zebra")))
    seeking.synced()
    seeking.service.pause("work", True)
    rows = seeking.settled(seeking.ask("zebra"), "work is away: only what is here")
    assert subjects(rows) == ["zebra"]


def test_a_server_that_goes_away_meanwhile_is_told_of(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.seed(user, many(30, m7=mail(7, Subject="zebra")))
    with Proxy(dovecot.imap) as proxy:
        seeking = Seeking(tmp_path, work=(user, proxy.port)).synced()
        proxy.refusing = True
        rows = seeking.settled(seeking.ask("zebra"), "is away: only what is here")
        assert subjects(rows) == ["zebra"]
        seeking.service.close()


def test_everywhere_means_the_folders_of_all_accounts(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    other = dovecot.fresh_user()
    dovecot.seed(user, many(5, m2=mail(2, body="a zebra\n")))
    dovecot.seed(user, [mail(50, body="zebra in the archive\n")], "Archive")
    dovecot.seed(user, [mail(60, body="zebra thrown away\n")], "Trash")
    dovecot.seed(other, many(5, m4=mail(4, Subject="other", body="zebra\n")))
    seeking = Seeking(
        tmp_path, work=(user, dovecot.imap), home=(other, dovecot.imap)
    ).synced()
    # A folder of the one may have been searched before the other has connected.
    rows = seeking.first(seeking.ask("zebra", FOUND), lambda rows: len(rows) == 3)
    assert sorted(subjects(rows)) == ["message 2", "message 50", "other"]
    seeking.service.pause("home", True)
    ticket = seeking.ask("body:zebra", FOUND)
    rows = seeking.first(
        ticket, lambda rows: "home is away" in rows.covered and len(rows) == 2
    )
    assert sorted(subjects(rows)) == ["message 2", "message 50"]
    seeking.service.close()


def test_folders_nobody_subscribed_to_are_searched_on_the_server_too(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(3))
    dovecot.seed(user, many(3, m2=mail(2, body="a zebra\n")), "Project")
    owner = dovecot.fresh_user()
    dovecot.share(owner, "Team", user)
    dovecot.seed(owner, [mail(9, body="zebras\n")], "Team")
    seeking.synced()
    rows = seeking.settled(seeking.ask("zebra", FOUND), "server searched too")
    assert sorted(subjects(rows)) == ["message 2", "message 9"]


def test_what_is_left_of_a_query_is_looked_at_here(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, many(9, m3=mail(3, body="zebra\n"), m4=mail(4, body="zebra\n")))
    seeking.synced()
    rows = seeking.service.page(seeking.service.inbox("work"))
    four = next(row for row in rows if row.subject == "message 4")
    seeking.service.gestures.set_flags([four.id], add=Flag.SEEN)
    ticket = seeking.ask("zebra is:unread")
    assert subjects(seeking.settled(ticket, "server searched too")) == ["message 3"]
    ticket = seeking.ask("zebra has:attachment")
    assert subjects(seeking.settled(ticket, "server searched too")) == []


def test_what_only_we_know_is_not_asked_and_it_says_so(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, mails(9))
    seeking.synced()
    rows = seeking.settled(seeking.ask("zebra is:here"), "only what is here")
    assert "offline is known only here" in rows.covered


def test_a_server_sorts_what_is_not_here(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    big = mail(100, Subject="the biggest", body="line\n" * 4000)
    dovecot.seed(user, many(2000, m100=big))
    seeking.synced()
    ticket = seeking.ask("", sort="size")
    rows = seeking.settled(ticket, "the first 200 as the server sorts them")
    assert subjects(rows)[0] == "the biggest"
    assert "sorting on the server" in seeking.answers(ticket)[0].covered
    ticket = seeking.ask("", reverse=True)
    rows = seeking.settled(ticket, "the first 200 as the server sorts them")
    assert subjects(rows)[:2] == ["message 1", "message 2"]
    ticket = seeking.ask("", sort="subject")
    rows = seeking.settled(ticket, "the first 200 as the server sorts them")
    assert subjects(rows)[:2] == ["message 1", "message 10"]


# -- servers that can less ------------------------------------------------------


def scripted(capabilities: bytes, **answers: object) -> Scripted:
    header = b"Subject: message 3\r\nFrom: ann@example.org\r\n\r\n"
    row = b"* 300 FETCH (UID %d FLAGS () INTERNALDATE "
    row += b'"23-Nov-2026 08:21:00 +0000" RFC822.SIZE 99 BODYSTRUCTURE ("TEXT" "PLAIN"'
    row += b' NIL NIL NIL "7BIT" 5 1 NIL NIL NIL NIL) BODY[HEADER.FIELDS (DATE)] '
    row += b"{%d}\r\n%s)\r\n"
    fetched = row % (300, len(header), header) + b"{tag} OK done\r\n"
    selected = (
        b"* 300 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 301] next\r\n"
        b"{tag} OK [READ-WRITE] done\r\n"
    )
    listed = b'* LIST () "/" INBOX\r\n{tag} OK done\r\n'
    return Scripted(
        {
            "CAPABILITY": b"* CAPABILITY " + capabilities + b"\r\n{tag} OK done\r\n",
            "LOGIN": b"{tag} OK [CAPABILITY " + capabilities + b"] in\r\n",
            "ENABLE": b"{tag} OK done\r\n",
            "NAMESPACE": b'* NAMESPACE (("" "/")) NIL NIL\r\n{tag} OK done\r\n',
            "SELECT": selected,
            "LIST": listed,
            "LSUB": listed.replace(b"LIST", b"LSUB"),
            "STATUS": b"* STATUS INBOX (MESSAGES 300 UNSEEN 0)\r\n{tag} OK done\r\n",
            "FETCH": fetched,
            **answers,  # type: ignore[dict-item]
        },
        greeting=b"* OK [CAPABILITY " + capabilities + b"] hello\r\n",
    )


PLAIN = b"IMAP4rev1 IDLE NAMESPACE"


def searched(peer: Peer, tag: bytes, line: bytes, answer: bytes) -> None:
    """Counts are answered; what a user looks for gets `answer`."""
    asks = b"TEXT" in line or b"SUBJECT" in line
    peer.send(
        (answer if asks else b"* SEARCH 300\r\n{tag} OK\r\n").replace(b"{tag}", tag)
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"{tag} NO [BADCHARSET (US-ASCII)] what\r\n", "searches for ASCII only"),
        (b"{tag} NO too tired\r\n", "too tired"),
        (b"{tag} BAD what is that\r\n", "what is that"),
        (b"* SEARCH 300\r\n{tag} OK\r\n", "server searched too"),
        (b"* SEARCH 4294967295 7x 0\r\n{tag} OK\r\n", "server searched too"),
    ],
)
def test_whatever_a_server_answers_the_list_comes(
    tmp_path: Path, answer: bytes, words: str
) -> None:
    with scripted(
        PLAIN, SEARCH=lambda peer, tag, line: searched(peer, tag, line, answer)
    ) as server:
        seeking = Seeking(tmp_path, work=("ann", server.port)).synced()
        rows = seeking.settled(seeking.ask("zebra"), words)
        assert len(rows) == (1 if b"300" in answer else 0)
        seeking.service.close()


def test_a_server_that_finds_everything_is_believed_so_far(tmp_path: Path) -> None:
    whole = b'* ESEARCH (TAG "{tag}") UID ALL 1:4294967295\r\n{tag} OK\r\n'
    with scripted(
        CAPABILITIES.replace(b" CONDSTORE QRESYNC", b""),
        SEARCH=lambda peer, tag, line: searched(peer, tag, line, whole),
    ) as server:
        seeking = Seeking(tmp_path, work=("ann", server.port)).synced()
        rows = seeking.settled(seeking.ask("zebra"), "server searched too")
        assert subjects(rows) == ["message 3"]
        seeking.service.close()


def test_of_many_the_newest_are_fetched_and_it_says_so(
    seeking: Seeking, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "HEADERS_MAX", 10)
    dovecot.seed(user, [mail(n, body="zebra\n") for n in range(1, 101)])
    seeking.synced()
    rows = seeking.settled(seeking.ask("zebra"), "the newest")
    assert subjects(rows) == [f"message {n}" for n in range(100, 40, -1)]


def test_nonsense_instead_of_a_result_is_told(tmp_path: Path) -> None:
    nonsense = b'* ESEARCH (TAG "{tag}") UID ALL 1:x\r\n{tag} OK\r\n'
    with scripted(
        CAPABILITIES.replace(b" CONDSTORE QRESYNC", b""),
        SEARCH=lambda peer, tag, line: searched(peer, tag, line, nonsense),
    ) as server:
        seeking = Seeking(tmp_path, work=("ann", server.port)).synced()
        seeking.settled(seeking.ask("zebra"), "cannot be read")
        seeking.service.close()


def test_a_server_that_cannot_sort_leaves_what_is_here(tmp_path: Path) -> None:
    with scripted(PLAIN, SEARCH=b"* SEARCH 300\r\n{tag} OK\r\n") as server:
        seeking = Seeking(tmp_path, work=("ann", server.port)).synced()
        rows = seeking.settled(seeking.ask("", sort="size"), "cannot sort")
        assert "sorted: what is here (1 of 300)" in rows.covered
        assert len(rows) == 1
        seeking.service.close()


def test_a_newer_question_ends_the_older_one(tmp_path: Path) -> None:
    begun = threading.Event()

    def slow(peer: Peer, tag: bytes, line: bytes) -> None:
        if b"slowly" in line:
            # As a server that looks through texts: no answer for minutes.
            begun.set()
        else:
            searched(peer, tag, line, b"* SEARCH 300\r\n{tag} OK\r\n")

    with scripted(PLAIN, SEARCH=slow) as server:
        seeking = Seeking(tmp_path, work=("ann", server.port)).synced()
        older = seeking.ask("slowly")
        assert begun.wait(WAIT_S)
        newer = seeking.ask("zebra")
        rows = seeking.settled(newer, "server searched too")
        assert subjects(rows) == ["message 3"]
        assert not any("too" in rows.covered for rows in seeking.answers(older))
        seeking.service.close()


def test_a_question_that_nobody_waits_for_any_more_is_broken_off(
    tmp_path: Path,
) -> None:
    begun = threading.Event()

    def slow(peer: Peer, tag: bytes, line: bytes) -> None:
        if b"slowly" in line:
            begun.set()
        else:
            searched(peer, tag, line, b"* SEARCH 300\r\n{tag} OK\r\n")

    with scripted(PLAIN, SEARCH=slow) as server:
        seeking = Seeking(tmp_path, work=("ann", server.port)).synced()
        asked = seeking.ask("slowly")
        assert begun.wait(WAIT_S)
        seeking.service.seeker.leave()
        # The connection for long work is free again.
        ended = threading.Event()
        job = Job("free", lambda session: ended.set())
        seeking.service._accounts["work"].submit_bulk(job)
        assert ended.wait(WAIT_S)
        assert not any("too" in rows.covered for rows in seeking.answers(asked))
        seeking.service.close()


def test_an_answer_that_is_there_is_kept_when_one_leaves(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, many(30, m7=mail(7, body="a zebra\n")))
    seeking.synced()
    seeking.settled(seeking.ask("zebra"), "server searched too")
    seeking.service.seeker.leave()
    again = seeking.ask("zebra")
    rows = seeking.settled(again, "server searched too")
    assert subjects(rows) == ["message 7"]
    assert len(seeking.answers(again)) == 1


def test_words_that_get_into_the_index_are_told_to_the_list_that_stands(
    seeking: Seeking, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(user, many(30, m7=mail(7, body="a zebra\n")))
    seeking.synced()
    seeking.service.pause("work", True)
    ticket = seeking.ask("zebra")
    assert len(seeking.first(ticket, lambda rows: "texts: 0 %" in rows.covered)) == 0
    seven = seeking.service.seeker.ids(seeking.service.inbox("work"), "subject:7")
    content = seeking.service.store.messages.content(seven[0])
    assert content is not None
    seeking.service.store.words.put_texts([(content.id, "a zebra")])
    seeking.service._running._tell(Indexed())
    rows = seeking.first(ticket, lambda rows: len(rows) == 1)
    assert "texts: 3 % here" in rows.covered
