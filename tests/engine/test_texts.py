"""The text of a message as the screen gets it, from a real server."""

from __future__ import annotations

import base64
import binascii
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mail
from tests.servers.dovecot import Dovecot
from tuimail.engine.events import Event, Saved, TextFailed, TextReady
from tuimail.mail.reading import HEADER_FIELDS
from tuimail.mail.types import RenderedText, Section, Style
from tuimail.paths import under


@pytest.fixture
def desk(dovecot: Dovecot, user: str, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(under(tmp_path), user, dovecot.imap)
    yield made
    made.service.close()


def mixed(*parts: str, kind: str = "mixed", **fields: str) -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    fields = {"Content_Type": f'multipart/{kind}; boundary="b"', **fields}
    return mail(1, body=body, **fields)


def ended(desk: Desk, ticket: int) -> Event:
    """What a ticket ended with."""

    def found() -> list[Event]:
        return [
            e
            for e in desk.heard
            if isinstance(e, (TextReady, TextFailed))
            and e.ticket == ticket
            and not getattr(e, "more", False)
        ]

    desk.until(lambda: bool(found()))
    return found()[0]


def read(
    desk: Desk, section: str | None = None, prefer: str = "plain", whole: bool = False
) -> RenderedText:
    row = desk.service.page(desk.inbox)[0]
    wanted = None if section is None else Section(section)
    ticket = desk.service.want_text(
        row.id, width=80, section=wanted, prefer=prefer, whole=whole
    )
    event = ended(desk, ticket)
    assert isinstance(event, TextReady), event
    return event.text


def lines(text: RenderedText) -> list[str]:
    return ["".join(span.text for span in line) for line in text.lines]


def test_all_texts_of_a_message_are_shown_in_order(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(
        user,
        [
            mixed(
                "Content-Type: text/plain\n\nbefore\n",
                'Content-Type: image/png; name="x.png"\n\nxx\n',
                'Content-Type: text/x-patch; name="a.patch"\n\n--- a/x\n',
                "Content-Type: text/html\n\n<p>after</p>\n",
            )
        ],
    )
    shown = lines(read(desk.synced()))
    wanted = ["before", "", "a.patch", "--- a/x", "", "after"]
    assert [w for w in wanted if any(w in line for line in shown)] == wanted
    assert shown.index("before") < shown.index("--- a/x") < shown.index("after")


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/mixed; boundary=other",
        "multipart/alternative; boundary=there",
        "multipart/report",
    ],
)
def test_a_multipart_without_its_parts_is_shown_as_the_text_it_is(
    desk: Desk, dovecot: Dovecot, user: str, kind: str
) -> None:
    raw = mail(1, Content_Type=kind).partition(b"\r\n\r\n")[0]
    body = b"Dear Bob,\r\n\r\n--here\r\nContent-Type: text/plain\r\n\r\nit is.\r\n"
    dovecot.seed(user, [raw + b"\r\n\r\n" + body])
    desk.synced()
    shown = lines(read(desk))
    assert shown[0] == "Dear Bob,"
    assert "it is." in shown
    assert desk.service.page(desk.inbox)[0].readable


@pytest.mark.parametrize(
    "fields",
    [
        'application/pdf; name="scan.pdf"',
        "application/octet-stream",
        "image/jpeg",
    ],
)
def test_of_a_message_that_is_a_file_the_header_is_no_text(
    desk: Desk, dovecot: Dovecot, user: str, fields: str
) -> None:
    raw = mail(1, Content_Type=fields, Content_Transfer_Encoding="base64")
    dovecot.seed(user, [raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\nAAAA\r\n"])
    desk.synced()
    assert lines(read(desk)) == []
    assert desk.service.page(desk.inbox)[0].readable


def test_a_bounce_is_told_once_though_report_and_words_tell_it(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    words = (
        "This is the mail system at host mx.example.org.\n\n"
        "<cat@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 no cat\n"
    )
    report = (
        "Reporting-MTA: dns; mx.example.org\n\n"
        "Final-Recipient: rfc822; cat@example.net\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.1.1 no cat\n"
    )
    returned = "From: me@example.org\nSender: x@list.example\nSubject: cats\n"
    dovecot.seed(
        user,
        [
            mixed(
                f"Content-Type: text/plain\n\n{words}",
                f"Content-Type: message/delivery-status\n\n{report}",
                f"Content-Type: text/rfc822-headers\n\n{returned}",
                kind="report",
            )
        ],
    )
    text = read(desk.synced())
    said = [line for line in lines(text) if line.startswith("Not delivered")]
    assert said == [
        "Not delivered to cat@example.net: no such address (5.1.1), said by"
    ]
    assert text.notes == ()
    assert "Sender    x@list.example" in lines(text)


def test_texts_without_a_word_leave_no_trace(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    empty = "Content-Type: text/plain\n\n"
    picture = 'Content-Type: image/png; name="x.png"\n\nxx\n'
    text = "Content-Type: text/plain\n\nat last\n"
    dovecot.seed(user, [mixed(empty, picture, empty, picture, text, empty)])
    assert lines(read(desk.synced())) == ["at last"]


def test_raw_octets_in_a_header_are_read_as_the_text_says(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    raw = mail(1, Subject="\u53f0\u6e7e", Content_Type="text/plain; charset=gb2312")
    dovecot.seed(user, [raw.decode().encode("gb2312")])
    desk.synced()
    assert desk.service.page(desk.inbox)[0].subject == "\u53f0\u6e7e"


def test_a_file_that_is_shown_alone_has_its_name_above(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    file = 'Content-Type: text/plain; name="notes.txt"\n\nSend me money.\n'
    dovecot.seed(user, [mixed("Content-Type: text/plain\n\nhello\n", file)])
    shown = lines(read(desk.synced(), "2"))
    assert "notes.txt" in shown[0]
    assert shown[1] == "Send me money."


def test_links_of_all_texts_are_numbered_through(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(
        user,
        [
            mixed(
                "Content-Type: text/plain\n\nhttps://one.example/\n",
                'Content-Type: text/html\n\n<a href="https://two.example/">two</a>\n',
            )
        ],
    )
    text = read(desk.synced())
    assert [(k.number, k.target) for k in text.links] == [
        (1, "https://one.example/"),
        (2, "https://two.example/"),
    ]
    assert any("two[2]" in line for line in lines(text))


def test_a_message_is_opened_by_one_command_and_then_read_from_here(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    dovecot.seed(
        user,
        [
            mixed(
                "Content-Type: text/plain\n\none\n",
                "Content-Type: text/plain\n\ntwo\n",
                List_Id="Cats <cats.example.org>",
            )
        ],
    )
    desk.synced()
    row = desk.service.page(desk.inbox)[0]
    read(desk)
    here = desk.service.store.parts.sections(row.content)
    assert here >= {Section("1"), Section("2"), HEADER_FIELDS}
    fields = desk.service.store.parts.get(row.content, HEADER_FIELDS)
    assert fields is not None
    assert b"cats.example.org" in fields
    desk.service.pause("work", True)
    assert lines(read(desk))[0] == "one"


def test_a_message_within_a_message_is_read_with_its_own_header(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    inner = (
        "Content-Type: message/rfc822\n\n"
        "From: Cy <cy@example.net>\nTo: Ann <ann@example.org>\n"
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
        "Date: Mon, 23 Nov 2026 08:21:00 +0100\n\nthe inner text\n"
    )
    dovecot.seed(user, [mixed("Content-Type: text/plain\n\nouter\n", inner)])
    desk.synced()
    outer = "\n".join(lines(read(desk)))
    assert "outer" in outer
    assert "Message: Grüße, from Cy <cy@example.net>" in outer
    assert "the inner text" not in outer
    shown = "\n".join(lines(read(desk, "2")))
    assert "Cy <cy@example.net>" in shown
    assert "Subject   Grüße" in shown
    assert "the inner text" in shown


def test_a_part_that_cannot_be_had_does_not_hide_the_text(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    big = "".join(f"line {n}\n" for n in range(20_000))
    dovecot.seed(
        user,
        [
            mixed(
                "Content-Type: text/plain\n\nfirst\n",
                f"Content-Type: text/plain\n\n{big}\n",
            )
        ],
    )
    desk.synced()
    row = desk.service.page(desk.inbox)[0]
    desk.service.store.parts.put(row.content, Section("1"), b"first\r\n")
    desk.service.pause("work", True)
    text = read(desk)
    assert lines(text) == ["first"]
    assert any("not here yet" in note for note in text.notes)
    desk.service.pause("work", False)
    desk.until(lambda: desk.service.account("work").state.value == "online")
    assert any("line 19999" in line for line in lines(read(desk)))


def test_of_a_very_long_text_the_rest_is_there_when_it_is_wanted(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    long = "".join(f"line {n} of a long text\n" for n in range(120_000))
    dovecot.seed(user, [mail(1, body=long)])
    desk.synced()
    text = read(desk)
    assert any("first 2 MiB" in note and "W shows" in note for note in text.notes)
    assert len(text.lines) < 119_999
    row = desk.service.page(desk.inbox)[0]
    event = ended(desk, desk.service.want_text(row.id, width=80, whole=True))
    assert isinstance(event, TextReady)
    assert "line 119999 of a long text" in lines(event.text)[-1]
    assert event.text.notes == ()


SIGNED = (
    'Content-Type: multipart/signed; protocol="application/pgp-signature";'
    ' boundary="s"\n\n--s\n{}\n--s\n'
    "Content-Type: application/pgp-signature\n\n{}\n--s--"
)
INNER = "Content-Type: text/plain; charset=utf-8\r\n\r\nwhat Ann wrote\r\n"
needs_gpg = pytest.mark.skipif(not shutil.which("gpg"), reason="needs gpg")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key ring with a key of the address that tests write from."""
    # Sockets live in it, and their paths must be short.
    home = Path(tempfile.mkdtemp(prefix="gh-", dir="/tmp"))
    monkeypatch.setenv("GNUPGHOME", str(home))
    gpg("--quick-gen-key", "Ann <ann1@example.org>", "default", "default", "never")
    yield home
    subprocess.run(["gpgconf", "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


def gpg(*words: str, data: bytes = b"") -> str:
    command = ["gpg", "--batch", "--no-tty", "--passphrase", "", "--armor", *words]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return done.stdout.decode()


def seals(text: RenderedText) -> list[str]:
    wanted = (Style.SEAL, Style.ALARM)
    return [
        "".join(span.text for span in line)
        for line in text.lines
        if line and line[0].style in wanted
    ]


@needs_gpg
def test_a_signature_is_checked_and_said_above_what_was_signed(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path
) -> None:
    made = gpg("--detach-sign", data=INNER.encode())
    signed = SIGNED.format(INNER.replace("\r\n", "\n").rstrip("\n") + "\n", made)
    dovecot.seed(user, [mixed(signed, "Content-Type: text/plain\n\na footer\n")])
    text = read(desk.synced())
    good, outside = seals(text)
    assert "Signed by Ann <ann1@example.org>; the signature is good" in good
    assert "Not signed" in outside
    shown = lines(text)
    assert shown.index(good) < shown.index("what Ann wrote") < shown.index(outside)


@needs_gpg
def test_a_message_within_is_signed_by_its_own_sender(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path
) -> None:
    """Not by that of the message around it, whose key is the one that signed."""
    made = gpg("--detach-sign", data=INNER.encode())
    signed = SIGNED.format(INNER.replace("\r\n", "\n").rstrip("\n") + "\n", made)
    inner = f"Content-Type: message/rfc822\n\nFrom: Cy <cy@example.net>\n{signed}"
    dovecot.seed(user, [mixed("Content-Type: text/plain\n\nouter\n", inner)])
    desk.synced()
    assert "NOT THE SENDER" in seals(read(desk, "2"))[1]


@needs_gpg
def test_a_long_message_is_checked_when_all_of_it_is_asked_for(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path
) -> None:
    long = INNER + "a line that is signed as well\r\n" * 80_000
    made = gpg("--detach-sign", data=long.encode())
    signed = SIGNED.format(long.replace("\r\n", "\n").rstrip("\n") + "\n", made)
    dovecot.seed(user, [mixed(signed)])
    desk.synced()
    assert "W fetches it" in seals(read(desk))[0]
    assert "the signature is good" in seals(read(desk, whole=True))[0]
    # It is here now.
    assert "the signature is good" in seals(read(desk))[0]


@needs_gpg
def test_a_changed_text_is_told_above_it(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path
) -> None:
    made = gpg("--detach-sign", data=INNER.encode())
    changed = INNER.replace("Ann", "Eve").replace("\r\n", "\n")
    dovecot.seed(user, [mixed(SIGNED.format(changed, made))])
    assert "THE SIGNATURE IS WRONG" in seals(read(desk.synced()))[0]


@needs_gpg
def test_an_encrypted_message_is_read_and_nothing_of_it_is_kept(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path, tmp_path: Path
) -> None:
    sealed = gpg("-r", "ann1@example.org", "--encrypt", data=INNER.encode())
    dovecot.seed(
        user,
        [
            mixed(
                "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
                f"Content-Type: application/octet-stream\n\n{sealed}",
                kind='encrypted; protocol="application/pgp-encrypted"',
            )
        ],
    )
    text = read(desk.synced())
    assert "what Ann wrote" in lines(text)
    assert seals(text)[0] == "Was encrypted; it is not signed."
    desk.service.close()
    files = [f for f in tmp_path.rglob("*") if f.is_file()]
    assert files
    assert not any(b"what Ann wrote" in f.read_bytes() for f in files)


@needs_gpg
def test_of_a_clear_signed_text_what_stands_around_is_told_apart(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path
) -> None:
    signed = gpg("--clear-sign", data=b"the signed words\n")
    dovecot.seed(user, [mail(1, body=f"a line above\n{signed}a line below\n")])
    text = read(desk.synced())
    shown = lines(text)
    outside = [row for row in seals(text) if "Not sealed" in row]
    assert len(outside) == 2
    assert shown.index("a line above") < shown.index("the signed words")
    assert shown.index("the signed words") < shown.index("a line below")
    assert not any("BEGIN PGP" in row for row in shown)


def test_uuencoded_files_are_parts_of_their_own(
    desk: Desk, dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    data = bytes(range(40))
    body = f"hello\nbegin 644 a.bin\n{binascii.b2a_uu(data).decode()}`\nend\nbye\n"
    dovecot.seed(user, [mail(1, body=body)])
    text = read(desk.synced())
    assert lines(text)[:3] == ["hello", "[file: a.bin]", "bye"]
    row = desk.service.page(desk.inbox)[0]
    view = desk.service.message(row.id)
    assert view is not None
    (file,) = [part for part in view.parts if part.attachment]
    assert (file.name, file.here) == ("a.bin", True)
    desk.service.save(row.id, file.section, tmp_path / "saved")
    desk.event(Saved)
    assert (tmp_path / "saved").read_bytes() == data


def encrypted(whole: bytes) -> bytes:
    """A message of PGP/MIME with this entity in it, for Ann."""
    sealed = gpg("-r", "ann1@example.org", "--encrypt", data=whole)
    return mixed(
        "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
        f"Content-Type: application/octet-stream\n\n{sealed}",
        kind='encrypted; protocol="application/pgp-encrypted"',
    )


@needs_gpg
def test_a_file_within_an_encrypted_message_is_saved(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path, tmp_path: Path
) -> None:
    whole = mixed(
        "Content-Type: text/plain\n\nsecret\n",
        'Content-Type: application/pdf; name="a.pdf"\n'
        "Content-Transfer-Encoding: base64\n\naGVsbG8=\n",
    )
    dovecot.seed(user, [encrypted(whole)])
    assert "secret" in lines(read(desk.synced()))
    row = desk.service.page(desk.inbox)[0]
    view = desk.service.message(row.id)
    assert view is not None
    (file,) = [part for part in view.parts if part.name == "a.pdf"]
    desk.service.save(row.id, file.section, tmp_path / "saved")
    desk.event(Saved)
    assert (tmp_path / "saved").read_bytes() == b"hello"


def test_a_winmail_is_opened_like_a_message(
    desk: Desk, dovecot: Dovecot, user: str, corpora: Path, tmp_path: Path
) -> None:
    box = (corpora / "mimekit" / "tnef" / "two-files.tnef").read_bytes()
    part = (
        'Content-Type: application/ms-tnef; name="winmail.dat"\n'
        "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(box).decode()
    )
    dovecot.seed(user, [mixed("Content-Type: text/plain\n\nsee the file\n", part)])
    desk.synced()
    assert lines(read(desk)) == ["see the file"]
    text = read(desk, "2")
    assert any("list of parts" in note for note in text.notes)
    row = desk.service.page(desk.inbox)[0]
    view = desk.service.message(row.id)
    assert view is not None
    inside = [part for part in view.parts if part.section.startswith("2/")]
    assert {part.name for part in inside} >= {"AUTHORS", "README"}
    desk.service.save(row.id, inside[-1].section, tmp_path / "saved")
    desk.event(Saved)
    assert (tmp_path / "saved").stat().st_size > 10


@needs_gpg
def test_a_long_encrypted_message_is_fetched_whole(
    desk: Desk, dovecot: Dovecot, user: str, keys: Path
) -> None:
    body = random.Random(7).randbytes(2_500_000).hex()
    rows = "\n".join(body[at : at + 70] for at in range(0, len(body), 70))
    whole = f"Content-Type: text/plain\n\nthe first line\n{rows}\n".encode()
    sealed = encrypted(whole)
    assert len(sealed) > 3_000_000
    dovecot.seed(user, [sealed])
    assert "the first line" in lines(read(desk.synced()))
