"""Folders and SELECT on servers that do it their own way."""

from __future__ import annotations

from tests.servers.scripted import Peer, Scripted
from tuimail.config import Security
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint, Exists, Untagged, Vanished


def session_of(server: Scripted, heard: list[Untagged]) -> ImapSession:
    where = Endpoint("127.0.0.1", server.port, Security.NONE, "ann")
    session = ImapSession(where, lambda: "secret", on_untagged=heard.append)
    session.connect()
    return session


def hidden(peer: Peer, tag: bytes, line: bytes) -> None:
    """Lists the namespace of others only to who asks for it by name."""
    if b"Others/" in line:
        peer.send(b'* LIST () "/" "Others/bob"\r\n' + tag + b" OK\r\n")
    elif b"Locked/" in line:
        peer.send(tag + b" NO not yours\r\n")
    else:
        peer.send(b'* LIST () "/" INBOX\r\n' + tag + b" OK\r\n")


def test_folders_of_every_namespace_are_listed_every_time() -> None:
    others = b'(({7}\r\nOthers/ "/")) (("Locked/" "/"))'
    namespaces = b'* NAMESPACE (("" "/")) ' + others + b"\r\n{tag} OK\r\n"
    answers = {"LIST": hidden, "LSUB": b"{tag} OK\r\n", "NAMESPACE": namespaces}
    with Scripted(answers) as server:  # type: ignore[arg-type]
        session = session_of(server, [])
        for _ in range(2):
            boxes = session.list_mailboxes(with_status=False)
            assert {box.name for box in boxes} == {"INBOX", "Others/bob"}
        session.close()
        # What holds nothing is not asked again.
        assert sum(b'LIST "" "Locked/*"' in line for line in server.lines) == 1


def test_what_precedes_closed_is_about_the_mailbox_before() -> None:
    select = (
        b"* VANISHED 5\r\n* 8 EXISTS\r\n* OK [CLOSED] the old one\r\n"
        b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* VANISHED (EARLIER) 2\r\n"
        b"{tag} OK [READ-WRITE] done\r\n"
    )
    heard: list[Untagged] = []
    with Scripted({"SELECT": select}) as server:
        session = session_of(server, heard)
        selected = session.select(b"INBOX")
        session.close()
    assert (selected.exists, selected.vanished) == (3, UIDSet([(2, 2)]))
    assert heard == [Vanished(UIDSet([(5, 5)]), earlier=False), Exists(8)]
