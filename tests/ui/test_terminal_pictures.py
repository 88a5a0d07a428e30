"""The real program in a terminal that can show pictures, over mail that has some.

What the terminal answers is no key, and every octet that is written is one of ours.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("PIL")

from PIL import Image

from tests.bench.terminal import QUESTIONS, Program
from tests.mails import mail
from tests.ui.door import left_over, started
from tests.ui.test_terminal_door import CONFIG
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer

SIZE = re.compile(rb"\x1b\[16t"), b"\x1b[6;16;8t"
KITTY = (
    (re.compile(rb"\x1b_Gi=31,"), b"\x1b_Gi=31;OK\x1b\\"),
    (re.compile(rb"\x1b\[>0q"), b"\x1bP>|kitty(0.41.1)\x1b\\"),
    SIZE,
    (re.compile(rb"\x1b\[c"), b"\x1b[?62;c"),
)
XTERM = (
    (re.compile(rb"\x1b\[>0q"), b"\x1bP>|XTerm(379)\x1b\\"),
    (re.compile(rb"\x1b\[\?1;1;0S"), b"\x1b[?1;0;256S"),
    SIZE,
    (re.compile(rb"\x1b\[c"), b"\x1b[?63;1;2;4;6c"),
)
ASKED = (
    rb"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\|\x1b\[>0q|\x1b\[\?1;1;0S"
    rb"|\x1b\[1[46]t"
)
SENT = {
    "kitty": rb"\x1b_G(?:a=T,U=1,q=2,f=24,o=z,t=d,i=\d+,s=\d+,v=\d+,c=\d+,r=\d+,|q=2,)"
    rb"m=[01];[A-Za-z0-9+/=]{1,4096}\x1b\\|\x1b_Ga=d,d=I,i=\d+,q=2\x1b\\"
    rb"|\xf4\x8e\xbb\xae",
    "sixel": rb'\x1bP0;1;0q"1;1;\d+;\d+[!#$\-0-9;?-~]*\x1b\\',
    "blocks": rb"\xe2\x96\x80",
}


def message(number: int) -> bytes:
    """A page that shows a picture, and one attached."""
    sink = io.BytesIO()
    Image.effect_noise((64, 48), 90).convert("RGB").save(sink, "PNG")
    octets = base64.encodebytes(sink.getvalue()).decode()
    picture = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n"
    body = (
        "--b\nContent-Type: text/html\n\n<p>first words</p>"
        '<img src="cid:a@b"><img src="http://127.0.0.1:9/x.png"><p>last words</p>\n'
        f"--b\n{picture}Content-ID: <a@b>\n\n{octets}\n"
        f'--b\n{picture}Content-Disposition: attachment; filename="\U0010eeee.png"\n'
        f"\n{octets}\n--b--\n"
    )
    return mail(number, Content_Type='multipart/related; boundary="b"', body=body)


@pytest.fixture
def server() -> Iterator[DemoServer]:
    store = MailStore()
    inbox = store.add("INBOX")
    for number in (1, 2):
        inbox.add(message(number), (), datetime(2026, 11, 23, tzinfo=UTC))
    made = DemoServer(store)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def program(
    tmp_path: Path, server: DemoServer, request: pytest.FixtureRequest
) -> Iterator[Program]:
    setting, answers = request.param
    config = CONFIG.format(port=server.port, desktop="off")
    config = config.replace("[view]", f'[view]\npictures = "{setting}"')
    made = started(tmp_path, config, (80, 40), answers)
    yield made
    made.end()


def others(output: bytes, way: str) -> list[str]:
    """What was written that is neither allowed everywhere, nor a picture of ours."""
    rest = re.sub(rb"%s|%s" % (ASKED, SENT[way]), b"", output)
    return left_over(rest)


@pytest.mark.parametrize(
    ("program", "way"),
    [
        (("auto", KITTY + QUESTIONS[:2]), "kitty"),
        (("kitty", KITTY + QUESTIONS[:2]), "kitty"),
        (("auto", XTERM + QUESTIONS[:2]), "sixel"),
        (("auto", QUESTIONS), "blocks"),
        (("blocks", KITTY + QUESTIONS[:2]), "blocks"),
    ],
    indirect=["program"],
)
def test_pictures_are_shown_as_the_terminal_takes_them(
    program: Program, way: str
) -> None:
    program.until(b"message 2")
    program.quiet(0.5)
    # Whatever was answered, no command was run by it.
    assert b"\x1b[200~" not in program.output
    assert b"does nothing here" not in program.output
    program.press(b"\r")
    program.until(b"first words")
    marks = {"kitty": b"\xf4\x8e\xbb\xae", "sixel": b"\x1bP0;1;0q"}
    program.until(marks.get(way, b"\xe2\x96\x80"))
    program.quiet(0.7)
    for keys in (b"j", b"j", b"?", b"\x1b", b"G", b"P", b"P", b"J", b"q"):
        program.press(keys)
        program.quiet(0.4)
    program.press(b"Q")
    program.quiet(1.0)
    assert others(program.output, way) == []
    if way == "kitty":
        shown = re.findall(rb"a=T,[^;]*i=(\d+)", program.output)
        gone = re.findall(rb"a=d,d=I,i=(\d+)", program.output)
        assert sorted(shown) == sorted(gone)


@pytest.mark.parametrize(
    "program", [("off", KITTY + QUESTIONS[:2])], indirect=["program"]
)
def test_with_pictures_off_the_terminal_is_asked_when_the_key_is_pressed(
    program: Program,
) -> None:
    program.until(b"message 2")
    program.press(b"\r")
    program.until(b"first words")
    program.quiet(0.5)
    assert b"\x1b_G" not in program.output
    program.press(b"P")
    program.until(b"\xf4\x8e\xbb\xae")
    program.quiet(0.5)
    program.press(b"q")
    program.quiet(0.5)
    program.press(b"Q")
    program.quiet(1.0)
    assert others(program.output, "kitty") == []
