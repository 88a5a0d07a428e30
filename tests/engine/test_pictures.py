"""Pictures of a message as the screen gets them: what is fetched, and what is not."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("PIL")

from PIL import Image

from tests.engine.test_service import Desk
from tests.engine.test_texts import gpg, keys, needs_gpg  # noqa: F401
from tests.mails import mail
from tests.servers.faults import FaultProxy
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer
from tuimail.engine import pictures
from tuimail.engine.events import PictureReady, TextReady
from tuimail.mail.types import Canvas, RenderedText, Section
from tuimail.paths import under

CANVAS = Canvas("blocks", 40, 20)
PAGE = 'Content-Type: text/html\n\n<p>one</p><img src="cid:a@b"><p>two</p>\n'


def image(width: int = 60, height: int = 40) -> str:
    sink = io.BytesIO()
    Image.new("RGB", (width, height), (200, 10, 10)).save(sink, "PNG")
    return base64.encodebytes(sink.getvalue()).decode()


def part(body: str, **fields: str) -> str:
    head = {"Content_Type": "image/png", "Content_Transfer_Encoding": "base64"}
    fields = head | fields
    lines = "".join(f"{n.replace('_', '-')}: {v}\n" for n, v in fields.items())
    return f"{lines}\n{body}\n"


def multi(kind: str, *parts: str, boundary: str = "b") -> str:
    body = "".join(f"--{boundary}\n{each}\n" for each in parts)
    return f"{body}--{boundary}--\n"


def message(kind: str, *parts: str) -> bytes:
    return mail(
        1,
        Content_Type=f'multipart/{kind}; boundary="b"',
        body=multi(kind, *parts),
    )


class Served:
    """A service over an embedded server whose commands are seen."""

    def __init__(self, raw: bytes, tmp_path: Path) -> None:
        store = MailStore()
        store.add("INBOX").add(raw, (), datetime.now(UTC))
        self._server = DemoServer(store)
        self._proxy = FaultProxy(self._server.start())
        self._proxy.__enter__()
        self.desk = Desk(under(tmp_path), "ana", self._proxy.port, password="demo")
        self.desk.synced()
        self.message = self.desk.service.page(self.desk.inbox)[0].id

    def end(self) -> None:
        self.desk.service.close()
        self._proxy.__exit__()
        self._server.stop()

    def fetched(self, section: str) -> int:
        """How often a part was asked for."""
        lines = b"\n".join(self._proxy.seen.commands)
        return lines.count(b"BODY.PEEK[%s]" % section.encode())

    def text(self, *, pictures: bool) -> RenderedText:
        ticket = self.desk.service.want_text(
            self.message, width=60, prefer="html", pictures=pictures
        )

        def found() -> list[TextReady]:
            heard = [e for e in list(self.desk.heard) if isinstance(e, TextReady)]
            return [e for e in heard if e.ticket == ticket and not e.more]

        self.desk.until(lambda: bool(found()))
        return found()[0].text

    def pictures(
        self, count: int, numbers: tuple[int, ...] = (), section: str | None = None
    ) -> list[PictureReady]:
        """Ask, and wait for so many answers."""
        ticket = self.desk.service.want_pictures(
            self.message,
            None if section is None else Section(section),
            frozenset(numbers),
            CANVAS,
        )

        def found() -> list[PictureReady]:
            heard = [e for e in list(self.desk.heard) if isinstance(e, PictureReady)]
            return [e for e in heard if e.ticket == ticket]

        self.desk.until(lambda: len(found()) >= count)
        return sorted(found(), key=lambda event: event.number)


@pytest.fixture
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    made = Served(request.param, tmp_path)
    yield made
    made.end()


TEXT = "Content-Type: text/plain\n\nwords\n"
FILE = part(image(), Content_Disposition='attachment; filename="a.png"')
ATTACHED = message("mixed", TEXT, FILE)
RELATED = message(
    "related",
    PAGE,
    part(image(), Content_ID="<a@b>"),
    part(image(), Content_ID="<c@d>"),
)


@pytest.mark.parametrize("served", [ATTACHED, RELATED], indirect=True)
def test_while_pictures_are_off_not_one_octet_of_them_is_fetched(
    served: Served,
) -> None:
    text = served.text(pictures=False)
    assert text.pictures == ()
    assert served.fetched("1") == 1
    assert served.fetched("2") == 0


@pytest.mark.parametrize("served", [ATTACHED], indirect=True)
def test_the_text_does_not_wait_for_its_pictures(served: Served) -> None:
    served.text(pictures=True)
    assert served.fetched("2") == 0
    (event,) = served.pictures(1)
    assert served.fetched("2") == 1
    assert (event.name, event.attached, event.words) == ("a.png", True, "")
    assert event.picture is not None
    assert (event.picture.columns, event.picture.rows) == (40, 13)


@pytest.mark.parametrize("served", [ATTACHED], indirect=True)
def test_a_picture_is_fetched_once(served: Served) -> None:
    served.text(pictures=True)
    assert served.pictures(1)[0].picture == served.pictures(1)[0].picture
    assert served.fetched("2") == 1


@pytest.mark.parametrize("served", [RELATED], indirect=True)
def test_of_a_pages_pictures_only_those_it_shows_are_fetched(served: Served) -> None:
    text = served.text(pictures=True)
    assert text.pictures == ((2, 1),)
    (event,) = served.pictures(1, numbers=(1,))
    assert event.picture is not None
    assert (served.fetched("2"), served.fetched("3")) == (1, 0)


@pytest.mark.parametrize(
    "served",
    [
        message(
            "mixed",
            TEXT,
            part("A" * 76 + "\n", Content_Type='image/png; name="no.png"'),
            part(("A" * 76 + "\n") * (pictures.OCTETS_MAX // 70)),
            FILE,
        )
    ],
    indirect=True,
)
def test_what_cannot_be_shown_says_why_and_the_rest_is_shown(served: Served) -> None:
    served.text(pictures=True)
    broken, big, good = served.pictures(3)
    assert broken.words == "it is none of PNG, JPEG, GIF, WebP and BMP"
    assert "too big" in big.words
    assert good.picture is not None
    assert served.fetched("3") == 0


@pytest.mark.parametrize(
    "served", [message("mixed", TEXT, *[FILE] * 23)], indirect=True
)
def test_of_many_pictures_the_first_are_shown(served: Served) -> None:
    served.text(pictures=True)
    said, *shown = served.pictures(21)
    assert "first 20" in said.words
    assert [event.number for event in shown] == list(range(1, 21))
    assert served.fetched("22") == 0


@pytest.mark.parametrize(
    "served",
    [
        message(
            "mixed",
            TEXT,
            "Content-Type: message/rfc822\n\nSubject: inner\n"
            f'Content-Type: multipart/mixed; boundary="i"\n\n'
            f"{multi('mixed', TEXT, FILE, boundary='i')}",
        )
    ],
    indirect=True,
)
def test_a_message_within_shows_its_pictures_when_it_is_opened(served: Served) -> None:
    served.text(pictures=True)
    (event,) = served.pictures(1, section="2")
    assert event.picture is not None
    assert served.fetched("2.2") == 1


@pytest.mark.parametrize("served", [ATTACHED], indirect=True)
def test_without_the_library_it_says_what_is_missing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "available", lambda: False)
    served.text(pictures=True)
    (event,) = served.pictures(1)
    assert "tuimail[pictures]" in event.words
    assert served.fetched("2") == 0


@pytest.mark.parametrize("served", [ATTACHED], indirect=True)
def test_a_picture_that_cannot_be_had_says_why(served: Served) -> None:
    served.text(pictures=True)
    served.desk.service.pause("work", True)
    (event,) = served.pictures(1)
    assert event.picture is None
    assert event.words.startswith("it is not here: ")


def sealed(inner: str) -> bytes:
    """An encrypted message with another picture of the same name beside it."""
    entity = inner.replace("\n", "\r\n").encode()
    cipher = gpg("-r", "ann1@example.org", "--encrypt", data=entity)
    whole = multi(
        "encrypted",
        "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
        f"Content-Type: application/octet-stream\n\n{cipher}\n",
        boundary="e",
    )
    head = 'protocol="application/pgp-encrypted"; boundary="e"'
    return message(
        "mixed",
        f"Content-Type: multipart/encrypted; {head}\n\n{whole}",
        part(image(16, 16), Content_ID="<a@b>"),
    )


@needs_gpg
@pytest.mark.usefixtures("keys")
def test_an_encrypted_page_shows_its_own_pictures_and_none_from_outside(
    tmp_path: Path,
) -> None:
    related = multi("related", PAGE, part(image(), Content_ID="<a@b>"), boundary="r")
    inner = f'Content-Type: multipart/related; boundary="r"\n\n{related}'
    served = Served(sealed(inner), tmp_path)
    try:
        text = served.text(pictures=True)
        ((_, number),) = text.pictures
        events = served.pictures(2, numbers=(number,))
        within = next(event for event in events if event.number == number)
        assert within.picture is not None
        assert within.picture.columns == 40
        page_only = Served(sealed(PAGE), tmp_path / "other")
        try:
            assert page_only.text(pictures=True).pictures == ()
        finally:
            page_only.end()
    finally:
        served.end()
