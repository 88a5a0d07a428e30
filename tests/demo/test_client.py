"""IMAPClient, which others wrote, gets along with the embedded server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from imapclient import IMAPClient

from tests.demo.conftest import NOW
from tests.mails import mail
from tuimail.demo.sample import sample_store
from tuimail.demo.server import DemoServer


@pytest.fixture(scope="module")
def client() -> Iterator[IMAPClient]:
    server = DemoServer(sample_store(NOW))
    with IMAPClient("127.0.0.1", server.start(), ssl=False) as connection:
        connection.login("ana", "demo")
        yield connection
    server.stop()
    assert server.faults == []


def test_every_folder_can_be_listed_and_selected(client: IMAPClient) -> None:
    for flags, _, name in client.list_folders():
        if b"\\Noselect" not in flags:
            assert client.select_folder(name, readonly=True)[b"UIDVALIDITY"]


def test_names_with_odd_letters_come_through(client: IMAPClient) -> None:
    names = {name for _, _, name in client.list_folders()}
    assert {"Projects/Kraków", "日本語/手紙", "Projects/Garden & Roof"} <= names
    assert "Odd names/escape \x1b[2J here" in names


def test_roles_are_told(client: IMAPClient) -> None:
    assert client.find_special_folder(b"\\Archive") == "Archive"


def test_every_message_of_the_inbox_can_be_fetched(client: IMAPClient) -> None:
    count = client.select_folder("INBOX", readonly=True)[b"EXISTS"]
    items = ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODYSTRUCTURE", "ENVELOPE"]
    assert len(client.fetch(client.search(), items)) == count


def test_hostile_messages_can_be_fetched(client: IMAPClient) -> None:
    client.select_folder("Odd mail", readonly=True)
    rows = client.fetch(client.search(), ["BODYSTRUCTURE", "BODY.PEEK[]"])
    assert all(row[b"BODY[]"] for row in rows.values())


def test_a_folder_lives_and_dies(client: IMAPClient) -> None:
    client.create_folder("Żółw/ß")
    client.append("Żółw/ß", mail(1), ["\\Seen"], NOW)
    client.rename_folder("Żółw/ß", "Schildkröte")
    assert client.folder_status("Schildkröte", ["MESSAGES"]) == {b"MESSAGES": 1}
    client.delete_folder("Schildkröte")
    assert not client.folder_exists("Schildkröte")
