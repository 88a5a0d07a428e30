"""The embedded server answers as Dovecot does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.demo.conftest import NOW
from tests.demo.wire import Wire
from tests.servers.dovecot import PASSWORD, Dovecot
from tuimail.demo.fetch import internal_date
from tuimail.demo.mailstore import DemoMessage, MailStore
from tuimail.demo.sample import sample_store
from tuimail.demo.server import DemoServer

Pair = tuple[Wire, Wire]
FETCHES = """
(UID RFC822.SIZE BODYSTRUCTURE)
(UID BODY)
(UID BODY.PEEK[])
(UID BODY.PEEK[HEADER])
(UID BODY.PEEK[TEXT])
(UID BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT MESSAGE-ID REFERENCES)])
(UID BODY.PEEK[HEADER.FIELDS.NOT (DATE FROM)])
(UID BODY.PEEK[1])
(UID BODY.PEEK[2])
(UID BODY.PEEK[1.MIME])
(UID BODY.PEEK[2.MIME])
(UID BODY.PEEK[3.HEADER])
(UID BODY.PEEK[3.TEXT])
(UID BODY.PEEK[]<0.100>)
(UID BODY.PEEK[1]<50.100>)
(UID BODY.PEEK[1]<90000.100>)
(UID ENVELOPE)
(UID INTERNALDATE)
(UID FLAGS)
""".split("\n")[1:-1]
SEARCHES = """
UNSEEN
FLAGGED
SUBJECT map
FROM tomasz
FROM Zielinski
CHARSET UTF-8 SUBJECT "Kraków"
TEXT soup
BODY trams
OR SEEN FROM marta
NOT (SEEN SUBJECT Re:)
SINCE 18-Nov-2024
BEFORE 15-Nov-2024
ON 19-Nov-2024
SENTSINCE 18-Nov-2024
SENTON 19-Nov-2024
LARGER 2000
SMALLER 500
3:5
UID 7:9
*
HEADER List-Id curses
HEADER List-Id ""
RETURN (ALL) UNSEEN
RETURN (COUNT) ALL
RETURN (MIN MAX) UNSEEN
RETURN () 1:10
KEYWORD foo
FOO
""".split("\n")[1:-1]


def samples() -> list[DemoMessage]:
    store = sample_store(NOW)
    found = [
        message
        for name in ("INBOX", "Lists/curses-dev")
        for message in store.boxes[name].messages.values()
    ]
    return [message for message in found if len(message.raw) < 100_000][-90:]


def append(wire: Wire, message: DemoMessage) -> None:
    flags = " ".join(sorted(message.flags)).encode()
    when = internal_date(message.date).encode()
    said = wire.append("INBOX", message.raw, b'(%s) "%s" ' % (flags, when))
    assert said.startswith(b"OK"), said


@pytest.fixture(scope="module")
def pair(dovecot: Dovecot) -> Iterator[Pair]:
    """The embedded server and Dovecot with the same messages; nothing changes them."""
    server = DemoServer(MailStore())
    with Wire(server.start()) as ours, Wire(dovecot.imap) as theirs:
        ours.login()
        theirs.login(dovecot.fresh_user(), PASSWORD)
        for message in samples():
            append(ours, message)
            append(theirs, message)
        ours.ask(b"EXAMINE INBOX")
        theirs.ask(b"EXAMINE INBOX")
        yield ours, theirs
    server.stop()
    assert server.faults == []


def plain(line: bytes) -> bytes:
    """A response without what servers may write in more than one way."""
    line = line.replace(b" \\Recent", b"").replace(b"(\\Recent)", b"()")
    line = re.sub(rb'DATE "0', b'DATE " ', line)
    # A string is one, quoted or not; nothing is nothing.
    line = re.sub(rb"\{(\d+)\}\r\n", b"", line).replace(b'"', b"")
    line = re.sub(rb"\](<\d+>)? NIL\)", rb"]\1 )", line)
    return re.sub(rb"TAG t\d+", b"TAG", line)


@pytest.mark.parametrize("items", FETCHES)
def test_fetch(pair: Pair, items: str) -> None:
    ours, theirs = (wire.ask(b"UID FETCH 1:* " + items.encode()) for wire in pair)
    assert list(map(plain, ours[:-1])) == list(map(plain, theirs[:-1]))
    assert len(ours) > 80


@pytest.mark.parametrize("keys", SEARCHES)
@pytest.mark.parametrize("verb", ["SEARCH", "UID SEARCH"])
def test_search(pair: Pair, verb: str, keys: str) -> None:
    command = f"{verb} {keys}".encode()
    ours, theirs = (wire.ask(command) for wire in pair)
    found = [
        [plain(line) for line in said if b"SEARCH" in line[:10]]
        for said in (ours[:-1], theirs[:-1])
    ]
    assert found[0] == found[1]
    assert ours[-1][:3] == theirs[-1][:3]


def story(wire: Wire) -> list[list[bytes]]:
    """Change a mailbox in several ways and come back to it with old knowledge."""
    wire.ask(b"ENABLE QRESYNC")
    opened = b"".join(wire.ask(b"SELECT INBOX (CONDSTORE)"))
    number = re.search(rb"UIDVALIDITY (\d+)", opened)
    highest = re.search(rb"HIGHESTMODSEQ (\d+)", opened)
    assert number is not None
    assert highest is not None
    steps = [
        b"CREATE Away",
        b"UID STORE 3 +FLAGS (\\Flagged later)",
        b"UID STORE 4:5 +FLAGS.SILENT (\\Deleted)",
        b"UID STORE 3 -FLAGS (\\Flagged)",
        b"UID EXPUNGE 1:4",
        b"UID MOVE 7:8 Away",
        b"UID COPY 9 Away",
        b"UID STORE 10 (UNCHANGEDSINCE %s) +FLAGS (\\Draft)" % highest[1],
        b"UID STORE 3 (UNCHANGEDSINCE %s) +FLAGS (\\Answered)" % highest[1],
        b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %s VANISHED)" % highest[1],
        b"SELECT INBOX (QRESYNC (%s %s 1:20))" % (number[1], highest[1]),
        b"SELECT INBOX (QRESYNC (%s %s 8:20))" % (number[1], highest[1]),
        b"SELECT INBOX (QRESYNC (1234567 %s))" % highest[1],
        b"STATUS Away (MESSAGES UNSEEN UIDNEXT)",
        b"FETCH 5000 FLAGS",
    ]
    return [told(wire.ask(step)) for step in steps]


def told(said: list[bytes]) -> list[bytes]:
    """What must be equal: rows without MODSEQ, what vanished, how it ended."""
    kept = []
    for line in said[:-1]:
        row = re.search(rb"FETCH \((?=.*UID (\d+))(?:.*FLAGS \(([^)]*)\))?", line)
        if row is not None:
            flags = sorted(set((row[2] or b"-").split()) - {b"\\Recent"})
            kept.append(b"row %s %s" % (row[1], b" ".join(flags)))
        elif b"VANISHED" in line or b"EXPUNGE" in line or b"EXISTS" in line:
            kept.append(line)
    modified = re.search(rb"\[MODIFIED [^]]*\]", said[-1])
    return [*kept, said[-1][:2], modified[0] if modified else b""]


def test_changes_and_quick_resynchronisation(dovecot: Dovecot) -> None:
    server = DemoServer(MailStore())
    with Wire(server.start()) as ours, Wire(dovecot.imap) as theirs:
        ours.login()
        theirs.login(dovecot.fresh_user(), PASSWORD)
        for message in samples()[:20]:
            append(ours, message)
            append(theirs, message)
        assert story(ours) == story(theirs)
    server.stop()
    assert server.faults == []


FOLDERS = """
CREATE Lists
CREATE Lists/foo
CREATE Lists
SUBSCRIBE Lists/foo
RENAME Lists News
STATUS Lists (MESSAGES)
STATUS News/foo (MESSAGES UIDNEXT)
RENAME Away There
RENAME News INBOX
DELETE News/foo
DELETE News/foo
DELETE INBOX
UNSUBSCRIBE Lists/foo
UNSUBSCRIBE Never
UID COPY 1:2 Nowhere
UID MOVE 1 Nowhere
APPEND Nowhere {1+}
STATUS News (MESSAGES)
""".split("\n")[1:-1]


def ended(wire: Wire, command: str) -> tuple[bytes, bytes]:
    """How a command ended: its word, and the code if there is one."""
    line = command.encode() + (b"\r\nx" if command.endswith("{1+}") else b"")
    said = wire.ask(line)[-1]
    code = re.search(rb"\[([A-Z]+)", said)
    return said[:2], code[1] if code else b""


def test_folders_made_renamed_and_deleted(dovecot: Dovecot) -> None:
    server = DemoServer(MailStore())
    with Wire(server.start()) as ours, Wire(dovecot.imap) as theirs:
        ours.login()
        theirs.login(dovecot.fresh_user(), PASSWORD)
        for message in samples()[:3]:
            append(ours, message)
            append(theirs, message)
        for wire in (ours, theirs):
            wire.ask(b"SELECT INBOX")
        for command in FOLDERS:
            word, code = ended(theirs, command)
            # A code may be left out (RFC 5530); where there is one, it is the same.
            mine = ended(ours, command)
            assert mine == (word, code or mine[1]), command
    server.stop()
    assert server.faults == []
