"""What pictures cost: from the key to the text, to the picture, and a line scrolled.

`python -m tests.bench.pictures` runs the program in a pseudo-terminal over an embedded
server whose messages have a text and a JPEG of 1 MiB each, none of them opened before.
Each way is a start of its own; medians of the messages are told.
"""

from __future__ import annotations

import base64
import io
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from tests.bench.terminal import Program
from tests.mails import mail
from tests.ui.test_terminal_pictures import KITTY, QUESTIONS, XTERM
from tuimail.demo.mailstore import MailStore
from tuimail.demo.server import DemoServer
from tuimail.paths import under

ROOT = Path(__file__).parent.parent.parent
MESSAGES = 12
OCTETS = 1024 * 1024
SCROLLS = 20
CONFIG = """
[[account]]
type = "imap"
name = "b"
address = "b@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
user = "ana"
password = "demo"
[view]
theme = "tuimail-dark"
pictures = "{setting}"
"""
WAYS = {
    "off": ("off", QUESTIONS, b""),
    "blocks": ("blocks", QUESTIONS, b"\xe2\x96\x80"),
    "kitty": ("auto", KITTY + QUESTIONS[:2], b"\xf4\x8e\xbb\xae"),
    "sixel": ("auto", XTERM + QUESTIONS[:2], b"\x1bP0;1;0q"),
}


def jpeg() -> bytes:
    """A picture of about 1 MiB."""
    shape = Image.effect_mandelbrot((2400, 1600), (-2.2, -1.4, 0.9, 1.4), 100)
    noise = Image.effect_noise(shape.size, 60)
    image = Image.merge("RGB", (shape, Image.blend(shape, noise, 0.4), noise))
    for quality in range(95, 5, -5):
        sink = io.BytesIO()
        image.save(sink, "JPEG", quality=quality)
        if sink.tell() <= OCTETS:
            break
    return sink.getvalue()


def word(number: int) -> str:
    """A word that differs in every letter from that of the message beside."""
    return "".join(chr(ord("a") + (number + 7 * n) % 26) for n in range(12))


def message(number: int, picture: bytes) -> bytes:
    """A few lines, the picture, and as many lines again in a second text."""
    lines = "".join(f"{word(number)} {n}\n" for n in range(12))
    rest = "".join(f"more of it {n}\n" for n in range(40))
    octets = base64.encodebytes(picture).decode()
    body = (
        f"--b\nContent-Type: text/html\n\n<pre>{lines}</pre>"
        f'<img src="cid:a"><pre>{rest}</pre>\n'
        "--b\nContent-Type: image/jpeg\nContent-ID: <a>\n"
        f"Content-Transfer-Encoding: base64\n\n{octets}\n--b--\n"
    )
    return mail(number, Content_Type='multipart/related; boundary="b"', body=body)


def seconds(program: Program, wanted: bytes, since: int) -> float:
    """When some octets were written behind a place of the output."""
    end = time.perf_counter() + 60
    while wanted not in program.output[since:]:
        assert time.perf_counter() < end, program.output[-300:]
        program.pump(0.02)
    return program.last_at


def measured(way: str, port: int) -> str:
    """One row of figures."""
    setting, answers, mark = WAYS[way]
    with tempfile.TemporaryDirectory() as home:
        paths = under(Path(home))
        paths.ensure()
        paths.config_file.write_text(CONFIG.format(port=port, setting=setting))
        paths.config_file.chmod(0o600)
        env = {
            **{name: os.environ[name] for name in ("PATH",)},
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "TUIMAIL_HOME": home,
            "HOME": home,
        }
        argv = [sys.executable, "-m", "tuimail"]
        program = Program(argv, env, (80, 40), answers)
        try:
            return _row(program, way, mark)
        finally:
            program.end()


def _row(program: Program, way: str, mark: bytes) -> str:
    program.until(f"message {MESSAGES}".encode())
    program.quiet(1.0)
    texts, pictures = [], []
    for number in range(MESSAGES, 0, -1):
        since = len(program.output)
        begun = program.press(b"\r" if number == MESSAGES else b"J")
        texts.append(seconds(program, word(number).encode(), since) - begun)
        if mark:
            pictures.append(seconds(program, mark, since) - begun)
        program.quiet(0.3)
    times, octets = [], []
    for _ in range(SCROLLS):
        since = len(program.output)
        begun = program.press(b"j")
        program.quiet(0.1)
        times.append(program.last_at - begun)
        octets.append(len(program.output) - since)
    shown = f"{1000 * statistics.median(pictures):5.0f} ms" if pictures else "       –"
    return (
        f"{way:8} text {1000 * statistics.median(texts):5.0f} ms, picture {shown},"
        f" line scrolled {1000 * statistics.median(times):4.1f} ms"
        f" {statistics.median(octets):7.0f} octets"
    )


def main() -> None:
    """Print the figures."""
    picture = jpeg()
    store = MailStore()
    inbox = store.add("INBOX")
    for number in range(1, MESSAGES + 1):
        # Another octet at its end makes it another picture.
        raw = message(number, picture + bytes([number]))
        inbox.add(raw, (), datetime(2026, 11, 23, 8, number, tzinfo=UTC))
    server = DemoServer(store)
    port = server.start()
    print(f"{MESSAGES} messages, each with a JPEG of {len(picture)} octets")
    for way in WAYS:
        print(measured(way, port), flush=True)
    server.stop()


if __name__ == "__main__":
    main()
